"""Which versions of features the public sees: those of a release, and never land that is withheld.

Uses of land that the code list marks as not public (defence, security) are left out here, below everything that
lists, counts or finds; a parcel that is withheld today is left out of the past too, under former keys as well.
"""

import re
from dataclasses import replace
from functools import cache, lru_cache
from sqlite3 import Connection

import schemas
from atlas.server.collections import Collection, Table
from atlas.server.errors import BadRequestError
from atlas.server.store import Sql, accenti, casei, quoted
from atlas.server.timespan import Timespan

USES = ("loai_dat", "loai_dat_ghi")
KEPT_DAYS = 1
_WORD = re.compile(r"\w+")


def seen(collection: Collection, table: Table, time: Timespan | None = None) -> Sql:
    """Return the condition for the versions a release shows: the current ones, or those valid at a time."""
    if collection.release is None:
        return _recorded(collection.time, time) if collection.time and time else Sql("1")
    name, identifier = quoted(table.name), quoted(collection.id_field)
    hidden = f"atlas_withheld({', '.join(map(quoted, USES))})"
    wanted = _current(collection.release) if time is None else _valid(collection, table, time, hidden)
    if time is None and collection.release == collection.newest:
        # last, so that it is asked only of rows that meet everything else
        return Sql(f"({wanted.text}) AND NOT {hidden}", wanted.parameters)
    today = _withheld_today(collection, name, identifier, hidden)
    text = f"({wanted.text}) AND NOT {hidden} AND {identifier} NOT IN ({today.text})"
    return Sql(text, wanted.parameters + today.parameters)


def _withheld_today(collection: Collection, name: str, identifier: str, hidden: str) -> Sql:
    """Return the query for the parcels whose newest version is withheld, and for the keys that a reform took away."""
    newest = collection.newest or collection.release
    last = (
        f"SELECT {identifier} FROM {name} AS v WHERE release_from <= ? AND {hidden} AND NOT EXISTS (SELECT 1 FROM "
        f"{name} AS l WHERE l.{identifier} = v.{identifier} AND l.release_from > v.release_from "
        "AND l.release_from <= ?)"
    )
    if not collection.knows_former_keys:
        return Sql(last, (newest, newest))
    return Sql(
        f"WITH RECURSIVE gone(key) AS ({last} AND NOT EXISTS (SELECT 1 FROM khoa_thua AS k WHERE k.thua_dat_id_cu = "
        f"v.{identifier} AND k.release_to IS NULL) UNION SELECT k.thua_dat_id_cu FROM khoa_thua AS k JOIN gone "
        "ON k.thua_dat_id_moi = gone.key WHERE k.release_to IS NULL) SELECT key FROM gone",
        (newest, newest),
    )


def _recorded(name: str, time: Timespan) -> Sql:
    day = f"substr({quoted(name)}, 1, 10)"
    return Sql(f"{quoted(name)} >= ? AND {day} <= ?", (time.begin or "0000", time.end or "9999"))


def _current(release: int) -> Sql:
    return Sql("release_from <= ? AND (release_to IS NULL OR release_to > ?)", (release, release))


def _valid(collection: Collection, table: Table, time: Timespan, hidden: str) -> Sql:
    release = collection.release
    begin, end = time.begin or "0000", time.end or "9999"
    key, name = quoted(table.key), quoted(table.name)
    return Sql(
        # A rollback writes old versions again, so one parcel may have two for the same day: the newest counts of those
        # that may be seen. A release made from PostGIS brings no others.
        f"{key} IN (SELECT max({key}) FROM {name} WHERE release_from <= ? AND valid_from <= ? "
        f"AND (valid_to IS NULL OR release_to > ? OR valid_to > ?) AND NOT {hidden} "
        f"GROUP BY {quoted(collection.id_field)})",
        (release, end, release, begin),
    )


@lru_cache(maxsize=4096)
def is_withheld(*uses: str | None) -> bool:
    """Return whether one of the uses of a parcel, as a code or as it was recorded, is not for the public.

    >>> is_withheld("ONT+CQP", None), is_withheld(None, "Đất quốc phòng"), is_withheld("ONT+CLN", "T")
    (True, True, False)
    """
    codes, names = _not_public()
    told = [use for use in uses if use]
    return any(codes.intersection(_WORD.findall(use.upper())) for use in told) or any(
        name in (accenti(casei(use)) or "") for use in told for name in names
    )


@cache
def _not_public() -> tuple[frozenset[str], tuple[str, ...]]:
    uses = schemas.codelist("land_use_new")
    if "public" not in uses.columns:
        return frozenset(), ()
    hidden = uses[uses["public"] == "0"]
    return frozenset(hidden["code"]), tuple(accenti(casei(name)) or "" for name in hidden["name_vi"])


def prepare(connection: Connection) -> None:
    """Teach a connection the function the conditions use."""
    connection.create_function("atlas_withheld", len(USES), is_withheld, deterministic=True)


def of_release(collection: Collection, asked: str | None, connection: Connection) -> Collection:
    """Return a collection as of a release: links to further pages name theirs, so that a walk sees one state.

    Raises:
        BadRequestError: There is no such release, or it was replaced too long ago (410).
    """
    if asked is None or collection.release is None:
        return collection
    newest = collection.release
    if not re.fullmatch(r"[0-9]{1,9}", asked) or not 0 < int(asked) <= newest:
        raise BadRequestError(
            f"Không có bản phát hành “{asked[:20]}”; bản mới nhất là {newest}.",
            f"There is no release {asked[:20]!r}; the newest is {newest}.",
        )
    number = int(asked)
    (late,) = connection.execute(
        "SELECT min(finished_at) < strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?) FROM ban_phat_hanh "
        "WHERE release_id > ? AND release_id <= ?",
        (f"-{KEPT_DAYS} days", number, newest),
    ).fetchone()
    if late:
        raise BadRequestError(
            f"Bản phát hành {number} đã được thay bằng bản {newest}: hãy đọc lại từ trang đầu.",
            f"Release {number} has been replaced by release {newest}: read again from the first page.",
            status=410,
        )
    return replace(collection, release=number)
