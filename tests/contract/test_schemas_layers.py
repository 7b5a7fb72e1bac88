import jsonschema
import pytest

import schemas
from schemas.resolve import resolved

LAYERS = schemas.layers()
ENTITIES = (
    "thua_dat",
    "muc_dich_su_dung",
    "nguon_goc_dat",
    "ca_nhan",
    "vo_chong",
    "ho_gia_dinh",
    "to_chuc",
    "cong_dong",
    "nhom_nguoi",
    "giay_to_tuy_than",
    "quyen_su_dung_dat",
    "giay_chung_nhan",
    "han_che_quyen",
    "to_ban_do",
    "tai_lieu_do_dac",
    "xa",
    "ranh_giay_to",
    "canh_bao",
    "ban_phat_hanh",
    "giao_dich",
    "noi_dung_giao_dich",
    "pha_he_thua",
    "tai_san",
    "quyen_so_huu_tai_san",
    "quyen_quan_ly_dat",
    "giao_dich_bao_dam",
    "tai_san_bao_dam",
    "ngan_chan",
    "ho_so_quet",
    "tep_ho_so_quet",
)


def test_every_entity_has_a_layer():
    assert set(LAYERS) == set(ENTITIES)


@pytest.mark.parametrize("name", ENTITIES)
def test_layer_is_a_schema(name):
    jsonschema.Draft202012Validator.check_schema(resolved(name))


@pytest.mark.parametrize("name", ENTITIES)
def test_layer_says_where_it_is_kept_and_what_it_is_called(name):
    entity = LAYERS[name]
    assert entity["x-store"] in {"land", "holders"}
    assert isinstance(entity["x-versioned"], bool)
    assert entity["x-spatial"] in {None, "Polygon", "MultiPolygon", "Geometry"}
    assert entity["x-per-zone"] == bool(entity["x-spatial"])
    assert set(entity["x-key"]) <= set(entity["properties"])
    assert set(entity["required"]) <= set(entity["properties"])
    assert entity["title"]
    assert entity["title:en"]


@pytest.mark.parametrize("name", ENTITIES)
def test_every_property_has_titles_an_order_and_an_access(name):
    properties = LAYERS[name]["properties"]
    for column, definition in properties.items():
        assert column.isascii(), column
        assert column == column.lower()
        assert definition["title"], column
        assert definition["title:en"], column
        assert definition["x-access"] in {"public", "officer", "holder"}, column
    order = [definition["x-ogc-propertySeq"] for definition in properties.values()]
    assert order == sorted(set(order))


@pytest.mark.parametrize("name", ENTITIES)
def test_every_code_list_named_exists(name):
    for definition in LAYERS[name]["properties"].values():
        if "x-codelist" in definition:
            assert {"code", "name_vi", "name_en"} <= set(schemas.codelist(definition["x-codelist"]).columns)


@pytest.mark.parametrize("name", ENTITIES)
def test_areas_carry_their_unit(name):
    for column, definition in LAYERS[name]["properties"].items():
        if column.startswith("dien_tich"):
            assert definition["x-ogc-unit"] == "m2"


@pytest.mark.parametrize("name", [name for name in ENTITIES if LAYERS[name]["x-store"] == "holders"])
def test_nothing_of_a_holder_is_public(name):
    assert schemas.public_columns(name) == []
    assert {definition["x-access"] for definition in LAYERS[name]["properties"].values()} == {"holder"}


def test_no_land_layer_holds_what_only_the_holder_store_may_hold():
    for name in ENTITIES:
        if LAYERS[name]["x-store"] == "land":
            assert all(entry["x-access"] != "holder" for entry in LAYERS[name]["properties"].values())
