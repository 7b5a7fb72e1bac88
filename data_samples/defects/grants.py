"""Rights as they should be, of people who have no other: what a defect of paper or person is planted into."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from data_samples.defects.picker import Picker
from data_samples.model import Parcel, Row
from data_samples.people import Person, entry, identity_number, serial

ISSUED = date(2012, 5, 7)
"""Day of issue unless told otherwise."""

_MORE_NAMES = ("An", "Bảo", "Chiến", "Doanh", "Giang", "Khoa", "Long", "Minh", "Phúc", "Vinh")


def person(picker: Picker, born: date | None = None, name: str | None = None) -> Person:
    """Return a man nobody else is, with a number of the commune and a name no clean row has."""
    number = picker.fresh_number()
    name = name or f"Lương Văn Mẫu {_MORE_NAMES[number % 10]} {_MORE_NAMES[number // 10 % 10]}"
    day = born or date(1960, 2, 3) + timedelta(days=number % 1000)
    return Person(name, day, True, identity_number(day, True, number))


def grant(
    picker: Picker,
    holder: Person | None = None,
    *,
    issued: date = ISSUED,
    paper: str | None = None,
    fits: Callable[[Row], bool] = lambda _: True,
) -> tuple[Parcel, Row]:
    """Give a parcel to one person alone, by a certificate of its own whose serial and book number fit its date."""
    parcel, row = picker.row(fits)
    row.values |= held(picker, holder or person(picker), issued=issued, paper=paper)
    row.touched = True
    return parcel, row


def held(picker: Picker, holder: Person, *, issued: date = ISSUED, paper: str | None = None) -> dict[str, Any]:
    """Return what a row says of a holder and a certificate."""
    number = picker.fresh_number()
    return {
        "ho_ten": holder.name,
        "ngay_sinh": holder.born,
        "gioi_tinh": "Nam",
        "so_giay_to": holder.number,
        "phap_nhan": "Cá nhân",
        "vai_tro": "Cá nhân",
        "so_phat_hanh": paper or serial(issued, number, picker.rng),
        "ngay_cap": issued,
        "so_vao_so": f"{entry(issued)}{number:05d}",
    }


def is_field(row: Row) -> bool:
    """Return whether a row is about paddy land alone: it stands in the old book of every delivery."""
    return bool(row.values["loai_dat_1"] == "LUC") and "loai_dat_2" not in row.values


def is_home(row: Row) -> bool:
    """Return whether a row is about a home lot alone."""
    return bool(row.values["loai_dat_1"] == "ONT") and "loai_dat_2" not in row.values
