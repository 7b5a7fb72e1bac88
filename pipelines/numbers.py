"""Numbers as offices write them: 1.234,5 and 1,234.5 and 1234.5, told apart column by column."""

import pandas as pd

_UNIT = r"(?i)\s*(?:m2|m²|m\^2)\s*$"
_BLANK = r"^[\s\-\u2013\u2014./]*$"
_PLAIN = r"^\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?$"
_THOUSANDS_DOT = r"^\d{1,3}(?:\.\d{3})+(?:,\d+)?$"
_THOUSANDS_COMMA = r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$"
_AMBIGUOUS = r"^[1-9]\d{0,2}[.,]\d{3}$"


def parse(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return a column of texts as non-negative numbers, and where a value is there but is no number.

    Whether "1.234" is one thousand or one point two is decided by the other values of the column (those with
    one or two decimals, with both separators, or with more than three digits before one). Where none of them tells,
    such a value counts as unreadable rather than being guessed.
    """
    text = values.astype("string").str.strip().str.replace(_UNIT, "", regex=True)
    text = text.str.replace(r"[\s\u00a0']", "", regex=True)
    text = text.mask(text.str.fullmatch(_BLANK).fillna(False))
    decimal = decimal_mark(text)
    dotted = text.str.fullmatch(_THOUSANDS_DOT).fillna(False)
    comma = text.str.fullmatch(_THOUSANDS_COMMA).fillna(False)
    ambiguous = text.str.fullmatch(_AMBIGUOUS).fillna(False)
    thousands = (
        text.str.replace(".", "", regex=False)
        .str.replace(",", ".", regex=False)
        .where(dotted, text.str.replace(",", "", regex=False))
    )
    single = text.str.replace(",", ".", regex=False)
    clear = (dotted | comma) & ~ambiguous
    is_thousands = clear | (ambiguous & text.str.contains("," if decimal == "." else ".", regex=False).fillna(False))
    plain = text.str.fullmatch(_PLAIN).fillna(False)
    chosen = thousands.where(is_thousands, single.where(plain))
    chosen = chosen.mask(ambiguous & (decimal is None))
    numbers = pd.to_numeric(chosen, errors="coerce").astype("float64")
    numbers = numbers.where(numbers.abs() != float("inf"))
    return numbers, (text.notna() & numbers.isna()).astype(bool)


def decimal_mark(text: pd.Series) -> str | None:
    """Return the decimal mark a column uses, "." or ",", or None when nothing in it tells."""
    sure = {mark: _evidence(text, mark) for mark in (".", ",")}
    if sure["."] == sure[","]:
        return None
    return "." if sure["."] > sure[","] else ","


def tidy_key(values: pd.Series) -> pd.Series:
    """Return sheet or parcel numbers as keys: no blanks, "12.0" as "12", no leading zeros when all are digits.

    An empty text and a number of zeros alone are missing.
    """
    text = values.astype("string").str.strip().str.replace(r"\s+", "", regex=True)
    text = text.str.replace(r"^(\d+)[.,]0+$", r"\1", regex=True)
    digits = text.str.fullmatch(r"\d+").fillna(False)
    text = text.mask(digits, text.str.lstrip("0"))
    return text.mask(text == "")


def _evidence(text: pd.Series, mark: str) -> int:
    other = "," if mark == "." else "."
    patterns = (
        rf"^\d+\{mark}(?:\d{{1,2}}|\d{{4,}})$",
        rf"^0\{mark}\d+$",
        rf"^\d{{4,}}\{mark}\d+$",
        rf"^\d{{1,3}}(?:\{other}\d{{3}})+\{mark}\d+$",
        rf"^\d{{1,3}}(?:\{other}\d{{3}}){{2,}}$",
    )
    return int(text.str.fullmatch("|".join(patterns)).fillna(False).sum())
