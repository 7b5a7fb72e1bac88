"""Provinces that no office hands in: one commune, one twice, thousands upon each other, names full of delimiters."""

import json
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipelines import findings, vault
from pipelines import store as land
from pipelines.load import run as load
from pipelines.province import run
from pipelines.province.borders import check_borders
from pipelines.province.duplicates import contradictions
from pipelines.province.files import execute
from pipelines.settings import Settings

from .deliveries import NUMBERS, ZONE, delivery, parcels, squares
from .test_province import holders
from .test_province_borders import ONE, OTHER, grid, scene, told


def test_one_commune_has_nothing_against_itself() -> None:
    assert len(run(scene({ONE: grid(range(3))}))) == 0
    assert len(run(scene({}))) == 0


def test_a_commune_delivered_under_two_codes_is_told_parcel_by_parcel() -> None:
    found = run(scene({ONE: grid(range(3)), OTHER: grid(range(3))}))
    counts = found["code"].value_counts().to_dict()
    assert counts == {"lien_xa.same_ground": 9, "lien_xa.same_identifier": 9}


def test_parcels_upon_each_other_are_told_once_and_soon() -> None:
    one, other = (np.repeat(grid(range(1), 1), count) for count in (400, 300))
    started = time.monotonic()
    found = check_borders(scene({ONE: one, OTHER: other}))
    assert told(found) == [("lien_xa.same_ground", "1", "1")]
    assert time.monotonic() - started < 5


def test_ten_thousand_serials_are_compared_at_once() -> None:
    many = 20_000
    rows = pd.DataFrame({"key": [f"k{at // 2}" for at in range(many)], "mark": [f"m{at}" for at in range(many)]})
    rows["scope"] = ["15670.E2025A", "15703.E2025A"] * (many // 2)
    rows["feature_id"] = rows["scope"] + ".1.1." + rows.index.astype(str)
    junk = rows.assign(key="0")
    assert len(contradictions(rows.astype("string"))) == many // 2
    assert len(contradictions(junk.astype("string"))) == 1


NASTY = ('Hư;Cấu\n"A",', "Không\tCó; ", "'; DROP TABLE ca_nhan; --")


@pytest.mark.parametrize("outline", [None, shapely.Point(0, 0), shapely.Polygon(), "half"])
def test_names_with_delimiters_and_missing_outlines_are_borne_and_not_told(tmp_path, outline) -> None:
    with land.open_store(tmp_path, srid=ZONE) as store:
        for place, commune in enumerate(("15670", "15703")):
            people = holders(commune)
            people["ca_nhan"] = people["ca_nhan"].assign(ho_ten=[f"{name} {commune}" for name in NASTY])
            shape = shapely.box(0, 0, 1, 1) if outline == "half" and place else None if outline == "half" else outline
            names = {"ma_xa": [commune], "ky_dia_gioi": ["E2025A"], "ten_xa": ['Xã\n;"X"']}
            tables = {"xa": gpd.GeoDataFrame(names, geometry=[shape], crs=ZONE)}
            shapes = parcels(squares(4, shift_m=79.0 * place), ma_xa=commune)
            numbers = shapes["so_thu_tu_thua"].replace({"4": "4.5;\n"})
            shapes = shapes.assign(so_thu_tu_thua=numbers, dia_chi="Số 7; ngõ Hư Cấu")
            wanted = delivery(ma_xa=commune, parcels=shapes, holders=people, tables=tables)
            load(wanted, store, vault.open_vault(tmp_path / "holder.key"))
    execute(tmp_path, Settings(home=tmp_path))
    rows = findings.read(tmp_path / "province/findings.parquet")
    assert {"lien_xa.certificate_twice", "lien_xa.number_twice", "lien_xa.border_overlap"} <= set(rows["code"])
    text = rows.drop(columns="geometry").to_csv()
    text += "".join(path.read_bytes().decode("utf-8", "replace") for path in (tmp_path / "province").iterdir())
    hidden = [*NUMBERS, *NASTY, "Hư", "BĐ 00000", "DROP TABLE ca_nhan", "ngõ"]
    assert [word for word in hidden if word in text] == []
    assert json.loads((tmp_path / "province/summary.json").read_text("utf-8"))["pairs"] == 1
