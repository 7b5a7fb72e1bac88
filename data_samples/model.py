"""What the generator passes around: parcels, register rows, drawing marks, planted findings."""

from dataclasses import dataclass, field
from typing import Any

from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from data_samples.communes import Commune

GROUND_CODES = frozenset({"DGT", "DTL", "SON"})
"""Land use of objects that take up ground without being anybody's parcel: they have no register row."""


@dataclass(slots=True)
class Parcel:
    """One parcel or ground object as the map shows it.

    Attributes:
        to: Sheet number.
        thua: Parcel number.
        code: Land-use code(s) on the map, joined by "+".
        geometry: What is drawn, EPSG:5897; None for a record without a shape.
        area_m2: Area written on the map, one decimal.
        spot: Where the label stands.
        labelled: Whether the map carries its number.
        touched: Whether a defect already sits on it or beside it.
    """

    to: str
    thua: str
    code: str
    geometry: BaseGeometry | None
    area_m2: float = 0.0
    spot: tuple[float, float] = (0.0, 0.0)
    labelled: bool = True
    touched: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Sheet and parcel number."""
        return self.to, self.thua

    @property
    def shape(self) -> Any:
        """The geometry of a parcel that has one."""
        assert self.geometry is not None
        return self.geometry

    @property
    def is_ground(self) -> bool:
        """Whether it is a road, canal or river."""
        return self.code in GROUND_CODES


@dataclass(slots=True)
class Row:
    """One row of the register: canonical columns, and the parcel it was made for.

    Attributes:
        values: Canonical column name to value as written.
        key: Sheet and parcel number of the parcel it was made for.
        touched: Whether a defect already sits on it.
    """

    values: dict[str, Any]
    key: tuple[str, str]
    touched: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A text or line in a drawing that no parcel accounts for.

    Attributes:
        to: Sheet it is drawn in.
        role: `label`, `boundary`, `document` (a boundary by the documents), `erase` (a piece of boundary that is left
            out) or `again` (a point on a line that is drawn twice).
        text: The label text, for labels: (code, number, area); for a free note: the note alone.
        geometry: Point or line.
    """

    to: str
    role: str
    geometry: BaseGeometry
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planted:
    """One line of the answer sheet.

    Attributes:
        code: Finding code.
        to: Sheet number of the parcel it is about.
        thua: Parcel number.
        other_to: Sheet number of the other parcel of a pair.
        other_thua: Parcel number of the other.
        row: The register row it is about; written as its number in the file.
        at: Where.
        value: Size in the unit of the code.
        note: `planted` or `consequence of <code>`, then a few words.
        file: Path of the file, for findings about a whole file.
    """

    code: str
    to: str = ""
    thua: str = ""
    other_to: str = ""
    other_thua: str = ""
    row: Row | None = None
    at: tuple[float, float] | None = None
    value: float | None = None
    note: str = "planted"
    file: str = ""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A restriction of the use of a parcel.

    Attributes:
        area_m2: Ground it is about.
        issued: Day of its document, dd/mm/yyyy.
        extra: Name of an element that the exchange structure does not have; empty for none.
    """

    area_m2: float
    issued: str
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """Something that stands in several communes and may stand in one only.

    Attributes:
        code: Finding code of each pair of communes that have it.
        what: What they have in common; the same in every commune.
        to: Sheet number of the parcel in this commune.
        thua: Parcel number.
    """

    code: str
    what: str
    to: str
    thua: str


@dataclass(slots=True)
class Delivery:
    """Everything of one commune, before it is written.

    Attributes:
        commune: Which commune.
        parcels: Parcels as drawn.
        outline: Outline of the commune, EPSG:5897.
        rows: Register in file order.
        captions: Address and holder the attribute table of the map carries, by sheet and parcel number.
        frames: Sheet number to the rectangle of the sheet.
        marks: Extra things in the drawings.
        answers: The answer sheet.
        renumbered: Table of renumbering: old sheet and parcel number, those of today.
        dossiers: Rows that stand in an exchange file and in no register, with the restriction each has.
        scans: Content of scans by their path in the delivery.
        shared: What other communes have too, for the answer sheet of the province.
    """

    commune: Commune
    parcels: list[Parcel]
    outline: Polygon
    rows: list[Row] = field(default_factory=list)
    captions: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    frames: dict[str, Polygon] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    answers: list[Planted] = field(default_factory=list)
    renumbered: list[tuple[str, str, str, str]] = field(default_factory=list)
    dossiers: list[tuple[Row, Restriction]] = field(default_factory=list)
    scans: dict[str, bytes] = field(default_factory=dict)
    shared: list[Shared] = field(default_factory=list)

    def rows_of(self, parcel: Parcel) -> list[Row]:
        """Return the register rows made for a parcel."""
        return [row for row in self.rows if row.key == parcel.key]
