"""Defects no commune can see alone: papers and numbers that several communes have, and some they may have in common."""

from datetime import date, timedelta

from data_samples.defects.grants import grant
from data_samples.defects.picker import Picker
from data_samples.model import Shared
from data_samples.people import Person, identity_number

_NAMES = {"15670": "Đặng Văn Mẫu Tây", "15703": "Bùi Văn Mẫu Giữa", "15712": "Cao Văn Mẫu Đông"}

CERTIFICATES: tuple[tuple[str, ...], ...] = (("15670", "15703"), ("15703", "15712"), ("15670", "15703", "15712"))
"""Communes that have one certificate serial in common, each for a holder of its own."""

NUMBERS: tuple[tuple[str, ...], ...] = (("15670", "15712"), ("15670", "15703", "15712"))
"""Communes that know one identity number, each by another name."""

SAME: tuple[tuple[str, ...], ...] = (("15670", "15712"), ("15703", "15712"))
"""Communes that have one certificate of one holder: nothing is wrong with that."""


def plant(picker: Picker) -> None:
    """Give a commune its part of what several have; the numbers below 500 are kept for it."""
    code = picker.delivery.commune.code
    mine = list(_NAMES).index(code)
    for place, communes in enumerate(CERTIFICATES):
        if code in communes:
            serial = f"BK {990100 + place}"
            parcel, _ = grant(picker, _person(_NAMES[code], 100 + 10 * place + mine), paper=serial)
            picker.delivery.shared.append(Shared("lien_xa.certificate_twice", serial, *parcel.key))
    for place, communes in enumerate(NUMBERS):
        if code in communes:
            parcel, _ = grant(picker, _person(_NAMES[code], 200 + place))
            picker.delivery.shared.append(Shared("lien_xa.number_twice", f"identity number {place + 1}", *parcel.key))
    for place, communes in enumerate(SAME):
        if code in communes:
            grant(picker, _person("Hà Văn Mẫu Chung", 300 + place), paper=f"BK {990300 + place}")


def _person(name: str, number: int) -> Person:
    # Two numbers of one name and one day of birth would be one person under two numbers.
    born = date(1960, 2, 3) + timedelta(days=number)
    return Person(name, born, True, identity_number(born, True, number))
