"""The parcels after, whole: what the package says of them, and behind it what they are or come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import jsonschema
import numpy as np
import pandas as pd
import shapely

import schemas
from pipelines import codes, geometry, numbers, stored
from pipelines import store as land
from pipelines.change.package import COMPUTED
from pipelines.change.request import Reason, Request
from pipelines.geometry import Mask
from pipelines.store.versions import typed

AUTO = "auto"
"""As a parcel number: the next one of the sheet."""

_SHEET, _NUMBER, _ID, _KIND = "so_hieu_to_ban_do", "so_thu_tu_thua", "thua_dat_id", "loai_ban_do"
_INHERITED = (
    _KIND, _SHEET, "loai_dat", "loai_dat_ghi", "he_loai_dat", "nhom_dat", "la_doi_tuong_chiem_dat", "dia_chi", "ty_le",
    "co_dang_ky", "ma_xa_moi", "can_cu_xa_moi",
)  # fmt: skip
"""What a new parcel takes from those that end, where they agree and the package leaves it empty."""

_FOLLOWS = {"ma_xa", "ky_dia_gioi", _ID}
_SAME_M = 1e-6
"""Vertices nearer than this were written in another format, not moved."""


@dataclass(frozen=True)
class After:
    """What becomes of the parcels of a change.

    Attributes:
        before: Current versions of the parcels before.
        parcels: The parcels after, every column of thua_dat; those not touched included.
        new: Which of `parcels` have a new number.
        reshaped: Which have another boundary under the same number.
        edited: Which have other values under the same number.
        ended: Which of `before` end.
    """

    before: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    new: Mask
    reshaped: Mask
    edited: Mask
    ended: Mask

    @cached_property
    def written(self) -> Mask:
        """Which of `parcels` get a new version."""
        written: Mask = self.new | self.reshaped | self.edited
        return written

    @cached_property
    def replaced(self) -> Mask:
        """Which of `before` are closed: they end, or get a new version."""
        replaced: Mask = self.ended | self.before[_ID].isin(self.parcels.loc[self.written, _ID]).to_numpy(dtype=bool)
        return replaced

    @cached_property
    def is_redrawn(self) -> bool:
        """Whether a boundary changes."""
        return bool(self.new.any() or self.reshaped.any() or self.ended.any())


def untouched(before: gpd.GeoDataFrame) -> After:
    """Return the parcels of a change that says nothing of them."""
    none = np.zeros(len(before), dtype=bool)
    return After(before, before, none, none, none, none)


def build(request: Request, before: gpd.GeoDataFrame, table: land.Table) -> tuple[After, list[Reason]]:
    """Return the parcels after; where the reasons are not empty they are not fit for anything but messages.

    The number of a new parcel may still be `auto`, and then its key and id are null; see `pipelines.change.numbers`.
    """
    if request.parcels is None:
        return untouched(before), []
    if request.parcels.empty:
        nothing, all_of_them = np.zeros(0, dtype=bool), np.ones(len(before), dtype=bool)
        return After(before, before.iloc[:0], nothing, nothing, nothing, all_of_them), []
    raw = request.parcels.reset_index(drop=True)
    said = raw.notna() | True if request.said is None else request.said.reset_index(drop=True)
    names = [name for name, _ in table.entity if name != "geom"]
    given = typed(pd.DataFrame(raw.drop(columns="geometry")), table)
    for name in (_SHEET, _NUMBER):
        given[name] = numbers.tidy_key(given[name]).mask(given[name] == AUTO, AUTO)
    reasons = _elsewhere(given, request)
    given["ma_xa"], given["ky_dia_gioi"] = request.ma_xa, request.ky_dia_gioi
    kept, own = _identities(given, before, request)
    reasons += _unknown(given, before, own)
    known = typed(pd.DataFrame(before.drop(columns="geometry")), table)
    base = known.reindex(kept.to_numpy()).reset_index(drop=True).astype(object)
    is_new = kept.eq(-1).to_numpy(dtype=bool)
    ended = ~known.index.isin(kept)
    parents = known[~known.index.isin(kept)] if ended.any() else known
    base.loc[is_new, list(_INHERITED)] = _agreed(parents, int(is_new.sum()))
    base["ma_xa"], base["ky_dia_gioi"] = request.ma_xa, request.ky_dia_gioi
    values = {name: _laid(base[name], given[name], said, is_new) for name in names}
    rows = typed(pd.DataFrame(values), table)
    changes = _changes(rows, base)
    edited = changes[[name for name in names if name not in COMPUTED | _FOLLOWS]].any(axis=1).to_numpy() & ~is_new
    shapes, reshaped = _shapes(raw, before, kept)
    rows = _computed(rows, changes, shapes, is_new, reshaped)
    reasons += _renumbered(rows, known.reindex(kept.to_numpy()).reset_index(drop=True), is_new)
    rows[_ID] = rows["thua_key"].where(is_new, known[_ID].reindex(kept.to_numpy()).to_numpy())
    parcels = gpd.GeoDataFrame(rows, geometry=shapes, crs=before.crs)
    return After(before, parcels, is_new, reshaped, edited, ended), [*reasons, *_values(rows, changes), *_twice(rows)]


def _elsewhere(given: pd.DataFrame, request: Request) -> list[Reason]:
    wrong = [
        name
        for name, own in (("ma_xa", request.ma_xa), ("ky_dia_gioi", request.ky_dia_gioi))
        if (given[name].notna() & (given[name] != own)).any()
    ]
    return [
        Reason(
            "parcel.elsewhere",
            f"thua_dat có thửa với {name} khác của gói: mỗi gói chỉ về một xã.",
            f"thua_dat holds a parcel with another {name} than the package: a package is about one commune.",
        )
        for name in wrong
    ]


def _identities(given: pd.DataFrame, before: gpd.GeoDataFrame, request: Request) -> tuple[pd.Series, pd.Series]:
    """Return for each row its place in `before` (-1: a new parcel), and the id that its own number makes."""
    own = stored.thua_keys(
        request.ma_xa, request.ky_dia_gioi, _default(given[_KIND], before[_KIND]),
        _default(given[_SHEET], before[_SHEET]), given[_NUMBER],
    )  # fmt: skip
    place = pd.Series(before.index, index=before[_ID].astype("object"))
    named = given[_ID].fillna(own)
    return named.map(place).fillna(-1).astype("int64"), own


def _default(given: pd.Series, before: pd.Series) -> pd.Series:
    return given.fillna(before.iloc[0]) if before.nunique() == 1 else given


def _unknown(given: pd.DataFrame, before: gpd.GeoDataFrame, own: pd.Series) -> list[Reason]:
    named = given[_ID]
    strange = named[named.notna() & ~named.isin(before[_ID]) & ~(named == own).fillna(False)]
    return [
        Reason(
            "parcel.not_based_on",
            f"Thửa {name} không có ở based_on: nêu phiên bản của nó, hoặc để trống thua_dat_id nếu là thửa mới.",
            f"Parcel {name} is not in based_on: state its version there, or leave thua_dat_id empty for a new parcel.",
        )
        for name in strange.drop_duplicates()
    ]


def _agreed(parents: pd.DataFrame, count: int) -> pd.DataFrame | None:
    """Return so many rows of what the parcels agree on that new ones come from."""
    one = {name: parents[name].iloc[0] if parents[name].nunique(dropna=False) == 1 else None for name in _INHERITED}
    return pd.DataFrame([one] * count, columns=list(_INHERITED)).to_numpy()  # type: ignore[return-value]


def _laid(base: pd.Series, given: pd.Series, said: pd.DataFrame, is_new: Mask) -> pd.Series:
    """Return what the package says, and the base where it says nothing; new parcels take the base for empty values."""
    is_said = said[base.name].to_numpy(dtype=bool) if base.name in said.columns else np.zeros(len(base), dtype=bool)
    taken = is_said & ~(is_new & given.isna().to_numpy(dtype=bool))
    laid: pd.Series = base.mask(taken, given.astype(object))
    return laid.where(laid.notna(), None)


def _changes(rows: pd.DataFrame, base: pd.DataFrame) -> pd.DataFrame:
    """Return which values are other ones than those of the base."""
    one, other = (frame.astype("string").fillna("\x00") for frame in (rows, base.astype(rows.dtypes)))
    return one != other


def _shapes(raw: gpd.GeoDataFrame, before: gpd.GeoDataFrame, kept: pd.Series) -> tuple[np.ndarray[Any, Any], Mask]:
    """Return the shapes after, and which parcels that were there have another one."""
    given = geometry.flat(raw.geometry.to_numpy())
    former = np.array([None, *before.geometry], dtype=object)[kept.to_numpy() + 1]
    stays = shapely.is_missing(given) | shapely.equals_exact(
        shapely.normalize(given), shapely.normalize(geometry.flat(former)), tolerance=_SAME_M
    )
    is_kept = kept.ge(0).to_numpy(dtype=bool)
    return np.where(stays & is_kept, former, given), ~stays & is_kept


def _computed(
    rows: pd.DataFrame, changes: pd.DataFrame, shapes: np.ndarray[Any, Any], is_new: Mask, reshaped: Mask
) -> pd.DataFrame:
    """Return the rows with what follows from others: keys, groups of land use, measured areas.

    An area that the package leaves empty for a new parcel is the measured one, rounded as areas are; so is the label
    of a boundary that was redrawn, unless the package changes it.
    """
    use_changes = changes["loai_dat"]
    recorded = rows["loai_dat_ghi"].mask(use_changes & ~changes["loai_dat_ghi"], rows["loai_dat"])
    rows["loai_dat_ghi"] = recorded.fillna(rows["loai_dat"].where(is_new))
    groups = codes.groups(rows["loai_dat"])
    rows["he_loai_dat"] = rows["he_loai_dat"].mask((is_new | use_changes) & groups.notna(), codes.NEW_SCHEME)
    rows["nhom_dat"] = rows["nhom_dat"].mask(is_new | use_changes, groups)
    measured = pd.Series(shapely.area(shapes), index=rows.index)
    rounded = measured.round(1)
    rows["dien_tich_do"] = rows["dien_tich_do"].mask(is_new | reshaped, measured)
    rows["dien_tich"] = rows["dien_tich"].mask(is_new & rows["dien_tich"].isna(), rounded)
    label, redrawn = rows["dien_tich_nhan"], reshaped & ~changes["dien_tich_nhan"]
    rows["dien_tich_nhan"] = label.mask(redrawn | (is_new & label.isna()), rounded)
    scope = str(rows["ma_xa"].iloc[0]), str(rows["ky_dia_gioi"].iloc[0])
    keys = stored.thua_keys(*scope, rows[_KIND], rows[_SHEET], rows[_NUMBER])
    return rows.assign(thua_key=keys.mask((rows[_NUMBER] == AUTO).fillna(False)))


def _renumbered(rows: pd.DataFrame, known: pd.DataFrame, is_new: Mask) -> list[Reason]:
    moved = ~is_new & (rows["thua_key"].fillna("") != known["thua_key"].fillna("")).to_numpy(dtype=bool)
    return [
        Reason(
            "number.changed",
            f"Thửa {name} giữ nguyên số tờ, số thửa: để trống thua_dat_id nếu đây là thửa mới.",
            f"Parcel {name} keeps its sheet and number: leave thua_dat_id empty if this is a new parcel.",
        )
        for name in known.loc[moved, _ID]
    ]


def _twice(rows: pd.DataFrame) -> list[Reason]:
    doubled = rows.loc[rows[_ID].notna() & rows[_ID].duplicated(), _ID]
    return [
        Reason(
            "parcel.twice",
            f"Thửa {name} có hai dòng ở thua_dat: mỗi thửa một dòng, thửa mới để trống thua_dat_id.",
            f"Parcel {name} has two rows in thua_dat: one row a parcel, and a new parcel leaves thua_dat_id empty.",
        )
        for name in doubled.drop_duplicates()
    ]


def _values(rows: pd.DataFrame, changes: pd.DataFrame) -> list[Reason]:
    """Return which columns get values that layer thua_dat does not take; values are not quoted."""
    known: Mapping[str, Any] = schemas.layer("thua_dat")["properties"]
    names = [name for name in changes.columns[changes.any()] if name in known and name not in COMPUTED]
    wrong = [name for name in names if not _fit(rows.loc[changes[name], name].dropna(), known[name])]
    return [
        Reason(
            "parcel.value",
            f"thua_dat: cột {name} ({known[name]['title']}) có giá trị không dùng được: xem danh mục của lớp thua_dat.",
            f"thua_dat: the column {name} ({known[name]['title:en']}) holds what it cannot hold: see layer thua_dat.",
        )
        for name in wrong
    ]


def _fit(values: pd.Series, definition: Mapping[str, Any]) -> bool:
    if "x-codelist" in definition:
        pieces = values.astype("string")
        if separator := definition.get("x-separator"):
            pieces = pieces.str.split(separator, regex=False).explode()
        return bool(pieces.isin(schemas.codelist(definition["x-codelist"])["code"]).all())
    if "boolean" in definition["type"]:
        return bool(values.isin([0, 1]).all())
    return jsonschema.Draft202012Validator({"items": dict(definition)}).is_valid(values.tolist())
