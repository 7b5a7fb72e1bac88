"""Scans that the register names, against the files of the package."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines import findings
from pipelines.geometry import Floats, Indices
from pipelines.validate.records import Records, first

SUFFIXES = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff"})
_BEGINNINGS = (b"%PDF", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PDF_WITHIN = 1024
_BETWEEN = re.compile(r"\s*[;,|\n\r]\s*")


@dataclass(frozen=True, slots=True)
class Scans:
    """The scans of a package.

    Attributes:
        names: Names of files without their folders, folded, with and without ending.
        broken: Those of them that are empty or begin like no scan.
    """

    names: frozenset[str]
    broken: frozenset[str]


def survey(root: Path) -> Scans:
    """Return the scans below the folder of a package. Of each file only the beginning is read."""
    paths = [path for path in sorted(root.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    sound = [path for path in paths if _is_scan(path)]
    good = {name for path in sound for name in _spelled(path.name)}
    # Of two files of one name one may be sound.
    return Scans(
        frozenset(name for path in paths for name in _spelled(path.name)),
        frozenset(name for path in paths for name in _spelled(path.name)) - frozenset(good),
    )


def check(records: Records, scans: Scans) -> gpd.GeoDataFrame:
    """Report rows whose scans are not in the package, are empty or no pictures; the value counts the files of a row.

    Where the package has no scan at all, that is one finding for each register, its value the files it names.

    Source: KH 515/KH-BCA-BNN&MT and CV 2071/QLĐĐ-TKKKTTĐĐ (column AX of PL3-01, `<serial>-GCN.pdf`).

    Emits: giay_chung_nhan.scan_missing, giay_chung_nhan.scan_unreadable
    """
    code, cells = pd.factorize(records.rows["ten_file"])
    listed = [[_folded(part) for part in _BETWEEN.split(str(cell)) if part] for cell in cells]
    if not scans.names:
        return _none_at_all(records, code, listed)
    missing = _counts([sum(name not in scans.names for name in each) for each in listed], code)
    broken = _counts([sum(name in scans.broken for name in each) for each in listed], code)
    parts = []
    for name, count in (("scan_missing", missing), ("scan_unreadable", broken)):
        at = first(count > 0, records.paper, code)
        parts.append(records.report(f"giay_chung_nhan.{name}", at, value=count[at]))
    return findings.concat(parts, crs=records.crs)


def _none_at_all(records: Records, code: Indices, listed: Sequence[Sequence[str]]) -> gpd.GeoDataFrame:
    named = pd.DataFrame({"source": records.rows["source"], "code": code})
    named = named.loc[named["code"] >= 0].drop_duplicates()
    counts = named["code"].map(dict(enumerate(map(len, listed)))).groupby(named["source"]).sum()
    counts = counts[counts > 0]
    if counts.empty:
        return records.nothing
    return findings.build(
        "giay_chung_nhan.scan_missing",
        counts.index.to_numpy(),
        crs=records.crs,
        value=counts.astype("float64"),
        source=counts.index.to_numpy(),
    )


def _counts(counts: Sequence[int], code: Indices) -> Floats:
    """Return a count per cell as one per row; rows without a cell have none."""
    return np.append(np.asarray(counts, dtype=np.float64), 0.0)[code]


def _is_scan(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(_PDF_WITHIN)
    except OSError:
        return False
    # A PDF may have something before it; its readers allow a kilobyte.
    return head.startswith(_BEGINNINGS) or (path.suffix.lower() == ".pdf" and b"%PDF" in head)


def _spelled(name: str) -> tuple[str, str]:
    folded = _folded(name)
    return folded, folded.rsplit(".", 1)[0]


def _folded(name: str) -> str:
    """Return the name of a file as it is compared: without folders, composed, in lower case, without spaces."""
    last = re.split(r"[/\\]", name.strip())[-1]
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", last)).casefold()
