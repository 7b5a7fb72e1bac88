"""The packages in `docs/changes.md` follow the form and go through, one after the other."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import jsonschema
import pandas as pd
import shapely
import yaml

import schemas
from pipelines import store as land
from pipelines.change.request import Edit, Request
from pipelines.change.rights import plan
from pipelines.vault import Vault
from tests.unit.deliveries import ZONE
from tests.unit.held import fill, key

PAGE = Path(__file__).resolve().parents[2] / "docs" / "changes.md"
PACKAGES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)]


def after(body: dict[str, Any]) -> gpd.GeoDataFrame | None:
    """Return the parcels after, new ones numbered from 10."""
    rows = body.get("thua_dat")
    if rows is None:
        return None
    frame = pd.DataFrame(rows).assign(thua_dat_id=[key(10 + place) for place in range(len(rows))])
    return gpd.GeoDataFrame(frame, geometry=shapely.from_wkt(frame["geometry"]), crs=ZONE)


def heirs(before: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return who takes whose ground."""
    taken = before if parcels is None else parcels
    pairs = before[["thua_dat_id", "geometry"]].merge(taken[["thua_dat_id", "geometry"]], how="cross")
    common = shapely.area(shapely.intersection(pairs["geometry_x"].to_numpy(), pairs["geometry_y"].to_numpy()))
    old, new = pairs["thua_dat_id_x"], pairs["thua_dat_id_y"]
    frame = pd.DataFrame({"thua_key_cu": old, "thua_key_moi": new, "thua_dat_id_cu": old, "thua_dat_id_moi": new})
    return frame.assign(dien_tich_chung=common)[common > 0]


def test_the_page_shows_five_packages() -> None:
    assert [body["loai_bien_dong"] for body in PACKAGES] == ["TN", "CN", "TC", "XC", "TH"]
    for body in PACKAGES:
        jsonschema.Draft202012Validator(schemas.change_schema()).validate(body)


def test_the_packages_of_the_page_go_through(url: str, safe: Vault) -> None:
    fill(url, safe)
    with land.open_store(url, srid=ZONE) as store:
        ground = land.current(store, "thua_dat", ZONE)
        for body in PACKAGES:
            parcels = after(body)
            edits = [Edit(**edit) for edit in body.get("edits", ())]
            scope, day = (body["ma_xa"], body["ky_dia_gioi"]), body["ngay_hieu_luc"]
            request = Request(
                body["giao_dich_id"], body["loai_bien_dong"], *scope, day, "0" * 64, body["based_on"], parcels, edits
            )
            before = ground[ground["thua_dat_id"].isin(body["based_on"])]
            with store.transaction(scope, ZONE):
                found = plan(store, request, heirs(before, parcels), vault=safe)
                assert found.reasons == [], body["giao_dich_id"]
                moment = land.begin(store, scope, kind="change", package_sha256=None, srid=ZONE, valid=day)
                for difference in found.differences:
                    land.write(store, difference, moment, ZONE)
        held = store.frame("SELECT thua_key, chu_id FROM holders.quyen_su_dung_dat WHERE tx_to IS NULL")
        assert held.loc[held["chu_id"] == "c1", "thua_key"].tolist().count(key(10)) == 1
        assert key(2) not in set(held["thua_key"])
        assert not store.execute("SELECT 1 FROM holders.tai_san_bao_dam WHERE tx_to IS NULL AND thua_key = :key",
                                 {"key": key(2)}).fetchall()  # fmt: skip
