import json

import jsonschema
import pytest

import schemas
from schemas.resolve import resolved

EXAMPLES = {path.stem: path for path in (schemas.ROOT / "examples").glob("*.json")}
COUNTEREXAMPLES = {path.stem: path for path in (schemas.ROOT / "counterexamples").glob("*.json")}
DELIVERIES = {**COUNTEREXAMPLES, "clean_delivery": EXAMPLES["clean_delivery"]}
PROVEN = ("thua_dat.", "so_dia_chinh.", "giay_chung_nhan.", "giay_to.")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def errors(schema, instance):
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(instance)]


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) & set(schemas.layers())))
def test_an_example_obeys_its_layer(name):
    assert errors(resolved(name), read(EXAMPLES[name])) == []


def test_every_example_belongs_to_something():
    assert set(EXAMPLES) - set(schemas.layers()) == {"package", "clean_delivery"}


def test_the_example_of_a_package_obeys_its_schema():
    package = read(EXAMPLES["package"])
    assert errors(schemas.package_schema(), package) == []
    assert errors(schemas.package_schema(), package | {"comune": "15670"}) != []


def test_every_finding_of_parcels_records_and_papers_has_a_counterexample():
    assert {code for code in schemas.findings() if code.startswith(PROVEN)} <= set(COUNTEREXAMPLES)


@pytest.mark.parametrize("name", sorted(COUNTEREXAMPLES))
def test_a_counterexample_names_its_finding(name):
    body = read(COUNTEREXAMPLES[name])
    assert body["expect"] == name
    assert name in schemas.findings()
    assert body["step"] in {"normalize", "validate"}
    assert body["why"]["vi"]
    assert body["why"]["en"]


@pytest.mark.parametrize("name", sorted(DELIVERIES))
def test_a_delivery_is_made_of_known_columns_in_one_place(name):
    body = read(DELIVERIES[name])
    parcel_columns = set(schemas.layer("thua_dat")["properties"]) | {"feature_id", "source"}
    row_columns = set(schemas.source("dxf_pl3_01")["register"]["columns"]) | {
        "row_id",
        "source",
        "thua_key",
        "feature_id",
    }
    assert all(set(parcel) <= parcel_columns for parcel in body["parcels"])
    assert all(set(row) <= row_columns for row in body["register"])
    for rows, key in ((body["parcels"], "feature_id"), (body["register"], "row_id")):
        ids = [row[key] for row in rows]
        assert len(ids) == len(set(ids))
    for parcel in body["parcels"]:
        for easting, northing in corners(parcel["geometry"]["coordinates"]):
            assert 559_900 < easting < 560_200
            assert 2_189_900 < northing < 2_190_200


def corners(coordinates):
    if coordinates and isinstance(coordinates[0], float):
        yield coordinates
        return
    for part in coordinates:
        yield from corners(part)
