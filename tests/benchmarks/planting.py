"""Every kind of defect planted in a clean fabric, and how well the checks find them."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.tolerances import Tolerances
from pipelines.validate.checks import CHECKS, examine
from pipelines.validate.scene import Check
from tests.benchmarks import sites
from tests.benchmarks.fabrics import Fabric
from tests.benchmarks.ground import PAIRED, Ground, Key
from tests.benchmarks.planting_attributes import ATTRIBUTES
from tests.benchmarks.planting_edges import EDGES
from tests.benchmarks.planting_shapes import SHAPES
from tests.benchmarks.scores import Score

RULES = tuple(sorted({code for code, _ in (*EDGES.values(), *SHAPES.values(), *ATTRIBUTES.values())}))
"""The findings that are planted."""


def plant(fabric: Fabric, seed: int, names: frozenset[str] | None = None) -> Ground:
    """Return a fabric spoilt at every site there is, with each kind in turn beyond and within its limit.

    Args:
        fabric: A clean fabric.
        seed: Makes the places.
        names: Kinds to plant; None means all.
    """
    random = np.random.default_rng([seed, 7])
    ground = Ground(fabric)
    free = sites.find(fabric, random)
    kinds = [
        (name, code, put, beyond) for name, (code, put) in {**SHAPES, **EDGES}.items() for beyond in (True, False)
        if names is None or name in names
    ]  # fmt: skip
    touched: set[int] = set()
    open_kinds = kinds
    while free and open_kinds:
        kept = []
        for kind in open_kinds:
            _, code, put, beyond = kind
            at = next((number for number, site in enumerate(free) if put(ground, site, beyond)), None)
            if at is not None:
                site = free.pop(at)
                touched |= {site.parcel, site.other}
                (ground.kinds if beyond else ground.spared)[code] += 1
                kept.append(kind)
        open_kinds = kept
    _write(ground, touched, random, names)
    return ground


def _write(ground: Ground, touched: set[int], random: np.random.Generator, names: frozenset[str] | None) -> None:
    """Plant in the words of parcels whose shape is as it was; two of them are never one after the other."""
    first = random.permutation(np.arange(0, len(ground.fabric.parcels) - 1, 2))
    free = [int(at) for at in first if not {int(at), int(at) + 1} & touched]
    kinds = [
        (code, write, beyond) for name, (code, write) in ATTRIBUTES.items() for beyond in (True, False)
        if names is None or name in names
    ]  # fmt: skip
    if not kinds:
        return
    for parcel, (code, write, beyond) in zip(free[: max(len(free) // 3, len(kinds))], itertools.cycle(kinds)):
        if not ground.rows.loc[parcel, "la_doi_tuong_chiem_dat"] and write(ground, parcel, beyond):
            (ground.kinds if beyond else ground.spared)[code] += 1


def told(ground: Ground, checks: tuple[Check, ...] = CHECKS) -> gpd.GeoDataFrame:
    """Return what the checks find, whatever the order of the parcels."""
    return examine(
        ground.parcels.sample(frac=1, random_state=len(ground.rows)),
        Tolerances(),
        outline=ground.fabric.outline,
        purposes=ground.booked,
        has_register=True,
        fills_plane=ground.fabric.fills_plane,
        documented=ground.papers,
        checks=checks,
    )


def score(ground: Ground, found: gpd.GeoDataFrame) -> Score:
    """Hold what was found against the answer sheet."""
    result = Score(spared=ground.spared.copy())
    result.planted.update(code for code, _ in ground.expected)
    result.planted["thua_dat.gap"] += len(ground.lost)
    open_keys, lost = set(ground.expected), list(ground.lost)
    for code, one, other, shape in found[["code", "feature_id", "other_id", "geometry"]].itertuples(index=False):
        key = _key(ground, code, one, other)
        at = next((n for n, gone in enumerate(lost) if code == "thua_dat.gap" and _lies_in(shape, gone)), None)
        if key in open_keys:
            open_keys.remove(key)
            result.found[code] += 1
        elif at is not None:
            lost.pop(at)
            result.found[code] += 1
        else:
            result.invented[code] += 1
            result.wrong.append(f"{ground.fabric.name}: invented {code} {one} {other}")
    result.wrong += [f"{ground.fabric.name}: missed {code} {sorted(ids)}" for code, ids in open_keys]
    result.wrong += [f"{ground.fabric.name}: missed gap {gone.centroid}" for gone in lost]
    return result


def _key(ground: Ground, code: str, one: str, other: object) -> Key:
    pair = frozenset({one} if pd.isna(other) else {one, str(other)})
    if code in PAIRED or (code, pair) in ground.expected:
        return code, pair
    return code, frozenset({one})


def _lies_in(shape: shapely.Geometry | None, gone: shapely.Geometry) -> bool:
    return shape is not None and bool(shapely.within(shapely.point_on_surface(shape), gone))
