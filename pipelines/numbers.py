"""Numbers as offices write them: 1.234,5 and 1,234.5 and 1234.5, told apart column by column."""

import pandas as pd

_UNIT = r"(?i)\s*(?:m2|m²|m\^2|m\u00b2|mét vuông|met vuong)\.?\s*$"
_HECTARE = r"(?i)\s*(?:ha|hec-?ta)\.?\s*$"
_HECTARE_M2 = 10_000.0
_GAPS = r"[\s\u00a0\u2007\u2009\u202f]"
_GROUPED = rf"^\d{{1,3}}(?:{_GAPS}\d{{3}})+(?:[.,]\d+)?$|^\d{{1,3}}(?:['\u2019]\d{{3}})+(?:[.,]\d+)?$"
_BLANK = r"^[\s\-\u2013\u2014./]*$"
_TIDY = r"[1-9][0-9]*"
_DIGITS = r"[0-9]{1,15}"
_PLAIN = r"^[0-9]+(?:[.,][0-9]+)?(?:[eE][+-]?[0-9]+)?$"
_THOUSANDS_DOT = r"^[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?$"
_THOUSANDS_COMMA = r"^[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$"
_AMBIGUOUS = r"^[1-9][0-9]{0,2}[.,][0-9]{3}$"


def parse(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return a column of texts as non-negative numbers, and where a value is there but is no number.

    Whether "1.234" is one thousand or one point two is decided by the other values of the column (those with
    one or two decimals, with both separators, or with more than three digits before one). Where none of them tells,
    such a value counts as unreadable rather than being guessed. Blanks and apostrophes may stand between thousands,
    nowhere else; a unit behind the number may be m², or hectares, which become m². Sums ("100+20") are not computed.
    """
    if values.isna().all():
        return pd.Series(float("nan"), index=values.index), pd.Series(False, index=values.index)
    raw = values.astype("string").str.strip().str.replace(r"^'", "", regex=True)
    if raw.str.fullmatch(_DIGITS).fillna(True).all():
        # What most columns hold: digits alone, and nothing to decide.
        return pd.to_numeric(raw).astype("float64"), pd.Series(False, index=values.index)
    is_hectare = raw.str.contains(rf"\d{_HECTARE}", regex=True).fillna(False)
    text = raw.str.replace(_UNIT, "", regex=True).str.replace(_HECTARE, "", regex=True).str.strip()
    text = text.mask(text.str.fullmatch(_BLANK).fillna(False))
    grouped = text.str.fullmatch(_GROUPED).fillna(False)
    text = text.mask(grouped, text.str.replace(rf"{_GAPS}|['\u2019]", "", regex=True))
    decimal = decimal_mark(text)
    dotted = text.str.fullmatch(_THOUSANDS_DOT).fillna(False)
    comma = text.str.fullmatch(_THOUSANDS_COMMA).fillna(False)
    # What has its thousands apart already has a decimal mark, not another one between thousands.
    ambiguous = text.str.fullmatch(_AMBIGUOUS).fillna(False) & ~grouped
    thousands = (
        text.str.replace(".", "", regex=False)
        .str.replace(",", ".", regex=False)
        .where(dotted, text.str.replace(",", "", regex=False))
    )
    single = text.str.replace(",", ".", regex=False)
    clear = (dotted | comma) & ~ambiguous & ~grouped
    is_thousands = clear | (ambiguous & text.str.contains("," if decimal == "." else ".", regex=False).fillna(False))
    plain = text.str.fullmatch(_PLAIN).fillna(False)
    chosen = thousands.where(is_thousands, single.where(plain))
    chosen = chosen.mask(ambiguous & (decimal is None))
    numbers = pd.to_numeric(chosen, errors="coerce").astype("float64")
    numbers = numbers.where(numbers.abs() != float("inf"))
    numbers = numbers.mask(is_hectare.astype(bool), numbers * _HECTARE_M2)
    return numbers, (text.notna() & numbers.isna()).astype(bool)


def decimal_mark(text: pd.Series) -> str | None:
    """Return the decimal mark a column uses, "." or ",", or None when nothing in it tells."""
    sure = {mark: _evidence(text, mark) for mark in (".", ",")}
    if sure["."] == sure[","]:
        return None
    return "." if sure["."] > sure[","] else ","


def tidy_key(values: pd.Series) -> pd.Series:
    """Return sheet or parcel numbers as keys: no blanks, "12.0" as "12", no leading zeros when all are digits.

    An empty text and a number of zeros alone are missing; the apostrophe that makes a number a text is gone.
    """
    text = values.astype("string")
    if text.str.fullmatch(_TIDY).fillna(True).all():
        return text
    text = text.str.strip().str.replace(r"^'|\s+", "", regex=True)
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
