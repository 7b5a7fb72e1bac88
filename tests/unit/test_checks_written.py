"""Checks of what is written about a parcel: numbers, areas, land uses, records."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pipelines import findings
from pipelines.tolerances import Tolerances
from pipelines.validate import examine
from tests.unit.parcels import CRS, codes, found, frame, lot


def test_missing_number_is_not_asked_of_roads():
    parcels = frame(
        lot(0, 0),
        lot(20, 0),
        lot(40, 0),
        so_hieu_to_ban_do=["1", "1", "1"],
        so_thu_tu_thua=["1", None, " "],
        la_doi_tuong_chiem_dat=[False, False, True],
    )
    assert found(parcels)["feature_id"].tolist() == ["to.shp#2"]


def test_face_without_label_is_said_once():
    parcels = frame(lot(0, 0), so_hieu_to_ban_do="1", so_thu_tu_thua=pd.NA)
    prior = findings.build("ban_ve.face_without_label", ["to.shp#1"], crs=CRS)
    assert codes(parcels, prior=prior) == []


def test_duplicate_key_names_every_parcel_of_the_key():
    parcels = frame(lot(0, 0), lot(20, 0), lot(40, 0), thua_key=["x.1.7", "x.1.8", "x.1.7"])
    parcels = parcels.assign(so_hieu_to_ban_do="1", so_thu_tu_thua=["7", "8", "7"])
    told = found(parcels)
    assert told["feature_id"].tolist() == ["to.shp#1", "to.shp#3"]
    assert told["other_id"].tolist() == ["to.shp#3", "to.shp#1"]
    assert told["detail"].tolist() == ["x.1.7"] * 2


def test_missing_numbers_are_not_duplicates():
    parcels = frame(lot(0, 0), lot(20, 0), so_hieu_to_ban_do="1", so_thu_tu_thua=pd.NA)
    assert set(codes(parcels)) == {"thua_dat.missing_number"}


def test_recorded_area():
    parcels = frame(lot(0, 0), lot(20, 0), lot(40, 0), lot(60, 0), ty_le=1000)
    parcels["dien_tich"] = [408.0, 408.2, None, 0.0]
    parcels["dien_tich_phap_ly"] = [400.0, 430.0, 391.5, None]
    told = found(parcels, "thua_dat.area_mismatch")
    assert told["feature_id"].tolist() == ["to.shp#2", "to.shp#3"]
    assert told["value"].tolist() == pytest.approx([30.0, 8.5])
    assert told["limit"].tolist() == pytest.approx([8.0, 8.0])
    assert told["detail"].tolist() == ["dien_tich_phap_ly=430.0", "dien_tich_phap_ly=391.5"]


def test_areas_in_whole_square_metres_may_be_off_by_one():
    assert codes(frame(lot(0, 0, 1.6, 1), dien_tich_phap_ly=[2.4])) == ["thua_dat.area_mismatch"]
    assert codes(frame(lot(0, 0, 1.6, 1), dien_tich_phap_ly=[1.0])) == []


def test_the_stretch_of_a_national_projection_is_no_mismatch():
    """Near 47° N Lambert-93 shows 0.19 % too little: 40,000 m² on the grid are 40,075 m² on the ground."""
    field = gpd.GeoDataFrame(
        {"feature_id": ["a", "b"], "source": "x", "ty_le": 500, "dien_tich": [40_074.0, 39_999.5]},
        geometry=[
            shapely.box(960_000, 6_650_000, 960_200, 6_650_200),
            shapely.box(961_000, 6_650_000, 961_200, 6_650_200),
        ],
        crs="EPSG:2154",
    )
    told = examine(field, Tolerances())
    assert told["feature_id"].tolist() == ["b"]
    assert told["value"].iloc[0] == pytest.approx(74.8, abs=1)


def test_area_of_the_label():
    told = found(frame(lot(0, 0), dien_tich_nhan=[450.0], ty_le=1000))
    assert told["code"].tolist() == ["thua_dat.label_mismatch"]
    assert told["value"].iloc[0] == pytest.approx(50.0)


def test_land_use_of_the_label_against_the_register():
    parcels = frame(lot(0, 0), lot(20, 0), lot(40, 0), thua_key=["a", "b", "c"], loai_dat=["ONT+CLN", "LUC", "BHK"])
    parcels = parcels.assign(so_hieu_to_ban_do="1", so_thu_tu_thua=["1", "2", "3"])
    uses = pd.DataFrame({"thua_key": ["a", "a", "b"], "loai_dat": ["CLN", "HNK", "CLN"]})
    told = found(parcels, purposes=uses)
    assert told["code"].tolist() == ["thua_dat.label_mismatch"]
    assert told["detail"].iloc[0] == "LUC / CLN"


def test_unknown_code_is_not_said_twice():
    parcels = frame(lot(0, 0), lot(20, 0), lot(40, 0), lot(60, 0), loai_dat=["ONT+XYZ", "QQQ", "LUC", None])
    prior = findings.build("thua_dat.unknown_code", ["to.shp#2"], crs=CRS)
    told = found(parcels, prior=prior)
    assert told["feature_id"].tolist() == ["to.shp#1"]
    assert told["detail"].tolist() == ["ONT+XYZ"]


def test_record_is_asked_only_when_there_is_a_register():
    parcels = frame(
        lot(0, 0),
        lot(20, 0),
        lot(40, 0),
        so_hieu_to_ban_do="1",
        so_thu_tu_thua=["1", "2", "3"],
        co_dang_ky=[True, False, False],
        la_doi_tuong_chiem_dat=[False, False, True],
    )
    assert codes(parcels) == []
    assert found(parcels, has_register=True)["feature_id"].tolist() == ["to.shp#2"]


PAPERS = {"dien_tich": [400.0, 400.1], "dien_tich_phap_ly": [400.3, 400.1]}  # decimals: written to 0.1 m²


@pytest.mark.parametrize(
    ("use", "label_m2", "expected"),
    [
        ("CLN", 400.0, ["so_dia_chinh.legal_area_mismatch"]),
        ("LUC", 400.0, ["so_dia_chinh.legal_area_mismatch", "thua_dat.label_mismatch"]),
        ("CLN", 450.0, ["so_dia_chinh.legal_area_mismatch", "thua_dat.label_mismatch"]),
    ],
)
def test_a_wrong_label_hides_nothing_between_the_papers(use, label_m2, expected):
    keys = {"thua_key": ["a", "b"], "so_hieu_to_ban_do": "1", "so_thu_tu_thua": ["1", "2"]}
    labels = {"loai_dat": [use, "LUC"], "dien_tich_nhan": [label_m2, 400.1]}
    parcels = frame(lot(0, 0), lot(20, 0), **keys, **PAPERS, **labels)
    told = found(parcels, purposes=pd.DataFrame({"thua_key": ["a", "b"], "loai_dat": ["CLN", "LUC"]}))
    assert sorted(told["code"][told["feature_id"] == "to.shp#1"]) == expected
