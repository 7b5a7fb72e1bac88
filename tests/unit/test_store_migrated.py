"""A database of the first version, migrated: every command does its work on it."""

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.load import run
from tests.stores import in_files
from tests.unit.changes import body, box, child, drawn, key, name, written
from tests.unit.deliveries import NUMBERS, ZONE
from tests.unit.desks import Desk
from tests.unit.states import first_version

HALVES = [child(box(0, 8)), child(box(8, 20))]


@pytest.fixture
def desk(
    url: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    """Return an office whose database is of the first version, with a key that is known here."""
    first_version(home)
    safe = key(tmp_path)
    numbers = pd.Series(NUMBERS)
    sealed = zip(safe.seal(numbers), safe.fingerprint(numbers), ("g1", "g2", "g3"), strict=True)
    with sqlite3.connect(home / "holders.sqlite") as holders:
        holders.executemany(
            "UPDATE giay_to_tuy_than SET loai_giay_to = '9', so_giay_to_ma_hoa = ?, so_giay_to_bam = ? "
            "WHERE giay_to_id = ?",
            sealed,
        )
        holders.execute("UPDATE khoa SET check_value = ?", (safe.check_value,))
    holders.close()
    return Desk(url, tmp_path, monkeypatch, capsys)


@in_files
def test_every_command_works_on_a_migrated_database(desk: Desk) -> None:
    def says(*words: object) -> str:
        code, out, err = desk.says(*words)
        assert (code, err) == (0, ""), (words, err)
        return out

    folder, home = desk.folder, desk.home
    assert desk.says("history", name(2))[0] == 2
    assert "1 → " in says("migrate")
    assert len(says("history", name(2)).splitlines()) >= 2
    assert json.loads(says("as-of", "2025-06-20", "--json"))["parcels"] == 3
    assert name(2) in says("parcel", name(2), "--holders")
    assert "1" in says("diff", "15670", "1", "2", "--json")
    says("diff", "15670", "--out", folder / "diff.xlsx", "--map", folder / "diff.html", "--gpkg", folder / "diff.gpkg")
    says("feed", "--out", folder / "feed.ndjson")
    assert len((folder / "feed.ndjson").read_text("utf-8").splitlines()) >= 4
    says("change", "draft", "TN", name(2), "--out", folder / "goi")
    with land.open_reader(desk.url) as store:
        package = written(folder, body(store, (1,), thua_dat=HALVES))
    assert "may be written" in says("change", "check", package)
    assert "release 3" in says("change", "apply", package)
    assert len(says("change", "log").splitlines()) == 2  # the change, and the question before the migration
    says("link")
    says("link", "--batch", folder / "batch.csv")
    assert "038180123456" in (folder / "batch.csv").read_text("utf-8-sig")
    says("reform", "plan", "--out", folder / "plan.xlsx")
    assert json.loads(says("rollback", "15670", "2"))["release_id"] == 4
    with land.open_reader(desk.url) as store:
        assert sorted(land.current(store, "thua_dat", ZONE)["so_thu_tu_thua"]) == ["1", "2", "4"]
    says("backup", "--out", folder / "backup.zip")
    assert "sound" in says("restore", folder / "backup.zip", "--to", f"gpkg:{folder / 'elsewhere'}")
    assert "sound" in says("check-store")
    says("step", "province")
    says("publish")
    (commune,) = json.loads((home / "release/manifest.json").read_text("utf-8"))["communes"]
    assert commune["parcels"] == 3


@in_files
def test_a_migrated_database_is_loaded_into(desk: Desk) -> None:
    assert desk.says("migrate")[0] == 0
    with land.open_store(desk.url, srid=ZONE) as store:
        receipt = run(drawn(4, date="2025-07-02", sha256="c" * 64), store, vault.open_vault(desk.folder / "holder.key"))
        assert (receipt.release_id, receipt.added, receipt.parcels) == (3, 1, 4)
        codes = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")["ma_dinh_danh_thua"]
    assert codes[name(1)] == "w7e0ss4d7xcn" and codes.notna().all()
