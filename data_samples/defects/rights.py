"""Defects of rights, holders and certificates: rows that read well and cannot all be so."""

from datetime import date, timedelta

from data_samples.defects.grants import ISSUED, grant, held, is_field, is_home, person
from data_samples.defects.limits import area_limit_m2
from data_samples.defects.picker import Picker, resize_row
from data_samples.model import Parcel, Restriction, Row

_AFTER_PACKAGE, _BEFORE_ALL = date(2025, 6, 20), date(1985, 3, 4)
_LATEST = date(2025, 2, 3)


def written_areas(picker: Picker, count: int) -> None:
    """Let label and register be off to either side, each within what areas may differ from the map."""
    for _ in range(count):
        parcel, row = picker.row(lambda item: item.values["dien_tich"] > 200)
        off_m2 = 0.7 * area_limit_m2(parcel.shape.area, picker.delivery.commune.scale)
        resize_row(row, round(parcel.area_m2 - off_m2, 1))
        parcel.area_m2 = round(parcel.area_m2 + off_m2, 1)
        picker.answer(
            "so_dia_chinh.legal_area_mismatch", parcel, value=round(parcel.area_m2 - row.values["dien_tich"], 1)
        )


def uses(picker: Picker) -> None:
    """Record homes of a town in a commune, land recovered and yet granted, and a form of use that is none."""
    for code, finding in (("ODT", "so_dia_chinh.residential_code"), ("CGT", "so_dia_chinh.recovered_with_right")):
        for _ in range(2):
            parcel, row = grant(picker, fits=is_home)
            parcel.code = code
            row.values["loai_dat_1"] = code
            picker.answer(finding, parcel, row=row, note=f"planted: {code}")
    for form in ("Sử dụng tạm", "riêng lẻ?"):
        parcel, row = grant(picker, fits=is_field)
        row.values["hinh_thuc_1"] = form
        picker.answer("so_dia_chinh.bad_code", parcel, row=row, note=f"planted: hinh_thuc_1={form}")


def terms(picker: Picker) -> None:
    """Let the term of a home lot end the day before the package, and give paddy land for ever or for too long."""
    parcel, row = grant(picker, fits=is_home)
    row.values["thoi_han_1"] = "Đến ngày 14/06/2025"
    picker.answer("so_dia_chinh.term_ended", parcel, row=row)
    for term in ("Lâu dài", "70 năm"):
        parcel, row = grant(picker, fits=is_field)
        row.values["thoi_han_1"] = term
        picker.answer("so_dia_chinh.term_mismatch", parcel, row=row, note=f"planted: {term}")


def other_communes(picker: Picker, count: int) -> None:
    """Give home lots the code of a commune that has nothing to do with this one."""
    for _ in range(count):
        parcel, row = grant(picker, fits=is_home)
        row.values["ma_xa"] = "14797"
        picker.answer("so_dia_chinh.other_commune", parcel, row=row)


def holders(picker: Picker) -> None:
    """Write kinds of holders that the people named are not, and leave out what a person must have."""
    for kind, part in (("Vợ chồng", "Chồng"), ("Hộ gia đình", "Thành viên"), ("Cá nhân", "Vợ")):
        parcel, row = grant(picker, fits=is_field)
        row.values |= {"phap_nhan": kind, "vai_tro": part}
        picker.answer("so_dia_chinh.holder_kind", parcel, row=row, note=f"planted: {kind}, {part}")
    parcel, row = grant(picker, fits=is_field)
    row.values["dia_chi_chu"] = None
    picker.answer("giay_to.incomplete", parcel, row=row, note="planted: no address")
    parcel, row = grant(picker, fits=is_field)
    again = picker.copy_row(row, *parcel.key)
    again.values["thoi_han_1"] = "40 năm"
    picker.answer("so_dia_chinh.repeated_holder", parcel, row=again, note="planted: another term")


def dates(picker: Picker) -> None:
    """Date certificates before there were any, after the package, and before their holder was born."""
    for day in (_BEFORE_ALL, _AFTER_PACKAGE):
        parcel, row = grant(picker, issued=day, fits=is_field)
        picker.answer("giay_chung_nhan.impossible_date", parcel, row=row, note=f"planted: {day:%d/%m/%Y}")
    parcel, row = grant(picker, person(picker, date(2013, 4, 5)), fits=is_field)
    picker.answer("giay_chung_nhan.before_birth", parcel, row=row)
    parcel, row = grant(picker, issued=date(2024, 9, 10), fits=is_field)
    row.values |= {"phap_nhan": "Hộ gia đình", "vai_tro": "Chủ hộ"}
    picker.answer("giay_chung_nhan.household_after_law", parcel, row=row)
    parcel, row = grant(picker, issued=_LATEST, fits=is_field)
    row.values["so_giay_to"] = f"17199{picker.fresh_number():04d}"
    picker.answer("giay_to.expired", parcel, row=row, note="planted: card of nine digits")


def book_numbers(picker: Picker) -> None:
    """Write book numbers of no form, and of a form that came later."""
    for text, finding in (("??", "bad_book_number"), ("CS09901", "book_number_period")):
        parcel, row = grant(picker, fits=is_field)
        row.values["so_vao_so"] = text
        picker.answer(f"giay_chung_nhan.{finding}", parcel, row=row, note=f"planted: {text}")


def one_paper(picker: Picker) -> None:
    """Let one certificate be that of two holders, and tell one with two dates."""
    (_, first), (parcel, second) = _pair(picker)
    second.values |= {name: first.values[name] for name in ("so_phat_hanh", "ngay_cap", "so_vao_so")}
    picker.answer("giay_chung_nhan.serial_reused", parcel, row=second)
    (_, first), (parcel, second) = _pair(picker)
    own = {"so_hieu_to_ban_do", "so_thu_tu_thua", "so_hieu_to_ban_do_gcn", "so_thu_tu_thua_gcn", "dia_chi"}
    keep = {name: value for name, value in second.values.items() if name in own or name.startswith("dien_tich")}
    second.values |= first.values | keep | {"ngay_cap": ISSUED + timedelta(days=30)}
    picker.answer("giay_chung_nhan.contradiction", parcel, row=second, note="planted: another date")


def two_papers(picker: Picker, count: int) -> None:
    """Give a parcel in sole use to a second holder by a second certificate."""
    for _ in range(count):
        parcel, row = grant(picker, fits=is_field)
        again = picker.copy_row(row, *parcel.key)
        again.values |= held(picker, person(picker))
        picker.answer("giay_chung_nhan.several_for_parcel", parcel, row=again, value=2.0)


def numbers(picker: Picker) -> None:
    """Write one identity number for two people, and two numbers for one person."""
    (_, first), (parcel, second) = _pair(picker)
    second.values |= {name: first.values[name] for name in ("so_giay_to", "ngay_sinh")}
    picker.answer("giay_to.shared_number", parcel, row=second)
    (_, first), (parcel, second) = _pair(picker)
    born = first.values["ngay_sinh"]
    other = person(picker, born, first.values["ho_ten"])
    second.values |= {"ho_ten": other.name, "ngay_sinh": other.born, "so_giay_to": other.number}
    picker.answer("giay_to.two_numbers", parcel, row=second)


def qr_codes(picker: Picker) -> None:
    """Write down a code that names another certificate; and one that names this one."""
    for right in (False, True):
        parcel, row = grant(picker, issued=_LATEST, fits=is_field)
        named = row.values["so_phat_hanh"] if right else f"AA 99{picker.fresh_number():04d}01"
        row.values["ma_qr"] = f"03-02-2025-08-30-00|1|TEST|HS1|{named}|1||1"
        if not right:
            picker.answer("giay_chung_nhan.qr_mismatch", parcel, row=row)


def scans_of_none(picker: Picker, count: int) -> None:
    """Name scans where the package has none at all: one finding for the register."""
    for number in range(count):
        _, row = grant(picker, fits=is_field)
        row.values["ten_file"] = f"quet/{number + 1}-GCN.pdf"


def old_numbers(picker: Picker, count: int) -> None:
    """Cite parcels by the number of a sheet that is no more; a table tells the new one, and for one of them two."""
    old_to = "7"
    for number in range(1, count + 1):
        parcel, row = grant(picker, fits=is_field)
        _cite(picker, row, old_to, str(number), parcel)
        picker.answer("so_dia_chinh.renumbered", parcel, row=row)
    parcel, row = grant(picker, fits=is_field)
    other, _ = grant(picker, fits=is_field)
    _cite(picker, row, old_to, str(count + 1), parcel, other)
    picker.answer("so_dia_chinh.renumbering_open", row=row, note=f"planted: {parcel.thua} or {other.thua}")
    picker.answer("thua_dat.without_record", parcel, note="consequence of so_dia_chinh.renumbering_open")


def _cite(picker: Picker, row: Row, to: str, thua: str, *parcels: Parcel) -> None:
    row.values |= {"so_hieu_to_ban_do": to, "so_thu_tu_thua": thua}
    picker.delivery.renumbered += [(to, thua, *parcel.key) for parcel in parcels]


def dossiers(picker: Picker) -> None:
    """Hand in three rights as an exchange file: a restriction too large, one dated ahead, one odd element."""
    for finding, off_m2, issued, extra in (
        ("so_dia_chinh.restriction_area", 500.0, "01/02/2015", ""),
        ("so_dia_chinh.status_conflict", -50.0, "01/07/2025", ""),
        ("so_dia_chinh.unknown_element", -50.0, "01/02/2015", "ghiChuRieng"),
    ):
        parcel, row = grant(picker, fits=lambda item: is_field(item) and item.values["dien_tich"] > 200)
        picker.delivery.rows.remove(row)
        restriction = Restriction(round(parcel.area_m2 + off_m2, 1), issued, extra)
        picker.delivery.dossiers.append((row, restriction))
        if extra:
            picker.answer(finding, file="ho_so.xml", value=1.0, note=f"planted: {extra}")
        elif off_m2 > 0:
            picker.answer(finding, parcel, at=None, value=restriction.area_m2)
        else:
            picker.answer(finding, parcel, at=None)


def _pair(picker: Picker) -> tuple[tuple[Parcel, Row], tuple[Parcel, Row]]:
    """Return two grants of fields in the order of the register."""
    one, other = (grant(picker, fits=is_field) for _ in range(2))
    place = picker.delivery.rows.index
    return (one, other) if place(one[1]) < place(other[1]) else (other, one)
