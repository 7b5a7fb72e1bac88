"""The files of a plan: written for an officer, and read again as the officer hands them back."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from pipelines.errors import CadastreError, ReadError, SettingsError
from pipelines.reform.plan import Plan
from pipelines.reform.sheets import COLUMNS, MAP, SCALE
from pipelines.registers import grid, renumbering

_HEADINGS = {
    "ma_xa": "Mã xã mới",
    "ten_xa": "Tên xã mới",
    "ma_xa_cu": "Mã xã cũ",
    "ten_xa_cu": "Tên xã cũ",
    "ky_dia_gioi_cu": "Kỳ địa giới cũ",
    "loai_ban_do": "Loại bản đồ",
    "ty_le": "Tỷ lệ",
    "so_hieu_to_ban_do": "Số tờ mới",
    "so_hieu_to_ban_do_cu": "Số tờ cũ",
    "so_thua": "Tổng số thửa",
}
_WAITING = {"so_hieu_to_ban_do": "Tờ", "so_thu_tu_thua": "Thửa", "dien_tich_do": "Diện tích (m²)"}
_PARCEL, _CHOSEN = "thua_dat_id", "ma_xa_moi"
_TITLES = ("Xã", "Tờ bản đồ", "Thửa chưa rõ")
_WIDTH, _SEARCHED_ROWS = 18, 30
SUFFIXES = (".xlsx", ".csv", ".json")


def write(found: Plan, path: Path) -> list[Path]:
    """Write a plan as workbook, CSV (three files) or JSON, by the ending; return the files.

    Raises:
        CadastreError: The ending is another one, or a file is there already.
    """
    if path.suffix not in SUFFIXES:
        raise SettingsError(
            f"Không ghi được bảng dự kiến dạng {path.suffix or path.name}: dùng .xlsx, .csv hoặc .json.",
            f"A plan cannot be written as {path.suffix or path.name}: use .xlsx, .csv or .json.",
        )
    paths = [path, *(path.with_suffix(f".{part}.csv") for part in ("xa", "chua_ro") if path.suffix == ".csv")]
    if there := next((each for each in paths if each.exists()), None):
        raise CadastreError(
            f"Đã có tệp {there}: chọn tên khác cho --out.", f"The file {there} is there already: choose another name."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _written(found, paths)
    except OSError as error:
        raise CadastreError(
            f"Không ghi được {path}: kiểm tra quyền ghi và dung lượng đĩa ({error}).",
            f"{path} cannot be written: check the rights and the disk space ({error}).",
        ) from error
    return paths


def _written(found: Plan, paths: list[Path]) -> None:
    if paths[0].suffix == ".json":
        body = {name: _records(frame) for name, frame in vars(found).items()}
        paths[0].write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")
        return
    frames = (
        found.communes.rename(columns=_HEADINGS),
        found.sheets.rename(columns=_HEADINGS),
        found.waiting.rename(columns=_WAITING),
    )
    if paths[0].suffix == ".csv":
        for path, frame in zip(paths, (frames[1], frames[0], frames[2]), strict=True):
            frame.to_csv(path, index=False, encoding="utf-8-sig")
        return
    book = Workbook(write_only=True)
    for title, frame in zip(_TITLES, frames, strict=True):
        sheet = book.create_sheet(title)
        for place in range(1, len(frame.columns) + 1):
            sheet.column_dimensions[get_column_letter(place)].width = _WIDTH
        for values in [list(frame.columns), *frame.astype(object).where(frame.notna(), None).to_numpy().tolist()]:
            sheet.append([_cell(sheet, value) for value in values])
    book.save(paths[0])


def _cell(sheet: Any, value: Any) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        # A number of a sheet is a text, and no text is a formula.
        cell.data_type = "s"
    return cell


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", force_ascii=False))
    return rows


def read_sheets(path: Path) -> pd.DataFrame:
    """Return a table of sheets that an officer hands in.

    Raises:
        ReadError: It cannot be read, has no column of new and old numbers, or gives parcels new numbers.
    """
    columns = (*renumbering.COLUMNS, "ky_dia_gioi_cu", MAP, SCALE)
    table = renumbering.read(path, wanted=columns)
    numbered = table["so_thu_tu_thua"].notna() | table["so_thu_tu_thua_cu"].notna()
    if numbered.any():
        raise ReadError(
            f"{path.name}: có số thửa ở {int(numbered.sum())} dòng; sắp xếp xã giữ nguyên số thửa: bỏ cột số thửa.",
            f"{path.name}: {int(numbered.sum())} rows number parcels, which keep theirs in a reform: drop that column.",
        )
    for name in ("ma_xa", "ma_xa_cu"):
        table[name] = table[name].str.zfill(5)
    table[SCALE] = table[SCALE].str.extract(r"(\d+)$", expand=False).str.lstrip("0")
    return table[list(COLUMNS)].drop_duplicates(ignore_index=True)


def read_decisions(path: Path) -> pd.Series:
    """Return thua_dat_id → code of the new commune, as an officer filled it in; empty where no such table is there.

    Raises:
        ReadError: The file cannot be opened, or decides a parcel twice in two ways.
    """
    found = [_decisions(cells) for _, cells in grid.read(path, None)]
    whole = pd.concat([pd.Series(dtype="string"), *found])
    whole = whole[~(whole.index.duplicated() & whole.duplicated())]
    twice = whole.index[whole.index.duplicated(keep=False)]
    twice = twice[whole[twice].groupby(level=0).nunique().reindex(twice).gt(1).to_numpy()] if len(twice) else twice
    if len(twice):
        raise ReadError(
            f"{path.name}: thửa {twice[0]} được ghi hai xã khác nhau: giữ một dòng.",
            f"{path.name}: parcel {twice[0]} is given two communes: keep one row.",
        )
    single: pd.Series = whole[~whole.index.duplicated()]
    return single


def _decisions(cells: pd.DataFrame) -> pd.Series:
    for row in range(min(len(cells), _SEARCHED_ROWS)):
        words = [str(cell).strip() for cell in cells.iloc[row]]
        if _PARCEL in words and _CHOSEN in words:
            body = cells.iloc[row + 1 :]
            ids = body.iloc[:, words.index(_PARCEL)].astype("string").str.strip()
            codes = body.iloc[:, words.index(_CHOSEN)].astype("string").str.strip().str.zfill(5)
            return pd.Series(codes.to_numpy(), index=ids, dtype="string").dropna()
    return pd.Series(dtype="string")


def sha256(paths: Iterable[Path]) -> str:
    """Return one hash of what an officer handed in."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
