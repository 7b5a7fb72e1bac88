"""A delivery with every layer goes into both stores, comes back as it went, and can be taken back."""

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

import schemas
from pipelines import findings, vault
from pipelines import store as land
from pipelines.cli.app import app
from pipelines.errors import StoreError
from pipelines.load import Delivery, run
from pipelines.normalize import files
from pipelines.parcel_sheet import sheet
from pipelines.settings import Settings
from pipelines.store.tables import holder_tables, layer_table
from tests.stores import in_files
from tests.unit.deliveries import ZONE, delivery
from tests.unit.dossiers import WHOLE
from tests.unit.test_extras import packed

LAND = ("tai_san", "giao_dich", "pha_he_thua", "han_che_quyen", "muc_dich_su_dung", "nguon_goc_dat", "tai_lieu_do_dac")
HOLDERS = (
    "quyen_so_huu_tai_san", "quyen_quan_ly_dat", "quyen_su_dung_dat", "noi_dung_giao_dich", "giao_dich_bao_dam",
    "tai_san_bao_dam", "ngan_chan", "ho_so_quet", "tep_ho_so_quet", "giay_chung_nhan", "ca_nhan", "to_chuc",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    """Return the dossier as normalized, with a verdict."""
    folder = tmp_path_factory.mktemp("whole")
    made = packed(folder, WHOLE)
    files.execute(folder, "15670", Settings(home=folder))
    loose = {path.stem: pd.read_parquet(path) for path in (made / "holders").glob("*.parquet")}
    other = {layer: pd.read_parquet(made / f"{layer}.parquet") for layer in LAND}
    parcels = gpd.read_parquet(made / "thua_dat.parquet")
    grades = pd.DataFrame({"feature_id": parcels["feature_id"], "xep_loai": "1", "ly_do": ""})
    base = replace(delivery(), parcels=parcels, grades=grades, findings=findings.empty(ZONE))
    return replace(base, tables=base.tables | other, holders=loose)


def rows_of(store: land.Store, table) -> pd.DataFrame:
    columns = ", ".join(store.column(name, kind) for name, kind in table.entity)
    return store.frame(f"SELECT {columns} FROM {table.qualified} WHERE tx_to IS NULL ORDER BY version_id")


def texts(frame: pd.DataFrame, layer: str) -> list[dict[str, str]]:
    """Return rows as texts without nulls, in order of their key; numbers as numbers are written."""
    key = schemas.layer(layer)["x-key"]
    ordered = frame.sort_values(key)
    return [
        {
            name: str(float(value)) if isinstance(value, bool | int | float) else str(value)
            for name, value in row.items()
        }
        for row in (line.dropna().to_dict() for _, line in ordered.astype("object").iterrows())
    ]


def test_every_layer_comes_back_as_it_went(url: str, safe: vault.Vault, whole: Delivery) -> None:
    with land.open_store(url, srid=ZONE) as store:
        run(whole, store, safe)
        assert not run(whole, store, safe).is_new
        for layer in LAND:
            there = rows_of(store, layer_table(layer, ZONE))
            assert len(there) > 0, layer
            assert texts(there, layer) == texts(whole.tables[layer], layer), layer
        with store.holders():
            for layer in HOLDERS:
                there = rows_of(store, holder_tables()[layer])
                assert len(there) > 0, layer
                assert texts(there, layer) == texts(whole.holders[layer], layer), layer


def test_a_delivery_that_does_not_speak_of_a_layer_leaves_it(url: str, safe: vault.Vault, whole: Delivery) -> None:
    silent = replace(
        whole,
        sha256="b" * 64,
        tables={name: table for name, table in whole.tables.items() if name not in ("tai_san", "giao_dich")},
        holders={name: table for name, table in whole.holders.items() if name != "giao_dich_bao_dam"},
    )
    with land.open_store(url, srid=ZONE) as store:
        run(whole, store, safe)
        run(silent, store, safe)
        assert len(rows_of(store, layer_table("tai_san", ZONE))) == 7
        assert len(rows_of(store, layer_table("giao_dich", ZONE))) == 1
        assert len(rows_of(store, holder_tables()["giao_dich_bao_dam"])) == 1


def test_what_happened_stays_and_what_is_said_anew_is_replaced(url: str, safe: vault.Vault, whole: Delivery) -> None:
    past = whole.tables["giao_dich"]
    other = past.assign(giao_dich_id="BD-2022-1")
    mended = past.assign(ma_ho_so="HS-2")
    assets = whole.tables["tai_san"].iloc[:1]
    later = replace(whole, sha256="b" * 64, tables=whole.tables | {"giao_dich": other, "tai_san": assets})
    last = replace(whole, sha256="c" * 64, tables=whole.tables | {"giao_dich": mended, "tai_san": assets})
    with land.open_store(url, srid=ZONE) as store:
        first = run(whole, store, safe)
        run(later, store, safe)
        assert set(rows_of(store, layer_table("giao_dich", ZONE))["giao_dich_id"]) == {"BD-2020-5", "BD-2022-1"}
        assert len(rows_of(store, layer_table("tai_san", ZONE))) == 1
        run(last, store, safe)
        told = rows_of(store, layer_table("giao_dich", ZONE)).set_index("giao_dich_id")["ma_ho_so"]
        assert told.to_dict() == {"BD-2020-5": "HS-2", "BD-2022-1": "HS-1"}
        land.rollback(store, "15670", first.release_id)
        assert rows_of(store, layer_table("giao_dich", ZONE))["ma_ho_so"].tolist() == ["HS-1"]
        assert len(rows_of(store, layer_table("tai_san", ZONE))) == 7


def test_personal_layers_are_not_among_those_of_the_land(whole: Delivery) -> None:
    kept = {name: schemas.layer(name)["x-store"] for name in schemas.layers()}
    assert {kept[name] for name in whole.tables} == {"land"}
    assert {kept[name] for name in whole.holders if name in kept} == {"holders"}


def told(url: str, tmp_path: Path, *options: str):
    (tmp_path / "s.yaml").write_text(json.dumps({"store": url}), encoding="utf-8")
    call = ["--config", str(tmp_path / "s.yaml"), "parcel", "15670.E2025A.1.12.345", *options]
    return CliRunner().invoke(app, call, catch_exceptions=False).stdout


PERSONAL = (
    "Nguyễn Văn Mẫu",
    "Lê Thị Mẫu",
    "Vũ Thị Căn Hộ",
    "Ngân hàng",
    "DK-77",
    "HD-9",
    "BA 123456",
    "Tạm dừng",
    "K1",
)


def test_the_sheet_of_a_parcel(url: str, safe: vault.Vault, whole: Delivery, tmp_path: Path) -> None:
    with land.open_store(url, srid=ZONE) as store:
        run(whole, store, safe)
    bare, full = told(url, tmp_path), told(url, tmp_path, "--holders")
    for text in (
        "THỬA ĐẤT / PARCEL  15670.E2025A.1.12.345",
        "CNQ-CTT",
        "Hành lang an toàn",
        "Xưởng",
        "BD-2020-5",
        "NTS",
    ):
        assert text in bare
        assert text in full
    for text in PERSONAL:
        assert text not in bare, text
        assert text in full, text
    assert "Lê Thị Mẫu & Nguyễn Văn Mẫu" in full
    assert "038085990001" not in full
    assert "0001" in full
    found = json.loads(told(url, tmp_path, "--holders", "--json"))["layers"]
    assert len(found["tai_san"]) == 7
    assert found["giao_dich"][0]["loai_bien_dong"] == "TN"
    assert {len(found[layer]) for layer in ("ngan_chan", "giao_dich_bao_dam", "ho_so_quet", "noi_dung_giao_dich")} == {
        1
    }
    assert found["tep_ho_so_quet"][0]["la_giay_chung_nhan"] is True
    assert not [name for rows in found.values() for row in rows for name in row if name.endswith(("_ma_hoa", "_bam"))]
    public = json.loads(told(url, tmp_path, "--json"))["layers"]
    assert {schemas.layer(layer)["x-store"] for layer in public} == {"land"}


def test_a_parcel_that_is_not_there_or_no_more_is_told(url: str, safe: vault.Vault, whole: Delivery) -> None:
    with land.open_store(url, srid=ZONE) as store:
        run(whole, store, safe)
        with pytest.raises(StoreError, match="never held"):
            sheet(store, "15670.E2025A.1.12.999")
        run(replace(whole, parcels=whole.parcels.iloc[:0], sha256="d" * 64), store, safe)
        with pytest.raises(StoreError, match="no longer current"):
            sheet(store, "15670.E2025A.1.12.345")


@in_files
def test_the_sheet_reads_no_table_from_end_to_end(url: str, safe: vault.Vault, whole: Delivery) -> None:
    with land.open_store(url, srid=ZONE) as store:
        run(whole, store, safe)
        asked: list[tuple[str, object]] = []
        plain = store.execute
        store.execute = lambda sql, values=None: asked.append((sql, values)) or plain(sql, values)  # type: ignore[method-assign]
        sheet(store, "15670.E2025A.1.12.345", holders=True)
        plans = [
            str(row[3])
            for sql, values in asked
            if sql.startswith("SELECT")
            for row in plain(f"EXPLAIN QUERY PLAN {sql}", values)
        ]
        assert len(asked) > 15
        assert [
            plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan and "vung_toa_do" not in plan
        ] == []
