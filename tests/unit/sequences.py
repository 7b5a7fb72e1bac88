"""Two offices that do the same one after the other, one over files and one over a server, held against each other."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
import yaml
from typer.testing import CliRunner

from pipelines import store as land
from pipelines import vault
from pipelines.cli.app import app
from pipelines.errors import CadastreError
from pipelines.load import Delivery
from pipelines.load import run as load
from pipelines.store.tables import all_tables
from tests.unit import held
from tests.unit.deliveries import EAST_M, NORTH_M, SIDE_M, ZONE, delivery, parcels, squares

ERA = "E2025A"
_SEALED = re.compile(r"_ma_hoa$|^check_value$|^version_id$|^file_sha256$")
_WITHIN = "15670.E2025B"


def commune(code: str, shift_m: float, *, day: str = "2025-06-01", count: int = 9) -> Delivery:
    """Return the commune of `held` under another code, of the era before the reform."""
    own = parcels(squares(9, shift_m=shift_m), ma_xa=code).iloc[:count].assign(dien_tich=held.AREA_M2)
    tables = {layer: _moved(rows, code) for layer, rows in held.tables().items()}
    people = {layer: _moved(rows, code) for layer, rows in held.holders().items()}
    west = EAST_M + shift_m
    outline = shapely.box(west, NORTH_M, west + SIDE_M * 9, NORTH_M + SIDE_M)
    tables["xa"] = gpd.GeoDataFrame(
        {"ma_xa": [code], "ky_dia_gioi": [ERA], "ten_xa": [code]}, geometry=[outline], crs=ZONE
    )
    return delivery(
        parcels=gpd.GeoDataFrame(own),
        ma_xa=code,
        date=day,
        sha256=code[:1] * 60 + code[-4:],
        tables=tables,
        holders=people,
    )


def _moved(rows: pd.DataFrame, code: str) -> pd.DataFrame:
    """Return rows under another commune, with ids of their own."""
    moved = rows.replace({"E2025B": ERA, held.COMMUNE: code})
    for name in rows.columns:
        if name == "thua_key":
            moved[name] = rows[name].str.replace(_WITHIN, f"{code}.{ERA}", regex=False)
        elif name.endswith("_id"):
            moved[name] = rows[name].str.replace(r"([^;]+)", rf"\1-{code}", regex=True)
    return moved


class Office:
    """A store with its folder, its key and its clock."""

    def __init__(self, url: str, folder: Path, key: Path, elsewhere: str = "") -> None:
        folder.mkdir(parents=True)
        self.url, self.folder, self.key, self.elsewhere = url, folder, key, elsewhere
        self.config = folder / "s.yaml"
        self.config.write_text(
            json.dumps({"home": str(folder / "home"), "store": url, "key_file": str(key)}), encoding="utf-8"
        )

    def at(self, url: str) -> "Office":
        """Return the office that has another store."""
        return Office(url, self.folder / "elsewhere" / str(next(_numbers)), self.key)

    def shape_of(self, name: str) -> shapely.Polygon:
        """Return the outline of a current parcel."""
        with land.open_reader(self.url) as store:
            current = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")
        return shapely.Polygon(current.geometry[name].exterior)

    def numbers(self, code: str) -> list[int]:
        """Return the releases of a commune."""
        with land.open_reader(self.url) as store:
            return [release.release_id for release in land.listing(store, code)]

    def holds(self, layer: str, name: str) -> int:
        """Return how many current rows of a layer of the holders have an id."""
        with land.open_reader(self.url) as store, store.holders():
            condition = f"tx_to IS NULL AND {layer}_id = :name"
            counted = store.execute(f"SELECT count(*) FROM holders.{layer} WHERE {condition}", {"name": name})
            return int(counted.fetchone()[0])

    def person(self, name: str) -> Any:
        """Return who stands behind a record."""
        code, said = self.says("link", "--person", name, "--json")
        return said if code else json.loads(said)

    def loads(self, wanted: Delivery) -> Any:
        """Load a commune; return the receipt, or what it was refused with."""
        try:
            with land.open_store(self.url, srid=ZONE) as store:
                return load(wanted, store, vault.open_vault(self.key), "an")
        except CadastreError as error:
            return error.en

    def says(self, *words: object) -> tuple[int, str]:
        """Return how a command ends and what it says, without what is different by nature: places."""
        done = CliRunner().invoke(app, ["--config", str(self.config), *map(str, words)])
        if done.exception is not None and not isinstance(done.exception, SystemExit | CadastreError):
            raise done.exception
        if isinstance(done.exception, CadastreError):
            return done.exception.exit_code, self._plain(done.exception.en)
        return done.exit_code, self._plain(done.stdout)

    def _plain(self, text: str) -> str:
        return (
            text.replace(str(self.folder), "FOLDER").replace(self.url, "STORE").replace(self.url.split("?")[0], "STORE")
        )

    def changes(self, kind: str, *ids: str, **content: Any) -> tuple[int, Any]:
        """Draft a package by the command, fill it in, check it where that is asked for, and apply it."""
        number, is_checked = content.pop("giao_dich_id"), content.pop("checked", False)
        out = self.folder / number
        code, said = self.says("change", "draft", kind, *ids, "--out", out)
        if code:
            return code, said
        drafted = yaml.safe_load((out / "change.yaml").read_text(encoding="utf-8"))
        if drafted.pop("thua_dat", None):
            # The hash of a package is that of all its files, and a GeoPackage knows the hour it was made.
            (out / "thua_dat.gpkg").unlink()
        body = drafted | {"giao_dich_id": number} | content
        (out / "change.yaml").write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
        if is_checked:
            assert self.says("change", "check", out)[0] == 0
        code, said = self.says("change", "apply", out, "--who", "an", "--json")
        return code, json.loads(said) if said.startswith("{") else said

    def answers(self, word: str) -> tuple[int, str]:
        """Answer the first question about people."""
        path = self.folder / "home/linkage/review.xlsx"
        book = openpyxl.load_workbook(path)
        column = next(cell.column for cell in book.active[1] if cell.value == "Trả lời / Answer")
        book.active.cell(2, column, word)
        handed = self.folder / f"answered-{word}.xlsx"
        book.save(handed)
        return self.says("link", "--answers", handed, "--who", "an")

    def content(self) -> dict[str, list[str]]:
        """Return every row of every table, versions in time too, in the order of their texts; ciphertext aside."""
        found: dict[str, list[str]] = {}
        with land.open_reader(self.url) as store, store.holders():
            for table in all_tables(ZONE):
                columns = [(name, kind) for name, kind in table.columns if not _SEALED.search(name) and name != "fid"]
                told = ", ".join(store.column(name, kind) for name, kind in columns)
                rows = store.execute(f"SELECT {told} FROM {table.qualified}").fetchall()
                found[table.qualified] = sorted(repr([_value(value) for value in row]) for row in rows)
        return found

    def tells(self, parcels_: list[str]) -> dict[str, Any]:
        """Return what the commands say about everything that is there."""
        with land.open_reader(self.url) as store:
            releases = land.listing(store)
        told: dict[str, Any] = {
            "log": self.says("change", "log", "--json"),
            "check": self.says("check-store", "--json"),
        }
        for code in sorted({release.ma_xa for release in releases}):
            told[f"diff {code}"] = self.says("diff", code, 0, "--json")
        out = self.folder / f"{next(_numbers)}.ndjson"
        told["feed said"] = self.says("feed", "--out", out)[0]
        told["feed"] = out.read_text(encoding="utf-8")
        for name in parcels_:
            told[f"history {name}"] = self.says("history", name, "--json")
            told[f"parcel {name}"] = self.says("parcel", name, "--holders", "--json")
        for day, known in itertools.product(
            ("2025-06-20", "2025-08-01", "2026-06-01"), (None, releases[-1].started_at)
        ):
            asked = ("--known", known) if known else ()
            told[f"as-of {day} {known}"] = self.says("as-of", day, *asked, "--json")
        middle = releases[len(releases) // 2].finished_at
        told["as-of then"] = self.says("as-of", "2026-06-01", "--known", middle, "--json")
        return {name: re.sub(r'"FOLDER[^"]*"', "", str(value)) for name, value in told.items()}


_numbers = itertools.count()


def _value(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def clock(monkeypatch: pytest.MonkeyPatch, turn: int) -> None:
    """Let the clock begin a day anew: every question of the time is a second after the one before."""
    seconds = itertools.count()

    def now() -> str:
        at = next(seconds)
        return (
            f"2026-{3 + turn // 28:02d}-{1 + turn % 28:02d}T{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}.000000Z"
        )

    for module in ("store.releases", "store.log", "linkage.kept", "linkage.journal", "store.schema"):
        monkeypatch.setattr(f"pipelines.{module}.now", now)


def halves(shape: Any) -> list[str]:
    """Return two parts of a polygon, cut from corner to corner, as WKT: no neighbour gets a new node."""
    ring = np.asarray(shape.exterior.coords)[:-1]
    best = None
    for one, other in itertools.combinations(range(len(ring)), 2):
        line = shapely.LineString([ring[one], ring[other]])
        if other - one > 1 and not (one == 0 and other == len(ring) - 1) and shape.contains(line):
            parts = [shapely.Polygon(ring[one : other + 1]), shapely.Polygon([*ring[other:], *ring[: one + 1]])]
            least = min(part.area for part in parts)
            if best is None or least > best[0]:
                best = (least, parts)
    assert best is not None
    return [part.wkt for part in best[1]]
