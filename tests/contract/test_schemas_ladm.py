"""Every layer has its place in LADM, and every attribute of the exchange goes somewhere that exists, or is named."""

from pathlib import Path

import schemas
from schemas.dictionary import exchange, ladm

PAGE = (Path(schemas.ROOT).parent / "docs" / "ladm.md").read_text(encoding="utf-8")
LAYERS = schemas.layers()


def test_every_layer_says_what_it_is_in_ladm_and_the_page_names_both():
    for name, layer in LAYERS.items():
        assert layer["x-ladm"], name
        assert f"`{name}`" in PAGE, name
        assert layer["x-ladm"] in PAGE, layer["x-ladm"]
        assert f"| {layer['x-ladm']} | `{name}` |" in ladm()


def test_every_column_the_exchange_goes_to_is_there():
    listed = schemas.codelist("hosoxml")
    goes = listed.loc[listed["column"] != "", "column"]
    assert len(goes) > 200
    for place in set(goes):
        layer, _, column = place.partition(".")
        assert column in LAYERS[layer]["properties"], place


def test_an_entity_of_which_nothing_is_stored_is_named_on_the_page():
    listed = schemas.codelist("hosoxml")
    leaves = listed.loc[~listed["type"].isin(["entity", "container"]) & (listed["entity"] != "HoSoXml")]
    silent = leaves.groupby("entity")["column"].agg(lambda columns: (columns == "").all())
    assert silent.any()
    for entity in silent.index[silent]:
        assert entity in PAGE, entity
    assert all(f"`{entity}`" in exchange() for entity in silent.index)
