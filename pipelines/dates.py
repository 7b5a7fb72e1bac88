"""Dates as offices write them, with the year alone, or month and year, as dates of their own kind."""

import pandas as pd

from pipelines.text import fold, map_unique

_YEAR_MIN, _YEAR_MAX = 1880, 2100
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")
_TIME = r"(?:[ t]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?z?)?"
_DAY_FIRST = rf"^(?P<d>\d{{1,2}}) ?[/\-.] ?(?P<m>\d{{1,2}}) ?[/\-.] ?(?P<y>\d{{4}}){_TIME}$"
_YEAR_FIRST = rf"^(?P<y>\d{{4}})[/\-.](?P<m>\d{{1,2}})[/\-.](?P<d>\d{{1,2}}){_TIME}$"
_WORDS = r"^(?:ngay ?)?(?P<d>\d{1,2}),? ?thang ?(?P<m>\d{1,2}),? ?(?:nam ?)?(?P<y>\d{4})$"
_NAMED = r"^(?P<d>\d{1,2})[ \-/.](?P<m>[a-z]{3,9})[ \-/.,]{1,2}(?P<y>\d{4})$"
_COMPACT = r"^(?P<d>\d{2})(?P<m>\d{2})(?P<y>(?:18|19|20)\d{2})$"
_COMPACT_YEAR_FIRST = r"^(?P<y>(?:18|19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>\d{2})$"
_SERIAL = r"^\d{5}(?:\.\d+)?$"
_ISO = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_YEAR = r"^(?:nam ?)?((?:18|19|20)\d{2})(?:\.0+)?$"
_MONTH = r"^(?:thang ?)?(?:0?[1-9]|1[0-2])(?: ?[/\-.] ?|,? ?nam ?| )((?:18|19|20)\d{2})$"
_BLANK = r"^[\s\-\u2013\u2014./]*$"

_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SPOKEN = ("gieng|mot", "hai", "ba", "tu", "nam", "sau", "bay", "tam", "chin", "muoi", "muoi mot", "muoi hai|chap")
_MONTH_WORDS = {word: number for number, words in enumerate(_SPOKEN, start=1) for word in words.split("|")}


def parse(values: pd.Series) -> pd.DataFrame:
    """Return `date` (yyyy-mm-dd), `year` and `bad` for texts in any of the usual spellings.

    Read are 05/06/2010, 5-6-2010, 05.06.2010, 2010-06-05 (with a time of day or without), "ngày 5 tháng 6 năm 2010",
    05-Jun-2010, 05062010, 20100605, the Excel day number, month and year, and the year alone (the last two with `date`
    null, `year` set). The day comes first, as the law writes it, and is never exchanged with the month: 06/25/2010 is
    `bad`, as are a two-digit year and a day that does not exist.
    """
    if values.isna().all():
        return pd.DataFrame(
            {
                "date": pd.Series(pd.NA, index=values.index, dtype="string"),
                "year": pd.Series(pd.NA, index=values.index, dtype="Int64"),
                "bad": False,
            }
        )
    text = values.astype("string").str.strip().str.lstrip("'")
    text = text.mask(text.str.fullmatch(_BLANK).fillna(False))
    if text.str.fullmatch(_ISO).fillna(True).all():
        # What databases export needs no look at the other spellings.
        dates = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
        return _judged(text, dates, dates.dt.year.astype("Int64"))
    text = map_unique(text, _plain).astype("string")
    parts = pd.DataFrame({"y": pd.NA, "m": pd.NA, "d": pd.NA}, index=text.index, dtype="string")
    for pattern in (_DAY_FIRST, _YEAR_FIRST, _COMPACT, _COMPACT_YEAR_FIRST, _WORDS, _NAMED):
        parts = parts.fillna(text.str.extract(pattern))
    iso = (
        parts["y"] + "-" + map_unique(parts["m"], _month).astype("string").str.zfill(2) + "-" + parts["d"].str.zfill(2)
    )
    dates = pd.to_datetime(iso.astype("object"), format="%Y-%m-%d", errors="coerce")
    serial = pd.to_numeric(text.where(text.str.fullmatch(_SERIAL).fillna(False)), errors="coerce")
    dates = dates.fillna(_EXCEL_EPOCH + pd.to_timedelta(serial.astype("float64") // 1, unit="D"))
    year_only = text.str.extract(_YEAR)[0].fillna(text.str.extract(_MONTH)[0])
    years = dates.dt.year.astype("Int64").fillna(pd.to_numeric(year_only, errors="coerce").astype("Int64"))
    return _judged(text, dates, years)


def _judged(text: pd.Series, dates: pd.Series, years: pd.Series) -> pd.DataFrame:
    """Return what was read, without years that no paper can bear."""
    possible = years.between(_YEAR_MIN, _YEAR_MAX).fillna(False)
    return pd.DataFrame(
        {
            "date": dates.dt.strftime("%Y-%m-%d").astype("string").where(possible),
            "year": years.where(possible),
            "bad": (text.notna() & ~possible).astype(bool),
        },
        index=text.index,
    )


def _plain(value: str) -> str:
    """Return a text folded, months in words as numbers ("tháng Sáu" → "thang 6")."""
    text = fold(value)
    head, mark, tail = text.partition("thang ")
    for word in sorted(_MONTH_WORDS, key=len, reverse=True) if mark else ():
        if tail.startswith(word) and not tail[len(word) : len(word) + 1].isalpha():
            return f"{head}{mark}{_MONTH_WORDS[word]}{tail[len(word) :]}"
    return text


def _month(value: str) -> str | None:
    if value.isdigit():
        return value
    return str(_ENGLISH.index(value[:3]) + 1) if value[:3] in _ENGLISH else None
