"""Registers of several tables: workbooks with a sheet per table, a file per table, JSON; joined by their keys."""

import json
from pathlib import Path

import jsonschema
import openpyxl
import pytest

import schemas
from pipelines import registers
from pipelines.errors import ReadError

SCHEMA = json.loads((schemas.ROOT / "tables.schema.json").read_text(encoding="utf-8"))
ELIS = {
    "ToBanDo": [["MaToBanDo", "MaDVHC", "SoTo", "TyLe"], ["1", "15712", "12", "1000"], ["2", "15712", "13", "1000"]],
    "ThuaDat": [
        ["MaThuaDat", "MaToBanDo", "ThuaDatSo", "DienTich", "DiaChi"],
        ["100", "1", "345", "300", "Thôn 5"], ["101", "2", "7", "80.5", None], ["102", None, "8", "10", None],
    ],
    "DangKyMDSDD": [
        ["MaThuaDat", "MaMDSDD", "DienTichRieng", "ThoiHan"],
        ["100", "ONT", "200", "Lâu dài"], ["100", "CLN", "100", "2064"], ["999", "LUC", "1", None],
    ],
    "DangKyQSDD": [["MaDangKy", "MaThuaDat", "MaGCN", "MaChu"], ["1", "100", "5", "9"], ["2", "100", "5", "10"]],
    "GCNQSDD": [["MaGCN", "SoPhatHanh", "SoVaoSo", "NgayCap"], ["5", "BA 123456", "CH00012", "05/06/2010"]],
    "Chu": [["MaChu", "HoTen", "LoaiDoiTuong"], ["9", "Nguyễn Văn Mẫu", "0"], ["10", "Lê Thị Mẫu", "0"]],
}  # fmt: skip
MPLIS = {
    "DC_THUADAT": [
        ["THUADATID", "MAXA", "SOHIEUTOBANDO", "SOTHUTUTHUA", "DIENTICH", "DIENTICHPHAPLY", "DIACHI", "DANGTRANHCHAP"],
        ["1", "15712", "12", "345", "301.2", "300", "Thôn 5", "0"],
    ],
    "DC_MUCDICHSUDUNG": [
        ["MUCDICHSUDUNGID", "THUADATID", "SOTHUTUMUCDICHSUDUNG", "MAMUCDICHSUDUNG", "DIENTICH"],
        ["11", "1", "1", "ONT", "300"],
    ],
    "DC_QUYENSUDUNGDAT": [
        ["QUYENSUDUNGDATID", "LOAIDOITUONG", "CHUID", "THUADATID", "GIAYCHUNGNHANID", "HANCHEQUYENID"],
        ["1", "0", "21", "1", "7", "51"],
    ],
    "DC_GIAYCHUNGNHAN": [["GIAYCHUNGNHANID", "SOPHATHANH", "NGAYCAP"], ["7", "BA 123456", "05/06/2010"]],
    "DC_CANHAN": [["CANHANID", "HOTEN", "NAMSINH", "GIOITINH"], ["21", "Nguyễn Văn Mẫu", "1985", "1"]],
    "DC_GIAYTOTUYTHAN": [["GIAYTOTUYTHANID", "CANHANID", "SOGIAYTO"], ["1", "21", "038085990001"]],
    "DC_HANCHE": [["HANCHEQUYENID", "LOAIHANCHE", "NOIDUNGHANCHE"], ["51", "1", "Hành lang an toàn"]],
    "QH_KHAC": [["A"], ["1"]],
}  # fmt: skip


def workbook(path, tables):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def read(path, profile):
    register = schemas.source(profile)["register"]
    return registers.read(path, source=path.name, encoding="utf-8", register=register)


@pytest.mark.parametrize("name", schemas.sources())
def test_tables_of_a_profile_follow_their_schema(name):
    section = (schemas.source(name).get("register") or {}).get("tables")
    if section is not None:
        jsonschema.validate(section, SCHEMA)
        assert set(section.get("columns", {})) <= set(registers.read.__globals__["COLUMNS"])
        known = set(section.get("names", {}))
        assert {step["table"] for step in section.get("joins", [])} | {section.get("base")} <= known | {None}
        spelled = [column for columns in section.get("columns", {}).values() for column in columns]
        assert {column.split(".")[0] for column in spelled} <= known


def assert_is_elis(found):
    rows = found.rows
    assert rows["so_thu_tu_thua"].tolist() == ["345", "345", "7", "8"]
    assert rows["ho_ten"].tolist()[:2] == ["Nguyễn Văn Mẫu", "Lê Thị Mẫu"]
    first = rows.iloc[0][["so_hieu_to_ban_do", "loai_dat_1", "dien_tich_1", "loai_dat_2", "so_phat_hanh", "phap_nhan"]]
    assert first.tolist() == ["12", "ONT", "200", "CLN", "BA 123456", "ca_nhan"]
    assert rows["so_hieu_to_ban_do"].tolist()[2] == "13"
    assert rows["so_hieu_to_ban_do"].isna().tolist()[3]
    assert found.extra["table_DangKyMDSDD"]["DangKyMDSDD.MaThuaDat"].tolist() == ["999"]


def test_a_workbook_of_elis(tmp_path):
    assert_is_elis(read(workbook(tmp_path / "elis.xlsx", ELIS), "elis"))


def test_files_of_elis(tmp_path):
    register = schemas.source("elis")["register"]
    paths = {}
    for name, rows in ELIS.items():
        path = tmp_path / f"dbo.{name}.csv"
        path.write_text("\n".join(";".join(cell or "" for cell in row) for row in rows), encoding="utf-8")
        assert registers.is_table(path, register)
        paths[f"so/{path.name}"] = path
    found = registers.read_tables(paths, encodings=dict.fromkeys(paths, "utf-8"), register=register)
    assert_is_elis(found)
    assert len(found.files) == len(ELIS) - 1
    assert not registers.is_table(Path("so_dia_chinh.csv"), register)


def test_a_missing_key_column_is_told_and_a_missing_table_is_passed_over(tmp_path):
    with pytest.raises(registers.HeadingError, match="MaToBanDo"):
        read(workbook(tmp_path / "a.xlsx", ELIS | {"ToBanDo": [["Ma", "SoTo"], ["1", "2"]]}), "elis")
    alone = read(workbook(tmp_path / "b.xlsx", {"ThuaDat": ELIS["ThuaDat"]}), "elis")
    assert alone.rows["so_thu_tu_thua"].tolist() == ["345", "7", "8"]


def test_a_workbook_of_mplis_with_restrictions(tmp_path):
    found = read(workbook(tmp_path / "mplis.xlsx", MPLIS), "mplis")
    row = found.rows.iloc[0]
    wanted = ["so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "loai_dat_1", "so_phat_hanh", "ho_ten", "so_giay_to"]
    assert row[wanted].tolist() == ["12", "345", "300", "ONT", "BA 123456", "Nguyễn Văn Mẫu", "038085990001"]
    limits = found.extra["han_che_quyen"]
    assert limits[["so_thu_tu_thua", "noi_dung_han_che"]].to_numpy().tolist() == [["345", "Hành lang an toàn"]]
    assert set(found.extra["unknown_element"]["path"]) == {"DC_THUADAT/DANGTRANHCHAP", "QH_KHAC"}


def test_json_of_vbdlis(tmp_path):
    body = [
        {
            "thuaDatId": 1, "xaId": "15712", "soHieuToBanDo": 12, "soThuTuThua": 345, "dienTich": 300.5, "version": 2,
            "ListMucDichSuDung": [
                {
                    "soThuTuMucDichSuDung": 1, "maMucDichSuDung": "ONT", "dienTich": 200,
                    "ListNguonGocDat": [{"nguonGoc": "CNQ-CTT"}],
                },
                {"soThuTuMucDichSuDung": 2, "maMucDichSuDung": "CLN", "dienTich": 100.5},
            ],
        }
    ]  # fmt: skip
    path = tmp_path / "thua.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    found = read(path, "shp_vbdlis")
    row = found.rows.iloc[0][["ma_xa", "so_thu_tu_thua", "dien_tich", "loai_dat_1", "nguon_goc_1", "loai_dat_2"]]
    assert row.tolist() == ["15712", "345", "300.5", "ONT", "CNQ-CTT", "CLN"]
    assert found.extra["unknown_element"]["path"].tolist() == ["version"]


@pytest.mark.parametrize("content", ["", "{", "[]", '"a"', '{"a": 1}', "[" * 100_000, '{"thuaDatId": NaN}'])
def test_json_that_is_no_register_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(ReadError, match=r"a\.json"):
        read(tmp_path / "a.json", "shp_vbdlis")
