"""Invented people and papers: names put together at random, numbers from reserved ranges.

Every number is formed by the rules, so that checks of form pass, and lies in a range nobody uses here:
identity numbers end in 99dddd, certificate numbers begin with 99, tax codes with 2899. Each commune has its own part of
the range, and the numbers below 500 are for what several communes have in common.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from data_samples.communes import Commune

_FAMILY = (
    "Nguyễn",
    "Lê",
    "Trần",
    "Phạm",
    "Hoàng",
    "Trịnh",
    "Đỗ",
    "Vũ",
    "Bùi",
    "Hà",
    "Ngô",
    "Lương",
    "Đặng",
    "Mai",
    "Cao",
)
_MIDDLE_MEN = ("Văn", "Đình", "Hữu", "Xuân", "Đức", "Bá", "Trọng", "Ngọc", "Quang", "Viết")
_MIDDLE_WOMEN = ("Thị", "Thị", "Thị", "Thị Ngọc", "Thị Thu", "Ngọc")
_MEN = (
    "Hùng",
    "Dũng",
    "Tuấn",
    "Sơn",
    "Thắng",
    "Bình",
    "Hải",
    "Lâm",
    "Tùng",
    "Cường",
    "Thọ",
    "Quý",
    "Khánh",
    "Toàn",
    "Đạt",
    "Nghĩa",
)
_WOMEN = (
    "Hoa",
    "Lan",
    "Hương",
    "Thủy",
    "Hằng",
    "Nga",
    "Yến",
    "Loan",
    "Tuyết",
    "Phượng",
    "Huệ",
    "Mỹ",
    "Thúy",
    "Xuân",
    "Hiền",
    "Nhung",
)
_ORIGINS = ("Công nhận QSDĐ như giao đất không thu tiền sử dụng đất", "Nhà nước giao đất không thu tiền sử dụng đất")
_HOME_ORIGINS = (
    "Công nhận QSDĐ như giao đất có thu tiền sử dụng đất",
    "Công nhận QSDĐ như giao đất không thu tiền sử dụng đất",
)
_MST_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)

_PLANTED = 0.1
"""Share of the numbers of a commune, the last of them, that only people and papers with a defect have."""


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person.

    Attributes:
        name: Family, middle and given name, NFC.
        born: Date of birth.
        male: Whether a man.
        number: Identity number (CCCD) of twelve digits.
    """

    name: str
    born: date
    male: bool
    number: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """An invented land-use certificate.

    Attributes:
        serial: Number of issue, for instance "BK 991234".
        issued: Date of issue.
        entry: Number in the book of certificates.
    """

    serial: str
    issued: date
    entry: str


class Registry:
    """Hands out people and papers, no number twice, none that another commune has."""

    def __init__(self, commune: Commune, rng: Random) -> None:
        self.commune = commune
        self._rng = rng
        self._people = commune.first_number + rng.randrange(commune.numbers // 6)
        self._papers = commune.first_number + rng.randrange(commune.numbers // 6)
        self._organisations = 0

    def person(self, male: bool | None = None) -> Person:
        """Return a new person, of a given sex or either."""
        rng = self._rng
        man = rng.random() < 0.5 if male is None else male
        middle, given = (_MIDDLE_MEN, _MEN) if man else (_MIDDLE_WOMEN, _WOMEN)
        # Everybody is born before the first certificate.
        born = date(1925, 1, 1) + timedelta(days=rng.randrange(22000))
        name = f"{rng.choice(_FAMILY)} {rng.choice(middle)} {rng.choice(given)}"
        self._people = self._next(self._people)
        return Person(name, born, man, identity_number(born, man, self._people))

    def certificate(self) -> Certificate:
        """Return a new certificate whose serial fits its date."""
        rng = self._rng
        self._papers = self._next(self._papers)
        issued = date(1996, 1, 8) + timedelta(days=rng.randrange(10700))
        return Certificate(serial(issued, self._papers, rng), issued, f"{entry(issued)}{self._papers:05d}")

    def _next(self, number: int) -> int:
        if number + 1 >= self.commune.first_number + self.commune.numbers * (1 - _PLANTED):
            raise OverflowError(f"{self.commune.code} has used its numbers up")
        return number + 1

    def tax_code(self) -> str:
        """Return a new tax code with a right check digit, in the range 2899."""
        while True:
            self._organisations += 1
            digits = f"2899{int(self.commune.code) % 1000:03d}{self._organisations:02d}"
            check = 10 - sum(w * int(d) for w, d in zip(_MST_WEIGHTS, digits, strict=True)) % 11
            if check < 10:
                return f"{digits}{check}"

    def origin(self, code: str) -> str:
        """Return the origin of a land-use right in words."""
        return self._rng.choice(_HOME_ORIGINS if code == "ONT" else _ORIGINS)


def identity_number(born: date, male: bool, number: int) -> str:
    """Return a CCCD of Thanh Hoa (038) by sex and year of birth; the last six digits are 99 and a number.

    >>> identity_number(date(1967, 3, 15), True, 1234)
    '038067991234'
    """
    century = 0 if born.year < 2000 else 2
    return f"038{century + (0 if male else 1)}{born.year % 100:02d}99{number:04d}"


def serial(issued: date, number: int, rng: Random) -> str:
    """Return a serial of the form in use on a date; its digits begin with 99."""
    digits = f"99{number:04d}"
    if issued <= date(2004, 6, 30):
        return f"{rng.choice('ĐKMPST')} {digits}"
    if issued <= date(2009, 12, 9):
        return f"A{rng.choice('ĐBEHK')} {digits}"
    if issued <= date(2014, 6, 30):
        return f"B{rng.choice('ĐBKNS')} {digits}"
    if issued <= date(2024, 12, 31):
        return f"{rng.choice('BCD')}{rng.choice('ĐVXBK')} {digits}"
    return f"AA {digits}00"


def entry(issued: date) -> str:
    """Return the prefix of numbers in the book of certificates on a date."""
    if issued <= date(2009, 12, 9):
        return "H"
    return "CH" if issued <= date(2016, 12, 31) else "CS" if issued <= date(2024, 12, 31) else "CN"
