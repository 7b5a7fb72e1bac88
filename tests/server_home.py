"""A home folder with a release for the server: two zones, two communes, one closed version, one load in progress."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj
import shapely

from schemas import ddl

STEP_M = 20.0
ANGLE_RAD = 0.35
RELEASE = 2
ADDRESSES = ("Thôn 1, xã Thọ Bình", "Thôn Đồng Lợi, xã Thọ Bình", "Xứ đồng Cửa Đình, xã Dân Lý", None)
USES = ("ONT+CLN", "LUC", "DGT", "RSX")
GRADES = ("1", "2a", "2b", "3")


@dataclass(frozen=True)
class Zone:
    srid: int
    ma_xa: str
    ten_xa: str
    origin: tuple[float, float]
    columns: int
    rows: int


ZONES = (
    Zone(5897, "15670", "Thọ Bình", (560_000.0, 2_191_000.0), 30, 20),
    Zone(9209, "15703", "Dân Lý", (520_000.0, 2_195_000.0), 6, 5),
)


def squares(zone: Zone, grow: float = 1.0):
    """Return turned squares, so that a parcel is smaller than its bounding box."""
    column, row = np.meshgrid(np.arange(zone.columns), np.arange(zone.rows))
    base = np.column_stack([column.ravel(), row.ravel()]) * STEP_M
    corners = base[:, None, :] + np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * STEP_M * grow
    turn = np.array([[np.cos(ANGLE_RAD), np.sin(ANGLE_RAD)], [-np.sin(ANGLE_RAD), np.cos(ANGLE_RAD)]])
    return shapely.polygons(corners @ turn + np.array(zone.origin))


def blobs(geometries, srid: int):
    """Return GeoPackage blobs with an envelope."""
    bounds = shapely.bounds(geometries)[:, [0, 2, 1, 3]].astype("<f8")
    head = b"GP\x00\x03" + int(srid).to_bytes(4, "little")
    return [head + box.tobytes() + wkb for box, wkb in zip(bounds, shapely.to_wkb(geometries), strict=True)]


def add_features(connection, table, rows, geometries, srid):
    """Insert rows (dictionaries) with geometries and fill the R-tree."""
    first = connection.execute(f'SELECT coalesce(max(version_id), 0) + 1 FROM "{table}"').fetchone()[0]
    names = ["version_id", *rows[0], "geom"]
    marks = ", ".join("?" * len(names))
    bounds = shapely.bounds(geometries)
    values = [
        (first + place, *row.values(), blob)
        for place, (row, blob) in enumerate(zip(rows, blobs(geometries, srid), strict=True))
    ]
    connection.executemany(f'INSERT INTO "{table}" ({", ".join(names)}) VALUES ({marks})', values)
    connection.executemany(
        f'INSERT INTO "rtree_{table}_geom" VALUES (?, ?, ?, ?, ?)',
        [(first + place, box[0], box[2], box[1], box[3]) for place, box in enumerate(bounds.tolist())],
    )


def parcel_rows(zone: Zone, count: int, release: int = 1):
    """Return the columns of parcels but their geometry."""
    return [
        {
            "thua_dat_id": f"{zone.ma_xa}.E2025A.1.{1 + place // 100}.{1 + place % 100}",
            "thua_key": f"{zone.ma_xa}.E2025A.1.{1 + place // 100}.{1 + place % 100}",
            "ma_xa": zone.ma_xa,
            "ky_dia_gioi": "E2025A",
            "loai_ban_do": "1",
            "so_hieu_to_ban_do": str(1 + place // 100),
            "so_thu_tu_thua": str(1 + place % 100),
            "loai_dat": USES[place % 4],
            "nhom_dat": "PNN" if place % 2 else "NNP",
            "dien_tich_do": 400.0 + place % 7,
            "la_doi_tuong_chiem_dat": place % 4 == 2,
            "co_dang_ky": place % 3 != 0,
            "dia_chi": ADDRESSES[place % 4],
            "xep_loai": GRADES[place % 4],
            "ty_le": 1000,
            "valid_from": "2025-06-15",
            "valid_to": None,
            "tx_from": "2025-06-20T00:00:00Z",
            "tx_to": None,
            "release_from": release,
            "release_to": None,
            "row_hash": f"{zone.ma_xa}-{place}-{release}",
        }
        for place in range(count)
    ]


def build(home: Path, zones=ZONES) -> Path:
    """Write `land.gpkg`, `release/` and holder data that must never be seen."""
    release = home / "release"
    for folder in ("tiles", "parcels", "findings"):
        (release / folder).mkdir(parents=True)
    connection = sqlite3.connect(home / "land.gpkg")
    communes = [_zone(connection, zone) for zone in zones]
    connection.commit()
    connection.close()
    (home / "holders.sqlite").write_bytes(b"NGUYEN VAN KIN 038090001234")
    (release / "parcels" / "15670.parquet").write_bytes(b"PAR1" + bytes(range(256)) * 40)
    (release / "findings" / "15670.html").write_text("<!doctype html><title>x</title>", encoding="utf-8")
    (release / "secret.txt").write_text("not named in the manifest", encoding="utf-8")
    write_manifest(release, communes)
    return home


def write_manifest(release: Path, communes, **changes):
    """Write a manifest over communes."""
    paths = ["parcels/15670.parquet", "findings/15670.html"]
    manifest = {
        "schema_version": "1.0.0",
        "generated_at": "2025-07-02T00:00:00Z",
        "title": {"vi": "Tỉnh thử", "en": "Test province"},
        "land": "../land.gpkg",
        "collections": [{"id": "parcels", "layer": "thua_dat", "title": {"vi": "Thửa đất", "en": "Parcels"}}],
        "files": [
            {
                "path": path,
                "sha256": "0" * 64,
                "bytes": (release / path).stat().st_size,
                "count": 600,
                "kind": "parcels",
            }
            for path in paths
        ],
        "communes": communes,
        "tiles": "tiles/atlas.pmtiles",
        "legend": [],
        "grades": [],
    } | changes
    (release / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def _zone(connection, zone: Zone):
    connection.executescript(ddl.land(zone.srid))
    connection.execute("INSERT INTO vung_toa_do VALUES (?, ?)", (zone.srid, f"thua_dat_{zone.srid}"))
    for table in ddl.spatial_tables(zone.srid):
        connection.execute(f'CREATE VIRTUAL TABLE "rtree_{table.name}_geom" USING rtree(id, minx, maxx, miny, maxy)')
    shapes = squares(zone)
    table = f"thua_dat_{zone.srid}"
    rows = parcel_rows(zone, len(shapes))
    add_features(connection, table, rows, shapes, zone.srid)
    _history(connection, table, zone, shapes)
    outline = shapely.multipolygons([shapely.convex_hull(shapely.multipolygons(shapes))])
    commune = {name: rows[0][name] for name in ("ma_xa", "ky_dia_gioi", "valid_from", "tx_from", "release_from")}
    add_features(
        connection, f"xa_{zone.srid}", [commune | {"ten_xa": zone.ten_xa, "row_hash": "x"}], [outline], zone.srid
    )
    corners = shapely.get_coordinates(shapely.box(*outline.bounds))
    to_degrees = pyproj.Transformer.from_crs(zone.srid, "OGC:CRS84", always_xy=True)
    east, north = to_degrees.transform(corners[:, 0], corners[:, 1])
    return {
        "ma_xa": zone.ma_xa,
        "ky_dia_gioi": "E2025A",
        "ten_xa": zone.ten_xa,
        "srid": zone.srid,
        "bbox": [east.min(), north.min(), east.max(), north.max()],
        "parcels": len(shapes),
        "area_m2": float(shapely.area(shapes).sum()),
        "grades": {"1": 150, "2a": 150, "2b": 150, "3": 150},
        "dqi": 0.91,
        "findings": {"thua_dat.overlap": 3},
        "release_id": RELEASE,
        "released_at": "2025-07-01T00:00:00Z",
        "downloads": {"parcels": f"parcels/{zone.ma_xa}.parquet"},
    }


def _history(connection, table, zone, shapes):
    """Close one version in release 2, and begin a release 3 that nobody has published."""
    old = parcel_rows(zone, 1)[0] | {
        "valid_from": "2024-01-01", "valid_to": "2025-06-15", "tx_to": "2025-06-20T00:00:00Z", "release_from": 1,
        "release_to": 2, "dia_chi": "Địa chỉ cũ", "row_hash": "old",
    }  # fmt: skip
    new = parcel_rows(zone, 1, release=3)[0] | {
        "thua_dat_id": f"{zone.ma_xa}.E2025A.1.99999.1",
        "valid_from": "2025-08-01",
    }
    add_features(connection, table, [old, new], shapes[:2], zone.srid)
