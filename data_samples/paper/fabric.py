"""Land of one sheet: blocks between bent roads and canals, lots in rows, strips of fields, enclaves, ponds."""

import math
from random import Random
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from data_samples.curves import Point, axes, blob, cells, cross_cut, cut, halve, parts, smooth, strips

CRS = "EPSG:5897"
SIDE_MM = 500.0
"""Side of the standard sheet on paper at 1:200 to 1:2000: 50 cm (TT 25/2014, kept by TT 26/2024)."""

_USES = {"village": ("ONT", "ONT+CLN", "ONT", "CLN", "TMD"), "field": ("LUC", "LUK", "BHK", "LUC"),
         "forest": ("RSX", "CLN", "RSX")}  # fmt: skip
_BAND_MM = 45.0
_STRAIGHT_MM = 0.12
"""What a boundary may be off the straight without a point: a little more than the accuracy of drawing, 0.1 mm."""

_LEAST_HALF_MM = 1.4
"""Half the width of the slimmest face: a number of the smallest size still goes in, lengthwise."""


def make(
    count: int = 300, scale: int = 1000, seed: int = 0, *, full: bool = False, side_mm: float = SIDE_MM
) -> gpd.GeoDataFrame:
    """Return land that fits one standard sheet, in map coordinates.

    Args:
        count: Wanted number of parcels, about; 30 to 700.
        scale: Scale denominator; the fabric has the same size on paper at every scale.
        seed: Source of the irregularity.
        side_mm: Side of the square of paper it lies in, at the lower left of the sheet; smaller for small pictures.
        full: The land reaches the frame on all sides, as on sheets cut by the grid; otherwise it ends inside.

    Returns:
        One row per face: `number`, `code`, `kind` (`parcel`, `road`, `water`), `area_m2`, `geometry`; a coverage whose
        neighbours have the same vertices. CRS as `CRS`.
    """
    rng = Random(seed * 1000 + count)
    off = (SIDE_MM - side_mm) / 2
    ground = _outline(rng, side_mm, full=full)
    taken = _strips(rng, ground)
    roads = shapely.union_all([shape for kind, shape in taken if kind == "road"])
    waters = shapely.difference(shapely.union_all([shape for kind, shape in taken if kind == "water"]), roads)
    free = ground.difference(shapely.union_all([roads, waters]))
    pieces, uses = _divided(parts(free, 4.0), count, rng)
    inner, inner_uses = _inside(pieces, rng)
    lines = [shape.boundary for shape in [*pieces, *inner, ground, *parts(roads), *parts(waters)]]
    noded = shapely.node(shapely.union_all(shapely.set_precision(shapely.union_all(lines), 0.001), grid_size=0.001))
    faces = _surveyed(_without_slivers(parts(shapely.polygonize([noded]))))
    corner = corner_of(scale, seed) - off * scale / 1000
    return _described(faces, (roads, waters), ([*inner, *pieces], [*inner_uses, *uses]), scale, corner)


def _outline(rng: Random, side: float, *, full: bool) -> Polygon:
    half, middle = side / 2, SIDE_MM / 2
    if full:
        return shapely.box(middle - half, middle - half, middle + half, middle + half)
    rough = blob((middle, middle), half * rng.uniform(0.86, 0.92), rng, roughness=0.1, points=30)
    low, high = ([share * side for share in rng.choices([0.024, 0.04, 0.07], k=2)] for _ in range(2))
    wide = shapely.box(*(middle - half + at for at in low), *(middle + half - at for at in high))
    return shapely.simplify(rough.buffer(0.06 * side, join_style="mitre").intersection(wide), 0.4)


def _strips(rng: Random, ground: Polygon) -> list[tuple[str, BaseGeometry]]:
    """Return roads and waters: a road and a canal through the land, lanes between them."""
    at = rng.uniform
    road = [(-20.0, at(120, 330)), (at(110, 190), at(150, 320)), (at(280, 360), at(150, 350)), (520.0, at(130, 360))]
    canal = [(at(80, 420), -20.0), (at(120, 380), 170.0), (at(120, 380), 330), (at(80, 420), 520.0)]
    made: list[tuple[str, list[Point], float]] = [("road", road, at(8, 13)), ("water", canal, at(4, 8))]
    spacing = at(75, 105)
    for number in range(1, int(SIDE_MM / spacing)):
        x, bend = number * spacing + at(-12, 12), at(-26, 26)
        made.append(
            ("road", [(x, -20.0), (x + bend, 160), (x - bend / 2, 340), (x + at(-20.0, 20), 520.0)], at(2.6, 5))
        )
        if number % 2:
            y, bend = number * spacing + at(-20.0, 20), at(-22, 22)
            course = [(-20.0, y), (160, y + bend), (340, y - bend), (520.0, y)]
            made.append((rng.choice(["road", "road", "water"]), course, at(1.6, 4)))
    return [
        (kind, LineString(smooth(line, 3)).simplify(0.25).buffer(width / 2, cap_style="flat", join_style="mitre")
         .intersection(ground))
        for kind, line, width in made
    ]  # fmt: skip


def _divided(blocks: list[Polygon], count: int, rng: Random) -> tuple[list[Polygon], list[str]]:
    size = sum(block.area for block in blocks) / count
    pieces: list[Polygon] = []
    uses: list[str] = []
    for block in blocks:
        use = rng.choices(("village", "field", "forest"), (5, 3, 1))[0]
        if use == "village":
            made = [lot for part in _quarters(block, size * 10, rng) for lot in _rows(part, size, rng)]
        elif use == "field":
            made = [
                lot for part in _quarters(block, size * 6, rng) for lot in strips(part, _lot_width(part, size), rng)
            ]
        else:
            made = [*cells(block, size * 1.5, rng)] if block.area > size * 3 else [block]
        pieces += made
        uses += [rng.choice(_USES[use]) for _ in made]
    return pieces, uses


def _lot_width(block: Polygon, size: float) -> float:
    _, _, _, _, width = axes(block)
    return max(4.5, size / max(width, 1.0))


def _quarters(block: Polygon, size: float, rng: Random) -> list[Polygon]:
    return halve(block, size, rng, spread=0.4)


def _rows(block: Polygon, size: float, rng: Random) -> list[Polygon]:
    """Return lots back to back in two rows, each row divided for itself: its sides end on the other row's (T)."""
    _, _, _, length, width = axes(block)
    halves = [block]
    if width > 14 and block.area > 3 * size:
        turned = _along(block, rng)
        halves = cut(block, [turned])
    made = []
    for half in halves:
        _, _, _, length, width = axes(half)
        number = max(1, min(round(half.area / size), int(length / 4.5)))
        shares = [(k + rng.uniform(-0.28, 0.28)) / number for k in range(1, number)]
        made += cut(half, [cross_cut(half, share, rng, bend=0.03, lean=0.06) for share in shares])
    return made


def _along(block: Polygon, rng: Random) -> LineString:
    """Return a bent line along the middle of a block."""
    (cx, cy), (ux, uy), (vx, vy), length, width = axes(block)
    off = [rng.uniform(-0.1, 0.1) * width for _ in range(4)]
    return LineString(
        [
            (cx + ux * t * length + vx * o, cy + uy * t * length + vy * o)
            for t, o in zip((-0.7, -0.2, 0.2, 0.7), off, strict=True)
        ]
    )


def _inside(pieces: list[Polygon], rng: Random) -> tuple[list[Polygon], list[str]]:
    """Return enclaves, ponds and a parcel in an enclave, inside the largest pieces."""
    inner: list[Polygon] = []
    uses: list[str] = []
    for host in sorted(pieces, key=lambda piece: -piece.area)[:5]:
        circle = shapely.maximum_inscribed_circle(host, tolerance=0.5)
        reach = circle.length * rng.uniform(0.4, 0.55)
        if reach < 4:
            continue
        round_one = rng.random() < 0.5
        shape = blob(circle.coords[0], reach, rng, roughness=0.1, points=14 if round_one else 5)
        inner.append(shape)
        uses.append("NTS" if round_one else "ONT")
        if reach > 12 and not round_one:
            inner.insert(0, blob(circle.coords[0], reach * 0.45, rng, roughness=0.1, points=4))
            uses.insert(0, "CLN")
    return inner, uses


def _surveyed(faces: list[Polygon]) -> list[Polygon]:
    """Return the faces with the points a surveyor takes: where boundaries meet, and where they leave the straight."""
    edges = shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(faces))))
    simple = shapely.set_precision(shapely.union_all(shapely.simplify(edges, _STRAIGHT_MM)), 0.001)
    return parts(shapely.polygonize([shapely.node(simple)]))


def _without_slivers(faces: list[Polygon]) -> list[Polygon]:
    """Return the faces with those too slim to be written in given to the neighbour they share most with."""
    while True:
        wide = shapely.length(shapely.maximum_inscribed_circle(np.array(faces, dtype=object), tolerance=0.2))
        slim = int(np.argmin(wide))
        if wide[slim] >= _LEAST_HALF_MM:
            return faces
        shared = shapely.length(shapely.intersection(shapely.boundary(faces), faces[slim].boundary))
        shared[slim] = 0
        host = int(np.argmax(shared))
        if not shared[host]:
            faces = [face for place, face in enumerate(faces) if place != slim]
            continue
        joined = shapely.coverage_union(faces[slim], faces[host])
        faces = [*(face for place, face in enumerate(faces) if place not in (slim, host)), *parts(joined)]


def _described(
    faces: list[Polygon],
    strips_of: tuple[BaseGeometry, BaseGeometry],
    pieces: tuple[list[Polygon], list[str]],
    scale: int,
    corner: Any,
) -> gpd.GeoDataFrame:
    spots = shapely.point_on_surface(np.array(faces, dtype=object))
    kind = np.where(shapely.contains(strips_of[0], spots), "road",
                    np.where(shapely.contains(strips_of[1], spots), "water", "parcel"))  # fmt: skip
    spot, piece = shapely.STRtree(pieces[0]).query(spots, predicate="within")
    first = pd.Series(piece).groupby(spot).min()  # the inner ones stand first
    use = np.array(pieces[1])[first.reindex(range(len(faces))).fillna(0).astype(int)]
    code = np.where(kind == "road", "DGT", np.where(kind == "water", "DTL", use))
    metres = scale / 1000
    placed = shapely.transform(np.array(faces, dtype=object), lambda at: np.round(at * metres + corner, 4))
    frame = gpd.GeoDataFrame({"kind": kind, "code": code}, geometry=placed, crs=CRS)
    frame["area_m2"] = shapely.area(placed)
    frame["number"] = _numbers(spots, kind)
    return frame


def corner_of(scale: int, seed: int) -> Any:
    """Return the lower left corner of the standard sheet of a seed: a place of the grid of its scale."""
    rng = Random(seed)
    side = SIDE_MM * scale / 1000
    return np.array([575_000 + side * rng.randrange(10), 2_190_000 + side * rng.randrange(10)])


def _numbers(spots: Any, kind: Any) -> Any:
    """Return parcel numbers in a zig-zag from the upper left; empty for roads and waters."""
    x, y = shapely.get_x(spots), shapely.get_y(spots)
    band = np.floor((y.max() - y) / _BAND_MM).astype(int)
    order = np.lexsort((np.where(band % 2, -x, x), band))
    order = order[kind[order] == "parcel"]
    number = np.full(len(spots), "", dtype=object)
    number[order] = [str(place) for place in range(1, len(order) + 1)]
    return number


def sheet_name(west: float, north: float, scale: int) -> str:
    """Return the name of the standard sheet whose upper left corner is given (TT 26/2024).

    Kilometres of X (north) and Y (east) of the upper left corner of the 3 km square, three digits each; then the place
    in it, row by row from the upper left.
    """
    across = math.floor((west - 500_000) / 3000 + 1e-6) * 3 + 500
    down = math.ceil(north / 3000 - 1e-6) * 3
    name = f"{down % 1000:03d}{across:03d}"
    if scale == 5000:
        return name
    x, y = west - across * 1000, down * 1000 - north
    kilometre = int(y // 1000) * 3 + int(x // 1000) + 1
    name = f"{name}-{kilometre}"
    x, y = x % 1000, y % 1000
    if scale == 1000:
        return f"{name}-{'abcd'[int(y // 500) * 2 + int(x // 500)]}"
    if scale == 500:
        return f"{name}-({int(y // 250) * 4 + int(x // 250) + 1})"
    if scale == 200:
        return f"{name}-{int(y // 100) * 10 + int(x // 100) + 1}"
    return name
