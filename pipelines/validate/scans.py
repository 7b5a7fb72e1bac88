"""Scans that the register names, against the files of the package."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import findings
from pipelines.papers.linked import folded, names_in
from pipelines.validate.records import Records, first

SUFFIXES = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff"})
_BEGINNINGS = (b"%PDF", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PDF_WITHIN = 1024


@dataclass(frozen=True, slots=True)
class Scans:
    """The scans of a package.

    Attributes:
        names: Names of files without their folders, folded, with and without ending.
        broken: Those of them that are empty or begin like no scan.
    """

    names: frozenset[str]
    broken: frozenset[str]


def survey(root: Path, unread: Collection[str] = ()) -> Scans:
    """Return the scans below the folder of a package. Of each file only the beginning is read.

    Args:
        root: Folder of the package.
        unread: Paths in it of files that are known to give no page.
    """
    paths = [path for path in sorted(root.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file()]
    lost = {root / path for path in unread}
    every = spelled([path.name for path in paths])
    sound = spelled([path.name for path in paths if path not in lost and _is_scan(path)])
    # Of two files of one name one may be sound.
    return Scans(every, every - sound)


def check(records: Records, scans: Scans) -> gpd.GeoDataFrame:
    """Report rows whose scans are not in the package, are empty or no pictures; the value counts the files of a row.

    Where the package has no scan at all, that is one finding for each register, its value the files it names.

    Source: KH 515/KH-BCA-BNN&MT and CV 2071/QLĐĐ-TKKKTTĐĐ (column AX of PL3-01, `<serial>-GCN.pdf`).

    Emits: giay_chung_nhan.scan_missing, giay_chung_nhan.scan_unreadable
    """
    row, name = names_in(records.rows["ten_file"])
    is_name = pc.not_equal(name, "").to_numpy(zero_copy_only=False)
    if not scans.names:
        named = pd.DataFrame({"source": records.rows["source"].iloc[row].to_numpy(), "name": name.to_pandas()})
        counts = named.loc[is_name].drop_duplicates().groupby("source", sort=True).size()
        ids = counts.index.to_numpy()
        return findings.build(
            "giay_chung_nhan.scan_missing", ids, crs=records.crs, value=counts.astype("float64"), source=ids
        )
    told = pd.factorize(records.rows["ten_file"])[0]
    parts = []
    is_there, is_broken = (
        pc.is_in(name, pa.array(list(each), type=pa.string())).to_numpy(zero_copy_only=False)
        for each in (scans.names, scans.broken)
    )
    for code, where in (
        ("giay_chung_nhan.scan_missing", is_name & ~is_there),
        ("giay_chung_nhan.scan_unreadable", is_name & is_broken),
    ):
        count = np.bincount(row[where], minlength=len(records)).astype(np.float64)
        at = first(count > 0, records.paper, told)
        parts.append(records.report(code, at, value=count[at]))
    return findings.concat(parts, crs=records.crs)


def spelled(names: Sequence[str]) -> frozenset[str]:
    """Return names of files as they are compared, with and without their ending."""
    whole = folded(pa.array(names, type=pa.string())).to_pylist()
    return frozenset(whole) | frozenset(name.rsplit(".", 1)[0] for name in whole)


def _is_scan(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            head = stream.read(_PDF_WITHIN)
    except OSError:
        return False
    # A PDF may have something before it; its readers allow a kilobyte.
    return head.startswith(_BEGINNINGS) or (path.suffix.lower() == ".pdf" and b"%PDF" in head)
