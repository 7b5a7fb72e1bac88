"""The difference of two states, parcel by parcel: what was added, changed, removed, and what became of what."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines import access
from pipelines import store as land
from pipelines.difference.state import State

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
KINDS = (ADDED, CHANGED, REMOVED)

_NOT_TOLD = frozenset({"thua_dat_id", "geometry", "valid_from"})
"""The key; the boundary, which has words of its own; and the date, which changes with everything else."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two states differ in.

    Attributes:
        state: The two states.
        table: A parcel a row, in the zone; `geometry` is the shape after, of removed parcels that before. Columns
            `what`, `thua_dat_id`, `ma_dinh_danh_thua`, `so_hieu_to_ban_do`, `so_thu_tu_thua`, `area_before_m2`,
            `area_after_m2`, `moved_m`, `is_reshaped`, `predecessors`, `successors` (ids joined by `, `), `lineage`
            (`register`, `place` or null).
        before: The shapes before of the same rows.
        cells: A changed value a row: `row` (position in `table`), `column`, `title_vi`, `title_en`, `before`, `after`.
        unchanged: Parcels that are the same.
    """

    state: State
    table: gpd.GeoDataFrame
    before: gpd.GeoSeries
    cells: pd.DataFrame
    unchanged: int

    @property
    def counts(self) -> dict[str, int]:
        """Parcels by what became of them."""
        found = self.table["what"].value_counts()
        return {kind: int(found.get(kind, 0)) for kind in KINDS} | {"unchanged": self.unchanged}


def tell(store: land.Store, state: State, *, public: bool = False) -> Difference:
    """Return the difference of two states.

    Args:
        store: The land database.
        state: The two states.
        public: Only what the public may see: no officer's columns, and no parcel that is withheld on either side.
    """
    changes = land.between(store, state.first, state.last)
    unchanged = land.count_after(store, state.last) - int(changes.is_there.sum())
    if public:
        changes = changes.where(~(access.is_withheld(changes.before) | access.is_withheld(changes.after)))
    changes = changes.where(_natural(changes.thua_dat_id))
    cells = _cells(changes, _columns(public))
    seen = ~(changes.was & changes.is_there) | changes.is_reshaped
    seen.iloc[cells["row"].unique()] = True
    unchanged += int((~seen).sum())
    cells = cells.assign(row=(seen.cumsum() - 1).to_numpy()[cells["row"]])
    changes = changes.where(seen)
    table = _with_lineage(_table(changes), changes, _registered(store, state))
    return Difference(state, table, changes.before.geometry, cells, unchanged)


def _natural(ids: pd.Series) -> pd.Series:
    """Return positions in the order of sheets and numbers, 9 before 10."""
    padded = ids.str.replace(r"\d+", lambda digits: digits[0].zfill(12), regex=True)
    return padded.sort_values(kind="stable").index.to_series()


def _columns(public: bool) -> list[str]:
    known = schemas.layer("thua_dat")["properties"]
    told = ("public",) if public else ("public", "officer")
    return [name for name, entry in known.items() if name not in _NOT_TOLD and entry["x-access"] in told]


def _cells(changes: land.Changes, columns: list[str]) -> pd.DataFrame:
    """Return every changed value of parcels that were there before and after."""
    known = schemas.layer("thua_dat")["properties"]
    is_pair = changes.was & changes.is_there
    parts = []
    for place, name in enumerate(columns):
        rows = np.flatnonzero(is_pair & changes.differs(name))
        before, after = (_plain(side[name].iloc[rows]) for side in (changes.before, changes.after))
        words = {"title_vi": known[name]["title"], "title_en": known[name]["title:en"]}
        part = {"row": rows, "place": place, "column": name, **words, "before": before, "after": after}
        parts.append(pd.DataFrame(part).astype({"before": object, "after": object}))
    found = pd.concat(parts, ignore_index=True).sort_values(["row", "place"], kind="stable", ignore_index=True)
    return found.drop(columns="place")


def _plain(values: pd.Series) -> Any:
    """Return values as JSON takes them; it has no number for what is endless."""
    if values.dtype == "float64":
        values = values.astype(object).where(np.isfinite(values) | values.isna(), "∞")
    return values.astype(object).where(values.notna(), None).to_numpy()


def _table(changes: land.Changes) -> gpd.GeoDataFrame:
    was, there = changes.was, changes.is_there
    newest = changes.after.where(there, changes.before)
    shapes = [side.geometry.to_numpy() for side in (changes.before, changes.after)]
    reshaped = (was & there & changes.is_reshaped).to_numpy()
    moved = np.full(len(was), np.nan)
    moved[reshaped] = land.moved_m(*(side[reshaped] for side in shapes))
    areas = [np.where(shapely.is_missing(side), np.nan, shapely.area(side)) for side in shapes]
    named = ["ma_dinh_danh_thua", "so_hieu_to_ban_do", "so_thu_tu_thua"]
    columns = {
        "what": np.select([~was, ~there], [ADDED, REMOVED], CHANGED),
        "thua_dat_id": changes.thua_dat_id,
        **{name: newest[name] for name in named},
        "area_before_m2": areas[0],
        "area_after_m2": areas[1],
        "moved_m": moved,
        "is_reshaped": reshaped,
    }
    shape = np.where(there, shapes[1], shapes[0])
    return gpd.GeoDataFrame(columns, geometry=shape, crs=changes.after.crs)


def _registered(store: land.Store, state: State) -> pd.DataFrame:
    """Return the lineage that the releases between registered; one that only brings back old rows registers nothing."""
    start, end = state.numbers
    numbers = [
        release.release_id
        for release in land.listing(store, state.last.ma_xa)
        if start < release.release_id <= end and release.kind != "rollback"
    ]
    return land.registered(store, numbers)


def _with_lineage(table: gpd.GeoDataFrame, changes: land.Changes, registered: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add whose ground parcels took: by the register where it says so of one of the two, else by place."""
    told = set(table["thua_dat_id"])
    known = registered[registered["thua_dat_id_cu"].isin(told) & registered["thua_dat_id_moi"].isin(told)]
    ended, begun = (
        gpd.GeoDataFrame({"thua_dat_id": changes.thua_dat_id[rows]}, geometry=side.geometry[rows], crs=table.crs)
        for rows, side in ((changes.was & ~changes.is_there, changes.before), (~changes.was, changes.after))
    )
    placed = land.by_place(ended, begun)
    said = set(known["thua_dat_id_cu"]) | set(known["thua_dat_id_moi"])
    placed = placed[~placed["thua_dat_id_cu"].isin(said) & ~placed["thua_dat_id_moi"].isin(said)]
    pairs = pd.concat([known.assign(lineage="register"), placed.assign(lineage="place")], ignore_index=True)
    pairs = pairs.drop_duplicates(["thua_dat_id_cu", "thua_dat_id_moi"])
    ends = {"predecessors": ("thua_dat_id_moi", "thua_dat_id_cu"), "successors": ("thua_dat_id_cu", "thua_dat_id_moi")}
    for name, (own, other) in ends.items():
        joined = pairs.sort_values(other).groupby(own)[other].agg(", ".join)
        table[name] = table["thua_dat_id"].map(joined).astype("string")
    how = pd.concat([pairs.set_index(own)["lineage"] for own, _ in ends.values()])
    table["lineage"] = table["thua_dat_id"].map(how[~how.index.duplicated()]).astype("string")
    return table
