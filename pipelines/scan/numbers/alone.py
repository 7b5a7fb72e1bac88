"""Numbers without an area on a sheet whose labels have one: what a line or a cross left of a label looks like that."""

import numpy as np
import numpy.typing as npt
import pandas as pd

_FEWEST, _SHARE = 10, 0.6
"""So many labels with the area of their face, and such a share of all numbers, are the way of a sheet."""

_SMALL = 0.1
"""Parcels among the smallest that have a whole label may have no room for one: this share."""


def without_area(rows: pd.DataFrame, area: npt.NDArray[np.float64] | None) -> npt.NDArray[np.bool_]:
    """Return which faces have a number alone although the sheet writes areas and there is room for one.

    Args:
        rows: One row per face: `number`, `area` as written, `fits` (whether it is that of the face).
        area: Area of each face, in any unit; None where it is not known.
    """
    known = rows["number"].notna().to_numpy()
    whole = known & rows["fits"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    if area is None or whole.sum() < max(_FEWEST, _SHARE * known.sum()):
        return np.zeros(len(rows), dtype=bool)
    roomy = area >= np.quantile(area[whole], _SMALL)
    made: npt.NDArray[np.bool_] = known & roomy & rows["area"].isna().to_numpy()
    return made
