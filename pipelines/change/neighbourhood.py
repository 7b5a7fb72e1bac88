"""The checks around a change: run where it happens, before and after, and told apart by what is new.

Only the parcels whose boxes meet that of the change are read, so it takes as long in a large commune as in a small
one. What the cut through the map makes at its rim is left aside: only findings about parcels of the change count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines import findings as findings_of
from pipelines import store as land
from pipelines.change.after import After
from pipelines.change.request import Reason, Request
from pipelines.store.reading import read_versions
from pipelines.tolerances import Tolerances

GRADES = ("1", "2a", "2b", "3")
_MARGIN_M = 2.0
_OUTLINE_M = 50.0
_SAME_M = 0.01
_OUTSIDE = "thua_dat.outside_commune"


class Examine(Protocol):
    """The checks of the step validate, as `pipelines.validate.checks.examine` has them."""

    def __call__(  # noqa: D102
        self, parcels: gpd.GeoDataFrame, tolerances: Tolerances, *, outline: Any = ..., fills_plane: bool = ...
    ) -> gpd.GeoDataFrame: ...


@dataclass(frozen=True)
class Rules:
    """By what a change is judged.

    Attributes:
        examine: The checks.
        tolerances: What is allowed.
        profile: Severity profile.
    """

    examine: Examine
    tolerances: Tolerances
    profile: str


@dataclass(frozen=True)
class Verdict:
    """What the checks say of a change.

    Attributes:
        reasons: New errors.
        findings: New findings to be written, their `feature_id` and `other_id` being ids of parcels.
        closed: Versions of canh_bao that are no longer true.
        parcels: The parcels after with their grades.
    """

    reasons: list[Reason]
    findings: gpd.GeoDataFrame
    closed: list[int]
    parcels: gpd.GeoDataFrame


def read(store: land.Store, request: Request, after: After, srid: int) -> gpd.GeoDataFrame:
    """Return the current parcels around a change that are no part of it."""
    boxes = shapely.bounds(np.concatenate([after.before.geometry.to_numpy(), after.parcels.geometry.to_numpy()]))
    west, south = np.nanmin(boxes[:, :2], axis=0) - _MARGIN_M
    east, north = np.nanmax(boxes[:, 2:], axis=0) + _MARGIN_M
    table = land.layer_table("thua_dat", srid)
    box = {"west": float(west), "south": float(south), "east": float(east), "north": float(north)}
    values = {**box, "srid": srid, "ma_xa": request.ma_xa, "ky_dia_gioi": request.ky_dia_gioi}
    found = read_versions(
        store, table, srid,
        "WHERE tx_to IS NULL AND ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi "
        f"AND {store.in_box(table)} ORDER BY version_id",
        values,
    )  # fmt: skip
    return gpd.GeoDataFrame(found[~found["thua_dat_id"].isin(after.before["thua_dat_id"])]).reset_index(drop=True)


def judge(
    store: land.Store, request: Request, after: After, neighbours: gpd.GeoDataFrame, srid: int, rules: Rules
) -> Verdict:
    """Return which findings a change brings and which it ends, and the grades of its parcels."""
    touched = _touched(after)
    if not touched:
        return Verdict([], findings_of.empty(after.before.crs), [], after.parcels)
    scene = _Scene(store, request, neighbours, srid, rules)
    was = scene.found(after.before[after.replaced])
    becomes = scene.found(after.parcels[after.written])
    was, becomes = was[_about(was, touched)], becomes[_about(becomes, touched)]
    is_known = _keys(becomes).isin(_keys(was))
    fresh = becomes[~is_known.to_numpy()]
    severity = {code: rule["severity"] for code, rule in schemas.profile(rules.profile).items()}
    errors = fresh[(fresh["code"].map(severity) == "error") & ~_inherited(fresh, was)]
    standing = _standing(store, request, srid, touched)
    ended = after.before.loc[after.ended, "thua_dat_id"]
    known = _keys(standing)
    gone = _about(standing, set(ended)) | (known.isin(_keys(was)) & ~known.isin(_keys(becomes))).to_numpy(dtype=bool)
    # What the database told already is not told twice.
    fresh = fresh[~_keys(fresh).isin(_keys(standing[~gone])).to_numpy()]
    parcels = _graded(after, was, becomes, fresh, standing[gone], rules.profile)
    return Verdict(_reasons(errors), fresh, [int(one) for one in standing.loc[gone, "version_id"]], parcels)


class _Scene:
    """The neighbourhood, to be looked at with the parcels before and with those after."""

    def __init__(
        self, store: land.Store, request: Request, neighbours: gpd.GeoDataFrame, srid: int, rules: Rules
    ) -> None:
        self._neighbours, self._rules = neighbours, rules
        self._source = f"biến động / change {request.giao_dich_id}"
        scope = {"ma_xa": request.ma_xa, "ky_dia_gioi": request.ky_dia_gioi}
        table = land.layer_table("thua_dat", srid)
        self._fills_plane = bool(
            store.execute(
                f"SELECT 1 FROM {table.qualified} WHERE tx_to IS NULL AND ma_xa = :ma_xa "
                "AND ky_dia_gioi = :ky_dia_gioi AND la_doi_tuong_chiem_dat LIMIT 1",
                scope,
            ).fetchone()
        )
        outlines = read_versions(
            store, land.layer_table("xa", srid), srid,
            "WHERE tx_to IS NULL AND ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi", scope,
        ).geometry.to_numpy()  # fmt: skip
        outlines = outlines[~shapely.is_missing(outlines) & ~shapely.is_empty(outlines)]
        self._outline = shapely.union_all(shapely.make_valid(shapely.force_2d(outlines))) if len(outlines) else None

    def found(self, own: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the findings with some parcels in the middle."""
        if own.empty:
            return findings_of.empty(own.crs)
        others = self._neighbours[own.columns.intersection(self._neighbours.columns)]
        joined = pd.concat([pd.DataFrame(own[others.columns]), pd.DataFrame(others)], ignore_index=True)
        made = self._examine(gpd.GeoDataFrame(joined, geometry="geometry", crs=own.crs), self._fills_plane, None)
        if self._outline is None:
            return made
        # The outline of the commune would close the cut to one huge gap, so it is held against these parcels alone.
        west, south, east, north = own.total_bounds + np.array([-1, -1, 1, 1]) * _OUTLINE_M
        near = shapely.clip_by_rect(self._outline, west, south, east, north)
        outside = self._examine(own.reset_index(drop=True), False, near)
        return findings_of.concat([made, outside[outside["code"] == _OUTSIDE]], crs=own.crs)

    def _examine(self, parcels: gpd.GeoDataFrame, fills_plane: bool, outline: Any) -> gpd.GeoDataFrame:
        named = parcels.assign(feature_id=parcels["thua_dat_id"], source=self._source)
        return self._rules.examine(named, self._rules.tolerances, outline=outline, fills_plane=fills_plane)


def _touched(after: After) -> set[str]:
    before, parcels = after.before["thua_dat_id"], after.parcels["thua_dat_id"]
    return {*before[after.replaced], *parcels[after.written]}


def _about(rows: pd.DataFrame, names: set[str]) -> np.ndarray[Any, Any]:
    first = "thua_dat_id" if "thua_dat_id" in rows else "feature_id"
    found: np.ndarray[Any, Any] = (rows[first].isin(names) | rows["other_id"].isin(names)).to_numpy(dtype=bool)
    return found


def _keys(rows: pd.DataFrame) -> pd.Series:
    """Return what makes two findings the same one: code and parcels, in whatever order a pair is told."""
    one = rows["thua_dat_id" if "thua_dat_id" in rows else "feature_id"].astype("string").fillna("")
    other = rows["other_id"].astype("string").fillna("")
    swapped = one > other
    low, high = one.mask(swapped, other), other.mask(swapped, one)
    return rows["code"].astype("string") + "|" + low + "|" + high


def _inherited(fresh: gpd.GeoDataFrame, was: gpd.GeoDataFrame) -> np.ndarray[Any, Any]:
    """Tell which findings are old ones of the same ground under a new number."""
    if fresh.empty or was.empty:
        return np.zeros(len(fresh), dtype=bool)
    former = shapely.buffer(shapely.make_valid(was.geometry.to_numpy()), _SAME_M)
    one, other = shapely.STRtree(former).query(shapely.make_valid(fresh.geometry.to_numpy()), predicate="covered_by")
    same = fresh["code"].to_numpy()[one] == was["code"].to_numpy()[other]
    return np.isin(np.arange(len(fresh)), one[same])


def _standing(store: land.Store, request: Request, srid: int, touched: set[str]) -> pd.DataFrame:
    """Return the current findings of the database about parcels of the change."""
    table = land.layer_table("canh_bao", srid)
    values = {"ma_xa": request.ma_xa, "ky_dia_gioi": request.ky_dia_gioi, "ids": store.values(sorted(touched))}
    return store.frame(
        f"SELECT version_id, code, thua_dat_id, other_id FROM {table.qualified} WHERE tx_to IS NULL "
        "AND ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi "
        f"AND ({store.among('thua_dat_id', 'ids')} OR {store.among('other_id', 'ids')}) ORDER BY version_id",
        values,
    ).astype({"code": "string", "thua_dat_id": "string", "other_id": "string"})


def _graded(
    after: After,
    was: gpd.GeoDataFrame,
    becomes: gpd.GeoDataFrame,
    fresh: gpd.GeoDataFrame,
    gone: pd.DataFrame,
    profile: str,
) -> gpd.GeoDataFrame:
    """Return the parcels after: what is no longer found leaves their reasons, what is found enters them."""
    if not after.written.any():
        return after.parcels
    rank = {code: GRADES.index(rule["grade"]) for code, rule in schemas.profile(profile).items()}
    written = after.parcels[after.written]
    names = written["thua_dat_id"].astype("string")
    kept = pd.DataFrame({"name": names, "code": written["ly_do"].astype("string").str.split(",")}).explode("code")
    before = _sides(was)
    left = kept.merge(before, on=["name", "code"], how="left", indicator=True).query("_merge == 'left_only'")
    told = pd.concat([left[["name", "code"]], _sides(becomes)]).dropna()
    told = told.assign(code=told["code"].str.strip())
    told = told.assign(rank=told["code"].map(rank).fillna(0))
    told = (
        told[told["rank"] > 0].drop_duplicates(["name", "code"]).sort_values(["rank", "code"], ascending=[False, True])
    )
    by_parcel = told.groupby("name")
    worst = names.map(by_parcel["rank"].max()).fillna(0).astype(int).map(dict(enumerate(GRADES)))
    reasons = names.map(by_parcel["code"].agg(",".join)).astype("string")
    count = written["so_canh_bao"].astype("Int64").fillna(0)
    more = names.map(_sides(fresh)["name"].value_counts()).fillna(0)
    less = names.map(_sides(gone)["name"].value_counts()).fillna(0)
    parcels = after.parcels.copy()
    for name, values in (
        ("xep_loai", worst), ("ly_do", reasons), ("so_canh_bao", (count + more - less).clip(lower=0).astype("Int64")),
    ):  # fmt: skip
        parcels.loc[after.written, name] = values.astype(parcels[name].dtype)
    return parcels


def _sides(rows: pd.DataFrame) -> pd.DataFrame:
    first = "thua_dat_id" if "thua_dat_id" in rows else "feature_id"
    sides = [rows[[side, "code"]].rename(columns={side: "name"}) for side in (first, "other_id")]
    return pd.concat(sides).dropna(subset=["name"]).astype("string")


def _reasons(errors: gpd.GeoDataFrame) -> list[Reason]:
    known = schemas.findings()
    return [
        Reason(
            f"finding.{code}",
            f"Thửa {name}{_beside(other, 'với')}: {known[code]['title_vi']}, lỗi mới do biến động này: sửa trước.",
            f"Parcel {name}{_beside(other, 'with')}: {known[code]['title_en']}, a new error by this change: mend it.",
        )
        for code, name, other in _told(errors)
    ]


def _told(errors: gpd.GeoDataFrame) -> Sequence[tuple[str, str, str]]:
    columns = (errors[name].fillna("").tolist() for name in ("code", "feature_id", "other_id"))
    return list(zip(*columns, strict=True))


def _beside(other: str, word: str) -> str:
    return f" {word} {other}" if other else ""
