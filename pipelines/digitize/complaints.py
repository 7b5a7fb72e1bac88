"""Findings about one drawing: its lines, its labels, its faces."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings
from pipelines.digitize import faces as face_work
from pipelines.digitize.documented import Documented
from pipelines.digitize.labels import Labels, as_drawn, locate
from pipelines.digitize.model import Source
from pipelines.digitize.network import Network
from pipelines.digitize.snapping import Array
from pipelines.label_text import OF_PEOPLE

GAP_MM = 10.0
"""Widest gap on paper between two ends that still reads as one broken line."""


def about_lines(
    source: Source, network: Network, faces: Array, kept: Array, bridges: Array, boundary: gpd.GeoDataFrame, crs: Any
) -> tuple[list[gpd.GeoDataFrame], Array, Array]:
    """Return findings about lines that close nothing, and the numbers of the broken and of the mended elements.

    Mended are those with an end that was moved, or one cut off because it reached too far by less than the tolerance.

    Emits:
        ban_ve.dangle, ban_ve.unclosed, ban_ve.snapped
    """
    ends = face_work.dangles(network, kept)
    reach_m = GAP_MM * source.scale / 1000.0
    first, second = face_work.facing(ends, reach_m)
    paired = np.zeros(len(ends), dtype=bool)
    paired[first] = paired[second] = True
    loose = ~paired & ~ends.again & (ends.length_m > source.tolerance_m)
    number = boundary["number"].to_numpy()
    gaps = _gaps(source, ends, first, second, faces, number, crs)
    hanging = reported(
        "ban_ve.dangle",
        element_id(source.path, number[ends.element[loose]]),
        crs=crs,
        other_id=_face_id(source.path, locate(shapely.points(ends.free[loose]), faces)),
        value=ends.length_m[loose],
        limit=source.tolerance_m,
        source=source.path,
        geometry=ends.lines[loose],
    )
    crossing, bridge_element = _bridges(source, network, bridges, number, crs)
    broken = np.unique(np.concatenate([ends.element[loose], ends.element[paired], bridge_element])).astype(np.int64)
    joined = _joins(source, network, number, crs)
    short = ~paired & ~ends.again & ~loose
    cut = reported(
        "ban_ve.snapped",
        element_id(source.path, number[ends.element[short]]),
        crs=crs,
        value=ends.length_m[short],
        limit=source.tolerance_m,
        source=source.path,
        geometry=ends.lines[short],
    )
    mended = np.setdiff1d(np.append(network.moves.element, ends.element[short]), broken)
    return [*gaps, *hanging, *crossing, *joined, *cut], broken, mended


def _shown(texts: pd.DataFrame) -> pd.Series:
    """Return the texts for a finding; of those that may name a person only what they are."""
    shown: pd.Series = texts["text"].mask(texts["role"].isin(OF_PEOPLE), texts["role"])
    return shown


def about_labels(
    source: Source, found: Labels, chosen: pd.DataFrame, parcels: gpd.GeoDataFrame, crs: Any
) -> list[gpd.GeoDataFrame]:
    """Return findings about texts that did not become part of a parcel, one for each text.

    Emits:
        ban_ve.label_outside, ban_ve.label_doubled, ban_ve.label_unparsed
    """
    numbers = found.numbers
    outside = numbers[numbers["face"] < 0]
    second = numbers[(numbers["face"] >= 0) & ~numbers.index.isin(chosen["kept"])]
    stray = found.loose[found.loose["face"] < 0]
    raise_for = [
        ("ban_ve.label_unparsed", found.unparsed, _shown(found.unparsed)),
        ("ban_ve.label_outside", outside, as_drawn(outside["code"], outside["number"], outside["area"])),
        ("ban_ve.label_outside", stray, _shown(stray)),
        ("ban_ve.label_doubled", found.extra, _shown(found.extra)),
    ]
    frames = [
        reported(
            code,
            element_id(source.path, texts.index.to_numpy()),
            crs=crs,
            other_id=_face_id(source.path, texts["face"].to_numpy()),
            detail=detail,
            source=source.path,
            geometry=texts["geometry"].to_numpy(),
        )
        for code, texts, detail in raise_for
    ]
    doubled = reported(
        "ban_ve.label_doubled",
        _face_id(source.path, second["face"].to_numpy()),
        crs=crs,
        other_id=element_id(source.path, second.index.to_numpy()),
        value=parcels["so_nhan"].to_numpy()[second["face"].to_numpy()].astype("float64"),
        limit=1.0,
        detail=as_drawn(second["code"], second["number"], second["area"]),
        source=source.path,
        geometry=second["geometry"].to_numpy(),
    )
    return [*(frame for made in frames for frame in made), *doubled]


def about_faces(
    source: Source, found: Labels, chosen: pd.DataFrame, parcels: gpd.GeoDataFrame, crs: Any
) -> list[gpd.GeoDataFrame]:
    """Return findings about faces in which no number stands; a text that cannot be read has its own finding.

    Emits:
        ban_ve.face_without_label
    """
    number = np.arange(len(parcels))
    bare = ~np.isin(number, chosen.index) & ~np.isin(number, found.unparsed["face"])
    return reported(
        "ban_ve.face_without_label",
        parcels["feature_id"].to_numpy()[bare],
        crs=crs,
        value=shapely.area(parcels.geometry.to_numpy()[bare]),
        detail=parcels["nhan"].to_numpy()[bare],
        source=source.path,
        geometry=parcels.geometry.to_numpy()[bare],
    )


def about_placing(source: Source, found: Labels, parcels: gpd.GeoDataFrame, crs: Any) -> list[gpd.GeoDataFrame]:
    """Return findings about labels given to the face that their text stands in, because their anchor lies beside it.

    Emits:
        ban_ve.label_moved
    """
    moved = found.numbers.loc[found.moved]
    face = moved["face"].to_numpy()
    way = shapely.shortest_line(moved["geometry"].to_numpy(), parcels.geometry.to_numpy()[face])
    return reported(
        "ban_ve.label_moved",
        _face_id(source.path, face),
        crs=crs,
        other_id=element_id(source.path, moved.index.to_numpy()),
        value=shapely.length(way),
        detail=as_drawn(moved["code"], moved["number"], moved["area"]),
        source=source.path,
        geometry=moved["geometry"].to_numpy(),
    )


def about_documents(source: Source, made: Documented, drawn: gpd.GeoDataFrame, crs: Any) -> list[gpd.GeoDataFrame]:
    """Return findings about lines of documents that close nothing, and pieces they cut off for no single parcel.

    A shape that comes apart is no single parcel either: each of its parts is told of, with the face it is about.

    Emits:
        ban_ve.documented_unmatched, ban_ve.documented_unclosed
    """
    place = made.loose.index.to_numpy()
    unclosed = reported(
        "ban_ve.documented_unclosed",
        element_id(source.path, drawn["number"].to_numpy()[place]),
        crs=crs,
        value=made.loose.to_numpy(),
        source=source.path,
        geometry=drawn.geometry.to_numpy()[place],
    )
    parts, owner = shapely.get_parts(made.parted, return_index=True)
    pieces = np.concatenate([made.open_pieces, parts])
    face = np.concatenate([np.full(len(made.open_pieces), -1), made.parted_face[owner]])
    # A piece is called by the nearest line of documents: one along it, wherever there is one.
    beside = shapely.STRtree(drawn.geometry.to_numpy()).nearest(pieces)
    unmatched = reported(
        "ban_ve.documented_unmatched",
        element_id(source.path, drawn["number"].to_numpy()[beside]),
        crs=crs,
        other_id=_face_id(source.path, face),
        value=shapely.area(pieces),
        source=source.path,
        geometry=pieces,
    )
    return [*unclosed, *unmatched]


def element_id(path: str, number: Array) -> pd.Series:
    """Return ids of drawing elements; the `e` keeps them apart from the ids of faces."""
    return path + "#e" + pd.Series(number, dtype="int64").astype("string")


def reported(code: str, ids: Any, **columns: Any) -> list[gpd.GeoDataFrame]:
    """Return one findings frame, or none where nothing is wrong: most sheets are clean, and frames cost time."""
    return [findings.build(code, ids, **columns)] if len(ids) else []


def _face_id(path: str, face: Array) -> pd.Series:
    numbers = pd.Series(face, dtype="int64")
    return (path + "#" + (numbers + 1).astype("string")).mask(numbers < 0)


def _gaps(
    source: Source, ends: face_work.Dangles, first: Array, second: Array, faces: Array, number: Array, crs: Any
) -> list[gpd.GeoDataFrame]:
    bridge = shapely.linestrings(np.stack([ends.free[first], ends.free[second]], axis=1))
    middle = shapely.line_interpolate_point(bridge, 0.5, normalized=True)
    face = _face_id(source.path, locate(middle, faces))
    element = element_id(source.path, number[ends.element[first]])
    return reported(
        "ban_ve.unclosed",
        face.fillna(element),
        crs=crs,
        other_id=element,
        value=shapely.length(bridge),
        limit=source.tolerance_m,
        source=source.path,
        geometry=bridge,
    )


def _joins(source: Source, network: Network, number: Array, crs: Any) -> list[gpd.GeoDataFrame]:
    """Return a finding for every line end that was moved; its geometry runs from where it was to where it is."""
    moves = network.moves
    way = shapely.linestrings(np.stack([moves.before, moves.after], axis=1))
    return reported(
        "ban_ve.snapped",
        element_id(source.path, number[moves.element]),
        crs=crs,
        value=shapely.length(way),
        limit=source.tolerance_m,
        source=source.path,
        geometry=way,
    )


def _bridges(
    source: Source, network: Network, bridges: Array, number: Array, crs: Any
) -> tuple[list[gpd.GeoDataFrame], Array]:
    """Return findings about segments that join closed lines but bound nothing, one for each drawn element."""
    if not len(bridges):
        return [], np.empty(0, dtype=np.int64)
    edges = shapely.linestrings(network.nodes[network.segments])
    middle = shapely.line_interpolate_point(bridges, 0.5, normalized=True)
    _, segment = shapely.STRtree(edges).query_nearest(middle, all_matches=False)
    pieces = gpd.GeoDataFrame({"element": network.element[segment]}, geometry=bridges, crs=crs)
    whole = pieces.dissolve("element")
    found = reported(
        "ban_ve.dangle",
        element_id(source.path, number[whole.index.to_numpy()]),
        crs=crs,
        value=whole.length.to_numpy(),
        limit=source.tolerance_m,
        detail="both ends joined, closes nothing",
        source=source.path,
        geometry=whole.geometry.to_numpy(),
    )
    return found, whole.index.to_numpy(dtype=np.int64)
