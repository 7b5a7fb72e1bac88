"""Whether a store is sound: as a database, and as a register."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from pipelines import store as land
from pipelines.safety import hashes, physical, server
from pipelines.safety.rules import Defect, broken, rules
from pipelines.store.postgis_store import PostGIS

_SHOWN = 5
_DAMAGED = "database.damaged"


def examine(place: str) -> list[Defect]:
    """Look a store through; return what was found, nothing where it is sound.

    Where the database itself is damaged, nothing more is asked: answers would say nothing.

    Raises:
        StoreError: There is no land database, its holders are gone, it cannot be read at all, or is older or newer.
    """
    with land.open_reader(place) as store, store.holders(), _one_moment(store):
        found = _physical(store)
        if any(defect.code == _DAMAGED for defect in found):
            return found
        found += [defect for rule in rules(store.zones()) if (defect := broken(store, rule))]
        return [*found, *_miscounted(store), *_altered(store)]


def _one_moment(store: land.Store) -> AbstractContextManager[object]:
    """Ask a server about one moment; files would keep writers waiting, and a statement is a moment of its own."""
    return server.snapshot(store) if isinstance(store, PostGIS) else nullcontext()


def _physical(store: land.Store) -> list[Defect]:
    if store.dialect.is_postgis:
        damage = physical.damage_of_server(store)
        return [_damaged(damage)] if damage else []
    damage = physical.damage_of_files(store)
    if damage:
        return [_damaged(damage)]
    found = []
    if names := physical.unregistered(store):
        vi, en = "bảng không khớp với danh mục GeoPackage", "a table and the contents of the GeoPackage differ"
        found.append(Defect("gpkg.contents", True, len(names), vi, en, names[:_SHOWN]))
    for table in physical.spatial_tables(store):
        count, examples = physical.outside_their_box(store, table)
        if count:
            vi, en = "chỉ mục không gian không khớp với hình", "the spatial index and the geometries differ"
            found.append(Defect("gpkg.rtree", True, count, vi, en, examples))
    return found


def _damaged(damage: list[str]) -> Defect:
    vi, en = "cơ sở dữ liệu hỏng: khôi phục từ bản sao lưu", "the database is damaged: restore it from a backup"
    return Defect(_DAMAGED, True, len(damage), vi, en, damage[:_SHOWN])


def _miscounted(store: land.Store) -> Iterator[Defect]:
    """Yield the communes whose current parcels are not as many as their newest release says."""
    with _transaction(store):
        newest = land.latest(store)
        counted = {
            (row[0], row[1]): row[2]
            for srid in store.zones()
            for row in store.execute(
                f"SELECT ma_xa, ky_dia_gioi, count(*) FROM {land.layer_table('thua_dat', srid).qualified} "
                "WHERE tx_to IS NULL GROUP BY ma_xa, ky_dia_gioi"
            ).fetchall()
        }
    wrong = [
        f"{release.ma_xa}.{release.ky_dia_gioi}"
        for release in newest
        if "parcels" in release.counts
        and counted.get((release.ma_xa, release.ky_dia_gioi), 0) != release.counts["parcels"]
    ]
    if wrong:
        vi, en = "số thửa hiện hành khác số của bản phát hành mới nhất", "current parcels are not those of the release"
        yield Defect("release.count", True, len(wrong), vi, en, wrong[:_SHOWN])


@contextmanager
def _transaction(store: land.Store) -> Iterator[None]:
    if store.dialect.is_postgis:
        yield
        return
    store.execute("BEGIN")
    try:
        yield
    finally:
        store.execute("ROLLBACK")


def _altered(store: land.Store) -> Iterator[Defect]:
    since = store.execute("SELECT changed_at FROM luoc_do").fetchone()[0]
    tables = {name: table for srid in store.zones() for name, table in land.land_tables(srid).items()}
    for table in (*tables.values(), *land.holder_tables().values()):
        numbers = hashes.altered(store, table, since) if table.is_versioned else []
        if numbers:
            vi, en = "nội dung của phiên bản khác mã băm đã ghi", "the content of a version is not that of its hash"
            shown = [f"{table.name}.version_id={number}" for number in numbers[:_SHOWN]]
            yield Defect("version.hash", True, len(numbers), vi, en, shown)
