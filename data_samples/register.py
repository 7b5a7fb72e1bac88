"""The register of a commune: who has which parcel, on what paper. One row a certificate, parcel and person."""

from datetime import date
from random import Random
from typing import Any

from data_samples.communes import Commune
from data_samples.model import Delivery, Parcel, Row
from data_samples.people import Certificate, Person, Registry

COLUMNS: tuple[str, ...] = (
    "ma_xa",
    "so_phat_hanh",
    "ngay_cap",
    "so_vao_so",
    "ten_to_chuc",
    "ma_to_chuc",
    "ho_ten",
    "ngay_sinh",
    "gioi_tinh",
    "so_giay_to",
    "dia_chi_chu",
    "phap_nhan",
    "vai_tro",
    "so_hieu_to_ban_do_gcn",
    "so_thu_tu_thua_gcn",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "dia_chi",
    "dien_tich",
    "loai_dat_1",
    "dien_tich_1",
    "nguon_goc_1",
    "hinh_thuc_1",
    "thoi_han_1",
    "loai_dat_2",
    "dien_tich_2",
    "nguon_goc_2",
    "hinh_thuc_2",
    "thoi_han_2",
)
"""Canonical columns the samples fill."""

_PUBLIC = {
    "TSC": "Ủy ban nhân dân xã {name}",
    "DGD": "Trường Tiểu học {name}",
    "DTT": "Ủy ban nhân dân xã {name}",
    "DKV": "Ủy ban nhân dân xã {name}",
    "DYT": "Trạm Y tế xã {name}",
    "DCH": "Ủy ban nhân dân xã {name}",
    "NTD": "Ủy ban nhân dân xã {name}",
    "MNC": "Ủy ban nhân dân xã {name}",
    "BCS": "Ủy ban nhân dân xã {name}",
    "DCS": "Ủy ban nhân dân xã {name}",
    "TIN": "Ủy ban nhân dân xã {name}",
    "TON": "Chùa {name}",
    "SKC": "Công ty TNHH Mẫu {name}",
}
_LONG_TERM = frozenset({"ONT", *_PUBLIC})


def fill(delivery: Delivery, rng: Random) -> None:
    """Write the register of a commune: every parcel that is not a road or water has its row or rows."""
    registry = Registry(delivery.commune, rng)
    codes = {name: registry.tax_code() for name in sorted(set(_PUBLIC.values()))}
    farmers = [(registry.person(True), registry.person(False)) for _ in range(min(420, len(delivery.parcels)))]
    for parcel in delivery.parcels:
        if parcel.is_ground:
            continue
        land = _land(parcel, delivery.commune, registry, rng)
        if parcel.code in _PUBLIC:
            pattern = _PUBLIC[parcel.code]
            holder = {
                "ten_to_chuc": pattern.format(name=delivery.commune.name),
                "ma_to_chuc": codes[pattern],
                "dia_chi_chu": f"xã {delivery.commune.name}, huyện Triệu Sơn, tỉnh Thanh Hóa",
                "phap_nhan": "Tổ chức",
            }
            delivery.rows.append(Row({**land, **holder}, parcel.key))
            continue
        paper = _paper(registry.certificate(), parcel)
        man, woman = rng.choice(farmers)
        home = f"{rng.choice(delivery.commune.hamlets)}, xã {delivery.commune.name}, huyện Triệu Sơn, tỉnh Thanh Hóa"
        draw = rng.random()
        pair: tuple[tuple[Person, str, str], ...]
        if draw < 0.12:
            pair = ((man, "Vợ chồng", "Chồng"), (woman, "Vợ chồng", "Vợ"))
        else:
            person = man if draw < 0.62 else woman
            # Since then the law names no household as holder of a new right.
            household = rng.random() < 0.5 and paper["ngay_cap"] < date(2024, 8, 1)
            pair = ((person, "Hộ gia đình" if household else "Cá nhân", "Chủ hộ" if household else "Cá nhân"),)
        for person, kind, part in pair:
            delivery.rows.append(Row({**land, **paper, **_holder(person, home, kind, part)}, parcel.key))


def captions(delivery: Delivery) -> dict[tuple[str, str], tuple[str, str]]:
    """Return address and first holder of every parcel as the register has them now."""
    first = {row.key: row.values for row in reversed(delivery.rows)}
    return {key: (values["dia_chi"], values.get("ho_ten") or values["ten_to_chuc"]) for key, values in first.items()}


def _land(parcel: Parcel, commune: Commune, registry: Registry, rng: Random) -> dict[str, Any]:
    values: dict[str, Any] = {
        "ma_xa": commune.code,
        "so_hieu_to_ban_do": parcel.to,
        "so_thu_tu_thua": parcel.thua,
        "dia_chi": f"{rng.choice(commune.hamlets)}, xã {commune.name}",
        "dien_tich": parcel.area_m2,
    }
    codes = parcel.code.split("+")
    home_m2 = float(min(rng.choice((150, 200, 200, 250)), int(parcel.area_m2 * 0.7)))
    first = parcel.area_m2 if len(codes) == 1 else home_m2
    for number, code in enumerate(codes, start=1):
        values |= {
            f"loai_dat_{number}": code,
            f"dien_tich_{number}": first if number == 1 else round(parcel.area_m2 - first, 1),
            f"nguon_goc_{number}": registry.origin(code),
            f"hinh_thuc_{number}": "Sử dụng riêng",
            f"thoi_han_{number}": "Lâu dài" if code in _LONG_TERM else rng.choice(("50 năm", "Đến ngày 15/10/2063")),
        }
    return values


def _paper(certificate: Certificate, parcel: Parcel) -> dict[str, Any]:
    return {
        "so_phat_hanh": certificate.serial,
        "ngay_cap": certificate.issued,
        "so_vao_so": certificate.entry,
        "so_hieu_to_ban_do_gcn": parcel.to,
        "so_thu_tu_thua_gcn": parcel.thua,
    }


def _holder(person: Person, home: str, kind: str, part: str) -> dict[str, Any]:
    return {
        "ho_ten": person.name,
        "ngay_sinh": person.born,
        "gioi_tinh": "Nam" if person.male else "Nữ",
        "so_giay_to": person.number,
        "dia_chi_chu": home,
        "phap_nhan": kind,
        "vai_tro": part,
    }
