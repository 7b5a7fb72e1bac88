"""One drawing (a map sheet of line work and texts) to parcels, findings and its part of the account."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import sources
from pipelines.digitize import documented as document_work
from pipelines.digitize import faces as face_work
from pipelines.digitize import labels as label_work
from pipelines.digitize.complaints import (
    about_documents,
    about_faces,
    about_labels,
    about_lines,
    about_placing,
)
from pipelines.digitize.model import Source, Traced, shape_parcels
from pipelines.digitize.network import Network, build
from pipelines.digitize.oddities import about_elements, about_places
from pipelines.digitize.snapping import Array
from pipelines.ledger import Entry


def trace(source: Source, crs: Any) -> Traced:
    """Return the parcels of a drawing.

    Emits:
        ban_ve.dangle, ban_ve.unclosed, ban_ve.snapped, ban_ve.face_without_label, ban_ve.label_outside,
        ban_ve.label_doubled, ban_ve.label_unparsed, ban_ve.label_moved, ban_ve.element_doubled,
        ban_ve.bad_coordinates, ban_ve.documented_unmatched, ban_ve.documented_unclosed
    """
    rows = source.rows
    is_line = shapely.get_dimensions(rows.geometry.to_numpy()) >= 1
    boundary = rows[(rows["role"] == "boundary") & is_line]
    outline = rows[(rows["role"] == "commune_outline") & is_line]
    texts = pd.DataFrame(rows[rows["role"].isin(label_work.LABEL_ROLES) & rows["text"].notna() & ~is_line])
    texts["geometry"] = texts["geometry"].to_numpy(dtype=object)
    network, faces, kept, bridges = _faces(boundary, source.tolerance_m)
    words = texts[["role", "text", "geometry", *(name for name in ("height", "rotation") if name in texts)]]
    found = label_work.read(words, faces, source.scale, source.node)
    if len(outline) and (found.numbers["face"] < 0).any():
        # The outline of the commune closes parcels whose own boundary is not drawn along it (TT 26/2024, level 46).
        boundary = pd.concat([boundary, outline])
        network, faces, kept, bridges = _faces(boundary, source.tolerance_m)
        found = label_work.read(words, faces, source.scale, source.node)
    chosen = label_work.choose(found.numbers, faces)
    parcels = _parcels(source, faces, chosen, found, crs)
    lines, broken, mended = about_lines(source, network, faces, kept, bridges, boundary, crs)
    nowhere, lost = about_places(source, boundary, crs)
    # What has a vertex that is nowhere was not taken as drawn, whatever became of the rest of it.
    broken, mended = np.union1d(broken, lost), np.setdiff1d(mended, lost)
    told = about_labels(source, found, chosen, parcels, crs)
    about = about_faces(source, found, chosen, parcels, crs)
    untaken = sum(map(len, told))
    taken = len(boundary) - len(broken) - len(mended)
    entries = [
        Entry(source.path, "element", len(boundary), taken, len(mended), len(broken)),
        Entry(source.path, "label", len(texts), len(texts) - untaken, 0, untaken),
    ]
    others = [*nowhere, *about_placing(source, found, parcels, crs), *about_elements(source, boundary, crs)]
    shapes, by_documents, entry = _documented(source, rows[is_line], boundary, parcels, found, chosen, crs)
    entries += entry
    findings = [*lines, *told, *others, *by_documents]
    return Traced(parcels, findings, about, entries, outline.geometry.to_numpy(), shapes)


def _documented(
    source: Source,
    lines: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    found: label_work.Labels,
    chosen: pd.DataFrame,
    crs: Any,
) -> tuple[gpd.GeoDataFrame | None, list[gpd.GeoDataFrame], list[Entry]]:
    """Return the parcels as their documents have them, with findings and account of the lines of documents.

    Emits:
        ban_ve.bad_coordinates, ban_ve.documented_unmatched, ban_ve.documented_unclosed
    """
    drawn = lines[lines["role"] == "documented_boundary"]
    if drawn.empty:
        return None, [], []
    surveyed = parcels.geometry.to_numpy()
    inner = shapely.point_on_surface(surveyed)
    inner[chosen.index.to_numpy()] = found.numbers["geometry"].reindex(chosen["kept"]).to_numpy()
    made = document_work.trace(
        boundary.geometry.to_numpy(), drawn.geometry.to_numpy(), surveyed, inner, source.tolerance_m
    )
    about = parcels.iloc[made.face][["feature_id", "source", "so_hieu_to_ban_do", "so_thu_tu_thua"]]
    shapes = gpd.GeoDataFrame(about.assign(dien_tich=shapely.area(made.shapes)), geometry=made.shapes, crs=crs)
    nowhere, lost = about_places(source, drawn, crs)
    told = [*nowhere, *about_documents(source, made, drawn, crs)]
    loose = len(np.union1d(made.loose.index, lost))
    whole, unclear = len(made.shapes), len(made.parted) + len(made.open_pieces)
    entries = [
        Entry(source.path, "documented_element", len(drawn), len(drawn) - loose, 0, loose),
        Entry(source.path, "documented_shape", whole + unclear, whole, 0, unclear),
    ]
    return shapes, told, entries


def _faces(boundary: gpd.GeoDataFrame, tolerance_m: float) -> tuple[Network, Array, Array, Array]:
    network = build(boundary.geometry.to_numpy(), tolerance_m)
    kept, _ = face_work.prune(network)
    faces, bridges = face_work.polygonize(network, kept)
    return network, faces, kept, bridges


def _parcels(
    source: Source, faces: Array, chosen: pd.DataFrame, found: label_work.Labels, crs: Any
) -> gpd.GeoDataFrame:
    """Return one row per face; a face without number keeps the area and land use written in it."""
    number = np.arange(len(faces))
    loose = found.loose[found.loose["face"] >= 0].sort_index()
    first = loose.drop_duplicates(["face", "part"])
    spare = {part: first[first["part"] == part].set_index("face")["text"] for part in ("area", "code")}
    parcel = chosen["number"].reindex(number).astype("string")
    area = chosen["area"].reindex(number).fillna(spare["area"].reindex(number)).astype("string")
    code = chosen["code"].reindex(number).fillna(spare["code"].reindex(number)).astype("string")
    sheet = pd.Series([source.sheet] * len(number), dtype="string")
    if source.sheet is None:
        sheet = chosen["sheet"].reindex(number).astype("string")
    rows = pd.DataFrame(
        {
            "feature_id": source.path + "#" + pd.Series(number + 1).astype("string"),
            "source": source.path,
            "so_hieu_to_ban_do": sources.key_text(sheet),
            "so_thu_tu_thua": parcel,
            "loai_dat": code,
            "dien_tich": area,
            "dia_chi": chosen["address"].reindex(number).astype("string"),
            "ten_chu": chosen["owner"].reindex(number).astype("string"),
            "nhan": label_work.as_drawn(code, parcel, area),
            "so_nhan": chosen["so_nhan"].reindex(number).fillna(0).astype("int64"),
            "ty_le": source.scale,
        }
    )
    return shape_parcels(gpd.GeoDataFrame(rows, geometry=faces, crs=crs))
