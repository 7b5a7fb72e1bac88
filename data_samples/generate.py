"""From a seed to the deliveries and their answer sheets."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import shapely

from data_samples import answers, deliveries, on_paper, plane, register, sheets
from data_samples.communes import COMMUNES, Commune, commune
from data_samples.defects import plant
from data_samples.model import Delivery

SEED = 38
"""Seed of the published samples: the province code of Thanh Hoa."""


def generate(out: Path, seed: int = SEED, codes: Sequence[str] | None = None) -> None:
    """Write `out/inbox/<code>_<slug>/…`, `out/expected/<code>.{findings,parcels}.csv` and `province.findings.csv`.

    Args:
        out: Folder to write into; files of the same name are replaced.
        seed: The same seed gives the same files, byte by byte.
        codes: Commune codes; all by default.

    Raises:
        KeyError: A code is none of a sample commune.
    """
    chosen = COMMUNES if codes is None else tuple(commune(code) for code in codes)
    built = [build(item, seed) for item in chosen]
    for delivery in built:
        deliveries.write(delivery, out / "inbox")
        answers.write(delivery, out / "expected")
    answers.write_province(built, out / "expected")


def build(item: Commune, seed: int = SEED) -> Delivery:
    """Return everything about one commune, defects included, nothing written."""
    delivery = clean(item, seed)
    plant(delivery, Random(f"{seed}-{item.code}-defects"))
    return delivery


def clean(item: Commune, seed: int = SEED) -> Delivery:
    """Return one commune before any defect: parcels fill the outline, each has its number, label and rows."""
    if item.on_paper:
        return on_paper.clean(item, seed)
    rng = Random(f"{seed}-{item.code}")
    pieces = plane.build(item, rng)
    parcels, frames = sheets.assign(pieces, item, single=item.profile == "dxf_pl3_01")
    outline = shapely.coverage_union_all([parcel.geometry for parcel in parcels])
    delivery = Delivery(item, parcels, outline, frames=frames)
    register.fill(delivery, Random(f"{seed}-{item.code}-register"))
    delivery.captions = register.captions(delivery)
    return delivery
