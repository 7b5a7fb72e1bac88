import doctest

import pandas as pd
import pytest

from pipelines import codes


def texts(*values):
    return pd.Series(values, dtype="string")


@pytest.mark.parametrize(
    ("recorded", "urban", "code", "scheme", "mode"),
    [
        ("ONT", False, "ONT", "TT08/2024", "current"),
        ("ont", False, "ONT", "TT08/2024", "current"),
        ("LUA", False, "LUA", "TT08/2024", "current"),
        ("DTL", False, "DTL", "TT08/2024", "current"),
        ("ONT+CLN", False, "ONT+CLN", "TT08/2024", "current"),
        ("ONT, CLN", False, "ONT+CLN", "TT08/2024", "current"),
        ("BHK", False, "HNK", "TT25/2014", "legacy"),
        ("ONT+BHK", False, "ONT+HNK", "TT25/2014", "legacy"),
        ("LUN", False, None, "TT25/2014", "ambiguous"),
        ("TQ", False, None, "TT25/2014", "ambiguous"),
        ("T", False, "ONT", "TT25/2014", "legacy"),
        ("T", True, "ODT", "TT25/2014", "legacy"),
        ("SKX", False, None, "TT25/2014", "ambiguous"),
        ("DTS", False, None, "TT25/2014", "ambiguous"),
        ("1L", False, None, "TT25/2014", "ambiguous"),
        ("T+V", False, None, "TT25/2014", "ambiguous"),
        ("NNP", False, None, "TT08/2024", "ambiguous"),
        ("XYZ", False, None, "unknown", "unknown"),
        ("ONT+XYZ", False, None, "unknown", "unknown"),
        ("Đất ở tại nông thôn", False, "ONT", "TT08/2024", "current"),
        ("dat o tai nong thon", False, "ONT", "TT08/2024", "current"),
        ("Đất bằng trồng cây hàng năm khác", False, "HNK", "TT25/2014", "legacy"),
    ],
)
def test_land_use(recorded, urban, code, scheme, mode):
    found = codes.land_use(texts(recorded), urban=urban).iloc[0]
    assert (None if found["code"] is pd.NA else found["code"], found["scheme"], found["mode"]) == (code, scheme, mode)


def test_a_missing_land_use_is_missing_and_not_unknown():
    assert codes.land_use(texts(None, ""), urban=False).isna().all().all()


def test_codes_under_review_list_their_candidates_and_are_not_converted():
    found = codes.land_use(texts("SKX", "LUN", "ONT+SKX", "TQ", "V", "BHK"), urban=False)
    assert found["candidates"].tolist() == ["SKC / SKS", "LUK", "ONT + SKC / SKS", "ONT / ODT+CLN", pd.NA, pd.NA]
    assert found["code"].tolist()[:5] == [pd.NA] * 5


@pytest.mark.parametrize(
    ("date", "code", "scheme", "mode", "candidates"),
    [
        ("2024-07-31", "DTL", "TT25/2014", "legacy", "DTL / DCT / DPC"),
        ("2024-08-01", "DTL", "TT08/2024", "current", None),
        (None, "DTL", "TT08/2024", "current", None),
    ],
)
def test_the_same_letters_meant_more_before_the_list_changed(date, code, scheme, mode, candidates):
    assert codes.translate("DTL", urban=False, date=date) == codes.LandUse(code, scheme, mode, candidates)


def test_a_code_of_both_lists_belongs_to_the_one_of_its_day():
    assert codes.translate("ONT+CLN", urban=False, date="2020-01-01").scheme == "TT25/2014"
    assert codes.translate("ONT+CLN", urban=False, date="2020-01-01").mode == "current"
    assert codes.translate("HNK", urban=False, date="2020-01-01").mode == "current"


def test_groups_follow_the_main_code():
    assert codes.groups(texts("ONT+CLN", "CLN", "BCS", None)).tolist() == ["PNN", "NNP", "CSD", pd.NA]


def test_origins_in_words():
    words = texts(
        "Công nhận QSDĐ như giao đất có thu tiền sử dụng đất",
        "CNQSDĐ như giao đất không thu tiền sử dụng đất",
        "cnq-ktt",
        "Nhà nước giao đất để quản lý",
        "mua của ông A",
    )
    assert codes.origins(words).tolist() == ["CNQ-CTT", "CNQ-KTT", "CNQ-KTT", "DG-QL", pd.NA]


def test_terms():
    found = codes.terms(
        texts("Lâu dài", "50 năm", "50", "Đến ngày 15/10/2063", "15-10-2063", "Đến ngày 31/02/2063", None)
    )
    assert found["thoi_han"].tolist()[:5] == [
        "Lâu dài",
        "50 năm",
        "50 năm",
        "Đến ngày 15/10/2063",
        "Đến ngày 15/10/2063",
    ]
    assert found["ngay_het_han"].tolist() == [pd.NA, pd.NA, pd.NA, "2063-10-15", "2063-10-15", pd.NA, pd.NA]
    nowhere = codes.terms(texts("Đến ngày 12/03/0000", " "))
    assert nowhere.fillna("").to_numpy().tolist() == [["Đến ngày 12/03/0000", ""], ["", ""]]


def test_kinds_roles_and_forms():
    assert codes.holder_kinds(texts("Hộ gia đình", "vợ chồng", "Đồng sử dụng", "?")).tolist() == [
        "ho_gia_dinh", "vo_chong", "nhom_nguoi", pd.NA,
    ]  # fmt: skip
    assert codes.roles(texts("Chủ hộ", "VỢ", "Người đại diện")).tolist() == ["chu_ho", "vo", "nguoi_dai_dien"]
    assert codes.shared_use(texts("Sử dụng riêng", "chung")).tolist() == ["rieng", "chung"]


def test_a_school_is_an_organisation_and_mr_truong_is_none():
    holders = texts("Trường Tiểu học", "Trương Văn Mẫu", "UBND xã", "Đoàn Thị Mẫu", "Chùa Làng", None)
    assert codes.is_organisation(holders).tolist() == [True, False, True, False, True, False]
    assert codes.is_community(holders).tolist() == [False, False, False, False, True, False]


def test_doctests():
    assert doctest.testmod(codes).failed == 0
