"""The review file of a sheet for an officer in QGIS: faces, edges, numbers and control points, the doubtful first."""

import json
import sqlite3
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from pipelines.geometry import Geometries
from pipelines.qgis import STYLES_TABLE
from pipelines.scan.desk import corrections as correction_work
from pipelines.scan.desk.edits import ABOUT, EDITABLE, KINDS, WRITTEN
from pipelines.scan.desk.reasons import words
from pipelines.scan.place.ground import Ground
from pipelines.scan.sheet import Sheet

DOUBT = 0.7
"""Below this confidence an edge or a face has to be looked at. On drawn sheets, fresh and damaged, that is a sixth of
all faces and four of five that are wrong; with 0.5 it would be one of four."""

_EDGES = {"line": "net", "bridge": "noi", "dashed": "net_dut", "double": "net_doi", "officer": "can_bo"}
_FORMS = {"solid": "lien", "dashed": "dut", "double": "doi"}
_TYPES = {"thua": "Polygon", "canh": "LineString", "so": "Point", "diem_khong_che": "Point"}
_ORIGINS = {"frame": "khung", "cross": "dau_chu_thap", "file": "tep_anh", "officer": "can_bo"}


def layers(sheet: Sheet) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers of the review file in the coordinates of the ground, the doubtful rows first."""
    ground = sheet.ground
    faces, edges = sheet.faces.polygons, sheet.faces.edges
    # Moved together, faces and edges keep the very same vertices.
    shapes = ground.moved(np.concatenate([faces.geometry.to_numpy(), edges.geometry.to_numpy()]))
    made = {
        "thua": _faces(sheet, shapes[: len(faces)], ground),
        "canh": _edges(sheet, shapes[len(faces) :], ground),
        "so": _numbers(sheet, ground),
        "diem_khong_che": _points(sheet, ground),
    }
    return {name: gpd.GeoDataFrame(rows, geometry="geometry", crs=ground.crs) for name, rows in made.items()}


def said(sheet: Sheet) -> pd.DataFrame:
    """Return what is written in each face, one row per face in their order; a face without label has no number."""
    rows = sheet.labels.faces
    rows = rows[~rows.index.duplicated()].reindex(range(len(sheet.faces.polygons)))
    point = np.asarray(rows.geometry.to_numpy(), dtype=object)
    inner = shapely.point_on_surface(sheet.faces.polygons.geometry.to_numpy())
    point = np.where(shapely.is_missing(point) | shapely.is_empty(point), inner, point)
    listed = rows["listed"] if "listed" in rows else pd.Series(pd.NA, index=rows.index)
    return pd.DataFrame(
        {
            "number": _text(rows["number"]),
            "area": _text(rows["area"]),
            "code": _text(rows["code"]),
            "confidence": rows["confidence"].astype("float64").fillna(0.0),
            "sure": rows["sure"].astype("boolean").fillna(False).astype(bool),
            "why": rows["why"].astype("string").fillna(""),
            "listed": listed.astype("boolean"),
            "point": point,
        }
    )


def doubtful(sheet: Sheet) -> pd.DataFrame:
    """Return for each face whether its `form` and its `number` have to be looked at."""
    faces, labels = sheet.faces.polygons, said(sheet)
    is_parcel = (faces["kind"] == "parcel").to_numpy()
    form = (faces["confidence"].to_numpy(dtype=np.float64) < DOUBT) & (faces["kind"] != "outside").to_numpy()
    # A road that carries no number is as it should be; a number that was read in it and is not sure is not.
    number = ~labels["sure"].to_numpy() & (is_parcel | labels["number"].notna().to_numpy())
    return pd.DataFrame({"form": form, "number": number & (faces["kind"] != "outside").to_numpy()})


def write(
    sheet: Sheet,
    made: dict[str, gpd.GeoDataFrame],
    path: Path,
    key: str,
    more: Mapping[str, str] | None = None,
) -> None:
    """Write the review file with a copy of what stands in it, for the day when an officer has worked on it.

    Args:
        sheet: The sheet.
        made: Its layers.
        path: The file.
        key: SHA-256 and page of the picture.
        more: What else the file has to say about itself.
    """
    with warnings.catch_warnings():
        # A sheet without a place has no CRS, and that is meant.
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        for name, rows in made.items():
            pyogrio.write_dataframe(
                rows, path, layer=name, driver="GPKG", geometry_type=_TYPES[name], append=path.exists()
            )
    copies = pd.concat([_copy(made[name], name) for name in EDITABLE], ignore_index=True)
    about = {
        "picture": key,
        "lattice": json.dumps(sheet.ground.lattice.tolist()),
        "metres": repr(sheet.ground.metres),
        **(more or {}),
    }
    with sqlite3.connect(path) as database:
        database.execute(f"CREATE TABLE {WRITTEN} (lop TEXT, fid INTEGER, hinh BLOB, gia_tri TEXT)")
        database.executemany(f"INSERT INTO {WRITTEN} VALUES (?, ?, ?, ?)", copies.to_numpy().tolist())
        database.execute(f"CREATE TABLE {ABOUT} (khoa TEXT PRIMARY KEY, gia_tri TEXT)")
        database.executemany(f"INSERT INTO {ABOUT} VALUES (?, ?)", list(about.items()))
        database.execute(STYLES_TABLE)
        for name in ("thua", "canh", "so"):
            database.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
                "styleName, styleQML, useAsDefault) VALUES ('', '', ?, 'geom', ?, ?, 1)",
                (name, name, _style(name)),
            )
    database.close()


def _faces(sheet: Sheet, shapes: Geometries, ground: Ground) -> pd.DataFrame:
    faces, labels, doubt = sheet.faces.polygons, said(sheet), doubtful(sheet)
    form = faces["confidence"].to_numpy(dtype=np.float64)
    read = labels["confidence"].to_numpy()
    why = (
        faces["why"].astype("string").fillna("").where(doubt["form"] | (faces["kind"] == "outside"), "")
        + " "
        + labels["why"].where(doubt["number"], "")
    )
    rows = pd.DataFrame(
        {
            "ma": np.arange(1, len(faces) + 1),
            "so_thua": labels["number"],
            "dien_tich": labels["area"],
            "loai_dat": labels["code"],
            "loai": faces["kind"].map(KINDS).astype("string"),
            "gach": faces["hatched"].astype("boolean").fillna(False).astype(bool) if "hatched" in faces else False,
            "dien_tich_do": shapely.area(shapes).round(2),
            "do_tin_cay": np.where(faces["kind"] == "parcel", np.minimum(form, read), form).round(4),
            "tin_cay_hinh": form.round(4),
            "tin_cay_so": read.round(4),
            "can_xem": doubt.any(axis=1),
            "ly_do": words(why, "vi"),
            "ly_do_en": words(why, "en"),
            "xac_nhan": _confirmed(sheet),
            "geometry": shapes,
        }
    )
    return _first(rows)


def _edges(sheet: Sheet, shapes: Geometries, ground: Ground) -> pd.DataFrame:
    edges = sheet.faces.edges
    confidence = edges["confidence"].to_numpy(dtype=np.float64)
    why = edges["why"] if "why" in edges else edges["kind"].where(edges["kind"].isin(["bridge", "dashed"]), "faint")
    form = edges["form"] if "form" in edges else pd.Series("solid", index=edges.index)
    doubt = confidence < DOUBT
    reason = why.astype("string").fillna("").where(doubt, "")
    rows = pd.DataFrame(
        {
            "loai": edges["kind"].map(_EDGES).fillna(edges["kind"]).astype("string"),
            "kieu": form.map(_FORMS).fillna("lien").astype("string"),
            "dai": shapely.length(shapes).round(2),
            "phan_co_muc": edges["ink_share"].astype("float64").round(3),
            "do_tin_cay": confidence.round(4),
            "can_xem": doubt,
            "ly_do": words(reason, "vi"),
            "ly_do_en": words(reason, "en"),
            "xac_nhan": _ticked(sheet),
            "geometry": shapes,
        }
    )
    return _first(rows)


def _numbers(sheet: Sheet, ground: Ground) -> pd.DataFrame:
    labels, doubt = said(sheet), doubtful(sheet)
    shown = ((sheet.faces.polygons["kind"] == "parcel") | labels["number"].notna()).to_numpy()
    reason = labels["why"].where(doubt["number"], "")
    rows = pd.DataFrame(
        {
            "so_thua": labels["number"],
            "dien_tich": labels["area"],
            "loai_dat": labels["code"],
            "trong_so": labels["listed"],
            "do_tin_cay": labels["confidence"].round(4),
            "can_xem": doubt["number"],
            "ly_do": words(reason, "vi"),
            "ly_do_en": words(reason, "en"),
            "xac_nhan": _confirmed(sheet),
            "geometry": ground.moved(labels["point"].to_numpy()),
        }
    )
    return _first(rows[shown])


def _points(sheet: Sheet, ground: Ground) -> pd.DataFrame:
    columns = ["ten", "x_anh", "y_anh", "x_bac", "y_dong", "sai_so", "han_sai", "dung", "nguon"]
    if sheet.placed is None:
        return pd.DataFrame({name: pd.Series([], dtype="float64") for name in columns} | {"geometry": []})
    points = sheet.placed.points.reset_index(drop=True)
    return pd.DataFrame(
        {
            "ten": points["id"].astype("string"),
            "x_anh": points["x_px"],
            "y_anh": points["y_px"],
            "x_bac": points["y_m"],
            "y_dong": points["x_m"],
            "sai_so": points["residual_m"].round(4),
            "han_sai": sheet.placed.limit_m,
            "dung": points["used"].astype(bool),
            "nguon": points["origin"].map(_ORIGINS).fillna(points["origin"]).astype("string"),
            "geometry": shapely.points(points[["x_m", "y_m"]].to_numpy(dtype=np.float64)),
        }
    ).sort_values("sai_so", ascending=False, kind="stable")


def _confirmed(sheet: Sheet) -> Any:
    """Return which faces an officer has named."""
    said_of = sheet.corrections[sheet.corrections["kind"] == "face"]
    at = correction_work.within(said_of.geometry.to_numpy(), sheet.faces.polygons.geometry.to_numpy())
    return np.isin(np.arange(len(sheet.faces.polygons)), at)


def _ticked(sheet: Sheet) -> Any:
    """Return which edges an officer has drawn or confirmed."""
    kinds = ("edge_added", "edge_confirmed")
    lines = sheet.corrections[sheet.corrections["kind"].isin(kinds)].geometry.to_numpy()
    edges = sheet.faces.edges.geometry.to_numpy()
    left = correction_work.rest(edges, lines, max(sheet.ink.width_px, 2.0))
    return shapely.length(left) < shapely.length(edges) / 2


def _first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with those first that have to be looked at and are least certain."""
    order = rows.assign(_look=~rows["can_xem"] | rows["xac_nhan"]).sort_values(["_look", "do_tin_cay"], kind="stable")
    return rows.loc[order.index].reset_index(drop=True)


def _copy(rows: gpd.GeoDataFrame, layer: str) -> pd.DataFrame:
    values = rows[list(EDITABLE[layer])].astype(object)
    values = values.where(values.notna(), None)
    return pd.DataFrame(
        {
            "lop": layer,
            "fid": range(1, len(rows) + 1),
            "hinh": shapely.to_wkb(rows.geometry.to_numpy()),
            "gia_tri": [json.dumps(row, ensure_ascii=False) for row in values.to_dict("records")],
        }
    )


def _text(values: pd.Series) -> pd.Series:
    text = values.astype("string").str.strip()
    return text.mask(text == "").astype("string")


def _style(layer: str) -> str:
    """Return a QML style: what has to be looked at in orange, the rest in green, what is confirmed in blue."""
    kind, symbol, options = {
        "thua": ("fill", "SimpleFill", '<Option name="color" value="{0},40" type="QString"/>'
                 '<Option name="outline_color" value="{0},255" type="QString"/>'
                 '<Option name="outline_width" value="0.3" type="QString"/>'),
        "canh": ("line", "SimpleLine", '<Option name="line_color" value="{0},255" type="QString"/>'
                 '<Option name="line_width" value="0.6" type="QString"/>'),
        "so": ("marker", "SimpleMarker", '<Option name="color" value="{0},255" type="QString"/>'
               '<Option name="size" value="1.6" type="QString"/>'),
    }[layer]  # fmt: skip
    rules = (
        ('"xac_nhan"', "61,111,158", "Đã xác nhận / confirmed"),
        ('"can_xem" and not "xac_nhan"', "217,123,41", "Cần xem / to be looked at"),
        ("ELSE", "63,143,91", "Chắc / sure"),
    )
    chosen = "".join(
        f'<rule filter={quoteattr(rule)} symbol="{place}" label={quoteattr(label)}/>'
        for place, (rule, _, label) in enumerate(rules)
    )
    symbols = "".join(
        f'<symbol name="{place}" type="{kind}" alpha="1"><layer class="{symbol}" enabled="1">'
        f'<Option type="Map">{options.format(rgb)}</Option></layer></symbol>'
        for place, (_, rgb, _) in enumerate(rules)
    )
    return (
        '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM"><qgis version="3.34" styleCategories="Symbology">'
        f'<renderer-v2 type="RuleRenderer" symbollevels="0"><rules>{chosen}</rules><symbols>{symbols}</symbols>'
        "</renderer-v2></qgis>"
    )
