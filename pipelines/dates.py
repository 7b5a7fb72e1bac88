"""Dates as offices write them, with the year alone, or month and year, as dates of their own kind."""

import re
from datetime import date, timedelta

import pandas as pd

from pipelines.text import fold, map_fields

_YEAR_MIN, _YEAR_MAX = 1880, 2100
_EXCEL_EPOCH = date(1899, 12, 30)
_TIME = r"(?:[ t]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?z?)?"
_DAY_FIRST = rf"^(?P<d>\d{{1,2}}) ?[/\-.] ?(?P<m>\d{{1,2}}) ?[/\-.] ?(?P<y>\d{{4}}){_TIME}$"
_YEAR_FIRST = rf"^(?P<y>\d{{4}})[/\-.](?P<m>\d{{1,2}})[/\-.](?P<d>\d{{1,2}}){_TIME}$"
_WORDS = r"^(?:ngay ?)?(?P<d>\d{1,2}),? ?thang ?(?P<m>\d{1,2}),? ?(?:nam ?)?(?P<y>\d{4})$"
_NAMED = r"^(?P<d>\d{1,2})[ \-/.](?P<m>[a-z]{3,9})[ \-/.,]{1,2}(?P<y>\d{4})$"
_COMPACT = r"^(?P<d>\d{2})(?P<m>\d{2})(?P<y>(?:18|19|20)\d{2})$"
_COMPACT_YEAR_FIRST = r"^(?P<y>(?:18|19|20)\d{2})(?P<m>0[1-9]|1[0-2])(?P<d>\d{2})$"
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$", re.ASCII)
_YEAR = re.compile(r"^(?:nam ?)?((?:18|19|20)\d{2})(?:\.0+)?$", re.ASCII)
_MONTH = re.compile(r"^(?:thang ?)?(?:0?[1-9]|1[0-2])(?: ?[/\-.] ?|,? ?nam ?| )((?:18|19|20)\d{2})$", re.ASCII)
_BLANK = re.compile(r"^[\s\-\u2013\u2014./]*$")

_DAYS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (_DAY_FIRST, _YEAR_FIRST, _COMPACT, _COMPACT_YEAR_FIRST, _WORDS, _NAMED)
)
_FIELDS = {"date": "string", "year": "Int64", "bad": "boolean"}

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
    read = map_fields(values.astype("string"), _read, _FIELDS)
    return read.assign(bad=read["bad"].fillna(False).astype(bool))


def _read(value: str) -> tuple[str | None, int | None, bool]:
    """Return date, year and whether the text is neither, without years that no paper can bear."""
    text = value.strip().lstrip("'")
    if _BLANK.fullmatch(text):
        return None, None, False
    text = _plain(text)
    day = _day(text)
    only = None if day else _YEAR.match(text) or _MONTH.match(text)
    year = day.year if day else int(only[1]) if only else None
    if year is None or not _YEAR_MIN <= year <= _YEAR_MAX:
        return None, None, True
    return day.isoformat() if day else None, year, False


def _day(text: str) -> date | None:
    found = next((match for match in (pattern.match(text) for pattern in _DAYS) if match), None)
    try:
        if found:
            return date(int(found["y"]), _month(found["m"]), int(found["d"]))
    except ValueError:
        return None
    return _EXCEL_EPOCH + timedelta(int(text[:5])) if _SERIAL.match(text) else None


def _plain(value: str) -> str:
    """Return a text folded, months in words as numbers ("tháng Sáu" → "thang 6")."""
    text = fold(value)
    head, mark, tail = text.partition("thang ")
    for word in sorted(_MONTH_WORDS, key=len, reverse=True) if mark else ():
        if tail.startswith(word) and not tail[len(word) : len(word) + 1].isalpha():
            return f"{head}{mark}{_MONTH_WORDS[word]}{tail[len(word) :]}"
    return text


def _month(value: str) -> int:
    """Return the number of a month written in digits or in English; one that there is not is a ValueError."""
    return int(value) if value.isdigit() else _ENGLISH.index(value[:3]) + 1
