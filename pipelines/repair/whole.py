"""A parcel layer repaired, with the proof of every change and the way back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import crs, geometry
from pipelines.geometry import Floats, Geometries
from pipelines.repair import rings
from pipelines.repair.engine import CODES, GEOMETRIC, KEPT, Examine, Shaped, repair_shapes
from pipelines.repair.texts import TEXTUAL, repair_texts
from pipelines.tolerances import Tolerances

KINDS = (*GEOMETRIC, *TEXTUAL)
"""Every kind of repair there is."""

KEY, PLACE, SHAPE = "sua_id", "sua_vi_tri", "sua_wkb"
"""Columns added: id of a parcel in the input, its place among the rows, its geometry (WKB in hexadecimal digits)."""

RESERVED = frozenset({PLACE, SHAPE, "sua_fid", "sua_geom"})
"""Names that the columns of an input must not have."""

_ADDED = ("feature_id", "source")


@dataclass(frozen=True)
class Repaired:
    """What came out of a repair.

    Attributes:
        layer: The repaired layer: columns and CRS of the input, `sua_id`, and `sua_giu` (see `engine.KEPT`).
        repairs: One row per kind of repair and parcel or value: `code`, `sua_id`, `column`, `before` and `after`
            (WKB in hexadecimal digits in the CRS of the layer, or the value), `displacement_m`, `limit_m`, and the
            places where vertices differ.
        originals: The rows of the input that changed or went, with their place and geometry.
        found_before: Findings before.
        found_after: Findings after.
        left: How many parcels were left because they would go too far, or make other findings more.
    """

    layer: gpd.GeoDataFrame
    repairs: gpd.GeoDataFrame
    originals: pd.DataFrame
    found_before: gpd.GeoDataFrame
    found_after: gpd.GeoDataFrame
    left: int

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return findings per code, before and after."""
        before, after = self.found_before["code"].value_counts(), self.found_after["code"].value_counts()
        codes = sorted({*before.index, *after.index})
        return {code: (int(before.get(code, 0)), int(after.get(code, 0))) for code in codes}


def repair(
    given: gpd.GeoDataFrame,
    known: gpd.GeoDataFrame,
    tolerances: Tolerances,
    examine: Examine,
    kinds: Iterable[str] = KINDS,
    is_bytes: bool = False,
) -> Repaired:
    """Return the layer repaired. Vertices that no repair moved have the very coordinates of the input.

    Args:
        given: The layer as it is in its file, with `feature_id` and `source`, in any CRS.
        known: The same rows in metres, with the columns that the checks know.
        tolerances: What is allowed.
        examine: The checks.
        kinds: What to repair.
        is_bytes: Whether the texts of the file are bytes.
    """
    chosen = set(kinds)
    shaped = repair_shapes(known, tolerances, examine, [kind for kind in GEOMETRIC if kind in chosen])
    attributes = pd.DataFrame(given.drop(columns=given.geometry.name)).reset_index(drop=True)
    texts, told = repair_texts(attributes.drop(columns=list(_ADDED)), chosen & set(TEXTUAL), is_bytes)
    ids, shapes = attributes["feature_id"].astype(object), np.asarray(given.geometry, dtype=object)
    steps = shaped.steps
    back = _Back(known, given)
    before, after = (back.shapes(np.asarray(steps[name], dtype=object)) for name in ("before", "after"))
    now = shapes.copy()
    changed = np.unique(steps["at"].to_numpy(dtype=np.int64))
    remaining = pd.Series(shaped.rows)
    now[shaped.rows] = _latest(shaped, changed, remaining, back, shapes)
    rows = np.union1d(changed, told["at"].to_numpy(dtype=np.int64)).astype(np.int64)
    layer = gpd.GeoDataFrame(texts.assign(**{KEY: ids}), geometry=now, crs=given.crs).iloc[shaped.rows]
    layer = layer.assign(**{KEPT: shaped.parcels[KEPT].to_numpy()})
    wkb = pd.Series(shapely.to_wkb(shapes[rows], hex=True), dtype=object)
    originals = attributes.drop(columns=list(_ADDED)).iloc[rows].reset_index(drop=True)
    originals[KEY], originals[PLACE], originals[SHAPE] = ids.iloc[rows].to_numpy(), rows, wkb
    repairs = pd.concat([_of_shapes(shaped, ids, before, after), _of_texts(told, ids)], ignore_index=True)
    places = np.append(_places(before, after), np.full(len(told), None, dtype=object))
    return Repaired(
        layer.reset_index(drop=True),
        gpd.GeoDataFrame(repairs, geometry=places, crs=given.crs),
        originals,
        shaped.found_before,
        shaped.found_after,
        int(shaped.left.sum()),
    )


def restore(layer: gpd.GeoDataFrame, originals: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the input of a repair: what did not change from the layer, what did from the originals."""
    old = gpd.GeoDataFrame(
        originals.drop(columns=[PLACE, SHAPE]),
        geometry=shapely.from_wkb(np.asarray(originals[SHAPE], dtype=object)),
        crs=layer.crs,
    ).assign(**{PLACE: originals[PLACE].to_numpy(dtype=np.int64)})
    same = layer[~layer[KEY].isin(old[KEY])].drop(columns=KEPT)
    free = np.setdiff1d(np.arange(len(same) + len(old)), old[PLACE].to_numpy())
    parts = [part for part in (same.assign(**{PLACE: free}), old) if len(part)]
    whole = pd.concat([part[[*same.columns, PLACE]] for part in parts], ignore_index=True) if parts else same
    kinds = {name: kind for name, kind in layer.dtypes.items() if name in whole and name != layer.geometry.name}
    ordered = whole.sort_values(PLACE, ignore_index=True) if parts else whole
    plain = ordered.drop(columns=[KEY, PLACE], errors="ignore")
    plain = plain.astype({name: kind for name, kind in kinds.items() if name in plain})
    return gpd.GeoDataFrame(plain, geometry="geometry", crs=layer.crs)


class _Back:
    """The way from the CRS of the computation to that of the file; known vertices go to where they came from."""

    def __init__(self, known: gpd.GeoDataFrame, given: gpd.GeoDataFrame) -> None:
        there, here = np.asarray(known.geometry, dtype=object), np.asarray(given.geometry, dtype=object)
        alike = shapely.get_num_coordinates(there) == shapely.get_num_coordinates(here)
        metric = shapely.get_coordinates(there[alike])
        keys, first = np.unique(rings.place_keys(metric), return_index=True)
        self._keys, self._points = keys, shapely.get_coordinates(here[alike])[first]
        self._metric, self._own = known.crs, given.crs

    def shapes(self, shapes: Geometries) -> Geometries:
        """Return geometries in the CRS of the file."""
        return np.asarray(shapely.transform(shapes, self._moved), dtype=object) if len(shapes) else shapes

    def _moved(self, points: Floats) -> Floats:
        wanted = rings.place_keys(points)
        at = np.minimum(np.searchsorted(self._keys, wanted), max(len(self._keys) - 1, 0))
        is_old = self._keys[at] == wanted if len(self._keys) else np.zeros(len(points), dtype=bool)
        made = np.empty_like(points)
        made[is_old] = self._points[at[is_old]]
        if (~is_old).any():
            new = gpd.GeoSeries(shapely.points(points[~is_old]), crs=self._metric)
            made[~is_old] = shapely.get_coordinates(crs.reproject(new, self._own).to_numpy())
        return made


def _latest(shaped: Shaped, changed: Any, remaining: pd.Series, back: _Back, shapes: Geometries) -> Geometries:
    """Return the geometries of the parcels left, in the CRS of the file: the very input where nothing changed."""
    latest = shapes[shaped.rows].copy()
    is_changed = remaining.isin(changed).to_numpy()
    latest[is_changed] = back.shapes(np.asarray(shaped.parcels.geometry, dtype=object)[is_changed])
    return latest


def _of_shapes(shaped: Shaped, ids: pd.Series, before: Geometries, after: Geometries) -> pd.DataFrame:
    at = shaped.steps["at"].to_numpy(dtype=np.int64)
    return pd.DataFrame(
        {
            "code": shaped.steps["kind"].map(CODES).astype(object),
            KEY: ids.iloc[at].to_numpy(),
            "column": None,
            "before": shapely.to_wkb(before, hex=True),
            "after": shapely.to_wkb(after, hex=True),
            "displacement_m": shaped.displacement_m[at],
            "limit_m": shaped.limit_m[at],
        }
    )


def _of_texts(told: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    rows = told.assign(**{KEY: ids.iloc[told["at"].to_numpy(dtype=np.int64)].to_numpy()})
    rows = rows.assign(displacement_m=np.nan, limit_m=np.nan)
    return pd.DataFrame(rows[["code", KEY, "column", "before", "after", "displacement_m", "limit_m"]])


def _places(before: Geometries, after: Geometries) -> Geometries:
    """Return where each pair differs: the vertices that only one of the two has."""
    made: Geometries = np.full(len(before), None, dtype=object)
    rows: list[Sequence[Any]] = [shapely.get_coordinates(each, return_index=True) for each in (before, after)]
    (old, old_of), (new, new_of) = rows
    one, other = (geometry.mixed_bits(np.column_stack([points, owner.astype(np.float64)])) for points, owner in rows)
    lone, alone = ~np.isin(one, other), ~np.isin(other, one)
    points = np.concatenate([old[lone], new[alone]])
    owner = np.concatenate([old_of[lone], new_of[alone]])
    if len(points):
        order = np.lexsort([points[:, 1], points[:, 0], owner])
        numbers, index = np.unique(owner[order], return_inverse=True)
        made[numbers] = shapely.multipoints(shapely.points(points[order]), indices=index)
    return made
