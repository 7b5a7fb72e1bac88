"""Ids of parcels, rows and files: made from what a row says, and looked up as sets."""

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.geometry import Mask


def among(column: pd.Series, ids: Any) -> Mask:
    """Tell which values of a text column are among some ids; a missing value never is.

    `pandas.Series.isin` turns every id into a Python object when the column is text in Arrow memory: half a million
    ids take it seconds.

    Example:
        >>> among(pd.Series(["a", "b", None], dtype="string"), pd.Series(["b", None], dtype="string")).tolist()
        [False, True, False]
    """
    found = pc.is_in(_texts(column), value_set=_texts(ids), skip_nulls=True)
    there: Mask = np.asarray(found, dtype=bool)
    return there


def identify(prefix: str, scope: tuple[str, str], *parts: pd.Series) -> pd.Series:
    """Return ids: a prefix and 16 hexadecimal digits over the commune and the parts of each row.

    Args:
        prefix: Says of what the id is.
        scope: Commune code and era.
        parts: What a row is known by, on one index.
    """
    text = pd.Series("|".join(scope), index=parts[0].index, dtype="string")
    for part in parts:
        text = text + "|" + part.astype("string").fillna("")
    known = {value: prefix + hashlib.blake2b(value.encode(), digest_size=8).hexdigest() for value in text.unique()}
    return text.map(known).astype("string")


def looked_up(column: pd.Series, ids: Any, values: pd.Series) -> pd.Series:
    """Return for each value of a text column what stands beside the same id, null where there is none.

    Args:
        column: Texts; the answer stands on its index.
        ids: Ids, none twice.
        values: What stands beside them, in their order.

    Example:
        >>> looked_up(pd.Series(["b", "c", None]), ["a", "b"], pd.Series(["x", "y"])).tolist()
        ['y', <NA>, <NA>]
    """
    places = pc.index_in(_texts(column), value_set=_texts(ids), skip_nulls=True)
    found = pd.Series(pc.take(_texts(values), places), dtype="string")
    return found.set_axis(column.index)


def _texts(values: Any) -> pa.Array:
    return pa.array(pd.Series(values, dtype="string").array, type=pa.large_string())
