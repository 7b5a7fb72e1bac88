"""The ground: parcels after fill what parcels before held, no more and no less, and touch nobody else's.

Nothing is mended. What differs is told in square metres with its place; what a coordinate written to the millimetre
makes is no difference.
"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from pipelines import geometry
from pipelines.change import kinds
from pipelines.change.after import After
from pipelines.change.request import Reason, Request
from pipelines.geometry import Floats, Geometries, Mask
from pipelines.tolerances import Tolerances

SPLIT = "TN"
_ROUNDING_M2 = 0.1
_HALF_M2 = _ROUNDING_M2 / 2
"""Areas are written to a tenth of a square metre: each may be off by half of that."""


def shapes(after: After) -> list[Reason]:
    """Return which parcels with a new boundary are no single valid polygon; the others can be measured."""
    drawn = after.new | after.reshaped
    found = after.parcels.geometry.to_numpy()[drawn]
    names = _names(after)[drawn]
    single = shapely.get_type_id(found) == shapely.GeometryType.POLYGON
    wrong = ~single | shapely.is_empty(found) | ~geometry.is_finite(found) | ~shapely.is_valid(found)
    return [
        Reason(
            "ground.shape",
            f"Hình của thửa {name} không dùng được ({vi}): sửa trong QGIS (Kiểm tra tính hợp lệ) rồi lưu lại.",
            f"The shape of parcel {name} cannot be used ({en}): mend it in QGIS (Check validity), save again.",
        )
        for name, (vi, en) in zip(names[wrong], map(_fault, found[wrong]), strict=True)
    ]


def _fault(shape: BaseGeometry | None) -> tuple[str, str]:
    """Return why a shape is no single valid polygon."""
    if shape is None or shape.is_empty:
        return "không có hình", "there is none"
    if shape.geom_type == "Polygon":
        reason = shapely.is_valid_reason(shape)
        return reason, reason
    place = _place(shape)
    return f"không phải một vùng đơn, tại {place}", f"no single polygon, at {place}"


def check(request: Request, after: After, neighbours: gpd.GeoDataFrame, tolerances: Tolerances) -> list[Reason]:
    """Return what is wrong with the ground of a change whose shapes are sound.

    Args:
        request: The change.
        after: The parcels before and after.
        neighbours: Current parcels around them that are not part of the change.
        tolerances: What is allowed.
    """
    if not after.is_redrawn:
        return _areas(request, after)
    held, taken = after.before.geometry.to_numpy(), after.parcels.geometry.to_numpy()
    is_filled = request.loai_bien_dong == SPLIT or bool(after.new.any() and after.ended.any())
    return [
        *(_filled(_union(held), _union(taken), tolerances) if is_filled else []),
        *_overlaps(_names(after), taken, after.new | after.reshaped, tolerances),
        *_edges(taken[after.new | after.reshaped]),
        *_trespass(after, neighbours, tolerances),
        *_areas(request, after),
    ]


def common(after: After, tolerances: Tolerances) -> pd.DataFrame:
    """Return which parcel after takes ground of which parcel before: ids, keys and common area, m².

    Columns: `thua_key_cu`, `thua_key_moi`, `thua_dat_id_cu`, `thua_dat_id_moi`, `dien_tich_chung`. A parcel that keeps
    its number is its own heir; a parcel that ends and has no other has one row without.
    """
    before, parcels = after.before, after.parcels
    held, taken = before.geometry.to_numpy(), parcels.geometry.to_numpy()
    one, other = shapely.STRtree(held).query(taken, predicate="intersects")[::-1]
    pieces = shapely.intersection(shapely.make_valid(held[one]), shapely.make_valid(taken[other]))
    names = before["thua_dat_id"].to_numpy(dtype=object)[one], parcels["thua_dat_id"].to_numpy(dtype=object)[other]
    is_itself = names[0] == names[1]
    moves = after.ended[one] | after.new[other]
    counts = is_itself | (moves & _count(pieces, tolerances))
    rows = pd.DataFrame({"cu": one[counts], "moi": other[counts], "dien_tich_chung": shapely.area(pieces[counts])})
    left = np.setdiff1d(np.flatnonzero(after.ended), rows["cu"])
    rows = pd.concat([rows, pd.DataFrame({"cu": left, "moi": -1, "dien_tich_chung": np.nan})], ignore_index=True)
    told = {}
    for column in ("thua_key", "thua_dat_id"):
        told[f"{column}_cu"] = before[column].reindex(rows["cu"]).to_numpy()
        told[f"{column}_moi"] = parcels[column].reindex(rows["moi"]).to_numpy()
    # Text in which a missing name equals nothing: a comparison with it is no, not unknown.
    heirs = pd.DataFrame(told).astype("str").assign(dien_tich_chung=rows["dien_tich_chung"])
    return heirs[["thua_key_cu", "thua_key_moi", "thua_dat_id_cu", "thua_dat_id_moi", "dien_tich_chung"]]


def registered_m2(parcels: pd.DataFrame) -> Floats:
    """Return the area each parcel has in the register, else on its label, else as measured, m²."""
    area = parcels["dien_tich"].astype("float64").fillna(parcels["dien_tich_nhan"].astype("float64"))
    return np.asarray(area.fillna(parcels["dien_tich_do"].astype("float64")), dtype=np.float64)


def _names(after: After) -> np.ndarray[Any, Any]:
    """Return what messages call the parcels after."""
    numbered = after.parcels["so_hieu_to_ban_do"].fillna("?") + "/" + after.parcels["so_thu_tu_thua"].fillna("?")
    names: np.ndarray[Any, Any] = after.parcels["thua_dat_id"].fillna(numbered).to_numpy(dtype=object)
    return names


def _filled(held: BaseGeometry, taken: BaseGeometry, tolerances: Tolerances) -> list[Reason]:
    lacking, beyond = (
        _pieces(shapely.difference(held, taken), tolerances),
        _pieces(shapely.difference(taken, held), tolerances),
    )
    return [
        *(
            Reason(
                "ground.missing",
                f"Các thửa sau thiếu {_m2(piece)} m² đất của thửa trước tại {_place(piece)}: vẽ cho kín.",
                f"The parcels after lack {_m2(piece)} m² of the ground before at {_place(piece)}: close the gap.",
            )
            for piece in lacking
        ),
        *(
            Reason(
                "ground.outside",
                f"Các thửa sau vượt ra ngoài thửa trước {_m2(piece)} m² tại {_place(piece)}: vẽ lại trong ranh cũ.",
                f"The parcels after reach {_m2(piece)} m² beyond the ground before at {_place(piece)}: stay inside.",
            )
            for piece in beyond
        ),
    ]


def _overlaps(names: np.ndarray[Any, Any], taken: Geometries, drawn: Mask, tolerances: Tolerances) -> list[Reason]:
    one, other = shapely.STRtree(taken).query(taken, predicate="intersects")
    once = (one < other) & (drawn[one] | drawn[other])
    one, other = one[once], other[once]
    pieces = shapely.intersection(shapely.make_valid(taken[one]), shapely.make_valid(taken[other]))
    counts = _count(pieces, tolerances)
    return [
        Reason(
            "ground.overlap",
            f"Thửa {left} và {right} chồng nhau {_m2(piece)} m² tại {_place(piece)}: vẽ lại ranh chung.",
            f"Parcels {left} and {right} overlap by {_m2(piece)} m² at {_place(piece)}: draw their boundary again.",
        )
        for left, right, piece in zip(names[one[counts]], names[other[counts]], pieces[counts], strict=True)
    ]


def _edges(drawn: Geometries) -> list[Reason]:
    """Return where new boundaries that should be one are drawn through different points."""
    broken = shapely.coverage_invalid_edges(drawn)
    lines = broken[~shapely.is_empty(broken)]
    if not len(lines):
        return []
    return [
        Reason(
            "ground.edges",
            f"Ranh chung của các thửa sau không đi qua cùng các điểm tại {_place(lines[0])}: bật bắt điểm rồi vẽ lại.",
            f"The common boundary of parcels after has different points at {_place(lines[0])}: snap and draw again.",
        )
    ]


def _trespass(after: After, neighbours: gpd.GeoDataFrame, tolerances: Tolerances) -> list[Reason]:
    """Return whose ground the parcels after take although it is not part of the change."""
    drawn = after.new | after.reshaped
    taken, others = after.parcels.geometry.to_numpy()[drawn], neighbours.geometry.to_numpy()
    usable = geometry.is_polygon(others) & shapely.is_valid(others)
    ids, others = neighbours["thua_dat_id"].to_numpy(dtype=object)[usable], others[usable]
    new, other = shapely.STRtree(others).query(taken, predicate="intersects")
    pieces = shapely.intersection(taken[new], others[other])
    # What overlapped already is a finding of old, and not of this change.
    pieces = shapely.difference(pieces, _union(after.before.geometry.to_numpy()))
    counts = _count(pieces, tolerances)
    names = _names(after)[drawn]
    return [
        Reason(
            "ground.over",
            f"Thửa {name} lấn {_m2(piece)} m² vào thửa {theirs} không thuộc biến động này, tại {_place(piece)}.",
            f"Parcel {name} takes {_m2(piece)} m² of {theirs}, no part of this change, at {_place(piece)}.",
        )
        for name, theirs, piece in zip(names[new[counts]], ids[other[counts]], pieces[counts], strict=True)
    ]


def _areas(request: Request, after: After) -> list[Reason]:
    """Return whether an area changes without a reason, or by a kind that may not change any."""
    count = len(after.before) + len(after.parcels)
    sums = {
        "dien_tich": (registered_m2(after.before).sum(), registered_m2(after.parcels).sum()),
        "dien_tich_do": (after.before["dien_tich_do"].sum(), after.parcels["dien_tich_do"].sum()),
    }
    legal = [parcels["dien_tich_phap_ly"].astype("float64") for parcels in (after.before, after.parcels)]
    if not any(areas.isna().any() for areas in legal):
        # A program that divides a shape copies the values of the whole to both halves.
        sums["dien_tich_phap_ly"] = (legal[0].sum(), legal[1].sum())
    limit = _ROUNDING_M2 + _HALF_M2 * count
    changed = {name: pair for name, pair in sums.items() if abs(pair[1] - pair[0]) > limit}
    if not changed:
        return []
    name, (was, becomes) = next(iter(changed.items()))
    mend_vi, mend_en = ("hình", "the shapes") if name == "dien_tich_do" else (name, name)
    if not kinds.may_change_area(request.loai_bien_dong):
        return [
            Reason(
                "area.may_not",
                f"Tổng diện tích ({name}) từ {was:.1f} thành {becomes:.1f} m², loại {request.loai_bien_dong} không "
                f"được đổi: sửa {mend_vi}.",
                f"The sum of areas ({name}) goes from {was:.1f} to {becomes:.1f} m², and kind "
                f"{request.loai_bien_dong} may not change it: mend {mend_en}.",
            )
        ]
    if request.facts.get("ly_do_dien_tich", "").strip():
        return []
    return [
        Reason(
            "area.no_reason",
            f"Tổng diện tích ({name}) đổi từ {was:.1f} thành {becomes:.1f} m²: sửa {mend_vi}, hoặc nêu lý do ở "
            "ly_do_dien_tich.",
            f"The sum of areas ({name}) goes from {was:.1f} to {becomes:.1f} m²: mend {mend_en}, or say why in "
            "ly_do_dien_tich.",
        )
    ]


def _union(parts: Geometries) -> BaseGeometry:
    return shapely.union_all(shapely.make_valid(parts))


def _count(pieces: Geometries, tolerances: Tolerances) -> Mask:
    """Tell which pieces of ground are more than coordinates written to the millimetre make."""
    areal = geometry.polygonal(np.asarray(pieces, dtype=object))
    wide = geometry.mean_width_m(areal) > tolerances.node_m
    counts: Mask = (shapely.area(areal) >= tolerances.min_area_m2) & wide
    return counts


def _pieces(ground: BaseGeometry, tolerances: Tolerances) -> Sequence[BaseGeometry]:
    parts = shapely.get_parts(ground)
    kept: Sequence[BaseGeometry] = parts[_count(parts, tolerances)]
    return kept


def _m2(piece: BaseGeometry) -> str:
    return f"{shapely.area(piece):.2f}"


def _place(piece: BaseGeometry) -> str:
    point = shapely.point_on_surface(piece)
    return f"({shapely.get_x(point):.2f}, {shapely.get_y(point):.2f})"
