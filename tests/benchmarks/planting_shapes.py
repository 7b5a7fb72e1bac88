"""Defects of whole parcels, each planted just beyond its limit or just within it."""

from typing import Any

import numpy as np
import shapely

from tests.benchmarks.ground import Ground, through
from tests.benchmarks.planting_edges import Plant, bump, step
from tests.benchmarks.sites import Site

POINT_M, MIN_AREA_M2, SAME = 0.2, 0.01, 1e-3


def _loop(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a ring that runs over the boundary and back through the same point; within: an enclave at a corner."""
    if not beyond:
        return _corner_enclave(ground, site)
    if not ground.has_room(site, 0.8, -0.8):
        return False
    foot = site.at(0.0)
    ground.draw(site, [foot, site.at(0.3, -0.6), site.at(-0.3, -0.6), foot], [foot])
    ground.expect("thua_dat.invalid", site.parcel)
    return True


def _corner_enclave(ground: Ground, site: Site) -> bool:
    """Plant a parcel in a parcel that meets its shell in one point: a ring may touch itself."""
    if not ground.has_room(site, 2.6, 1.8):
        return False
    foot = site.at(0.0)
    hole = shapely.orient_polygons(shapely.Polygon([foot, site.at(1.2, 1.6), site.at(-1.2, 1.6)]))
    ground.draw(site, [foot], [foot])
    ground.cut(site.parcel, hole)
    ground.add(hole, site.parcel)
    return True


def _bow_tie(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a boundary that crosses itself beyond the parcel."""
    if not beyond or not ground.has_room(site, 1.0, -0.6):
        return False
    feet = [site.at(-0.3), site.at(0.3)]
    ground.draw(site, [feet[0], site.at(0.3, -0.5), site.at(-0.3, -0.5), feet[1]], feet)
    ground.expect("thua_dat.invalid", site.parcel)
    return True


def _empty(shape: Any) -> Plant:
    def plant(ground: Ground, site: Site, beyond: bool) -> bool:
        if not beyond:
            return False
        ground.expect("thua_dat.empty", ground.add(shape, site.parcel))
        return True

    return plant


def _blank(ground: Ground, site: Site, beyond: bool) -> bool:
    """Take the geometry of a parcel away; where all ground is parcels, what it had is then nobody's."""
    if not beyond or site.other < 0 or site.radius < 1.5:
        return False
    if ground.fabric.fills_plane:
        ground.lost.append(ground.shapes[site.parcel])
    ground.shapes[site.parcel] = None
    ground.expect("thua_dat.empty", site.parcel)
    return True


def _box(site: Site, share: float = 0.4, shift: float = 0.0) -> Any:
    x, y, half = site.middle[0] + shift * site.radius, site.middle[1], site.radius * share
    return shapely.orient_polygons(shapely.box(x - half, y - half, x + half, y + half))


def _parts(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a parcel of two parts, both enclaves; within: a collection of one part."""
    if not beyond:
        ground.shapes[site.parcel] = shapely.MultiPolygon([ground.shapes[site.parcel]])
        return True
    if site.radius < 2.5:
        return False
    both = _box(site, 0.3, -0.45), _box(site, 0.3, 0.45)
    ground.cut(site.parcel, *both)
    ground.expect("thua_dat.multipart", ground.add(shapely.MultiPolygon(both), site.parcel))
    return True


def _copy(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a parcel a second time, its ring begun elsewhere and turned round; within: one with a corner less."""
    shape = ground.shapes[site.parcel]
    if not beyond:
        return _near_copy(ground, site, 1.02 * SAME, "thua_dat.overlap")
    turned = np.roll(shapely.get_coordinates(shape.exterior)[:-1], 2, axis=0)[::-1]
    copy = ground.add(shapely.Polygon(turned, shape.interiors), site.parcel)
    ground.expect("thua_dat.duplicate_geometry", copy, site.parcel)
    return True


def _redrawn(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a parcel a second time with other points, so that hardly any ground is not the same."""
    return beyond and _near_copy(ground, site, 0.98 * SAME, "thua_dat.duplicate_geometry")


def _near_copy(ground: Ground, site: Site, share: float, code: str) -> bool:
    shape = ground.shapes[site.parcel]
    lost_m2 = share * shapely.area(shape)
    width_m = min(2.0, site.length - 0.6, lost_m2 / 0.011)  # a step of a centimetre is a vertex drawn twice
    depth_m = lost_m2 / max(width_m, 0.1)
    if site.other < 0 or width_m < 0.5 or depth_m > 2 or not ground.has_room(site, width_m, depth_m):
        return False
    line = bump(site, width_m, depth_m)
    feet = [line[0], line[-1]]
    copy = ground.add(through(shape, site, line), site.parcel)
    ground.draw(site, feet, feet)
    ground.expect(code, copy, site.parcel)
    return True


def _covered(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a parcel that lies in another one; within: in a hole of it."""
    if site.radius < 2:
        return False
    inner = _box(site)
    if not beyond:
        ground.cut(site.parcel, inner)
    added = ground.add(inner, site.parcel)
    if beyond:
        ground.expect("thua_dat.overlap", added, site.parcel)
    return True


def _outside(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a parcel that reaches over the rim of the commune by more than a boundary may be off."""
    width_m = 2.0
    out_m = POINT_M + MIN_AREA_M2 / width_m * (1.1 if beyond else 0.9)
    beside = shapely.Polygon([site.at(x, y) for x, y in ((-1.2, -1e-6), (1.2, -1e-6), (1.2, -1.0), (-1.2, -1.0))])
    if site.other >= 0 or site.length < 3 or shapely.intersects(ground.fabric.outline, beside):
        return False
    ground.draw(site, bump(site, width_m, -out_m))
    if beyond:
        ground.expect("thua_dat.outside_commune", site.parcel)
    return True


def _sheet_edge(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant a boundary that its sheet has elsewhere than the sheet across; within: so far off that it is a lane."""
    if ground.fabric.fills_plane or not site.crosses_sheets:
        return False
    if not step(ground, site, min(7.0, site.length - 0.6), 0.25 if beyond else 0.61):
        return False
    if beyond:
        ground.expect("ban_ve.edge_mismatch", site.parcel, site.other)
    return True


def _documented(ground: Ground, site: Site, beyond: bool) -> bool:
    """Plant documents that have a boundary elsewhere."""
    off_m = 0.201 if beyond else 0.199
    if not ground.has_room(site, 1.0, off_m):
        return False
    ground.documented[site.parcel] = through(ground.shapes[site.parcel], site, bump(site, 1.0, off_m))
    if beyond:
        ground.expect("thua_dat.documented_mismatch", site.parcel)
    return True


SHAPES: dict[str, tuple[str, Plant]] = {
    "beyond the rim": ("thua_dat.outside_commune", _outside),
    "edge of a sheet": ("ban_ve.edge_mismatch", _sheet_edge),
    "loop": ("thua_dat.invalid", _loop),
    "crossing": ("thua_dat.invalid", _bow_tie),
    "no geometry": ("thua_dat.empty", _empty(None)),
    "empty polygon": ("thua_dat.empty", _empty(shapely.Polygon())),
    "geometry lost": ("thua_dat.empty", _blank),
    "two parts": ("thua_dat.multipart", _parts),
    "same ring": ("thua_dat.duplicate_geometry", _copy),
    "same ground": ("thua_dat.duplicate_geometry", _redrawn),
    "parcel in a parcel": ("thua_dat.overlap", _covered),
    "other on paper": ("thua_dat.documented_mismatch", _documented),
}
"""What is planted as a parcel: the finding it has to cause, and how."""
