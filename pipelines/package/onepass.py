"""One pass over each file of a package, in a child process. Nobody else opens the files in this step."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import files, registers, sandbox, sources, text, vectors
from pipelines.errors import CadastreError, ReadError, Reason
from pipelines.package import dgn_scan, guesses
from pipelines.package.readable import why_not
from pipelines.package.survey import Level, Survey, Table
from pipelines.sandbox import Limits
from pipelines.text import Vote

REGISTERS = frozenset(re.findall(r"\.\w+", ".xlsx .xlsm .xlsb .xls .ods .csv .txt .dbf .xml .json .html"))

PICTURES = frozenset({".tif", ".tiff", ".jpg", ".jpeg", ".png", ".pdf"})

MAX_POINTS = 4_000
"""Points kept of a file: enough to see where it lies, whatever strays."""

SAMPLE_ROWS = 200
_TEXTS_OF_LEVEL = 200
_LEGACY = re.compile(r"[\x01-\x08\x0e-\x1f\x80-\U0010ffff]")
"""Letters beyond ASCII, and the control bytes that VISCII and VPS use as letters."""

_DRAWN = ("Type", "Level", "Layer", "Text")
_COMMUNE_COLUMNS = {"ma_xa": ["MaXa", "ma_xa", "MaDVHC", "MAXA", "KVHC_ID", "xaId"]}


def all_of(
    root: Path, paths: Sequence[str], limits: Limits | None = None, done: Callable[[int], None] | None = None
) -> dict[str, Survey]:
    """Return the survey of every file, each made in a child process; one that breaks its reader says so.

    Args:
        root: Folder of the package.
        paths: Files below it.
        limits: Time and memory for each file.
        done: Called with the number of files surveyed so far.
    """
    outcomes = sandbox.each(survey, [(root / path, path) for path in paths], limits=limits, done=done)
    return {
        path: outcome.value if outcome.error is None else _failed(root, path, outcome.error)
        for path, outcome in zip(paths, outcomes, strict=True)
    }


def survey(full: Path, path: str) -> Survey:
    """Return the survey of one file.

    Args:
        full: Where it is.
        path: Its path inside the package.
    """
    begun = Survey(path, vectors.driver(full) or full.suffix[1:].upper(), _size(full), files.sha256(full))
    reason = why_not(full)
    is_exchange = full.suffix.lower() == ".json" and reason is not None and begun.size > 0
    if reason is not None and not is_exchange:
        return replace(begun, reason=reason)
    try:
        if vectors.driver(full) is not None and not is_exchange:
            return _spatial(begun, full)
        if full.suffix.lower() in PICTURES and guesses.called_like_sheet(path):
            return replace(begun, said={guesses.PIXELS: _pixels(full)})
        return _register(begun, full) if full.suffix.lower() in REGISTERS else begun
    except CadastreError as error:
        return replace(begun, reason=Reason(error.en, error.vi))


def _pixels(full: Path) -> tuple[str, ...]:
    """Return width and height of the first page of a picture, by its header; nothing where it cannot be told."""
    from pipelines.scan.picture import pages

    try:
        page = pages.open_pages(full)[0]
    except ReadError:
        return ()  # whoever is to read the picture says what is wrong with it
    return str(page.width), str(page.height)


def _failed(root: Path, path: str, error: CadastreError) -> Survey:
    full = root / path
    return Survey(path, vectors.driver(full) or full.suffix[1:].upper(), _size(full), reason=Reason(error.en, error.vi))


def _size(full: Path) -> int:
    """Return the bytes of a file, or of all files of a format that is a folder."""
    if full.is_dir():
        return sum(part.stat().st_size for part in full.rglob("*") if part.is_file())
    return full.stat().st_size


def _spatial(begun: Survey, full: Path) -> Survey:
    layers = vectors.layers(full)
    if not layers:
        return replace(begun, reason=Reason("no layer in it: empty, or cut short", "không có lớp nào: rỗng hoặc cụt"))
    is_raw = vectors.keeps_bytes(full)
    points, tables, levels, words = list[Any](), list[Table](), list[Level](), dict[str | None, Counter[str]]()
    codes, said, lost = list[str](), dict[str, list[str]](), None
    for layer in layers:
        if layer.features is None:
            continue  # no profile knows it, and its driver reads the whole file for each layer
        columns = [name for name in _DRAWN if name in layer.fields] if begun.format in vectors.DRAWINGS else None
        rows = vectors.read(full, layer.name, columns=columns)
        if len(rows) < layer.features:
            read, said_there = f"{len(rows):,}", f"{layer.features:,}"
            return replace(
                begun,
                reason=Reason(
                    f"cut short: only {read} of {said_there} features are there",
                    f"tệp cụt: chỉ còn {read} trong {said_there} đối tượng",
                ),
            )
        points.append(_sample(rows))
        if begun.format in vectors.DRAWINGS:
            levels += _levels(rows)
            lost = _lost(full, rows) if begun.format == "DGN" else None
        else:
            tables.append(_attributes(layer.name, rows))
        _count(words, rows)
        codes += _commune_codes(rows)
        for name in ("UPDATE_DATE", "EOR"):
            if begun.format == "EDIGEO" and name in rows:
                said.setdefault(f"{layer.name}.{name}", []).extend(sources.text_of(rows[name]).dropna().unique())
    return replace(
        begun,
        layers=tuple(asdict(layer) for layer in layers),
        levels=tuple(levels),
        tables=tuple(tables),
        votes=_votes(words, raw=is_raw),
        is_raw=is_raw,
        points=_thin(np.concatenate([np.empty((0, 2)), *points])),
        commune_codes=tuple(sorted(set(codes))),
        said={name: tuple(values) for name, values in said.items()},
        notes=vectors.notes(full),
        lost=lost,
    )


def _register(begun: Survey, full: Path) -> Survey:
    sheets, is_raw = _sheets(full, begun.path)
    words: dict[str | None, Counter[str]] = {}
    tables = []
    for name, grid in sheets:
        columns = grid.set_axis([f"{name}!{position}" for position in range(grid.shape[1])], axis=1)
        _count(words, columns)
        if grid.shape[1] > 1 or full.suffix.lower() != ".txt":  # a letter is a text file too, but no table
            tables.append(Table(name, len(grid), grid.head(SAMPLE_ROWS)))
    return replace(begun, tables=tuple(tables), votes=_votes(words, raw=is_raw), is_raw=is_raw)


def _sheets(full: Path, path: str) -> tuple[list[tuple[str, pd.DataFrame]], bool]:
    """Return the sheets of a register; an exchange file is one, with the canonical columns as its heading."""
    if full.suffix.lower() not in (".json", ".xml"):
        return registers.peek(full)
    try:
        rows = registers.read(full, source=path, encoding="utf-8", register=None).rows
    except ReadError:
        if full.suffix.lower() == ".json":
            raise
        return registers.peek(full)  # a spreadsheet saved as XML
    cells = rows.drop(columns=["row_id", "source"]).dropna(axis=1, how="all").astype("object")
    named = pd.DataFrame([list(cells.columns)], columns=cells.columns)
    grid = pd.concat([named, cells.where(cells.notna(), None)], ignore_index=True)
    return [(full.stem, grid.set_axis(range(grid.shape[1]), axis=1))], False


def _sample(rows: gpd.GeoDataFrame) -> Any:
    """Return coordinates of features spread over the layer; what is not finite is no place."""
    geometries = rows.geometry.to_numpy()
    step = max(1, len(geometries) // MAX_POINTS)
    coordinates = shapely.get_coordinates(geometries[::step])
    return _thin(coordinates[np.isfinite(coordinates).all(axis=1)])


def _thin(points: Any) -> Any:
    return points[:: max(1, -(-len(points) // MAX_POINTS))]


def _levels(rows: gpd.GeoDataFrame) -> list[Level]:
    """Return what stands on each level of a drawing."""
    named = [sources.text_of(rows[name]) for name in ("Level", "Layer") if name in rows]
    if not named or rows.empty:
        return []
    # A level has a number, a name, or both.
    level = named[0].fillna(named[-1])
    geometries = rows.geometry.to_numpy()
    is_line = shapely.get_dimensions(geometries) >= 1
    facts = pd.DataFrame(
        {
            "level": level.fillna("").to_numpy(),
            "kind": sources.text_of(rows["Type"]).fillna("").to_numpy() if "Type" in rows else "",
            "text": rows["Text"].to_numpy() if "Text" in rows else None,
            "line": is_line,
            "closed": is_line & (shapely.is_closed(geometries) | (shapely.get_dimensions(geometries) == 2)),
            "length": np.where(is_line, shapely.length(geometries), 0.0),
        }
    )
    return [
        Level(
            str(level),
            {str(kind): int(count) for kind, count in part["kind"].value_counts(sort=False).sort_index().items()},
            int(part["line"].sum()),
            int(part["closed"].sum()),
            float(np.nan_to_num(part["length"]).sum()),
            tuple(str(words) for words in part["text"].dropna().unique()[:_TEXTS_OF_LEVEL]),
        )
        for level, part in facts.groupby("level", sort=True)
    ]


def _lost(full: Path, rows: gpd.GeoDataFrame) -> tuple[int, int, str] | None:
    """Compare the elements read from a DGN v7 file with an own count of their heads."""
    if dgn_scan.is_v8(full):
        return None
    expected = dgn_scan.scan(full).counts
    read = rows.groupby(["Type", "Level"]).size().to_dict()
    lost = {key: count - read.get(key, 0) for key, count in expected.items() if count > read.get(key, 0)}
    if not lost:
        return None
    whole = sum(expected.values())
    detail = ", ".join(f"type {kind} level {level}: {count}" for (kind, level), count in sorted(lost.items()))
    return whole - sum(lost.values()), whole, detail


def _attributes(layer: str, rows: gpd.GeoDataFrame) -> Table:
    named = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    head = named.head(SAMPLE_ROWS)
    texts = [sources.text_of(head[name]).astype("object").where(head[name].notna(), None) for name in named]
    columns = [[str(name), *values] for name, values in zip(named.columns, texts, strict=True)]
    return Table(layer, len(rows), pd.DataFrame(dict(enumerate(columns)), dtype=object))


def _count(words: dict[str | None, Counter[str]], rows: pd.DataFrame) -> None:
    """Add the texts of every column that has letters beyond ASCII, or control bytes that some encodings use."""
    for name in rows.columns:
        if not (pd.api.types.is_object_dtype(rows[name]) or pd.api.types.is_string_dtype(rows[name])):
            continue
        values = [value for value in rows[name].tolist() if isinstance(value, str)]
        # Most columns are numbers and codes: one search over all of them is far quicker than one in each.
        if not _LEGACY.search("".join(values)):
            continue
        telling = {value: count for value, count in Counter(values).items() if _LEGACY.search(value)}
        words.setdefault(str(name), Counter()).update(telling)
        words.setdefault(None, Counter()).update(telling)


def _votes(words: Mapping[str | None, Counter[str]], *, raw: bool) -> dict[str | None, Vote]:
    return {name: text.vote(counted.elements(), raw=raw) for name, counted in words.items()}


def _commune_codes(rows: pd.DataFrame) -> Iterable[str]:
    names = [str(name) for name in rows.columns]
    column = sources.columns(_COMMUNE_COLUMNS, names).get("ma_xa")
    if column is None:
        return []
    values = sources.text_of(rows[column.name]).dropna()
    return [str(code) for code in values[values.str.fullmatch(r"\d{5}")].unique()]
