"""Nothing that leaves the house names a person: every published byte and every API answer is searched."""

import gzip
import io
import json
import sqlite3
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pmtiles.reader import MmapSource, Reader, all_tiles


def secrets(home: Path) -> set[str]:
    """Return the names, identity numbers and certificate serials that the samples' holders have."""
    words: set[str] = set()
    for path in home.glob("?????/normalize/holders/*.parquet"):
        rows = pd.read_parquet(path)
        named = rows.columns.intersection(
            ["ho_ten", "so_giay_to", "so_phat_hanh", "so_vao_so", "ten_to_chuc", "ma_to_chuc"]
        )
        for column in named:
            words |= {word for word in rows[column].dropna().astype(str) if len(word) > 5}
    return words


def contents(path: Path) -> Iterator[str]:
    """Yield everything a file says, unpacked."""
    if path.suffix == ".parquet":
        yield pd.read_parquet(path).drop(columns="geometry").to_csv()
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                yield book.read(name).decode("utf-8", errors="replace")
    elif path.suffix == ".gpkg":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            yield _rows(database)
    elif path.suffix == ".pmtiles":
        with path.open("rb") as stream:
            source = MmapSource(stream)
            yield json.dumps(Reader(source).metadata())
            for _, tile in all_tiles(source):
                yield gzip.GzipFile(fileobj=io.BytesIO(tile)).read().decode("utf-8", errors="replace")
    else:
        yield path.read_text("utf-8", errors="replace")


def _rows(database: sqlite3.Connection) -> str:
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return "\n".join(str(database.execute(f'SELECT * FROM "{table}"').fetchall()) for table in tables)


def test_there_is_something_to_hide(samples_home: Path) -> None:
    assert len(secrets(samples_home)) > 1000


def test_no_published_byte_names_a_person(samples_home: Path) -> None:
    hidden = secrets(samples_home)
    files = [path for path in (samples_home / "release").rglob("*") if path.is_file()]
    assert len(files) > 8
    told = {
        path.name: sorted(word for word in hidden if word in text)[:3]
        for path in files
        for text in contents(path)
        if any(word in text for word in hidden)
    }
    assert told == {}


def test_land_database_names_nobody(samples_home: Path) -> None:
    with sqlite3.connect(samples_home / "land.gpkg") as database:
        text = _rows(database)
    assert [word for word in secrets(samples_home) if word in text] == []


def test_identity_numbers_are_not_readable_in_the_holder_file(samples_home: Path) -> None:
    numbers = {word for word in secrets(samples_home) if word.isdigit() and len(word) in (9, 12)}
    assert len(numbers) > 500
    raw = (samples_home / "holders.sqlite").read_bytes().decode("latin-1")
    assert [number for number in numbers if number in raw] == []


@pytest.mark.parametrize("path", ["/api/collections/parcels/items?limit=2000&f=json", "/release/manifest.json"])
def test_no_answer_of_the_server_names_a_person(samples_home: Path, atlas_url: str, path: str) -> None:
    with urllib.request.urlopen(atlas_url + path, timeout=30) as answer:
        text = answer.read().decode("utf-8")
    assert len(text) > 1000
    assert [word for word in secrets(samples_home) if word in text] == []
