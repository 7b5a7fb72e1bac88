"""Files of a difference: a table (.xlsx, .csv) and layers for QGIS (.gpkg)."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from pipelines.difference.rows import ADDED, CHANGED, REMOVED, Difference
from pipelines.difference.words import LINEAGE, WHAT, sentences
from pipelines.errors import SettingsError
from pipelines.qgis import STYLES_TABLE, outline_style

_COLUMNS = (
    ("what_vi", "Thay đổi", 12),
    ("what_en", "Change", 12),
    ("so_hieu_to_ban_do", "Tờ / Sheet", 9),
    ("so_thu_tu_thua", "Thửa / Parcel", 9),
    ("area_before_m2", "Diện tích trước (m²) / Area before (m²)", 14),
    ("area_after_m2", "Diện tích sau (m²) / Area after (m²)", 14),
    ("moved_m", "Ranh dịch xa nhất (m) / Boundary moved by (m)", 14),
    ("vi", "Nội dung đổi", 60),
    ("en", "What changed", 60),
    ("predecessors", "Từ thửa / From", 28),
    ("successors", "Thành thửa / Into", 28),
    ("lineage", "Căn cứ phả hệ / Lineage", 24),
    ("thua_dat_id", "Mã thửa / Parcel id", 26),
    ("ma_dinh_danh_thua", "Mã định danh / National identifier", 17),
)
_LONGEST = 1_048_575
"""Rows a sheet of a workbook has room for, below the header."""

_CELL_LETTERS = 32_000
_FILLS = {ADDED: "DCEFE0", CHANGED: "FBE6D2", REMOVED: "F6D5D6"}
_COLOURS = {ADDED: "47,125,74", CHANGED: "200,105,20", REMOVED: "192,52,58"}


def write_table(difference: Difference, path: Path) -> None:
    """Write the table, a parcel a line, headings in both languages; as a whole or not at all.

    Raises:
        SettingsError: The file name ends otherwise, or a workbook has no room for so many parcels.
    """
    writer = _writer(path, len(difference.table))
    rows = _rows(difference)
    partial = path.with_name(f".{path.stem}.new{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        writer(rows, difference.table["what"].to_list(), partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check_table(path: Path) -> None:
    """Refuse a file name that no table can be written to, before anything is read.

    Raises:
        SettingsError: It ends otherwise than .xlsx or .csv.
    """
    _writer(path, 0)


def _writer(path: Path, rows: int) -> Callable[[pd.DataFrame, list[str], Path], None]:
    if path.suffix.lower() not in _WRITERS:
        raise SettingsError(
            f"Không ghi được “{path.name}”: đặt đuôi tệp là {', '.join(_WRITERS)}.",
            f"Cannot write {path.name!r}: end the file name in {', '.join(_WRITERS)}.",
        )
    if path.suffix.lower() == ".xlsx" and rows > _LONGEST:
        raise SettingsError(
            f"{rows:,} thửa không vừa một trang Excel: ghi ra tệp .csv.",
            f"{rows:,} parcels are more than a workbook takes: write a .csv file.",
        )
    return _WRITERS[path.suffix.lower()]


def _rows(difference: Difference) -> pd.DataFrame:
    table = pd.DataFrame(difference.table.drop(columns="geometry")).assign(**sentences(difference))
    for place, language in enumerate(("vi", "en")):
        table[f"what_{language}"] = table["what"].map({kind: words[place] for kind, words in WHAT.items()})
    table["lineage"] = table["lineage"].map({how: " / ".join(words) for how, words in LINEAGE.items()})
    for name in ("area_before_m2", "area_after_m2", "moved_m"):
        table[name] = table[name].round(3)
    return table[[name for name, _, _ in _COLUMNS]]


def _write_csv(rows: pd.DataFrame, _: list[str], path: Path) -> None:
    # With a byte order mark: without one Excel takes Vietnamese for something else.
    rows.set_axis([title for _, title, _ in _COLUMNS], axis=1).to_csv(path, index=False, encoding="utf-8-sig")


def _write_xlsx(rows: pd.DataFrame, kinds: list[str], path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Biến động - Changes")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{len(rows) + 1}"
    for place, (_, _, width) in enumerate(_COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([_heading(sheet, title) for _, title, _ in _COLUMNS])
    fills = {kind: PatternFill("solid", start_color=colour) for kind, colour in _FILLS.items()}
    plain = rows.astype(object).where(rows.notna(), None).to_numpy().tolist()
    for kind, values in zip(kinds, plain, strict=True):
        cells = [_cell(sheet, value) for value in values]
        for cell in cells[:2]:
            cell.fill = fills[kind]
        sheet.append(cells)
    book.save(path)


def _heading(sheet: Any, title: str) -> Any:
    cell = WriteOnlyCell(sheet, title)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", start_color="DCE6DC")
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


_TOP = Alignment(wrap_text=True, vertical="top")


def _cell(sheet: Any, value: Any) -> Any:
    """Return a cell; a text that begins like a formula stays a text."""
    if not isinstance(value, str):
        cell = WriteOnlyCell(sheet, None if isinstance(value, float) and not np.isfinite(value) else value)
        cell.number_format = "#,##0.0##"
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("�", value)[:_CELL_LETTERS]
    cell = WriteOnlyCell(sheet, text)
    cell.alignment = _TOP
    if text.startswith("="):
        cell.data_type = "s"
    return cell


_WRITERS: dict[str, Callable[[pd.DataFrame, list[str], Path], None]] = {".xlsx": _write_xlsx, ".csv": _write_csv}


def write_layers(difference: Difference, path: Path) -> None:
    """Write layers for QGIS, in the zone: `added`, `changed_before`, `changed_after`, `removed`.

    Raises:
        SettingsError: The file name does not end in .gpkg.
    """
    check_layers(path)
    table = difference.table.assign(**sentences(difference))
    table = table.rename(columns={"vi": "noi_dung", "en": "changes"})
    before = table.set_geometry(difference.before)
    is_changed = table["what"] == CHANGED
    layers = {
        ADDED: (table[table["what"] == ADDED], False),
        "changed_after": (table[is_changed], False),
        "changed_before": (before[is_changed], True),
        REMOVED: (before[table["what"] == REMOVED], True),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.new{path.suffix}")
    try:
        partial.unlink(missing_ok=True)
        for place, (name, (rows, _)) in enumerate(layers.items()):
            pyogrio.write_dataframe(
                _flat(rows), partial, layer=name, driver="GPKG", geometry_type="MultiPolygon", promote_to_multi=True,
                append=place > 0,
            )  # fmt: skip
        _style(partial, {name: is_dashed for name, (_, is_dashed) in layers.items()})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check_layers(path: Path) -> None:
    """Refuse a file name that no layers can be written to, before anything is read.

    Raises:
        SettingsError: It does not end in .gpkg.
    """
    if path.suffix.lower() != ".gpkg":
        raise SettingsError(
            f"Không ghi được “{path.name}”: đặt đuôi tệp là .gpkg.",
            f"Cannot write {path.name!r}: end the file name in .gpkg.",
        )


def _flat(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.assign(is_reshaped=rows["is_reshaped"].astype(bool)).reset_index(drop=True)


def _style(path: Path, dashed: dict[str, bool]) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(STYLES_TABLE)
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
        rows = [
            (name, name, outline_style(_COLOURS[name.partition("_")[0]], is_dashed=is_dashed))
            for name, is_dashed in dashed.items()
        ]
        connection.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, useAsDefault) VALUES ('', '', ?, 'geom', ?, ?, 1)",
            rows,
        )
    connection.close()
