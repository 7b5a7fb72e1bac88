"""Nothing that leaves the house names a person: every published byte and every API answer is searched."""

import gzip
import io
import json
import shutil
import sqlite3
import stat
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles

from tests.conftest import diachinh


def secrets(home: Path) -> set[str]:
    """Return the names, identity numbers and certificate serials that the samples' holders have."""
    words: set[str] = set()
    for path in home.glob("?????/normalize/holders/*.parquet"):
        rows = pd.read_parquet(path)
        named = rows.columns.intersection(
            ["ho_ten", "so_giay_to", "so_phat_hanh", "so_vao_so", "ten_to_chuc", "ma_to_chuc"]
        )
        for column in named:
            words |= {word for word in rows[column].dropna().astype(str) if len(word) >= LEAST}
    return words


def in_file_names(words: set[str]) -> set[str]:
    """Return words as they stand in the names of scans too: `BK 990401` is `BK990401-GCN.pdf`."""
    return words | {short for word in words if len(short := word.replace(" ", "")) >= LEAST}


def contents(path: Path) -> str:
    """Return everything a file says, unpacked."""
    if path.suffix == ".parquet":
        return pd.read_parquet(path).drop(columns="geometry").to_csv()
    elif path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode("utf-8")
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return b"\n".join(map(book.read, book.namelist())).decode("utf-8", errors="replace")
    elif path.suffix == ".gpkg":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return _rows(database)
    elif path.suffix == ".pmtiles":
        with path.open("rb") as stream:
            source = MmapSource(stream)
            tiles = b"\n".join(gzip.GzipFile(fileobj=io.BytesIO(tile)).read() for _, tile in all_tiles(source))
            return json.dumps(Reader(source).metadata()) + tiles.decode("utf-8", errors="replace")
    else:
        return path.read_text("utf-8", errors="replace")


def _rows(database: sqlite3.Connection) -> str:
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return "\n".join(str(database.execute(f'SELECT * FROM "{table}"').fetchall()) for table in tables)


LEAST = 6
"""Shortest word that is searched: a shorter one is in any text by chance."""


def named(text: str, hidden: set[str]) -> list[str]:
    """Return the hidden words that stand in a text; one pass over the text, however many words there are."""
    places = _mixed(text)
    starts = {int(_mixed(word[:LEAST])[0]): [] for word in hidden}
    for word in hidden:
        starts[int(_mixed(word[:LEAST])[0])].append(word)
    likely = np.unique(places[np.isin(places, np.fromiter(starts, dtype=np.uint64))])
    return sorted(word for start in likely.tolist() for word in starts[start] if word in text)


def _mixed(text: str) -> np.ndarray:
    """Return a number for each run of `LEAST` characters."""
    characters = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    count = max(0, len(characters) - LEAST + 1)
    mixed = np.zeros(count, dtype=np.uint64)
    for place in range(LEAST):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + characters[place : place + count]
    return mixed


def test_the_search_finds_what_is_there() -> None:
    hidden = {"Nguyễn Văn Mẫu", "038070000001", "Trần Thị"}
    assert named("x" * 50 + "Trần Thị Mẫu, 038070000001.", hidden) == ["038070000001", "Trần Thị"]
    assert named("Nguyễn Văn, Trần Th", hidden) == named("", hidden) == []


def test_there_is_something_to_hide(samples_home: Path) -> None:
    assert len(secrets(samples_home)) > 1000


def test_a_broken_scan_is_named_by_the_serial_of_a_holder(samples_home: Path) -> None:
    (scan,) = samples_home.glob("15712/validate/findings.parquet")
    rows = pd.read_parquet(scan, columns=["code", "feature_id"])
    (name,) = rows.loc[rows["code"] == "goi.unreadable_file", "feature_id"]
    assert len(named(name, in_file_names(secrets(samples_home)))) == 1


def test_no_published_byte_names_a_person(samples_home: Path) -> None:
    hidden = in_file_names(secrets(samples_home))
    files = [path for path in (samples_home / "release").rglob("*") if path.is_file()]
    assert len(files) > 8
    told = {path.name: found[:3] for path in files if (found := named(contents(path), hidden))}
    assert told == {}


def test_what_stands_on_a_scan_stays_on_it(samples_home: Path) -> None:
    base = samples_home / "15712"
    rows = pd.read_parquet(base / "normalize" / "dang_ky.parquet", columns=["ten_file", "ho_ten", "so_giay_to"])
    scanned = rows.loc[rows["ten_file"].notna()]
    hidden = {word for column in ("ho_ten", "so_giay_to") for word in scanned[column].dropna().astype(str)}
    assert len(hidden) > 15
    kept = [*(base / "papers").iterdir(), *(base / "logs").iterdir()]
    told = [base / "digitize" / "papers.parquet", base / "validate" / "findings.parquet"]
    assert len(kept) > 10
    texts = {path.name: path.read_text("utf-8", errors="replace") for path in kept}
    texts |= {f"{path.parent.name}/{path.name}": pq.read_table(path).to_pandas().to_csv() for path in told}
    assert {name: found for name, text in texts.items() if (found := named(text, hidden))} == {}


def test_land_database_names_nobody(samples_home: Path) -> None:
    with sqlite3.connect(samples_home / "land.gpkg") as database:
        text = _rows(database)
    assert named(text, in_file_names(secrets(samples_home))) == []


def test_identity_numbers_are_not_readable_in_the_holder_file(samples_home: Path) -> None:
    numbers = {word for word in secrets(samples_home) if word.isdigit() and len(word) in (9, 12)}
    assert len(numbers) > 500
    raw = (samples_home / "holders.sqlite").read_bytes().decode("latin-1")
    assert named(raw, numbers) == []


def test_who_is_one_person_stays_in_the_house(samples_home: Path, tmp_path: Path) -> None:
    # Of the home only what linking needs is copied, so that no other test sees what it leaves.
    home = tmp_path / "build"
    home.mkdir()
    for name in ("land.gpkg", "holders.sqlite", "holder.key"):
        shutil.copy2(samples_home / name, home / name)
    done = diachinh("link", "--home", home)
    assert done.returncode == 0, done.stderr
    hidden = secrets(samples_home)
    assert named(done.stdout + done.stderr, hidden) == []
    files = [path for path in (home / "linkage").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"review.xlsx"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((home / "linkage").stat().st_mode) == 0o700
    numbers = {word for word in hidden if word.isdigit() and len(word) in (9, 12)}
    assert named(contents(home / "linkage/review.xlsx"), numbers) == []
    assert diachinh("link", "--home", home, "--batch", home / "release" / "batch.csv").returncode == 2
    batch = tmp_path / "batch.csv"
    assert diachinh("link", "--home", home, "--batch", batch).returncode == 0
    # The one file that may name them does, which proves the search.
    assert len(named(batch.read_text(encoding="utf-8-sig"), numbers)) > 500
    assert stat.S_IMODE(batch.stat().st_mode) == 0o600
    for path in (*(home / "linkage").rglob("*.*"), home / "holders.sqlite"):
        assert named(path.read_bytes().decode("latin-1"), numbers) == [], path.name
    with sqlite3.connect(home / "holders.sqlite") as database:
        kept = "\n".join(
            str(database.execute(f"SELECT * FROM {table}").fetchall())
            for table in ("quyet_dinh_lien_ket", "xac_thuc_da_gui", "lan_lien_ket", "lien_ket_nguoi")
        )
    assert "ng-" in kept and named(kept, hidden) == []
    with sqlite3.connect(home / "land.gpkg") as database:
        assert named(_rows(database), in_file_names(hidden)) == []


@pytest.mark.parametrize("path", ["/api/collections/parcels/items?limit=2000&f=json", "/release/manifest.json"])
def test_no_answer_of_the_server_names_a_person(samples_home: Path, atlas_url: str, path: str) -> None:
    with urllib.request.urlopen(atlas_url + path, timeout=30) as answer:
        text = answer.read().decode("utf-8")
    assert len(text) > 1000
    assert named(text, in_file_names(secrets(samples_home))) == []
