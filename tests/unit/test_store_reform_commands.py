"""The commands of a reform from plan to undo, what they refuse, what is published, and a process killed in between."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner, Result

from pipelines import store as land
from pipelines import vault
from pipelines.cli.app import app
from pipelines.errors import CadastreError, ReadError, SettingsError
from pipelines.load import run
from pipelines.province import files as province
from pipelines.publish import files as publish
from pipelines.reform import Reform, of, sheets
from pipelines.reform.plan import plan
from pipelines.reform.tables import read_decisions, read_sheets
from pipelines.settings import Settings
from tests.unit.deliveries import EAST_M, NORTH_M, SIDE_M, ZONE
from tests.unit.reformed import LEFT, NEW, ONE, OTHER, RIGHT, SPLIT, commune, content, split_commune

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(url: str, home: Path, tmp_path: Path) -> Settings:
    """Return a store of two communes that merge and one that was split."""
    with land.open_store(url, srid=ZONE) as store:
        safe = vault.open_vault(tmp_path / "holder.key")
        run(commune(ONE, 3, shift_m=500), store, safe)
        run(commune(OTHER, 4, shift_m=1000), store, safe)
        run(split_commune(), store, safe)
    found = Settings(home=home, store=url)
    (tmp_path / "s.yaml").write_text(json.dumps({"home": str(home), "store": url}), "utf-8")
    return found


def asked(tmp_path: Path, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["--config", str(tmp_path / "s.yaml"), "reform", *map(str, arguments)])


def held(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    with land.open_store(settings.database, srid=ZONE) as store:
        return content(store)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_from_plan_to_undo(settings: Settings, tmp_path: Path, ending: str) -> None:
    before, table = held(settings), tmp_path / f"plan.{ending}"
    told = asked(tmp_path, "plan", "--out", table)
    assert "3 xã cũ / old → 3 xã mới / new · 12 thửa / parcels · 4 tờ / sheets · 1 thửa chưa rõ" in told.stdout
    # The officer says where the parcel on the line belongs, and hands all back.
    decided = table
    if ending == "xlsx":
        book = openpyxl.load_workbook(table)
        page = book["Thửa chưa rõ"]
        headings = [cell.value for cell in page[1]]
        assert page.cell(2, headings.index("ung_vien") + 1).value == f"{LEFT}; {RIGHT}"
        page.cell(2, headings.index("ma_xa_moi") + 1).value = int(RIGHT)
        book.save(table)
    else:
        decided = tmp_path / "plan.chua_ro.csv"
        rows = pd.read_csv(decided, dtype=str)
        rows.assign(ma_xa_moi=RIGHT).to_csv(decided, index=False)
    call = ["apply", "--sheets", table, "--who", "cán bộ", *(["--parcels", decided] if decided != table else [])]
    told = asked(tmp_path, *call, "--json")
    done = {each["ma_xa"]: each for each in json.loads(told.stdout)["communes"]}
    assert {code: each["moved"] for code, each in done.items()} == {LEFT: 2, NEW: 7, RIGHT: 3}
    assert all(each["waiting"] == [] for code, each in done.items() if code != LEFT)
    receipt = json.loads((settings.home / "reform" / f"{RIGHT}.json").read_text("utf-8"))
    assert receipt == done[RIGHT]
    assert "nothing new" in asked(tmp_path, *call).stdout
    with land.open_reader(settings.database) as store:
        logged = store.execute("SELECT lenh, nguoi_thuc_hien, ma_xa, ket_qua FROM nhat_ky ORDER BY id").fetchall()
        assert [tuple(row) for row in logged] == [
            ("reform apply", "cán bộ", code, "ghi") for code in (LEFT, RIGHT, NEW)
        ]
        kinds = {release.kind for release in land.latest(store)}
        assert kinds == {"reform"} and [release.ma_xa for release in land.latest(store)] == [LEFT, RIGHT, NEW]
    for code in (RIGHT, LEFT, NEW):
        assert "took back release" in asked(tmp_path, "undo", code, "--who", "cán bộ").stdout
    assert held(settings) == before


def test_what_cannot_be_done_is_one_sentence(settings: Settings, tmp_path: Path) -> None:
    before, table = held(settings), tmp_path / "plan.csv"
    asked(tmp_path, "plan", "--out", table)
    wrong = [
        ("plan", "--out", table),
        ("plan", "--out", tmp_path / "plan.pdf"),
        ("plan", "--out", tmp_path / "p.csv", "--date", "2024-01-01"),
        ("apply", "--sheets", tmp_path / "none.csv"),
        ("apply", "--sheets", tmp_path / "plan.xa.csv"),
        ("apply", "--sheets", table, "--commune", ONE),
        ("undo", NEW),
        ("undo", "00000"),
    ]
    for call in wrong:
        assert isinstance(asked(tmp_path, *call).exception, CadastreError), call
    assert not list(tmp_path.glob("p.*")) + list(tmp_path.glob("plan.pdf"))
    numbered = pd.read_csv(table, dtype=str).assign(**{"Số thửa cũ": "5"})
    numbered.to_csv(tmp_path / "numbered.csv", index=False)
    with pytest.raises(ReadError, match="rows number parcels"):
        read_sheets(tmp_path / "numbered.csv")
    merged = pd.read_csv(table, dtype=str).assign(**{"Số tờ mới": "1"})
    merged.to_csv(tmp_path / "merged.csv", index=False)
    told = asked(tmp_path, "apply", "--sheets", tmp_path / "merged.csv", "--commune", NEW)
    assert told.exit_code == 3 and "parcel numbers one" in told.stderr
    with land.open_reader(settings.database) as store:
        assert store.execute("SELECT count(*) FROM nhat_ky WHERE ket_qua = 'tu_choi'").fetchone()[0] == 3
    assert held(settings) == before


def test_a_decision_in_two_ways_is_told(tmp_path: Path) -> None:
    rows = pd.DataFrame({"thua_dat_id": ["a", "a", "b"], "ma_xa_moi": [LEFT, RIGHT, LEFT]})
    rows.to_csv(tmp_path / "twice.csv", index=False)
    with pytest.raises(ReadError, match="parcel a is given two communes"):
        read_decisions(tmp_path / "twice.csv")
    rows.iloc[[0, 0, 2]].to_csv(tmp_path / "same.csv", index=False)
    assert read_decisions(tmp_path / "same.csv").to_dict() == {"a": LEFT, "b": LEFT}


def test_outlines_decide_beyond_their_accuracy_only(settings: Settings, tmp_path: Path) -> None:
    line = EAST_M + 2.5 * SIDE_M
    halves = [shapely.box(EAST_M - 900, NORTH_M - 900, line, NORTH_M + 900),
              shapely.box(line, NORTH_M - 900, EAST_M + 900, NORTH_M + 900)]  # fmt: skip
    gpd.GeoDataFrame({"code": [LEFT, RIGHT]}, geometry=halves, crs=ZONE).to_file(tmp_path / "xa.gpkg")
    with land.open_store(settings.database, srid=ZONE) as store, store.changed(land.layer_table("thua_dat", ZONE)):
        store.execute("UPDATE thua_dat_5897 SET ma_xa_moi = NULL, can_cu_xa_moi = 'chua_ro' WHERE ma_xa = '15328'")

    def open_(accuracy_m: float) -> list[str]:
        chosen = settings.model_copy(
            update={"commune_boundaries": tmp_path / "xa.gpkg", "boundary_accuracy_m": accuracy_m}
        )
        with land.open_reader(settings.database) as store:
            return sorted(plan(store, of(chosen)).waiting["so_thu_tu_thua"])

    assert [open_(accuracy_m) for accuracy_m in (0.0, 15.0, 25.0, 300.0)] == [
        ["3"], ["3"], ["2", "3", "4"], ["1", "2", "3", "4", "5"]
    ]  # fmt: skip


def test_sheets_are_numbered_from_north_to_south_small_scales_first(home: Path) -> None:
    rows = [("9", "500", 0, 0), ("1", "1000", 600, 0), ("2", "1000", 40, 530), ("3", "1000", 550, 500),
            ("4", "2000", 0, -900), ("7", None, None, None)]  # fmt: skip
    told = pd.DataFrame(rows, columns=[sheets.OLD_SHEET, "ty_le", "west", "south"])
    told = told.assign(north=told["south"] + 500, east=told["west"] + 500, loai_ban_do="1", so_thua=1, ma_xa=NEW,
                       ma_xa_cu=ONE, ky_dia_gioi_cu="E2025A")  # fmt: skip
    found = sheets.propose(told, {(NEW, "1"): {"2"}})
    assert list(zip(found["so_hieu_to_ban_do"], found[sheets.OLD_SHEET], strict=True)) == [
        ("1", "4"), ("3", "2"), ("4", "3"), ("5", "1"), ("6", "9"), ("7", "7")
    ]  # fmt: skip


def test_one_number_at_two_scales_needs_the_scale(home: Path) -> None:
    table = pd.DataFrame(
        [(NEW, "1", "500", "1", ONE, "5"), (NEW, "1", "1000", "2", ONE, "5"), (NEW, "2", None, "3", None, "5")],
        columns=["ma_xa", "loai_ban_do", "ty_le", "so_hieu_to_ban_do", "ma_xa_cu", sheets.OLD_SHEET], dtype="string",
    ).assign(ky_dia_gioi_cu=pd.Series([None] * 3, dtype="string"))  # fmt: skip
    wanted = pd.DataFrame(
        {"loai_ban_do": ["1", "1", "1", "2", "1"], "so_hieu_to_ban_do": ["5", "5", "5", "5", "6"],
         "ty_le": ["500", "1000", None, "500", "500"]}, dtype="string",
    )  # fmt: skip
    found = sheets.answers(wanted, table, (ONE, "E2025A"), NEW)
    assert found.fillna("?").tolist() == ["1", "2", "?", "3", "?"]


def test_what_is_published_follows_the_reform_and_its_undoing(settings: Settings, tmp_path: Path) -> None:
    asked(tmp_path, "plan", "--out", tmp_path / "plan.csv")

    def published() -> dict[str, int]:
        province.execute(settings.home, settings)
        publish.execute(settings.home, settings)
        manifest = json.loads((settings.home / "release/manifest.json").read_text("utf-8"))
        assert "NaN" not in json.dumps(manifest)
        return {f"{entry['ma_xa']}.{entry['ky_dia_gioi']}": entry["parcels"] for entry in manifest["communes"]}

    old = published()
    assert old == {f"{SPLIT}.E2025A": 5, f"{ONE}.E2025A": 3, f"{OTHER}.E2025A": 4}
    asked(tmp_path, "apply", "--sheets", tmp_path / "plan.csv", "--who", "x")
    assert published() == {
        f"{LEFT}.E2025B": 2, f"{RIGHT}.E2025B": 2, f"{SPLIT}.E2025A": 1, f"{NEW}.E2025B": 7
    }  # fmt: skip
    for code in (RIGHT, LEFT, NEW):
        asked(tmp_path, "undo", code, "--who", "x")
    assert published() == old


def test_the_gate_still_sees_what_is_lost_across_a_reform(settings: Settings, tmp_path: Path) -> None:
    publish.execute(settings.home, settings)
    asked(tmp_path, "plan", "--out", tmp_path / "plan.csv")
    asked(tmp_path, "apply", "--sheets", tmp_path / "plan.csv", "--who", "x")
    with land.open_store(settings.database, srid=ZONE) as store, store.changed(land.layer_table("thua_dat", ZONE)):
        store.execute(f"UPDATE thua_dat_5897 SET tx_to = tx_from, release_to = release_from WHERE ma_xa = '{NEW}' "
                      "AND tx_to IS NULL AND so_thu_tu_thua = '1'")  # fmt: skip
    with pytest.raises(CadastreError, match=f"{ONE}: 28.6% of the parcels"):
        publish.execute(settings.home, settings)


@pytest.mark.parametrize("place", ["pipelines.reform.writing.close", "pipelines.store.keys.keep",
                                   "pipelines.store.settle", "pipelines.store.write_log"])  # fmt: skip
def test_a_process_that_is_killed_leaves_all_as_it_was(settings: Settings, tmp_path: Path, place: str) -> None:
    before = held(settings)
    asked(tmp_path, "plan", "--out", tmp_path / "plan.csv")
    module, _, name = place.rpartition(".")
    code = (
        f"import os, signal, {module} as there\n"
        "from pipelines.cli.app import app\n"
        f"there.{name} = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"app(['--config', {str(tmp_path / 's.yaml')!r}, 'reform', 'apply', '--who', 'x', '--commune', {NEW!r}, "
        f"'--sheets', {str(tmp_path / 'plan.csv')!r}])"
    )
    killed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert held(settings) == before
    assert asked(tmp_path, "apply", "--sheets", tmp_path / "plan.csv", "--commune", NEW, "--who", "x").exit_code == 0


def test_a_date_without_a_reform_is_told(home: Path) -> None:
    assert isinstance(of(Settings(home=home), "2025-07-01"), Reform)
    with pytest.raises(SettingsError, match="No reform of communes is known from 2030-01-01"):
        of(Settings(home=home), "2030-01-01")
