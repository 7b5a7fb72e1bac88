"""Sheets for tests whose faces and numbers are known: four lots of 100 px in a row above, one wide one below."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.scan.desk import corrections, redraw
from pipelines.scan.model import Faces, Ink, Labels, Page, Placed
from pipelines.scan.sheet import Sheet, _named, key
from pipelines.warping import fit

PX_PER_MM = 5.0
SIDE = 100.0


def lines():
    """Return the edges of four squares in a row over one wide face, each between two junctions."""
    x, top, middle, bottom = [100.0 + SIDE * i for i in range(5)], 100.0, 200.0, 260.0
    rows = [[(x[i], top), (x[i + 1], top)] for i in range(1, 3)]
    rows += [[(x[1], top), (x[0], top), (x[0], middle)], [(x[3], top), (x[4], top), (x[4], middle)]]
    rows += [[(x[i], top), (x[i], middle)] for i in range(1, 4)]
    rows += [[(x[i], middle), (x[i + 1], middle)] for i in range(4)]
    rows += [[(x[0], middle), (x[0], bottom), (x[4], bottom), (x[4], middle)]]
    return shapely.linestrings(np.concatenate(rows), indices=np.repeat(range(len(rows)), list(map(len, rows))))


def faces(edges=None):
    """Return traced faces; the wall between the first two lots is doubtful."""
    edges = lines() if edges is None else edges
    polygons = shapely.get_parts(shapely.polygonize(edges))
    place = shapely.get_coordinates(shapely.centroid(polygons))
    polygons = polygons[np.lexsort((place[:, 0].round(3), place[:, 1].round(3)))]
    sides = redraw._sides(edges, polygons)
    confidence = np.where(shapely.equals_exact(edges, shapely.LineString([(200, 100), (200, 200)])), 0.3, 0.95)
    table = gpd.GeoDataFrame(
        {"left": sides[0], "right": sides[1], "confidence": confidence, "ink_share": 0.9, "kind": "line"},
        geometry=edges,
    )
    rows = gpd.GeoDataFrame(
        {"confidence": 0.9, "kind": "parcel", "why": ""}, geometry=polygons, index=range(len(polygons))
    )
    weak = np.unique(table.loc[table["confidence"] < 0.5, ["left", "right"]].to_numpy())
    rows.loc[weak[weak >= 0], ["confidence", "why"]] = [0.3, "gap_bridged"]
    return Faces(rows, table)


def labels(made):
    """Return labels 1, 2, 3, … in the order of the faces; the third is unsure."""
    count = len(made.polygons)
    frame = gpd.GeoDataFrame(
        {
            "number": pd.Series(np.arange(1, count + 1)).astype("string"),
            "area": pd.Series(["400.0"] * count, dtype="string"),
            "code": pd.Series(["LUC"] * count, dtype="string"),
            "confidence": np.where(np.arange(count) == 2, 0.4, 0.99),
            "sure": np.arange(count) != 2,
            "why": np.where(np.arange(count) == 2, "readings_differ", ""),
            "listed": pd.Series([pd.NA] * count, dtype="boolean"),
        },
        geometry=shapely.centroid(made.polygons.geometry.to_numpy()),
    )
    loose = gpd.GeoDataFrame({"text": [], "confidence": [], "why": []}, geometry=[])
    return Labels(frame, loose)


def placed():
    """Return a place: 0.2 m per pixel, the corner of the page at (562 000, 2 192 080)."""
    source = np.array([[0.0, 0.0], [600.0, 0.0], [600.0, 400.0], [0.0, 400.0], [300.0, 200.0]])
    target = source * [0.2, -0.2] + [562_000.0, 2_192_080.0]
    warp = fit(source, target, tolerance_m=0.1, method="affine")
    points = pd.DataFrame({"id": list("abcde"), "x_px": source[:, 0], "y_px": source[:, 1], "x_m": target[:, 0]})
    points = points.assign(y_m=target[:, 1], residual_m=warp.residuals_m, used=True, origin="frame")
    return Placed(warp, "EPSG:5897", 1000, None, points, 0.2, ())


def page(path):
    return Page(path, 1, 600, 400, 127.0, None, None)


def sheet(path, known=None, place=None, traced=None):
    """Return a sheet as the stages leave it, with corrections applied."""
    known = corrections.of([]) if known is None else known
    redrawn = redraw.apply(faces() if traced is None else traced, known, PX_PER_MM, 2.0)
    dark = np.zeros((400, 600), dtype=np.uint8)
    ink = Ink(dark > 0, dark > 0, 2.0)
    named = _named(labels(redrawn.faces), redrawn.faces, known)
    return Sheet(
        page(path), PX_PER_MM, 255 - dark, dark, None, place, ink, redrawn.faces, named, known, redrawn.lost, 1000
    )


def picture(folder):
    """Write something to name a sheet by and return it."""
    path = folder / "to_1.png"
    path.write_bytes(b"a picture")
    return path, key(path, 1)


def nothing():
    """Return the faces of a sheet on which nothing closes."""
    edges = gpd.GeoDataFrame(
        {"left": np.empty(0, int), "right": np.empty(0, int), "confidence": np.empty(0), "ink_share": np.empty(0),
         "kind": np.empty(0, object)}, geometry=[],
    )  # fmt: skip
    rows = {"confidence": np.empty(0), "kind": np.empty(0, object), "why": np.empty(0, object)}
    return Faces(gpd.GeoDataFrame(rows, geometry=[]), edges)
