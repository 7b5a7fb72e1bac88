"""Identical points: the same corners in a local system (HN-72, map 299, a scan) and in VN-2000, read from a table.

Tables come from surveyors, who write X for the northing and Y for the easting, and from GIS programs, which write them
the other way round. Named axes (N, E, Bắc, Đông, mapX) are believed; bare X and Y are told by the size of the numbers,
and where that tells nothing, by which order lets the two systems fit without a mirror.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.errors import PackageError
from pipelines.registers import grid as register_grid
from pipelines.text import fold
from pipelines.warping import LEAST_POINTS, Method, Warp, fit, helmert_rms, limit_m

Points = npt.NDArray[np.float64]

# Words of headings, folded. Compound ones ("sourcex", "xvn") are an axis with one of these before or behind it.
_SOURCE = frozenset(["source", "src", "nguon", "goc", "cu", "old", "local", "hn", "299", "pixel", "from", "ve", "1"])
_TARGET = frozenset(
    ["target", "tgt", "dst", "dest", "dich", "moi", "new", "vn", "2000", "gia", "map", "thuc", "wgs", "to", "2"]
)
_NORTH = frozenset(["n", "north", "northing", "bac", "lat", "latitude", "vi"])
_EAST = frozenset(["e", "east", "easting", "dong", "lon", "long", "longitude", "kinh"])
_GIS = frozenset(["map", "source", "pixel"])
_HEADING_ROWS = 15
_MOST_WORDS = 12
_NATIONAL_NORTH_M = 800_000.0
_MIRROR = 10.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Identical points, easting first.

    Attributes:
        ids: Name of each point.
        source: (n, 2) coordinates in the drawing.
        target: (n, 2) coordinates in the CRS they lead to, metres.
        ignored: Rows that have a name or a number but no four coordinates.
        northing_first: Whether the table has the northing before the easting (source, target).
    """

    ids: tuple[str, ...]
    source: Points
    target: Points
    ignored: int
    northing_first: tuple[bool, bool]


def read(path: Path) -> Pairs:
    """Return the identical points of a table (CSV, TXT, QGIS .points, XLSX, XLS, DBF).

    Raises:
        ReadError: The file is not what its name says.
        PackageError: No four columns of coordinates are in it, or fewer than three points.
    """
    found: tuple[list[int], list[str], pd.DataFrame] | None = None
    for _, cells in register_grid.read(path, "utf-8"):
        found = _columns(cells)
        if found is not None:
            break
    if found is None:
        raise PackageError(
            f"{path.name}: không thấy bốn cột tọa độ; ghi tiêu đề X nguồn, Y nguồn, X VN-2000, Y VN-2000.",
            f"{path.name}: there are no four columns of coordinates; head them source_x, source_y, target_x, target_y.",
        )
    columns, words, rows = found
    values = np.column_stack([_numbers(rows.iloc[:, column]) for column in columns])
    is_whole = np.isfinite(values).all(axis=1)
    is_said = rows.iloc[:, columns].notna().any(axis=1).to_numpy()
    if int(is_whole.sum()) < LEAST_POINTS:
        raise too_few(path.name, int(is_whole.sum()))
    pairs = values[is_whole]
    source, target, flipped = _eastings_first(pairs[:, :2], pairs[:, 2:], words)
    ids = _ids(rows, columns)[is_whole]
    return Pairs(tuple(map(str, ids)), source, target, int((is_said & ~is_whole).sum()), flipped)


def warp(path: Path, scale: int, method: Method | None = None) -> tuple[Pairs, Warp]:
    """Return the identical points of a table and the transformation they give.

    Args:
        path: The table.
        scale: Scale denominator of the map: its limit says how far off an outlier must be.
        method: Model; None chooses by the error of points left out.

    Raises:
        ReadError: The file is not what its name says.
        PackageError: Fewer than three points agree, or all lie on one line.
    """
    pairs = read(path)
    try:
        return pairs, fit(pairs.source, pairs.target, tolerance_m=limit_m(scale), method=method)
    except ValueError as error:
        raise PackageError(
            f"{path.name}: các điểm trùng nằm trên một đường thẳng hoặc trùng nhau: đo thêm điểm ở phía khác của tờ.",
            f"{path.name}: the identical points lie on one line or in one place: survey more beside it.",
        ) from error


def too_few(name: str, count: int) -> PackageError:
    """Return the refusal of a table with fewer points than a transformation needs."""
    return PackageError(
        f"{name}: chỉ có {count} điểm trùng dùng được, cần ít nhất {LEAST_POINTS}: đo thêm điểm trùng.",
        f"{name}: only {count} identical points can be used and {LEAST_POINTS} are needed: survey more of them.",
    )


def _columns(cells: pd.DataFrame) -> tuple[list[int], list[str], pd.DataFrame] | None:
    """Return the columns source x, y, target x, y, what their headings say, and the rows below the heading."""
    for position in range(min(len(cells), _HEADING_ROWS)):
        words = _headings(cells, position)
        axes = [_axis(word) for word in words]
        held = [column for column, axis in enumerate(axes) if axis]
        if len(held) >= 4 and (chosen := _four(held, words, axes)) is not None:
            rows = cells.iloc[position + 1 :]
            enabled = next((column for column, word in enumerate(words) if word.strip() == "enable"), None)
            if enabled is not None:
                rows = rows[rows.iloc[:, enabled].astype("string").str.strip() != "0"]
            return chosen, [words[column] for column in chosen], rows
    numeric = [c for c in range(cells.shape[1]) if np.isfinite(_numbers(cells.iloc[:, c])).mean() > 0.8]
    # A table without heading: a running number may stand before the four coordinates.
    chosen = numeric[-4:]
    return (chosen, [""] * 4, cells) if 4 <= len(numeric) <= 5 else None


def _headings(cells: pd.DataFrame, position: int) -> list[str]:
    """Return the heading of each column, with the merged heading above it."""
    own = cells.iloc[position].astype("string").fillna("")
    above = pd.Series("", index=own.index, dtype="string")
    if position and not np.isfinite(_numbers(cells.iloc[position - 1])).any():
        above = cells.iloc[position - 1].astype("string")
        above = above.mask(above == "").ffill().fillna("")
    return [fold(f"{up} {word}".strip()) for up, word in zip(above, own, strict=True)]


def _axis(word: str) -> str:
    """Return what a heading stands for: n, e, x or y; empty when it is no coordinate."""
    told = _tokens(word)
    north, east = bool(told & _NORTH), bool(told & _EAST)
    if north != east:
        return "n" if north else "e"
    return next((axis for axis in ("x", "y") if axis in told), "") if len(told) <= _MOST_WORDS else ""


def _tokens(word: str) -> frozenset[str]:
    """Return the words of a heading, an axis and the side it is glued to as two of them."""
    found = set()
    for token in re.findall(r"[a-z]+|\d+", word):
        if len(token) > 1 and token[0] in "xyen" and token[1:] in _SOURCE | _TARGET:
            found |= {token[0], token[1:]}
        elif len(token) > 1 and token[-1] in "xyen" and token[:-1] in _SOURCE | _TARGET:
            found |= {token[:-1], token[-1]}
        else:
            found.add(token)
    return frozenset(found)


def _four(held: Sequence[int], words: Sequence[str], axes: Sequence[str]) -> list[int] | None:
    """Return the columns source first, source second, target first, target second, in the order of the table."""
    told = {column: _tokens(words[column]) for column in held}
    # "Bản đồ 299" and "bản đồ VN-2000": what names a source wins, as an old map is a map too.
    source = [column for column in held if told[column] & _SOURCE]
    target = [column for column in held if told[column] & _TARGET and column not in source]
    if not source and not target:
        source, target = list(held[:2]), list(held[2:4])
    elif len(source) < 2:
        source = [column for column in held if column not in target]
    elif len(target) < 2:
        target = [column for column in held if column not in source]
    if len(source) < 2 or len(target) < 2 or axes[source[0]] == axes[source[1]] or axes[target[0]] == axes[target[1]]:
        return None
    return [*source[:2], *target[:2]]


def _eastings_first(source: Points, target: Points, words: Sequence[str]) -> tuple[Points, Points, tuple[bool, bool]]:
    """Return both systems easting first, and whether each was northing first."""
    axes = [_axis(word) for word in words]
    is_named = [_named(axes[:2], words[:2]), _named(axes[2:], words[2:])]
    sized = [_by_size(source), _by_size(target)]
    flip_target = next((told for told in (is_named[1], sized[1], _custom(axes[2:])) if told is not None), False)
    there = target[:, ::-1] if flip_target else target
    flip_source = is_named[0] if is_named[0] is not None else sized[0]
    if flip_source is None:
        # The order that needs no mirror is the one both systems share.
        straight, turned = helmert_rms(source, there), helmert_rms(source[:, ::-1], there)
        flip_source = _custom(axes[:2])
        if max(straight, turned) > _MIRROR * min(straight, turned):
            flip_source = turned < straight
    return (source[:, ::-1] if flip_source else source), there, (bool(flip_source), bool(flip_target))


def _named(axes: Sequence[str], words: Sequence[str]) -> bool | None:
    """Return whether the northing comes first, by names that leave no choice; None where they do."""
    if set(axes) == {"n", "e"}:
        return axes[0] == "n"
    return axes[0] == "y" if all(_tokens(word) & _GIS for word in words) else None


def _custom(axes: Sequence[str]) -> bool:
    """Return whether the northing comes first by the custom of surveyors: X is the northing."""
    return axes[0] == "x" if set(axes) == {"x", "y"} else False


def _by_size(points: Points) -> bool | None:
    """Return whether the northing comes first by its size in national coordinates; None where it does not show."""
    first, second = np.median(points, axis=0)
    if min(first, second) < 0 or max(first, second) < _NATIONAL_NORTH_M or min(first, second) > _NATIONAL_NORTH_M:
        return None
    return bool(first > second)


def _ids(rows: pd.DataFrame, columns: Sequence[int]) -> npt.NDArray[np.object_]:
    others = [column for column in range(rows.shape[1]) if column not in columns and column < min(columns)]
    numbers = pd.Series(np.arange(1, len(rows) + 1), index=rows.index).astype("string")
    if not others:
        return np.asarray(numbers, dtype=object)
    named = rows.iloc[:, others[-1]].astype("string").str.strip()
    return np.asarray(named.mask(named == "").fillna(numbers), dtype=object)


def _numbers(values: pd.Series) -> Points:
    """Return a column of coordinates: 2191076.73, 2191076,73, 2.191.076,73 and 2 191 076.73; NaN for anything else."""
    text = values.astype("string").str.replace(r"[\s\u00a0']|m$", "", regex=True)
    dots, commas = text.str.count(r"\.").fillna(0), text.str.count(",").fillna(0)
    last_is_comma = text.str.contains(r",[^.]*$", regex=True).fillna(False).astype(bool)
    is_comma_decimal = (last_is_comma & (commas == 1)) | ((dots > 1) & (commas <= 1))
    european = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    english = text.str.replace(",", "", regex=False)
    chosen = european.where(is_comma_decimal, english)
    return np.asarray(pd.to_numeric(chosen, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))
