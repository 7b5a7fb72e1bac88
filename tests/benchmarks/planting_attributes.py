"""Defects of what is written about a parcel, each planted just beyond its limit or just within it."""

from collections.abc import Callable

import numpy as np
import shapely

from tests.benchmarks.fabrics import USES
from tests.benchmarks.ground import Ground

Write = Callable[[Ground, int, bool], bool]
"""Writes something about a parcel, beyond a limit or within it; tells whether there is such a thing."""

WRITTEN_M2, COEFFICIENT, SCALE = 0.1, 0.0004, 1000


def _limit_m2(ground: Ground, parcel: int) -> tuple[float, float]:
    """Return the area of a parcel and how far a written one may be from it."""
    area_m2 = float(shapely.area(ground.shapes[parcel]))
    return area_m2, max(COEFFICIENT * SCALE * float(np.sqrt(area_m2)), WRITTEN_M2)


def _number(column: str) -> Write:
    def write(ground: Ground, parcel: int, beyond: bool) -> bool:
        if beyond:
            ground.rows.loc[parcel, column] = None if parcel % 2 else " "
            ground.expect("thua_dat.missing_number", parcel)
        else:
            ground.rows.loc[parcel, "la_doi_tuong_chiem_dat"] = ground.fabric.fills_plane
        return True

    return write


def _key(ground: Ground, parcel: int, beyond: bool) -> bool:
    """Write the number of another parcel; within: the same number on another sheet."""
    other = (parcel + 1) % len(ground.rows)
    same = ["so_hieu_to_ban_do", "so_thu_tu_thua", "thua_key", "loai_dat"]
    values = ground.rows.loc[other, same].to_numpy()
    if not beyond:
        values[0] += "a"
        values[2] = f"15670.{values[0]}.{values[1]}"
    ground.rows.loc[parcel, same] = values
    if beyond:
        ground.expect("thua_dat.duplicate_key", parcel)
        ground.expect("thua_dat.duplicate_key", other)
    return True


def _area(sign: int) -> Write:
    def write(ground: Ground, parcel: int, beyond: bool) -> bool:
        area_m2, limit_m2 = _limit_m2(ground, parcel)
        written_m2 = area_m2 + sign * limit_m2 * (1.001 if beyond else 0.999)
        ground.rows.loc[parcel, "dien_tich_nhan"] = area_m2
        ground.rows.loc[parcel, ["dien_tich", "dien_tich_phap_ly"]] = written_m2
        if beyond:
            ground.expect("thua_dat.area_mismatch", parcel)
        return True

    return write


def _label(ground: Ground, parcel: int, beyond: bool) -> bool:
    area_m2, limit_m2 = _limit_m2(ground, parcel)
    ground.rows.loc[parcel, ["dien_tich", "dien_tich_phap_ly"]] = area_m2
    ground.rows.loc[parcel, "dien_tich_nhan"] = area_m2 - limit_m2 * (1.001 if beyond else 0.999)
    if beyond:
        ground.expect("thua_dat.label_mismatch", parcel)
    return True


def _use(ground: Ground, parcel: int, beyond: bool) -> bool:
    """Write another land use in the register; within: one of several on the label."""
    drawn = str(ground.rows.loc[parcel, "loai_dat"])
    ground.purposes[parcel] = USES[(USES.index(drawn) + 1) % len(USES)] if beyond else drawn
    if beyond:
        ground.expect("thua_dat.label_mismatch", parcel)
    else:
        ground.rows.loc[parcel, "loai_dat"] = f"ONT + {drawn}"
    return True


def _legal(ground: Ground, parcel: int, beyond: bool) -> bool:
    area_m2 = ground.rows.loc[parcel, "dien_tich"]
    ground.rows.loc[parcel, "dien_tich_phap_ly"] = round(area_m2 + (0.2 if beyond else 0.1), 1)
    if beyond:
        ground.expect("so_dia_chinh.legal_area_mismatch", parcel)
    return True


def _code(ground: Ground, parcel: int, beyond: bool) -> bool:
    ground.rows.loc[parcel, "loai_dat"] = "XYZ" if beyond else "LUK"
    if beyond:
        ground.expect("thua_dat.unknown_code", parcel)
    return True


def _record(ground: Ground, parcel: int, beyond: bool) -> bool:
    ground.rows.loc[parcel, "co_dang_ky"] = False
    if beyond:
        ground.expect("thua_dat.without_record", parcel)
    else:
        ground.rows.loc[parcel, "la_doi_tuong_chiem_dat"] = True
    return True


ATTRIBUTES: dict[str, tuple[str, Write]] = {
    "no parcel number": ("thua_dat.missing_number", _number("so_thu_tu_thua")),
    "no sheet number": ("thua_dat.missing_number", _number("so_hieu_to_ban_do")),
    "number twice": ("thua_dat.duplicate_key", _key),
    "area too large": ("thua_dat.area_mismatch", _area(1)),
    "area too small": ("thua_dat.area_mismatch", _area(-1)),
    "area on the label": ("thua_dat.label_mismatch", _label),
    "use on the label": ("thua_dat.label_mismatch", _use),
    "areas on paper": ("so_dia_chinh.legal_area_mismatch", _legal),
    "no such use": ("thua_dat.unknown_code", _code),
    "not in the register": ("thua_dat.without_record", _record),
}
"""What is planted in the words: the finding it has to cause, and how."""
