"""Certificates: serial numbers by the form of their time, numbers in the certificate book, barcodes."""

import re
from dataclasses import dataclass
from functools import cache

import pandas as pd

import schemas
from pipelines.text import map_unique


@dataclass(frozen=True, slots=True)
class Form:
    """A form of certificate: its code, the pattern of its serials and the days on which it was issued (inclusive)."""

    code: str
    pattern: str
    first_day: str
    last_day: str


@cache
def forms() -> tuple[Form, ...]:
    """Return every form of the code list `so_phat_hanh`, in its order."""
    rows = schemas.codelist("so_phat_hanh")
    first, last = rows["valid_from"].replace("", _FIRST_DAY), rows["valid_to"].replace("", _LAST_DAY)
    columns = zip(rows["loai_giay_chung_nhan"], rows["pattern"], first, last, strict=True)
    return tuple(Form(*values) for values in columns)


def laws() -> list[tuple[Form, str]]:
    """Return every form of certificate with the law that made it."""
    return list(zip(forms(), schemas.codelist("so_phat_hanh")["legal_ref"], strict=True))


_SERIAL = re.compile(r"([A-ZĐ]{1,2})\s*([0-9O]{6}|[0-9O]{8})")
_PUNCTUATION = re.compile(r"[.\-\u2013_/\s]+")
_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"


def serials(values: pd.Series, dates: pd.Series) -> pd.DataFrame:
    """Return `serial`, `form`, `bad` and `out_of_period` for serial numbers and dates of issue (yyyy-mm-dd or null).

    `form` is a code of the certificate list: the form of the date where serial and date agree, else the first that
    the serial fits. `bad` serials keep the value as recorded. A date outside every form the serial fits is
    `out_of_period`: the clerk may have mistyped either.
    """
    raw = values.astype("string").str.strip()
    raw = raw.mask(raw == "")
    serial = map_unique(raw, tidy_serial).astype("string")
    form = pd.Series(pd.NA, index=raw.index, dtype="string")
    in_period = pd.Series(False, index=raw.index)
    for item in forms():
        fits = serial.str.fullmatch(item.pattern).fillna(False).astype(bool)
        dated = fits & dates.between(item.first_day, item.last_day).fillna(False).astype(bool)
        form = form.mask(dated & ~in_period, item.code).mask(fits & form.isna(), item.code)
        in_period |= dated
    fits_any = form.notna()
    return pd.DataFrame(
        {
            "serial": serial.where(fits_any, raw),
            "form": form,
            "bad": (raw.notna() & ~fits_any).astype(bool),
            "out_of_period": (fits_any & dates.notna() & ~in_period).astype(bool),
        },
        index=raw.index,
    )


def tidy_serial(serial: str) -> str:
    """Return a serial in capitals, letters and digits one space apart, the letter O among digits as zero.

    >>> tidy_serial("ađ-26O864")
    'AĐ 260864'
    """
    plain = _PUNCTUATION.sub("", serial.upper().replace("Ð", "Đ"))
    match = _SERIAL.fullmatch(plain)
    return f"{match.group(1)} {match.group(2).replace('O', '0')}" if match else plain


def tidy_book_number(values: pd.Series) -> pd.Series:
    """Return numbers of the certificate book without dots and spaces, in capitals (CN 00383 → CN00383)."""
    text = values.astype("string").str.upper().str.replace("Ð", "Đ", regex=False).str.replace(r"[.\s]+", "", regex=True)
    return text.mask(text == "")


def book_numbers(values: pd.Series) -> pd.DataFrame:
    """Return `number`, `prefix` and `is_known` for numbers of the certificate book.

    `prefix` is a code of `tien_to_so_vao_so` (H, CH, CT …) or null; `is_known` is True for a listed prefix with its
    digits and for the old books (123/QSDĐ/…), False for anything else, null for none.
    """
    number = tidy_book_number(values)
    prefixes = set(schemas.codelist("tien_to_so_vao_so")["code"])
    prefix = number.str.replace(r"[0-9]{3,8}$", "", regex=True)
    prefix = prefix.where(prefix.isin(prefixes) & (prefix != number))
    old = number.str.fullmatch(r"[0-9]+/?QSDĐ(?:/.*)?").fillna(False)
    known = (prefix.notna() | old).astype("boolean").where(number.notna())
    return pd.DataFrame({"number": number, "prefix": prefix.astype("string"), "is_known": known})


def barcodes(values: pd.Series) -> pd.DataFrame:
    """Return `barcode` (MX.MN.ST), `ma_xa`, `nam`, `so_ho_so` and `bad` for barcodes of certificates before 2025.

    MX is the commune, five digits, with the province before it on certificates of the province; MN the last two digits
    of the year; ST the number of the dossier, six digits. Bad ones keep the value as recorded.
    """
    raw = values.astype("string").str.strip()
    raw = raw.mask(raw == "")
    plain = raw.str.replace(r"[.\s-]", "", regex=True)
    parts = plain.str.extract(r"^(?P<tinh>[0-9]{2})?(?P<ma_xa>[0-9]{5})(?P<nam>[0-9]{2})(?P<so_ho_so>[0-9]{6})$")
    parts = parts.astype("string")
    code = parts["tinh"].fillna("") + parts["ma_xa"] + "." + parts["nam"] + "." + parts["so_ho_so"]
    fits = parts["ma_xa"].notna()
    return pd.DataFrame(
        {
            "barcode": code.where(fits, raw),
            "ma_xa": parts["ma_xa"],
            "nam": parts["nam"],
            "so_ho_so": parts["so_ho_so"],
            "bad": (raw.notna() & ~fits).astype(bool),
        },
        index=raw.index,
    )
