"""Load as a process: killed in the middle, run again, files in, receipt and account out."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.errors import Refusal, StoreError
from pipelines.ledger import Ledger, LedgerError
from pipelines.load import account, run
from pipelines.load.files import execute, rollback
from pipelines.settings import Settings
from tests.stores import in_files
from tests.unit.deliveries import ZONE, count, delivery

ROOT = Path(__file__).parents[2]


CHILD = """
import sys, time
from pathlib import Path
from pipelines import store as land, vault
from pipelines.load import run
from tests.unit.deliveries import delivery, ZONE
home = Path(sys.argv[1])
store = land.open_store(home, srid=ZONE)
# A cache of a few pages makes SQLite write into both files before the commit: the hard case.
for schema in ("main", "holders"):
    store.connection.execute(f"PRAGMA {schema}.cache_size = 5")
    store.connection.execute(f"PRAGMA {schema}.cache_spill = 5")
def stop(*_):
    print("written", flush=True)
    time.sleep(60)
land.finish = stop
run(delivery(3000, sha256="b" * 64), store, vault.open_vault(home / "holder.key"))
"""


def test_killed_in_the_middle_leaves_the_former_state(home: Path) -> None:
    with land.open_store(home, srid=ZONE) as store:
        run(delivery(4), store, vault.open_vault(home / "holder.key"))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home)], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "written\n"
    assert (home / "land.gpkg-journal").exists(), "the child wrote nothing yet: the test would prove nothing"
    child.send_signal(signal.SIGKILL)
    child.wait()
    with land.open_store(home, srid=ZONE) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 4
        assert [release.release_id for release in land.listing(store)] == [1]
        assert store.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.connection.execute("PRAGMA holders.integrity_check").fetchone() == ("ok",)
        assert count(store, "holders.giay_to_tuy_than") == 3
        again = run(delivery(6, sha256="c" * 64), store, vault.open_vault(home / "holder.key"))
    assert again.added == 2


def steps(home: Path, wanted: object = None, *, accepted: bool = True) -> None:
    """Write the files the steps before load leave."""
    d = delivery()
    base = home / "15670"
    for name in ("package", "normalize/holders", "validate"):
        (base / name).mkdir(parents=True, exist_ok=True)
    inventory = {"commune": "15670", "era": "E2025A", "date": d.date, "crs": "EPSG:5897", "sha256": d.sha256}
    (base / "package/inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    d.parcels.to_parquet(base / "normalize/thua_dat.parquet")
    gpd.GeoDataFrame(d.tables["xa"]).to_parquet(base / "normalize/xa.parquet")
    for name, rows in d.holders.items():
        rows.to_parquet(base / f"normalize/holders/{name}.parquet")
    d.findings.to_parquet(base / "validate/findings.parquet")
    d.grades.to_parquet(base / "validate/grades.parquet")
    verdict = {"accepted": accepted, "profile": "acceptance", "reasons": ["thua_dat.overlap: 7"]}
    (base / "validate/verdict.json").write_text(json.dumps(verdict), encoding="utf-8")
    (base / "validate/summary.json").write_text(json.dumps({"dqi": 0.75}), encoding="utf-8")
    book = Ledger("normalize")
    book.add("ban_do/to_1.shp", "parcel", received=4, accepted=4)
    book.write(base / "normalize/account.json")


@in_files
def test_unchanged_inputs_are_not_read_again(home: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps(home)
    execute(home, "15670", Settings(home=home, store=url))
    before = (home / "land.gpkg").read_bytes(), (home / "holders.sqlite").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.load.files.run", None)
        execute(home, "15670", Settings(home=home, store=url))
        other = Settings(home=home, store=url, key_file=home / "other.key")
        with pytest.raises(StoreError, match="key for identity numbers"):
            execute(home, "15670", other)
    receipt = json.loads((home / "15670/load/receipt.json").read_text(encoding="utf-8"))
    assert (receipt["unchanged"], receipt["added"], receipt["is_new"], receipt["identified"]) == (4, 0, False, 4)
    assert ((home / "land.gpkg").read_bytes(), (home / "holders.sqlite").read_bytes()) == before
    grades = pd.read_parquet(home / "15670/validate/grades.parquet").assign(xep_loai="2a")
    grades.to_parquet(home / "15670/validate/grades.parquet")
    execute(home, "15670", Settings(home=home, store=url))
    receipt = json.loads((home / "15670/load/receipt.json").read_text(encoding="utf-8"))
    assert (receipt["changed"], receipt["release_id"]) == (4, 2)


def test_a_rolled_back_commune_takes_its_package_again(home: Path, url: str) -> None:
    steps(home)
    execute(home, "15670", Settings(home=home, store=url))
    grades = pd.read_parquet(home / "15670/validate/grades.parquet").assign(xep_loai="2a")
    grades.to_parquet(home / "15670/validate/grades.parquet")
    execute(home, "15670", Settings(home=home, store=url))
    for _ in range(2):
        assert rollback("15670", 1, Settings(home=home, store=url))["counts"]["parcels"] == 4
    execute(home, "15670", Settings(home=home, store=url))
    with land.open_reader(url) as store:
        assert land.current(store, "thua_dat", ZONE)["xep_loai"].tolist() == ["2a"] * 4
        assert [release.kind for release in land.listing(store)] == ["load", "load", "rollback", "rollback", "load"]


def test_files_in_receipt_and_account_out(home: Path, url: str) -> None:
    steps(home)
    execute(home, "15670", Settings(home=home, store=url))
    receipt = json.loads((home / "15670/load/receipt.json").read_text(encoding="utf-8"))
    assert (receipt["added"], receipt["release_id"], receipt["is_new"]) == (4, 1, True)
    book = json.loads((home / "15670/account.json").read_text(encoding="utf-8"))
    assert book["totals"]["load"]["parcel"]["accepted"] == 4
    execute(home, "15670", Settings(home=home, store=url))
    again = json.loads((home / "15670/load/receipt.json").read_text(encoding="utf-8"))
    assert (again["is_new"], again["unchanged"]) == (False, 4)
    assert (home / "holder.key").exists()


def test_refusal_touches_nothing(home: Path, url: str) -> None:
    steps(home, accepted=False)
    with pytest.raises(Refusal) as refused:
        execute(home, "15670", Settings(home=home, store=url))
    assert refused.value.exit_code == 3
    assert "thua_dat.overlap: 7" in refused.value.vi
    assert not (home / "land.gpkg").exists()


def test_a_commune_that_was_not_validated_is_told(home: Path, url: str) -> None:
    with pytest.raises(StoreError, match="has not been validated"):
        execute(home, "15670", Settings(home=home, store=url))


def test_lost_parcels_between_steps_are_our_defect(home: Path, url: str) -> None:
    steps(home)
    book = Ledger("normalize")
    book.add("ban_do/to_1.shp", "parcel", received=5, accepted=5)
    book.write(home / "15670/normalize/account.json")
    with pytest.raises(LedgerError, match="handed on 5 parcels, load got 4"):
        execute(home, "15670", Settings(home=home, store=url))


def test_accounts_without_parcels_are_passed_over() -> None:
    files, rows = Ledger("package"), Ledger("load")
    files.add("a.dgn", "file", received=1, accepted=1)
    rows.add("thua_dat", "parcel", received=3, accepted=2, quarantined=1)
    account.check_chain([files, rows])


def test_a_foreign_database_is_not_written_into(home: Path) -> None:
    home.mkdir()
    with sqlite3.connect(home / "land.gpkg") as foreign:
        foreign.execute("CREATE TABLE thua_dat_5897 (fid INTEGER PRIMARY KEY, name TEXT)")
    foreign.close()
    with pytest.raises(StoreError, match="is another program's file"):
        land.open_store(home, srid=ZONE)
