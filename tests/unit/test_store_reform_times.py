"""Questions about time across a reform: old keys and new ones, old codes and new ones answer alike."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines import store as land
from pipelines import vault
from pipelines.cli.app import app
from pipelines.errors import CadastreError
from pipelines.load import run
from pipelines.load.chain import chain, lines
from pipelines.reform import apply, undo
from pipelines.settings import Settings
from tests.unit.deliveries import ZONE
from tests.unit.reformed import NEW, ONE, OTHER, SHEETS, commune, reform

OLD_KEY, NEW_KEY = f"{OTHER}.E2025A.1.1.2~2", f"{NEW}.E2025B.1.2.2~2"


@pytest.fixture
def reformed(url: str, home: Path, tmp_path: Path) -> Settings:
    """Return a store in which one of three communes has the code of the new one, and the other two were merged."""
    with land.open_store(url, srid=ZONE) as store:
        safe = vault.open_vault(tmp_path / "holder.key")
        run(commune(ONE, 3), store, safe)
        run(commune(OTHER, 4, shift_m=500), store, safe)
        apply(store, NEW, reform(home), SHEETS, who="test")
        run(commune(NEW, 3, shift_m=900), store, safe)
    return Settings(home=home, store=url)


def test_old_and_new_key_tell_the_same_whole_chain(reformed: Settings) -> None:
    old, new = chain(reformed, OLD_KEY), chain(reformed, NEW_KEY)
    assert old | {"thua_dat_id": None} == new | {"thua_dat_id": None}
    assert old["keys"] == [OLD_KEY, NEW_KEY]
    first, second = old["versions"]
    assert (first["ends"], first["valid_to"], first["children"]) == (False, "2025-07-01", [])
    assert (second["appears"], second["was"], second["parents"], second["ends"]) == (False, OLD_KEY, [], False)
    assert second["release"]["kind"] == "reform" and not second["is_reshaped"]
    told = "\n".join(lines(old))
    assert f"khóa thửa / parcel key: {OLD_KEY} → {NEW_KEY}" in told
    assert "sắp xếp đơn vị hành chính / reform of communes" in told
    assert "thửa kết thúc" not in told and told.count("thửa xuất hiện") == 1


def test_a_reform_that_was_undone_leaves_the_old_key_alone(reformed: Settings) -> None:
    with land.open_store(reformed.database, srid=ZONE) as store:
        undo(store, (NEW, "E2025B"), who="test")
        assert land.keys_of(store, OLD_KEY) == [OLD_KEY]
    found = chain(reformed, OLD_KEY)
    assert [link["release"]["kind"] for link in found["versions"]] == ["load", "rollback"]


def test_a_parcel_on_a_day_by_either_key(reformed: Settings) -> None:
    with land.open_reader(reformed.database) as store:
        for key in (OLD_KEY, NEW_KEY):
            for day, told in (("2025-06-20", OLD_KEY), ("2025-06-30", OLD_KEY), ("2025-07-01", NEW_KEY)):
                found = land.as_of(store, ZONE, valid=day, thua_dat_id=key)
                assert found["thua_dat_id"].tolist() == [told]
            assert land.as_of(store, ZONE, valid="2025-06-01", thua_dat_id=key).empty
        # Before the reform was entered, nobody knew of it.
        before = land.listing(store)[1].finished_at
        known = land.as_of(store, ZONE, valid="2025-08-01", known=before, thua_dat_id=NEW_KEY)
        assert known["thua_dat_id"].tolist() == [OLD_KEY]


def test_a_commune_on_a_day_by_old_code_and_by_new(reformed: Settings) -> None:
    with land.open_reader(reformed.database) as store:

        def count(scope: tuple[str, str], day: str) -> dict[str, int]:
            found = land.as_of_commune(store, ZONE, scope, valid=day)
            return (found["ma_xa"] + "." + found["ky_dia_gioi"]).value_counts().to_dict()

        assert count((ONE, "E2025A"), "2025-06-20") == {f"{ONE}.E2025A": 3}
        assert count((ONE, "E2025A"), "2025-08-01") == {f"{NEW}.E2025B": 3}
        assert count((NEW, "E2025B"), "2025-06-20") == {f"{ONE}.E2025A": 3, f"{OTHER}.E2025A": 4}
        assert count((NEW, "E2025B"), "2025-08-01") == {f"{NEW}.E2025B": 7}
        assert count((NEW, "E2025A"), "2025-08-01") == {f"{NEW}.E2025A": 3}


def test_the_command_tells_the_communes_of_one_code_apart(reformed: Settings, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(json.dumps({"home": str(reformed.home), "store": reformed.store}), "utf-8")
    call = ["--config", str(tmp_path / "s.yaml"), "as-of", "2025-06-20"]
    told = json.loads(CliRunner().invoke(app, [*call, "--commune", NEW, "--json"]).stdout)
    assert [(each["ky_dia_gioi"], each["parcels"]) for each in told["communes"]] == [("E2025A", 3), ("E2025B", 7)]
    assert told["parcels"] == 10
    shown = CliRunner().invoke(app, [*call, "--commune", NEW]).stdout
    assert "the code is another commune in each era" in shown
    one = json.loads(CliRunner().invoke(app, [*call, "--commune", NEW, "--era", "E2025B", "--json"]).stdout)
    assert one["parcels"] == 7
    one = json.loads(CliRunner().invoke(app, [*call, "--commune", ONE, "--parcel", NEW_KEY, "--json"]).stdout)
    assert one["thua_dat_id"] == []
    one = json.loads(CliRunner().invoke(app, [*call, "--commune", OTHER, "--parcel", NEW_KEY, "--json"]).stdout)
    assert one["thua_dat_id"] == [OLD_KEY]
    for wrong in (["--era", "E2025A"], ["--commune", ONE, "--era", "E2025B"]):
        assert isinstance(CliRunner().invoke(app, [*call, *wrong]).exception, CadastreError)


def test_keys_are_looked_up_in_indexes(reformed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with land.open_reader(reformed.database) as store:
        asked = []
        execute = type(store).execute

        def listening(self, sql, values=None):
            asked.append((sql, values))
            return execute(self, sql, values)

        monkeypatch.setattr(type(store), "execute", listening)
        land.history(store, OLD_KEY)
        land.as_of_commune(store, ZONE, (NEW, "E2025B"), valid="2025-06-20")
        monkeypatch.undo()
        looked = [(sql, values) for sql, values in asked if "khoa_thua" in sql]
        assert len(looked) > 4
        for sql, values in looked:
            if store.dialect.is_postgis:
                store.execute("SET enable_seqscan = off")
                plan = [row[0] for row in store.execute(f"EXPLAIN {sql}", values).fetchall()]
                assert not [line for line in plan if "Seq Scan" in line and "khoa_thua" in line]
            else:
                plan = [row[3] for row in store.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]
                assert not [line for line in plan if line.startswith("SCAN") and "khoa" in line], (sql, plan)
