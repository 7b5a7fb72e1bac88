"""Files of a step that were cut short, emptied or are something else: one sentence that names them, no traceback."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from pipelines.cli.app import app
from pipelines.errors import CadastreError
from pipelines.publish.files import execute
from pipelines.settings import Settings

from .test_minutes import home, two_reports  # noqa: F401
from .test_publish import home as published  # noqa: F401
from .test_publish import load

BROKEN = {"cut": lambda whole: whole[: len(whole) // 2], "empty": lambda _: b"", "list": lambda _: b"[]"}
BROKEN |= {"null": lambda _: b"null", "bytes": lambda _: b"\xff\xfe\x00", "object": lambda _: b"{}"}
PARQUET = ("cut", "empty", "bytes")


@pytest.fixture
def reported(tmp_path, once):
    return once(two_reports, tmp_path)


def ends_in_a_sentence(home, command, name):  # noqa: F811
    done = CliRunner().invoke(app, ["--home", str(home), *command])
    assert isinstance(done.exception, CadastreError), repr(done.exception)
    assert done.exception.exit_code == 2
    assert name.rpartition("/")[2] in done.exception.vi, done.exception.vi
    assert name.rpartition("/")[2] in done.exception.en
    assert "\n" not in done.exception.en


def spoil(path, how):
    path.write_bytes(BROKEN[how](path.read_bytes() if path.exists() else b"{}"))


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize(
    "name", ["validate/verdict.json", "validate/summary.json", "package/inventory.json", "answers.json"]
)
def test_report_names_the_broken_object(reported, name, how):
    if name == "answers.json" and how == "list":
        return  # a list without answers is what it should be
    if name == "package/inventory.json" and how == "object":
        return
    (reported / "15670/answers.json").write_text('[{"key": "a", "status": "kept", "note": "vì"}]', encoding="utf-8")
    before = (reported / "15670/report/report.html").read_bytes()
    spoil(reported / "15670" / name, how)
    ends_in_a_sentence(reported, ["report", "15670"], name)
    assert (reported / "15670/report/report.html").read_bytes() == before


@pytest.mark.parametrize("how", BROKEN)
def test_a_report_whose_own_note_is_broken_is_made_anew(reported, how):
    whole = (reported / "15670/report/first.json").read_bytes()
    spoil(reported / "15670/report/first.json", how)
    again = CliRunner().invoke(app, ["--home", str(reported), "report"])
    assert again.exit_code == 0, repr(again.exception)
    assert "15670/report" in again.output
    assert (reported / "15670/report/first.json").read_bytes() == whole


@pytest.mark.parametrize("how", PARQUET)
@pytest.mark.parametrize(
    "name", ["validate/findings.parquet", "normalize/thua_dat.parquet", "normalize/dang_ky.parquet"]
)
def test_report_names_the_broken_table(home, name, how):  # noqa: F811
    spoil(home / "15670" / name, how)
    ends_in_a_sentence(home, ["report", "15670"], name)
    assert not (home / "15670/report").exists()


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", ["summary.json", "findings.parquet"])
def test_report_names_the_broken_file_of_the_province(home, name, how):  # noqa: F811
    (home / "province").mkdir()
    (home / "province/summary.json").write_text(json.dumps({"communes": ["15670.E2025A"]}), encoding="utf-8")
    shutil.copy(home / "15670/validate/findings.parquet", home / "province/findings.parquet")
    spoil(home / "province" / name, how)
    ends_in_a_sentence(home, ["report", "15670"], f"province/{name}")


@pytest.mark.parametrize("how", [how for how in BROKEN if how != "object"])
@pytest.mark.parametrize(
    "name",
    [
        "15670/validate/summary.json",
        "15670/package/inventory.json",
        "15670/load/receipt.json",
        "15712/failure.json",
        "province/summary.json",
        "release/manifest.json",
    ],
)
@pytest.mark.parametrize("command", [["status"], ["status", "--json"]])
def test_status_names_the_broken_object(home, name, how, command):  # noqa: F811
    (home / name).parent.mkdir(exist_ok=True)
    spoil(home / name, how)
    ends_in_a_sentence(home, command, name)


@pytest.mark.parametrize("how", ["cut", "empty", "list", "null", "object"])
def test_publish_does_not_pass_over_a_manifest_that_cannot_be_read(published, how):  # noqa: F811
    path = published / "release/manifest.json"
    spoil(path, how)
    before = path.read_bytes()
    ends_in_a_sentence(published, ["publish"], "release/manifest.json")
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", PARQUET)
def test_former_parcels_that_cannot_be_read_are_compared_by_their_figures(published, how):  # noqa: F811
    load(published, "15670", count=29)
    spoil(published / "release/parcels/15670.parquet", how)
    execute(published, Settings(home=published, max_parcels_lost=0.5, max_area_lost=0.5))
    body = json.loads((published / "release/manifest.json").read_text("utf-8"))
    row = body["comparison"]["communes"][0]
    assert (row["parcels"], row["moved_m"], row["completeness"]) == ([30, 29], None, None)
