"""What an officer edits in a review file comes back, by place, whatever the program makes of the sheet next time."""

import sqlite3
import struct
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import LineString, Point, Polygon

from pipelines.errors import ReadError
from pipelines.scan.desk import corrections, edits, redraw, review
from tests.unit import scans


@pytest.fixture(params=["placed", "bare"])
def made(tmp_path, request):
    """Return a review file, the key of its picture, and the place of the sheet."""
    path, key = scans.picture(tmp_path)
    place = scans.placed() if request.param == "placed" else None
    sheet = scans.sheet(path, place=place)
    review.write(sheet, review.layers(sheet), tmp_path / "review.gpkg", key)
    return tmp_path / "review.gpkg", key, place


def on_map(place, *points):
    points = np.array(points, dtype=float)
    return points * [1.0, -1.0] if place is None else place.warp(points)


def layer(path, name):
    return pyogrio.read_dataframe(path, layer=name, fid_as_index=True)


def edited(path, name, change):
    """Change the rows of a layer as QGIS does: each by its number, the shape as it is stored."""
    before = layer(path, name)
    rows = change(before)
    columns = [column for column in rows.columns if column in {"so_thua", "dien_tich", "loai_dat", "loai", "xac_nhan"}]
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        gone = [(fid,) for fid in before.index.difference(rows.index).tolist()]
        database.executemany(f"DELETE FROM {name} WHERE fid = ?", gone)
        for fid, shape in zip(rows.index.tolist(), rows.geometry, strict=True):
            values = [
                None if pd.isna(value) else getattr(value, "item", lambda v=value: v)()
                for value in rows.loc[fid, columns]
            ]
            blob = b"GP\0\1" + struct.pack("<i", -1) + shapely.to_wkb(shape)
            named = ", ".join(f"{column} = ?" for column in columns)
            database.execute(f"UPDATE {name} SET geom = ?, {named} WHERE fid = ?", [blob, *values, fid])
    database.close()


def drawn(path, name, shape, **values):
    """Add one row to a layer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = gpd.GeoDataFrame({"xac_nhan": [False]} | values, geometry=[shape], crs=layer(path, name).crs)
        pyogrio.write_dataframe(row, path, layer=name, driver="GPKG", append=True)


def without(shape):
    """Return the change that takes away the line in the middle of which a wall stands."""
    middle = shapely.line_interpolate_point(shape, 0.5, normalized=True)
    return lambda rows: rows[~shapely.dwithin(middle, rows.geometry.to_numpy(), 1e-3)]


def again(made, changed_place=None, traced=None, kept=None):
    """Return the sheet of the next run, with what was edited, and the corrections kept."""
    path, key, place = made
    told = edits.read(path, key)
    whole = corrections.merged(
        corrections.of([]) if kept is None else kept, told.corrections, told.taken_back, told.faces, 2.0
    )
    return scans.sheet(path.parent / "to_1.png", whole, changed_place or place, traced), whole


def test_nothing_edited_is_nothing_to_take_back(made):
    told = edits.read(made[0], made[1])
    assert len(told.corrections) == 0 and len(told.taken_back) == 0
    assert len(told.faces) == 5


def test_a_number_typed_beside_its_face_is_the_number_of_that_face(made):
    path = made[0]

    def change(rows):
        doubtful = rows.index[rows["so_thua"] == "3"]
        return rows.assign(so_thua=rows["so_thua"].where(~rows.index.isin(doubtful), "33"))

    edited(path, "so", change)
    sheet, kept = again(made)
    assert kept["kind"].tolist() == ["face"]
    assert sheet.labels.faces["number"].tolist() == ["1", "2", "33", "4", "5"]
    assert sheet.labels.faces["sure"].all()
    shown = review.layers(sheet)
    assert shown["thua"].set_index("so_thua")["xac_nhan"].to_dict() == {"33": True} | dict.fromkeys("1245", False)
    assert not shown["so"]["can_xem"].any()


def test_a_wall_taken_away_joins_two_lots(made):
    path, _, place = made
    wall = LineString(on_map(place, (300, 100), (300, 200)))
    edited(
        path,
        "canh",
        lambda rows: rows[
            ~shapely.dwithin(shapely.line_interpolate_point(wall, 0.5, normalized=True), rows.geometry.to_numpy(), 1e-3)
        ],
    )
    sheet, kept = again(made)
    assert kept["kind"].tolist() == ["edge_removed"]
    assert len(sheet.faces.polygons) == 4 and len(sheet.lost) == 0
    assert sorted(shapely.area(sheet.faces.polygons.geometry).round(3)) == [10000, 10000, 20000, 24000]


@pytest.mark.parametrize("miss", [0.0, 2.0, -3.0], ids=["exact", "short", "beyond"])
def test_a_wall_drawn_by_hand_parts_a_face_even_where_it_misses_its_ends(made, miss):
    path, _, place = made
    new = LineString(on_map(place, (250, 200 + miss), (250, 260 - miss)))
    drawn(path, "canh", new)
    sheet, kept = again(made)
    assert kept["kind"].tolist() == ["edge_added"]
    assert len(sheet.faces.polygons) == 6 and len(sheet.lost) == 0
    assert shapely.coverage_is_valid(sheet.faces.polygons.geometry.to_numpy())
    areas = sorted(shapely.area(sheet.faces.polygons.geometry))
    assert sum(areas) == pytest.approx(64000)
    assert {round(area) for area in areas} == {9000, 10000, 15000}
    by_hand = sheet.faces.edges[sheet.faces.edges["kind"] == "officer"]
    assert (by_hand["confidence"] == 1.0).all() and (by_hand[["left", "right"]] >= 0).all(axis=None)
    ticked = review.layers(sheet)["canh"]
    assert ticked.loc[ticked["loai"] == "can_bo", "xac_nhan"].all() and ticked["xac_nhan"].sum() == len(by_hand)


def test_a_corner_moved_in_one_face_moves_its_neighbour_too(made):
    path, _, place = made
    corner, there = on_map(place, (200, 200))[0], on_map(place, (205, 180))[0]

    def change(rows):
        def move(points):
            return np.where((np.abs(points - corner) < 1e-6).all(axis=1)[:, None], there, points)

        shapes = rows.geometry.to_numpy().copy()
        first = np.flatnonzero(rows["so_thua"] == "1")
        shapes[first] = shapely.transform(shapes[first], move)
        return rows.set_geometry(shapes)

    edited(path, "thua", change)
    sheet, _ = again(made)
    shapes = sheet.faces.polygons.geometry.to_numpy()
    assert len(shapes) == 5 and len(sheet.lost) == 0
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(64000, abs=1e-3)
    area = dict(zip(sheet.labels.faces["number"], shapely.area(shapes), strict=True))
    assert area["1"] != pytest.approx(10000, abs=50) and area["1"] + area["2"] + area["5"] == pytest.approx(
        44000, abs=1e-3
    )


def test_a_face_split_in_qgis_becomes_two(made):
    path, _, place = made
    west = Polygon(on_map(place, (100, 200), (100, 260), (300, 260), (300, 200), (200, 200)))
    east = Polygon(on_map(place, (300, 200), (300, 260), (500, 260), (500, 200), (400, 200)))
    edited(
        path, "thua", lambda rows: rows.set_geometry(np.where(rows["so_thua"] == "5", west, rows.geometry.to_numpy()))
    )
    drawn(path, "thua", east, so_thua=["51"])
    sheet, _ = again(made)
    assert sorted(shapely.area(sheet.faces.polygons.geometry).round(2)) == [10000] * 4 + [12000] * 2
    at = shapely.STRtree(sheet.faces.polygons.geometry.to_numpy()).query(Point(450, 230), predicate="intersects")
    assert sheet.labels.faces["number"].iloc[at].tolist() == ["51"]


def test_faces_merged_in_qgis_become_one(made):
    path, _, place = made
    whole = Polygon(on_map(place, (100, 100), (200, 100), (300, 100), (300, 200), (200, 200), (100, 200)))

    def change(rows):
        rows = rows[rows["so_thua"] != "2"]
        return rows.set_geometry(np.where(rows["so_thua"] == "1", whole, rows.geometry.to_numpy()))

    edited(path, "thua", change)
    sheet, _ = again(made)
    assert sorted(shapely.area(sheet.faces.polygons.geometry).round(2)) == [10000, 10000, 20000, 24000]
    assert "outside" not in set(sheet.faces.polygons["kind"])


def test_a_face_taken_away_is_no_parcel_and_a_kind_that_is_typed_counts(made):
    path = made[0]

    def change(rows):
        rows = rows[rows["so_thua"] != "4"]
        return rows.assign(loai=rows["loai"].where(rows["so_thua"] != "5", "duong"))

    edited(path, "thua", change)
    sheet, _ = again(made)
    assert sheet.faces.polygons["kind"].tolist() == ["parcel", "parcel", "parcel", "outside", "road"]


def test_ticks_make_sure_and_can_be_taken_away(made):
    path, key, _ = made
    edited(path, "canh", lambda rows: rows.assign(xac_nhan=rows["can_xem"]))
    edited(path, "so", lambda rows: rows.assign(xac_nhan=rows["so_thua"] == "3"))
    sheet, kept = again(made)
    assert sorted(kept["kind"]) == ["edge_confirmed", "face"]
    assert sheet.faces.edges["confidence"].min() > 0.9 and sheet.labels.faces["sure"].all()
    assert not review.layers(sheet)["thua"]["can_xem"].any()
    path.unlink()
    review.write(sheet, review.layers(sheet), path, key)
    assert len(edits.read(path, key).corrections) == 0
    edited(path, "canh", lambda rows: rows.assign(xac_nhan=False))
    edited(path, "so", lambda rows: rows.assign(xac_nhan=False))
    sheet, left = again(made, kept=kept)
    assert len(left) == 0 and sheet.faces.edges["confidence"].min() < 0.5


def test_twice_the_same_changes_nothing(made):
    path, key, place = made
    new = LineString(on_map(place, (250, 198), (250, 262)))
    drawn(path, "canh", new)
    first, kept = again(made)
    path.unlink()
    review.write(first, review.layers(first), path, key)
    second, same = again(made, kept=kept)
    assert shapely.equals_exact(first.faces.polygons.geometry, second.faces.polygons.geometry, tolerance=0).all()
    assert same.to_wkt().equals(kept.to_wkt())


def test_corrections_outlive_a_better_place_and_a_newer_program(made):
    """The next run splits every edge in two and lies 50 m further east: what was drawn is where it was drawn."""
    path, _, place = made
    wall = LineString(on_map(place, (300, 100), (300, 200)))
    edited(
        path,
        "canh",
        lambda rows: rows[
            ~shapely.dwithin(shapely.line_interpolate_point(wall, 0.5, normalized=True), rows.geometry.to_numpy(), 1e-3)
        ],
    )
    edited(path, "so", lambda rows: rows.assign(so_thua=rows["so_thua"].where(rows["so_thua"] != "5", "500")))
    halves = shapely.get_parts(
        shapely.node(shapely.multilinestrings([*scans.lines(), LineString([(50, 150), (550, 150)])]))
    )
    outside = ~((shapely.get_y(shapely.centroid(halves)) == 150) & (shapely.length(halves) > 0))
    sheet, _ = again(made, traced=scans.faces(halves[outside]))
    assert len(sheet.faces.polygons) == 4 and len(sheet.lost) == 0
    assert "500" in set(sheet.labels.faces["number"])


def test_what_cannot_be_applied_is_lost_and_kept():
    known = corrections.of(
        [
            {"kind": "edge_added", "geometry": LineString([(130, 130), (160, 160)])},
            {"kind": "edge_confirmed", "geometry": LineString([(10, 10), (60, 10)])},
            {"kind": "face", "number": "9", "geometry": Point(20, 20)},
            {"kind": "edge_removed", "geometry": LineString([(20, 20), (20, 60)])},
        ]
    )
    done = redraw.apply(scans.faces(), known, 5.0, 2.0)
    assert done.lost["kind"].tolist() == ["edge_added", "edge_confirmed", "face"]
    assert len(done.faces.polygons) == 5


def test_faces_without_corrections_stay_as_they_are():
    traced = scans.faces()
    done = redraw.apply(traced, corrections.of([]), 5.0, 2.0)
    assert shapely.equals_exact(done.faces.polygons.geometry, traced.polygons.geometry, tolerance=0).all()


def test_the_list_is_written_and_read(tmp_path):
    known = corrections.of(
        [
            {"kind": "edge_added", "geometry": LineString([(1.25, 2), (3, 4)])},
            {"kind": "face", "number": "9", "face_kind": "road", "geometry": Point(5, 6)},
        ]
    )
    corrections.write(known, tmp_path / "corrections.geojson", "k#1")
    assert corrections.read(tmp_path / "corrections.geojson", "k#1").equals(known)
    assert len(corrections.read(tmp_path / "none.geojson", "k#1")) == 0
    with pytest.raises(ReadError, match="another picture"):
        corrections.read(tmp_path / "corrections.geojson", "other#1")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"picture": "k#1", "features": [{}]}', '{"picture": "k#1"}'])
def test_a_damaged_list_is_one_sentence(tmp_path, text):
    (tmp_path / "corrections.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match="damaged"):
        corrections.read(tmp_path / "corrections.geojson", "k#1")


def test_a_damaged_review_file_is_one_sentence_and_stays(made, tmp_path):
    path, key, _ = made
    with pytest.raises(ReadError, match="another picture"):
        edits.read(path, "other#1")
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE ban_goc")
    database.close()
    for spoil in (lambda: None, lambda: path.write_bytes(path.read_bytes()[:5000]), lambda: path.write_bytes(b"")):
        spoil()
        before = path.read_bytes()
        with pytest.raises(ReadError, match="cannot be read"):
            edits.read(path, key)
        assert path.read_bytes() == before
