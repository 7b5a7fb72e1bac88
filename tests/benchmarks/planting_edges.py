"""Defects of common boundaries, each planted just beyond its limit or just within it."""

from collections.abc import Callable

import shapely

from tests.benchmarks.fabrics import Floats
from tests.benchmarks.ground import Ground
from tests.benchmarks.sites import Site

MIN_AREA_M2, SLIVER_M2 = 0.01, 1.0
"""Limits at 1:1000, written down here a second time: the proof must not ask the engine what is right."""

Plant = Callable[[Ground, Site, bool], bool]
"""Plants one defect at a site, beyond its limit or within it; tells whether that was possible there."""


def bump(site: Site, width_m: float, inward_m: float) -> list[Floats]:
    """Return a rectangular step in the piece, with its feet."""
    half = width_m / 2
    return [site.at(-half), site.at(-half, inward_m), site.at(half, inward_m), site.at(half)]


def step(ground: Ground, site: Site, width_m: float, inward_m: float) -> bool:
    """Give the parcel alone a rectangular step; the parcel across gets its feet, so that nothing else is wrong."""
    if site.other < 0 or not ground.has_room(site, width_m, inward_m):
        return False
    line = bump(site, width_m, inward_m)
    ground.draw(site, line, [line[0], line[-1]])
    return True


def _tooth(ground: Ground, site: Site, width_m: float, inward_m: float) -> bool:
    """Give the parcel alone a pointed step."""
    if site.other < 0 or not ground.has_room(site, width_m, inward_m):
        return False
    feet = [site.at(-width_m / 2), site.at(width_m / 2)]
    ground.draw(site, [feet[0], site.at(0, inward_m), feet[1]], feet)
    return True


def _area(sign: int, code: str, *, pointed: bool) -> Plant:
    """Plant ground of two parcels (sign -1) or of none (+1), of the smallest area that counts or a little less."""

    def plant(ground: Ground, site: Site, beyond: bool) -> bool:
        width_m = min(0.8, 0.5 * site.length)  # so deep that its corners are no vertices drawn twice
        area_m2 = MIN_AREA_M2 * (1.01 if beyond else 0.99)
        depth_m = sign * area_m2 / width_m * (2 if pointed else 1)
        if not (_tooth if pointed else step)(ground, site, width_m, depth_m):
            return False
        if beyond:
            ground.expect(code, site.parcel, site.other)
        elif pointed:  # its tip is then a node beside the common boundary
            ground.expect("thua_dat.near_node", site.parcel, site.other)
        return True

    return plant


def _large(sign: int, code: str) -> Plant:
    """Plant a piece of ground of two parcels or of none; where streets are left uncovered a wide hole is no gap."""

    def plant(ground: Ground, site: Site, beyond: bool) -> bool:
        open_ground = sign > 0 and not ground.fabric.fills_plane
        area_m2 = SLIVER_M2 * (0.995 if beyond else 1.005) if open_ground else 1.5
        if (not open_ground and not beyond) or not step(ground, site, 1.2, sign * area_m2 / 1.2):
            return False
        if beyond:
            ground.expect(code, site.parcel, site.other)
        return True

    return plant


def _narrow_gap(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a hole as wide as a slip of the pen may be, or a little wider: a lane."""
    if ground.fabric.fills_plane or site.crosses_sheets or not step(ground, site, 6.0, 0.206 if beyond else 0.208):
        return False
    if beyond:
        ground.expect("thua_dat.gap", site.parcel, site.other)
    return True


def _sliver(width_m: float, depth_m: float, within_m: float) -> Plant:
    """Plant a parcel of its own along the boundary, too small or too narrow, or just large enough."""

    def plant(ground: Ground, site: Site, beyond: bool) -> bool:
        deep = depth_m if beyond else within_m
        if not step(ground, site, width_m, deep):
            return False
        added = ground.add(shapely.orient_polygons(shapely.Polygon(bump(site, width_m, deep))), site.parcel)
        if beyond:
            ground.expect("thua_dat.sliver", added)
        return True

    return plant


def _spike(width_m: float, length_m: float, within: tuple[float, float]) -> Plant:
    """Plant an arm out of the parcel, or one too short or too wide to be a spike."""

    def plant(ground: Ground, site: Site, beyond: bool) -> bool:
        wide, long = (width_m, length_m) if beyond else within
        if not _tooth(ground, site, wide, -long):
            return False
        if beyond:
            ground.expect("thua_dat.spike", site.parcel)
        if wide * long / 2 > MIN_AREA_M2:
            ground.expect("thua_dat.overlap", site.parcel, site.other)
        return True

    return plant


def _repeated(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant two vertices of the common boundary nearer to each other than a centimetre, or a little farther apart."""
    if site.other < 0 or site.length < 1:
        return False
    pair = [site.at(0.0), site.at(0.0099 if beyond else 0.0101)]
    ground.draw(site, pair, pair)
    if beyond:
        ground.expect("thua_dat.repeated_vertex", site.parcel)
        ground.expect("thua_dat.repeated_vertex", site.other)
    return True


def _twice(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a vertex that stands twice, or once."""
    ground.draw(site, [site.at(0.1)] * (2 if beyond else 1), [site.at(0.1)])
    if beyond:
        ground.expect("thua_dat.repeated_vertex", site.parcel)
    return True


def _node(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a vertex on the boundary that the parcel across has not, or has."""
    if site.other < 0 or not 1 < site.length < 15:
        return False
    point = site.at(0.2, 0.0009 if beyond else 0.0)
    ground.draw(site, [point], [] if beyond else [point])
    if beyond:
        ground.expect("thua_dat.missing_node", site.parcel, site.other)
    return True


def _beside(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a vertex a little more than a millimetre beside the boundary, to either side, or a little less."""
    if site.other < 0 or not 1 < site.length < 15:
        return False
    side = 1 if site.parcel % 2 else -1
    ground.draw(site, [site.at(-0.1, side * (0.0011 if beyond else 0.0009))])
    ground.expect("thua_dat.near_node" if beyond else "thua_dat.missing_node", site.parcel, site.other)
    return True


EDGES: dict[str, tuple[str, Plant]] = {
    "strip of two parcels": ("thua_dat.overlap", _area(-1, "thua_dat.overlap", pointed=False)),
    "tip of two parcels": ("thua_dat.overlap", _area(-1, "thua_dat.overlap", pointed=True)),
    "piece of two parcels": ("thua_dat.overlap", _large(-1, "thua_dat.overlap")),
    "strip of none": ("thua_dat.gap", _area(1, "thua_dat.gap", pointed=False)),
    "tip of none": ("thua_dat.gap", _area(1, "thua_dat.gap", pointed=True)),
    "piece of none": ("thua_dat.gap", _large(1, "thua_dat.gap")),
    "lane": ("thua_dat.gap", _narrow_gap),
    "narrow parcel": ("thua_dat.sliver", _sliver(8.0, 0.2, 0.207)),
    "small parcel": ("thua_dat.sliver", _sliver(1.0, 0.99, 1.01)),
    "short spike": ("thua_dat.spike", _spike(0.012, 0.201, (0.012, 0.199))),
    "long spike": ("thua_dat.spike", _spike(0.19, 2.0, (0.21, 2.2))),
    "blunt spike": ("thua_dat.spike", _spike(0.05, 0.51, (0.05, 0.49))),
    "vertices too near": ("thua_dat.repeated_vertex", _repeated),
    "vertex twice": ("thua_dat.repeated_vertex", _twice),
    "node of one": ("thua_dat.missing_node", _node),
    "node beside": ("thua_dat.near_node", _beside),
}
"""What is planted at a boundary: the finding it has to cause, and how."""
