"""The gate before a release is shown: a commune may not quietly lose what the former release had.

A new release is held against the one that stands, commune by commune. What is lost beyond the settings is refused, and
the former release stays; a person may let it pass with a reason and a name, which the manifest keeps.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyarrow.lib import ArrowException

from pipelines import crs
from pipelines.errors import Refusal
from pipelines.publish.overrides import Override
from pipelines.settings import Settings

KEY_COLUMNS = ("ma_dinh_danh_thua", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "dien_tich_do")
"""Columns by which a parcel is found and counted; a release that fills fewer of them has lost something."""

Withheld = Callable[[Mapping[str, Any]], float | None]
"""Returns the area of what is withheld of a release of a commune, m²; None where that is no longer known."""

_SHOWN = 3
_HELD_M2 = "withheld_m2"
_OVERRIDES = "overrides"


def compare(
    former: Mapping[str, Any] | None,
    entries: Sequence[Mapping[str, Any]],
    old: Path,
    new: Path,
    withheld_m2: Withheld,
    reformed: Sequence[frozenset[tuple[str, str]]] = (),
) -> list[dict[str, Any]]:
    """Return what became of every commune of the former release, one row each.

    Args:
        former: Manifest of the release that stands; None where there is none.
        entries: Communes of the new release.
        old: Folder of the release that stands.
        new: Folder of the new release.
        withheld_m2: Returns the area of the parcels of a commune, of either release, that the public may not see.
        reformed: Communes whose land a reform gave to each other: they are held against each other as one.
    """
    now, stood = {_scope(entry): entry for entry in entries}, (former or {}).get("communes", [])
    rows = [_row(entry, now.get(_scope(entry)), old, new, withheld_m2) for entry in stood]
    for group in reformed:
        together = [row for row in rows if _scope(row) in group]
        before, after = ([entry for entry in each if _scope(entry) in group] for each in (stood, entries))
        sums = {
            "parcels": [sum(map(_parcels, each)) for each in (before, after)],
            "area_m2": [sum(entry["area_m2"] for entry in each) for each in (before, after)],
        }
        for row in together:
            row |= sums | {"is_lost": not sums["parcels"][1], "reformed_with": sorted(map(".".join, group))}
            row.pop(_HELD_M2, None)
    return rows


def pass_or_refuse(
    rows: Sequence[Mapping[str, Any]], settings: Settings, words: Sequence[Override]
) -> list[dict[str, Any]]:
    """Return the overrides that were used, each with what it let pass; none where nothing had to be let pass.

    Raises:
        Refusal: A commune lost too much and nobody signed for it.
    """
    lost, passed = list[tuple[str, str]](), dict[Override, list[dict[str, str]]]()
    for row in rows:
        told = [(f"{row['ma_xa']}: {vi}", f"{row['ma_xa']}: {en}") for vi, en in _losses(row, settings)]
        word = next((word for word in words if word.is_about(row["ma_xa"], row["release"], row["released_at"])), None)
        if told and word:
            passed.setdefault(word, []).extend({"vi": vi, "en": en} for vi, en in told)
        elif told:
            about = f" (release {row['release']})"
            lost += [(vi + about, en + about) for vi, en in told]
    if lost:
        vi, en = ("; ".join(texts[:_SHOWN]) for texts in zip(*lost, strict=True))
        more = f" (+{len(lost) - _SHOWN})" if len(lost) > _SHOWN else ""
        raise Refusal(
            f"Không công bố vì so với bản trước bị mất dữ liệu: {vi}{more}; nạp lại xã đó, hoặc chạy "
            "`diachinh publish --override “lý do” --signed “họ tên”` nếu đúng là như vậy, "
            "hoặc `--override TỆP.yaml` đã ký.",
            f"Not published, data of the former release are lost: {en}{more}; load the commune again, or run "
            '`diachinh publish --override "reason" --signed "name"` where it is right so (or --override FILE.yaml).',
        )
    return [word.told() | {"passed": told} for word, told in passed.items()]


def record(
    former: Mapping[str, Any] | None, rows: list[dict[str, Any]], overrides: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the manifest keeps: the comparison with the former release, and every override there ever was."""
    # How much land is withheld is nobody's to know.
    told = [{name: value for name, value in row.items() if name != _HELD_M2} for row in rows]
    compared = {"former": former.get("generated_at"), "communes": told} if former else None
    return {"comparison": compared, _OVERRIDES: [*(former or {}).get(_OVERRIDES, []), *overrides]}


def _row(
    before: Mapping[str, Any], after: Mapping[str, Any] | None, old: Path, new: Path, withheld_m2: Withheld
) -> dict[str, Any]:
    """Return parcels, area, completeness before and after, and how far the parcels with the same id moved."""
    row: dict[str, Any] = {"ma_xa": before["ma_xa"], "ky_dia_gioi": before["ky_dia_gioi"]}
    row["parcels"] = [_parcels(before), _parcels(after) if after else 0]
    row["area_m2"] = [before["area_m2"], after["area_m2"] if after else 0.0]
    # What a signed word is about: the release to be shown, or the one that stands of a commune that went.
    row |= {"release": (after or before)["release_id"], "released_at": (after or before)["released_at"]}
    row["is_lost"] = after is None or (row["parcels"][0] > 0 and row["parcels"][1] == 0)
    row |= {"moved_m": None, "completeness": None}
    if after is None or _release(before) == _release(after):
        return row
    paths = old / before["downloads"]["parcels"], new / after["downloads"]["parcels"]
    # A former file that is gone or damaged cannot be compared; the figures of its manifest were.
    if before.get("withheld") or after.get("withheld"):
        row[_HELD_M2] = [withheld_m2(before), withheld_m2(after)]
    one, other = _readable(paths[0]), gpd.read_parquet(paths[1])
    if one is not None:
        row["moved_m"] = moved_m(one, other)
        row["completeness"] = [completeness(one), completeness(other)]
    return row


def _readable(path: Path) -> gpd.GeoDataFrame | None:
    try:
        return gpd.read_parquet(path)
    except (OSError, ValueError, ArrowException):
        return None


def moved_m(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> float | None:
    """Return the mean distance between the centroids of parcels of one id, in metres; None without such parcels.

    A commune that changed its zone is compared in the new one.
    """
    if before.crs is not None and after.crs is not None and before.crs != after.crs:
        before = before.set_geometry(crs.reproject(before.geometry, after.crs))
    ids = before["thua_dat_id"].isin(after["thua_dat_id"])
    kept = before.loc[ids].drop_duplicates("thua_dat_id")
    there = after.drop_duplicates("thua_dat_id").set_index("thua_dat_id").geometry.reindex(kept["thua_dat_id"])
    way = shapely.distance(shapely.centroid(kept.geometry.to_numpy()), shapely.centroid(there.to_numpy()))
    known = way[np.isfinite(way)]
    return round(float(known.mean()), 3) if len(known) else None


def completeness(parcels: gpd.GeoDataFrame) -> float | None:
    """Return the share of key columns that are filled, over all parcels; None without parcels."""
    if not len(parcels):
        return None
    columns = parcels.reindex(columns=list(KEY_COLUMNS))
    return round(float(columns.notna().to_numpy(dtype=bool).mean()), 4)


def _losses(row: Mapping[str, Any], settings: Settings) -> list[tuple[str, str]]:
    """Return what a commune lost beyond the settings, in both languages."""
    if row["is_lost"]:
        return [("mất cả xã", "the whole commune")]
    told = []
    for name, limit, vi, en in (
        ("parcels", settings.max_parcels_lost, "số thửa", "parcels"),
        ("area_m2", settings.max_area_lost, "diện tích", "area"),
    ):
        before, after = row[name]
        if name == "area_m2" and row.get(_HELD_M2) and None not in row[_HELD_M2]:
            before, after = before + row[_HELD_M2][0], after + row[_HELD_M2][1]
        share = (before - after) / before if before else 0.0
        if share > limit:
            told.append(
                (f"{vi} giảm {share:.1%} (tối đa {limit:.1%})", f"{share:.1%} of the {en} (at most {limit:.1%})")
            )
    moved, limit_m = row["moved_m"], settings.max_moved_m
    if moved is not None and limit_m is not None and moved > limit_m:
        told.append(
            (f"thửa dịch {moved:.1f} m (tối đa {limit_m:g} m)", f"parcels moved {moved:.1f} m (at most {limit_m:g} m)")
        )
    filled = row["completeness"]
    if filled and None not in filled and filled[0] - filled[1] > settings.max_completeness_lost:
        lost, limit = filled[0] - filled[1], settings.max_completeness_lost
        told.append(
            (f"ô khóa trống thêm {lost:.1%} (tối đa {limit:.1%})", f"{lost:.1%} of key values (at most {limit:.1%})")
        )
    return told


def _parcels(entry: Mapping[str, Any]) -> int:
    """Return the parcels of a commune, those withheld from the public with them: withholding is no loss."""
    return int(entry["parcels"]) + int(entry.get("withheld") or 0)


def _release(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what tells releases apart, also where the database was made anew and counts from one again."""
    return entry["release_id"], entry["released_at"]


def _scope(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["ma_xa"], entry["ky_dia_gioi"]
