import subprocess
import sys

import pytest

import schemas
from schemas import ddl
from schemas.resolve import codes, resolved


def test_importing_the_package_does_not_import_pandas():
    command = "import schemas, sys; sys.exit('pandas' in sys.modules or 'geopandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


def test_code_lists_are_text_with_empty_cells():
    communes = schemas.codelist("admin_units")
    assert communes.dtypes.astype(str).isin({"object", "str", "string"}).all()
    assert not communes.isna().any().any()
    assert (communes.loc[communes["era"] == "E2025B", "valid_to"] == "").all()


def test_what_a_loader_returns_belongs_to_the_caller():
    grades = schemas.codelist("xep_loai")
    grades["code"] = "x"
    schemas.layer("thua_dat")["properties"].clear()
    schemas.findings()["thua_dat.overlap"].clear()
    schemas.profile("acceptance").clear()
    schemas.source("edigeo")["parcels"].clear()
    schemas.package_schema().clear()
    assert schemas.codelist("xep_loai")["code"].tolist() == ["1", "2a", "2b", "3"]
    assert "ma_xa" in schemas.layer("thua_dat")["properties"]
    assert schemas.findings()["thua_dat.overlap"]["unit"] == "m2"
    assert schemas.profile("acceptance")["thua_dat.overlap"]["severity"] == "error"
    assert schemas.source("edigeo")["parcels"]["layer"] == "^PARCELLE_id$"
    assert schemas.package_schema()["required"]


@pytest.mark.parametrize("load", [schemas.codelist, schemas.layer, schemas.profile, schemas.source])
def test_an_unknown_name_is_answered_with_those_that_exist(load):
    with pytest.raises(KeyError, match=r"there are .*\w"):
        load("khong_co")


def test_a_source_gets_the_common_spellings_behind_its_own():
    columns = schemas.source("dxf_pl3_01")["register"]["columns"]
    assert "Số thứ tự thửa BĐĐC" in columns["so_thu_tu_thua"]
    assert "Diện tích loại đất 1" in columns["dien_tich_1"]


def test_a_source_may_keep_to_its_own_columns():
    assert set(schemas.source("edigeo")["parcels"]["columns"]) == {
        "so_hieu_to_ban_do",
        "so_thu_tu_thua",
        "dien_tich_phap_ly",
    }


def test_public_columns_of_a_parcel_are_those_of_the_api():
    assert schemas.public_columns("thua_dat") == [
        "thua_dat_id",
        "ma_dinh_danh_thua",
        "ma_xa",
        "ky_dia_gioi",
        "loai_ban_do",
        "so_hieu_to_ban_do",
        "so_thu_tu_thua",
        "loai_dat",
        "loai_dat_ghi",
        "nhom_dat",
        "dien_tich_do",
        "dien_tich_nhan",
        "dien_tich",
        "dien_tich_phap_ly",
        "la_doi_tuong_chiem_dat",
        "dia_chi",
        "co_dang_ky",
        "xep_loai",
        "ly_do",
        "ma_xa_moi",
        "can_cu_xa_moi",
        "so_khac",
        "so_hieu_to_ban_do_cu",
        "so_thu_tu_thua_cu",
        "valid_from",
    ]


def test_a_resolved_layer_carries_its_codes_in_both_languages():
    grade = resolved("thua_dat")["properties"]["xep_loai"]
    assert grade["enum"] == ["1", "2a", "2b", "3", None]
    assert grade["x-enum"][0] == {
        "const": "1",
        "title": "Nhóm 1: đúng, đủ, sạch, sống",
        "title:en": "Group 1: right, complete, clean, current",
    }


def test_codes_without_an_english_name_show_the_vietnamese_one():
    assert {entry["title:en"] for entry in codes("dan_toc") if entry["const"] == "1"} == {"Kinh"}


def test_sealed_numbers_have_no_column_in_clear():
    names = [name for name, _ in ddl.columns("giay_to_tuy_than")]
    assert "so_giay_to" not in names
    assert {"so_giay_to_ma_hoa", "so_giay_to_bam", "so_giay_to_che"} <= set(names)


def test_exact_coordinates_have_a_table_per_zone():
    assert ddl.table_name("thua_dat", 5897) == "thua_dat_5897"
    assert ddl.table_name("muc_dich_su_dung", 5897) == "muc_dich_su_dung"
    assert [table.name for table in ddl.spatial_tables(9209)] == [
        "canh_bao_9209",
        "ranh_giay_to_9209",
        "thua_dat_9209",
        "xa_9209",
    ]
