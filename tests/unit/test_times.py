"""Time in both stores: chains that can be read, answers by both times, and indexes below them."""

import json
from pathlib import Path

import pytest
import shapely
from typer.testing import CliRunner

from pipelines import store as land
from pipelines import vault
from pipelines.cli.app import app
from pipelines.errors import CadastreError, StoreError
from pipelines.load import run
from pipelines.load.chain import chain, lines
from pipelines.settings import Settings
from tests.unit.deliveries import EAST_M, NORTH_M, SIDE_M, ZONE, delivery, parcels, squares

FIRST, SECOND, THIRD, NEW = (f"15670.E2025A.1.1.{number}" for number in (1, 2, 3, 9))


@pytest.fixture
def settings(url: str, home: Path, tmp_path: Path) -> Settings:
    """Return a commune of three parcels; then the first changes its use, and the others become one, parcel 9."""
    with land.open_store(url, srid=ZONE) as store:
        safe = vault.open_vault(tmp_path / "holder.key")
        run(delivery(3), store, safe)
        merged = parcels(squares(2))
        merged.loc[0, "loai_dat"] = "CLN"
        merged.loc[1, ["thua_key", "so_thu_tu_thua"]] = [NEW, "9"]
        merged.loc[1, "geometry"] = shapely.box(EAST_M + SIDE_M, NORTH_M, EAST_M + 3 * SIDE_M, NORTH_M + SIDE_M)
        run(delivery(parcels=merged, sha256="b" * 64, date="2025-08-01"), store, safe)
    return Settings(home=home, store=url)


def test_a_chain_says_when_and_what_and_by_which_release(settings: Settings) -> None:
    found = chain(settings, FIRST)
    assert [link["release"]["release_id"] for link in found["versions"]] == [1, 2]
    assert found["versions"][0]["ended_by"] == {"release_id": 2, "kind": "load"}
    changes = {change["column"]: (change["before"], change["after"]) for change in found["versions"][1]["changes"]}
    assert changes == {"loai_dat": ("LUC", "CLN")}
    text = "\n".join(lines(found))
    assert "1. 2025-06-15 → 2025-08-01 · bản / release 1 (nạp / load)" in text
    assert "2. 2025-08-01 → nay / now · bản / release 2 (nạp / load)" in text
    assert "thửa xuất hiện / the parcel appears: 400.0 m²" in text
    assert ": LUC → CLN" in text
    assert "thửa kết thúc" not in text


def test_parcels_that_become_one_know_of_each_other(settings: Settings) -> None:
    assert chain(settings, NEW)["versions"][0]["parents"] == [SECOND, THIRD]
    ended = chain(settings, THIRD)
    assert (ended["versions"][0]["ends"], ended["versions"][0]["children"]) == (True, [NEW])
    assert f"2025-08-01, bản / release 2 · theo vị trí / by place thành / into: {NEW}" in "\n".join(lines(ended))


def test_a_parcel_that_comes_back_appears_again(settings: Settings) -> None:
    with land.open_store(settings.database, srid=ZONE) as store:
        land.rollback(store, "15670", 1)
    back = chain(settings, SECOND)["versions"]
    assert [(link["appears"], link["ends"]) for link in back] == [(True, True), (True, False)]
    assert back[1]["parents"] == [NEW]
    assert "trở về bản trước / rollback" in "\n".join(lines(chain(settings, SECOND)))


def test_a_parcel_that_never_was_is_told(settings: Settings) -> None:
    with pytest.raises(StoreError, match="never held a parcel"):
        chain(settings, "15670.E2025A.1.1.77")


def test_one_parcel_on_a_day(settings: Settings) -> None:
    with land.open_reader(settings.database) as store:
        asked = {"valid": "2025-09-01", "thua_dat_id": FIRST}
        assert land.as_of(store, ZONE, **asked)["loai_dat"].tolist() == ["CLN"]
        assert land.as_of(store, ZONE, **asked | {"valid": "2025-07-01"})["loai_dat"].tolist() == ["LUC"]
        began = land.listing(store)[0].finished_at
        assert land.as_of(store, ZONE, **asked, known=began)["loai_dat"].tolist() == ["LUC"]


def test_the_commands_answer_people_and_machines(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(json.dumps({"home": str(settings.home), "store": settings.store}), "utf-8")
    call = ["--config", str(tmp_path / "s.yaml")]
    told = CliRunner().invoke(app, [*call, "history", FIRST, "--json"])
    assert json.loads(told.stdout)["versions"][1]["values"]["loai_dat"] == "CLN"
    told = CliRunner().invoke(app, [*call, "as-of", "2025-09-01", "--out", str(tmp_path / "a.gpkg")])
    assert told.stdout == "2025-09-01: 2 thửa / parcels · EPSG:5897: 2\n"
    told = CliRunner().invoke(app, [*call, "as-of", "2025-07-01", "--json", "--commune", "15670"])
    assert json.loads(told.stdout)["thua_dat_id"] == [FIRST, SECOND, THIRD]
    again = CliRunner().invoke(app, [*call, "as-of", "2025-09-01", "--out", str(tmp_path / "a.gpkg")])
    assert isinstance(again.exception, CadastreError)
    for wrong in (["as-of", "1/7/2025"], ["as-of", "2025-07-01", "--known", "hôm qua"]):
        assert isinstance(CliRunner().invoke(app, [*call, *wrong]).exception, CadastreError)


@pytest.mark.parametrize("question", ["history", "as of a date", "as was known"])
def test_one_parcel_is_looked_up_in_indexes(settings: Settings, question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with land.open_reader(settings.database) as store:
        asked = []
        frame = type(store).frame

        def listening(self, sql, values=None):
            asked.append((sql, values))
            return frame(self, sql, values)

        monkeypatch.setattr(type(store), "frame", listening)
        if question == "history":
            land.history(store, FIRST)
        else:
            known = "2025-12-31" if question == "as was known" else None
            land.as_of(store, ZONE, valid="2025-09-01", known=known, thua_dat_id=FIRST)
        (sql, values), *others = asked
        assert others == []
        if store.dialect.is_postgis:
            # So few rows are read faster one by one; what is asked is whether the server could do otherwise.
            store.execute("SET enable_seqscan = off")
            plan = [row[0] for row in store.execute(f"EXPLAIN {sql}", values).fetchall()]
            scans = [line for line in plan if "Scan" in line and "Subquery" not in line]
            assert scans
            assert all("Index" in line for line in scans)
            assert not any("BitmapAnd" in line for line in plan)
            assert all("thua_dat_5897_15670" in line for line in scans if " on " in line)
        else:
            plan = [row[3] for row in store.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]
            assert any("USING INDEX ix_thua_dat_5897_2 (thua_dat_id=?" in line for line in plan)
            looked = [line for line in plan if "thua_dat_5897" in line]
            assert all("_2 (thua_dat_id=?" in line or "PRIMARY KEY" in line for line in looked)
