"""Guesses about a package that came without description, each with its evidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

import schemas
from pipelines import sources
from pipelines.encodings import clear
from pipelines.errors import Reason
from pipelines.package import commune, nodes
from pipelines.package.survey import Survey
from pipelines.registers import headings, renumbering
from pipelines.text import decode, fold

FRENCH_LOT = re.compile(r"^(\d[\dAB])(\d{3})(\d{3})([0-9A-Z]{2})(\d{2})$")
"""Folder of an EDIGEO lot: department, commune, prefix, section, sub-section."""

_DOCUMENT_ENDINGS = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".docx"})
PIXELS = "pixels"
"""What the survey of a picture says: its width and height."""

_LEAST_SHEET_PX = 1_500
"""Half a metre of paper has more than this at any resolution that can be read."""

_SHEET_FILE = re.compile(r"(?:^|[^a-z])(?:to|tbd|bddc|bddt|bd|manh|dc|ban do|sheet|map)[ _-]*(?:so[ _-]*)?\d")
_MAP_FOLDER = re.compile(r"(?:^|[^a-z])(?:ban[ _-]*do|bddc|tbd|to[ _-]*ban[ _-]*do|maps?|sheets?)(?:$|[^a-z])")
_PAPERS = re.compile(r"(?:^|[^a-z])(?:gcn|gcnqsd|giay[ _-]*chung[ _-]*nhan|ho[ _-]*so|cccd|cmnd|don|hop[ _-]*dong)")
_MIN_SHARE = 0.2
_BELIEVABLE_SHARE = 0.5
_STEP = 0.15
_MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess.

    Attributes:
        key: Key of `package.yaml`; `files[path].key` for a file.
        value: What is proposed.
        vi: Why, in a few Vietnamese words.
        en: The same in English.
        is_sure: False when something else is as likely, or nothing speaks for it.
    """

    key: str
    value: Any
    vi: str
    en: str
    is_sure: bool = True


def profile(surveys: Sequence[Survey]) -> Guess:
    """Guess the source profile by formats, levels and columns: the one that explains most files."""
    scores = {name: _fit(schemas.source(name), surveys) for name in schemas.sources()}
    # Where nothing is known the formats alone decide; that is never sure.
    formats = {name: _formats(schemas.source(name), surveys) for name in scores}
    ranked = sorted(scores.items(), key=lambda item: (-item[1], -formats[item[0]], item[0]))
    (best, score), rest = ranked[0], ranked[1:]
    shown = ", ".join(f"{name} {value:.2f}" for name, value in ranked if value > 0)
    is_sure = score >= _MIN_SHARE and not any(value >= score * 0.9 for _, value in rest)
    vi = f"phần lớp và cột mà kiểu nguồn giải thích được: {shown or 'không kiểu nào hợp'}"
    en = f"share of levels and columns explained: {shown or 'no profile fits'}"
    return Guess("profile", best, vi, en, is_sure)


def _formats(body: Mapping[str, Any], surveys: Sequence[Survey]) -> int:
    """Return how many files are of a format that a profile names and has a part for."""
    parts = {True: body.get("drawing"), False: body.get("parcels")}
    spatial = sum(item.format in body["formats"] and bool(parts[item.is_drawing]) for item in surveys if item.layers)
    return spatial + sum(bool(body.get("register")) for item in surveys if item.tables and not item.layers)


def _fit(body: Mapping[str, Any], surveys: Sequence[Survey]) -> float:
    spatial = [item for item in surveys if item.layers]
    if spatial:
        return sum(_fit_file(body, item) for item in spatial) / len(spatial)
    tables = [_key_share(_headings(body, table.head)) for item in surveys for table in item.tables]
    return max(tables, default=0.0)


def _fit_file(body: Mapping[str, Any], item: Survey) -> float:
    drawing, parcels = body.get("drawing"), body.get("parcels")
    if item.is_drawing:
        if drawing is None:
            return 0.0
        known = nodes.known(item.levels, drawing)
        share = len(known & {"boundary", "parcel_number", "label"}) / 2 + len(known) / 100
        # Nodes are the labels of the parcels, and tell by their words what a level tells by its number only.
        share += nodes.ROLE in known
        return share * _nearness(item.format, body["formats"])
    if item.format not in body["formats"] or parcels is None or parcels.get("columns") is None:
        return 0.0
    pattern = parcels.get("layer")
    names = [layer for layer in item.layers if pattern is None or re.search(pattern, layer["name"])]
    found = [sources.columns(parcels["columns"], layer["fields"]) for layer in names]
    return max((_key_share(columns) + (0.5 if pattern else 0.0) for columns in found), default=0.0)


def _nearness(file_format: str, formats: Sequence[str]) -> float:
    """Return how near a format of drawings is to a profile, which lists them as they come from those who use it.

    Many spell their levels alike; a DXF is more likely of the profile whose drawings are DXF than of one for DGN.
    """
    return 1 - _STEP * ([*formats[:_MOST_STEPS], file_format].index(file_format))


def _headings(body: Mapping[str, Any], head: pd.DataFrame) -> Mapping[str, Any]:
    heading = headings.find(head, body["register"]) if body.get("register") and len(head) else None
    return heading.columns if heading is not None else {}


def _key_share(columns: Mapping[str, Any]) -> float:
    """Return 1 when both parts of a parcel's key are there, half when one is."""
    return sum(name in columns for name in ("so_hieu_to_ban_do", "so_thu_tu_thua")) / 2


def role(item: Survey, body: Mapping[str, Any]) -> Guess:
    """Guess the role of a file by its format and, for layers, by its columns and geometry."""
    key, suffix = f"files[{item.path}].role", PurePosixPath(item.path).suffix.lower()
    if item.is_drawing:
        return Guess(key, "drawing", f"đường và chữ ({item.format})", f"line work and texts ({item.format})")
    if item.layers:
        return _layer_role(key, item.layers, body)
    if any(renumbering.is_table(table.head.to_numpy(dtype=object).tolist()) for table in item.tables):
        return Guess(key, "renumbering", "có cột số tờ mới và số tờ cũ", "columns of new and old sheet numbers")
    if item.tables:
        return Guess(key, "register", f"bảng ({suffix})", f"table ({suffix})")
    seen = sheet_evidence(item)
    if seen is not None:
        return Guess(key, "scan", f"ảnh giống tờ bản đồ: {seen.vi}", f"a picture like a map sheet: {seen}")
    if suffix in _DOCUMENT_ENDINGS:
        return Guess(key, "document", f"bản quét hoặc tài liệu ({suffix})", f"scan or document ({suffix})")
    return Guess(key, "other", f"đuôi tệp lạ {suffix}", f"unknown ending {suffix or '(none)'}")


def sheet_evidence(item: Survey) -> Reason | None:
    """Return why a picture is taken for a map sheet: its name or folder says so, and it is large enough; else None."""
    sides = [int(side) for side in item.said.get(PIXELS, ())]
    named = called_like_sheet(item.path)
    if item.reason is not None or named is None or min(sides, default=0) < _LEAST_SHEET_PX:
        return None
    size = f"{sides[0]} x {sides[1]} px"
    return Reason(f"{named}, {size}", f"{named.vi}, {size}")


def called_like_sheet(path: str) -> Reason | None:
    """Return what in the path of a picture speaks of a map sheet: its name or a folder; None where nothing does."""
    parts = [fold(part) for part in PurePosixPath(path).with_suffix("").parts]
    if any(map(_PAPERS.search, parts)):
        return None
    if _SHEET_FILE.search(parts[-1]):
        return Reason("its name", "tên tệp")
    return Reason("its folder", "thư mục") if any(map(_MAP_FOLDER.search, parts[:-1])) else None


def _layer_role(key: str, layers: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> Guess:
    parcels = body.get("parcels") or {}
    pattern, spellings = parcels.get("layer"), parcels.get("columns") or {}
    for layer in layers:
        if pattern is not None and not re.search(pattern, layer["name"]):
            continue
        if _key_share(sources.columns(spellings, layer["fields"])) > 0:
            name = layer["name"]
            return Guess(key, "parcels", f"lớp {name} có số tờ, số thửa", f"layer {name} has sheet or parcel numbers")
    if len(layers) == 1 and (layers[0]["features"] or 0) <= 5 and "Polygon" in str(layers[0]["geometry"]):
        count = layers[0]["features"]
        return Guess(key, "boundary", f"{count} vùng không có số thửa", f"{count} polygons without parcel numbers")
    return Guess(key, "other", "không lớp nào có số thửa", "no layer with parcel numbers", is_sure=False)


def encoding(item: Survey) -> Guess:
    """Guess the encoding of a file by the vote over all its words; columns in another are named."""
    key = f"files[{item.path}].encoding"
    voted = item.votes.get(None)
    if voted is None or not voted.words:
        return Guess(key, "utf-8", "không có chữ có dấu", "no accented letters")
    best, second = sorted(voted.scores.values(), reverse=True)[:2]
    # Good Unicode looks good under encodings that leave most of it as it is; it needs no decoding then.
    is_apart = best > second or voted.encoding == "utf-8"
    shown = ", ".join(f"{name} {share:.0%}" for name, share in voted.scores.items() if share > 0)
    vi = f"tỷ lệ âm tiết tiếng Việt trong {voted.words} từ có dấu: {shown}"
    en = f"Vietnamese syllables among {voted.words} accented words: {shown}"
    is_sure = best > _BELIEVABLE_SHARE and is_apart
    named = {name: vote for name, vote in item.votes.items() if name is not None and vote.words}
    differing = [(name, vote) for name, vote in named.items() if vote.encoding != voted.encoding and clear(vote)]
    if differing:
        others = ", ".join(f"{_column(item, name)} {vote.encoding}" for name, vote in differing)
        vi, en = f"{vi}; cột khác: {others}", f"{en}; other columns: {others}"
        is_sure = is_sure or all(map(clear, named.values()))  # Each column tells by itself.
    return Guess(key, voted.encoding, vi, en, is_sure)


def _column(item: Survey, name: str) -> str:
    """Return the name of a column as people know it: its heading, where it is a position in a sheet."""
    sheet, _, position = name.rpartition("!")
    table = next((table for table in item.tables if table.name == sheet), None)
    if table is None or not position.isdigit() or int(position) not in table.head:
        return name
    cells = table.head[int(position)].dropna()
    heading = str(cells.iloc[0]) if len(cells) else ""
    return f"{sheet}!{decode([heading], item.votes[name].encoding, raw=item.is_raw)[0] or position}"


def commune_code(surveys: Sequence[Survey], name: str) -> Guess:
    """Guess the commune code: EDIGEO lots, a column MaXa, else a number in the name of the folder."""
    folders = [PurePosixPath(item.path).parent.name for item in surveys if item.format == "EDIGEO"]
    lots = sorted({match.group(1) + match.group(2) for folder in folders if (match := FRENCH_LOT.match(folder))})
    if lots:
        return Guess(
            "commune",
            lots[0],
            "tỉnh và xã trong tên lô EDIGEO",
            "department and commune in the names of the EDIGEO lots",
            len(lots) == 1,
        )
    codes = sorted({code for item in surveys for code in item.commune_codes})
    if codes:
        shown = ", ".join(codes[:5])
        return Guess("commune", codes[0], f"cột mã xã ghi {shown}", f"column of codes holds {shown}", len(codes) == 1)
    numbers = [code for code in re.findall(r"(?<!\d)\d{5}(?!\d)", name) if commune.eras(code)]
    if numbers:
        return Guess("commune", numbers[0], f"tên thư mục {name}", f"name of the folder {name}", len(set(numbers)) == 1)
    return Guess("commune", "00000", "không gì cho biết", "nothing says it", is_sure=False)
