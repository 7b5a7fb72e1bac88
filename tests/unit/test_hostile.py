"""Files that mean harm, or are merely broken: each becomes one finding, and the good file beside them is read."""

import io
import json
import os
import signal
import struct
import threading
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
import yaml
from shapely.geometry import LineString, Point, Polygon, box

from pipelines import findings
from pipelines.digitize import files as digitize_files
from pipelines.errors import CrsError, ReadError
from pipelines.package import onepass
from pipelines.package.files import execute
from pipelines.sandbox import Limits
from pipelines.settings import Settings
from pipelines.validate import apart
from pipelines.validate.anything import validate_files
from tests.unit.test_package import MANIFEST, X, Y, package
from tests.unit.test_vectors import write_dgn

LIMITS = Limits(seconds=20, memory_bytes=2 * 1024**3)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def cut(content):
    return content[: len(content) * 2 // 3]


def dgn(folder):
    write_dgn(folder / "ok.dgn", [(10, LineString([(X, Y), (X + 9, Y)]))] * 50, [(13, Point(X + 1, Y + 1), "7")])
    return (folder / "ok.dgn").read_bytes()


def workbook():
    made, out = openpyxl.Workbook(), io.BytesIO()
    made.active.append(["Số tờ", "Số thửa"])
    made.active.append([1, 7])
    made.save(out)
    return out.getvalue()


def workbook_with(member, content):
    """Return a workbook one of whose parts is something else."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return out.getvalue()


def vector(folder, ending, driver, geometry=None):
    path = folder / f"ok{ending}"
    gpd.GeoDataFrame({"SoThua": ["7"]}, geometry=[geometry or box(X, Y, X + 9, Y + 9)], crs="EPSG:5897").to_file(
        path, driver=driver
    )
    return path.read_bytes()


def endless_ring():
    """Return a shapefile whose one ring claims 100 million points and ends long before."""
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, 4_000_000) + struct.pack("<2i8d", 1000, 5, *[0.0] * 8)
    ring = struct.pack(">2i", 1, 800_000_024) + struct.pack("<i4d3i", 5, 0, 0, 1, 1, 1, 100_000_000, 0)
    return head + ring + bytes(7_000_000)


MAKERS = {
    "zero.dgn": lambda folder: b"",
    "zero.xlsx": lambda folder: b"",
    "zero.shp": lambda folder: b"",
    "cut.dgn": lambda folder: cut(dgn(folder)),
    "cut.xlsx": lambda folder: cut(workbook()),
    "cut.gpkg": lambda folder: cut(vector(folder, ".gpkg", "GPKG")),
    "cut.fgb": lambda folder: cut(vector(folder, ".fgb", "FlatGeobuf")),
    "cut.geojson": lambda folder: cut(vector(folder, ".geojson", "GeoJSON")),
    "cut.shp": lambda folder: cut(vector(folder, ".shp", "ESRI Shapefile")),
    "picture.dgn": lambda folder: b"\x89PNG\r\n\x1a\n" + bytes(500),
    "picture.xls": lambda folder: b"\x89PNG\r\n\x1a\n" + bytes(500),
    "random.dwg": lambda folder: np.random.default_rng(1).bytes(5_000),
    "random.dgn": lambda folder: OLE + np.random.default_rng(2).bytes(5_000),
    "random.xls": lambda folder: OLE + np.random.default_rng(3).bytes(5_000),
    "random.tab": lambda folder: np.random.default_rng(4).bytes(500),
    "bomb.xlsx": lambda folder: workbook_with("xl/worksheets/sheet1.xml", bytes(400_000_000)),
    "laughs.xlsx": lambda folder: workbook_with(
        "xl/worksheets/sheet1.xml",
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{LAUGHS}]><worksheet>&l11;</worksheet>',
    ),
    "laughs.gml": lambda folder: f'<?xml version="1.0"?><!DOCTYPE g [<!ENTITY l0 "ha">{LAUGHS}]><g>&l11;</g>'.encode(),
    "laughs.kml": lambda folder: (
        f'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY l0 "ha">{LAUGHS}]><kml>&l11;</kml>'.encode()
    ),
    "endless.shp": lambda folder: endless_ring(),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder, aside = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("aside")
    for name, make in MAKERS.items():
        (folder / name).write_bytes(make(aside))
    return folder


@pytest.fixture(scope="module")
def surveys(hostile):
    return onepass.all_of(hostile, sorted(MAKERS), limits=LIMITS)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_hostile_file_has_a_reason_and_gives_nothing(surveys, name):
    item = surveys[name]
    assert item.reason, item
    assert not item.layers and not item.tables
    assert "\n" not in str(item.reason)


def test_a_package_full_of_them_is_taken_with_one_finding_each(hostile, tmp_path):
    folder = package(tmp_path / "in")
    listed = [*MANIFEST["files"]]
    for path in hostile.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
        listed.append({"path": path.name, "role": "register" if path.suffix in (".xls", ".xlsx") else "parcels"})
    (folder / "package.yaml").write_text(yaml.safe_dump(MANIFEST | {"files": listed}), encoding="utf-8")
    settings = Settings(home=tmp_path / "home")
    assert execute(folder, settings.home, settings) == "15670"
    found = findings.read(settings.home / "15670/package/findings.parquet")
    assert sorted(found["feature_id"]) == sorted(MAKERS)
    assert set(found["code"]) == {"goi.unreadable_file"}
    inventory = json.loads((settings.home / "15670/package/inventory.json").read_text(encoding="utf-8"))
    assert [entry["path"] for entry in inventory["files"]] == ["to_1.shp"]


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_hostile_file_alone_is_refused_in_one_sentence(hostile, name):
    with pytest.raises((ReadError, CrsError)) as caught:
        validate_files([hostile / name], limits=LIMITS)
    assert name in caught.value.en
    assert "\n" not in caught.value.vi + caught.value.en


def crash(path, *rest):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_file_that_crashes_its_reader_is_refused_in_one_sentence(tmp_path, monkeypatch):
    # Forked as where no thread of another test is left: the child has the reader that crashes.
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setattr(apart, "_read", crash)
    with pytest.raises(ReadError, match="crashed"):
        validate_files([tmp_path / "a.gpkg"], limits=LIMITS)


@pytest.mark.parametrize(
    "geometry",
    [
        Point(float("nan"), float("nan")),
        Polygon([(X, Y), (float("nan"), Y), (X + 9, Y + 9)]),
        Polygon([(X, Y), (float("inf"), Y), (X + 9, Y + 9)]),
        box(X, Y, 1e300, 1e300),
        box(-1e15, -1e15, 1e15, 1e15),
        shapely.from_wkt("GEOMETRYCOLLECTION (POINT (560000 2195000))"),
        None,
    ],
    ids=["nan point", "nan ring", "inf ring", "1e300", "1e15", "collection", "none"],
)
def test_absurd_coordinates_beside_a_good_parcel_lose_nothing(tmp_path, geometry):
    rows = gpd.GeoDataFrame(
        {"SoTo": ["1", "1", "1"], "SoThua": ["7", "8", "9"]},
        geometry=[box(X, Y, X + 20, Y + 20), geometry, box(X + 20, Y, X + 40, Y + 20)],
        crs="EPSG:5897",
    )
    folder = tmp_path / "in"
    folder.mkdir()
    rows.to_file(folder / "to_1.gpkg", driver="GPKG")
    body = MANIFEST | {"files": [{"path": "to_1.gpkg", "role": "parcels"}]}
    (folder / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    settings = Settings(home=tmp_path / "home")
    digitize_files.execute(settings.home, execute(folder, settings.home, settings), settings)
    made = gpd.read_parquet(settings.home / "15670/digitize/parcels.parquet")
    assert made["so_thu_tu_thua"].tolist() == ["7", "8", "9"]
    assert made.geometry.iloc[0].area == pytest.approx(400)
