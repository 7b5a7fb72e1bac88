"""Source profiles: columns and levels under every spelling."""

import pandas as pd
import pytest

import schemas
from pipelines import sources


@pytest.mark.parametrize(
    "name", ["soThuTuThua", "SO_THU_TU_THUA", "Số thứ tự thửa", "so thu tu thua", "Số thứ tự thửa"]
)
def test_all_spellings_fold_to_one(name):
    assert sources.fold(name) == "sothututhua"


def test_the_first_spelling_of_the_profile_wins():
    found = sources.columns({"so": ["SoThua", "STT"], "chu": ["TenChu"]}, ["stt", "SO_THUA", "khac"])
    assert found == {"so": sources.Column("SO_THUA")}


def test_names_cut_to_ten_characters_match_only_when_they_are_cut():
    spellings = {"to": ["SoHieuToBanDo"], "thua": ["SoThuTuThua"]}
    assert set(sources.columns(spellings, ["SoHieuToBa", "SOTHUTUTHU"])) == {"to", "thua"}
    assert sources.columns(spellings, ["SoHieuTo", "SoThuTu"]) == {}


def test_the_shapefile_profile_knows_the_exports_of_vbdlis():
    names = ["OBJECTID", "MaXa", "SoHieuToBa", "SoThuTuThu", "DiaChi", "DienTich", "KyHieuMucD", "TenChu"]
    found = sources.columns(schemas.source("shp_vbdlis")["parcels"]["columns"], names)
    assert {"so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "loai_dat", "ten_chu", "dia_chi", "ma_xa"} <= set(found)


def test_a_column_can_be_taken_out_of_another():
    columns = schemas.source("edigeo")["parcels"]["columns"]
    rows = pd.DataFrame({"IDU": ["354000AB0050", "3540000C0007"], "SUPF": [9690.0, 12.0]})
    taken = sources.take(
        rows,
        sources.columns(columns, rows.columns),
        ["so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich_phap_ly", "ten_chu"],
    )
    assert taken.iloc[:, :3].values.tolist() == [["AB", "50", "9690"], ["C", "7", "12"]]
    assert taken["ten_chu"].isna().all()


def test_a_regex_that_does_not_match_is_null_and_not_the_raw_value():
    rows = pd.DataFrame({"IDU": ["xx"]})
    mapping = {"so": sources.Column("IDU", r"^(\d+)$")}
    assert sources.take(rows, mapping, ["so"])["so"].isna().all()


def test_levels_have_roles_as_number_or_name():
    drawing = schemas.source("dgn_tt26_2024")["drawing"]
    roles = sources.roles_of(pd.Series([10, 13, 63, 46]), drawing)
    assert roles.tolist() == ["boundary", "parcel_number", pd.NA, "commune_outline"]
    dxf = schemas.source("dxf_pl3_01")["drawing"]
    assert sources.roles_of(pd.Series(["RANH_THUA", "nhan thua", "0"]), dxf).tolist() == ["boundary", "label", pd.NA]


def test_keys_are_text_without_leading_zeros():
    assert sources.key_text(pd.Series(["012", " 7 ", "3-2019", "AB", "", "000"])).tolist() == [
        "12",
        "7",
        "3-2019",
        "AB",
        pd.NA,
        "0",
    ]
    assert sources.key_text(pd.Series([12.0, None])).tolist() == ["12", pd.NA]
    assert sources.text_of(pd.Series([12.5, None])).tolist() == ["12.5", pd.NA]
