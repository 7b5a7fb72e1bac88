"""Proposals for columns no profile knows, each with its evidence. Nothing here is applied: a person confirms it."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines import certificates, codes, dates, identifiers, names, numbers, text
from pipelines.sources import fold

_SEARCHED_ROWS, _SAMPLE = 30, 400
_ALIKE, _CONTAINED, _SHARE = 0.8, 0.75, 0.8
_LEAST_FILLED, _LEAST_VALUES = 3, 3
_BORN_BEFORE, _ISSUED_FROM = 1985, 1988
_NAME = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){1,5}")
_SURNAMES = frozenset(
    re.findall(
        r"\w+",
        "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly trinh dinh mai lam luong cao ta luu ha "
        "truong doan dao to quach trieu chu thach lai bach la cam vi lo luc ma nong hua que kieu tong ton truong "
        "khuat",
    )
)
_ADDRESS = re.compile(r"\b(?:thon|xom|ban|khu|pho|to dan pho|xa|phuong|thi tran|huyen|tinh|duong|so nha)\b")
_SHEET = re.compile(r"\bto(?: ban do)?(?: dia chinh)?(?: so)?[ :._-]*0*([1-9]\d{0,3}[a-z]?)\b")


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal.

    Attributes:
        position: Column of the grid, from 0; -1 for a value that holds for the whole table.
        name: The heading as written.
        canonical: Proposed canonical column.
        evidence: Why, as `kind: what`; kind is name, alike, words, content, or where a sheet number was read.
        score: 0 to 1; a name of the profile is 1.
    """

    position: int
    name: str
    canonical: str
    evidence: str
    score: float


def propose(grid: pd.DataFrame, profile: Mapping[str, Any], *, by_content: bool = True) -> list[Proposal]:
    """Return what each column of a grid may be, the best proposal per column and per canonical column.

    Compared are the folded name, then names much alike, then words, then what the values look like.

    Args:
        grid: Cells as in the file, decoded.
        profile: `register` part of a source profile.
        by_content: Look at the values too, which takes far longer than the names.
    """
    row = _heading_row(grid)
    if row is None:
        return []
    spellings: Mapping[str, Sequence[str]] = profile.get("columns") or {}
    body = grid.iloc[row + 1 : row + 1 + _SAMPLE]
    found = []
    for position, cell in enumerate(grid.iloc[row].tolist()):
        name = "" if cell is None else " ".join(str(cell).split())
        found += _by_name(position, name, spellings) if name else []
        values = body[position].dropna().astype("string")
        found += _by_content(position, name, values) if by_content and len(values) >= _LEAST_VALUES else []
    chosen: dict[int, Proposal] = {}
    taken: set[str] = set()
    for item in sorted(found, key=lambda item: (-item.score, item.position)):
        if item.position not in chosen and item.canonical not in taken:
            chosen[item.position] = item
            taken.add(item.canonical)
    return [chosen[position] for position in sorted(chosen)]


def sheet_number(places: Mapping[str, str]) -> list[Proposal]:
    """Return the sheet number that names of file, sheet or title carry ("Tờ 12"), for a register without such column.

    Args:
        places: What the text is (file, sheet, title) → the text.
    """
    found = []
    for place, words in places.items():
        plain = re.sub(r"[_\-.]+", " ", text.fold(words))
        found += [
            Proposal(-1, number, "so_hieu_to_ban_do", f"{place}: {words}", 0.6) for number in _SHEET.findall(plain)
        ]
    return found


def _heading_row(grid: pd.DataFrame) -> int | None:
    """Return the row with most words and no numbers among the first thirty, the highest of them."""
    best, most = None, _LEAST_FILLED - 1
    for number, cells in enumerate(grid.iloc[:_SEARCHED_ROWS].to_numpy(dtype=object).tolist()):
        words = {str(cell) for cell in cells if cell is not None and re.search(r"[^\W\d_]{2}", str(cell))}
        filled = sum(cell is not None for cell in cells)
        if len(words) == filled and len(words) > most:
            best, most = number, len(words)
    return best


def _by_name(position: int, name: str, spellings: Mapping[str, Sequence[str]]) -> list[Proposal]:
    key, words, found = fold(name), set(text.fold(name).split()), []
    for canonical, known in spellings.items():
        for spelling in known:
            other = fold(spelling)
            if other == key:
                found.append(Proposal(position, name, canonical, f"name: {spelling}", 1.0))
                continue
            ratio = difflib.SequenceMatcher(None, key, other).ratio() if min(len(key), len(other)) > 3 else 0.0
            if ratio >= _ALIKE:
                found.append(Proposal(position, name, canonical, f"alike: {spelling}", round(0.95 * ratio, 3)))
            parts = set(text.fold(spelling).split())
            if len(parts) > 1 and parts < words:
                share = len(parts) / len(words)
                found.append(
                    Proposal(position, name, canonical, f"words: {spelling}", round(_CONTAINED * share + 0.1, 3))
                )
    return found


def _by_content(position: int, name: str, values: pd.Series) -> list[Proposal]:
    found = []
    for canonical, share in _TESTS.items():
        # What cannot be told does not agree.
        agreeing = float(pd.Series(share(values)).astype("boolean").fillna(False).mean())
        if agreeing >= _SHARE:
            found.append(Proposal(position, name, canonical, f"content: {agreeing:.0%}", round(0.7 * agreeing, 3)))
    return found


def _people(values: pd.Series) -> pd.Series:
    return text.flags(values, lambda value: bool(_NAME.fullmatch(value)) and text.fold(value).split()[0] in _SURNAMES)


def _dated(values: pd.Series, *, born: bool) -> pd.Series:
    read = dates.parse(values)
    year = read["year"].median()
    if pd.isna(year) or (year < _BORN_BEFORE) != born:
        return pd.Series(False, index=values.index)
    is_date = read["year"].notna() & ~values.str.fullmatch(r"\d{5}").fillna(False)
    return is_date.astype(bool) if born else (is_date & (read["year"] >= _ISSUED_FROM).fillna(False)).astype(bool)


def _areas(values: pd.Series) -> pd.Series:
    number, _ = numbers.parse(values)
    has_decimals = values.str.contains(r"[.,]\d{1,2}(?!\d)", regex=True).fillna(False).mean() > 0.2
    return (number > 0).fillna(False).astype(bool) & bool(has_decimals)


def _counted(values: pd.Series, *, few: bool) -> pd.Series:
    """Return whether values count sheets (few, each many times) or parcels (many, up and down)."""
    is_number = values.str.fullmatch(r"\d{1,4}").fillna(False).astype(bool)
    share = values.nunique() / len(values)
    plausible = share < 0.2 if few else share > 0.3
    steps = pd.to_numeric(values.where(is_number), errors="coerce").astype("float64").diff().dropna()
    consecutive = len(steps) > 0 and bool((steps == 1).mean() > 0.98)
    return is_number & plausible & (few or not consecutive)


def _known(lookup: Callable[[pd.Series], pd.Series]) -> Callable[[pd.Series], pd.Series]:
    return lambda values: lookup(values).notna()


_TESTS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "so_phat_hanh": lambda values: (
        certificates.serials(values, pd.Series(pd.NA, index=values.index, dtype="string"))["form"].notna()
        & values.str.contains(r"[^\W\d_]", regex=True)
    ),
    "so_giay_to": lambda values: identifiers.people(values)["kind"] == identifiers.CITIZEN,
    "loai_dat_1": lambda values: codes.land_use(values, urban=False)["mode"].isin([codes.CURRENT, codes.LEGACY]),
    "ngay_sinh": lambda values: _dated(values, born=True),
    "ngay_cap": lambda values: _dated(values, born=False),
    "ho_ten": _people,
    "gioi_tinh": lambda values: names.sexes(values).notna() & values.str.contains(r"[^\W\d_]", regex=True),
    "dia_chi": lambda values: text.flags(values, lambda value: bool(_ADDRESS.search(text.fold(value)))),
    "nguon_goc_1": _known(codes.origins),
    "hinh_thuc_1": lambda values: text.fold_series(values).isin(["rieng", "chung", "su dung rieng", "su dung chung"]),
    "thoi_han_1": lambda values: (
        text.fold_series(values).str.fullmatch(r"lau dai|on dinh lau dai|\d+ nam|den ngay .*").fillna(False)
    ),
    "dien_tich": _areas,
    "so_hieu_to_ban_do": lambda values: _counted(values, few=True),
    "so_thu_tu_thua": lambda values: _counted(values, few=False),
}
