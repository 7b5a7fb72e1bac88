"""Repairs of what is written about a parcel: only where another module gives one certain answer.

Numbers of sheets and parcels, areas and codes are never touched: they are what the papers say.
"""

from collections.abc import Iterable

import pandas as pd

import schemas
from pipelines import encodings, identifiers, sources, text

TEXTUAL = ("texts", "numbers", "spaces")

PROSE = ("dia_chi", "ten_chu", "ho_ten", "ho_ten_hien_tai", "dia_chi_chu", "ten_to_chuc")
IDENTITY = ("so_giay_to", "so_giay_to_hien_tai")
WRITTEN = (
    "ma_xa",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "loai_dat",
    "dien_tich",
    "dien_tich_phap_ly",
    "dien_tich_nhan",
    "nhan",
)

_DROPPED_ZERO = r"[0-9]{11}"


def repair_texts(rows: pd.DataFrame, kinds: Iterable[str], is_bytes: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the attributes with texts repaired, and one row per value: `code`, `at`, `column`, `before`, `after`.

    - A column in an old encoding is decoded when its own words say so, without a value that could be another.
    - Eleven digits in a column of identity numbers get their zero back when a province then stands at the front.
    - Names and addresses lose runs of spaces and invisible characters.

    Args:
        rows: Attributes as they are in the file; other columns than texts are left.
        kinds: What to repair, of `TEXTUAL`.
        is_bytes: Whether the format of the file holds bytes, not Unicode.
    """
    made, told, wanted = rows.copy(), [], set(kinds)
    columns = [name for name in rows.columns if _is_text(rows[name])]
    canonical = _canonical(rows)
    free = [name for name in columns if canonical.get(name) not in WRITTEN]
    if "texts" in wanted and free:
        decoded = encodings.decode_columns(made[free], raw=is_bytes)
        for name in free:
            vote = decoded.votes[name]
            unsure = name in decoded.ambiguous or name in decoded.lost or name in decoded.shares
            if vote.decided == "own" and vote.encoding != "utf-8" and not unsure:
                told.append(_put(made, name, decoded.columns[name], "sua.decoded"))
    if "numbers" in wanted:
        for name in [name for name in free if canonical.get(name) in IDENTITY]:
            people = identifiers.people(made[name])
            digits = made[name].astype("string").str.strip().str.fullmatch(_DROPPED_ZERO).fillna(False)
            certain = digits & (people["state"] == identifiers.REPAIRED)
            told.append(_put(made, name, made[name].mask(certain.astype(bool), people["number"]), "sua.zero_filled"))
    if "spaces" in wanted:
        for name in [name for name in free if canonical.get(name) in PROSE]:
            told.append(_put(made, name, text.repair(made[name])[0], "sua.spaces"))
    empty = pd.DataFrame(columns=["code", "at", "column", "before", "after"])
    return made, pd.concat([part for part in told if len(part)] or [empty], ignore_index=True)


def _put(made: pd.DataFrame, name: str, after: pd.Series, code: str) -> pd.DataFrame:
    """Write a column where it differs, and return what differs. A value that would be lost stays."""
    before = made[name]
    changed = (before.notna() & after.notna() & (before.astype(object) != after.astype(object))).to_numpy(dtype=bool)
    rows = pd.DataFrame({"at": changed.nonzero()[0], "before": before[changed], "after": after[changed]}, dtype=object)
    made[name] = before.astype(object).mask(changed, after.astype(object)).astype(before.dtype)
    return rows.assign(code=code, column=name).reset_index(drop=True)


def _is_text(values: pd.Series) -> bool:
    return bool(pd.api.types.infer_dtype(values, skipna=True) == "string")


def _canonical(rows: pd.DataFrame) -> dict[str, str]:
    """Return column of the file to canonical column, for those whose name tells."""
    found: dict[str, str] = {}
    for section in ("register", "parcels"):
        spelled = sources.columns(schemas.spellings(section), [str(name) for name in rows.columns])
        found |= {column.name: canonical for canonical, column in spelled.items()}
    return found
