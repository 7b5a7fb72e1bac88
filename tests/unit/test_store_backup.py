"""Backup and restore: what goes in comes out, what is damaged or foreign is refused, what was there stays."""

import json
import stat
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import safety, vault
from pipelines import store as land
from pipelines.cli.app import app
from pipelines.errors import StoreError
from pipelines.load import run
from pipelines.safety import archive
from schemas import ddl
from tests.stores import in_files, on_a_server
from tests.unit.deliveries import NUMBERS, ZONE, delivery
from tests.unit.states import first_version, held, state


@pytest.fixture
def filled(url: str, safe: vault.Vault) -> str:
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(20), store, safe)
        run(delivery(18, sha256="b" * 64), store, safe)
        run(delivery(3, ma_xa="15703", shift_m=900), store, safe)
        land.rollback(store, "15670", 1)
    return url


@pytest.fixture
def saved(filled: str, tmp_path: Path) -> Path:
    safety.back_up(filled, tmp_path / "b.zip")
    return tmp_path / "b.zip"


def command(url: str, tmp_path: Path, *arguments: str) -> tuple[int, str, Exception | None]:
    (tmp_path / "s.yaml").write_text(json.dumps({"store": url}), encoding="utf-8")
    told = CliRunner().invoke(app, ["--config", str(tmp_path / "s.yaml"), "--home", str(tmp_path), *arguments])
    return told.exit_code, told.stdout, told.exception


def test_what_goes_in_comes_out_and_the_former_is_set_aside(filled: str, saved: Path, safe: vault.Vault) -> None:
    before = state(filled)
    with land.open_store(filled, srid=ZONE) as store:
        run(delivery(7, sha256="c" * 64), store, safe)
    later = state(filled)
    done = safety.restore(saved, filled, replace=True, account="tester")
    after = state(filled)
    assert after.pop("nhat_ky").rows == 1
    before.pop("nhat_ky")
    assert after == before
    assert held(done.former, filled) == later
    assert safety.examine(filled) == []
    with land.open_store(filled, srid=ZONE) as store:
        told = store.execute("SELECT lenh, nguoi_thuc_hien, ket_qua, goi_sha256 FROM nhat_ky").fetchall()
        assert told == [("restore", "tester", "ghi", archive.sha256(saved))]
        # Numbers go on where they were: nothing is given twice.
        assert run(delivery(7, sha256="c" * 64), store, safe).release_id > 4
        assert run(delivery(7, ma_xa="15704", shift_m=3000), store, safe).added == 7
    assert safety.examine(filled) == []


def test_the_manifest_comes_first_and_tells_no_secret(filled: str, saved: Path, safe: vault.Vault) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with zipfile.ZipFile(saved) as packed:
        assert packed.namelist()[0] == "manifest.json"
        text = packed.read("manifest.json").decode()
    told = json.loads(text)
    assert told["key_check_value"] == safe.check_value
    assert told["schema_version"] == ddl.SCHEMA_VERSION
    assert told["tables"]["thua_dat_5897"]["rows"] == 25
    assert [(one["ma_xa"], one["release_id"]) for one in told["releases"]] == [("15670", 4), ("15703", 3)]
    assert not any(number in text for number in NUMBERS)
    assert list(saved.parent.glob(".*.part-*")) == []


def test_a_store_is_not_overwritten_unasked(filled: str, saved: Path) -> None:
    before = state(filled)
    with pytest.raises(StoreError, match="add --replace"):
        safety.restore(saved, filled, replace=False, account="tester")
    assert state(filled) == before


def test_a_backup_is_never_written_over_another(filled: str, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(StoreError, match="choose another name"):
        safety.back_up(filled, saved)
    assert saved.read_bytes() == before


def test_nothing_there_is_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no land database"):
        safety.back_up(url, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()
    for nothing in (tmp_path / "b.zip", tmp_path):
        with pytest.raises(StoreError, match="cannot be opened"):
            safety.restore(nothing, url, replace=False, account="tester")


@pytest.mark.parametrize("harm", ["cut", "bit", "member", "manifest", "other", "empty"])
def test_a_damaged_or_foreign_backup_is_refused(filled: str, saved: Path, harm: str) -> None:
    before, content = state(filled), bytearray(saved.read_bytes())
    if harm == "cut":
        content = content[:-100]
    elif harm == "bit":
        content[len(content) // 2] ^= 1
    elif harm == "other":
        content = bytearray(b"SQLite format 3\x00" + bytes(100))
    elif harm == "empty":
        content = bytearray()
    saved.write_bytes(content)
    if harm in {"member", "manifest"}:
        _repack(saved, harm)
    with pytest.raises(StoreError, match=r"is damaged or was changed|is no backup of this program"):
        safety.restore(saved, filled, replace=True, account="tester")
    assert state(filled) == before


def _repack(saved: Path, harm: str) -> None:
    with zipfile.ZipFile(saved) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    told = json.loads(parts["manifest.json"])
    if harm == "member":
        parts["../outside"] = b"x"
    else:
        told["tables"]["holders.ca_nhan"]["hash"] = "0" * 32
    parts["manifest.json"] = json.dumps(told).encode()
    with zipfile.ZipFile(saved, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)


def test_a_newer_backup_is_refused(filled: str, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ddl, "SCHEMA_VERSION", ddl.SCHEMA_VERSION - 1)
    with pytest.raises(StoreError, match="newer than this program"):
        safety.restore(saved, filled, replace=True, account="tester")


@in_files
def test_an_older_store_is_saved_restored_and_then_migrated(url: str, home: Path, tmp_path: Path) -> None:
    first_version(home)
    manifest = safety.back_up(url, tmp_path / "b.zip")
    assert (manifest.schema_version, manifest.is_older) == (1, True)
    place = f"gpkg:{tmp_path / 'other'}"
    code, told, _ = command(url, tmp_path, "restore", str(tmp_path / "b.zip"), "--to", place)
    assert code == 0
    assert "run `diachinh migrate`" in told
    with land.open_as_it_is(place) as store:
        assert land.migrate(store)[0] == 1
    assert safety.examine(place) == []


@in_files
def test_the_kind_of_store_has_to_be_the_same(saved: Path) -> None:
    with pytest.raises(StoreError, match="only be restored to gpkg"):
        safety.restore(saved, "postgresql://localhost/x", replace=False, account="tester")


@in_files
def test_lost_holders_are_told_and_come_back(filled: str, saved: Path, home: Path, tmp_path: Path) -> None:
    (home / "holders.sqlite").unlink()
    with pytest.raises(StoreError, match="restore both from the same backup"):
        safety.back_up(filled, tmp_path / "c.zip")
    safety.restore(saved, filled, replace=True, account="tester")
    assert safety.examine(filled) == []
    assert [path.name for path in home.glob("former-*/*")] == ["land.gpkg"]


@in_files
def test_a_damaged_store_is_not_saved_as_sound_and_can_be_replaced(
    filled: str, saved: Path, home: Path, tmp_path: Path
) -> None:
    content = bytearray((home / "land.gpkg").read_bytes())
    content[:4096] = bytes(4096)
    (home / "land.gpkg").write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        safety.back_up(filled, tmp_path / "c.zip")
    assert not (tmp_path / "c.zip").exists()
    safety.restore(saved, filled, replace=True, account="tester")
    assert safety.examine(filled) == []


@in_files
def test_a_restore_waits_for_nobody_who_writes(
    filled: str, saved: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(filled)
    monkeypatch.setattr("pipelines.store.database.WAIT_MS", 50)
    held_by_other, told = land.open_store(filled, srid=ZONE), pytest.raises(StoreError, match="Another program holds")
    with held_by_other as store, store.transaction(), told:
        safety.restore(saved, filled, replace=True, account="tester")
    assert state(filled) == before
    assert not list(home.glob("former-*"))


@in_files
def test_who_had_the_former_files_open_cannot_write_into_the_new_ones(
    filled: str, saved: Path, safe: vault.Vault
) -> None:
    with land.open_store(filled, srid=ZONE) as store:
        done = safety.restore(saved, filled, replace=True, account="tester")
        before = state(filled), held(done.former, filled)
        with pytest.raises(StoreError, match="cannot be written"):
            run(delivery(7, sha256="c" * 64), store, safe)
    assert (state(filled), held(done.former, filled)) == before
    assert safety.examine(filled) == []


@on_a_server
def test_roles_keep_their_rights_and_passwords_stay_out_of_sight(filled: str, saved: Path, tmp_path: Path) -> None:
    safety.restore(saved, filled, replace=True, account="tester")
    with land.open_as_it_is(filled) as store:
        rights = store.execute(
            "SELECT has_schema_privilege('diachinh_reader', 'holders', 'USAGE'), "
            "has_table_privilege('diachinh_reader', 'land.thua_dat_5897', 'SELECT'), "
            "has_table_privilege('diachinh_writer', 'land.nhat_ky', 'UPDATE'), "
            "has_function_privilege('diachinh_writer', 'land.make_partition(integer, text)', 'EXECUTE')"
        ).fetchone()
        assert rights == (False, True, False, True)
        names = store.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%former%'").fetchall()
        assert len(names) == 2
        left = store.execute("SELECT datname FROM pg_database WHERE datname LIKE 'diachinh_verify%'").fetchall()
        assert left == []


@on_a_server
def test_an_old_pg_dump_is_told(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.safety.server._version", lambda path: 9)
    with pytest.raises(StoreError, match=r"no pg_dump of version \d+ or newer"):
        safety.back_up(filled, tmp_path / "b.zip")
    assert list(tmp_path.glob("*.zip")) == []


def test_the_commands_say_what_they_did(filled: str, tmp_path: Path) -> None:
    code, told, _ = command(filled, tmp_path, "backup", "--out", str(tmp_path / "b.zip"))
    assert code == 0
    assert "keep the key file" in told
    code, told, _ = command(filled, tmp_path, "restore", str(tmp_path / "b.zip"), "--replace", "--who", "me")
    assert code == 0
    assert "the former one is kept in" in told and "Nguyên vẹn / sound" in told
    code, told, _ = command(filled, tmp_path, "check-store", "--json")
    assert (code, json.loads(told)) == (0, {"sound": True, "found": []})
