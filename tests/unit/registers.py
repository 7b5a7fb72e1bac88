"""Register rows brought through `normalize` and judged: what tests and benches of the register start from."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from pipelines import normalize
from pipelines.tolerances import Tolerances
from pipelines.validate import run
from tests.unit.test_normalize import PLACE, drawn, register

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
"""The one row everything is right in."""

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


def judged(land, registers, place=PLACE, *, scanned=None, numbering=None, papers=None):
    """Return the findings of all steps about registers and the parcels drawn for them, places left out.

    Those about the communes of today are left out too: they speak of the table, not of the rows.
    """
    nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=place.crs))
    done = normalize.run(drawn(*land), nothing, registers, place, numbering=numbering)
    found = run(
        done.thua_dat,
        Tolerances(),
        profile="acceptance",
        prior=done.findings,
        purposes=done.muc_dich_su_dung,
        rows=done.dang_ky,
        date=place.date,
        scanned=scanned,
        papers=papers,
    ).findings
    return pd.DataFrame(found[found["code"] != "goi.commune_split"].drop(columns="geometry"))


def found(*changes, commune="15670", era="E2025A", date="2025-06-15", scanned=None, parcels=None):
    """Return the findings about rows that differ from `SELF` in these values; `thua` is the parcel number."""
    rows = []
    for change in changes:
        row = {**SELF, **change}
        rows.append({"so_hieu_to_ban_do": "12", "so_thu_tu_thua": row.pop("thua"), **row})
    numbers = sorted({int(row["so_thu_tu_thua"]) for row in rows})
    land = [{"loai_dat": next(r["loai_dat_1"] for r in rows if r["so_thu_tu_thua"] == str(n))} for n in numbers]
    place = replace(PLACE, ma_xa=commune, era=era, date=date)
    return judged(parcels or land, [register(*rows)], place, scanned=scanned)


def told(*changes, **options):
    """Return the codes of these findings."""
    return sorted(found(*changes, **options)["code"])
