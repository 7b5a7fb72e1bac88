"""How well a sheet was read: faces against faces, vertices, numbers, frame and crosses, place on the ground.

Pixel coordinates. A true and a found face are the same when they share more than half of their union; where faces of
a kind do not overlap each other no face can have two partners (Kirillov and others, Panoptic Segmentation, 2019).
"""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
SAME, GOOD = 0.5, 0.9
CORNER_DEG = 10.0
"""From which turn on a vertex is a corner: on straight boundaries and round bends vertices stand anywhere."""


def pairs(true: npt.NDArray[Any], found: npt.NDArray[Any]) -> pd.DataFrame:
    """Return the pairs of faces that are the same: `true`, `found` (places), `iou`; each face at most once."""
    left, right = shapely.STRtree(found).query(true, predicate="intersects")
    common = shapely.area(shapely.intersection(true[left], found[right]))
    iou = common / (shapely.area(true)[left] + shapely.area(found)[right] - common)
    made = pd.DataFrame({"true": left, "found": right, "iou": iou})
    # Should found faces overlap, the better one counts.
    made = made[made["iou"] > SAME].sort_values(["iou", "true", "found"], ascending=[False, True, True])
    return made.drop_duplicates("true").drop_duplicates("found").sort_values("true", ignore_index=True)


@dataclass(frozen=True, slots=True)
class Panoptic:
    """How well faces were found.

    Attributes:
        pq: Panoptic quality, `sq` times `rq`.
        sq: Mean share of the union that pairs have in common.
        rq: Share of faces with a partner, of both sides (F1).
        recall: Share of true faces with a partner.
        good: Share of true faces with a partner that shares more than nine tenths.
        true: Number of true faces.
        found: Number of found faces.
    """

    pq: float
    sq: float
    rq: float
    recall: float
    good: float
    true: int
    found: int


def panoptic(matched: pd.DataFrame, true: int, found: int) -> Panoptic:
    """Return the quality of so many found faces against so many true ones."""
    count = len(matched)
    sq = float(matched["iou"].mean()) if count else 0.0
    rq = 2 * count / (true + found) if true + found else 1.0
    share = 1 / true if true else np.nan
    return Panoptic(sq * rq, sq, rq, count * share, float((matched["iou"] > GOOD).sum()) * share, true, found)


def vertex_errors(true: npt.NDArray[Any], found: npt.NDArray[Any], matched: pd.DataFrame) -> pd.DataFrame:
    """Return one row per vertex of the true faces that have a partner.

    Columns: `pair` (row of `matched`), `turn_deg` (turn of the true boundary there), `error_px` (distance to the next
    vertex of the partner).
    """
    vertices = _vertices(true[matched["true"].to_numpy()])
    partners = found[matched["found"].to_numpy()]
    points, owner = shapely.get_coordinates(partners, return_index=True)
    # Faces moved far apart, so that one tree holds all and each vertex meets those of its partner only.
    apart = 4 * (1 + max(float(np.abs(points).max(initial=0)), float(np.abs(vertices[["x", "y"]]).max(axis=None) or 0)))
    if not len(vertices):
        return pd.DataFrame({"pair": [], "turn_deg": [], "error_px": []})
    tree = cKDTree(np.column_stack([points, owner * apart]))
    error, _ = tree.query(np.column_stack([vertices[["x", "y"]], vertices["pair"] * apart]))
    return pd.DataFrame({"pair": vertices["pair"], "turn_deg": vertices["turn_deg"], "error_px": error})


def _vertices(shapes: npt.NDArray[Any]) -> pd.DataFrame:
    rings, owner = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    made = pd.DataFrame({"x": points[:, 0], "y": points[:, 1], "ring": ring})
    made = made[made["ring"].duplicated(keep="last")]  # a ring ends where it began
    if made.empty:
        return made.assign(pair=[], turn_deg=[])
    around = made.groupby("ring")[["x", "y"]]
    first, last = around.transform("first"), around.transform("last")
    before = around.shift(1).fillna(last)
    after = around.shift(-1).fillna(first)
    here = made[["x", "y"]].to_numpy()
    came, goes = here - before.to_numpy(), after.to_numpy() - here
    turn = np.arctan2(came[:, 0] * goes[:, 1] - came[:, 1] * goes[:, 0], (came * goes).sum(axis=1))
    return made.assign(pair=owner[made["ring"].to_numpy()], turn_deg=np.abs(np.degrees(turn)))


def hausdorff(true: npt.NDArray[Any], found: npt.NDArray[Any], matched: pd.DataFrame) -> Floats:
    """Return the largest distance between the boundaries of each pair, in pixels."""
    left = shapely.boundary(true[matched["true"].to_numpy()])
    right = shapely.boundary(found[matched["found"].to_numpy()])
    return np.asarray(shapely.hausdorff_distance(left, right, densify=0.1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How well numbers were read; shares of the faces on which a number is printed.

    Attributes:
        exact: Read as printed, sure or not.
        wrong: Something else was read, or on a face without number something, and it is given out as sure.
        flagged: An officer is asked to look.
        missing: The face was found and no number in it, or the face was not found.
        printed: Faces with a number.
    """

    exact: float
    wrong: float
    flagged: float
    missing: float
    printed: int


def numbers(printed: pd.Series, read: pd.DataFrame, matched: pd.DataFrame) -> Numbers:
    """Return how well numbers were read.

    Args:
        printed: Number on each true face; empty text where none is.
        read: For each found face `number` (null where not read) and `sure`; its place in the frame is its place in
            `matched`.
        matched: Pairs of true and found faces.
    """
    partner = pd.Series(matched["found"].to_numpy(), index=matched["true"].to_numpy()).reindex(range(len(printed)))
    told = read["number"].reset_index(drop=True).reindex(partner).fillna("").astype(str).to_numpy()
    sure = read["sure"].reset_index(drop=True).reindex(partner).eq(True).to_numpy()
    said = printed.to_numpy(dtype=object)
    has = said != ""
    count = max(1, int(has.sum()))
    alone = np.setdiff1d(np.arange(len(read)), matched["found"])
    invented = read.iloc[alone]
    extra = int((invented["number"].fillna("").ne("") & invented["sure"].eq(True)).sum())
    return Numbers(
        exact=float(((told == said) & has).sum()) / count,
        wrong=float(((told != said) & (told != "") & sure).sum() + extra) / count,
        flagged=float((has & (told != "") & ~sure).sum()) / count,
        missing=float((has & (told == "")).sum()) / count,
        printed=int(has.sum()),
    )


def texts(printed: pd.Series, read: pd.Series, matched: pd.DataFrame) -> float:
    """Return the share of printed texts (areas, codes) of all true faces that were read as printed."""
    partner = pd.Series(matched["found"].to_numpy(), index=matched["true"].to_numpy()).reindex(range(len(printed)))
    told = read.reset_index(drop=True).reindex(partner).fillna("").astype(str).to_numpy()
    said = printed.to_numpy(dtype=object)
    has = said != ""
    return float(((told == said) & has).sum()) / max(1, int(has.sum()))


def points_found(true: Floats, found: Floats, within_px: float) -> tuple[float, Floats, int]:
    """Return the share of points that were found, the error of each of these, and how many were found that are not."""
    true, found = (np.asarray(points, dtype=float).reshape(-1, 2) for points in (true, found))
    true, found = (points[np.isfinite(points).all(axis=1)] for points in (true, found))
    if not len(true):
        return float("nan"), np.empty(0), len(found)
    if not len(found):
        return 0.0, np.empty(0), 0
    error, _ = cKDTree(found).query(true)
    near, _ = cKDTree(true).query(found)
    return float((error <= within_px).mean()), error[error <= within_px], int((near > within_px).sum())


def all_faces(frame: gpd.GeoDataFrame, kinds: tuple[str, ...]) -> npt.NDArray[np.int64]:
    """Return the rows of a frame of faces that are of some kinds."""
    return np.flatnonzero(frame["kind"].isin(kinds).to_numpy())
