"""Seeded parcel coverages without any defect, of the kinds of land there are, as large as wanted.

Every fabric is a lattice of nodes that parcels have in common, bent to its form and rounded to the millimetre once: so
common boundaries agree to the last bit, whatever the form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

CRS, ORIGIN = "EPSG:5897", (560_000.0, 2_190_000.0)
SHEETS, COMMUNE, USES = 4, "15670", ("LUC", "CLN", "NTS", "RSX")
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Bend = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Fabric:
    """A clean coverage.

    Attributes:
        name: Its kind.
        parcels: Parcels with all columns that checks look at; `la_doi_tuong_chiem_dat` where it is road or water.
        fills_plane: Whether no ground is left uncovered.
        outline: Boundary of the commune, along the rim of the parcels.
    """

    name: str
    parcels: gpd.GeoDataFrame
    fills_plane: bool
    outline: Any

    @property
    def purposes(self) -> pd.DataFrame:
        """Land uses of the register."""
        return pd.DataFrame(self.parcels[["thua_key", "loai_dat"]])


def _lattice(columns: int, rows: int, bend: Bend) -> Floats:
    """Return the nodes of a lattice, row by row, bent and placed."""
    row, column = np.divmod(np.arange((columns + 1) * (rows + 1)), columns + 1)
    placed: Floats = np.round(bend(np.column_stack([column, row]).astype(np.float64)) + ORIGIN, 3)
    return placed


def _rings(columns: int, rows: int, across: int, up: int, shift: int = 0) -> Indices:
    """Return the nodes around each cell of so many steps across and up; every second row of cells may be shifted."""
    row, column = np.divmod(np.arange((columns // across) * (rows // up)), columns // across)
    west, south = column * across + shift * (row % 2), row * up
    south, west = south[west + across <= columns], west[west + across <= columns]
    step = np.concatenate([np.arange(across), np.full(up, across), np.arange(across, 0, -1), np.zeros(up, int)])
    rise = np.concatenate([np.zeros(across, int), np.arange(up), np.full(across, up), np.arange(up, 0, -1)])
    ring: Indices = (south[:, None] + rise) * (columns + 1) + west[:, None] + step
    return ring


def _cells(columns: int, rows: int, bend: Bend, across: int = 1, up: int = 1, shift: int = 0) -> npt.NDArray[Any]:
    nodes = _lattice(columns * across, rows * up, bend)
    made: npt.NDArray[Any] = shapely.polygons(nodes[_rings(columns * across, rows * up, across, up, shift)])
    return made


def _turn(points: Floats, angle: float) -> Floats:
    turned: Floats = points @ [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    return turned


def _side(count: int) -> int:
    return max(4, round(np.sqrt(count)))


def _grid(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    return _cells(_side(count), _side(count), lambda at: at * [20, 15])


def _irregular(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    angle = random.uniform(0.1, 1.4)
    return _cells(
        _side(count), _side(count),
        lambda at: _turn(at * [11, 9] + random.uniform(-2.2, 2.2, at.shape), angle), across=2, up=2,
    )  # fmt: skip


def _bricks(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    angle = random.uniform(0, 3)
    return _cells(_side(count), _side(count), lambda at: _turn(at * [10, 15], angle), across=2, shift=1)


def _streets(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    side = _side(count)
    made = _cells(side, side, lambda at: at * [12, 9] + random.uniform(-1.5, 1.5, at.shape))
    row, column = np.divmod(np.arange(side**2), side)
    kept: npt.NDArray[Any] = made[(row % 9 != 4) & (column % 9 != 4)]
    return kept


def _terraces(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    rows = max(8, round(np.sqrt(count * 12)))
    length, phase = random.uniform(8, 16), random.uniform(0, 6)

    def bend(at: Floats) -> Floats:
        x, y = at[:, 0] * length, at[:, 1] * 4.0
        return np.column_stack([x, y + 15 * np.sin(x / 60 + phase) + 4 * np.sin(x / 23)])

    return _cells(max(2, round(count / rows)), rows, bend, across=9)


def _river(count: int, random: np.random.Generator, steps: int = 9) -> npt.NDArray[Any]:
    """Return lots in three rows on either side of a river; the river is the last polygon, with all their nodes."""
    columns, rows = max(8, count // 6), 7
    phase = random.uniform(0, 6)

    def bend(at: Floats) -> Floats:
        x, y = at[:, 0] * 30 / steps, at[:, 1] * 25.0
        return np.column_stack([x + 15 * np.sin(y / 60), y + 60 * np.sin(x / 110 + phase)])

    nodes = _lattice(columns * steps, rows, bend)
    lots = _rings(columns * steps, rows, steps, 1)
    banks = nodes.reshape(rows + 1, -1, 2)[3:5]
    river = shapely.polygons(np.concatenate([banks[0], banks[1][::-1]]))
    return np.append(shapely.polygons(nodes[lots[np.arange(len(lots)) // columns != 3]]), river)


def river(count: int, vertices: int) -> npt.NDArray[Any]:
    """Return a river of about so many vertices, the last polygon, and lots of which a third lies along it."""
    made = _river(count, np.random.default_rng(38), max(1, round(vertices / 2 / (count // 6))))
    return made


def _fans(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    """Return bends of a street with lots around them: wedges to the middle, then rings of lots."""
    spokes, rings, steps = 13, 5, 3
    fans = max(1, round(count / (spokes * rings)))
    nodes, wide = [], spokes * steps + 1
    for number in range(fans):  # a fan, not a parcel
        opening, radius = random.uniform(1.6, 2.6), random.uniform(28, 40)
        angle = np.linspace(0, opening, wide) + random.uniform(0, 6)
        out = radius + np.arange(rings)[:, None] * 22.0
        middle = np.array(np.divmod(number, _side(fans))) * 320.0
        arcs = np.stack([out * np.cos(angle), out * np.sin(angle)], axis=-1).reshape(-1, 2)
        nodes.append(np.round(np.concatenate([[[0.0, 0.0]], arcs]) + middle + ORIGIN, 3))
    each = np.stack(nodes)
    lots = 1 + _rings(wide - 1, rings - 1, steps, 1)
    wedges = np.column_stack(
        [np.zeros(spokes, int), *(1 + np.arange(spokes) * steps + step for step in range(steps + 1))]
    )
    return np.concatenate([shapely.polygons(each[:, ring]).ravel() for ring in (lots, wedges)])


def _enclaves(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    """Return parcels around parcels, every third of these around another one."""
    around = _cells(_side(count / 1.6), _side(count / 1.6), lambda at: at * [30, 26])
    inner, inmost = _inside(around[::2], 0.5, random), _inside(around[::6], 0.2, random)
    around[::2] = _holed(around[::2], inner)
    inner[::3] = _holed(inner[::3], inmost)
    return np.concatenate([around, inner, inmost])


def _holes(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    """Return parcels with courts that are nobody's."""
    made = _cells(_side(count), _side(count), lambda at: at * [24, 20])
    made[::3] = _holed(made[::3], _inside(made[::3], random.uniform(0.2, 0.6), random))
    return made


def _inside(shapes: npt.NDArray[Any], share: float, random: np.random.Generator) -> npt.NDArray[Any]:
    """Return a turned pentagon around the middle of each shape, so large a share of the way to its sides."""
    west, south, east, north = shapely.bounds(shapes).T
    reach = np.minimum(east - west, north - south) / 2 * share
    angle = random.uniform(0, 1) + np.arange(5) * 2 * np.pi / 5
    middle = np.column_stack([west + east, south + north]) / 2
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * reach[:, None, None] + middle[:, None]
    made: npt.NDArray[Any] = shapely.polygons(np.round(corners, 3))
    return made


def _holed(shapes: npt.NDArray[Any], holes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    made: npt.NDArray[Any] = shapely.polygons(
        shapely.get_exterior_ring(shapes), holes=shapely.get_exterior_ring(holes)[:, None]
    )
    return made


def _sizes(count: int, random: np.random.Generator) -> npt.NDArray[Any]:
    """Return parcels from 10 m² to 10 km², the large beside the small."""
    side = _side(count)
    # One side in eight is large: so a fabric of any size stays in its zone.
    steps = [random.permutation(np.append(np.geomspace(3.2, 40, side - side // 8), np.geomspace(50, 3200, side // 8)))
             for _ in range(2)]  # fmt: skip
    x, y = (np.append(0.0, np.cumsum(step)) for step in steps)
    return _cells(side, side, lambda at: np.column_stack([x[at[:, 0].astype(int)], y[at[:, 1].astype(int)]]))


KINDS: dict[str, tuple[Callable[[int, np.random.Generator], npt.NDArray[Any]], bool]] = {
    "grid": (_grid, True),
    "irregular": (_irregular, True),
    "bricks": (_bricks, False),
    "streets": (_streets, False),
    "terraces": (_terraces, True),
    "river": (_river, True),
    "fans": (_fans, False),
    "enclaves": (_enclaves, True),
    "holes": (_holes, False),
    "sizes": (_sizes, True),
}
"""Kinds of fabric, and whether they leave no ground uncovered."""


def make(name: str, count: int, seed: int) -> Fabric:
    """Return a clean fabric of about so many parcels."""
    maker, fills_plane = KINDS[name]
    shapes = maker(count, np.random.default_rng([seed, sorted(KINDS).index(name)]))
    parcels = described(shapes, water=len(shapes) - 1 if name == "river" else None)
    whole = shapely.coverage_union_all(shapes)
    parts = shapely.get_parts(whole)
    outline = whole if fills_plane else shapely.multipolygons(shapely.polygons(shapely.get_exterior_ring(parts)))
    return Fabric(name, parcels, fills_plane, outline)


def described(shapes: npt.NDArray[Any], water: int | None = None) -> gpd.GeoDataFrame:
    """Return parcels with everything written about them, as it has to be."""
    number = pd.Series(np.arange(1, len(shapes) + 1))
    sheet = (shapely.get_x(shapely.centroid(shapes)).argsort().argsort() * SHEETS // len(shapes) + 1).astype(str)
    area_m2 = np.round(shapely.area(shapes), 1)
    columns = {
        "feature_id": "to.shp#" + number.astype("string"),
        "source": "to.shp",
        "ma_xa": COMMUNE,
        "so_hieu_to_ban_do": sheet,
        "so_thu_tu_thua": number.astype("string"),
        "thua_key": COMMUNE + "." + pd.Series(sheet, dtype="string") + "." + number.astype("string"),
        "ty_le": 1000,
        "loai_dat": np.resize(USES, len(shapes)),
        "dien_tich": area_m2,
        "dien_tich_phap_ly": area_m2,
        "dien_tich_nhan": area_m2,
        "co_dang_ky": True,
        "la_doi_tuong_chiem_dat": np.arange(len(shapes)) == (-1 if water is None else water),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
