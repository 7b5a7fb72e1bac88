"""Guesses about a package that came without description, each with its evidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

import schemas
from pipelines import sources, text, vectors
from pipelines.package import commune, place
from pipelines.package.stock import epsg_of

FRENCH_LOT = re.compile(r"^(\d[\dAB])(\d{3})(\d{3})([0-9A-Z]{2})(\d{2})$")
"""Folder of an EDIGEO lot: department, commune, prefix, section, sub-section."""

_REGISTER_ENDINGS = frozenset({".xlsx", ".xls", ".csv", ".dbf", ".ods"})
_DOCUMENT_ENDINGS = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".docx"})
_MIN_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess.

    Attributes:
        key: Key of `package.yaml`; `files[path].key` for a file.
        value: What is proposed.
        evidence: Why, in a few English words.
        is_sure: False when something else is as likely, or nothing speaks for it.
    """

    key: str
    value: Any
    evidence: str
    is_sure: bool = True


def profile(files: Sequence[Mapping[str, Any]]) -> Guess:
    """Guess the source profile by formats, levels and columns: the one that explains most files."""
    scores = {name: _fit(schemas.source(name), files) for name in schemas.sources()}
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    (best, score), rest = ranked[0], ranked[1:]
    shown = ", ".join(f"{name} {value:.2f}" for name, value in ranked if value > 0) or "no profile fits"
    is_sure = score >= _MIN_SHARE and not any(value >= score * 0.9 for _, value in rest)
    return Guess("profile", best, f"share of layers, levels and columns explained: {shown}", is_sure)


def _fit(body: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> float:
    spatial = [entry for entry in files if entry["layers"]]
    if not spatial:
        return 0.0
    return sum(_fit_file(body, entry) for entry in spatial) / len(spatial)


def _fit_file(body: Mapping[str, Any], entry: Mapping[str, Any]) -> float:
    if entry["format"] not in body["formats"]:
        return 0.0
    drawing, parcels = body.get("drawing"), body.get("parcels")
    if drawing is not None and entry["levels"]:
        roles = sources.level_roles(drawing)
        known = {roles[level] for level in map(sources.level_key, entry["levels"]) if level in roles}
        return len(known & {"boundary", "parcel_number", "label"}) / 2 + len(known) / 100
    if parcels is None or parcels.get("columns") is None:
        return 0.0
    pattern = parcels.get("layer")
    names = [layer for layer in entry["layers"] if pattern is None or re.search(pattern, layer["name"])]
    found = [sources.columns(parcels["columns"], layer["fields"]) for layer in names]
    return max((_key_share(columns) + (0.5 if pattern else 0.0) for columns in found), default=0.0)


def _key_share(columns: Mapping[str, Any]) -> float:
    """Return 1 when both parts of a parcel's key are there, half when one is."""
    return sum(name in columns for name in ("so_hieu_to_ban_do", "so_thu_tu_thua")) / 2


def role(path: str, layers: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> Guess:
    """Guess the role of a file by its ending and, for layers, by its columns and geometry."""
    key, suffix = f"files[{path}].role", PurePosixPath(path).suffix.lower()
    if layers and suffix in {".dgn", ".dxf"}:
        return Guess(key, "drawing", "drawing format")
    if layers:
        return _layer_role(key, layers, body)
    if suffix in _REGISTER_ENDINGS:
        return Guess(key, "register", f"table ({suffix})")
    if suffix in _DOCUMENT_ENDINGS:
        return Guess(key, "document", f"scan or document ({suffix})")
    return Guess(key, "other", f"unknown ending {suffix or '(none)'}")


def _layer_role(key: str, layers: Sequence[Mapping[str, Any]], body: Mapping[str, Any]) -> Guess:
    parcels = body.get("parcels") or {}
    pattern, spellings = parcels.get("layer"), parcels.get("columns") or {}
    for layer in layers:
        if pattern is not None and not re.search(pattern, layer["name"]):
            continue
        if _key_share(sources.columns(spellings, layer["fields"])) > 0:
            return Guess(key, "parcels", f"layer {layer['name']} has sheet or parcel numbers")
    if len(layers) == 1 and (layers[0]["features"] or 0) <= 5 and "Polygon" in str(layers[0]["geometry"]):
        return Guess(key, "boundary", f"{layers[0]['features']} polygons without parcel numbers")
    return Guess(key, "other", "no layer with parcel numbers", is_sure=False)


def crs(root: Path, files: Sequence[Mapping[str, Any]], province: str) -> Guess:
    """Guess the CRS: what the files say, else the candidate zones that put them into the province."""
    said = {code for entry in files for layer in entry["layers"] if (code := epsg_of(layer["crs"])) is not None}
    if said:
        shown = ", ".join(sorted(said))
        return Guess("crs", sorted(said)[0], f"the files say {shown}", len(said) == 1)
    box = place.province_box(province)
    first = (place.middle(root / entry["path"], layer["name"]) for entry in files for layer in entry["layers"][:1])
    point = next((found for found in first if found is not None), None)
    fits = place.fitting(point, box) if box is not None and point is not None else []
    straight = [code for code, swapped in fits if not swapped]
    if not straight or point is None:
        return Guess("crs", place.PREFERRED[0], "no file says it and no candidate zone fits", is_sure=False)
    where = f"({point[0]:.0f}, {point[1]:.0f}) falls into province {province} by {', '.join(straight)}"
    return Guess("crs", straight[0], where, len(straight) == 1)


def encoding(root: Path, entry: Mapping[str, Any]) -> Guess:
    """Guess the encoding of a file by vote over all its words."""
    path, key = root / entry["path"], f"files[{entry['path']}].encoding"
    if not entry["layers"] or not vectors.keeps_bytes(path):
        return Guess(key, "utf-8", "the format itself is Unicode")
    words = [value for layer in entry["layers"] for value in _words(path, layer["name"])]
    voted = text.vote(words)
    if not voted.words:
        return Guess(key, "utf-8", "no accented letters")
    best, second = sorted(voted.scores.values(), reverse=True)[:2]
    shown = ", ".join(f"{name} {share:.0%}" for name, share in voted.scores.items() if share > 0)
    evidence = f"Vietnamese syllables among {voted.words} accented words: {shown}"
    return Guess(key, voted.encoding, evidence, best > 0.5 and best > second)


def _words(path: Path, layer: str) -> list[str]:
    rows = pd.DataFrame(vectors.read(path, layer))
    texts = rows.columns[rows.dtypes.map(pd.api.types.is_string_dtype)]
    return [value for column in texts for value in rows[column].dropna()]


def commune_code(root: Path, files: Sequence[Mapping[str, Any]], name: str) -> Guess:
    """Guess the commune code: EDIGEO lots, a column MaXa, else a number in the name of the folder."""
    folders = [PurePosixPath(entry["path"]).parent.name for entry in files if entry["format"] == "EDIGEO"]
    lots = sorted({match.group(1) + match.group(2) for folder in folders if (match := FRENCH_LOT.match(folder))})
    if lots:
        return Guess("commune", lots[0], "department and commune in the names of the EDIGEO lots", len(lots) == 1)
    codes = sorted({code for entry in files for code in _codes_in(root, entry)})
    if codes:
        return Guess("commune", codes[0], f"column of commune codes holds {', '.join(codes)}", len(codes) == 1)
    numbers = [code for code in re.findall(r"(?<!\d)\d{5}(?!\d)", name) if commune.eras(code)]
    if numbers:
        return Guess("commune", numbers[0], f"name of the folder {name}", len(set(numbers)) == 1)
    return Guess("commune", "00000", "nothing says it", is_sure=False)


def _codes_in(root: Path, entry: Mapping[str, Any]) -> list[str]:
    path = root / entry["path"]
    found: list[str] = []
    for layer in entry["layers"]:
        spelled = {"ma_xa": ["MaXa", "ma_xa", "MaDVHC", "MAXA", "KVHC_ID"]}
        column = sources.columns(spelled, layer["fields"]).get("ma_xa")
        if column is not None:
            values = sources.text_of(vectors.read(path, layer["name"], columns=[column.name])[column.name])
            found += [code for code in values.dropna().unique() if re.fullmatch(r"\d{5}", code)]
    return found
