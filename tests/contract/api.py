"""What tests of the API ask with, and what they hold the answers against."""

import numpy as np
import pyproj
import shapely

from tests import server_home
from tests.server_home import ZONES

ITEMS = "/api/collections/parcels/items"
FIRST = "15670.E2025A.1.1.1"
COUNT = sum(zone.columns * zone.rows for zone in ZONES)
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
PINNED = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0=105 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 "
    "+step +proj=push +v_3 +step +proj=cart +ellps=WGS84 +step +proj=helmert +x=-191.90441429 +y=-39.30318279 "
    "+z=-111.45032835 +rx=-0.00928836 +ry=0.01975479 +rz=-0.00427372 +s=0.252906278 +convention=coordinate_frame "
    "+step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
)


def epsg(code):
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


def get(client, path, status=200, **params):
    answer = client.get(path, params=params or None)
    assert answer.status_code == status, answer.text
    return answer.json()


def ids(collection):
    return [feature["id"] for feature in collection["features"]]


def lonlat_squares():
    """Return the parcels of the first zone in longitude and latitude, transformed here and not by the server."""
    to_degrees = pyproj.Transformer.from_pipeline(PINNED)
    return shapely.transform(
        server_home.squares(ZONES[0]), lambda points: np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))
    )
