"""Pages that are scans of the same page: a hash that a second scan hardly changes, and who has the same one.

The hash is where letters stand, in cells of some millimetres around their middle, laid straight. Forms are alike, what
is written into them is not: words begin and end elsewhere. No text can be read from it.
"""

import base64
import zlib

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from pipelines.papers.pages import Grey

_MM = 25.4
_CELL = 3
"""Millimetres of a cell; letters are looked at in pixels of one millimetre."""

_ROWS, _COLUMNS = 96, 64
_MOST_INK, _SOFT_MM = 60.0, 1.5
_SLANT_MM, _STRIPS = 0.25, 48
_SLANTS_DEG = np.arange(-3.0, 3.01, 0.2)
_GRAINS = 24.0
_SAME, _SAME_BAND = 0.75, 0.55
"""Correlation of whole pages and of their two worst bands from which two pages are one. Second scans have 0.84 and 0.8
at least; of two certificates of one form the lines that are filled in have 0.3 at most."""

_BAND_ROWS, _WORST, _EMPTY_SHARE = 4, 2, 0.25
_BLOCK = 512

Grains = npt.NDArray[np.int8]
"""(n, rows, columns) hashes of n pages as numbers."""


def hashed(letters: Grey, dpi: float) -> str | None:
    """Return the hash of a page, None for one without letters.

    Args:
        letters: (H, W) ink of the size of letters, 255 = ink, upright.
        dpi: Its resolution.
    """
    small = _at(letters, dpi, 1.0).astype(np.float32)
    if not small.any():
        return None
    straight = _laid(np.minimum(small, _MOST_INK), _slant_deg(letters, dpi))
    soft = cv2.GaussianBlur(straight, (0, 0), _SOFT_MM)
    change = np.zeros_like(soft)
    change[:, _CELL:] = soft[:, _CELL:] - soft[:, :-_CELL]
    cells = change[_CELL // 2 :: _CELL, _CELL // 2 :: _CELL]
    grains = np.clip(np.rint(cells / (cells.std() + 1e-6) * _GRAINS), -127, 127).astype(np.int8)
    return base64.b64encode(zlib.compress(grains.tobytes(), 9)).decode("ascii")


def _at(letters: Grey, dpi: float, pixel_mm: float) -> Grey:
    size = [max(1, round(side / dpi * _MM / pixel_mm)) for side in letters.shape[::-1]]
    small: Grey = cv2.resize(letters, size, interpolation=cv2.INTER_AREA)
    return small


def _slant_deg(letters: Grey, dpi: float) -> float:
    """Return how far a page has to be turned, counterclockwise, so that its lines lie straight.

    Where they do, the sums of rows change most from row to row. Upright strips are moved up and down for that instead
    of turning the page.
    """
    strips = [part.sum(axis=1, dtype=np.float64) for part in np.array_split(_at(letters, dpi, _SLANT_MM), _STRIPS, 1)]
    middle = (np.arange(_STRIPS) + 0.5 - _STRIPS / 2) * letters.shape[1] / dpi * _MM / _SLANT_MM / _STRIPS
    moves = np.rint(-np.tan(np.radians(_SLANTS_DEG))[:, None] * middle).astype(np.int64)
    steep = [np.square(np.diff(sum(map(np.roll, strips, move)))).sum() for move in moves]
    best = int(np.argmax(steep))
    if not 0 < best < len(steep) - 1:
        return float(_SLANTS_DEG[best])
    before, peak, after = steep[best - 1 : best + 2]
    beyond = (before - after) / (2 * (before - 2 * peak + after))
    return float(_SLANTS_DEG[best] + beyond * (_SLANTS_DEG[1] - _SLANTS_DEG[0]))


def _laid(small: npt.NDArray[np.float32], angle: float) -> npt.NDArray[np.float32]:
    """Return a page turned about the middle of its ink, which comes to the middle of the picture."""
    rows, columns = small.sum(axis=1), small.sum(axis=0)
    middle = tuple(float((np.arange(len(sums)) + 0.5) @ sums / sums.sum()) for sums in (columns, rows))
    width, height = _COLUMNS * _CELL, _ROWS * _CELL
    matrix = cv2.getRotationMatrix2D(middle, float(angle), 1.0)
    matrix[:, 2] += width / 2 - middle[0], height / 2 - middle[1]
    picture: npt.NDArray[np.float32] = cv2.warpAffine(small, matrix, (width, height), flags=cv2.INTER_LINEAR)
    return picture


def same(facts: pd.DataFrame) -> pd.Series:
    """Return for each page the first page before it that it is a scan of, as `path#page`; null for the first.

    Pages of another serial are other pages, however alike. In another file, a page that has no serial of its own counts
    only with its whole file: forms have pages on which little is written. A file with the bytes of an earlier one is
    the same page by page.

    Args:
        facts: Rows of `model.TYPES`, in order.
    """
    name = facts["path"] + "#" + facts["page"].astype("string")
    exact = name.groupby([facts["sha256"], facts["page"]], dropna=False).transform("first")
    result = exact.where((exact != name) & (facts["page"] > 0)).astype("string")
    open_rows = np.flatnonzero(result.isna() & facts["hash"].notna())
    pairs = _pairs(facts["hash"].iloc[open_rows], facts["serial_read"].iloc[open_rows])
    if len(pairs):
        table = _told(facts, open_rows[pairs])
        first = table.groupby("later")["earlier"].min()
        found = pd.Series(name.iloc[first.to_numpy()].to_numpy(), index=result.index[first.index.to_numpy()])
        result = result.fillna(found.astype("string"))
    return result


def _pairs(hashes: pd.Series, serials: pd.Series) -> npt.NDArray[np.int64]:
    """Return (n, 2) pairs of rows, the earlier first, whose hashes are those of one page and whose serials agree."""
    number = pd.factorize(serials)[0]
    grains = _grains(hashes)
    flat = grains.reshape(len(grains), _ROWS * _COLUMNS).astype(np.float32)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(flat), _BLOCK):
        block = np.s_[start : start + _BLOCK]
        likeness = np.tril(flat[block] @ flat[: start + _BLOCK].T, start - 1)
        mine, theirs = number[block, None], number[: start + _BLOCK]
        later, earlier = np.nonzero((likeness > _SAME) & ((mine == theirs) | (mine < 0) | (theirs < 0)))
        pairs = np.column_stack([earlier, later + start]).astype(np.int64)
        # Pages of one form can be many: they are compared some at a time.
        for at in range(0, len(pairs), _BLOCK):
            some = pairs[at : at + _BLOCK]
            found.append(some[_worst_bands(grains[some[:, 0]], grains[some[:, 1]]) > _SAME_BAND])
    return np.concatenate(found)


def _grains(hashes: pd.Series) -> Grains:
    raw = [np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=np.int8) for text in hashes]
    stacked = np.array(raw, dtype=np.int8)
    return stacked.reshape(len(raw), _ROWS, _COLUMNS)


def _worst_bands(some: Grains, others: Grains) -> npt.NDArray[np.float32]:
    """Return the mean correlation of the bands that agree least, of pairs of pages; empty bands do not count."""
    a, b = (each.reshape(len(each), -1, _BAND_ROWS * _COLUMNS).astype(np.float32) for each in (some, others))
    energy = [np.einsum("nbc,nbc->nb", each, each) for each in (a, b)]
    alike = np.einsum("nbc,nbc->nb", a, b) / (np.sqrt(energy[0] * energy[1]) + 1e-6)
    most = np.maximum(*energy)
    written = most > 0
    usual = most.sum(axis=1, keepdims=True) / np.maximum(written.sum(axis=1, keepdims=True), 1)
    alike = np.where(most > _EMPTY_SHARE * usual, alike, 1.0)
    return np.asarray(np.sort(alike, axis=1)[:, :_WORST].mean(axis=1), dtype=np.float32)


def _told(facts: pd.DataFrame, pairs: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return the pairs that are told, as `earlier` and `later`."""
    table = pd.DataFrame(pairs, columns=["earlier", "later"])
    for side in ("earlier", "later"):
        rows = facts[["path", "serial_read"]].iloc[table[side].to_numpy()]
        table[f"{side}_path"], table[f"{side}_serial"] = rows["path"].to_numpy(), rows["serial_read"].to_numpy()
    has_serial = (table["earlier_serial"] == table["later_serial"]).fillna(False).astype(bool)
    written = facts.loc[facts["hash"].notna()].groupby("path").size()
    sides = table.groupby(["earlier_path", "later_path"])
    covered = [sides[side].transform("nunique") / table[f"{side}_path"].map(written) for side in ("earlier", "later")]
    is_whole = pd.concat(covered, axis=1).max(axis=1) >= 1
    return table.loc[(table["earlier_path"] == table["later_path"]) | has_serial | is_whole]
