"""Parcels for the tests of the checks, in metres from a point in Triệu Sơn."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.tolerances import Tolerances
from pipelines.validate import examine

CRS = "EPSG:5897"
E0, N0 = 560_000.0, 2_190_000.0


def ground(*corners, holes=()):
    """Return a parcel by its corners, and those of its holes."""
    moved = [[(E0 + x, N0 + y) for x, y in ring] for ring in (corners, *holes)]
    return shapely.Polygon(moved[0], moved[1:])


def lot(east, north, width=20.0, depth=20.0):
    """Return a four-corner parcel."""
    return shapely.box(E0 + east, N0 + north, E0 + east + width, N0 + north + depth)


def frame(*shapes, **columns):
    """Return parcels `to.shp#1` and so on."""
    made = gpd.GeoDataFrame(
        {"feature_id": [f"to.shp#{n}" for n in range(1, len(shapes) + 1)], "source": "to.shp"},
        geometry=np.array(shapes, dtype=object),
        crs=CRS,
    )
    return made.assign(**columns)


def found(parcels, code=None, **options):
    """Return the findings of all checks, or those of one code."""
    every = examine(parcels, options.pop("tolerances", Tolerances()), **options)
    return every if code is None else every[every["code"] == code].reset_index(drop=True)


def codes(parcels, **options):
    """Return the codes found, in order."""
    return found(parcels, **options)["code"].tolist()


def comparable(told):
    """Return findings as rows that can be compared, numbers to the micrometre."""
    table = pd.DataFrame(told.drop(columns="geometry")).round({"value": 6, "limit": 6}).astype("string").fillna("")
    return sorted(table.itertuples(index=False, name=None))


def turned(polygon, by, reverse):
    """Return a polygon whose shell begins elsewhere and may turn the other way."""
    ring = polygon.exterior.coords[:-1]
    ring = ring[by % len(ring) :] + ring[: by % len(ring)]
    return shapely.Polygon(ring[::-1] if reverse else ring, [hole.coords[:] for hole in polygon.interiors])
