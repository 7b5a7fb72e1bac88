"""Keys that parcels had: a reform of communes gives them others, and the old ones answer for ever.

A key begins with the code of the commune and the era, so that all keys of a commune are one range of an index. A code
alone says nothing: all codes of July 2025 were codes of other communes before.
"""

from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines.errors import Refusal
from pipelines.store.database import Store

_STANDS = "release_to IS NULL"


def keys_of(store: Store, thua_dat_id: str) -> list[str]:
    """Return every key a parcel has had, oldest first, whichever of them is asked for; undone ones do not count."""
    before, after = [thua_dat_id], [thua_dat_id]
    while found := _other(store, "thua_dat_id_cu", "thua_dat_id_moi", before[-1]):
        before.append(found)
    while found := _other(store, "thua_dat_id_moi", "thua_dat_id_cu", after[-1]):
        after.append(found)
    return [*reversed(before), *after[1:]]


def _other(store: Store, wanted: str, known: str, key: str) -> str | None:
    row = store.execute(f"SELECT {wanted} FROM khoa_thua WHERE {known} = :key AND {_STANDS}", {"key": key}).fetchone()
    return str(row[0]) if row else None


def span(scope: tuple[str, str]) -> dict[str, Any]:
    """Return the range of the keys of a commune as the parameters `first` and `after`."""
    head = ".".join(scope)
    return {"first": f"{head}.", "after": f"{head}/"}


def within(column: str) -> str:
    """Return the condition that a key is in the range of `span`."""
    return f"{column} >= :first AND {column} < :after"


def eras_of(store: Store, ma_xa: str) -> list[str]:
    """Return the eras in which the database holds a commune code: each may be another commune."""
    rows = store.execute("SELECT DISTINCT ky_dia_gioi FROM ban_phat_hanh WHERE ma_xa = :ma_xa", {"ma_xa": ma_xa})
    return sorted(row[0] for row in rows.fetchall())


def linked(store: Store, scope: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Return the communes whose parcels have, or had, keys of this one: code, era, and the column of those keys.

    Of a commune that was reformed they are its successors (`thua_dat_id_moi`), of a new one the communes it is made of
    (`thua_dat_id_cu`).
    """
    later = store.execute(
        "SELECT DISTINCT r.ma_xa, r.ky_dia_gioi FROM khoa_thua AS k JOIN ban_phat_hanh AS r "
        f"ON r.release_id = k.release_from WHERE {within('k.thua_dat_id_cu')} AND k.{_STANDS}",
        span(scope),
    ).fetchall()
    earlier = store.execute(
        f"SELECT DISTINCT ma_xa_cu, ky_dia_gioi_cu FROM khoa_thua WHERE {within('thua_dat_id_moi')} AND {_STANDS}",
        span(scope),
    ).fetchall()
    found = [(row[0], row[1], "thua_dat_id_cu") for row in earlier]
    return sorted([*found, *((row[0], row[1], "thua_dat_id_moi") for row in later)])


def related(store: Store, scope: tuple[str, str]) -> set[tuple[str, str]]:
    """Return the communes that a reform, an undone one too, gave parcels of this one, or that gave it theirs."""
    both = ("k.thua_dat_id_cu", "k.thua_dat_id_moi")
    rows = [
        store.execute(
            "SELECT DISTINCT k.ma_xa_cu, k.ky_dia_gioi_cu, r.ma_xa, r.ky_dia_gioi FROM khoa_thua AS k "
            f"JOIN ban_phat_hanh AS r ON r.release_id = k.release_from WHERE {within(column)}",
            span(scope),
        ).fetchall()
        for column in both
    ]
    return {pair for row in [*rows[0], *rows[1]] for pair in ((row[0], row[1]), (row[2], row[3]))} - {scope}


def counterparts(store: Store, scope: tuple[str, str]) -> pd.DataFrame:
    """Return `thua_dat_id` and `other`: keys of a commune with what the parcel was or is called elsewhere.

    Reforms that were undone count: it is the same land.
    """
    names = ("thua_dat_id_cu", "thua_dat_id_moi")
    found = [
        store.frame(f"SELECT {one} AS thua_dat_id, {other} AS other FROM khoa_thua WHERE {within(one)}", span(scope))
        for one, other in (names, names[::-1])
    ]
    return pd.concat(found, ignore_index=True).astype("string").drop_duplicates(ignore_index=True)


def linked_condition(column: str) -> str:
    """Return the condition on `thua_dat_id` for the parcels of a linked commune; see `linked` and `span`."""
    asked = {"thua_dat_id_cu": "thua_dat_id_moi", "thua_dat_id_moi": "thua_dat_id_cu"}[column]
    return f"thua_dat_id IN (SELECT {column} FROM khoa_thua WHERE {within(asked)} AND {_STANDS})"


def refuse_reformed(store: Store, scope: tuple[str, str]) -> None:
    """Refuse to write to a commune whose parcels have become those of another.

    Raises:
        Refusal: It was reformed, wholly or in part.
    """
    into = [".".join(other[:2]) for other in linked(store, scope) if other[2] == "thua_dat_id_moi"]
    if into:
        name, new = ".".join(scope), ", ".join(into)
        raise Refusal(
            f"Xã {name} đã được sắp xếp thành {new}: nộp gói theo xã mới, hoặc hoàn tác bằng `diachinh reform undo`.",
            f"Commune {name} has become {new}: hand in a package of the new commune, or `diachinh reform undo` first.",
        )


def refuse_return(store: Store, scope: tuple[str, str], release_id: int) -> None:
    """Refuse to bring a commune back to what it was before a reform gave it parcels or took them away.

    Raises:
        Refusal: The release lies before such a reform.
    """
    refuse_reformed(store, scope)
    row = store.execute(
        f"SELECT max(release_from) FROM khoa_thua WHERE {within('thua_dat_id_moi')} AND {_STANDS}", span(scope)
    ).fetchone()
    if row[0] is not None and row[0] > release_id:
        raise Refusal(
            f"Bản {release_id} của xã {scope[0]} có trước khi sắp xếp (bản {row[0]}): dùng `diachinh reform undo`.",
            f"Release {release_id} of commune {scope[0]} lies before the reform ({row[0]}): `diachinh reform undo`.",
        )


def keep(store: Store, pairs: pd.DataFrame, scope: tuple[str, str], release_id: int) -> None:
    """Note that parcels of a commune have other keys from a release on, and move their identifiers to these.

    Args:
        store: The land database, inside the caller's transaction.
        pairs: `thua_dat_id_cu` and `thua_dat_id_moi`.
        scope: Code and era of the commune of the old keys.
        release_id: The release of the new commune.
    """
    rows = pairs.assign(ma_xa_cu=scope[0], ky_dia_gioi_cu=scope[1], release_from=release_id)
    store.insert_plain("khoa_thua", rows)
    _move_identifiers(store, scope, release_id, "thua_dat_id_cu", "thua_dat_id_moi")


def forget(store: Store, scope: tuple[str, str], release_id: int, undone_by: int) -> None:
    """Give the identifiers back to the keys of before a release; the pairs stay, marked as undone."""
    _move_identifiers(store, scope, release_id, "thua_dat_id_moi", "thua_dat_id_cu")
    store.execute(
        f"UPDATE khoa_thua SET release_to = :by WHERE release_from = :release AND {within('thua_dat_id_cu')}",
        {"by": undone_by, "release": release_id, **span(scope)},
    )


def _move_identifiers(store: Store, scope: tuple[str, str], release_id: int, old: str, new: str) -> None:
    pairs = f"FROM khoa_thua WHERE release_from = :release AND {within('thua_dat_id_cu')}"
    store.execute(
        f"UPDATE dinh_danh SET thua_dat_id = (SELECT {new} {pairs} AND {old} = dinh_danh.thua_dat_id) "
        f"WHERE thua_dat_id IN (SELECT {old} {pairs})",
        {"release": release_id, **span(scope)},
    )


def chained(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return versions of one parcel under several keys as one frame, oldest first."""
    if len(frames) == 1:
        return frames[0]
    whole = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    return whole.sort_values(["tx_from", "version_id"], kind="stable", ignore_index=True)
