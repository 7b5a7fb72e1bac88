"""How common names are before any were counted: a commune alone does not show that Nguyễn Văn An has many namesakes."""

from typing import Any

import numpy as np
import pandas as pd

_FAMILIES = {
    "nguyen": 0.38, "tran": 0.11, "le": 0.095, "pham": 0.07, "huynh": 0.05, "hoang": 0.05, "phan": 0.045, "vu": 0.04,
    "vo": 0.04, "dang": 0.021, "bui": 0.02, "do": 0.014, "ho": 0.013, "ngo": 0.013, "duong": 0.01, "ly": 0.005,
}  # fmt: skip
"""Published shares of family names in the country; Huỳnh and Hoàng, Vũ and Võ are counted together there."""

_MIDDLES = {"van": 0.2, "thi": 0.35}
_FAMILY, _MIDDLE, _GIVEN = 0.005, 0.02, 0.008
"""Shares of parts that are not listed."""


def name_shares(folded: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how often each folded name is met in the country, as the product of its parts.

    Example:
        >>> name_shares(np.array(["nguyen van an", "quach ba an"], dtype=object)).round(7).tolist()
        [0.000608, 8e-07]
    """
    parts = pd.Series(folded, dtype="string").str.split(" ")
    family = parts.str[0].map(_FAMILIES).fillna(_FAMILY).to_numpy(dtype=float)
    middle = parts.str[1].map(_MIDDLES).fillna(_MIDDLE).to_numpy(dtype=float)
    # A name of two parts has no middle one; nobody has counted those, so they count as any.
    return np.asarray(family * middle * _GIVEN)
