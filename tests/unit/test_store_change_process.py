"""Changes as processes: two officers at once, killed in the middle, and the commands."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import yaml
from typer.testing import CliRunner

from pipelines import store as land
from pipelines.cli.app import app
from pipelines.load import run as load
from pipelines.load.files import execute
from pipelines.province import files as province
from pipelines.publish import files as publish
from pipelines.settings import Settings
from tests.unit.changes import body, box, child, drawn, filled, kept, key, registered, written
from tests.unit.deliveries import SIDE_M, ZONE, parcels, squares
from tests.unit.test_load_files import steps

ROOT = Path(__file__).parents[2]

CHILD = """
import sys, time
from pathlib import Path
from pipelines import store as land, vault
from pipelines.change import Refused, apply, read, zone_of
from tests.unit.changes import RULES, key
from tests.unit.deliveries import ZONE
url, folder, package, mode = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
store = land.open_store(url, srid=ZONE)
if url.startswith("gpkg:"):
    # A cache of a few pages makes SQLite write into both files before the commit: the hard case.
    for schema in ("main", "holders"):
        store.connection.execute(f"PRAGMA {schema}.cache_size = 5")
        store.connection.execute(f"PRAGMA {schema}.cache_spill = 5")
request = read(package, lambda scope: zone_of(store, scope))
def stop(*_):
    print("written", flush=True)
    time.sleep(60)
if mode == "stop":
    land.finish = stop
else:
    print("ready", flush=True)
    sys.stdin.readline()
try:
    print(apply(store, request, RULES, vault=key(folder), who=mode).release_id, flush=True)
except Refused as refused:
    print(*[reason.code for reason in refused.reasons], flush=True)
"""


def started(url: str, folder: Path, package: Path, mode: str) -> "subprocess.Popen[str]":
    call = [sys.executable, "-c", CHILD, url, str(folder), str(package), mode]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)


def at_once(calls: "Iterable[subprocess.Popen[str]]") -> list[str]:
    """Let officers begin in the same moment when all of them are ready; return what each of them is told."""
    officers = list(calls)
    for officer in officers:
        assert officer.stdout is not None and officer.stdout.readline() == "ready\n"
    for officer in officers:
        assert officer.stdin is not None
        officer.stdin.write("go\n")
        officer.stdin.flush()
    return [officer.communicate(timeout=120)[0].strip() for officer in officers]


def test_of_two_officers_at_once_exactly_one_wins_and_the_other_is_told(url: str, tmp_path: Path) -> None:
    with land.open_store(url, srid=ZONE) as store:
        filled(store, tmp_path)
        packages = [
            written(
                tmp_path,
                body(store, (2,), giao_dich_id=f"TN-{at}", thua_dat=[child(box(20, at)), child(box(at, 40))]),
            )
            for at in (25, 30)
        ]
    told = at_once(started(url, tmp_path, package, f"officer{turn}") for turn, package in enumerate(packages))
    assert sorted(told) == ["2", "basis.retired"]
    with land.open_reader(url) as store:
        assert sorted(land.current(store, "thua_dat", ZONE)["so_thu_tu_thua"]) == ["1", "3", "4", "5", "6"]
        assert sorted(entry["ket_qua"] for entry in land.read_log(store)) == ["ghi", "tu_choi"]


def test_of_two_neighbours_that_want_the_same_ground_at_once_one_gets_it(url: str, tmp_path: Path) -> None:
    """Neither change names the other's parcel: only the ground between them tells that both cannot be."""
    apart = parcels(squares(5)[[0, 1, 3, 4]])
    with land.open_store(url, srid=ZONE) as store:
        load(drawn(parcels=apart), store, key(tmp_path))
        packages = [
            written(
                tmp_path,
                body(store, (number,), giao_dich_id=f"TD-{number}", loai_bien_dong="TD", ly_do_dien_tich="Đo đạc lại",
                     thua_dat=[kept(number, box(west, east), dien_tich=(east - west) * SIDE_M)]),
            )
            for number, west, east in ((2, 20, 55), (3, 45, 80))
        ]  # fmt: skip
    told = at_once(started(url, tmp_path, package, f"officer{turn}") for turn, package in enumerate(packages))
    assert sorted(told)[0] == "2" and "thua_dat.overlap" in sorted(told)[1]
    with land.open_reader(url) as store:
        shapes = land.current(store, "thua_dat", ZONE).geometry
        assert sorted(shapes.area) == [400, 400, 400, 700]
        assert [entry["ket_qua"] for entry in land.read_log(store)] == ["ghi", "tu_choi"]


def test_neighbours_that_do_not_touch_each_other_are_both_written(url: str, tmp_path: Path) -> None:
    with land.open_store(url, srid=ZONE) as store:
        filled(store, tmp_path)
        packages = [
            written(
                tmp_path,
                body(store, (number,), giao_dich_id=f"TN-{number}",
                     thua_dat=[child(box(west, west + 5)), child(box(west + 5, west + 20))]),
            )
            for number, west in ((2, 20), (3, 40))
        ]  # fmt: skip
    told = at_once(started(url, tmp_path, package, f"officer{turn}") for turn, package in enumerate(packages))
    assert sorted(told) == ["2", "3"]
    with land.open_reader(url) as store:
        current = land.current(store, "thua_dat", ZONE)
        assert sorted(current["so_thu_tu_thua"]) == ["1", "4", "5", "6", "7", "8"]
        assert current["ma_dinh_danh_thua"].nunique() == 6 and current.area.sum() == 1600


def test_killed_in_the_middle_leaves_the_former_state(url: str, tmp_path: Path) -> None:
    with land.open_store(url, srid=ZONE) as store:
        filled(store, tmp_path, 30)
        package = written(
            tmp_path, body(store, (2,), thua_dat=[child(box(20, 25)), child(box(25, 40))], noi_dung={"noi_dung": "x"})
        )
    officer = started(url, tmp_path, package, "stop")
    assert officer.stdout is not None and officer.stdout.readline() == "written\n"
    officer.send_signal(signal.SIGKILL)
    officer.wait()
    with land.open_store(url, srid=ZONE) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 30
        assert [release.release_id for release in land.listing(store)] == [1]
        assert store.execute("SELECT count(*) FROM holders.noi_dung_giao_dich").fetchone()[0] == 0
        assert store.execute("SELECT count(*) FROM giao_dich").fetchone()[0] == 0
        assert store.execute("SELECT count(*) FROM dinh_danh WHERE release_to IS NOT NULL").fetchone()[0] == 0
    again = started(url, tmp_path, package, "officer")
    assert again.communicate("go\n", timeout=120)[0].split()[0] == "ready"
    with land.open_reader(url) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 31


def test_the_same_files_again_leave_the_change_and_balance(url: str, home: Path) -> None:
    settings = Settings(home=home, store=url)
    steps(home)
    execute(home, "15670", settings)
    with land.open_store(url, srid=ZONE) as store:
        registered(store, home, body(store, (2,), thua_dat=[child(box(20, 25)), child(box(25, 40))]))
    grades = pd.read_parquet(home / "15670/validate/grades.parquet")
    for grade in ("1", "2a"):
        # The second time the same package is read anew, as after an update of the program.
        grades.assign(xep_loai=grade).to_parquet(home / "15670/validate/grades.parquet")
        execute(home, "15670", settings)
        receipt = json.loads((home / "15670/load/receipt.json").read_text(encoding="utf-8"))
        assert (receipt["is_new"], receipt["release_id"], receipt["unchanged"]) == (False, 2, 4)
    with land.open_reader(url) as store:
        assert sorted(land.current(store, "thua_dat", ZONE)["so_thu_tu_thua"]) == ["1", "3", "4", "5", "6"]


def test_a_commune_with_a_change_is_published(tmp_path: Path, home: Path) -> None:
    with land.open_store(home, srid=ZONE) as store:
        filled(store, tmp_path)
        registered(store, tmp_path, body(store, (2,), thua_dat=[child(box(20, 25)), child(box(25, 40))]))
    settings = Settings(home=home, store=f"gpkg:{home}")
    province.execute(home, settings)
    publish.execute(home, settings)
    (commune,) = json.loads((home / "release/manifest.json").read_text("utf-8"))["communes"]
    assert (commune["parcels"], commune["dqi"]) == (5, 0.75)


def test_the_commands(url: str, tmp_path: Path) -> None:
    with land.open_store(url, srid=ZONE) as store:
        filled(store, tmp_path)
        good = body(store, (2,), thua_dat=[child(box(20, 25)), child(box(25, 40))])
        bad = body(store, (3,), giao_dich_id="TN-2", thua_dat=[child(box(40, 50)), child(box(51, 60))])
    (tmp_path / "s.yaml").write_text(
        yaml.safe_dump({"home": str(tmp_path), "store": url, "key_file": str(tmp_path / "holder.key")}), "utf-8"
    )
    call = ["--config", str(tmp_path / "s.yaml"), "change"]
    packages = [str(written(tmp_path, content)) for content in (good, bad)]

    def told(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*call, *words])
        return done.exit_code, done.stdout

    assert told("check", packages[0]) == (
        0, "TN-1: ghi được / may be written\nthửa mới / new 2 · đổi / changed 0 · hết hiệu lực / ended 1\n",
    )  # fmt: skip
    code, text = told("apply", packages[0], "--who", "an", "--json")
    assert (code, json.loads(text)["release_id"], json.loads(text)["is_new"]) == (0, 2, True)
    assert told("apply", packages[0], "--who", "an")[1] == (
        "TN-1: đã đăng ký trước đây, bản 2 / already registered as release 2\n"
    )
    for command in ("check", "apply"):
        code, text = told(command, packages[1], "--json")
        assert code == 1 and json.loads(text)["accepted"] is False
        assert json.loads(text)["reasons"][0]["code"] == "ground.missing"
    assert [entry["ket_qua"] for entry in json.loads(told("log", "--commune", "15670", "--json")[1])] == [
        "ghi", "tu_choi",
    ]  # fmt: skip
    assert "an · change apply · 15670 · TN-1 · bản / release 2" in told("log")[1]
    main = [sys.executable, "-m", "pipelines", *call, "check", packages[1]]
    done = subprocess.run(main, capture_output=True, text=True, cwd=ROOT, check=False)
    told_vi, told_en = done.stderr.split("Error: ")
    assert (done.returncode, told_vi.count("\n  - "), told_en.count("\n  - ")) == (3, 2, 2)
