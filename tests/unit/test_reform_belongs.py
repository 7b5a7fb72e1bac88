"""What goes along with the parcels of a commune that is divided: all who hold, not only the first of them."""

import pandas as pd

import schemas
from pipelines.reform.belongs import sides

HERE, THERE = "15670.E2025A.1.1.1", "15670.E2025A.1.1.2"


def frames(**rows: list[dict[str, str]]) -> dict[str, pd.DataFrame]:
    """Return layers with all columns that name other rows."""
    columns: dict[str, list[str]] = {}
    for layer, column, others in schemas.references():
        columns.setdefault(layer, [f"{layer}_id", "thua_key"]).append(column)
        for other in others:
            columns.setdefault(other, [f"{other}_id"])
    return {
        layer: pd.DataFrame(rows.get(layer, []), columns=list(dict.fromkeys(names)), dtype="string")
        for layer, names in columns.items()
    }


def went(layers: dict[str, pd.DataFrame], layer: str) -> tuple[list[str], list[str]]:
    """Return the ids of the rows that go with the first parcel, and of those that stay."""
    goes, stays = sides(layers, pd.Series([HERE], dtype="string"), is_whole=False)[layer]
    ids = layers[layer][f"{layer}_id"]
    return ids[goes].tolist(), ids[stays].tolist()


def test_every_member_of_a_household_goes_with_its_right() -> None:
    layers = frames(
        quyen_su_dung_dat=[{"thua_key": HERE, "chu_id": "ho-1"}, {"thua_key": THERE, "chu_id": "cn-3"}],
        ho_gia_dinh=[{"ho_gia_dinh_id": "ho-1", "chu_ho_id": "cn-1", "thanh_vien_id": "cn-1; cn-2;cn-3"}],
        ca_nhan=[{"ca_nhan_id": f"cn-{number}"} for number in (1, 2, 3, 4)],
    )
    assert went(layers, "ca_nhan") == (["cn-1", "cn-2", "cn-3"], ["cn-3", "cn-4"])


def test_all_parties_of_a_mortgage_go_with_it() -> None:
    parties = {
        "chu_id": "tc-1",
        "chu_khac_id": "tc-2;tc-3",
        "ben_the_chap_khac_id": "cn-1;cn-2",
        "ben_bao_lanh_id": "cn-3",
    }
    layers = frames(
        tai_san_bao_dam=[{"giao_dich_bao_dam_id": "bd-1", "thua_key": HERE}],
        giao_dich_bao_dam=[{"giao_dich_bao_dam_id": "bd-1", **parties}],
        ca_nhan=[{"ca_nhan_id": f"cn-{number}"} for number in (1, 2, 3)],
        to_chuc=[{"to_chuc_id": f"tc-{number}"} for number in (1, 2, 3, 4)],
    )
    assert went(layers, "ca_nhan") == (["cn-1", "cn-2", "cn-3"], [])
    assert went(layers, "to_chuc") == (["tc-1", "tc-2", "tc-3"], ["tc-4"])


def test_an_asset_is_where_its_parcel_is_whoever_names_it() -> None:
    layers = frames(
        tai_san=[{"tai_san_id": "ts-1", "thua_key": THERE}],
        tai_san_bao_dam=[{"giao_dich_bao_dam_id": "bd-1", "thua_key": HERE, "tai_san_id": "ts-1"}],
        giao_dich_bao_dam=[{"giao_dich_bao_dam_id": "bd-1"}],
    )
    assert went(layers, "tai_san") == ([], ["ts-1"])
