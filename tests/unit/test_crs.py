"""The one pinned way of VN-2000, told by projection, and no ballpark."""

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from pipelines import crs, vn2000
from pipelines.errors import CrsError

ESRI = (
    'PROJCS["VN2000_Thanh_Hoa",GEOGCS["GCS_VN_2000",DATUM["D_Vietnam_2000",SPHEROID["WGS_1984",6378137.0,'
    '298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",105.5],'
    'PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
LISTED = schemas.codelist("epsg")
VN2000 = [f"EPSG:{code}" for code in LISTED.loc[LISTED["datum"] == "VN-2000", "code"]]
SHIFT = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"


def test_the_test_vector_of_the_official_parameters():
    there = crs.transformer_to_wgs84("EPSG:5897").transform(581_102.242, 2_191_076.731)
    assert there == pytest.approx((105.776, 19.807), abs=1e-8)
    back = crs.transformer_to_wgs84("EPSG:5897").transform(105.776, 19.807, direction="INVERSE")
    assert back == pytest.approx((581_102.242, 2_191_076.731), abs=1e-3)


@pytest.mark.parametrize("zone", VN2000)
def test_every_zone_goes_the_same_way_and_back(zone):
    way = crs.transformer_to_wgs84(zone)
    here = way.transform(105.8, 19.8, direction="INVERSE")
    assert way.transform(*here) == pytest.approx((105.8, 19.8), abs=1e-8)
    # The same point by the national operation of PROJ: the pinned one is EPSG's number two.
    group = pyproj.transformer.TransformerGroup(zone, crs.WGS84, always_xy=True)
    official = next(one for one in group.transformers if "VN-2000 to WGS 84 (2)" in one.description)
    assert way.transform(*here) == pytest.approx(official.transform(*here), abs=1e-10)
    assert crs.accuracy_m(zone) == 1


@pytest.mark.parametrize(
    "text",
    [
        ESRI,
        ESRI.replace("D_Vietnam_2000", "D_VN_2000").replace("GCS_VN_2000", "VN-2000"),
        ESRI.replace("D_Vietnam_2000", "D_Unknown_based_on_WGS_1984").replace("GCS_VN_2000", "Unknown"),
        f"+proj=tmerc +lat_0=0 +lon_0=105.5 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +towgs84={SHIFT} +no_defs",
    ],
)
def test_a_zone_without_code_is_known_by_its_projection(text):
    assert crs.srid(text) == 9209
    assert crs.transformer_to_wgs84(text).transform(5e5, 2.19e6) == pytest.approx(
        crs.transformer_to_wgs84("EPSG:9209").transform(5e5, 2.19e6), abs=1e-9
    )


def test_a_vietnamese_zone_that_calls_itself_wgs84_is_no_indian_one():
    text = ESRI.replace("D_Vietnam_2000", "D_WGS_1984").replace("GCS_VN_2000", "GCS_WGS_1984").replace("105.5", "105.0")
    assert vn2000.code(pyproj.CRS(text)) is None
    assert vn2000.resembles(pyproj.CRS(text)) == 5897
    with pytest.raises(CrsError):
        crs.srid(text)


@given(
    st.floats(104.3, 106.1), st.floats(19.2, 20.7), st.sampled_from([-18e6, 0.0, 48e6]), st.sampled_from([1e3, 1e-3])
)
def test_zone_numbers_and_units_written_as_proj_text(longitude, latitude, prefix, unit):
    text = vn2000.proj_text(crs.parse("EPSG:5897"), easting_m=prefix, unit_m=unit)
    plain = np.array(crs.transformer_to_wgs84("EPSG:5897").transform(longitude, latitude, direction="INVERSE"))
    there = crs.transformer_to_wgs84(text).transform(*((plain + np.array([prefix, 0])) / unit))
    assert there == pytest.approx((longitude, latitude), abs=2e-8)


def test_a_datum_nobody_connects_is_refused():
    with pytest.raises(CrsError, match="No operation"):
        crs.transformer_to_wgs84("+proj=tmerc +lat_0=0 +lon_0=105 +k=0.9999 +x_0=500000 +ellps=WGS84 +units=m")
    with pytest.raises(CrsError, match="No operation"):
        crs.transformer_to_wgs84("EPSG:2045")
    assert crs.accuracy_m("EPSG:2044") == 5
    assert crs.accuracy_m("EPSG:4326") in {None, 0}


def test_no_grid_is_fetched():
    assert not pyproj.network.is_network_enabled()
