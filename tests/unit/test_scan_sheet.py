"""A drawn sheet of known parcels through all stages, its folder, and the folder again with edits in it."""

import json
import math
import shutil
import sqlite3
import warnings

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from data_samples.paper import draw, make, spoilt
from data_samples.paper.files import write
from pipelines.scan import folder
from pipelines.scan import sheet as sheet_work
from pipelines.scan.desk import edits
from pipelines.scan.picture import pages

DPI = 150


def drawn(seed=4, style="cadastral"):
    """Return a small sheet: some thirty parcels inside a frame of its own, 1:1000."""
    land = make(30, 1000, seed, side_mm=70)
    west, south, east, north = land.total_bounds
    box = [math.floor((low - 10) / 100) * 100 for low in (west, south)]
    box += [math.ceil((high + 10) / 100) * 100 for high in (east, north)]
    return draw(land, 1000, DPI, style=style, seed=seed, frame_m=tuple(box))


@pytest.fixture(scope="module")
def truth():
    return drawn()


@pytest.fixture(scope="module")
def made(truth, tmp_path_factory):
    """Return the folder of a sheet, what it became and its picture."""
    root = tmp_path_factory.mktemp("sheet")
    path = write(truth, root / "to_12.png")
    return root / "to_12", folder.make(path, root / "to_12", folder.Wanted(zone="EPSG:5897")), path


def matched(truth, shapes):
    """Return the share of true parcels that a face covers and is covered by, more than half of both together."""
    true = truth.parcels.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(true, predicate="intersects")
    common = shapely.area(shapely.intersection(true[one], shapes[other]))
    share = common / (shapely.area(true[one]) + shapely.area(shapes[other]) - common)
    return len(set(one[share > 0.5])) / len(true)


def test_the_parcels_are_those_that_were_drawn_where_they_were_drawn(made, truth):
    _, sheet, _ = made
    rows = sheet.layers["thua"]
    assert rows.crs.to_epsg() == 5897 and sheet.scale == 1000
    to_pixels = ~truth.to_map
    back = shapely.transform(
        rows.geometry.to_numpy(), lambda points: np.column_stack(to_pixels @ (points[:, 0], points[:, 1]))
    )
    assert matched(truth, back) >= 0.95
    assert shapely.coverage_is_valid(rows.geometry.to_numpy())


def test_the_folder_holds_everything_and_the_figures_agree(made):
    there, sheet, _ = made
    assert {path.name for path in there.iterdir()} == folder.OURS
    figures = sheet.figures
    assert figures["faces"] == len(sheet.layers["thua"])
    assert figures["sure"] <= figures["parcels"] and figures["numbered"] <= figures["parcels"]
    assert figures["crs"] == "EPSG:5897" and figures["frame"] and figures["rms_m"] < 0.1
    assert json.loads(json.dumps(figures)) == figures
    with rasterio.open(there / "sheet.tif") as picture:
        assert picture.crs.to_epsg() == 5897
        west, south, east, north = sheet.layers["thua"].total_bounds
        assert picture.bounds.left < west < east < picture.bounds.right
        assert picture.bounds.bottom < south < north < picture.bounds.top


def test_edits_and_files_of_others_stay_and_again_is_the_same(made, tmp_path):
    _, first, _ = made
    picture, out = copied(made, tmp_path)
    (out / "notes.txt").write_text("ask Ms. A", encoding="utf-8")
    with sqlite3.connect(out / "review.gpkg") as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE so SET so_thua = '4711', xac_nhan = 1 WHERE fid = 1")
    database.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = gpd.GeoDataFrame({"xac_nhan": [False]}, geometry=[halving(first)], crs=first.crs)
        pyogrio.write_dataframe(row, out / "review.gpkg", layer="canh", driver="GPKG", append=True)
    second = folder.make(picture, out, folder.Wanted(zone="EPSG:5897"))
    third = folder.make(picture, out, folder.Wanted(zone="EPSG:5897"))
    assert (out / "notes.txt").exists()
    for sheet in (second, third):
        assert sheet.figures["corrections"] == 2
        assert sheet.figures["faces"] == first.figures["faces"] + 1
        rows = sheet.layers["thua"]
        assert rows.loc[rows["so_thua"] == "4711", "xac_nhan"].tolist() == [True]
        assert shapely.coverage_is_valid(rows.geometry.to_numpy())
        assert "ban_quet.correction_lost" not in sheet.figures["findings"]
    one, other = (sheet.layers["thua"].sort_values("ma").geometry.to_numpy() for sheet in (second, third))
    assert shapely.equals_exact(one, other, tolerance=0).all()
    assert len(edits.read(out / "review.gpkg", sheet_work.key(picture, 1)).corrections) == 0


def halving(sheet):
    """Return a line that halves the most square of the larger parcels."""
    rows = sheet.layers["thua"]
    shapes = rows.loc[rows["loai"] == "thua"].geometry.to_numpy()
    form = shapely.area(shapes) / shapely.area(shapely.minimum_bounding_circle(shapes))
    chosen = shapes[int(np.argmax(np.where(shapely.area(shapes) > np.median(shapely.area(shapes)), form, 0)))]
    west, south, east, north = chosen.bounds
    middle = shapely.LineString([((west + east) / 2, south - 1), ((west + east) / 2, north + 1)])
    return shapely.get_parts(shapely.intersection(middle, chosen))[0]


def copied(made, to):
    """Return the picture and its folder, copied to be worked on."""
    there, _, path = made
    shutil.copytree(there, to / there.name)
    return write_copy(path, to), to / there.name


def write_copy(path, to):
    copy = to / path.name
    copy.write_bytes(path.read_bytes())
    return copy


def test_control_points_of_an_officer_are_taken_and_stay(made, tmp_path):
    _, first, _ = made
    picture, out = copied(made, tmp_path)
    lines = (out / "control.points").read_text(encoding="utf-8").splitlines()
    moved = [lines[0]]
    for line in lines[1:]:
        east, rest = line.split(",", 1)
        moved.append(f"{float(east) + 50:.4f},{rest}")
    (out / "control.points").write_text("\n".join(moved) + "\n", encoding="utf-8")
    before = first.layers["thua"].total_bounds
    for _ in range(2):
        sheet = folder.make(picture, out, folder.Wanted(crs="EPSG:5897"))
        shift = sheet.layers["thua"].total_bounds - before
        assert shift == pytest.approx([50, 0, 50, 0], abs=0.05)


def test_a_sheet_upside_down_has_the_same_parcels(truth, tmp_path):
    turned = spoilt.upside_down(truth, 1)
    path = write(turned, tmp_path / "to_12.png")
    page = pages.open_pages(path)[0]
    sheet = sheet_work.digitize(page, zone="EPSG:5897")
    assert round(sheet.frame.turn_deg / 90) % 4 == 2
    assert matched(turned, sheet.faces.polygons.geometry.to_numpy()) >= 0.95
    left, right = shapely.get_x(sheet.ground.moved(shapely.points([[0.0, 0.0], [100.0, 0.0]])))
    assert right < left  # to the right on the page is to the west


@pytest.mark.parametrize("turned", [1, 2, 3])
def test_pixels_turn_with_the_page(turned):
    array = np.zeros((7, 11), dtype=np.uint8)
    array[2, 9] = 1
    to, back = sheet_work._turns(turned, 11, 7)
    row, column = np.argwhere(sheet_work._turned(array, turned))[0]
    point = np.array([[9.5, 2.5]])
    assert to(point).tolist() == [[column + 0.5, row + 0.5]]
    assert back(to(point)).tolist() == point.tolist()


def test_a_register_is_read_for_its_sheet(tmp_path):
    from pipelines.scan.numbers import lists

    (tmp_path / "so.csv").write_text(
        "Số tờ,Số thửa,Diện tích,Loại đất,Họ tên\n12,1,100.5,LUC,Nguyễn Văn Mẫu\n12,2,50,ONT,X\n13,1,7,LUC,Y\n",
        encoding="utf-8",
    )
    listed = lists.read(tmp_path / "so.csv")
    assert list(listed.columns) == list(lists.COLUMNS)
    assert lists.of_sheet(listed, "12")["number"].tolist() == ["1", "2"]
    assert lists.of_sheet(listed, None) is None and lists.of_sheet(listed, "99") is None
    assert lists.number_in("to_ban_do_07") == "7" and lists.number_in("to") is None
