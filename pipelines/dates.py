"""Dates as offices write them, with the year alone as a date of its own kind."""

import pandas as pd

_YEAR_MIN, _YEAR_MAX = 1880, 2100
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")
_DAY_FIRST = r"^(?P<d>\d{1,2})[/\-.](?P<m>\d{1,2})[/\-.](?P<y>\d{4})(?:[ T]0?0:00(?::00)?)?$"
_YEAR_FIRST = r"^(?P<y>\d{4})[/\-.](?P<m>\d{1,2})[/\-.](?P<d>\d{1,2})(?:[ T]0?0:00(?::00(?:\.0+)?)?)?$"
_WORDS = r"^ng[aà]y(?P<d>\d{1,2})th[aá]ng(?P<m>\d{1,2})n[aă]m(?P<y>\d{4})$"
_COMPACT = r"^(?P<d>\d{2})(?P<m>\d{2})(?P<y>(?:18|19|20)\d{2})$"
_SERIAL = r"^\d{5}(?:\.0+)?$"
_YEAR = r"^(?:18|19|20)\d{2}(?:\.0+)?$"
_BLANK = r"^[\s\-\u2013\u2014./]*$"


def parse(values: pd.Series) -> pd.DataFrame:
    """Return `date` (yyyy-mm-dd), `year` and `bad` for texts in any of the usual spellings.

    Read are 05/06/2010, 5-6-2010, 05.06.2010, 2010-06-05, "ngày 5 tháng 6 năm 2010", 05062010, the Excel day number
    and the year alone (`date` null, `year` set). The day comes first, as the law writes it; a two-digit year
    or a day that does not exist is `bad`.
    """
    text = values.astype("string").str.strip()
    text = text.mask(text.str.fullmatch(_BLANK).fillna(False))
    parts = pd.DataFrame({"y": pd.NA, "m": pd.NA, "d": pd.NA}, index=text.index, dtype="string")
    for pattern in (_DAY_FIRST, _YEAR_FIRST, _COMPACT):
        parts = parts.fillna(text.str.extract(pattern))
    parts = parts.fillna(text.str.lower().str.replace(r"[\s,]", "", regex=True).str.extract(_WORDS))
    iso = parts["y"] + "-" + parts["m"].str.zfill(2) + "-" + parts["d"].str.zfill(2)
    dates = pd.to_datetime(iso.astype("object"), format="%Y-%m-%d", errors="coerce")
    serial = pd.to_numeric(text.where(text.str.fullmatch(_SERIAL).fillna(False)), errors="coerce")
    dates = dates.fillna(_EXCEL_EPOCH + pd.to_timedelta(serial.astype("float64"), unit="D"))
    year_only = pd.to_numeric(text.where(text.str.fullmatch(_YEAR).fillna(False)), errors="coerce")
    years = dates.dt.year.astype("Int64").fillna(year_only.round().astype("Int64"))
    possible = years.between(_YEAR_MIN, _YEAR_MAX).fillna(False)
    return pd.DataFrame(
        {
            "date": dates.dt.strftime("%Y-%m-%d").astype("string").where(possible),
            "year": years.where(possible),
            "bad": (text.notna() & ~possible).astype(bool),
        },
        index=text.index,
    )
