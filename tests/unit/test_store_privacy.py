"""No name and no number of a person in what leaves the office or stands in the log, after a transfer of land."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import safety, vault
from pipelines import store as land
from pipelines.cli.app import app
from pipelines.cli.register import draw_preview
from pipelines.province import files as province
from pipelines.publish import files as publish
from pipelines.settings import Settings
from tests.unit import held
from tests.unit.changes import registered
from tests.unit.deliveries import NAMES, NUMBERS, ZONE
from tests.unit.test_publish import everything

BUYER, NUMBER, DEAL = "Người Mua Bịa Đặt", "038090000123", "HĐ 7/riêng"
SECRETS = (BUYER, NUMBER, DEAL, *NAMES, *NUMBERS)


@pytest.fixture
def sold(url: str, safe: vault.Vault, tmp_path: Path) -> str:
    """Return the address of a store in which a parcel got a new holder, and one was asked for in vain."""
    held.fill(url, safe)
    with land.open_store(url, srid=ZONE) as store:
        seen = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")["row_hash"]
        package = {
            "giao_dich_id": "CN-1", "loai_bien_dong": "CN", "ma_xa": held.COMMUNE, "ky_dia_gioi": held.ERA,
            "ngay_hieu_luc": held.DAY, "based_on": {held.key(1): str(seen[held.key(1)])},
            "noi_dung": {"noi_dung": DEAL},
            "edits": [
                {"layer": "ca_nhan", "add": [{"ca_nhan_id": "c9", "ho_ten": BUYER, "nam_sinh": 1990}]},
                {"layer": "giay_to_tuy_than",
                 "add": [{"giay_to_id": "gt9", "ca_nhan_id": "c9", "loai_giay_to": "5", "so_giay_to": NUMBER}]},
                {"layer": "quyen_su_dung_dat", "end": [{"quyen_id": "q1"}],
                 "add": [{"quyen_id": "q-9", "thua_key": held.key(1), "loai_doi_tuong": "ca_nhan", "chu_id": "c9",
                          "giay_chung_nhan_id": "g1", "hinh_thuc_su_dung": "rieng"}]},
            ],
        }  # fmt: skip
        assert registered(store, tmp_path, package).is_new
    (tmp_path / "s.yaml").write_text(json.dumps({"store": url, "home": str(tmp_path)}), encoding="utf-8")
    return url


def told(tmp_path: Path, *command: object) -> str:
    """Return what a command prints."""
    call = ["--config", str(tmp_path / "s.yaml"), *map(str, command)]
    return CliRunner().invoke(app, call, catch_exceptions=False).stdout


def test_who_may_see_holders_sees_the_new_one(sold: str, tmp_path: Path) -> None:
    text = told(tmp_path, "parcel", held.key(1), "--holders")
    assert BUYER in text and NUMBER not in text


def test_what_is_told_without_holders_names_nobody(sold: str, tmp_path: Path) -> None:
    commands = [
        ("parcel", held.key(1)), ("parcel", held.key(1), "--json"), ("history", held.key(1)), ("change", "log"),
        ("change", "log", "--json"), ("diff", held.COMMUNE, 0), ("diff", held.COMMUNE, 0, "--public", "--json"),
        ("feed", "--out", tmp_path / "feed.ndjson"), ("check-store", "--json"),
    ]  # fmt: skip
    said = {command: told(tmp_path, *command) for command in commands}
    assert "CN-1" in said["change", "log"]
    said["feed",] = (tmp_path / "feed.ndjson").read_text(encoding="utf-8")
    assert held.key(1) in said["feed",]
    assert {(command, secret) for command, text in said.items() for secret in SECRETS if secret in text} == set()


def test_files_of_a_difference_name_nobody(sold: str, tmp_path: Path) -> None:
    out = tmp_path / "difference"
    out.mkdir()
    for kind in ([], ["--public"]):
        told(
            tmp_path,
            "diff",
            held.COMMUNE,
            0,
            "--out",
            out / f"d{len(kind)}.csv",
            "--map",
            out / f"d{len(kind)}.html",
            *kind,
        )
        told(
            tmp_path,
            "diff",
            held.COMMUNE,
            0,
            "--out",
            out / f"d{len(kind)}.xlsx",
            "--gpkg",
            out / f"d{len(kind)}.gpkg",
            *kind,
        )
    assert len(list(out.iterdir())) == 8
    written = everything(out)
    assert held.key(1) in written
    assert [secret for secret in SECRETS if secret in written] == []


def test_a_release_names_nobody(sold: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "office", store=sold)
    province.execute(settings.home, settings)
    publish.execute(settings.home, settings, preview=draw_preview)
    written = everything(settings.home)
    assert held.key(1) in written
    assert [secret for secret in SECRETS if secret in written] == []


def test_the_land_tables_and_the_manifest_of_a_backup_name_nobody(sold: str, tmp_path: Path) -> None:
    with land.open_reader(sold) as store:
        tables = [name for schema, name in store.columns() if not schema]
        text = "".join(store.frame(f"SELECT * FROM {name}").to_csv() for name in tables)
    assert held.key(1) in text
    text += safety.back_up(sold, tmp_path / "b.zip", verify=False).text()
    assert [secret for secret in SECRETS if secret in text] == []
