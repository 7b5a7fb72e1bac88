"""Labels whose anchor lies in a wrong face because a text is anchored at a corner, not where it is read.

The anchor of a DGN text is its lower left corner: in a narrow parcel it easily lies beyond the boundary while the
text itself stands in the parcel. Such a label is given to the face its text covers, if there is only one to choose.
"""

import numpy as np
import pandas as pd
import shapely

from pipelines.digitize.snapping import Array

LETTER = 0.8
"""Mean width of a letter of a plotter font, as a share of its height."""

TALLEST_MM = 10.0
"""A text higher than this on paper is no label, or its height means something else: then only the anchor counts."""

ENOUGH = 0.25
"""Share of a text that a face must cover to be meant by it, and by which it must be ahead of any other."""


def boxes(texts: pd.DataFrame, scale: int) -> Array:
    """Return the polygon each text covers on the map, None where its size is not known.

    Args:
        texts: `text`, `geometry` (lower left corner), and `height` in metres and `rotation` in degrees, if known.
        scale: Denominator of the sheet.
    """
    made = np.full(len(texts), None, dtype=object)
    if "height" not in texts or not len(texts):
        return made
    height = texts["height"].to_numpy(dtype=np.float64)
    known = (height > 0) & (height <= TALLEST_MM * scale / 1000.0)
    lines = texts["text"].fillna("").str.split("\n")
    width = lines.map(lambda parts: max(map(len, parts), default=0)).to_numpy(dtype=np.float64) * LETTER * height
    turn = np.radians(np.nan_to_num(texts["rotation"].to_numpy(dtype=np.float64)))
    along = np.column_stack([np.cos(turn), np.sin(turn)]) * width[:, None]
    up = np.column_stack([-np.sin(turn), np.cos(turn)]) * height[:, None]
    corner = shapely.get_coordinates(texts["geometry"].to_numpy())
    rings = np.stack([corner, corner + along, corner + along + up, corner + up], axis=1)
    known &= np.isfinite(rings).all(axis=(1, 2)) & (width > 0)
    made[known] = shapely.polygons(rings[known])
    return made


def moved(numbers: pd.DataFrame, faces: Array, scale: int) -> pd.Series:
    """Return the face of each number that its text stands in and its anchor does not, by the index of the number.

    Only numbers outside every face, or in a face with another number, are looked at; only faces without a number
    can get one; and only when one face alone is covered well, and is wanted by one number alone.
    """
    face = numbers["face"]
    crowded = face.duplicated(keep=False) | (face < 0)
    open_ones = numbers[crowded]
    covered = boxes(open_ones, scale)
    placed = ~shapely.is_missing(covered)
    if not placed.any() or not len(faces):
        return pd.Series(dtype="int64")
    free = np.ones(len(faces), dtype=bool)
    free[face[face >= 0].to_numpy()] = False
    number, target = shapely.STRtree(faces).query(covered[placed], predicate="intersects")
    shape = covered[placed][number]
    pairs = pd.DataFrame(
        {
            "number": open_ones.index.to_numpy()[placed][number],
            "face": target,
            "own": face.reindex(open_ones.index[placed]).to_numpy()[number] == target,
            "free": free[target],
            "share": shapely.area(shapely.intersection(shape, faces[target])) / shapely.area(shape),
        }
    )
    ranked = pairs.sort_values(["number", "share"], ascending=[True, False])
    best = ranked.drop_duplicates("number").set_index("number")
    second = ranked[ranked.duplicated("number")].drop_duplicates("number").set_index("number")["share"]
    ahead = best["share"] - second.reindex(best.index).fillna(0.0)
    sure = best[best["free"] & ~best["own"] & (best["share"] >= ENOUGH) & (ahead >= ENOUGH)]
    return sure.loc[~sure["face"].duplicated(keep=False), "face"].astype("int64")
