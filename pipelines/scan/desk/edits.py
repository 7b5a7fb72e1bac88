"""What an officer changed in a review file: its layers as they are, against its layers as the program wrote them.

The program leaves a copy of what it wrote in the file itself (`ban_goc`), so a row that QGIS gave another number, a
vertex that was moved and a line that is gone are all told by comparing; nobody has to keep a diary.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError

from pipelines.errors import ReadError
from pipelines.geometry import Geometries
from pipelines.scan.desk import corrections
from pipelines.scan.model import Points
from pipelines.scan.place import ground

EDITABLE = {
    "thua": ("so_thua", "dien_tich", "loai_dat", "loai", "xac_nhan"),
    "canh": ("xac_nhan",),
    "so": ("so_thua", "dien_tich", "loai_dat", "xac_nhan"),
}
"""Layers that an officer works on, and their columns that count."""

WRITTEN, ABOUT = "ban_goc", "thong_tin"
"""Tables of the file: what the program wrote; which picture and where it lies."""

KINDS = {"parcel": "thua", "road": "duong", "water": "nuoc", "outside": "ngoai"}
"""What a face is, and the word for it in the file."""

_SAME = 0.05
"""What moved by less than this part of a pixel did not move."""

_EMPTY: Geometries = np.empty(0, dtype=object)


@dataclass(frozen=True, slots=True)
class Edits:
    """What was edited.

    Attributes:
        corrections: As of `corrections.of`, in pixels.
        taken_back: Faces and edges whose tick was taken away, in pixels.
        faces: All faces as they are in the file, in pixels.
        about: What the file says about itself.
    """

    corrections: gpd.GeoDataFrame
    taken_back: Geometries
    faces: Geometries
    about: dict[str, str]


def read(path: Path, key: str) -> Edits:
    """Return what was edited in a review file since it was written.

    Args:
        path: The file.
        key: SHA-256 and page of the picture it has to be of.

    Raises:
        ReadError: It is damaged, a layer of it is gone, or it is of another picture. It has to be put right or moved
            away by a person: what stands in it must not be written over.
    """
    try:
        written, about = _as_written(path)
        now = {layer: _layer(path, layer) for layer in EDITABLE}
        lattice = np.array(json.loads(about["lattice"]), dtype=np.float64).reshape(-1, 4)
        picture, unit = about["picture"], float(about["metres"])
    except (OSError, ValueError, LookupError, sqlite3.Error, DataSourceError, DataLayerError, FieldError) as error:
        raise ReadError(
            f"Không đọc được phần sửa trong {path}: mở bằng QGIS kiểm tra, hoặc chuyển nó sang nơi khác rồi chạy lại.",
            f"What was edited in {path} cannot be read: check it in QGIS, or move it elsewhere and run again.",
        ) from error
    if picture != key:
        raise ReadError(
            f"{path} là kết quả của một ảnh quét khác: chọn thư mục khác bằng --out.",
            f"{path} is of another picture: choose another folder with --out.",
        )
    return replace(_compared(written, now, ground.back(lattice), _SAME * unit), about=about)


def _as_written(path: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    with sqlite3.connect(f"file:{path.resolve()}?mode=ro", uri=True) as database:
        rows = pd.read_sql_query(f"SELECT lop, fid, hinh, gia_tri FROM {WRITTEN} ORDER BY lop, fid", database)
        about = dict(database.execute(f"SELECT khoa, gia_tri FROM {ABOUT}").fetchall())
    database.close()
    values = pd.DataFrame([json.loads(text) for text in rows["gia_tri"]], index=rows.index)
    values = values.reindex(columns=[*EDITABLE["thua"]])
    shapes = shapely.from_wkb(rows["hinh"].to_numpy())
    whole = values.assign(geometry=shapes, lop=rows["lop"], fid=rows["fid"])
    return {layer: _typed(whole[whole["lop"] == layer].set_index("fid"), layer) for layer in EDITABLE}, about


def _layer(path: Path, layer: str) -> pd.DataFrame:
    rows = pyogrio.read_dataframe(path, layer=layer, fid_as_index=True)
    missing = set(EDITABLE[layer]) - set(rows.columns)
    if missing:
        raise KeyError(sorted(missing)[0])
    shapes = shapely.force_2d(rows.geometry.to_numpy())
    return _typed(pd.DataFrame(rows.drop(columns=rows.geometry.name)).assign(geometry=shapes), layer)


def _typed(rows: pd.DataFrame, layer: str) -> pd.DataFrame:
    texts = {name: _text(rows[name]) for name in EDITABLE[layer] if name != "xac_nhan"}
    ticked = rows["xac_nhan"].astype("boolean").fillna(value=False).astype(bool)
    there = ~shapely.is_missing(rows["geometry"].to_numpy()) & ~shapely.is_empty(rows["geometry"].to_numpy())
    typed = pd.DataFrame({**texts, "xac_nhan": ticked, "geometry": rows["geometry"]}, index=rows.index)
    kept: pd.DataFrame = typed.loc[there]
    return kept


def _text(values: pd.Series) -> pd.Series:
    text = values.astype("string").str.strip()
    return text.mask(text == "").astype("string")


def _compared(
    written: dict[str, pd.DataFrame], now: dict[str, pd.DataFrame], way: Callable[[Points], Points], same: float
) -> Edits:
    faces, edges = _differing(written["thua"], now["thua"], same), _differing(written["canh"], now["canh"], same)
    rims = _Change(shapely.boundary(faces.before), shapely.boundary(faces.after), shapely.boundary(faces.all_before))
    removed = _parts(_beyond(rims.before, rims.after, same), _beyond(edges.before, edges.after, same))
    added = _parts(_beyond(rims.after, rims.all_before, same), _beyond(edges.after, edges.before, same))
    moved = _distinct(np.concatenate([faces.moves, edges.moves]))
    ticked = now["canh"]["xac_nhan"] & ~_before(written["canh"], now["canh"])
    confirmed = _parts(now["canh"].loc[ticked, "geometry"].to_numpy(dtype=object))
    loose = now["canh"].loc[_before(written["canh"], now["canh"]) & ~now["canh"]["xac_nhan"], "geometry"]
    told, unticked = _names(written, now)
    # What is gone was seen before the corners moved, what was drawn is seen after that.
    in_time = {"edge_removed": removed, "corner_moved": moved, "edge_added": added, "edge_confirmed": confirmed}
    rows = [{"kind": kind, "geometry": line} for kind, lines in in_time.items() for line in lines]
    whole = corrections.concat([corrections.of(rows), told])
    return Edits(
        whole.set_geometry(ground.moved(whole.geometry.to_numpy(), way)),
        ground.moved(np.concatenate([unticked, loose.to_numpy(dtype=object)]), way),
        ground.moved(now["thua"]["geometry"].to_numpy(), way),
        {},
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """Shapes that differ: as written, as they are, all as written; and how single corners went from here to there."""

    before: Geometries
    after: Geometries
    all_before: Geometries
    moves: Any = None


def _differing(old: pd.DataFrame, new: pd.DataFrame, same: float) -> _Change:
    """Return what is gone, what came, and the corners that moved in shapes that are otherwise as they were."""
    there = new.index.intersection(old.index)
    before = old.loc[there, "geometry"].to_numpy(dtype=object)
    after = new.loc[there, "geometry"].to_numpy(dtype=object)
    alike = shapely.equals_exact(shapely.normalize(before), shapely.normalize(after), tolerance=same)
    bent = ~alike & (shapely.get_num_coordinates(before) == shapely.get_num_coordinates(after))
    start, end = shapely.get_coordinates(before[bent]), shapely.get_coordinates(after[bent])
    apart = np.hypot(*(end - start).T) > same
    owner = np.repeat(np.arange(int(bent.sum())), shapely.get_num_coordinates(before[bent]))
    # A shape whose vertices stand in another order, or nowhere near where they were, was drawn anew.
    kept = np.bincount(owner, weights=~apart, minlength=int(bent.sum())) > 0
    again = np.flatnonzero(bent)[~kept]
    redrawn = ~alike & (~bent | np.isin(np.arange(len(there)), again))
    apart &= kept[owner]
    gone, came = old.index.difference(there), new.index.difference(there)
    return _Change(
        np.concatenate([before[redrawn], _lines_of(old, gone)]),
        np.concatenate([after[redrawn], new.loc[came, "geometry"].to_numpy(dtype=object)]),
        old["geometry"].to_numpy(dtype=object),
        np.hstack([start[apart], end[apart]]),
    )


def _lines_of(old: pd.DataFrame, gone: pd.Index) -> Geometries:
    """Return edges that are gone; a face that is gone takes no line along, its neighbours still need them."""
    shapes = old.loc[gone, "geometry"].to_numpy(dtype=object)
    return np.asarray(shapes[shapely.get_dimensions(shapes) == 1], dtype=object)


def _distinct(moves: Points) -> Geometries:
    """Return moves of corners as lines, each corner once though every face and edge around it tells of it."""
    first = np.unique(moves[:, :2].round(3), axis=0, return_index=True)[1]
    return np.asarray(shapely.linestrings(moves[np.sort(first)].reshape(-1, 2, 2)), dtype=object)


def _beyond(lines: Geometries, others: Geometries, same: float) -> Geometries:
    """Return what of the lines runs along none of the others."""
    if not len(lines):
        return _EMPTY
    whole = shapely.union_all(lines)
    if len(others):
        whole = shapely.difference(whole, shapely.buffer(shapely.union_all(others), same))
    merged = shapely.get_parts(shapely.line_merge(whole)) if whole.geom_type == "MultiLineString" else np.array([whole])
    return np.asarray(merged[shapely.length(merged) > 4 * same], dtype=object)


def _parts(*lines: Geometries) -> Geometries:
    return np.asarray(shapely.get_parts(np.concatenate([_EMPTY, *lines])), dtype=object)


def _before(old: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    return old["xac_nhan"].astype("boolean").reindex(new.index).fillna(value=False).astype(bool)


def _names(written: dict[str, pd.DataFrame], now: dict[str, pd.DataFrame]) -> tuple[gpd.GeoDataFrame, Geometries]:
    """Return what is said of faces (map coordinates), and the faces whose tick was taken away.

    What was typed beside a number (`so`) goes before what was typed into its face (`thua`).
    """
    faces = now["thua"]
    shapes = faces["geometry"].to_numpy()
    usable = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))
    told, back = list[pd.DataFrame](), list[Geometries]()
    for layer in ("thua", "so"):
        old, new = written[layer], now[layer]
        names = [name for name in EDITABLE[layer] if name not in {"xac_nhan", "loai"}]
        known = old.reindex(new.index)
        differs = (new[names].fillna("") != known[names].fillna("")).any(axis=1)
        if layer == "thua":
            # A face that was drawn by hand says nothing by what it was not given; its shape is told by its lines.
            differs &= new.index.isin(old.index) | new[names].notna().any(axis=1).to_numpy()
        ticked = new["xac_nhan"] & ~_before(old, new)
        unticked = _before(old, new) & ~new["xac_nhan"] & ~differs
        kind = new["loai"] if layer == "thua" else pd.Series(pd.NA, index=new.index, dtype="string")
        other = (
            (kind.fillna("") != known["loai"].fillna("")) & new.index.isin(old.index)
            if layer == "thua"
            else differs & False
        )
        points = new["geometry"].to_numpy() if layer == "so" else shapely.point_on_surface(usable)
        face = corrections.within(points, usable)
        chosen = (differs | ticked | other).to_numpy()
        kinds = {word: name for name, word in KINDS.items()}
        rows = pd.DataFrame(
            {
                "kind": "face",
                "number": new["so_thua"],
                "area": new["dien_tich"],
                "code": new["loai_dat"],
                "face_kind": kind.map(kinds).where(other),
                "geometry": points,
                "face": face,
            }
        )
        told.append(rows[chosen])
        back.append(usable[face[unticked.to_numpy() & (face >= 0)]])
    lost = written["so"][~written["so"].index.isin(now["so"].index)]
    in_face = corrections.within(lost["geometry"].to_numpy(), usable)
    nameless = pd.DataFrame({"kind": "face", "geometry": lost["geometry"], "face": in_face})[in_face >= 0]
    gone = written["thua"][~written["thua"].index.isin(faces.index)]
    inner = shapely.point_on_surface(gone["geometry"].to_numpy())
    nowhere = corrections.within(inner, usable) < 0
    # A face that is gone and that no other covers is none; one that went into another one is its neighbour's now.
    no_face = pd.DataFrame({"kind": "face", "face_kind": "outside", "geometry": inner[nowhere]})
    first = pd.concat([*told, nameless[~nameless["face"].isin(told[1]["face"])]], ignore_index=True)
    kinds_of = first.groupby("face")["face_kind"].first()
    once = first[~first["face"].duplicated(keep="last") | (first["face"] < 0)]
    once = once.assign(face_kind=once["face"].map(kinds_of))
    return corrections.concat([corrections.shaped(once), corrections.shaped(no_face)]), np.concatenate([_EMPTY, *back])
