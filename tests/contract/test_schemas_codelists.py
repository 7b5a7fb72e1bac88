import re
import unicodedata

import pytest

import schemas

KEYS = {
    "admin_units": ["era", "code"],
    "admin_crosswalk": ["old_era", "old_code", "new_era", "new_code"],
    "land_use_crosswalk": ["old_code"],
    "so_phat_hanh": ["loai_giay_chung_nhan"],
    "tolerances": ["scale"],
    "crs_operations": ["id"],
}
LISTS = schemas.codelists()


@pytest.mark.parametrize("name", LISTS)
def test_every_list_says_since_when_and_by_which_law(name):
    assert {"valid_from", "valid_to", "legal_ref"} <= set(schemas.codelist(name).columns)


@pytest.mark.parametrize("name", LISTS)
def test_a_key_is_given_once_at_any_time(name):
    rows = schemas.codelist(name).sort_values([*KEYS.get(name, ["code"]), "valid_from"])
    key = rows[KEYS.get(name, ["code"])].agg("\x1f".join, axis=1)
    assert (key.str.strip("\x1f") != "").all()
    following = rows["valid_from"].shift(-1).where(key == key.shift(-1))
    overlapping = following.notna() & ((rows["valid_to"] == "") | (rows["valid_to"] >= following.fillna("")))
    assert key[overlapping].tolist() == []


@pytest.mark.parametrize("name", LISTS)
def test_dates_are_dates_in_order_and_text_is_composed(name):
    rows = schemas.codelist(name)
    for column in ("valid_from", "valid_to"):
        assert rows[column].str.fullmatch(r"(\d{4}-\d{2}-\d{2})?").all()
    closed = rows[(rows["valid_from"] != "") & (rows["valid_to"] != "")]
    assert (closed["valid_from"] <= closed["valid_to"]).all()
    text = "".join(rows.astype(str).to_numpy().ravel())
    assert unicodedata.is_normalized("NFC", text)
    assert "Ð" not in text


def test_every_land_use_has_both_names_and_a_parent_in_the_list():
    new = schemas.codelist("land_use_new")
    assert len(new) == 67
    assert (new[["name_vi", "name_en", "group"]] != "").all().all()
    assert set(new["parent"]) - {""} <= set(new["code"])
    assert new["rgb"].str.fullmatch(r"(#[0-9a-f]{6})?").all()
    assert (schemas.codelist("land_use_old")[["name_vi", "name_en"]] != "").all().all()


def test_every_old_land_use_leads_to_new_ones():
    crosswalk = schemas.codelist("land_use_crosswalk")
    assert set(schemas.codelist("land_use_old")["code"]) <= set(crosswalk["old_code"])
    targets = {code for text in crosswalk["new_code"] for code in re.split(r"[|+]", text) if code}
    assert targets <= set(schemas.codelist("land_use_new")["code"])
    assert set(crosswalk["mode"]) == {"auto", "auto_review", "address", "human"}
    automatic = crosswalk[crosswalk["mode"] == "auto"]
    assert not automatic["new_code"].str.contains("[|+]|^$").any()


def test_every_commune_of_early_2025_leads_to_one_of_today():
    units, crosswalk = schemas.codelist("admin_units"), schemas.codelist("admin_crosswalk")
    old = set(units.loc[units["era"] == "E2025A", "code"])
    new = set(units.loc[units["era"] == "E2025B", "code"])
    assert (len(old), len(new)) == (547, 166)
    assert set(crosswalk["old_code"]) == old
    assert set(crosswalk["new_code"]) == new
    assert new <= old
    split = crosswalk.groupby("old_code")["split"].first()
    assert (split == "1").sum() == 10
    targets = crosswalk.groupby("old_code")["new_code"].nunique()
    assert (targets[split[split == "0"].index] == 1).all()


def test_a_reused_commune_code_means_different_communes_in_two_eras():
    units = schemas.codelist("admin_units").set_index(["era", "code"])["name"]
    assert units["E2025A", "15271"] == "Thị trấn Hà Trung"
    assert units["E2025B", "15271"] == "Xã Hà Trung"


def test_every_unit_lies_in_a_district_or_has_none_any_more():
    units, districts = schemas.codelist("admin_units"), schemas.codelist("districts")
    assert set(units["district"]) - {""} <= set(districts["code"])
    assert (units.loc[units["era"] == "E2025B", "district"] == "").all()
    counts = units[units["district"] != ""].groupby("district").size().astype(str)
    assert counts.to_dict() == districts[districts["communes"] != ""].set_index("code")["communes"].to_dict()


@pytest.mark.parametrize(
    ("kind", "serial"),
    [("2", "Đ 123456"), ("1", "AĐ 266864"), ("6", "BĐ 000001"), ("11", "CĐ 123456"), ("98", "AA 00000001")],
)
def test_serials_follow_their_pattern(kind, serial):
    patterns = schemas.codelist("so_phat_hanh").set_index("loai_giay_chung_nhan")["pattern"]
    assert re.fullmatch(patterns[kind], serial)


def test_tolerances_grow_with_the_scale():
    rows = schemas.codelist("tolerances").sort_values("scale", key=lambda column: column.astype(int))
    assert rows["scale"].tolist() == ["200", "500", "1000", "2000", "5000", "10000"]
    for column in ("boundary_point_m", "relative_m"):
        assert rows[column].astype(float).is_monotonic_increasing


def test_the_campaign_form_and_its_source_profile_agree():
    form = schemas.codelist("campaign_pl3_01")
    letters = schemas.source("dxf_pl3_01")["register"]["letters"]
    assert len(form) == 49
    assert letters == form[form["column"] != ""].set_index("column")["code"].to_dict()


def test_the_levels_and_the_drawing_profile_agree():
    levels = schemas.codelist("dgn_levels")
    roles = schemas.source("dgn_tt26_2024")["drawing"]["roles"]
    for role, numbers in roles.items():
        assert sorted(numbers) == sorted(levels.loc[levels["role"] == role, "code"])
    assert set(levels.loc[levels["polygonise"] == "1", "code"]) == set(roles["boundary"])
