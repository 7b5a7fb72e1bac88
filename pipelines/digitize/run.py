"""The step: every spatial file of a commune to its parcels, outline and sheets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings
from pipelines.digitize import cut, drawing, edges, outline, polygons
from pipelines.digitize.labels import locate
from pipelines.digitize.model import Source, Traced, shape_documented, shape_parcels
from pipelines.digitize.snapping import Array
from pipelines.geometry import Indices
from pipelines.ids import among
from pipelines.ledger import Entry, Ledger

_SAME_SHARE = 1e-3
"""Two sheets draw the same face when what they do not share is below this share of the larger one."""


@dataclass(frozen=True, slots=True)
class Digitized:
    """What the step makes.

    Attributes:
        parcels: One row per parcel, in the CRS of the package.
        boundary: Commune outline, one row or none.
        sheets: One row per source and sheet.
        findings: What is wrong with the drawings.
        ledger: The account.
        documented: Parcels as their documents have them where those differ, by the `feature_id` of the parcel.
    """

    parcels: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame
    sheets: gpd.GeoDataFrame
    findings: gpd.GeoDataFrame
    ledger: Ledger
    documented: gpd.GeoDataFrame


def run(
    files: Sequence[Source],
    profile: Mapping[str, Any],
    crs: Any,
    scans: Sequence[Traced] = (),
    scan_tolerance_m: Mapping[str, float] | None = None,
) -> Digitized:
    """Return the parcels of all files.

    Each drawing is noded on its own: sheets are drawn apart, and a number counts only within its sheet. Then the
    edges of neighbouring sheets are matched, and parcels that a sheet edge cuts are put together.

    Args:
        files: Spatial files as read.
        profile: Source profile.
        crs: CRS of the package.
        scans: Scanned sheets as traced: from here on they are drawings.
        scan_tolerance_m: How far the edges of neighbouring scanned sheets may be apart, by source.

    Emits:
        ban_ve.dangle, ban_ve.unclosed, ban_ve.snapped, ban_ve.face_without_label, ban_ve.label_outside,
        ban_ve.label_doubled, ban_ve.label_unparsed, ban_ve.label_moved, ban_ve.element_doubled,
        ban_ve.bad_coordinates, ban_ve.documented_unmatched, ban_ve.documented_unclosed,
        ban_ve.joined_across_sheets, ban_ve.edge_matched
    """
    parcel_columns = (profile.get("parcels") or {}).get("columns") or {}
    drawings = [*(drawing.trace(file, crs) for file in files if file.role == "drawing"), *scans]
    layers = [polygons.trace(file, file.columns or parcel_columns, crs) for file in files if file.role == "parcels"]
    boundaries = [file.rows.geometry.to_numpy() for file in files if file.role == "boundary"]
    pieces = np.concatenate([np.empty(0, dtype=object), *boundaries, *(traced.outline for traced in drawings)])
    boundary = outline.commune_outline(pieces, crs)
    ledger = Ledger("digitize")
    for traced in (*drawings, *layers):
        ledger.entries.extend(traced.entries)
    parcels, about = _without_foreign_faces(drawings, boundary, ledger, crs)
    reach = {file.path: file.tolerance_m for file in files if file.role == "drawing"} | dict(scan_tolerance_m or {})
    parcels, matched = edges.close(parcels, reach)
    joined = cut.join(_joined([parcels, *(traced.parcels for traced in layers)], crs))
    parcels = shape_parcels(joined.parcels)
    _book_parts(ledger, joined.parts)
    alone = about[~among(about["feature_id"], joined.parts["feature_id"])]
    told = [*(frame for traced in drawings for frame in traced.findings), alone, matched]
    found = findings.concat([_of_whole(findings.concat(told, crs=crs), joined.parts), joined.findings], crs=crs)
    documented = shape_documented([traced.documented for traced in drawings if traced.documented is not None], crs)
    documented = _of_whole(documented, joined.parts)
    documented = documented[among(documented["feature_id"], parcels["feature_id"])].reset_index(drop=True)
    return Digitized(parcels, boundary, outline.sheets(parcels), found, ledger.check(), documented)


def _of_whole(frame: gpd.GeoDataFrame, parts: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return what was said of a part as said of the parcel it belongs to."""
    whole = parts.set_index("feature_id")["whole"]
    named = [name for name in ("feature_id", "other_id") if name in frame]
    return frame.assign(**{name: frame[name].map(whole).astype("string").fillna(frame[name]) for name in named})


def _book_parts(ledger: Ledger, parts: pd.DataFrame) -> None:
    """Book the parts that went into the parcel of another sheet apart from the parcels of their source."""
    gone = parts["source"].value_counts()
    for place, entry in enumerate(ledger.entries):
        count = int(gone.get(entry.source, 0))
        if entry.kind == "parcel" and count:
            left = entry.received - count, entry.accepted - count
            ledger.entries[place] = Entry(entry.source, "parcel", *left, entry.repaired, entry.quarantined)
            ledger.add(entry.source, "part_of_parcel", received=count, accepted=count)


def _without_foreign_faces(
    drawings: Sequence[Traced], boundary: gpd.GeoDataFrame, ledger: Ledger, crs: Any
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the faces of all drawings that can be parcels, and the findings about them.

    An unlabelled face is none when another sheet has labelled faces there, or the same face without a label before it,
    or when it lies outside the commune; the account says how many went for which reason.
    """
    faces = _joined([traced.parcels for traced in drawings], crs)
    about = findings.concat([frame for traced in drawings for frame in traced.face_findings], crs=crs)
    point = shapely.point_on_surface(faces.geometry.to_numpy())
    bare = faces["so_nhan"].to_numpy() == 0
    elsewhere = bare & _covered(faces, bare, point)
    elsewhere |= _repeated(faces, np.flatnonzero(bare & ~elsewhere), point)
    outside = bare & ~elsewhere & _outside(point, boundary)
    fate = pd.DataFrame({"between": elsewhere, "outside": outside, "source": faces["source"]})
    for source, rows in fate.groupby("source"):
        between, beyond = int(rows["between"].sum()), int(rows["outside"].sum())
        taken = len(rows) - between - beyond
        ledger.add(str(source), "parcel", received=taken, accepted=taken)
        ledger.add(str(source), "face_of_another_sheet", received=between, accepted=0, quarantined=between)
        ledger.add(str(source), "face_outside_commune", received=beyond, accepted=0, quarantined=beyond)
    kept = faces[~elsewhere & ~outside]
    gone = faces.loc[elsewhere | outside, "feature_id"]
    return kept, about[~among(about["feature_id"], gone)]


def _covered(faces: gpd.GeoDataFrame, bare: Array, point: Array) -> Array:
    """Tell which faces lie, by their inner point, in a labelled face of another source."""
    labelled = faces[~bare]
    inside = locate(point, labelled.geometry.to_numpy())
    other = np.full(len(point), "", dtype=object)
    other[inside >= 0] = labelled["source"].to_numpy(dtype=object)[inside[inside >= 0]]
    return np.asarray((inside >= 0) & (other != faces["source"].to_numpy(dtype=object)))


def _repeated(faces: gpd.GeoDataFrame, at: Indices, point: Array) -> Array:
    """Tell which of these faces an earlier one of another source is too, as an enclave that both sheets draw."""
    shapes, source = faces.geometry.to_numpy(), faces["source"].to_numpy(dtype=object)
    repeated = np.zeros(len(faces), dtype=bool)
    later, earlier = at[shapely.STRtree(shapes[at]).query(point[at], predicate="within")]
    pairs = (earlier < later) & (source[earlier] != source[later])
    later, earlier = later[pairs], earlier[pairs]
    common_m2 = shapely.area(shapely.intersection(shapes[later], shapes[earlier]))
    larger_m2 = np.maximum(shapely.area(shapes[later]), shapely.area(shapes[earlier]))
    repeated[later[common_m2 > (1 - _SAME_SHARE) * larger_m2]] = True
    return repeated


def _outside(point: Array, boundary: gpd.GeoDataFrame) -> Array:
    if boundary.empty:
        return np.zeros(len(point), dtype=bool)
    whole = boundary.geometry.iloc[0]
    shapely.prepare(whole)
    return np.asarray(~shapely.intersects(whole, point), dtype=bool)


def _joined(frames: Sequence[gpd.GeoDataFrame], crs: Any) -> gpd.GeoDataFrame:
    filled = [pd.DataFrame(frame) for frame in frames if len(frame)]
    if not filled:
        return shape_parcels(gpd.GeoDataFrame({"geometry": []}, geometry="geometry", crs=crs))
    return shape_parcels(gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=crs))
