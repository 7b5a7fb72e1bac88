import doctest

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest

import schemas
from pipelines import registers
from pipelines.errors import ReadError
from pipelines.registers import grid

PROFILE = schemas.source("dgn_tt26_2024")["register"]
FORM = schemas.source("dxf_pl3_01")["register"]
HEADING = ["STT", "Tờ bản đồ", "Số thửa", "Diện tích (m2)", "Loại đất", "Tên chủ sử dụng", "Số CCCD"]
RECORD = ["1", "12", "345", "120,5", "ONT", "Nguyễn Văn Mẫu", "038085990001"]


def read(path, encoding="utf-8", profile=PROFILE):
    return registers.read(path, source=path.name, encoding=encoding, register=profile)


def csv(path, rows, mark=";", encoding="utf-8"):
    path.write_bytes("\r\n".join(mark.join(row) for row in rows).encode(encoding))
    return path


def xlsx(path, rows, merged=(), title="Sổ"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for block in merged:
        sheet.merge_cells(block)
    book.save(path)
    return path


@pytest.mark.parametrize("mark", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_csv_is_read_by_its_own_delimiter(tmp_path, mark, encoding):
    record = [cell.replace(",", ".") for cell in RECORD]
    found = read(csv(tmp_path / "so.csv", [HEADING, record], mark, encoding)).rows.iloc[0]
    assert found["row_id"] == "so.csv#2"
    assert found[["so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "ho_ten"]].tolist() == [
        "12", "345", "120.5", "Nguyễn Văn Mẫu",
    ]  # fmt: skip


def test_titles_totals_hamlets_column_numbers_and_repeated_headings_are_no_records(tmp_path):
    rows = [
        ["SỔ ĐỊA CHÍNH", *[""] * 6],
        [""] * 7,
        HEADING,
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)"],
        ["Thôn 5", *[""] * 6],
        RECORD,
        ["", "Cộng trang", "", "120,5", "", "", ""],
        HEADING,
        ["2", "12", "346", "80", "LUC", "Lê Thị Mẫu", "038185990002"],
        ["", "Tổng cộng", "", "200,5", "", "", ""],
    ]
    found = read(csv(tmp_path / "so.csv", rows))
    assert found.rows["row_id"].tolist() == ["so.csv#6", "so.csv#9"]
    assert (found.totals, found.headings) == (2, 3)


def test_a_record_without_number_is_still_a_record(tmp_path):
    found = read(csv(tmp_path / "so.csv", [HEADING, ["3", "12", "", "80", "LUC", "Lê Thị Mẫu", "038185990002"]]))
    assert len(found.rows) == 1
    assert found.rows["so_thu_tu_thua"].isna().all()


def test_cells_of_a_workbook_are_texts_as_an_office_would_write_them(tmp_path):
    path = xlsx(tmp_path / "so.xlsx", [HEADING, [1, 12, 345, 120.5, "ONT", "Nguyễn Văn Mẫu", 38085990001]])
    found = read(path).rows.iloc[0]
    assert found[["so_hieu_to_ban_do", "dien_tich", "so_giay_to"]].tolist() == ["12", "120.5", "38085990001"]


def test_a_block_merged_over_rows_counts_for_each_of_them(tmp_path):
    rows = [HEADING, ["1", "12", "345", "120,5", "ONT", "Nguyễn Văn Mẫu", "1"], [None] * 5 + ["Lê Thị Mẫu", "2"]]
    found = read(xlsx(tmp_path / "so.xlsx", rows, merged=[f"{letter}2:{letter}3" for letter in "ABCDE"])).rows
    assert found["so_thu_tu_thua"].tolist() == ["345", "345"]
    assert found["ho_ten"].tolist() == ["Nguyễn Văn Mẫu", "Lê Thị Mẫu"]


def test_a_heading_of_two_rows_is_read_together(tmp_path):
    rows = [
        ["STT", "Số hiệu", None, "Loại đất 1", None, "Họ và tên"],
        [None, "Tờ bản đồ", "Số thửa", "Loại đất", "Diện tích", None],
        ["1", "12", "345", "ONT", "120,5", "Nguyễn Văn Mẫu"],
    ]
    found = read(xlsx(tmp_path / "so.xlsx", rows, merged=["B1:C1", "D1:E1"])).rows
    assert found.iloc[0][["so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat_1", "ho_ten"]].tolist() == [
        "12", "345", "ONT", "Nguyễn Văn Mẫu",
    ]  # fmt: skip


def test_the_campaign_form_is_read_by_its_letters(tmp_path):
    names = schemas.codelist("campaign_pl3_01")
    book = openpyxl.Workbook()
    sheet = book.active
    for letter, name in zip(names.iloc[:, 0], names["name_vi"], strict=True):
        sheet[f"{letter}5"] = name
        sheet[f"{letter}6"] = letter
    for letter, value in {"A": 1, "B": "15712", "H": "Nguyễn Văn Mẫu", "V": 3, "W": 17, "Y": 120.5, "Z": "ONT"}.items():
        sheet[f"{letter}7"] = value
    book.save(tmp_path / "PL3-01.xlsx")
    found = read(tmp_path / "PL3-01.xlsx", profile=FORM).rows
    assert found["row_id"].tolist() == ["PL3-01.xlsx#7"]
    wanted = ["ma_xa", "so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "loai_dat_1", "ho_ten"]
    assert found.iloc[0][wanted].tolist() == ["15712", "3", "17", "120.5", "ONT", "Nguyễn Văn Mẫu"]


def test_a_dbf_keeps_every_byte_of_tcvn3(tmp_path):
    table = pd.DataFrame({"SoHieuToBa": ["1"], "SoThuTuThu": ["12"], "TenChu": ["Ph\xb9m V\xadu"], "DienTich": [80.5]})
    path = tmp_path / "so.dbf"
    pyogrio.write_dataframe(gpd.GeoDataFrame(table), path, driver="ESRI Shapefile", encoding="ISO-8859-1")
    found = read(path, "tcvn3", schemas.source("shp_vbdlis")["register"]).rows.iloc[0]
    assert found[["so_hieu_to_ban_do", "so_thu_tu_thua", "ho_ten", "dien_tich"]].tolist() == [
        "1", "12", "Phạm Vưu", "80.5",
    ]  # fmt: skip


def test_a_workbook_in_old_fonts_is_decoded_too(tmp_path):
    path = xlsx(tmp_path / "so.xlsx", [HEADING, ["1", "12", "345", 120.5, "ONT", "NguyÔn V\xa8n MÉu", "1"]])
    assert read(path, "tcvn3").rows.iloc[0]["so_thu_tu_thua"] == "345"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("so.xlsx", b"not a workbook"),
        ("so.xlsx", b"PK\x03\x04 cut short"),
        ("so.xls", b"not a workbook either"),
        ("so.dbf", b"nor a table"),
        ("so.csv", b"\x00\x01\x02 binary \x00"),
        ("so.csv", b""),
        ("so.csv", "một;hai\n1;2\n".encode()),
        ("so.csv", "Tờ bản đồ;Diện tích;Tên chủ\n1;2;3\n".encode()),
    ],
)
def test_a_file_that_is_no_register_says_so_in_both_languages(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=name) as caught:
        read(tmp_path / name)
    assert name in caught.value.vi
    assert "\n" not in caught.value.vi + caught.value.en


def test_words_that_contradict_what_is_declared_win_and_that_is_told(tmp_path):
    names = ["NguyÔn V\xa8n MÉu", "Lª ThÞ MÉu", "Ph\xb9m §øc MÉu", "TrÞnh B\xb8 MÉu"]
    records = [[str(n), "12", str(n), "80", "LUC", name, "1"] for n, name in enumerate(names * 4, start=1)]
    path = tmp_path / "so.csv"
    heading = "STT;SoTo;SoThua;DTich;LoaiDat;TenChu;CCCD"
    path.write_bytes("\n".join([heading, *(";".join(record) for record in records)]).encode("latin-1"))
    found = read(path, "utf-8")
    assert found.rows["ho_ten"].iloc[0] == "Nguyễn Văn Mẫu"
    assert found.doubt is None
    assert found.readings["so.csv"].decoded.against == {"ho_ten": {"tcvn3": 16}}
    for fitting in ("tcvn3", None):
        assert not read(path, fitting).readings["so.csv"].decoded.against


def test_texts_no_encoding_makes_vietnamese_are_doubted(tmp_path):
    strange = ["Gr\xfcnfl\xe4che", "Stra\xdfe", "Flurst\xfcck", "\xf6ffentlich", "Geb\xe4ude"]
    records = [["12", str(n), "80", name] for n, name in enumerate(strange * 5, start=1)]
    path = csv(tmp_path / "so.csv", [["SoTo", "SoThua", "DTich", "TenChu"], *records], encoding="latin-1")
    doubt = read(path).doubt
    assert doubt is not None and doubt.startswith("utf-8 ")


def test_doctests():
    assert doctest.testmod(grid).failed == 0
