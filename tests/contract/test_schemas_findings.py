import re
import string
import unicodedata

import jsonschema
import pytest

import schemas
from pipelines import sources

REBUILT = (
    "invalid",
    "empty",
    "duplicate_key",
    "duplicate_geometry",
    "overlap",
    "missing_number",
    "outside_commune",
    "without_record",
)
FIELDS = {"value", "limit", "detail", "other_id"}
SOURCE_COLUMNS = set(schemas._file("spellings.yaml")["parcels"]) | set(schemas._file("spellings.yaml")["register"])


@pytest.mark.parametrize(("code", "entry"), schemas.findings().items())
def test_every_finding_speaks_both_languages(code, entry):
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", code)
    assert set(entry) == {"title_vi", "title_en", "vi", "en", "unit", "legal_ref", "remedy_vi", "remedy_en"}
    for part in ("title_vi", "title_en", "vi", "en", "remedy_vi", "remedy_en"):
        assert entry[part].strip(), part
        assert unicodedata.is_normalized("NFC", entry[part])
    assert entry["unit"] in {None, "m", "m2", "count"}
    used = {
        language: {name for _, name, _, _ in string.Formatter().parse(entry[language]) if name}
        for language in ("vi", "en")
    }
    assert used["vi"] == used["en"] <= FIELDS
    assert not (used["vi"] & {"value", "limit"}) or entry["unit"], "a number without a unit"


@pytest.mark.parametrize("name", schemas.profiles())
def test_a_profile_speaks_of_every_finding_and_of_no_other(name):
    rules = schemas.profile(name)
    assert set(rules) == set(schemas.findings())
    for code, rule in rules.items():
        assert set(rule) == {"severity", "grade"}, code
        assert rule["severity"] in {"error", "warning", "info"}
        assert rule["grade"] in set(schemas.codelist("xep_loai")["code"])


def test_the_grades_are_those_of_the_campaign():
    rules = schemas.profile("acceptance")
    rebuilt = {code for code, rule in rules.items() if rule["grade"] == "3"}
    assert rebuilt == {f"thua_dat.{slug}" for slug in REBUILT}
    assert {code for code, rule in rules.items() if rule["grade"] == "2b"} == {
        c for c in rules if c.startswith("giay_to.")
    }
    assert all(rule["severity"] == "info" for rule in rules.values() if rule["grade"] == "1")
    assert all(rules[code]["severity"] == "error" for code in rebuilt)


@pytest.mark.parametrize("name", schemas.sources())
def test_a_source_profile_names_known_columns_and_roles(name):
    source = schemas.source(name)
    assert set(source["title"]) == {"vi", "en"}
    assert source["formats"]
    for section in ("parcels", "register"):
        columns = (source.get(section) or {}).get("columns") or {}
        assert set(columns) <= SOURCE_COLUMNS | {"dien_tich_phap_ly"}
        for spellings in columns.values():
            if isinstance(spellings, dict):
                assert re.compile(spellings["regex"]).groups == 1
                assert spellings["from"]
            else:
                assert spellings
    if source["drawing"]:
        levels = [level for entries in source["drawing"]["roles"].values() for level in entries]
        assert len(levels) == len(set(levels)), "a level has one role"
        new = set(schemas.codelist("land_use_new")["code"])
        assert set(source["drawing"]["ground_objects"].values()) <= new
        assert set(source["drawing"]["ground_objects"]) <= set(source["drawing"]["roles"]["boundary"])


@pytest.mark.parametrize(
    ("identifier", "sheet", "number"),
    [("354000ZI0051", "ZI", "51"), ("3540000A0007", "A", "7"), ("354000AB1203", "AB", "1203")],
)
def test_sheet_and_parcel_come_out_of_a_french_identifier(identifier, sheet, number):
    columns = schemas.source("edigeo")["parcels"]["columns"]
    assert re.match(columns["so_hieu_to_ban_do"]["regex"], identifier)[1] == sheet
    assert re.match(columns["so_thu_tu_thua"]["regex"], identifier)[1] == number


def test_the_package_schema_lists_the_eras_profiles_and_encodings_there_are():
    schema = schemas.package_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    properties, file = schema["properties"], schema["properties"]["files"]["items"]["properties"]
    assert properties["era"]["enum"] == schemas.codelist("ky_dia_gioi")["code"].tolist()
    assert properties["map_type"]["enum"] == schemas.codelist("loai_ban_do")["code"].tolist()
    assert properties["profile"]["enum"] == file["profile"]["enum"] == schemas.sources()
    assert file["encoding"]["enum"] == schemas.codelist("encodings")["code"].tolist()


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.dgn", "a/../../x", "C:/x.dgn", "a\\b.dgn"])
def test_a_path_cannot_lead_out_of_the_package(path):
    file = {"path": path, "role": "drawing"}
    validator = jsonschema.Draft202012Validator(schemas.package_schema()["properties"]["files"]["items"])
    assert not validator.is_valid(file)
    assert validator.is_valid(file | {"path": "ban_do/to_12.dgn"})


@pytest.mark.parametrize("name", ["dgn_tt26_2024", "dxf_pl3_01", "shp_vbdlis"])
def test_a_dbf_register_with_names_cut_to_ten_characters_is_understood(name):
    columns = schemas.source(name)["register"]["columns"]
    cut = {column: "".join(part.capitalize() for part in column.split("_"))[:10] for column in columns}
    wanted = {column: field for column, field in cut.items() if not column.endswith("_gcn")}
    found = sources.columns(columns, wanted.values())
    assert {column: found[column].name for column in wanted} == wanted
    assert not {column for column in found if column.endswith("_gcn")}


@pytest.mark.parametrize("name", ["dgn_tt26_2024", "dxf_pl3_01", "shp_vbdlis"])
def test_the_headings_of_the_campaign_form_are_understood(name):
    form = schemas.codelist("campaign_pl3_01")
    wanted = form[form["column"] != ""].set_index("column")["name_vi"].to_dict()
    found = sources.columns(schemas.source(name)["register"]["columns"], form["name_vi"])
    assert {column: taken.name for column, taken in found.items()} == wanted
