"""Numbers of new parcels: never one that was ever used, in any version; whose ground a new parcel takes, ends."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import store as land
from pipelines import stored
from pipelines.change.after import AUTO, After
from pipelines.change.request import Reason, Request

_SHEET, _NUMBER, _KIND = "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_ban_do"
_DIGITS = r"^(\d+)"


def settle(store: land.Store, request: Request, after: After, srid: int) -> tuple[After, list[Reason]]:
    """Return the parcels after with keys and ids for those that left the number to us, and what is wrong with numbers.

    Free numbers begin behind the highest one the sheet ever had. They are given in the zig-zag order of a sheet:
    bands from north to south, the first from west to east, the next back.
    """
    if not after.new.any():
        return after, []
    fresh = gpd.GeoDataFrame(after.parcels[after.new])
    lacking = fresh[[_KIND, _SHEET, _NUMBER]].isna().any(axis=1)
    if lacking.any():
        return after, [
            Reason(
                "number.missing",
                f"{int(lacking.sum())} thửa mới thiếu loại bản đồ, số tờ hoặc số thửa: ghi so_hieu_to_ban_do và "
                f"so_thu_tu_thua ({AUTO}: số tiếp theo của tờ).",
                f"{int(lacking.sum())} new parcels lack map type, sheet or number: write so_hieu_to_ban_do and "
                f"so_thu_tu_thua ({AUTO}: the next number of the sheet).",
            )
        ]
    parcels = after.parcels.copy()
    free = fresh[fresh[_NUMBER] == AUTO]
    for (kind, sheet), group in free.groupby([_KIND, _SHEET], sort=False):
        taken = fresh.loc[(fresh[_KIND] == kind) & (fresh[_SHEET] == sheet), _NUMBER]
        first = _highest(store, request, srid, str(kind), str(sheet), taken) + 1
        parcels.loc[zigzag(group), _NUMBER] = [str(first + place) for place in range(len(group))]
    keys = stored.thua_keys(request.ma_xa, request.ky_dia_gioi, parcels[_KIND], parcels[_SHEET], parcels[_NUMBER])
    parcels["thua_key"] = parcels["thua_key"].mask(after.new, keys)
    parcels["thua_dat_id"] = parcels["thua_dat_id"].mask(after.new, keys)
    made = parcels.loc[after.new, "thua_key"]
    return dataclasses.replace(after, parcels=parcels), _reused(store, request, srid, made)


def zigzag(parcels: gpd.GeoDataFrame) -> list[int]:
    """Return the index of parcels in the order in which a sheet numbers them, from its north-west corner."""
    shapes = parcels.geometry.to_numpy()
    x, y = shapely.get_coordinates(shapely.centroid(shapes)).T
    heights = shapely.bounds(shapes)[:, 3] - shapely.bounds(shapes)[:, 1]
    band = np.floor((y.max() - y) / max(float(np.median(heights)), 1e-3) + 0.5).astype(int)
    order = np.lexsort([np.where(band % 2 == 0, x, -x), band])
    return [int(place) for place in parcels.index[order]]


def parents_end(after: After, common: pd.DataFrame) -> list[Reason]:
    """Return which parcels give ground to a new one and yet keep their number.

    Args:
        after: The parcels before and after.
        common: `thua_dat_id_cu`, `thua_dat_id_moi` of parcels with common ground.
    """
    new, ended = after.parcels.loc[after.new, "thua_dat_id"], after.before.loc[after.ended, "thua_dat_id"]
    gives = common["thua_dat_id_moi"].isin(new) & ~common["thua_dat_id_cu"].isin(ended)
    return [
        Reason(
            "number.parent_kept",
            f"Thửa {name} có đất chuyển sang thửa mới nên phải hết hiệu lực: phần còn lại lấy số thửa mới.",
            f"Parcel {name} gives ground to a new one and so has to end: what is left takes a new number.",
        )
        for name in common.loc[gives, "thua_dat_id_cu"].drop_duplicates()
    ]


def _highest(store: land.Store, request: Request, srid: int, kind: str, sheet: str, taken: pd.Series) -> int:
    """Return the highest number that a sheet ever had, in any version or key of former days, or has in the package."""
    table = land.layer_table("thua_dat", srid)
    values = {"ma_xa": request.ma_xa, "ky_dia_gioi": request.ky_dia_gioi, "kind": kind, "sheet": sheet}
    stem = f"{request.ma_xa}.{request.ky_dia_gioi}.{kind}.{sheet}."
    used = [
        row[0]
        for row in store.execute(
            f"SELECT DISTINCT so_thu_tu_thua FROM {table.qualified} WHERE ma_xa = :ma_xa "
            "AND ky_dia_gioi = :ky_dia_gioi AND loai_ban_do = :kind AND so_hieu_to_ban_do = :sheet",
            values,
        ).fetchall()
    ]
    former = [
        row[0].removeprefix(stem)
        for row in store.execute(
            "SELECT thua_dat_id_cu FROM khoa_thua WHERE thua_dat_id_cu >= :low AND thua_dat_id_cu < :high",
            {"low": stem, "high": stem + "\U0010ffff"},
        ).fetchall()
    ]
    every = pd.Series([*used, *former, *taken], dtype="string")
    digits = pd.to_numeric(every.str.extract(_DIGITS)[0])
    return 0 if digits.isna().all() else int(digits.max())


def _reused(store: land.Store, request: Request, srid: int, keys: pd.Series) -> list[Reason]:
    table = land.layer_table("thua_dat", srid)
    values = {"ma_xa": request.ma_xa, "keys": store.values(keys.tolist())}
    used = {
        row[0]
        for sql in (
            f"SELECT thua_key FROM {table.qualified} WHERE ma_xa = :ma_xa AND {store.among('thua_key', 'keys')}",
            f"SELECT thua_dat_id_cu FROM khoa_thua WHERE {store.among('thua_dat_id_cu', 'keys')}",
        )
        for row in store.execute(sql, values).fetchall()
    }
    doubled = set(keys[keys.duplicated()])
    return [
        Reason(
            "number.reused",
            f"Số của thửa {key} đã được dùng: số cũ không cấp lại, ghi số khác hoặc {AUTO}.",
            f"The number of parcel {key} was used before: numbers are never given again, write another or {AUTO}.",
        )
        for key in sorted(used | doubled)
    ]
