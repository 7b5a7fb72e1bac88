"""Decisions about records whose commune became another one: a reform changes the key of a record, not who it is."""

import numpy as np
import pandas as pd

from pipelines import store as land
from pipelines.ids import among

_KEYS = ("left_key", "right_key", "record_key")
_KEY = r"^(?P<scope>[^.]*\.[^.]*)(?P<rest>\..*)$"


def carried(store: land.Store, decisions: pd.DataFrame, records: pd.Series) -> pd.DataFrame:
    """Return decisions with others behind each that are about the same records under the keys of today.

    Where a reform is undone the keys of before are those of today again, so nothing has to be written.

    Args:
        store: The land database.
        decisions: See `pipelines.linkage.journal.read`.
        records: Keys of the records that there are.

    Returns:
        The same columns; a decision stands several times under its number where it is about several keys.
    """
    moves = store.frame(
        "SELECT DISTINCT k.ma_xa_cu || '.' || k.ky_dia_gioi_cu AS scope, r.ma_xa || '.' || r.ky_dia_gioi AS became "
        "FROM khoa_thua AS k JOIN ban_phat_hanh AS r ON r.release_id = k.release_from WHERE k.release_to IS NULL"
    ).astype("string")
    if moves.empty or decisions.empty:
        return decisions
    rows = decisions
    for name in _KEYS:
        rows = pd.concat([rows, _renamed(rows, name, moves, records)], ignore_index=True)
    sides = np.sort(rows[["left_key", "right_key"]].fillna("").to_numpy(dtype=object), axis=1)
    pairs = pd.DataFrame(sides, columns=["left_key", "right_key"], dtype="string").replace("", pd.NA)
    rows = rows.assign(left_key=pairs["left_key"], right_key=pairs["right_key"])
    both = rows["left_key"].eq(rows["right_key"]).fillna(False).astype(bool)
    return rows[~both].sort_values("id", kind="stable", ignore_index=True)


def _renamed(rows: pd.DataFrame, name: str, moves: pd.DataFrame, records: pd.Series) -> pd.DataFrame:
    """Return the rows in which a key has become another one that is there."""
    parts = rows[name].str.extract(_KEY).assign(place=range(len(rows))).merge(moves, on="scope")
    keys = (parts["became"] + parts["rest"]).astype("string")
    there = among(keys, records)
    return rows.iloc[parts.loc[there, "place"]].assign(**{name: keys[there].to_numpy()})
