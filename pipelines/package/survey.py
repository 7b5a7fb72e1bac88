"""What one pass over a file of a package tells: what it is, what stands in it, and the evidence that guesses need.

A survey is small however large the file: counts, votes and samples, never the data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pipelines import vectors
from pipelines.errors import Reason
from pipelines.text import Vote


@dataclass(frozen=True, slots=True)
class Level:
    """One level or layer of a drawing.

    Attributes:
        name: Level number or layer name as written.
        kinds: Kind of element (type number or name) to count.
        lines: Elements that are lines or polygons.
        closed: Those of them that end where they begin.
        length_m: Their length together, in the unit of the drawing.
        texts: Texts as in the file, undecoded; at most some hundred different ones.
    """

    name: str
    kinds: dict[str, int]
    lines: int
    closed: int
    length_m: float
    texts: tuple[str, ...]

    @property
    def elements(self) -> int:
        """Return how many elements stand on it."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of a register, or the attributes of a layer.

    Attributes:
        name: Sheet or layer.
        rows: Rows in all.
        head: The first rows as texts, undecoded; those of a layer begin with the names of its columns.
    """

    name: str
    rows: int
    head: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a file tells.

    Attributes:
        path: Path inside the package.
        format: GDAL driver or ending.
        size: Bytes.
        sha256: Of the file.
        reason: Why it cannot be read; None when it can.
        layers: Layers as `vectors.Layer`, plain dictionaries.
        levels: Levels of a drawing.
        tables: Sheets of a register; attributes of layers.
        votes: Which encoding each column is most likely in; `None` as name stands for the whole file.
        is_raw: Whether texts came as bytes (latin-1) or as Unicode.
        points: (n, 2) sample of coordinates, as in the file.
        commune_codes: Values of columns that hold commune codes.
        said: Values of a few columns that say what nothing else does (EDIGEO: `UPDATE_DATE`, `EOR`).
        notes: What is worth knowing about how it was read.
        lost: Elements read, elements there, and which are lost; None when none is.
    """

    path: str
    format: str
    size: int
    sha256: str = ""
    reason: Reason | None = None
    layers: tuple[dict[str, Any], ...] = ()
    levels: tuple[Level, ...] = ()
    tables: tuple[Table, ...] = ()
    votes: Mapping[str | None, Vote] = field(default_factory=dict)
    is_raw: bool = False
    points: Any = field(default_factory=lambda: np.empty((0, 2)))
    commune_codes: tuple[str, ...] = ()
    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[Reason, ...] = ()
    lost: tuple[int, int, str] | None = None

    @property
    def is_drawing(self) -> bool:
        """Tell whether it is line work with texts rather than rows with attributes."""
        return self.format in vectors.DRAWINGS and bool(self.layers)
