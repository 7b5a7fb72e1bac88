"""A small commune with everything that can be held: rights, certificates, assets, mortgages, blocks; all invented."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import store as land
from pipelines.change.request import Edit, Request
from pipelines.change.rights import Plan, plan
from pipelines.load import run
from pipelines.vault import Vault
from tests.unit.deliveries import NAMES, ZONE, delivery, parcels, squares

ERA, COMMUNE = "E2025B", "15670"
AREA_M2 = 400.0
DAY = "2026-03-02"
BANK_TAX = "0100109106"


def key(number: object) -> str:
    """Return the key of a parcel; its id is the same."""
    return f"{COMMUNE}.{ERA}.1.1.{number}"


def _rows(columns: str, *rows: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


def tables() -> dict[str, pd.DataFrame]:
    """Return the layers of the land database beside the parcels 1 to 9, of which 8 is nobody's."""
    uses = [(key(n), 1, "LUC", "LUC", AREA_M2, "Đến ngày 01/01/2030", "2030-01-01") for n in range(1, 10)]
    return {
        "muc_dich_su_dung": _rows(
            "thua_key so_thu_tu loai_dat loai_dat_ghi dien_tich thoi_han_su_dung ngay_het_han", *uses
        ),
        "nguon_goc_dat": _rows(
            "thua_key so_thu_tu nguon_goc nguon_goc_ghi dien_tich",
            *[(key(n), 1, "CNQ-KTT", "CNQ-KTT", AREA_M2) for n in range(1, 10)],
        ),
        "han_che_quyen": _rows(
            "thua_key so_thu_tu loai_han_che dien_tich han_che_mot_phan", (key(2), 1, "1", 50.0, True)
        ),
        "tai_san": _rows(
            "tai_san_id thua_key ma_xa ky_dia_gioi loai_tai_san ten_tai_san thuoc_tai_san_id",
            ("a5", key(5), COMMUNE, ERA, "7", "Nhà", None),
            ("a9", key(9), COMMUNE, ERA, "9", "Chung cư", None),
            ("a9-1", None, COMMUNE, ERA, "8", "Căn hộ 1", "a9"),
        ),
    }


def holders() -> dict[str, pd.DataFrame]:
    """Return the layers of holders."""
    use = "quyen_id thua_key loai_doi_tuong chu_id giay_chung_nhan_id hinh_thuc_su_dung"
    own = "quyen_so_huu_id tai_san_id loai_doi_tuong chu_id giay_chung_nhan_id"
    paper = "giay_chung_nhan_id loai_giay_chung_nhan so_phat_hanh ngay_cap"
    return {
        "ca_nhan": _rows(
            "ca_nhan_id ho_ten nam_sinh gioi_tinh",
            ("c1", NAMES[0], 1980, "0"), ("c2", NAMES[1], 1999, "1"), ("c3", "Phạm Văn Bịa", 1970, "1"),
        ),
        "giay_to_tuy_than": _rows(
            "giay_to_id ca_nhan_id loai_giay_to so_giay_to",
            ("gt1", "c1", "5", "038180123456"), ("gt2", "c2", "5", "038099654321"),
        ),
        "vo_chong": _rows("vo_chong_id vo_id chong_id in_vo_truoc", ("v1", "c1", "c2", True)),
        "ho_gia_dinh": _rows("ho_gia_dinh_id chu_ho_id thanh_vien_id", ("h1", "c3", "c3;c2")),
        "to_chuc": _rows("to_chuc_id ten_to_chuc ma_so_thue", ("t1", NAMES[2], BANK_TAX), ("t2", "UBND xã Bịa", None)),
        "nhom_nguoi": _rows("nhom_nguoi_id nguoi_dai_dien_id thanh_vien_id", ("n1", "c1", "c1;c2")),
        "quyen_su_dung_dat": _rows(
            use,
            ("q1", key(1), "ca_nhan", "c1", "g1", "rieng"),
            ("q2", key(2), "ca_nhan", "c2", "g2", "rieng"),
            ("q3", key(3), "ca_nhan", "c3", "g3", "rieng"),
            ("q4", key(4), "ca_nhan", "c1", "g4", "rieng"),
            ("q5", key(5), "ho_gia_dinh", "h1", "g5", "rieng"),
            ("q6a", key(6), "ca_nhan", "c1", "g6", "chung"),
            ("q6b", key(6), "ca_nhan", "c2", "g6", "chung"),
            ("q9", key(9), "to_chuc", "t1", "g9", "rieng"),
        ),
        "quyen_quan_ly_dat": _rows("quyen_quan_ly_id thua_key loai_doi_tuong chu_id", ("m7", key(7), "to_chuc", "t2")),
        "quyen_so_huu_tai_san": _rows(
            own, ("o5", "a5", "ho_gia_dinh", "h1", "g5"), ("o9", "a9-1", "to_chuc", "t1", "g9")
        ),
        "giay_chung_nhan": _rows(
            paper, *[(f"g{n}", "11", f"BD 00000{n}", "2015-05-05") for n in (1, 2, 3, 4, 5, 6, 9)]
        ),
        "giao_dich_bao_dam": _rows(
            "giao_dich_bao_dam_id loai_giao_dich_bao_dam ben_the_chap_id loai_doi_tuong chu_id",
            ("b3", "0", "c3", "to_chuc", "t1"),
        ),
        "tai_san_bao_dam": _rows(
            "giao_dich_bao_dam_id so_thu_tu loai_tai_san thua_key giay_chung_nhan_id dien_tich_the_chap",
            ("b3", 1, "6", key(3), "g3", AREA_M2),
        ),
        "ngan_chan": _rows("ngan_chan_id thua_key so_van_ban ngay_het_hieu_luc", ("x4", key(4), "12/QĐ-THA", None)),
    }  # fmt: skip


def fill(url: str, vault: Vault) -> None:
    """Load the commune into an empty store."""
    ground = parcels(squares(9)).assign(
        ky_dia_gioi=ERA, dien_tich=AREA_M2, thua_key=[key(number) for number in range(1, 10)]
    )
    loaded = delivery(parcels=ground, ky_dia_gioi=ERA, date="2025-09-01", tables=tables(), holders=holders())
    with land.open_store(url, srid=ZONE) as store:
        run(loaded, store, vault)


def heirs(*pairs: tuple[object, object, float]) -> pd.DataFrame:
    """Return who takes whose ground: number before, number after or None, common area (m²)."""
    old, new = ([None if pair[place] is None else key(pair[place]) for pair in pairs] for place in (0, 1))
    frame = pd.DataFrame({"thua_key_cu": old, "thua_key_moi": new, "thua_dat_id_cu": old, "thua_dat_id_moi": new})
    return frame.assign(dien_tich_chung=[pair[2] for pair in pairs])


def ground(**areas_m2: float) -> gpd.GeoDataFrame:
    """Return parcels after: `_101=200.0` is parcel 101 with 200 m²; only what rights are judged by is told."""
    numbers = [name.removeprefix("_") for name in areas_m2]
    frame = pd.DataFrame({"thua_dat_id": [key(number) for number in numbers], "dien_tich": list(areas_m2.values())})
    return gpd.GeoDataFrame(frame, geometry=np.full(len(frame), shapely.Point(0, 0)), crs=ZONE)


Edits = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]


def ask(kind: str, *numbers: int, edits: Edits, day: str = DAY, after: Any = None, **facts: str) -> Request:
    """Return a request over parcels, which stay as they are unless it says otherwise."""
    return Request(
        giao_dich_id=f"{kind}-1", loai_bien_dong=kind, ma_xa=COMMUNE, ky_dia_gioi=ERA, ngay_hieu_luc=day,
        sha256="0" * 64, based_on={key(number): "0" * 32 for number in numbers}, parcels=after,
        edits=[Edit(layer, **steps) for layer, steps in edits.items()], facts=facts,
    )  # fmt: skip


def planned(store: land.Store, request: Request, vault: Vault, takes: pd.DataFrame | None = None) -> Plan:
    """Return the plan of a request; every parcel keeps its ground where nothing else is said."""
    same = heirs(*[(name.rpartition(".")[2], name.rpartition(".")[2], AREA_M2) for name in request.based_on])
    with store.transaction(request.scope, ZONE):
        return plan(store, request, same if takes is None else takes, vault=vault)


def rows_of(found: Plan, layer: str) -> pd.DataFrame:
    """Return the rows that a plan inserts in a layer."""
    frames = [difference.rows for difference in found.differences if difference.table.name == layer]
    return frames[0] if frames else pd.DataFrame()
