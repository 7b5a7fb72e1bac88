"""Publish: what leaves the house, and what must not."""

import dataclasses
import gzip
import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles

from pipelines import findings as findings_of
from pipelines import reports, vault
from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.load import run
from pipelines.publish import archive, content, tiles
from pipelines.publish.files import execute
from pipelines.settings import Settings
from tests.unit.deliveries import NAMES, NUMBERS, ZONE, delivery, parcels, squares

QUOTED = "Bà Hư Cấu ghi trên nhãn"


def load(home: Path, *communes: str, count: int = 30, **changes: object) -> None:
    with land.open_store(home, srid=ZONE) as store:
        for place, commune in enumerate(communes):
            wanted = delivery(count, ma_xa=commune, shift_m=3000.0 * place, **changes)
            extra = findings_of.build(
                "ban_ve.label_unparsed", [f"{NAMES[0]}.dgn#7"], crs=ZONE, detail=QUOTED, source=f"{NAMES[0]}.dgn",
                geometry=wanted.parcels.geometry.iloc[3:4],
            )  # fmt: skip
            told = findings_of.concat([wanted.findings, extra], crs=ZONE)
            run(dataclasses.replace(wanted, findings=told), store, vault.open_vault(home / "holder.key"))


def released(home: Path) -> None:
    load(home, "15670", "15703")
    execute(home, Settings(home=home))


@pytest.fixture
def home(tmp_path: Path, once: Callable[..., Path]) -> Path:
    return once(released, tmp_path)


def manifest(home: Path) -> dict:
    return json.loads((home / "release/manifest.json").read_text(encoding="utf-8"))


def everything(folder: Path) -> str:
    """Return all that a folder says, unpacked, as one text."""
    texts = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            texts.append(pd.read_parquet(path).to_csv())
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                texts += [book.read(name).decode() for name in book.namelist()]
        elif path.suffix == ".gpkg":
            with sqlite3.connect(path) as database:
                names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                texts += [str(database.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names]
            database.close()
        elif path.suffix == ".gz":
            texts.append(gzip.decompress(path.read_bytes()).decode())
        elif path.suffix == ".pmtiles":
            with path.open("rb") as file:
                texts += [gzip.decompress(tile).decode("utf-8", "replace") for _, tile in all_tiles(MmapSource(file))]
        texts.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(texts)


def test_no_published_byte_names_a_person(home: Path) -> None:
    told = everything(home / "release")
    assert "15670.E2025A.1.1.1" in told
    hidden = [*NAMES, *NUMBERS, QUOTED, "to_1.shp", "*****"]
    assert [word for word in hidden if word in told] == []


def test_only_public_columns_leave(home: Path) -> None:
    frame = gpd.read_parquet(home / "release/parcels/15670.parquet")
    assert frame.crs == "EPSG:5897"
    assert {"thua_dat_id", "ma_dinh_danh_thua", "xep_loai", "valid_from"} <= set(frame.columns)
    hidden = {"thua_key", "ty_le", "so_canh_bao", "he_loai_dat", "row_hash", "tx_from", "feature_id", "version_id"}
    assert hidden & set(frame.columns) == set()
    assert frame["so_thu_tu_thua"].tolist() == [str(number) for number in range(1, 31)]
    assert shapely.equals_identical(frame.geometry.to_numpy(), squares(30)).all()


def test_manifest_lists_every_file_as_it_is(home: Path) -> None:
    listed = {file["path"]: file for file in manifest(home)["files"]}
    there = {path.relative_to(home / "release").as_posix() for path in (home / "release").rglob("*") if path.is_file()}
    assert set(listed) == there - {"manifest.json"}
    for name, file in listed.items():
        body = (home / "release" / name).read_bytes()
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))
    assert listed["parcels/15670.parquet"]["count"] == 30


def test_manifest_tells_each_commune(home: Path) -> None:
    body = manifest(home)
    first, second = body["communes"]
    assert (first["ma_xa"], first["ma_xa_moi"], first["ten_xa_moi"]) == ("15670", "15667", "Xã Thọ Bình")
    assert (first["parcels"], first["area_m2"], first["dqi"]) == (30, 12000.0, 0.75)
    assert first["grades"] == {"1": 30, "2a": 0, "2b": 0, "3": 0}
    assert first["findings"] == {"ban_ve.label_unparsed": 1, "thua_dat.overlap": 1}
    assert first["bbox"][0] < first["bbox"][2] < second["bbox"][0]
    assert body["collections"][0]["count"] == 60
    assert body["collections"][0]["extent"] == [
        *np.minimum(first["bbox"][:2], second["bbox"][:2]),
        *np.maximum(first["bbox"][2:], second["bbox"][2:]),
    ]
    assert (home / "release" / body["land"]).resolve() == (home / "land.gpkg").resolve()
    assert {grade["code"] for grade in body["grades"]} == {"1", "2a", "2b", "3"}
    assert {"ONT", "LUC"} <= {use["code"] for use in body["legend"]}


def test_a_split_commune_has_no_one_successor() -> None:
    assert content.successor("14758", "E2025A") == (None, None)
    assert content.successor("15712", "E2025A") == ("15715", "Xã Tân Ninh")
    assert content.successor("54000", "XX") == (None, None)


def test_nothing_changed_nothing_written(home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (home / "release").rglob("*")}
    execute(home, Settings(home=home))
    assert {path: path.stat().st_mtime_ns for path in (home / "release").rglob("*")} == before


def test_findings_are_described_once_a_commune(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described, calls = reports.described, []
    monkeypatch.setattr(reports, "described", lambda *given: calls.append(1) or described(*given))
    load(home, "15670", count=31, sha256="b" * 64)
    execute(home, Settings(home=home))
    assert len(calls) == 1


def test_only_the_changed_commune_is_written_again(home: Path) -> None:
    inodes = {name: (home / f"release/parcels/{name}.parquet").stat().st_ino for name in ("15670", "15703")}
    load(home, "15670", count=31, sha256="b" * 64)
    drawn: list[str] = []

    def preview(release: Path, commune: str, target: Path) -> None:
        assert (release / f"parcels/{commune}.parquet").exists()
        target.write_text("map", encoding="utf-8")
        drawn.append(commune)

    execute(home, Settings(home=home), preview)
    assert drawn == ["15670"]
    assert (home / "release/parcels/15703.parquet").stat().st_ino == inodes["15703"]
    assert (home / "release/parcels/15670.parquet").stat().st_ino != inodes["15670"]
    assert [commune["parcels"] for commune in manifest(home)["communes"]] == [31, 30]
    assert [file["kind"] for file in manifest(home)["files"] if file["path"].endswith("html")] == ["map"]
    load(home, "15703", count=29, sha256="c" * 64)
    execute(home, Settings(home=home), preview)
    assert drawn == ["15670", "15703"]
    assert (home / "release/findings/15670.html").read_text(encoding="utf-8") == "map"


def test_nothing_to_publish_is_told(tmp_path: Path) -> None:
    land.open_store(tmp_path, srid=ZONE).close()
    with pytest.raises(StoreError, match="holds no commune"):
        execute(tmp_path, Settings(home=tmp_path))
    assert not (tmp_path / "release").exists()


def test_a_damaged_release_is_made_again(home: Path) -> None:
    (home / "release/parcels/15670.parquet").unlink()
    execute(home, Settings(home=home))
    assert (home / "release/parcels/15670.parquet").exists()


def test_a_failed_publish_leaves_the_former_release(home: Path) -> None:
    before = manifest(home)
    load(home, "15670", count=31, sha256="b" * 64)

    def broken(*_: object) -> None:
        raise RuntimeError("no map")

    with pytest.raises(RuntimeError, match="no map"):
        execute(home, Settings(home=home), broken)
    assert manifest(home) == before
    (home / "release").rename(home / "release.old")
    execute(home, Settings(home=home))
    assert manifest(home)["communes"][0]["parcels"] == 31
    assert not (home / "release.old").exists()


def test_a_disk_that_takes_no_more_is_told(home: Path) -> None:
    before = manifest(home)
    load(home, "15670", count=31, sha256="b" * 64)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="disk space"):
        execute(home, Settings(home=home), full)
    assert manifest(home) == before
    assert not (home / "release.new").exists()


def test_readers_find_a_release_at_any_moment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(home, "15670", count=31, sha256="b" * 64)
    moves: list[bool] = []
    monkeypatch.setattr(Path, "rename", lambda *_: moves.append(True))
    execute(home, Settings(home=home))
    assert moves == []
    assert manifest(home)["communes"][0]["parcels"] == 31
    assert sorted(path.name for path in home.iterdir() if path.name.startswith("release")) == ["release"]


def test_without_exchange_two_renames_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.publish.swap.exchange", lambda *_: False)
    load(home, "15670", count=31, sha256="b" * 64)
    execute(home, Settings(home=home))
    assert manifest(home)["communes"][0]["parcels"] == 31
    assert sorted(path.name for path in home.iterdir() if path.name.startswith("release")) == ["release"]


def test_what_stopped_runs_left_is_cleared(home: Path) -> None:
    for name in ("release.old", "release.new"):
        (home / name).mkdir()
        (home / name / "parcels.parquet").write_text("of yesterday", encoding="utf-8")
    execute(home, Settings(home=home))
    assert sorted(path.name for path in home.iterdir() if path.name.startswith("release")) == ["release"]


def test_a_load_that_was_published_later_does_not_leak(home: Path) -> None:
    load(home, "15670", count=40, sha256="b" * 64)
    with land.open_reader(home) as store:
        first = land.listing(store, "15670")[0]
        assert len(content.read(store, first).parcels) == 30


def test_findings_are_about_parcels_by_number(home: Path) -> None:
    frame = gpd.read_file(home / "release/findings/15670.gpkg", layer="canh_bao")
    overlap = frame[frame["code"] == "thua_dat.overlap"].iloc[0]
    assert (overlap["feature_id"], overlap["other_id"]) == ("15670.E2025A.1.1.1", "15670.E2025A.1.1.2")
    assert "tờ 1 thửa 2" in overlap["message_vi"]
    unparsed = frame[frame["code"] == "ban_ve.label_unparsed"].iloc[0]
    assert unparsed["feature_id"] == "#7"
    assert pd.isna(unparsed["detail"])


def test_tiles_hold_layers_at_their_zooms(home: Path) -> None:
    with (home / "release/tiles/atlas.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        layers = {layer["id"]: layer for layer in reader.metadata()["vector_layers"]}
        header = reader.header()
    assert set(layers) == {"xa", "thua_dat", "thua_dat_diem"}
    assert (layers["xa"]["minzoom"], layers["thua_dat"]["minzoom"], layers["thua_dat"]["maxzoom"]) == (6, 12, 16)
    assert set(layers["thua_dat"]["fields"]) >= {"thua_dat_id", "so_thu_tu_thua", "loai_dat", "xep_loai"}
    assert (header["min_zoom"], header["max_zoom"]) == (6, 16)
    sizes = archive.largest_tiles(home / "release/tiles/atlas.pmtiles")
    assert set(sizes) == set(range(6, 17))
    assert max(sizes.values()) <= tiles.LIMIT_BYTES


def test_tiles_that_do_not_fit_are_drawn_more_coarsely(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tiles, "LIMIT_BYTES", 1000)
    with land.open_reader(home) as store:
        communes = [content.read(store, release) for release in land.latest(store)]
    facts = pd.DataFrame({"ma_xa": ["15670", "15703"]})
    sizes = tiles.build(communes, facts, tmp_path / "small.pmtiles")
    assert max(sizes.values()) <= 1000
    assert set(sizes) == set(range(6, 17))


def test_tiles_are_the_same_twice(home: Path, tmp_path: Path) -> None:
    with land.open_reader(home) as store:
        communes = [content.read(store, release) for release in land.latest(store)]
    facts = pd.DataFrame({"ma_xa": ["15670", "15703"]})
    for name in ("one", "two"):
        tiles.build(communes, facts, tmp_path / f"{name}.pmtiles")
    assert (tmp_path / "one.pmtiles").read_bytes() == (tmp_path / "two.pmtiles").read_bytes()


def test_broken_shapes_are_shown_mended_and_published_as_they_are(tmp_path: Path) -> None:
    bowtie = shapely.Polygon([(570000, 2190000), (570010, 2190010), (570010, 2190000), (570000, 2190010)])
    load(tmp_path, "15670", parcels=parcels(np.array([*squares(4), bowtie], dtype=object)))
    execute(tmp_path, Settings(home=tmp_path))
    frame = gpd.read_parquet(tmp_path / "release/parcels/15670.parquet")
    assert frame.geometry.iloc[4].equals_exact(bowtie, 0)
    shown = content.displayable(frame.geometry)
    assert shown.is_valid.all()
    assert shown.geom_type.iloc[4] == "MultiPolygon"


@pytest.mark.parametrize(
    ("use", "recorded"), [("CQP", "CQP"), ("ONT+CAN", "ONT+CAN"), (None, "CQA"), (None, "đất an ninh")]
)
def test_defence_and_security_land_stays_in_the_house(tmp_path: Path, use: str | None, recorded: str) -> None:
    rows = parcels(squares(6))
    rows.loc[2, ["loai_dat", "loai_dat_ghi"]] = [use, recorded]
    inside = shapely.Point(570050.25, 2190010.5)
    told = findings_of.concat(
        [
            findings_of.build(
                "thua_dat.overlap", rows["feature_id"].iloc[[1, 2]], crs=ZONE, other_id=rows["feature_id"].iloc[[2, 3]],
                value=2.515, limit=0.5, geometry=shapely.box(570040, 2190000, 570040.25, 2190020),
            ),
            findings_of.build("ban_ve.dangle", ["to_1.dgn#9"], crs=ZONE, geometry=inside),
            findings_of.build("thua_dat.sliver", rows["feature_id"].iloc[:1], crs=ZONE, value=0.75,
                              geometry=rows.geometry.iloc[:1]),
        ],
        crs=ZONE,
    )  # fmt: skip
    with land.open_store(tmp_path, srid=ZONE) as store:
        run(delivery(parcels=rows, findings=told), store, vault.open_vault(tmp_path / "holder.key"))
    execute(tmp_path, Settings(home=tmp_path))
    entry = manifest(tmp_path)["communes"][0]
    assert (entry["parcels"], entry["withheld"], sum(entry["grades"].values())) == (5, 1, 5)
    assert entry["area_m2"] == 2000.0
    assert manifest(tmp_path)["collections"][0]["count"] == 5
    text = everything(tmp_path / "release")
    assert [word for word in ("15670.E2025A.1.1.3", "tờ 1 thửa 3", "2.515", "2,515") if word in text] == []
    listed = gpd.read_file(tmp_path / "release/findings/15670.gpkg", layer="canh_bao")
    assert entry["findings"] == {"ban_ve.dangle": 1, "thua_dat.overlap": 2, "thua_dat.sliver": 1}
    assert len(listed) == 4
    assert sorted(listed["feature_id"]) == ["#9", "15670", "15670.E2025A.1.1.1", "15670.E2025A.1.1.2"]
    placed = listed[listed.geometry.notna()]
    assert sorted(placed["feature_id"]) == ["15670.E2025A.1.1.1", "15670.E2025A.1.1.2"]
    hidden = shapely.box(570040, 2190000, 570060, 2190020)
    assert not placed.intersection(hidden).area.any()
