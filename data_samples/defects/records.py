"""Defects of numbers, codes and rows: map and register that do not say the same, rows that cannot be right."""

import itertools
from datetime import date
from functools import partial

from data_samples.defects.limits import area_limit_m2
from data_samples.defects.picker import Picker, resize_row
from data_samples.model import Parcel, Row


def number_twice(picker: Picker, count: int) -> None:
    """Give a parcel the number of another of the same sheet, use and nearly the same area."""
    for _ in range(count):
        keeper, other = _alike(picker)
        picker.touch(keeper, other)
        row = picker.rows(other)[0]
        picker.answer("so_dia_chinh.without_parcel", other, row=row, note="consequence of thua_dat.duplicate_key")
        was, other.thua = other.thua, keeper.thua
        picker.delivery.captions[other.key] = picker.delivery.captions.get((other.to, was), ("", ""))
        for one, two in ((keeper, other), (other, keeper)):
            picker.answer(
                "thua_dat.duplicate_key",
                one,
                other_to=two.to,
                other_thua=two.thua,
                note=f"planted: {was} renumbered {keeper.thua}",
            )


def _alike(picker: Picker) -> tuple[Parcel, Parcel]:
    """Return two paddy parcels of one sheet whose areas differ by less than the tolerance, not side by side."""
    paddies = sorted((item for item in picker.free() if item.code == "LUC"), key=lambda item: (item.to, item.area_m2))
    for keeper, other in itertools.pairwise(paddies):
        limit = 0.4 * area_limit_m2(keeper.area_m2, picker.delivery.commune.scale)
        is_near = keeper.shape.distance(other.shape) < 5
        if keeper.to == other.to and other.area_m2 - keeper.area_m2 < limit and keeper.area_m2 > 250 and not is_near:
            return keeper, other
    raise LookupError("no two parcels of one size left")


def register_areas(picker: Picker, factors: tuple[float, ...]) -> None:
    """Let the register say another area, off by multiples of the tolerance."""
    for factor in factors:
        parcel, row = picker.row(lambda item: item.values["dien_tich"] > 200)
        measured = parcel.shape.area
        resize_row(row, round(parcel.area_m2 + factor * area_limit_m2(measured, picker.delivery.commune.scale), 1))
        picker.answer("thua_dat.area_mismatch", parcel, row=row, value=abs(measured - row.values["dien_tich"]))


def label_areas(picker: Picker, factors: tuple[float, ...]) -> None:
    """Let the label say another area."""
    for factor in factors:
        parcel, _ = picker.row(lambda item: item.values["dien_tich"] > 200)
        measured = parcel.shape.area
        parcel.area_m2 = round(parcel.area_m2 + factor * area_limit_m2(measured, picker.delivery.commune.scale), 1)
        picker.answer("thua_dat.label_mismatch", parcel, value=abs(measured - parcel.area_m2))


def label_uses(picker: Picker, pairs: tuple[tuple[str, str], ...]) -> None:
    """Let the label say another land use than the register."""
    for booked, drawn in pairs:
        parcel, _ = picker.row(partial(_is_used_as, code=booked))
        parcel.code = drawn
        picker.answer("thua_dat.label_mismatch", parcel, note=f"planted: {drawn} drawn, {booked} registered")


def odd_codes(picker: Picker, codes: dict[str, tuple[str, str]]) -> None:
    """Record land uses by codes that are unknown, of the old list, or ambiguous, on the map and in the register.

    Args:
        picker: Where.
        codes: Code to write → (code it replaces, finding it causes).
    """
    for code, (was, finding) in codes.items():
        parcel, row = picker.row(partial(_is_only_used_as, code=was))
        parcel.code = code
        row.values["loai_dat_1"] = code
        picker.answer(finding, parcel, note=f"planted: {code}")


def lost_rows(picker: Picker, count: int) -> None:
    """Take rows out of the register."""
    for _ in range(count):
        parcel, row = picker.row()
        picker.delivery.rows.remove(row)
        picker.answer("thua_dat.without_record", parcel)


def surplus_rows(picker: Picker, count: int) -> None:
    """Add rows for parcels that are on no sheet."""
    for _ in range(count):
        parcel, row = picker.row()
        fresh = picker.copy_row(row, parcel.to, picker.number(parcel.to))
        picker.answer("so_dia_chinh.without_parcel", to=parcel.to, thua=fresh.key[1], row=fresh)


def repeated_rows(picker: Picker, count: int) -> None:
    """Write a row twice."""
    for _ in range(count):
        parcel, row = picker.row()
        fresh = picker.copy_row(row, *parcel.key)
        picker.answer("so_dia_chinh.duplicate_row", parcel, row=fresh)


def contradicting_rows(picker: Picker, count: int) -> None:
    """Write a row a second time with another area."""
    for number in range(count):
        parcel, row = picker.row(_has_one_use)
        fresh = picker.copy_row(row, *parcel.key)
        resize_row(fresh, round(parcel.area_m2 + 40.0 + 7 * number, 1))
        picker.answer("so_dia_chinh.contradiction", parcel, row=fresh)


def keyless_rows(picker: Picker, count: int) -> None:
    """Leave the parcel number of a row empty."""
    for _ in range(count):
        parcel, row = picker.row()
        row.values |= {"so_thu_tu_thua": None, "so_thu_tu_thua_gcn": None}
        picker.answer("so_dia_chinh.missing_key", row=row, note=f"planted: was {parcel.to}/{parcel.thua}")
        picker.answer("thua_dat.without_record", parcel, note="consequence of so_dia_chinh.missing_key")


def sums(picker: Picker, off_m2: tuple[float, ...]) -> None:
    """Let the areas by land use add up to something else than the area of the parcel."""
    for off in off_m2:
        parcel, row = picker.row(lambda item: "dien_tich_2" in item.values)
        row.values["dien_tich_2"] = round(row.values["dien_tich_2"] + off, 1)
        total = row.values["dien_tich_1"] + row.values["dien_tich_2"]
        picker.answer("so_dia_chinh.purpose_sum", parcel, row=row, value=abs(total - row.values["dien_tich"]))


def bad_values(picker: Picker, column: str, values: tuple[str, ...], finding: str) -> None:
    """Write values that are no number or no date."""
    for value in values:
        parcel, row = picker.row(_has_one_use)
        row.values[column] = value
        picker.answer(finding, parcel, row=row, note=f"planted: {column}={value}")


def serials(picker: Picker, bad: tuple[str, ...], out_of_period: tuple[tuple[str, date], ...]) -> None:
    """Write certificate serials of no form, and serials of another time than their date."""
    for serial in bad:
        parcel, row = picker.row()
        row.values["so_phat_hanh"] = serial
        picker.answer("giay_chung_nhan.bad_serial", parcel, row=row, note=f"planted: {serial}")
    for serial, issued in out_of_period:
        parcel, row = picker.row()
        row.values |= {"so_phat_hanh": serial, "ngay_cap": issued}
        picker.answer("giay_chung_nhan.out_of_period", parcel, row=row, note=f"planted: {serial} of {issued:%d/%m/%Y}")


def papers(picker: Picker, *, numeric: bool) -> None:
    """Damage identity numbers: a province that is none, a digit too few, none at all, a zero lost in a spreadsheet."""
    for damage in ("province", "length", "sex"):
        parcel, row = picker.row()
        number = row.values["so_giay_to"]
        flipped = number[:3] + str(int(number[3]) ^ 1) + number[4:]
        row.values["so_giay_to"] = {"province": "999" + number[3:], "length": number[:10], "sex": flipped}[damage]
        # A number of the other sex is a personal number all the same: somebody's, or the sex is wrong.
        code = "giay_to.mismatch" if damage == "sex" else "giay_to.bad_number"
        picker.answer(code, parcel, row=row, note=f"planted: {damage}")
    for _ in range(3):
        parcel, row = picker.row()
        row.values["so_giay_to"] = None
        picker.answer("giay_to.missing", parcel, row=row)
    for _ in range(4):
        parcel, row = picker.row()
        number = row.values["so_giay_to"]
        row.values["so_giay_to"] = int(number) if numeric else number[1:]
        picker.answer("giay_to.repaired", parcel, row=row)


def wrong_addresses(picker: Picker) -> None:
    """Put the address of a parcel into a neighbouring commune."""
    for name in picker.delivery.commune.neighbours:
        parcel, row = picker.row(lambda item: item.values["loai_dat_1"] == "ONT")
        row.values["dia_chi"] = f"Thôn 2, xã {name}"
        picker.answer("dia_chi.wrong_commune", parcel, row=row, note=f"planted: {name}")


def _has_one_use(row: Row) -> bool:
    return "loai_dat_2" not in row.values


def _is_used_as(row: Row, code: str) -> bool:
    return bool(row.values["loai_dat_1"] == code)


def _is_only_used_as(row: Row, code: str) -> bool:
    return _is_used_as(row, code) and _has_one_use(row)
