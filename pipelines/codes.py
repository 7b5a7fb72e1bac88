"""Codes: land use by crosswalk, origins, forms and terms of use, kinds of holders, from the words offices write."""

import datetime
import re
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cache

import pandas as pd

import schemas
from pipelines.text import flags, fold, map_fields, map_unique, place_tones

NEW_SCHEME, OLD_SCHEME, UNKNOWN_SCHEME = "TT08/2024", "TT25/2014", "unknown"
CURRENT, LEGACY, AMBIGUOUS, UNKNOWN = "current", "legacy", "ambiguous", "unknown"

GROUND_OBJECTS = frozenset({"DGT", "DTL", "SON", "MNC"})
"""Roads, canals, rivers, lakes: land objects without a holder unless the register has one."""

_PIECES = re.compile(r"\s*[+;,/&]\s*|\s+và\s+|\s{1,}(?=[A-ZĐ]{3}(?:\W|$))")
_LEAF_LIKE = frozenset({"LUA"})
_URBAN, _RURAL = "ODT", "ONT"
_RANK = {CURRENT: 0, LEGACY: 1, AMBIGUOUS: 2, UNKNOWN: 3}
_LASTING = re.compile(r"lau dai|vo thoi han")
_YEARS = re.compile(r"^(?:thoi han )?0*(\d{1,2}) ?(?:nam)?$", re.ASCII)
_UNTIL = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", re.ASCII)
_SQUEEZE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class LandUse:
    """One recorded land use after the crosswalk.

    Attributes:
        code: Codes of TT 08/2024 joined by "+", the main one first; None where a person has to decide.
        scheme: `TT08/2024`, `TT25/2014` or `unknown`.
        mode: `current`, `legacy` (translated), `ambiguous` or `unknown`.
        candidates: Codes a person has to choose from ("SKC / SKS"), where the crosswalk names any.
    """

    code: str | None
    scheme: str
    mode: str
    candidates: str | None = None


def land_use(recorded: pd.Series, *, urban: bool, date: str | None = None) -> pd.DataFrame:
    """Return `code`, `scheme`, `mode` and `candidates` for land uses as recorded: codes, lists of codes, or names.

    Args:
        recorded: "ONT", "ONT+CLN", "BHK", "T", "Đất ở tại nông thôn".
        urban: Whether the commune is a phường or thị trấn at the date of the record (decides T).
        date: Day of the record (yyyy-mm-dd). Before the list of TT 08/2024 the same letters are codes of the old list,
            and one whose meaning was divided since (DTL) has candidates. None reads them as of today.

    A list with one piece that nobody can translate has no code at all: the other pieces alone would be wrong.
    """
    text = recorded.astype("string").str.strip()
    text = text.mask(text == "")
    fields = dict.fromkeys(LandUse.__slots__, "string")
    return map_fields(text, lambda value: astuple(translate(value, urban=urban, date=date)), fields)


def translate(recorded: str, *, urban: bool, date: str | None = None) -> LandUse:
    """Return one recorded land use in codes of TT 08/2024.

    >>> translate("bhk", urban=False)
    LandUse(code='HNK', scheme='TT25/2014', mode='legacy', candidates=None)
    >>> translate("T+CLN", urban=False).code
    'ONT+CLN'
    """
    whole = _names().get(fold(recorded))
    pieces = [whole] if whole else [piece for piece in _PIECES.split(recorded.strip()) if piece]
    is_old = date is not None and date < _first_day()
    parts = [_piece(piece, urban, is_old) for piece in pieces]
    if not parts:
        return LandUse(None, UNKNOWN_SCHEME, UNKNOWN)
    mode = max((part.mode for part in parts), key=_RANK.__getitem__)
    schemes = {part.scheme for part in parts}
    scheme = next(name for name in (UNKNOWN_SCHEME, OLD_SCHEME, NEW_SCHEME) if name in schemes)
    codes = [part.code for part in parts]
    complete = all(code is not None for code in codes)
    joined = "+".join(dict.fromkeys(code for code in codes if code is not None))
    options = " + ".join(part.candidates or part.code or "?" for part in parts)
    is_open = any(part.candidates for part in parts)
    return LandUse(joined if complete else None, scheme, mode, options if is_open else None)


def groups(codes: pd.Series) -> pd.Series:
    """Return NNP, PNN or CSD for the main code of each land use."""
    return codes.astype("string").str.split("+").str[0].map(_groups()).astype("string")


def main(codes: pd.Series) -> pd.Series:
    """Return the first code of each list."""
    return codes.astype("string").str.split("+").str[0]


def origins(words: pd.Series) -> pd.Series:
    """Return codes of `nguon_goc_dat` for origins written as code or in words; null where not known."""
    return _lookup(words, _list_keys("nguon_goc_dat") | _ORIGIN_WORDS)


def origin_transfers(words: pd.Series) -> pd.Series:
    """Return codes of `nguon_goc_chuyen_quyen` (bought, inherited, given …) found in the words of an origin."""
    return _lookup(words, _list_keys("nguon_goc_chuyen_quyen") | _TRANSFER_WORDS)


def shared_use(words: pd.Series) -> pd.Series:
    """Return `rieng` or `chung` for forms of use; null where not known."""
    return _lookup(words, _list_keys("hinh_thuc_su_dung") | {"rieng": "rieng", "chung": "chung"})


def holder_kinds(words: pd.Series) -> pd.Series:
    """Return codes of `phap_nhan` (ca_nhan, vo_chong, ho_gia_dinh, to_chuc, cong_dong, nhom_nguoi)."""
    return _lookup(words, _list_keys("phap_nhan") | _KIND_WORDS)


def roles(words: pd.Series) -> pd.Series:
    """Return codes of `vai_tro` (chu_ho, chong, vo, nguoi_dai_dien, thanh_vien, ca_nhan)."""
    return _lookup(words, _list_keys("vai_tro") | _ROLE_WORDS)


def terms(words: pd.Series) -> pd.DataFrame:
    """Return `thoi_han` ("Lâu dài", "50 năm", "Đến ngày dd/mm/yyyy" or as recorded) and `ngay_het_han` (yyyy-mm-dd)."""
    return map_fields(words.astype("string").str.strip(), _term, {"thoi_han": "string", "ngay_het_han": "string"})


def _term(text: str) -> tuple[str | None, str | None]:
    key = fold(text)
    if _LASTING.search(key):
        return "Lâu dài", None
    if until := _UNTIL.search(key):
        day, month, year = map(int, until.groups())
        with suppress(ValueError):
            return f"Đến ngày {day:02}/{month:02}/{year:04}", datetime.date(year, month, day).isoformat()
    years = _YEARS.match(key)
    return f"{years[1]} năm" if years else text or None, None


def _piece(piece: str, urban: bool, is_old: bool) -> LandUse:
    """Return one code translated; what the crosswalk marks for review is never converted, only its candidates given."""
    code = piece.strip().upper().replace("Ð", "Đ")
    if code not in _crosswalk() and code not in _groups():
        code = _names().get(fold(piece), code)
    if code in _leaves() and not (is_old and code in _crosswalk()):
        return LandUse(code, NEW_SCHEME, CURRENT)
    if code in _groups() and code not in _leaves():
        return LandUse(None, NEW_SCHEME, AMBIGUOUS)
    if code not in _crosswalk():
        return LandUse(None, UNKNOWN_SCHEME, UNKNOWN)
    new, mode = _crosswalk()[code]
    candidates = " / ".join(part for part in new.split("|") if part) or None
    if mode == "address":
        return LandUse(_URBAN if urban else _RURAL, OLD_SCHEME, LEGACY)
    if mode == "auto":
        return LandUse(new, OLD_SCHEME, CURRENT if new == code else LEGACY)
    if mode == "auto_review" and code in _leaves():
        # The code is still in force, with a narrower meaning: it stands until somebody has looked.
        return LandUse(code, OLD_SCHEME, LEGACY, candidates)
    return LandUse(None, OLD_SCHEME, AMBIGUOUS, candidates)


@cache
def _first_day() -> str:
    """Return the first day of the list of TT 08/2024."""
    rows = schemas.codelist("he_loai_dat").set_index("code")
    return str(rows.loc[NEW_SCHEME, "valid_from"])


@cache
def _crosswalk() -> dict[str, tuple[str, str]]:
    rows = schemas.codelist("land_use_crosswalk")
    return dict(zip(rows["old_code"], zip(rows["new_code"], rows["mode"], strict=True), strict=True))


@cache
def _groups() -> dict[str, str]:
    rows = schemas.codelist("land_use_new")
    return dict(zip(rows["code"], rows["group"], strict=True))


@cache
def _leaves() -> frozenset[str]:
    rows = schemas.codelist("land_use_new")
    return frozenset(rows.loc[rows["leaf"] == "1", "code"]) | _LEAF_LIKE


@cache
def _names() -> dict[str, str]:
    """Return the folded names of land uses to codes; the new list wins where both have the name."""
    lists = [schemas.codelist(name) for name in ("land_use_old", "land_use_new")]
    names = {fold(name): code for rows in lists for name, code in zip(rows["name_vi"], rows["code"], strict=True)}
    short = {name.removeprefix("dat "): code for name, code in names.items() if name.startswith("dat ")}
    return short | names


def _squeeze(word: str) -> str:
    return _SQUEEZE.sub(" ", fold(word)).strip()


@cache
def _list_keys(name: str) -> dict[str, str]:
    rows = schemas.codelist(name)
    by_name = {_squeeze(word): code for word, code in zip(rows["name_vi"], rows["code"], strict=True)}
    return {_squeeze(code): code for code in rows["code"]} | by_name


def _lookup(words: pd.Series, keys: dict[str, str]) -> pd.Series:
    return map_unique(words, lambda word: keys.get(_squeeze(word), pd.NA)).astype("string")


_ORIGIN_WORDS = {
    "cnqsdd nhu giao dat co thu tien su dung dat": "CNQ-CTT",
    "cnqsdd nhu giao dat co thu tien": "CNQ-CTT",
    "cong nhan qsdd nhu giao dat co thu tien": "CNQ-CTT",
    "cong nhan quyen su dung dat nhu giao dat co thu tien su dung dat": "CNQ-CTT",
    "cnqsdd nhu giao dat khong thu tien su dung dat": "CNQ-KTT",
    "cnqsdd nhu giao dat khong thu tien": "CNQ-KTT",
    "cong nhan qsdd nhu giao dat khong thu tien": "CNQ-KTT",
    "cong nhan quyen su dung dat nhu giao dat khong thu tien su dung dat": "CNQ-KTT",
    "cong nhan quyen su dung dat": "CNQ",
    "giao dat co thu tien su dung dat": "DG-CTT",
    "giao dat co thu tien": "DG-CTT",
    "giao dat khong thu tien su dung dat": "DG-KTT",
    "giao dat khong thu tien": "DG-KTT",
    "giao dat de quan ly": "DG-QL",
    "thue dat tra tien hang nam": "DT-THN",
    "cho thue dat tra tien hang nam": "DT-THN",
    "thue dat tra tien mot lan": "DT-TML",
    "cho thue dat tra tien mot lan": "DT-TML",
}
_TRANSFER_WORDS = {
    "nhan chuyen nhuong": "2",
    "chuyen nhuong": "2",
    "thua ke": "3",
    "nhan thua ke": "3",
    "tang cho": "5",
    "duoc tang cho": "5",
    "nhan tang cho": "5",
    "chuyen doi": "1",
    "trung dau gia": "6",
    "dau gia": "6",
}
_KIND_WORDS = {
    "ho": "ho_gia_dinh",
    "ho ong": "ho_gia_dinh",
    "ho ba": "ho_gia_dinh",
    "ca nhan trong nuoc": "ca_nhan",
    "cong dong": "cong_dong",
    "nhom nguoi": "nhom_nguoi",
    "0": "ca_nhan",
    "1": "vo_chong",
    "2": "ho_gia_dinh",
    "3": "to_chuc",
    "4": "cong_dong",
    "gdc": "ca_nhan",
    "tkt": "to_chuc",
    "tcn": "to_chuc",
    "tsn": "to_chuc",
    "ubs": "to_chuc",
    "ubnd": "to_chuc",
    "cds": "cong_dong",
}
_ROLE_WORDS = {"dai dien": "nguoi_dai_dien", "con": "thanh_vien", "vo chu ho": "vo", "chong chu ho": "chong"}
_ORGANISATION = re.compile(
    r"(?:ubnd|ủy ban|công ty|cty|doanh nghiệp|dntn|hợp tác xã|htx|trường|trạm|bệnh viện|ngân hàng|chi nhánh|"
    r"ban quản lý|bql|sở|phòng|trung tâm|nhà văn hóa|quỹ tín dụng|hội|lâm trường|nông trường|bộ chỉ huy|ban chỉ huy|"
    r"công an|bưu điện|xí nghiệp|tập đoàn|tổng công ty)\b"
)
_COMMUNITY = re.compile(r"(?:cộng đồng|thôn|xóm|tổ dân phố|chùa|đền|giáo xứ|nhà thờ)\b")


def is_organisation(words: pd.Series) -> pd.Series:
    """Return where a holder is an organisation or community; accents tell Trường (school) from Trương."""
    return _begins(words, _ORGANISATION) | is_community(words)


def is_community(words: pd.Series) -> pd.Series:
    """Return where a holder's name is that of a community (a hamlet, a pagoda, a parish)."""
    return _begins(words, _COMMUNITY)


def _begins(words: pd.Series, pattern: re.Pattern[str]) -> pd.Series:
    return flags(words, lambda word: pattern.match(place_tones(word.strip().lower())) is not None)
