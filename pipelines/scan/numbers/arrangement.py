"""How number, area and code of a label stand to each other where no bar tells it: learned from the sheet itself.

An office writes all labels of a sheet in one way. Which words of it stand beside or below a number most often is what
belongs together everywhere.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]

_ALIKE_TURN = 0.2
"""Words of one label stand in one direction, radians; that of one sign alone is not known this well."""

_LOW = 0.5
"""Words lower than this share of the other are of something else."""

_LAP, _DOWN = 0.3, 1.4
"""By which share of the shorter one words above each other overlap, and how far apart they are, in heights."""

_LEVEL, _ASIDE = 0.4, 1.4
"""How far words beside each other are above or below, and how far apart, in heights."""

_COMMON = 0.3
"""A place that is taken less often than this share of the usual one is chance."""

RIGHT, LEFT, BELOW, ABOVE = range(4)
_NONE = {"number": int, "other": int, "of": object, "type": object, "place": int, "gap": float, "own": bool}


def joined(words: pd.DataFrame) -> pd.DataFrame:
    """Return which words belong to which number: `number` and `other`, rows of `words`, and the `type` of the other.

    Whole numbers below numbers (`type` = `number`) may be areas without decimals; those are only returned where each
    of the two stands in no other pair. A code at an area belongs to its number.

    Args:
        words: One row per word: `type` (`number`, `area`, `code`), `x`, `y`, `width`, `height`, `turn`, `label` (words
            of one group of signs share it), `row` (parts of one row share it).
    """
    pairs = _usual(_neighbours(words))
    is_over = (pairs["of"] == "number") & (pairs["type"] == "number")
    own = pairs[~is_over & _is_nearest(pairs)]
    # Of an area in the middle between two numbers nobody knows whose it is.
    own = own[~((own["type"] == "area") & own.duplicated(["type", "other"], keep=False))]
    # A number that has an area is not over or under another one.
    areas = own[own["type"] == "area"].set_index("other")["number"]
    over = pairs[is_over & ~pairs["number"].isin(areas) & ~pairs["other"].isin(areas)]
    # Of three in a column nobody knows which are two.
    ends = pd.concat([over["number"], over["other"]]).value_counts()
    over = over[(over["number"].map(ends) == 1) & (over["other"].map(ends) == 1)]
    # Numbers of neighbours stand over one another as well.
    rest = (words["type"] == "number").sum() - len(areas) - len(over)
    over = over if len(over) >= _COMMON * rest else over[over["own"]]
    numbers = pd.concat([areas, over.set_index("other")["number"]])
    made = pd.concat([own, over], ignore_index=True)
    made["number"] = made["number"].map(numbers).fillna(made["number"]).astype(int)
    made = made.loc[(words["type"].to_numpy() == "number")[made["number"]], ["number", "other", "type"]]
    # A code may be as near to the area of its number as to the number, but not to another label.
    made = made.drop_duplicates()
    kept: pd.DataFrame = made[~made["other"].duplicated(keep=False)]
    return kept


def _usual(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that stand to each other as most of the sheet do, or are of one group of signs."""
    pairs = pairs[_is_nearest(pairs) | (pairs["type"] == "number")]
    count = pairs.groupby(["of", "type", "place"])["gap"].transform("size")
    usual = count.groupby(pairs["type"]).transform("max")
    kept: pd.DataFrame = pairs[(count >= _COMMON * usual) | pairs["own"]]
    return kept


def _neighbours(words: pd.DataFrame) -> pd.DataFrame:
    """Return numbers, and areas (`of`), with the words at them: their `place` and how far (`gap`, in heights)."""
    x, y, wide, high, turn = (words[name].to_numpy(dtype=np.float64) for name in ("x", "y", "width", "height", "turn"))
    kind, label, row = (words[name].to_numpy() for name in ("type", "label", "row"))
    if not len(words):
        return pd.DataFrame({name: [] for name in _NONE}).astype(_NONE)
    # No label is wider than its words, one after the other, are.
    reach = float(np.quantile(wide, 0.9) + (1 + _DOWN) * np.quantile(high, 0.9))
    near = cKDTree(np.column_stack([x, y])).query_pairs(reach, output_type="ndarray")
    first, other = np.concatenate([near, near[:, ::-1]]).T
    keep = (kind[first] == "number") | ((kind[first] == "area") & (kind[other] == "code"))
    first, other = first[keep], other[keep]
    cos, sin = np.cos(turn[first]), np.sin(turn[first])
    dx, dy = x[other] - x[first], y[other] - y[first]
    along, down = dx * cos + dy * sin, dy * cos - dx * sin
    low, tall = np.minimum(high[first], high[other]), np.maximum(high[first], high[other])
    aside = np.abs(along) - (wide[first] + wide[other]) / 2
    apart = np.abs(down) - (high[first] + high[other]) / 2
    narrow = np.minimum(wide[first], wide[other])
    off = np.abs(np.angle(np.exp(1j * (turn[first] - turn[other]))))
    level = (np.abs(down) < _LEVEL * low) & (aside > -_LAP * low) & (aside < _ASIDE * low)
    stacked = (aside < -_LAP * narrow) & (apart > -_LAP * low) & (apart < _DOWN * low)
    place = np.select([level & (along > 0), level, stacked & (down > 0)], [RIGHT, LEFT, BELOW], ABOVE)
    made = pd.DataFrame({
        "number": first, "other": other, "of": kind[first], "type": kind[other], "place": place,
        # Nothing is nearer to a word than the rest of its own row.
        "gap": np.where(row[first] == row[other], -1.0, np.where(level, aside, apart) / low),
        "own": label[first] == label[other],
    })  # fmt: skip
    fits = (level | stacked) & (off < _ALIKE_TURN) & (low >= _LOW * tall)
    fits &= (kind[other] != "number") | (stacked & (place == BELOW))
    kept: pd.DataFrame = made[fits]
    return kept


def _is_nearest(pairs: pd.DataFrame) -> Any:
    """Tell which pairs are of a number and its nearest word of a type, that has no nearer number itself."""
    nearest = pairs.groupby(["number", "type"])["gap"].transform("min")
    back = pairs.groupby("other")["gap"].transform("min")
    return (pairs["gap"] <= nearest) & (pairs["gap"] <= back)
