"""The release: the manifest, and the collections it makes of the land database."""

import sqlite3
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import shapely

import schemas
from atlas.server import changes, crs, geopackage, versions
from atlas.server.collections import Collection, Field, Table, Text, layer_fields
from atlas.server.errors import HomeError
from atlas.server.selection import Selections
from atlas.server.store import Rows, Store, quoted
from atlas.server.words import word

MANIFEST = "manifest.json"
_COMMUNES = "communes.parquet"
HOME_VARIABLE = "ATLAS_HOME"
"""Environment variable that tells worker processes which home they serve."""
COMMUNE_TABLE = Table(crs.LONLAT, "atlas_communes", "row", "geom", "atlas_communes_rtree")
_WEB_MERCATOR = 3857


@dataclass(frozen=True)
class Release:
    """What is published.

    Attributes:
        folder: Folder of the manifest.
        manifest: Content of `manifest.json`.
        stamp: Changes whenever the manifest does.
        number: Newest release of any commune.
        store: The land database with the communes beside it.
        collections: Collections by id.
        selections: Lists of features made for questions so far.
    """

    folder: Path
    manifest: Mapping[str, Any]
    stamp: str
    number: int
    store: Store
    collections: Mapping[str, Collection]
    selections: Selections = field(default_factory=Selections)


_ON_SERVER = "postgresql:"
"""What a release that a former version made from PostGIS names as its land database."""

_KEPT = 8
_releases: OrderedDict[str, Release] = OrderedDict()


def by_stamp(stamp: str) -> Release:
    """Return a release read before: pygeoapi copies its configuration, so that holds the stamp only.

    Raises:
        KeyError: It was read too long ago.
    """
    return _releases[stamp]


def stamp_of(folder: Path) -> str:
    """Return a text that changes whenever the manifest does.

    Raises:
        HomeError: There is no manifest.
    """
    try:
        status = (folder / MANIFEST).stat()
    except OSError as error:
        raise _missing(folder) from error
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}-{status.st_dev:x}"


def read(folder: Path) -> Release:
    """Read the manifest of a release and look up its tables.

    Raises:
        HomeError: The manifest or the database is missing or not what it should be.
    """
    stamp = stamp_of(folder)
    try:
        manifest: dict[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
        named, communes = str(manifest["land"]), list[dict[str, Any]](manifest["communes"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise _missing(folder) from error
    if named == _ON_SERVER:
        raise HomeError(
            "Bản công bố làm từ PostGIS bằng phiên bản cũ, chưa có tệp cho atlas: chạy lại `diachinh publish`.",
            "The release was made from PostGIS by a former version, nothing for the atlas: run `diachinh publish`.",
        )
    land = (folder / named).resolve()
    # A reform that empties a commune is a release of it, too, and the newest one where it comes last.
    ended = manifest.get("feed", {}).get("ended", [])
    number = max((int(entry["release_id"]) for entry in [*communes, *ended]), default=0)
    with _looking(land) as connection:
        parcels = _parcels(connection, manifest, number)
        outlines = _outlines(connection, number)
    if any((entry["ma_xa"], entry["ky_dia_gioi"]) not in outlines for entry in communes):
        outlines = _covered(folder) | outlines
    fields = _commune_fields()
    beside = changes.database(folder, manifest)
    store = Store(land, [_rows(communes, fields, outlines)], versions.prepare, beside)
    collections = {"parcels": parcels, "communes": _communes(manifest, fields, parcels)}
    if beside:
        collections[changes.ID] = changes.collection(parcels)
    release = Release(folder, manifest, stamp, number, store, collections)
    _releases[stamp] = release
    while len(_releases) > _KEPT:
        _releases.popitem(last=False)
    return release


class _looking:
    """A connection for the time of a look."""

    def __init__(self, land: Path) -> None:
        self._land = land

    def __enter__(self) -> sqlite3.Connection:
        if not self._land.exists():
            raise HomeError(
                f"Không có cơ sở dữ liệu {self._land.name} mà bản công bố nêu: chạy lại `diachinh publish`.",
                f"The database {self._land.name} named by the release is missing: run `diachinh publish` again.",
            )
        self._connection = Store(self._land).open()
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _parcels(connection: sqlite3.Connection, manifest: Mapping[str, Any], number: int) -> Collection:
    zones = connection.execute("SELECT srid, bang FROM vung_toa_do ORDER BY srid").fetchall()
    tables = tuple(Table(srid, name, "version_id", "geom", f"rtree_{name}_geom") for srid, name in zones)
    keys = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'khoa_thua'").fetchone()
    layer = schemas.layer("thua_dat")
    entry = _entry(manifest, "parcels")
    return Collection(
        id="parcels",
        title=_text(entry, "title", word("parcels.title")),
        description=Text(layer.get("description", ""), layer.get("description:en", "")),
        id_field="thua_dat_id",
        fields=layer_fields("thua_dat"),
        tables=tables,
        release=number,
        newest=number,
        extent=_extent(entry, manifest),
        crs=_offered([int(srid) for srid, _ in zones]),
        knows_former_keys=keys is not None,
    )


def _communes(manifest: Mapping[str, Any], fields: Mapping[str, Field], parcels: Collection) -> Collection:
    return Collection(
        id="communes",
        title=_text(_entry(manifest, "communes"), "title", word("communes.title")),
        description=word("communes.description"),
        id_field="ma_xa",
        fields=fields,
        tables=(COMMUNE_TABLE,),
        release=None,
        extent=parcels.extent,
        crs=(crs.LONLAT, *(srid for srid in parcels.crs if srid != crs.LONLAT)),
    )


def _offered(storage: list[int]) -> tuple[int, ...]:
    """Return the CRSs on offer: storage first, then the usual ones, then the other zones of the same datum."""
    official = _national_zones()
    national = official if any(srid in official for srid in storage) else []
    return tuple(dict.fromkeys([*storage, crs.LONLAT, _WEB_MERCATOR, *national]))


def _national_zones() -> list[int]:
    """Return the projected zones of the national datum; its geographic forms are not for exchange."""
    listed = schemas.codelist("epsg")
    return [int(code) for code in listed.loc[listed["name_en"].str.startswith("VN-2000 /"), "code"]]


def _commune_fields() -> dict[str, Field]:
    known = layer_fields("xa")
    types = {
        "ma_xa": "string", "ky_dia_gioi": "string", "ten_xa": "string", "ten_xa_en": "string",
        "ma_xa_moi": "string", "ten_xa_moi": "string",
        "srid": "integer", "parcels": "integer", "area_m2": "number", "grades": "object", "dqi": "number",
        "findings": "object", "release_id": "integer", "released_at": "string",
    }  # fmt: skip
    return {name: known.get(name) or _plain(name, kind) for name, kind in types.items()}


def _plain(name: str, kind: str) -> Field:
    layout = "date-time" if name == "released_at" else None
    return Field(name, kind, layout, word(f"communes.{name}"), Text("", ""), "m2" if name == "area_m2" else None)


def _rows(communes: list[dict[str, Any]], fields: Mapping[str, Field], outlines: Mapping[tuple[str, str], Any]) -> Rows:
    shapes = [
        outlines.get((commune["ma_xa"], commune["ky_dia_gioi"])) or shapely.box(*commune["bbox"])
        for commune in communes
    ]
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    return Rows(
        table=COMMUNE_TABLE,
        columns=list(fields),
        values=[tuple(_value(commune.get(name)) for name in fields) for commune in communes],
        boxes=[(west, east, south, north) for west, south, east, north in bounds.tolist()],
        geometries=list(shapely.to_wkb(shapes)) if shapes else [],
    )


def _value(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else value


def _outlines(connection: sqlite3.Connection, number: int) -> dict[tuple[str, str], Any]:
    """Return outlines of communes in longitude and latitude, where their packages had one."""
    found: dict[tuple[str, str], Any] = {}
    for (srid,) in connection.execute("SELECT srid FROM vung_toa_do").fetchall():
        zone = int(srid)
        rows = connection.execute(
            f"SELECT ma_xa, ky_dia_gioi, geom FROM {quoted(f'xa_{zone}')} WHERE geom IS NOT NULL "
            "AND release_from <= ? AND (release_to IS NULL OR release_to > ?)",
            (number, number),
        ).fetchall()
        shapes = geopackage.geometries([row[2] for row in rows])
        moved = shapely.transform(shapes, lambda points, zone=zone: crs.convert(points, zone, crs.LONLAT))
        found |= {(row[0], row[1]): shape for row, shape in zip(rows, moved, strict=True)}
    return found


def _covered(folder: Path) -> dict[tuple[str, str], Any]:
    """Return what the release draws as communes, in longitude and latitude: without an outline what parcels cover."""
    path = folder / _COMMUNES
    if not path.is_file():
        return {}
    from pyarrow import parquet

    table = parquet.read_table(path, columns=["ma_xa", "ky_dia_gioi", "geometry"])
    code, era, shapes = (table.column(name).to_pylist() for name in ("ma_xa", "ky_dia_gioi", "geometry"))
    return dict(zip(zip(code, era, strict=True), shapely.from_wkb(shapes), strict=True))


def _entry(manifest: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((entry for entry in manifest.get("collections", ()) if entry.get("id") == name), {})


def _text(entry: Mapping[str, Any], key: str, fallback: Text) -> Text:
    value = entry.get(key)
    return Text(str(value["vi"]), str(value["en"])) if isinstance(value, Mapping) else fallback


def _extent(entry: Mapping[str, Any], manifest: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    given = entry.get("extent")
    boxes = [given] if given else [commune["bbox"] for commune in manifest["communes"] if commune.get("bbox")]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _missing(folder: Path) -> HomeError:
    return HomeError(
        f"Không đọc được {folder / MANIFEST}: chạy `diachinh run` để có bản công bố.",
        f"{folder / MANIFEST} cannot be read: run `diachinh run` to publish a release.",
    )
