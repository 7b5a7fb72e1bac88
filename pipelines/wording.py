"""Numbers as each language writes them: 1.234,5 in Vietnamese, 1,234.5 in English."""

import numpy as np


def number(value: float | None, language: str) -> str:
    """Return a number with the decimals it deserves; nothing where there is none."""
    if value is None or not np.isfinite(value):
        return ""
    places = ".0f" if float(value).is_integer() else ".3g" if abs(value) < 1 else ".2f"
    return _written(f"{value:,{places}}", language)


def decimals(value: float, places: int, language: str) -> str:
    """Return a number with so many decimals."""
    return _written(f"{value:,.{places}f}", language)


def _written(text: str, language: str) -> str:
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text
