"""Spreadsheets: the register with its title rows and totals, the campaign form PL3-01, the register as CSV."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import column_index_from_string

from data_samples.legacy import decomposed
from data_samples.model import Delivery, Row

LOST_BYTE = "\ue000"
"""Stands for a byte that is no UTF-8 until the CSV is written."""

_STAMP = datetime(2025, 6, 15, 8, 0, 0)

HEADINGS = {
    "so_hieu_to_ban_do": "Số tờ bản đồ",
    "so_thu_tu_thua": "Số thửa",
    "dia_chi": "Địa chỉ thửa đất",
    "dien_tich": "Diện tích (m2)",
    "loai_dat_1": "Loại đất 1",
    "dien_tich_1": "Diện tích 1",
    "nguon_goc_1": "Nguồn gốc 1",
    "hinh_thuc_1": "Hình thức sử dụng 1",
    "thoi_han_1": "Thời hạn 1",
    "loai_dat_2": "Loại đất 2",
    "dien_tich_2": "Diện tích 2",
    "nguon_goc_2": "Nguồn gốc 2",
    "hinh_thuc_2": "Hình thức sử dụng 2",
    "thoi_han_2": "Thời hạn 2",
    "ho_ten": "Họ và tên",
    "ngay_sinh": "Ngày sinh",
    "gioi_tinh": "Giới tính",
    "so_giay_to": "Số CCCD",
    "dia_chi_chu": "Địa chỉ thường trú",
    "phap_nhan": "Loại đối tượng",
    "vai_tro": "Vai trò",
    "ten_to_chuc": "Tên tổ chức",
    "ma_to_chuc": "Mã số thuế",
    "so_phat_hanh": "Số phát hành GCN",
    "ngay_cap": "Ngày cấp",
    "so_vao_so": "Số vào sổ",
    "ma_qr": "Mã QR",
    "ten_file": "Tên file quét",
}
"""Heading of every column of the XLSX register."""

FORM_TITLES = {
    "B": "Mã ĐVHC cấp xã",
    "C": "Số phát hành GCN",
    "D": "Ngày cấp GCN",
    "E": "Số vào sổ cấp GCN",
    "F": "Tên tổ chức",
    "G": "Số định danh tổ chức",
    "H": "Họ tên chủ sử dụng/đại diện",
    "I": "Ngày sinh",
    "J": "Giới tính",
    "K": "Số định danh cá nhân/CCCD",
    "L": "Địa chỉ thường trú",
    "M": "Pháp nhân trên GCN",
    "N": "Vai trò trong pháp nhân",
    "O": "Họ tên người sử dụng hiện tại",
    "P": "Số định danh người sử dụng hiện tại",
    "Q": "Địa chỉ người sử dụng hiện tại (2 cấp)",
    "R": "Lý do thay đổi",
    "S": "Mã định danh thửa đất",
    "T": "Số tờ ghi trên GCN",
    "U": "Số thửa ghi trên GCN",
    "V": "Số hiệu tờ BĐĐC",
    "W": "Số thứ tự thửa BĐĐC",
    "X": "Địa chỉ thửa đất",
    "Y": "Diện tích",
    "Z": "Loại đất 1",
    "AA": "Diện tích loại đất 1",
    "AB": "Nguồn gốc loại đất 1",
    "AC": "Hình thức sử dụng loại đất 1",
    "AD": "Thời hạn loại đất 1",
    "AE": "Loại đất 2",
    "AF": "Diện tích loại đất 2",
    "AG": "Nguồn gốc loại đất 2",
    "AH": "Hình thức sử dụng loại đất 2",
    "AI": "Thời hạn loại đất 2",
    "AJ": "Loại đất 3",
    "AK": "Diện tích loại đất 3",
    "AL": "Nguồn gốc loại đất 3",
    "AM": "Hình thức sử dụng loại đất 3",
    "AN": "Thời hạn loại đất 3",
    "AO": "Loại tài sản gắn liền với đất",
    "AP": "Tên khu chung cư",
    "AQ": "Tên nhà chung cư",
    "AR": "Số hiệu căn hộ",
    "AS": "Diện tích xây dựng",
    "AT": "Diện tích sàn",
    "AU": "Hình thức sở hữu",
    "AV": "Thời hạn sở hữu",
    "AW": "Cấp (hạng)",
    "AX": "Tên file quét GCN/CCCD",
}
"""Heading of every column of the form PL3-01."""

FORM_LETTERS = {
    "ma_xa": "B",
    "so_phat_hanh": "C",
    "ngay_cap": "D",
    "so_vao_so": "E",
    "ten_to_chuc": "F",
    "ma_to_chuc": "G",
    "ho_ten": "H",
    "ngay_sinh": "I",
    "gioi_tinh": "J",
    "so_giay_to": "K",
    "dia_chi_chu": "L",
    "phap_nhan": "M",
    "vai_tro": "N",
    "so_hieu_to_ban_do_gcn": "T",
    "so_thu_tu_thua_gcn": "U",
    "so_hieu_to_ban_do": "V",
    "so_thu_tu_thua": "W",
    "dia_chi": "X",
    "dien_tich": "Y",
    "loai_dat_1": "Z",
    "dien_tich_1": "AA",
    "nguon_goc_1": "AB",
    "hinh_thuc_1": "AC",
    "thoi_han_1": "AD",
    "loai_dat_2": "AE",
    "dien_tich_2": "AF",
    "nguon_goc_2": "AG",
    "hinh_thuc_2": "AH",
    "thoi_han_2": "AI",
    "ten_file": "AX",
}
"""Column letter of each canonical column in the form PL3-01."""


def write_register(delivery: Delivery, rows: Sequence[Row], path: Path) -> None:
    """Write the register as an office keeps it: three title rows, a heading, the rows, a totals row."""
    book = Workbook()
    page = book.active
    page.title = "Sổ địa chính"
    page.append([f"ỦY BAN NHÂN DÂN XÃ {delivery.commune.name.upper()}"])
    page.append(["SỔ ĐỊA CHÍNH"])
    page.append(["(Số liệu đến ngày 15/06/2025)"])
    page.merge_cells(start_row=2, start_column=1, end_row=2, end_column=len(HEADINGS) + 1)
    page.append(["STT", *HEADINGS.values()])
    total = 0.0
    for number, row in enumerate(rows, start=1):
        page.append([number, *(row.values.get(name) for name in HEADINGS)])
        area = row.values.get("dien_tich")
        total += area if isinstance(area, float) else 0.0  # A text is no number to a SUM either.
    page.append(["Tổng cộng", *(round(total, 1) if name == "dien_tich" else None for name in HEADINGS)])
    _save(book, path)


def write_form(delivery: Delivery, rows: Sequence[Row], path: Path) -> None:
    """Write the campaign form PL3-01: headings to row 6, data from row 7, columns B to AX."""
    book = Workbook()
    page = book.active
    page.title = "PL3-01"
    page["A1"] = "PHỤ LỤC 3-01"
    page["A2"] = "BIỂU TỔNG HỢP THÔNG TIN GIẤY CHỨNG NHẬN VÀ NGƯỜI SỬ DỤNG ĐẤT"
    page.merge_cells("A2:AX2")
    page["A3"] = f"Xã {delivery.commune.name}, huyện Triệu Sơn, tỉnh Thanh Hóa"
    page["A5"] = "STT"
    for letter, title in FORM_TITLES.items():
        page[f"{letter}5"] = title
        page[f"{letter}6"] = f"({column_index_from_string(letter) - 1})"
    places = {name: column_index_from_string(letter) for name, letter in FORM_LETTERS.items()}
    for number, row in enumerate(rows, start=1):
        page.cell(row=6 + number, column=1, value=number)
        for name, column in places.items():
            value = row.values.get(name)
            if value is not None:
                page.cell(row=6 + number, column=column, value=spelled(value))
    _save(book, path)


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """Write the register as CSV with semicolons, every text decomposed (NFD)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(["STT", *HEADINGS.values()])
    for number, row in enumerate(rows, start=1):
        writer.writerow([number, *(spelled(row.values.get(name)) for name in HEADINGS)])
    content = decomposed(buffer.getvalue()).encode("utf-8")
    path.write_bytes(content.replace(LOST_BYTE.encode("utf-8"), b"\xff"))


def write_renumbering(lines: Sequence[tuple[str, str, str, str]], path: Path) -> None:
    """Write a table of renumbering: old sheet and parcel, new sheet and parcel."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
        writer.writerow(["Số tờ cũ", "Số thửa cũ", "Số tờ mới", "Số thửa mới"])
        writer.writerows(lines)


def spelled(value: Any) -> Any:
    """Return a date as dd/MM/yyyy; everything else stays."""
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else value


def columns() -> Sequence[str]:
    """Return the canonical columns of the register in the order of the file."""
    return tuple(HEADINGS)


def _save(book: Workbook, path: Path) -> None:
    """Save a workbook so that the same content gives the same bytes: fixed times inside and in the archive."""
    buffer = io.BytesIO()
    book.properties.created = _STAMP
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                stamp = _STAMP.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            entry = zipfile.ZipInfo(name, date_time=_STAMP.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
