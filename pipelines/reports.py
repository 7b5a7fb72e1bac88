"""Findings for people: messages in two languages, the officer's fix list (XLSX), a layer for QGIS (GeoPackage)."""

import math
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from string import Formatter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

import schemas
from pipelines import answers, crs, fixlist
from pipelines.errors import SettingsError
from pipelines.qgis import STYLES_TABLE, severity_style

SEVERITIES = ("error", "warning", "info")
SEVERITY_NAMES = {
    "vi": {"error": "Lỗi", "warning": "Cảnh báo", "info": "Thông tin"},
    "en": {"error": "Error", "warning": "Warning", "info": "Information"},
}
PLACE = {"vi": ("tờ ", " thửa "), "en": ("sheet ", " parcel ")}

BETWEEN = "lien_xa."
"""Codes of what stands between communes begin so."""

MISSING = "…"
"""Stands in a message for a value that does not apply."""

_KINDS = {"canh_bao": "MultiPolygon", "canh_bao_duong": "MultiLineString", "canh_bao_diem": "MultiPoint"}
_DECIMALS = {"m2": 2, "m": 2, "count": 0}


def described(findings: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, profile: str) -> gpd.GeoDataFrame:
    """Return findings with what people need to know, gravest first.

    Adds `severity`, `so_hieu_to_ban_do`, `so_thu_tu_thua`, `message_vi`, `message_en`, `remedy_vi`, `remedy_en`. A
    finding without a place of its own gets that of its parcel.

    Args:
        findings: Findings in any CRS.
        parcels: `feature_id`, geometry in the same CRS, and the numbers where known.
        profile: Name of the severity profile.
    """
    rules = schemas.profile(profile)
    catalogue = schemas.findings()
    told = findings.reset_index(drop=True).copy()
    numbers = _numbers(parcels)
    told["severity"] = told["code"].map({code: rule["severity"] for code, rule in rules.items()}).astype("string")
    for column in ("so_hieu_to_ban_do", "so_thu_tu_thua"):
        told[column] = told["feature_id"].map(numbers[column]).astype("string")
    for language in ("vi", "en"):
        told[f"message_{language}"] = messages(told, catalogue, numbers, language)
        remedies = {code: entry[f"remedy_{language}"] for code, entry in catalogue.items()}
        told[f"remedy_{language}"] = told["code"].map(remedies).astype("string")
    own = parcels.drop_duplicates("feature_id").set_index("feature_id").geometry
    lent = gpd.GeoSeries(told["feature_id"].map(own).to_numpy(dtype=object), index=told.index, crs=told.crs)
    nowhere = told.geometry.isna() | told.geometry.is_empty
    told = told.set_geometry(told.geometry.where(~nowhere, lent))
    rank = told["severity"].map({name: place for place, name in enumerate(SEVERITIES)})
    order = told.assign(
        _rank=rank, _sheet=_natural(told["so_hieu_to_ban_do"]), _number=_natural(told["so_thu_tu_thua"])
    )
    order = order.sort_values(["_rank", "_sheet", "_number", "code", "feature_id"], kind="stable")
    sorted_rows: gpd.GeoDataFrame = told.loc[order.index].reset_index(drop=True)
    return sorted_rows


def messages(
    findings: pd.DataFrame, catalogue: dict[str, dict[str, Any]], numbers: pd.DataFrame, language: str
) -> pd.Series:
    """Return one sentence per finding from the template of its code.

    Numbers follow the language (0,45 or 0.45); the other parcel is called by sheet and number where it has them.
    """
    parts = [
        _fill(rows, catalogue[str(code)][language], catalogue[str(code)].get("unit"), numbers, language)
        for code, rows in findings.groupby("code", sort=False)
    ]
    if not parts:
        return pd.Series(index=findings.index, dtype="string")
    texts: pd.Series = pd.concat(parts).reindex(findings.index).astype("string")
    return texts


def count_lines(findings: pd.DataFrame, profile: str) -> list[str]:
    """Return one line per code for a terminal: severity, code, count, title in both languages."""
    rules, catalogue = schemas.profile(profile), schemas.findings()
    counts = findings["code"].value_counts()
    codes = sorted(counts.index, key=lambda code: (SEVERITIES.index(rules[code]["severity"]), code))
    return [
        f"{SEVERITY_NAMES['vi'][rules[code]['severity']]:<10} {code:<28} {counts[code]:>8,}  "
        f"{catalogue[code]['title_vi']} / {catalogue[code]['title_en']}"
        for code in codes
    ]


def write(findings: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, path: Path, profile: str) -> None:
    """Write findings in the format of the file name: fix list (.xlsx), layers for QGIS (.gpkg), features (.geojson).

    Raises:
        SettingsError: The ending is another one.
    """
    write_all(findings, parcels, [path], profile)


def write_all(findings: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, paths: Iterable[Path], profile: str) -> None:
    """Write findings to several files, each in the format of its name; they are described once.

    Raises:
        SettingsError: An ending is another one; nothing is written.
    """
    writers = _writers(paths)
    told = described(findings, parcels, profile)
    for path, writer in writers.items():
        writer(told, path)


def write_described(told: gpd.GeoDataFrame, paths: Iterable[Path]) -> None:
    """Write findings that are described already, see `write_all`.

    Raises:
        SettingsError: An ending is another one; nothing is written.
    """
    for path, writer in _writers(paths).items():
        writer(told, path)


def _writers(paths: Iterable[Path]) -> dict[Path, Callable[[gpd.GeoDataFrame, Path], None]]:
    """Return what writes each file."""
    found = {}
    for path in paths:
        if path.suffix.lower() not in _WRITERS:
            raise SettingsError(
                f"Không ghi được “{path.name}”: đặt đuôi tệp là {', '.join(_WRITERS)}.",
                f"Cannot write {path.name!r}: end the file name in {', '.join(_WRITERS)}.",
            )
        found[path] = _WRITERS[path.suffix.lower()]
    return found


def _write_xlsx(told: gpd.GeoDataFrame, path: Path) -> None:
    """Write the fix list: one sheet to work on in Vietnamese, one in English, one with totals.

    X is northing and Y is easting, as in Vietnamese survey papers.
    """
    points = shapely.point_on_surface(told.geometry.to_numpy())
    placed = told.assign(x=np.round(shapely.get_y(points), 2), y=np.round(shapely.get_x(points), 2))
    if "key" not in placed:
        placed = placed.assign(key=answers.keys(placed))
    partial = _partial(path)
    fixlist.write(placed, partial, SEVERITY_NAMES, schemas.findings())
    partial.replace(path)


def _write_gpkg(told: gpd.GeoDataFrame, path: Path) -> None:
    """Write findings as layers `canh_bao` (areas), `canh_bao_duong` (lines) and `canh_bao_diem` (points).

    Layers without content are left out, except `canh_bao`. QGIS opens them coloured by severity.
    """
    told = told.assign(muc_do=told["severity"].map(SEVERITY_NAMES["vi"]).astype("string"))
    partial = _partial(path)
    layer_of = _layer_of(told.geometry.to_numpy())
    written: list[str] = []
    for layer, kind in _KINDS.items():
        rows = told[layer_of == layer]
        if len(rows) or layer == "canh_bao":
            pyogrio.write_dataframe(
                rows,
                partial,
                layer=layer,
                driver="GPKG",
                geometry_type=kind,
                promote_to_multi=True,
                append=bool(written),
            )
            written.append(layer)
    _add_styles(partial, written)
    partial.replace(path)


def _write_geojson(told: gpd.GeoDataFrame, path: Path) -> None:
    """Write every finding as a feature for other programs (RFC 7946: WGS 84), to about a millimetre."""
    placed = told.set_geometry(crs.to_wgs84(told.geometry))
    partial = _partial(path)
    pyogrio.write_dataframe(
        placed,
        partial,
        layer=path.stem,
        driver="GeoJSON",
        layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "8"},
    )
    partial.replace(path)


_WRITERS: dict[str, Callable[[gpd.GeoDataFrame, Path], None]] = {
    ".gpkg": _write_gpkg,
    ".xlsx": _write_xlsx,
    ".geojson": _write_geojson,
}


def _numbers(parcels: pd.DataFrame) -> pd.DataFrame:
    """Return sheet and parcel number by feature id."""
    columns = ["so_hieu_to_ban_do", "so_thu_tu_thua"]
    known = pd.DataFrame(parcels).reindex(columns=["feature_id", *columns]).drop_duplicates("feature_id")
    return known.set_index("feature_id")[columns].astype("string")


def _fill(rows: pd.DataFrame, template: str, unit: str | None, numbers: pd.DataFrame, language: str) -> pd.Series:
    """Return the template with its fields replaced, column by column."""
    sheet, number = (rows["other_id"].map(numbers[column]).astype("string") for column in numbers.columns)
    before, between = PLACE[language]
    values = {
        "value": _figures(rows["value"], unit, language),
        "limit": _figures(rows["limit"], unit, language),
        "detail": rows["detail"].fillna(MISSING),
        "other_id": (before + sheet + between + number).fillna(rows["other_id"]).fillna(MISSING),
    }
    text = pd.Series("", index=rows.index, dtype="string")
    for literal, field, _, _ in Formatter().parse(template):
        text = text + literal
        if field is not None:
            text = text + values[field].astype("string")
    return text


def _figures(values: pd.Series, unit: str | None, language: str) -> pd.Series:
    """Return numbers as text with as many decimals as the unit deserves; small ones keep two significant digits."""
    decimals = _DECIMALS.get(unit or "", 2)
    known = {value: _figure(value, decimals, language) for value in values.dropna().unique()}
    return values.map(known).astype("string").fillna(MISSING)


def _figure(value: float, decimals: int, language: str) -> str:
    if decimals and 0 < abs(value) < 0.1:
        decimals = 1 - math.floor(math.log10(abs(value)))
    text = f"{value:,.{min(decimals, 12)}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def _natural(values: pd.Series) -> pd.Series:
    """Return a key that sorts "9" before "10" and texts after numbers; missing last."""
    text = values.fillna("~")
    return text.str.zfill(12).where(text.str.fullmatch(r"\d+"), "~" + text)


def _layer_of(geometries: Any) -> np.ndarray[Any, Any]:
    """Return the layer for each geometry, by its dimension; without geometry it goes to the main layer."""
    dimension = shapely.get_dimensions(geometries)
    layers = np.array(["canh_bao_diem", "canh_bao_duong", "canh_bao"], dtype=object)
    return np.asarray(np.where(dimension < 0, "canh_bao", layers[np.clip(dimension, 0, 2)]))


def _partial(path: Path) -> Path:
    """Return a file beside `path` to write into first, so that a broken run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.new{path.suffix}")
    partial.unlink(missing_ok=True)
    return partial


def _add_styles(path: Path, layers: list[str]) -> None:
    """Add the style table that QGIS reads, one default style per layer."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(STYLES_TABLE)
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
        rows = [(layer, "severity", severity_style(_KINDS[layer], SEVERITY_NAMES["vi"])) for layer in layers]
        connection.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, useAsDefault) VALUES ('', '', ?, 'geom', ?, ?, 1)",
            rows,
        )
    connection.close()
