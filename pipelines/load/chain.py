"""The history of one parcel as a chain: when it held, who says so, what changed, whose ground it was."""

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

import schemas
from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.settings import Settings

_KINDS = {
    "load": "nạp / load",
    "rollback": "trở về bản trước / rollback",
    "change": "biến động / change",
    "reform": "sắp xếp đơn vị hành chính / reform of communes",
}
_CONSEQUENCES = frozenset({"thua_dat_id", "geometry"})
"""What is not told as a changed value: the key, and the boundary, which has words of its own."""


def chain(settings: Settings, thua_dat_id: str) -> dict[str, Any]:
    """Return the versions of a parcel, oldest first, each with its times, releases, changes and relatives.

    Raises:
        StoreError: There is no land database, or it never held such a parcel.
    """
    with land.open_reader(settings.database) as store:
        versions = land.history(store, thua_dat_id)
        if versions.empty:
            raise StoreError(
                f"Cơ sở dữ liệu chưa từng có thửa {thua_dat_id}: kiểm tra mã, ví dụ 15670.E2025A.1.12.345.",
                f"The database never held a parcel {thua_dat_id}: check the id, for example 15670.E2025A.1.12.345.",
            )
        communes = versions["ma_xa"].astype(str).unique()
        releases = {release.release_id: release for code in communes for release in land.listing(store, code)}
        links = [_link(store, versions, place, releases) for place in range(len(versions))]
    return {
        "thua_dat_id": thua_dat_id,
        "keys": [str(key) for key in versions["thua_dat_id"].unique()],
        "ma_dinh_danh_thua": _plain(versions["ma_dinh_danh_thua"].iloc[-1]),
        "crs": f"EPSG:{versions.crs.to_epsg()}",
        "versions": links,
    }


def _link(
    store: land.Store, versions: gpd.GeoDataFrame, place: int, releases: dict[int, land.Release]
) -> dict[str, Any]:
    version, srid = versions.iloc[place], int(versions.crs.to_epsg())
    former = versions.iloc[place - 1] if place else None
    follows = former is not None and _follows(former, version)
    is_last = place + 1 == len(versions) or not _follows(version, versions.iloc[place + 1])
    ends = bool(pd.notna(version["release_to"]) and is_last)
    began = releases[int(version["release_from"])]
    ended = releases[int(version["release_to"])] if pd.notna(version["release_to"]) else None
    parents = land.Relatives() if follows else land.parents(store, srid, version)
    children = land.children(store, srid, version) if ends else land.Relatives()
    return {
        **{name: _plain(version[name]) for name in ("valid_from", "valid_to", "tx_from", "tx_to")},
        "thua_dat_id": str(version["thua_dat_id"]),
        "was": str(former["thua_dat_id"]) if former is not None and _is_rekeyed(former, version) else None,
        "release": _released(began) | {"package_sha256": began.package_sha256},
        "ended_by": _released(ended) if ended else None,
        "appears": not follows,
        "ends": ends,
        "changes": _changes(former, version) if former is not None else [],
        "area_m2": float(shapely.area(version["geometry"])),
        "is_reshaped": former is not None and _is_reshaped(former, version),
        "parents": parents.parcels,
        "parents_by": _by(parents),
        "children": children.parcels,
        "children_by": _by(children),
        "values": {name: _plain(version[name]) for name in _told(version)},
        "geometry": shapely.to_wkt(version["geometry"], rounding_precision=-1),
    }


def _released(release: land.Release) -> dict[str, Any]:
    told: dict[str, Any] = {"release_id": release.release_id, "kind": release.kind}
    return told | ({"giao_dich_id": release.giao_dich_id} if release.giao_dich_id else {})


def _by(relatives: land.Relatives) -> dict[str, str | None] | None:
    """Return the transaction that registered relatives; None where there are none, or they are told by place."""
    if relatives.giao_dich_id is None:
        return None
    return {"giao_dich_id": relatives.giao_dich_id, "loai_bien_dong": relatives.loai_bien_dong}


def _follows(former: pd.Series, version: pd.Series) -> bool:
    """Tell whether a version took the place of another: by one release, or by a reform, which has one for each key."""
    if _is_rekeyed(former, version):
        return bool(former["tx_to"] == version["tx_from"])
    return bool(former["release_to"] == version["release_from"])


def _is_rekeyed(former: pd.Series, version: pd.Series) -> bool:
    return bool(former["thua_dat_id"] != version["thua_dat_id"])


def _is_reshaped(former: pd.Series, version: pd.Series) -> bool:
    return not shapely.equals_identical(former["geometry"], version["geometry"])


def _changes(former: pd.Series, version: pd.Series) -> list[dict[str, Any]]:
    known = schemas.layer("thua_dat")["properties"]
    before, after = ({name: _plain(row[name]) for name in _told(row)} for row in (former, version))
    return [
        {
            "column": name,
            "title": known[name]["title"],
            "title_en": known[name]["title:en"],
            "before": before[name],
            "after": after[name],
        }
        for name in before
        if before[name] != after[name]
    ]


def _told(row: pd.Series) -> list[str]:
    known = schemas.layer("thua_dat")["properties"]
    return [name for name in row.index if name in known and name not in _CONSEQUENCES and name != "valid_from"]


def _plain(value: Any) -> Any:
    """Return a value as JSON takes it."""
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def lines(found: dict[str, Any]) -> list[str]:
    """Return the chain as people read it."""
    told = [f"{found['thua_dat_id']} · mã định danh / identifier {found['ma_dinh_danh_thua'] or '-'}"]
    before = None
    for number, link in enumerate(found["versions"], start=1):
        told += [f"{number}. {_period(link)}", *(f"   {text}" for text in _events(link, before))]
        before = link
    return told


def _period(link: dict[str, Any]) -> str:
    until = link["valid_to"] or "nay / now"
    kind = _KINDS[link["release"]["kind"]]
    known = f"{link['tx_from'][:16].replace('T', ' ')} UTC"
    return f"{link['valid_from']} → {until} · bản / release {link['release']['release_id']} ({kind}), {known}"


def _events(link: dict[str, Any], before: dict[str, Any] | None) -> list[str]:
    told = []
    if link["was"]:
        told.append(f"khóa thửa / parcel key: {link['was']} → {link['thua_dat_id']}")
    if link["appears"]:
        origin = _relatives("từ / from", link["parents"], link["parents_by"])
        told.append(f"thửa xuất hiện / the parcel appears: {link['area_m2']:.1f} m²{origin}")
    if before is not None and link["is_reshaped"]:
        told.append(f"ranh giới / boundary: {before['area_m2']:.1f} → {link['area_m2']:.1f} m²")
    told += [
        f"{change['title']} / {change['title_en']}: {_shown(change['before'])} → {_shown(change['after'])}"
        for change in link["changes"]
    ]
    if link["ends"]:
        release = link["ended_by"]["release_id"]
        told.append(
            f"thửa kết thúc / the parcel ends: {link['valid_to']}, bản / release {release}"
            f"{_relatives('thành / into', link['children'], link['children_by'])}"
        )
    return told


def _relatives(word: str, names: list[str], by: dict[str, str | None] | None) -> str:
    how = (
        f"theo biến động / by transaction {by['giao_dich_id']} ({by['loai_bien_dong']})"
        if by
        else "theo vị trí / by place"
    )
    return f" · {how} {word}: {', '.join(names)}" if names else ""


def _shown(value: Any) -> str:
    return "-" if value is None or value == "" else str(value)
