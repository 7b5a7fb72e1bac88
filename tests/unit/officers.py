"""Two communes that share a man and a common name, and what officers do about them, over either store."""

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipelines import store as land
from pipelines import vault
from pipelines.cli.app import app
from pipelines.linkage import files, journal, kept
from pipelines.load import run
from pipelines.settings import Settings
from tests.unit.deliveries import ZONE, delivery

NUMBER, CORRECTED, OLD = "038061990001", "038061990009", "171234567"
KEY = {"15670": "15670.E2025A.c1", "15703": "15703.E2025A.c1"}
UNRULY = "112233445566"
"""A number that breaks the rules: it is no reason to link, and nobody can verify it."""

SECRETS = (NUMBER, CORRECTED, OLD, UNRULY)


def holders(commune: str) -> dict[str, pd.DataFrame]:
    """Return a man with the same number in both communes, and a common name without any."""
    people = {
        "ca_nhan_id": ["c1", "c2"],
        "ho_ten": ["Quách Bá Thước", "Nguyễn Thị Lan"],
        "nam_sinh": [1961, 1970],
        "ngay_sinh": ["1961-05-07", None],
        "gioi_tinh": ["1", "0"],
        "dia_chi": ["Thôn 3, xã Thọ Bình", f"Thôn {commune[-1]}, xã Thọ Bình"],
    }
    kind, number = ("5", NUMBER) if commune == "15670" else ("2", OLD)
    papers = {
        "giay_to_id": ["g1", "g2"],
        "ca_nhan_id": ["c1", "c2"],
        "loai_giay_to": [kind, None],
        "so_giay_to": [number, UNRULY],
    }
    return {"ca_nhan": pd.DataFrame(people), "giay_to_tuy_than": pd.DataFrame(papers)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "build"


@pytest.fixture
def chosen(home: Path, url: str) -> Settings:
    """Return the settings of a home whose store holds two communes."""
    with land.open_store(url, srid=ZONE) as store:
        for place, commune in enumerate(KEY):
            wanted = delivery(4, ma_xa=commune, shift_m=79.0 * place, holders=holders(commune))
            run(wanted, store, vault.open_vault(home / "holder.key"))
    return Settings(home=home, store=url)


def execute(chosen: Settings) -> files.Summary:
    with files.opened(chosen.home, chosen) as store:
        return files.execute(store, chosen.home)


def answer(chosen: Settings, path: Path, who: str = "lan") -> files.Answered:
    with files.opened(chosen.home, chosen) as store:
        return files.take_answers(store, path, who, chosen)


def write_batch(chosen: Settings, out: Path) -> int:
    with files.opened(chosen.home, chosen) as store:
        return files.write_batch(store, chosen.home, out, "lan", chosen)


def take_results(chosen: Settings, path: Path) -> tuple[int, int]:
    with files.opened(chosen.home, chosen) as store:
        return files.take_results(store, chosen.home, path, "lan", chosen)


def undo(chosen: Settings, number: int) -> None:
    with files.opened(chosen.home, chosen) as store:
        journal.undo(store, number, "lan")


def journal_of(chosen: Settings) -> pd.DataFrame:
    with land.open_reader(chosen.database) as store:
        return journal.read(store)


def links(chosen: Settings) -> pd.DataFrame:
    with land.open_reader(chosen.database) as store, store.holders():
        return store.frame(f"SELECT * FROM holders.{kept.LINKS}").set_index("record_key")


def joined(chosen: Settings, person: str = "c1") -> bool:
    found = links(chosen)["nguoi_id"]
    return bool(found[f"15670.E2025A.{person}"] == found[f"15703.E2025A.{person}"])


def answered(home: Path, answer: str, row: int = 2) -> Path:
    """Return the list of questions with an answer in a row."""
    book = openpyxl.load_workbook(home / "linkage/review.xlsx")
    sheet = book.active
    column = next(cell.column for cell in sheet[1] if cell.value == "Trả lời / Answer")
    sheet.cell(row, column, answer)
    path = home.parent / "handed_back.xlsx"
    book.save(path)
    return path


def everything(folder: Path) -> bytes:
    """Return every byte below a folder, workbooks and tables as texts."""
    parts = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        parts.append(path.read_bytes())
        if path.suffix == ".parquet":
            parts.append(pd.read_parquet(path).to_csv().encode())
        if path.suffix == ".xlsx":
            sheets = openpyxl.load_workbook(path).worksheets
            parts += [str(cell.value).encode() for sheet in sheets for row in sheet for cell in row]
    return b"\n".join(parts)


def command(chosen: Settings, *arguments: object) -> Any:
    config = chosen.home.parent / "settings.yaml"
    config.write_text(f"home: {chosen.home}\nstore: {chosen.store}\n", encoding="utf-8")
    return CliRunner().invoke(app, ["--config", str(config), "link", *map(str, arguments)])
