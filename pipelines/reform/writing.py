"""Differences between what the tables hold and what they have to hold after a reform."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd

import schemas
from pipelines import store as land
from pipelines.errors import Refusal
from pipelines.ids import among
from pipelines.store.versions import row_hashes, typed

_SEALED = "_ma_hoa"
_ALL_COUNT = frozenset({"canh_bao", "thua_dat"})
"""Layers in which equal rows of two communes are two; elsewhere an id says that they are one."""

_ID = "\x1f"


@dataclass(frozen=True, slots=True)
class Incoming:
    """What comes into a new commune.

    Attributes:
        rows: The rows to write, with `row_hash`, `valid_from` and `geometry`.
        known: Number of rows whose id is there already: what is there stays as it is.
        other: Those of them that said something else in the older commune.
    """

    rows: pd.DataFrame
    known: int = 0
    other: int = 0


def incoming(layer: str, table: land.Table, parts: Sequence[gpd.GeoDataFrame], there: gpd.GeoDataFrame) -> Incoming:
    """Return the rows that come into a new commune.

    What the new commune has already under the same id stays as it is there; what several communes tell alike comes
    once.

    Args:
        layer: The layer.
        table: Its table.
        parts: Rows of each older commune, already with their new keys.
        there: What the new commune holds now.

    Raises:
        Refusal: Two communes use one id for different things.
    """
    frames = [_hashed(table, rows) for rows in parts]
    if layer in _ALL_COUNT:
        whole = pd.concat(frames, ignore_index=True)
        # Counted on from the rows that are there, so that no two have one hash.
        both = pd.concat([_hashed(table, there), whole], ignore_index=True)
        first = both["row_hash"].astype("string").str.replace(r"~\d+$", "", regex=True)
        turn = first.groupby(first, sort=False).cumcount() + 1
        numbered = first.where(turn == 1, first + "~" + turn.astype(str))
        return Incoming(whole.assign(row_hash=numbered.iloc[len(there) :].to_numpy()))
    names = schemas.layer(layer)["x-key"]
    marked = [rows.assign(id_=_ids(rows, names), origin_=number) for number, rows in enumerate(frames)]
    whole = pd.concat(marked, ignore_index=True)
    is_known = among(whole["id_"], _ids(there, names))
    is_other = is_known & ~among(whole["row_hash"], _hashed(table, there)["row_hash"]) if is_known.any() else is_known
    whole = whole[~is_known].drop_duplicates("row_hash")
    clash = whole.groupby("id_")["origin_"].nunique()
    if (clash > 1).any():
        raise Refusal(
            f"Hai xã cũ dùng chung mã cho nội dung khác nhau trong {layer} ({int((clash > 1).sum())} mã): sửa gói.",
            f"Two old communes use one id for different things in {layer} ({int((clash > 1).sum())}): mend a package.",
        )
    fresh = whole.drop(columns=["id_", "origin_"]).reset_index(drop=True)
    return Incoming(fresh, int(is_known.sum()), int(is_other.sum()))


def _ids(rows: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    joined: pd.Series = rows[names[0]].astype("string")
    for name in names[1:]:
        joined = joined + _ID + rows[name].astype("string")
    return joined


def _hashed(table: land.Table, rows: gpd.GeoDataFrame) -> pd.DataFrame:
    content, shapes = typed(rows, table), rows.geometry.to_numpy() if table.has_geometry else None
    sealed = tuple(name for name, _ in table.entity if name.endswith(_SEALED))
    hashes = row_hashes(content, shapes, leave_out=sealed)
    made = content.assign(row_hash=hashes, valid_from=rows["valid_from"].to_numpy())
    return made if shapes is None else made.assign(geometry=shapes)


def insert(store: land.Store, table: land.Table, rows: pd.DataFrame, moment: land.Moment, srid: int) -> None:
    """Write rows that hold from the reform on, or from the day of their package where that is later."""
    begins = rows["valid_from"].where(rows["valid_from"] > moment.valid, moment.valid)
    content = rows.drop(columns=["valid_from", "geometry"], errors="ignore")
    for day in sorted(begins.unique()):
        at = (begins == day).to_numpy()
        shapes = rows["geometry"].to_numpy()[at] if table.has_geometry else None
        piece = land.Difference(table, content[at].reset_index(drop=True), shapes, closed=[], kept=0)
        land.write(store, piece, replace(moment, valid=str(day)), srid)


def close(store: land.Store, table: land.Table, version_ids: pd.Series, moment: land.Moment, srid: int) -> None:
    """End the versions that have gone."""
    nothing, shapes = pd.DataFrame(), np.array([], dtype=object) if table.has_geometry else None
    ended = land.Difference(table, nothing, shapes, closed=[int(number) for number in version_ids], kept=0)
    land.write(store, ended, moment, srid)
