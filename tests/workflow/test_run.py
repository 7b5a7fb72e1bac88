"""`diachinh run`: what is re-run, what is left alone, and what one broken commune does to the others."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, diachinh
from tests.workflow.packages import tiny


def products(home: Path) -> dict[str, int]:
    kinds = ("*.parquet", "*.json", "*.gpkg", "*.pmtiles", "*.xlsx", "*.html")
    return {str(path): path.stat().st_mtime_ns for kind in kinds for path in home.rglob(kind)}


def current(home: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(home / "land.gpkg") as database:
        return database.execute(
            "SELECT thua_dat_id, row_hash FROM thua_dat_5897 WHERE tx_to IS NULL ORDER BY thua_dat_id"
        ).fetchall()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an inbox of one package and the home it was run into."""
    folder = tmp_path_factory.mktemp("ran")
    tiny(folder / "inbox" / "a")
    done = diachinh("run", folder / "inbox", "--home", folder / "home")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(current(folder / "home")) == 4
    return folder


def test_second_run_does_nothing(ran: Path) -> None:
    before = products(ran / "home")
    second = diachinh("run", ran / "inbox", "--home", ran / "home")
    assert second.returncode == 0, second.stderr
    assert products(ran / "home") == before


def test_editing_a_step_runs_it_again(ran: Path, tmp_path: Path) -> None:
    """A copy of the code with one more comment in a step: only that step and those after it are due."""
    home = ran / "home"
    for package in ("pipelines", "schemas"):
        shutil.copytree(ROOT / package, tmp_path / "code" / package)
    (tmp_path / "code" / "atlas").mkdir()
    shutil.copy(ROOT / "atlas" / "preview.py", tmp_path / "code" / "atlas")

    def due() -> set[str]:
        command = [
            sys.executable, "-m", "snakemake", "loaded", "--dry-run", "--cores", "1", "--nocolor",
            "--snakefile", str(tmp_path / "code/pipelines/rules/pipeline.smk"),
            "--configfile", str(home / "run.yaml"), "--directory", str(home),
        ]  # fmt: skip
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path / "code")
        steps = ("package", "digitize", "normalize", "validate", "load")
        return {step for step in steps if f"rule {step}:" in told.stdout}

    assert due() == set()
    step = next((tmp_path / "code/pipelines/normalize").glob("*.py"))
    step.write_text(step.read_text("utf-8") + "\n# one more comment\n", encoding="utf-8")
    assert due() == {"normalize", "validate", "load"}


def test_a_broken_commune_never_stops_the_others(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    tiny(inbox / "good", "15670")
    spoilt = tiny(inbox / "spoilt", "15703")
    (spoilt / "to_1.shp").write_text("this is no shapefile", encoding="utf-8")
    (inbox / "cut.zip").write_bytes(b"PK\x03\x04 cut short")
    done = diachinh("run", inbox, "--home", tmp_path / "home")
    assert done.returncode == 2
    assert "15703" in done.stderr and "to_1.shp" in done.stderr and "cut.zip" in done.stderr
    assert done.stderr.count("Lỗi: ") == 2 and done.stderr.count("Error: ") == 2
    assert "Traceback" not in done.stderr + done.stdout
    assert len(current(tmp_path / "home")) == 4
    manifest = json.loads((tmp_path / "home/release/manifest.json").read_text("utf-8"))
    assert [entry["ma_xa"] for entry in manifest["communes"]] == ["15670"]
    told = json.loads(diachinh("status", "--json", "--home", tmp_path / "home").stdout)
    states = {entry["commune"]: entry for entry in told["communes"]}
    assert "publish" in states["15670"]["done"]
    assert states["15703"]["failure"]["step"] == "package"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [({"files": []}, "files"), ({"files": [{"path": "missing.shp", "role": "parcels"}]}, "missing.shp")],
    ids=["no files", "missing file"],
)
def test_a_package_that_turns_bad_leaves_the_database_as_it_was(
    ran: Path, tmp_path: Path, spoil: dict[str, object], says: str
) -> None:
    home = shutil.copytree(ran / "home", tmp_path / "home")
    package = shutil.copytree(ran / "inbox" / "a", tmp_path / "package")
    before = current(home)
    declared = yaml.safe_load((package / "package.yaml").read_text("utf-8"))
    (package / "package.yaml").write_text(yaml.safe_dump(declared | spoil), encoding="utf-8")
    done = diachinh("run", package, "--home", home)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2, done.stderr
    assert current(home) == before


def test_nothing_to_run_is_one_line(tmp_path: Path) -> None:
    for arguments in (["run", tmp_path / "missing"], ["run", tmp_path], ["inspect", tmp_path / "missing"], ["serve"]):
        done = diachinh(*arguments, "--home", tmp_path / "home") if arguments[0] != "inspect" else diachinh(*arguments)
        assert done.returncode == 2, arguments
        assert len(done.stderr.strip().splitlines()) == 2, done.stderr


def test_help_is_instant_and_in_both_languages() -> None:
    told = diachinh("--help")
    assert told.returncode == 0
    assert "Địa chính" in told.stdout and "land database" in told.stdout
    heavy = {"geopandas", "pandas", "numpy", "pydantic", "rich"}
    probe = f"import sys, pipelines.cli; print(sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True)
    assert loaded.stdout.strip() == "[]"
