"""Random registers come back whatever the format; random damage is a ReadError or a register, never anything else."""

import contextlib
import csv
import io
import string
from functools import cache

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from pipelines import registers
from pipelines.errors import ReadError

PROFILE = schemas.source("shp_vbdlis")["register"]
NAMES = {
    "so_hieu_to_ban_do": ["Tờ bản đồ", "Số tờ", "SoTo"],
    "so_thu_tu_thua": ["Số thửa", "Thửa đất số", "SHTHUA"],
    "dien_tich": ["Diện tích (m2)", "Diện tích"],
    "loai_dat_1": ["Loại đất", "MDSD"],
    "ho_ten": ["Tên chủ sử dụng", "Họ và tên"],
    "so_giay_to": ["CCCD", "Số CMND/CCCD"],
    "dia_chi": ["Địa chỉ thửa đất", "Xứ đồng"],
    "thoi_han_1": ["Thời hạn sử dụng"],
}
WORDS = st.lists(
    st.sampled_from(["Mẫu", "Nguyễn", "Thị", "Đức", "Ưu", "Ỷ", "O'", '"x"', "a;b", "c,d"]), min_size=2, max_size=4
)
VALUES = {
    "so_hieu_to_ban_do": st.integers(1, 99).map(str),
    "so_thu_tu_thua": st.integers(1, 999).map(str),
    "dien_tich": st.integers(1, 10**6).map(lambda value: f"{value // 10},{value % 10}"),
    "loai_dat_1": st.sampled_from(["ONT", "LUC", "CLN", "ONT+CLN"]),
    "ho_ten": WORDS.map(" ".join),
    "so_giay_to": st.text(string.digits, min_size=12, max_size=12),
    "dia_chi": WORDS.map(" ".join),
    "thoi_han_1": st.sampled_from(["Lâu dài", "50 năm"]),
}
JUNK = st.sampled_from(["total", "hamlet", "blank", "numbers", "heading"])


@st.composite
def sheets(draw):
    """Return the rows of a sheet, and the records in it."""
    columns = draw(st.permutations(list(NAMES)))
    names = [draw(st.sampled_from(NAMES[column])) for column in columns]
    records = draw(st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=6))
    rows = draw(st.lists(st.sampled_from([["SỔ MỤC KÊ"], [], ["Xã Mẫu"]]), max_size=3))
    rows.append(names)
    for record in records:
        junk = {
            "total": ["Cộng trang", None, "12"],
            "hamlet": ["Thôn Mẫu"],
            "blank": [],
            "numbers": [f"({n})" for n in range(1, len(names) + 1)],
            "heading": names,
        }
        rows += [
            junk[kind] for kind in draw(st.lists(JUNK, max_size=1)) if kind != "total" or columns[2] == "dien_tich"
        ]
        rows.append([record[column] for column in columns])
    return rows, records


def check(path, records):
    found = registers.read(path, source=path.name, encoding="utf-8", register=PROFILE).rows
    assert found[list(NAMES)].to_dict("records") == records


@settings(max_examples=30, deadline=None)
@given(sheets(), st.sampled_from(["xlsx", "csv", "tsv", "html"]))
def test_a_random_register_comes_back(tmp_path_factory, sheet, kind):
    rows, records = sheet
    path = tmp_path_factory.mktemp("so") / {"html": "so.xls"}.get(kind, f"so.{kind}")
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    elif kind == "html":
        cells = ("".join(f"<td>{(cell or '').replace('&', '&amp;')}</td>" for cell in row) for row in rows)
        path.write_text("<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>", encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=";" if kind == "csv" else "\t").writerows(rows)
    check(path, records)


@cache
def samples():
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["Tờ bản đồ", "Số thửa", "Loại đất"])
    book.active.append(["1", "2", "ONT"])
    book.save(stream)
    whole = {".xlsx": stream.getvalue()}
    whole[".csv"] = "Tờ bản đồ;Số thửa\n1;2\n".encode()
    whole[".xls"] = "<table><tr><td>Số tờ</td><td>Số thửa</td></tr><tr><td>1</td><td>2</td></tr></table>".encode()
    whole[".dbf"] = bytes([3, 95, 7, 26, 1, 0, 0, 0, 65, 0, 7, 0]) + bytes(20) + b"SoThua".ljust(11, b"\0") + b"C"
    whole[".dbf"] += bytes(4) + bytes([6]) + bytes(15) + b"\r 12    \x1a"
    whole[".json"] = b'{"ListThuaDat": [{"thuaDatId": 1, "soThuTuThua": 2}]}'
    return whole


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_random_damage_is_a_read_error_or_a_register(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("hong")
    suffix, content = data.draw(st.sampled_from(sorted(samples().items())))
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = folder / f"so{suffix}"
    path.write_bytes(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    with contextlib.suppress(ReadError):
        registers.read(path, source=path.name, encoding="utf-8", register=PROFILE)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([".xls", ".xlsx", ".dbf", ".csv", ".ods", ".json", ".xml", ".xlsb"]),
    st.booleans(),
)
def test_any_bytes_are_a_read_error_or_a_register(tmp_path_factory, content, suffix, signed):
    path = tmp_path_factory.mktemp("bat_ky") / f"so{suffix}"
    path.write_bytes({True: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", False: b""}[signed] + content)
    with contextlib.suppress(ReadError):
        registers.read(path, source=path.name, encoding="utf-8", register=PROFILE)
