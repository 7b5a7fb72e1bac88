"""Totals of communes beside the figures of the land statistics.

The table that the settings name has a column `ma_xa`, a column `area_ha`, and as many of `nnp_ha`, `pnn_ha`, `csd_ha`
(the groups of the code list `nhom_dat`) as the office has; other columns are left alone.
"""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from python_calamine import CalamineError

import schemas
from pipelines import findings, numbers
from pipelines.errors import SettingsError
from pipelines.province.scene import Scene, Scope

CODE, TOTAL = "ma_xa", "area_ha"
_HECTARE_M2 = 10_000.0
_BOOKS = (".xlsx", ".xls")


def check_totals(scene: Scene) -> gpd.GeoDataFrame:
    """Report communes whose parcels add up to more or less than the statistics say, in all or in one land group.

    The areas are those computed from the shapes. A figure is of the newest era of its code that is loaded.

    Emits: lien_xa.total_mismatch
    """
    if scene.statistics is None:
        return findings.empty(scene.crs)
    loaded = newest(scene)
    told = scene.statistics[scene.statistics[CODE].isin(list(loaded))]
    told = told.assign(scope=told[CODE].map({code: ".".join(scope) for code, scope in loaded.items()}))
    sums = [_sums(scene, loaded[code]) for code in sorted(set(told[CODE]))]
    known = pd.concat(sums or [_no_sums()], ignore_index=True)
    rows = told.merge(known, on=["scope", "group"], how="left", suffixes=("", "_found"))
    found_m2 = rows["area_m2_found"].fillna(0.0)
    value, limit = (found_m2 - rows["area_m2"]).abs(), rows["area_m2"] * scene.max_total_share
    off = (value > limit).to_numpy(dtype=bool)
    shown = pd.DataFrame({"group": rows["group"], "found": found_m2, "told": rows["area_m2"]})[off]
    figures = shown[["found", "told"]].div(_HECTARE_M2).map("{:.2f} ha".format).astype("string")
    before = shown["group"].where(shown["group"] == "", shown["group"] + ": ")
    return findings.build(
        "lien_xa.total_mismatch",
        rows.loc[off, "scope"],
        crs=scene.crs,
        value=value[off],
        limit=limit[off],
        detail=before + "bản đồ / maps " + figures["found"] + ", thống kê / statistics " + figures["told"],
    )


def newest(scene: Scene) -> Mapping[str, Scope]:
    """Return the newest era loaded of every commune code."""
    return {scope[0]: scope for scope in sorted(scene.boxes)}


def read_table(path: Path) -> pd.DataFrame:
    """Return the figures of a table: `ma_xa`, `group` (empty for the whole commune), `area_m2`.

    Raises:
        SettingsError: The table cannot be read, lacks a column or has one twice, or a figure is no area or not alone.
    """
    frame = _read(path)
    frame.columns = frame.columns.astype("string").str.strip().str.lower()
    missing = [name for name in (CODE, TOTAL) if name not in frame.columns]
    if missing:
        raise SettingsError(
            f"Bảng thống kê {path.name} thiếu cột {', '.join(missing)}: cần {CODE} và {TOTAL} (héc-ta).",
            f"The table of statistics {path.name} lacks {', '.join(missing)}: it needs {CODE} and {TOTAL} (hectares).",
        )
    twice = [name for name in frame.columns[frame.columns.duplicated()]]
    if twice or not isinstance(frame.index, pd.RangeIndex):
        raise _unusable(path, "một cột ghi hai lần, hoặc có dòng thừa ô", "a column stands twice, or a row is too long")
    code = frame[CODE].astype("string").str.strip().str.replace(r"\.0$", "", regex=True).str.zfill(5)
    groups = {"": TOTAL} | {group: f"{group.lower()}_ha" for group in schemas.codelist("nhom_dat")["code"]}
    columns = {group: name for group, name in groups.items() if name in frame.columns}
    parts = [
        pd.DataFrame({CODE: code, "group": group, "area_m2": _hectares(frame, name, path) * _HECTARE_M2})
        for group, name in columns.items()
    ]
    told = pd.concat(parts, ignore_index=True).dropna().drop_duplicates(ignore_index=True)
    if not (np.isfinite(told["area_m2"]) & (told["area_m2"] >= 0)).all():
        raise _unusable(path, "có diện tích âm hoặc vô hạn", "an area is negative or infinite")
    again = told.loc[told.duplicated([CODE, "group"]), CODE]
    if len(again):
        raise _unusable(path, f"xã {again.iloc[0]} có hai số khác nhau", f"commune {again.iloc[0]} has two figures")
    return told


def _unusable(path: Path, vi: str, en: str) -> SettingsError:
    return SettingsError(
        f"Bảng thống kê {path.name}: {vi}; sửa bảng rồi chạy lại.",
        f"The table of statistics {path.name}: {en}; put the table right and run again.",
    )


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() in _BOOKS:
            return pd.read_excel(path, dtype={CODE: str}, engine="calamine")
        text = path.read_text(encoding="utf-8-sig")
        heading = text.partition("\n")[0]
        # A comma may be the decimal mark of the figures, so the heading says what separates.
        return pd.read_csv(StringIO(text), dtype=str, sep=max(";\t,", key=heading.count))
    except (OSError, ValueError, CalamineError) as error:
        raise SettingsError(
            f"Không đọc được bảng thống kê {path}: cần tệp CSV (UTF-8) hoặc XLSX, xem khóa `statistics`.",
            f"The table of statistics {path} cannot be read: CSV (UTF-8) or XLSX is wanted, see `statistics`.",
        ) from error


def _hectares(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    if pd.api.types.is_numeric_dtype(frame[name]):
        return frame[name].astype("float64")
    figures, unreadable = numbers.parse(frame[name])
    if unreadable.any():
        place = int(np.flatnonzero(unreadable)[0])
        raise SettingsError(
            f"Bảng thống kê {path.name}, dòng {place + 2}, cột {name}: “{frame[name].iloc[place]}” không rõ là số nào, "
            "hãy ghi kiểu 1234,56.",
            f"The table of statistics {path.name}, row {place + 2}, column {name}: {frame[name].iloc[place]!r} is not "
            "clear as a number, write 1234.56.",
        )
    return figures


def _sums(scene: Scene, scope: Scope) -> pd.DataFrame:
    """Return the area of the parcels of a commune, in all and by land group, in m²."""
    parcels = scene.read(scope)
    area_m2 = parcels["dien_tich_do"].astype("float64")
    by_group = area_m2.groupby(parcels["nhom_dat"].astype("string")).sum()
    rows = pd.DataFrame({"group": ["", *by_group.index], "area_m2": [float(area_m2.sum()), *by_group]})
    return rows.assign(scope=".".join(scope))


def _no_sums() -> pd.DataFrame:
    types = {"group": "string", "area_m2": "float64", "scope": "object"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
