"""Every counterexample of the checks causes its finding and no other; the clean delivery causes none."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import shape

import schemas
from pipelines import findings
from pipelines.tolerances import Tolerances
from pipelines.validate import run

OTHERS = frozenset({"thua_dat.legacy_code", "thua_dat.ambiguous_code"})
"""Codes about parcels that other steps emit."""


def bodies():
    for folder in ("counterexamples", "examples"):
        for path in sorted((schemas.ROOT / folder).glob("*.json")):
            body = json.loads(path.read_text(encoding="utf-8"))
            code = body.get("expect", "not a delivery") or "thua_dat."
            if code.startswith("thua_dat.") and code not in OTHERS:
                yield pytest.param(body, id=path.stem)


@pytest.mark.parametrize("body", list(bodies()))
def test_checks_alone_find_what_is_expected(body):
    shapes = [shape(text) if text else None for text in (row["geometry"] for row in body["parcels"])]
    parcels = gpd.GeoDataFrame(pd.DataFrame(body["parcels"]).drop(columns="geometry"), geometry=shapes, crs=body["crs"])
    rows = pd.DataFrame(body["register"])
    uses = rows[["thua_key", "loai_dat_1"]].set_axis(["thua_key", "loai_dat"], axis=1)
    done = run(
        parcels,
        Tolerances(body["scale"]),
        profile="acceptance",
        prior=findings.empty(body["crs"]),
        outline=shape(body["outline"]),
        purposes=uses,
        rows=rows,
        documented=documented(body),
    )
    assert set(done.findings["code"]) == ({body["expect"]} if body["expect"] else set())


def documented(body):
    """Return the shapes that documents have for the parcels, None where nothing says that they differ."""
    rows = body.get("documented")
    shapes = [shape(row["geometry"]) for row in rows or []]
    return (
        gpd.GeoDataFrame({"feature_id": [row["feature_id"] for row in rows]}, geometry=shapes, crs=body["crs"])
        if rows
        else None
    )


def test_every_check_code_has_a_counterexample():
    emitted = {code for code in schemas.findings() if code.startswith("thua_dat.")}
    there = {path.stem for path in (schemas.ROOT / "counterexamples").glob("thua_dat.*.json")}
    assert emitted == there
