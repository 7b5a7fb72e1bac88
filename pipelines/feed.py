"""The change feed: what each release changed of the parcels that the public may see, in one order for ever.

An entry is numbered by its release and its place in it, `release_id * 10,000,000 + place`: what was removed, changed,
added, each by the id of the parcel. The number of an entry never changes, and never goes to another one. A parcel that
is withheld today is withheld in the past as well: of what was told of it only its removal stays, without place.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

import schemas
from pipelines import access, crs, geometry
from pipelines import store as land
from pipelines.ids import among

PLACES = 10_000_000
"""Numbers that one release has room for; no commune has as many parcels."""

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
_ORDER = (REMOVED, CHANGED, ADDED)
_BOX_DECIMALS = 7
_PAIR = ["thua_dat_id_cu", "thua_dat_id_moi"]

PLAIN = (
    "sequence",
    "release_id",
    "recorded_at",
    "valid_date",
    "ma_xa",
    "ky_dia_gioi",
    "kind",
    "loai_bien_dong",
    "giao_dich_id",
    "thua_dat_id",
    "ma_dinh_danh_thua",
    "what",
    "lineage",
)
"""Columns of an entry that hold one value."""


def communes(store: land.Store, ma_xa: str | None = None) -> dict[tuple[str, str], list[land.Release]]:
    """Return the releases of every commune and era, oldest first; none can appear later below one that is seen."""
    with store.settled():
        releases = land.listing(store, ma_xa)
    found: dict[tuple[str, str], list[land.Release]] = {}
    for release in releases:
        found.setdefault((release.ma_xa, release.ky_dia_gioi), []).append(release)
    return found


def read(store: land.Store, releases: Sequence[land.Release]) -> pd.DataFrame:
    """Return the entries of one commune, by number.

    Args:
        store: The land database.
        releases: All its releases up to the one that is told, oldest first.

    Returns:
        Columns of `PLAIN`; `changed` (columns, and `geometry`), `values` (column to new value), `predecessors`,
        `successors` (ids) as lists and dictionaries; `srid`; `place` (shape after, in the zone, GeoJSON text, where it
        is another one than before); `shape` (after, of what was removed before, OGC:CRS84) and `bbox` of that, degrees.
    """
    zones = sorted({release.srid for release in releases})
    parts = [_zone(store, [release for release in releases if release.srid == srid]) for srid in zones]
    return pd.concat(parts, ignore_index=True).sort_values("sequence", ignore_index=True)


def lines(entries: pd.DataFrame) -> list[bytes]:
    """Return entries as JSON, one a line."""
    names = [*PLAIN, "changed", "values", "predecessors", "successors", "bbox", "srid", "place"]
    plain = entries[names].astype(object)
    columns = {name: column.tolist() for name, column in plain.where(plain.notna(), None).items()}
    columns["place"] = [place and orjson.Fragment(place) for place in columns["place"]]
    return [orjson.dumps(dict(zip(names, row, strict=True))) + b"\n" for row in zip(*columns.values(), strict=True)]


def number_of(line: bytes) -> int:
    """Return the number of an entry from its line."""
    return int(line[len('{"sequence":') : line.index(b",")])


def _zone(store: land.Store, releases: Sequence[land.Release]) -> pd.DataFrame:
    changes = land.steps(store, releases)
    hidden = _hidden(store, changes, releases[-1])
    was = changes.was & ~access.is_withheld(changes.before)
    there = changes.is_there & ~access.is_withheld(changes.after)
    columns = [name for name in schemas.public_columns("thua_dat") if name != "thua_dat_id"]
    differs = pd.DataFrame({name: was & there & changes.differs(name) for name in columns})
    reshaped = was & there & changes.is_reshaped
    seen = (was ^ there) | reshaped | differs.any(axis=1)
    changes, differs = changes.where(seen), differs[seen].reset_index(drop=True)
    was, there, reshaped, hidden = (flag[seen].reset_index(drop=True) for flag in (was, there, reshaped, hidden))
    what = pd.Series(np.select([~was, ~there], [ADDED, REMOVED], CHANGED), dtype="object")
    told = {release.release_id: release for release in releases}
    entries = pd.DataFrame(
        {
            "sequence": _numbers(changes, what),
            "release_id": changes.release_id,
            "recorded_at": changes.release_id.map({key: release.started_at for key, release in told.items()}),
            "valid_date": changes.after["valid_from"].where(there, changes.before["valid_to"]),
            **{name: changes.after[name].where(there, changes.before[name]) for name in ("ma_xa", "ky_dia_gioi")},
            "kind": changes.release_id.map({key: release.kind for key, release in told.items()}),
            **_transactions(store, changes.release_id, told),
            "thua_dat_id": changes.thua_dat_id,
            "ma_dinh_danh_thua": _newest(changes, there, "ma_dinh_danh_thua"),
            "what": what,
            "changed": _changed(differs, reshaped),
            "values": _values(changes, columns, differs, what),
            "srid": releases[0].srid,
        }
    )
    entries = entries.assign(**_places(changes, there, reshaped | (what == ADDED), hidden))
    entries = entries.assign(**_relatives(store, changes, what, hidden, told))
    return _without_hidden(entries, hidden)


def _hidden(store: land.Store, changes: land.Changes, release: land.Release) -> pd.Series:
    """Return which changes are of parcels that are withheld today."""
    return pd.Series(among(changes.thua_dat_id, withheld_today(store, changes.after.loc[changes.is_there], release)))


def withheld_today(store: land.Store, versions: pd.DataFrame, release: land.Release) -> pd.Series:
    """Return the ids of parcels whose newest version is withheld, under whatever key a reform gave it.

    Args:
        store: The land database.
        versions: All versions of the parcels of a commune in a zone: `thua_dat_id`, `release_from`, their uses.
        release: A release of that commune and zone.
    """
    names = ["thua_dat_id", "release_from", "loai_dat", "loai_dat_ghi"]
    known = [pd.DataFrame(versions[names])]
    others = land.counterparts(store, (release.ma_xa, release.ky_dia_gioi))
    if len(others):
        table = land.layer_table("thua_dat", release.srid).qualified
        elsewhere = store.frame(
            f"SELECT {', '.join(names)} FROM {table} WHERE {store.among('thua_dat_id', 'ids')} ORDER BY version_id",
            {"ids": store.values(others["other"].to_list())},
        ).rename(columns={"thua_dat_id": "other"})
        known.append(elsewhere.merge(others, on="other")[names])
    every = pd.concat(known, ignore_index=True).sort_values("release_from", kind="stable")
    last = every.drop_duplicates("thua_dat_id", keep="last")
    withheld: pd.Series = last.loc[access.is_withheld(last), "thua_dat_id"]
    return withheld


def _without_hidden(entries: pd.DataFrame, hidden: pd.Series) -> pd.DataFrame:
    """Leave of parcels that are withheld only that they are no longer told, and nothing that says where they are."""
    kept = entries[~hidden | (entries["what"] == REMOVED)].copy()
    kept.loc[hidden[kept.index], ["ma_dinh_danh_thua", "loai_bien_dong", "giao_dich_id", "valid_date"]] = pd.NA
    return kept


def _numbers(changes: land.Changes, what: pd.Series) -> pd.Series:
    keys = pd.DataFrame({"release": changes.release_id, "what": what.map(_ORDER.index), "id": changes.thua_dat_id})
    keys = keys.sort_values(["release", "what", "id"], kind="stable")
    place = keys.groupby("release").cumcount() + 1
    numbers: pd.Series = (keys["release"] * PLACES + place).sort_index()
    return numbers


def _newest(changes: land.Changes, there: pd.Series, name: str) -> pd.Series:
    column: pd.Series = changes.after[name].where(there, changes.before[name])
    return column


def _transactions(store: land.Store, releases: pd.Series, told: Mapping[int, land.Release]) -> dict[str, pd.Series]:
    """Return number and kind of the transaction that each release registered."""
    numbers = {key: release.giao_dich_id for key, release in told.items() if release.giao_dich_id}
    rows = store.execute(
        f"SELECT giao_dich_id, loai_bien_dong FROM giao_dich WHERE {store.among('giao_dich_id', 'ids')} "
        "ORDER BY version_id",
        {"ids": store.values(sorted(set(numbers.values())))},
    ).fetchall()
    kinds = dict(map(tuple, rows))
    number = releases.map(numbers).astype("string")
    return {"loai_bien_dong": number.map(kinds).astype("string"), "giao_dich_id": number}


def _changed(differs: pd.DataFrame, reshaped: pd.Series) -> list[list[str]]:
    flags = np.column_stack([differs.to_numpy(dtype=bool), reshaped.to_numpy()])
    names = np.array([*differs.columns, "geometry"], dtype=object)[np.nonzero(flags)[1]].tolist()
    return [names[start:end] for start, end in pairwise(_ends(flags))]


def _values(
    changes: land.Changes, columns: list[str], differs: pd.DataFrame, what: pd.Series
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the new values: of what was added all there are, of what changed those that did."""
    after = pd.DataFrame(changes.after[columns])
    flags = np.where((what == ADDED).to_numpy()[:, None], after.notna().to_numpy(), differs.to_numpy(dtype=bool))
    plain = after.astype(object)
    rows, places = np.nonzero(flags)
    values = plain.where(plain.notna(), None).to_numpy()[rows, places].tolist()
    names = np.array(columns, dtype=object)[places].tolist()
    pairs = list(zip(names, values, strict=True))
    return [dict(pairs[start:end]) for start, end in pairwise(_ends(flags))]


def _ends(flags: Any) -> list[int]:
    ends: list[int] = np.concatenate([[0], flags.sum(axis=1).cumsum()]).tolist()
    return ends


def _places(changes: land.Changes, there: pd.Series, moved: pd.Series, hidden: pd.Series) -> dict[str, Any]:
    """Return `place`, `shape` and `bbox`; nothing of parcels that are withheld, nor of shapes no JSON can tell."""
    after, before = changes.after.geometry.to_numpy(), changes.before.geometry.to_numpy()
    shapes = shapely.force_2d(np.where(there, after, before))
    has_place = geometry.is_finite(shapes) & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    shapes[~has_place | hidden.to_numpy()] = None
    is_told = (moved & there).to_numpy() & ~shapely.is_missing(shapes)
    place = np.full(len(shapes), None, dtype=object)
    place[is_told] = shapely.to_geojson(shapes[is_told])
    degrees = crs.to_wgs84(gpd.GeoSeries(shapes, crs=changes.after.crs)).to_numpy()
    boxes = shapely.bounds(degrees).round(_BOX_DECIMALS).tolist()
    bbox = pd.Series([None if box[0] != box[0] else box for box in boxes], dtype="object")
    return {"place": place, "shape": pd.Series(degrees, dtype="object"), "bbox": bbox}


def _relatives(
    store: land.Store,
    changes: land.Changes,
    what: pd.Series,
    hidden: pd.Series,
    told: Mapping[int, land.Release],
) -> dict[str, Any]:
    """Return whose ground parcels took, as a release registered it, else by place; only parcels told in it.

    A reform, and its undoing, tell under which key the parcel itself was, or goes on, in another commune.
    """
    rows = pd.DataFrame({"release_id": changes.release_id, "id": changes.thua_dat_id, "what": what})[~hidden]
    known = land.registered(store, [key for key, release in told.items() if release.kind != "rollback"])
    for name in _PAIR:
        known = known.merge(rows[["release_id", "id"]], left_on=["release_id", name], right_on=["release_id", "id"])
        known = known.drop(columns="id")
    ended, begun = rows[rows["what"] == REMOVED], rows[rows["what"] == ADDED]
    open_ones = set(ended["release_id"]) & set(begun["release_id"]) - set(known["release_id"])
    placed = [_placed(changes, *(side[side["release_id"] == key] for side in (ended, begun))) for key in open_ones]
    pairs = pd.concat([known.assign(lineage="register"), *placed, _renamed(store, rows, told)], ignore_index=True)
    return _joined(changes, pairs)


def _renamed(store: land.Store, rows: pd.DataFrame, told: Mapping[int, land.Release]) -> pd.DataFrame:
    """Return the keys that parcels get by a reform, or get back where it is undone, of parcels told in it.

    The pairs of a reform stand for ever, whatever took it back later.
    """
    moves = [
        (key, land.reform_of(told.get(release.counts.get("undoes", key), release)), "undoes" in release.counts)
        for key, release in told.items()
    ]
    steps = pd.DataFrame(moves, columns=["release_id", "reform", "is_back"]).dropna()
    known = store.frame(
        "SELECT release_from AS reform, thua_dat_id_cu, thua_dat_id_moi FROM khoa_thua "
        f"WHERE {store.among('release_from', 'numbers')}",
        {"numbers": store.values(sorted({int(number) for number in steps["reform"]}))},
    )
    pairs = steps.astype({"reform": "int64"}).merge(known.astype({"reform": "int64"}), on="reform")
    old, new, back = pairs["thua_dat_id_cu"], pairs["thua_dat_id_moi"], pairs["is_back"].astype(bool)
    pairs = pairs.assign(thua_dat_id_cu=old.where(~back, new), thua_dat_id_moi=new.where(~back, old), lineage="reform")
    ids = pd.MultiIndex.from_frame(rows[["release_id", "id"]].astype(object))
    own = [pd.MultiIndex.from_frame(pairs[["release_id", name]].astype(object)).isin(ids) for name in _PAIR]
    return pairs.loc[own[0] | own[1], ["release_id", *_PAIR, "lineage"]]


def _placed(changes: land.Changes, ended: pd.DataFrame, begun: pd.DataFrame) -> pd.DataFrame:
    found = land.by_place(changes.before.loc[ended.index], changes.after.loc[begun.index])
    return found[_PAIR].assign(release_id=int(ended["release_id"].iloc[0]), lineage="place")


def _joined(changes: land.Changes, pairs: pd.DataFrame) -> dict[str, Any]:
    keys = pd.MultiIndex.from_arrays([changes.release_id, changes.thua_dat_id.astype(object)])
    told: dict[str, Any] = {"lineage": pd.Series(pd.NA, range(len(keys)), dtype="string")}
    ends = {"predecessors": ("thua_dat_id_moi", "thua_dat_id_cu"), "successors": ("thua_dat_id_cu", "thua_dat_id_moi")}
    for name, (own, other) in ends.items():
        groups = pairs.sort_values(other).groupby(["release_id", own])
        lists = groups[other].agg(list).reindex(keys)
        told[name] = pd.Series([ids if isinstance(ids, list) else [] for ids in lists], dtype="object")
        how = groups["lineage"].first().reindex(keys).reset_index(drop=True).astype("string")
        told["lineage"] = told["lineage"].fillna(how)
    return told
