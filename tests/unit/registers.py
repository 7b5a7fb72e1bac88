"""One register row after another, brought through `normalize` and judged: what tests of the register start from."""

import geopandas as gpd
import pandas as pd

from pipelines import normalize
from pipelines.normalize.place import Place
from pipelines.tolerances import Tolerances
from pipelines.validate import run
from tests.unit.test_normalize import drawn, register

SELF = {
    "thua": "1",
    "ma_xa": "15670",
    "dien_tich": "100,0",
    "loai_dat_1": "ONT",
    "dien_tich_1": "100,0",
    "hinh_thuc_1": "Sử dụng riêng",
    "thoi_han_1": "Lâu dài",
    "ho_ten": "Nguyễn Văn Mẫu",
    "ngay_sinh": "03/02/1985",
    "gioi_tinh": "Nam",
    "so_giay_to": "038085990001",
    "dia_chi_chu": "Thôn 1",
    "phap_nhan": "Cá nhân",
    "vai_tro": "Cá nhân",
    "so_phat_hanh": "BK 991234",
    "ngay_cap": "01/02/2012",
    "so_vao_so": "CH00001",
}
WIFE = {
    "ho_ten": "Lê Thị Mẫu",
    "ngay_sinh": "04/05/1987",
    "gioi_tinh": "Nữ",
    "so_giay_to": "038187990002",
    "vai_tro": "Vợ",
}
OTHER = {
    "ho_ten": "Trần Văn Khác",
    "ngay_sinh": "06/07/1979",
    "so_giay_to": "038079990003",
    "so_phat_hanh": "BK 991299",
}


def found(*changes, commune="15670", era="E2025A", date="2025-06-15", scanned=None, parcels=None):
    """Return all findings about rows that differ from `SELF` in these values; `thua` is the parcel number."""
    rows = []
    for change in changes:
        row = {**SELF, **change}
        rows.append({"so_hieu_to_ban_do": "12", "so_thu_tu_thua": row.pop("thua"), **row})
    place = Place(commune, era, "1", "EPSG:5897", date, frozenset({"DGT", "DTL", "SON", "MNC"}))
    numbers = sorted({int(row["so_thu_tu_thua"]) for row in rows})
    land = [{"loai_dat": next(r["loai_dat_1"] for r in rows if r["so_thu_tu_thua"] == str(n))} for n in numbers]
    boundary = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=place.crs))
    done = normalize.run(drawn(*(parcels or land)), boundary, [register(*rows)], place)
    judged = run(
        done.thua_dat,
        Tolerances(),
        profile="acceptance",
        prior=done.findings,
        purposes=done.muc_dich_su_dung,
        rows=done.dang_ky,
        date=date,
        scanned=scanned,
    )
    return pd.DataFrame(judged.findings.drop(columns="geometry"))


def told(*changes, **options):
    """Return the codes of these findings, without those about the communes of today."""
    codes = found(*changes, **options)["code"]
    return sorted(codes[codes != "goi.commune_split"])
