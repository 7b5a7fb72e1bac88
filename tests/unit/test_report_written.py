"""A report that cannot be written is one sentence, and what was there before is still there, whatever stops it."""

import os
import resource
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pipelines import answers, casefile, files, htmlreport, reports
from pipelines.cli.app import app
from pipelines.errors import CadastreError

from .test_answers import parcels  # noqa: F401
from .test_minutes import two_reports


def everything(home):
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.fixture
def reported(tmp_path, once):
    return once(two_reports, tmp_path)


LAYERS = """
import sys
from pathlib import Path
import geopandas as gpd
from pipelines import answers, casefile, cli, files, reports
home = Path(sys.argv[1])
def write_layers(context, communes=None, home=home):
    told = casefile._open(home, "15670").described
    with files.writing(home / "15670/report") as new:
        reports.write_described(told.assign(key="k"), [new / "findings.gpkg", new / "fix_list.xlsx"])
casefile.write = lambda home, code, chosen: write_layers(None)
sys.argv = ["diachinh", "--home", str(home), "report", "15670"]
cli.main()
"""
"""The report without its minutes, whose fonts are larger than all the rest."""


WHOLE = ["-m", "pipelines", "--home", "HOME", "report", "15670"]


@pytest.mark.parametrize(("program", "bytes_"), [(WHOLE, 1_000), (WHOLE, 100_000), (["-c", LAYERS, "HOME"], 60_000)])
def test_a_full_disk(reported, program, bytes_):
    before = everything(reported)

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, bytes_))

    command = [sys.executable, *(str(reported) if word == "HOME" else word for word in program)]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=small_files, check=False)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 2), done.stderr
    assert "15670" in done.stderr
    assert everything(reported) == before


def test_a_folder_that_cannot_be_made(reported):
    before = (reported / "15670/report/report.html").read_bytes()
    (reported / "15670/.report.new").write_text("a file of somebody", encoding="utf-8")
    done = CliRunner().invoke(app, ["--home", str(reported), "report", "15670"])
    assert isinstance(done.exception, CadastreError), repr(done.exception)
    assert (reported / "15670/report/report.html").read_bytes() == before


@pytest.mark.parametrize("step", [(htmlreport, "render"), (reports, "write_described"), (casefile, "write_league")])
def test_an_interruption(reported, monkeypatch, step):
    before = everything(reported)

    def interrupted(*_args, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(*step, interrupted)
    asked = ["15670"] if step[1] != "write_league" else []
    assert CliRunner().invoke(app, ["--home", str(reported), "report", *asked]).exit_code != 0
    assert everything(reported) == before


@pytest.mark.parametrize("at", [1, 2])
def test_an_interruption_between_two_names(tmp_path, monkeypatch, at):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "a").write_text("before", encoding="utf-8")
    renamed, count = type(folder).rename, [0]

    def rename(path, target):
        count[0] += 1
        if count[0] == at:
            raise KeyboardInterrupt
        return renamed(path, target)

    monkeypatch.setattr(type(folder), "rename", rename)
    with pytest.raises(KeyboardInterrupt), files.writing(folder) as new:
        (new / "a").write_text("after", encoding="utf-8")
    assert (folder / "a").read_text("utf-8") == "before"


def test_a_folder_that_a_crash_left_without_its_name_is_found_again(tmp_path):
    (tmp_path / ".report.old").mkdir()
    (tmp_path / ".report.old/a").write_text("before", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), files.writing(tmp_path / "report"):
        raise KeyboardInterrupt
    assert (tmp_path / "report/a").read_text("utf-8") == "before"


def test_answers_on_a_full_disk(reported):
    path = reported / "15670/answers.json"
    path.write_text("[]", encoding="utf-8")
    partial = path.with_name(".answers.json.new")
    partial.mkdir()
    with pytest.raises(CadastreError, match=r"answers\.json"):
        answers.merge(path, answers.load(path))
    assert path.read_text("utf-8") == "[]"


def test_a_workbook_with_a_password_is_named(tmp_path):
    # A compound file with the streams that Office writes when it locks a workbook.
    head = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 504
    path = tmp_path / "khoa.xlsx"
    path.write_bytes(
        head + "EncryptionInfo".encode("utf-16-le") + "EncryptedPackage".encode("utf-16-le") + b"\0" * 4096
    )
    with pytest.raises(CadastreError) as told:
        answers.read(path)
    assert "mật khẩu" in told.value.vi
    assert os.linesep not in told.value.en
