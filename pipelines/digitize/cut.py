"""Parcels that the edge of a sheet cuts: each sheet has a part, the written area is that of the whole.

Two faces along a sheet edge look the same whether they are one parcel or two. What tells is the area: a part whose
label gives the area of both parts together is no parcel of its own. Faces are joined on that evidence alone, never
because their lines run on; the number of the larger part stands, the others are kept beside it.
"""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings, numbers
from pipelines.digitize.snapping import Array
from pipelines.geometry import connected
from pipelines.tolerances import Tolerances

MOST_PARTS = 4
"""Four sheets meet at a corner; a parcel does not reach farther."""

_SEAM = 4.0
"""Shortest common edge of two parts, as a multiple of how far apart the two sheets may have drawn it."""

_FILLED = ("loai_dat", "dien_tich", "dien_tich_phap_ly", "dia_chi", "ten_chu")
"""What a parcel takes from its other parts where its own label says nothing."""

_TOLERANCES = Tolerances()


@dataclass(frozen=True, slots=True)
class Joined:
    """Parcels after their parts have been joined.

    Attributes:
        parcels: As before, a parcel of several parts once; `so_khac` has the numbers of its other parts.
        parts: One row for each part that went into another: `feature_id`, `source`, and the id of the `whole`.
        findings: One for each of them.
    """

    parcels: gpd.GeoDataFrame
    parts: pd.DataFrame
    findings: gpd.GeoDataFrame


def join(parcels: gpd.GeoDataFrame) -> Joined:
    """Join the parts of parcels that sheet edges cut.

    Args:
        parcels: The parcels of all sheets, columns of `PARCEL_COLUMNS`, polygons in metres.

    Emits:
        ban_ve.joined_across_sheets
    """
    parts = _united(_parts(parcels))
    others = parts[parts.duplicated("group")]
    ids = parcels["feature_id"].to_numpy(dtype=object)
    gone = parcels.iloc[others["at"].to_numpy()]
    whole = others["whole"].to_numpy()
    number = parcels["so_hieu_to_ban_do"].fillna("?") + "/" + parcels["so_thu_tu_thua"].fillna("?")
    told = findings.build(
        "ban_ve.joined_across_sheets",
        ids[whole],
        crs=parcels.crs,
        other_id=gone["feature_id"],
        value=others["stated"],
        limit=others["limit"],
        detail=number.to_numpy()[whole] + " + " + number.to_numpy()[others["at"].to_numpy()],
        source=gone["source"],
        geometry=gone.geometry.to_numpy(),
    )
    left = gone[["feature_id", "source"]].assign(whole=ids[whole]).reset_index(drop=True)
    return Joined(_merged(parcels, parts, number), left, told)


def _parts(parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the parts of cut parcels: position `at`, `group`, `area`, `stated` area, `limit`, `labelled`, `shape`."""
    shapes = parcels.geometry.to_numpy()
    sound = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes) & shapely.is_valid(shapes)
    frame = pd.DataFrame(
        {
            "area": np.where(sound, shapely.area(shapes), np.nan),
            "stated": _stated(parcels),
            "scale": parcels["ty_le"].to_numpy(dtype=np.float64),
            "labelled": parcels["so_nhan"].to_numpy() > 0,
            "shape": shapes,
        }
    )
    limit = _TOLERANCES.area_m2(frame["area"].fillna(0.0), frame["scale"])
    short = (frame["stated"] - frame["area"] > limit).to_numpy()
    silent = sound & frame["stated"].isna().to_numpy()
    pairs = _seams(parcels, np.flatnonzero(short | silent) if short.any() else np.empty(0, dtype=np.int64))
    pairs = pairs[short[pairs].any(axis=1)]
    two = _agreeing(frame, pairs.ravel(), np.repeat(np.arange(len(pairs)), 2))
    # A part that goes with two others goes with neither for sure.
    two = two[~two["group"].isin(two.loc[two["at"].duplicated(keep=False), "group"])]
    rest = pairs[~np.isin(pairs, two["at"]).any(axis=1)]
    ends, place = np.unique(rest, return_inverse=True)
    first, second = place.reshape(rest.shape).T
    more = _agreeing(frame, ends, len(pairs) + connected(len(ends), first, second))
    return pd.concat([two, more], ignore_index=True)


def _stated(parcels: gpd.GeoDataFrame) -> pd.Series:
    """Return the written areas in m², the decimal mark decided file by file; missing where none is written."""
    written = parcels["dien_tich"].astype("string").reset_index(drop=True)
    read = [numbers.parse(part)[0] for _, part in written.groupby(parcels["source"].to_numpy(), sort=False)]
    values: pd.Series = pd.concat([*read, pd.Series(dtype="float64")]).reindex(written.index)
    return values.where(values > 0)


def _seams(parcels: gpd.GeoDataFrame, at: Array) -> Array:
    """Return the pairs of candidates, as positions, that stand on two sheets and have an edge in common."""
    shapes = parcels.geometry.to_numpy()[at]
    reach = np.asarray(_TOLERANCES.point_m(parcels["ty_le"].to_numpy(dtype=np.float64)[at]))
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=float(reach.max(initial=0.0)))
    one, other = one[one < other], other[one < other]
    source = parcels["source"].to_numpy(dtype=object)[at]
    sheet = parcels["so_hieu_to_ban_do"].fillna("").to_numpy(dtype=object)[at]
    numbered = (sheet[one] != "") & (sheet[other] != "")
    apart = np.where(numbered, sheet[one] != sheet[other], source[one] != source[other]).astype(bool)
    one, other = one[apart], other[apart]
    allowed = np.maximum(reach[one], reach[other])
    seam = shapely.intersection(shapely.boundary(shapes[other]), shapely.buffer(shapes[one], allowed))
    long = shapely.length(seam) > _SEAM * allowed
    return np.column_stack([at[one[long]], at[other[long]]]).astype(np.int64)


def _agreeing(frame: pd.DataFrame, at: Array, group: Array) -> pd.DataFrame:
    """Return the groups of parts where every written area is that of all parts together."""
    parts = frame.iloc[at].assign(at=at, group=group)
    by_group = parts.groupby("group")
    together, size = by_group["area"].transform("sum"), by_group["at"].transform("size")
    parts["limit"] = _TOLERANCES.area_m2(together, by_group["scale"].transform("max"))
    agrees = parts["stated"].isna() | ((parts["stated"] - together).abs() <= parts["limit"])
    whole = agrees.groupby(parts["group"]).transform("all") & (size > 1) & (size <= MOST_PARTS)
    parts["stated"] = by_group["stated"].transform("first")
    # Without any parts the columns would have no type.
    parts = parts.astype({"at": "int64", "group": "int64"})
    return parts[whole & parts["stated"].notna()]


def _united(parts: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of parcels that are one piece, the part whose number stands first, with `whole` and `union`.

    The two sheets drew the common edge each for itself: before the parts are put together, one is moved to the other
    by no more than the two-point error.
    """
    parts = parts.sort_values(["group", "labelled", "area", "at"], ascending=[True, False, False, True])
    first = parts.drop_duplicates("group").set_index("group")
    union = first["shape"].copy()
    for turn in range(1, MOST_PARTS):
        more = parts[parts.groupby("group").cumcount() == turn].set_index("group")
        base = union.reindex(more.index).to_numpy()
        moved = shapely.snap(more["shape"].to_numpy(), base, _TOLERANCES.point_m(more["scale"]))
        union[more.index] = shapely.union(base, moved)
    shape = union.to_numpy()
    # A corner touched by two parts alone, or a seam open beyond the tolerance: no parcel of one piece.
    one = (shapely.get_type_id(shape) == shapely.GeometryType.POLYGON) & shapely.is_valid(shape)
    one &= np.abs(shapely.area(shape) - first["stated"].to_numpy()) <= first["limit"].to_numpy()
    kept = parts[parts["group"].isin(union.index[one])]
    return kept.assign(whole=kept["group"].map(first["at"]).astype("int64"), union=kept["group"].map(union))


def _merged(parcels: gpd.GeoDataFrame, parts: pd.DataFrame, number: pd.Series) -> gpd.GeoDataFrame:
    """Return the parcels with the parts in the place of their first, and without the others."""
    result = parcels.reset_index(drop=True).copy()
    first, others = parts.drop_duplicates("group"), parts[parts.duplicated("group")]
    if others.empty:
        return result
    said = result.loc[parts["at"], list(_FILLED)].groupby(parts["group"].to_numpy()).first()
    result.loc[first["at"], list(_FILLED)] = said.reindex(first["group"]).to_numpy()
    labelled = others[others["labelled"]]
    beside = number.reset_index(drop=True).loc[labelled["at"]].groupby(labelled["group"].to_numpy()).agg("; ".join)
    result.loc[first["at"], "so_khac"] = beside.reindex(first["group"]).to_numpy()
    shapes = result.geometry.to_numpy().copy()
    shapes[first["at"].to_numpy()] = shapely.normalize(first["union"].to_numpy())
    result = result.set_geometry(shapes, crs=parcels.crs)
    return result.drop(index=others["at"]).reset_index(drop=True)
