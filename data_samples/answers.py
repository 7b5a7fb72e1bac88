"""The answer sheets: every finding a correct pipeline must report, and the parcels as they truly are."""

import csv
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from data_samples.deliveries import register_files
from data_samples.model import Delivery

FINDING_COLUMNS = ("code", "to", "thua", "other_to", "other_thua", "row", "x", "y", "value", "note")
PARCEL_COLUMNS = ("to", "thua", "loai_dat", "dien_tich", "x", "y")

PROVINCE_COLUMNS = ("code", "ma_xa", "to", "thua", "other_ma_xa", "other_to", "other_thua", "note")


def write(delivery: Delivery, folder: Path) -> None:
    """Write `<code>.findings.csv` and `<code>.parcels.csv`.

    `row` is the file and its row number, counted from 1 with titles and heading, as row ids of the pipeline are.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = {
        id(row): f"{file.path}#{number}"
        for file in register_files(delivery)
        for number, row in enumerate(file.rows, start=file.above + 1)
    }
    findings = [
        (
            item.code,
            item.to,
            item.thua,
            item.other_to,
            item.other_thua,
            places[id(item.row)] if item.row is not None else item.file,
            *(f"{part:.3f}" for part in (item.at or ())),
            *(("", "") if item.at is None else ()),
            "" if item.value is None else f"{item.value:.4f}",
            item.note,
        )
        for item in delivery.answers
    ]
    _table(folder / f"{delivery.commune.code}.findings.csv", FINDING_COLUMNS, sorted(findings, key=lambda row: row[0]))
    parcels = [
        (parcel.to, parcel.thua, parcel.code, f"{parcel.area_m2:.1f}", *(f"{part:.3f}" for part in parcel.spot))
        for parcel in delivery.parcels
        if not (delivery.commune.on_paper and parcel.is_ground)  # nothing is written in them
    ]
    _table(folder / f"{delivery.commune.code}.parcels.csv", PARCEL_COLUMNS, parcels)


def write_province(deliveries: Sequence[Delivery], folder: Path) -> None:
    """Write `province.findings.csv`: what each pair of these communes has against each other."""
    lines = [
        (
            mine.code,
            one.commune.code,
            mine.to,
            mine.thua,
            other.commune.code,
            theirs.to,
            theirs.thua,
            f"planted: {mine.what}",
        )
        for one, other in itertools.combinations(sorted(deliveries, key=lambda item: item.commune.code), 2)
        for mine, theirs in itertools.product(one.shared, other.shared)
        if (mine.code, mine.what) == (theirs.code, theirs.what)
    ]
    _table(folder / "province.findings.csv", PROVINCE_COLUMNS, sorted(lines))


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
