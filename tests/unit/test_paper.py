"""Drawn sheets: what is drawn stands where the truth says, also after every damage; twice the same."""

from functools import cache
from random import Random

import numpy as np
import pytest
import rasterio
import shapely

from data_samples import paper
from data_samples.paper import fabric, letters
from data_samples.paper.canvas import Canvas

SIDE_MM, SEED, SCALE = 80.0, 4, 1000


@cache
def small(style: str = "cadastral", font: str | None = None) -> paper.Sheet:
    land = paper.make(24, SCALE, SEED, side_mm=SIDE_MM)
    west, south = fabric.corner_of(SCALE, SEED)
    inside = (west, south, west + 105.0, south + 105.0)
    return paper.draw(land, SCALE, 200, style=style, font=font, seed=1, frame_m=inside, margin_mm=15.0)


def grey(sheet: paper.Sheet) -> np.ndarray:
    return sheet.image if sheet.image.ndim == 2 else sheet.image.mean(axis=2)


def along(sheet: paper.Sheet) -> np.ndarray:
    """Return pixels on the boundaries of the truth, away from their ends."""
    edges = shapely.get_parts(shapely.boundary(sheet.parcels.geometry.to_numpy()))
    places = shapely.get_coordinates(
        shapely.line_interpolate_point(
            np.repeat(edges, 40), np.tile(np.linspace(0.01, 0.97, 40), len(edges)), normalized=True
        )
    )
    return np.floor(places).astype(int)


def darkest_near(sheet: paper.Sheet, pixels: np.ndarray) -> np.ndarray:
    picture = np.pad(grey(sheet), 2, constant_values=255)
    steps = [(dy, dx) for dy in (1, 2, 3) for dx in (1, 2, 3)]
    return np.min([picture[pixels[:, 1] + dy, pixels[:, 0] + dx] for dy, dx in steps], axis=0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("full", [False, True])
def test_land_is_a_coverage_with_numbers_one_to_n(seed, full):
    land = paper.make(120, 500, seed, full=full)
    shapes = land.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    parcels = land[land["kind"] == "parcel"]
    assert sorted(map(int, parcels["number"])) == list(range(1, len(parcels) + 1))
    assert 90 <= len(parcels) <= 200
    assert {"road", "water", "parcel"} == set(land["kind"])
    assert (land.loc[land["kind"] != "parcel", "number"] == "").all()
    west, south, east, north = land.total_bounds
    corner = fabric.corner_of(500, seed)
    assert (np.array([west, south]) >= corner).all() and (np.array([east, north]) <= corner + 250).all()


def test_land_has_enclaves():
    assert any(shapely.get_num_interior_rings(paper.make(150, 1000, 3).geometry.to_numpy()) > 0)


def test_cover_of_a_pixel_is_exact():
    canvas = Canvas(25.4, 25.4, 100)  # 100 by 100 pixels
    canvas.areas("a", [shapely.box(10.5, 20, 30.25, 41).buffer(0)])
    scaled = Canvas(25.4, 25.4, 100)
    px = 25.4 / 100
    scaled.areas("a", [shapely.box(10.5 * px, 20 * px, 30.25 * px, 41 * px)])
    ink = scaled.paint().astype(float) / 255
    assert ink.sum() == pytest.approx(19.75 * 21, rel=0.02)
    assert ink[30, 10] == pytest.approx(0.5, abs=0.13)
    assert ink[30, 30] == pytest.approx(0.25, abs=0.13)
    assert ink[30, 11:30].min() > 0.95 and ink[30, 31:].max() == 0 and ink[19].max() < 0.15


@pytest.mark.parametrize("width_mm", [0.15, 0.18, 0.3, 0.8])
def test_a_line_has_its_width_and_lies_around_its_course(width_mm):
    canvas = Canvas(30, 30, 300)
    canvas.lines("a", [shapely.LineString([(3, 10.03), (27, 10.03)])], width_mm, cap="flat")
    ink = canvas.paint().astype(float) / 255
    column = ink[:, 150]
    assert column.sum() == pytest.approx(width_mm * canvas.px_per_mm, abs=0.2)
    middle = (column * (np.arange(len(column)) + 0.5)).sum() / column.sum()
    assert middle == pytest.approx(10.03 * canvas.px_per_mm, abs=0.1)


@pytest.mark.parametrize("name", letters.FONTS)
def test_letters_are_as_high_as_asked(name):
    line = letters.write("H0", name, 3.0, Random(0))
    x0, y0, x1, y1 = shapely.total_bounds(np.array(line.ink, dtype=object))
    assert 2.6 < y1 - y0 < 4.2
    assert x1 - x0 < 1.1 * line.width


def test_vietnamese_letters_are_all_there():
    for name in letters.FACES:
        line = letters.write("Tờ bản đồ Mương ệỹ", name, 2.0, Random(0))
        assert len(line.ink) == 14


@pytest.mark.parametrize("style", list(paper.STYLES))
def test_ink_is_where_the_truth_says(style):
    sheet = small(style)
    assert np.mean(darkest_near(sheet, along(sheet)) < 150) > 0.98
    assert sheet.lines.shape == sheet.text.shape == sheet.image.shape
    marks = np.concatenate([sheet.corners, sheet.crosses])
    assert (darkest_near(sheet, np.floor(marks).astype(int)) < 150).all()
    assert bool(len(sheet.crosses)) == bool(paper.STYLES[style].system)


def test_what_is_written_stands_in_its_parcel():
    sheet = small()
    told = sheet.parcels[sheet.parcels["number"] != ""]
    assert len(told) == (sheet.parcels["kind"] == "parcel").sum()
    assert shapely.contains(told.geometry.to_numpy(), told["label"].to_numpy()).all()
    words = sheet.words[sheet.words["role"] == "number"]
    assert sorted(words["text"]) == sorted(told["number"])
    ink = [sheet.text[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1].any() for x0, y0, x1, y1 in words.bounds.to_numpy()]
    assert all(ink)
    printed = told[told["area"] != ""]
    assert (printed["area"].astype(float) - printed["area_m2"]).abs().max() < 0.051


def test_places_on_the_ground():
    sheet = small()
    ground = np.column_stack(sheet.to_map @ sheet.crosses.T)
    assert np.abs(ground - sheet.crosses_m).max() < 1e-6
    assert (np.mod(sheet.crosses_m, 100) == 0).all()  # every 10 cm at 1:1000
    areas = sheet.parcels.geometry.area * sheet.to_map.a**2
    assert np.abs(areas - sheet.parcels["area_m2"]).max() < 0.01


@pytest.mark.parametrize("name", list(paper.DEGRADATIONS))
def test_truth_follows_every_damage_and_the_seed_decides(name):
    change = paper.DEGRADATIONS[name]
    sheet = change(small(), 5)
    again, other = change(small(), 5), change(small(), 6)
    assert np.array_equal(sheet.image, again.image)
    if name not in ("150dpi", "blur", "jpeg"):  # what leaves nothing to chance
        assert not np.array_equal(sheet.image, other.image)
    inside = along(sheet)
    paper_tone = np.median(grey(sheet))
    assert np.mean(darkest_near(sheet, inside) < paper_tone - 40) > 0.9
    assert sheet.lines.shape == sheet.image.shape[:2]
    if sheet.to_map is not None:
        assert np.abs(np.column_stack(sheet.to_map @ sheet.corners.T) - sheet.corners_m).max() < 1e-6


@pytest.mark.parametrize("name", list(paper.SPOILT))
def test_truth_follows_what_an_operator_does(name):
    sheet = paper.SPOILT[name](small(), 1)
    assert np.mean(darkest_near(sheet, along(sheet)) < 150) > 0.98
    kept = np.isfinite(sheet.corners).all(axis=1)
    assert kept.sum() == {"cut_frame": 2, "half_page": 2}.get(name, 4)
    known = np.column_stack(sheet.to_map @ sheet.corners[kept].T)
    assert np.abs(known - sheet.corners_m[kept]).max() < 1e-6


def test_no_sheet_at_all():
    assert paper.blank(1, size_px=(300, 200)).image.min() > 215
    photo = paper.photograph(1, size_px=(300, 200))
    assert photo.image.std() > 20 and photo.parcels.empty


def test_two_sheets_on_a_page():
    sheet = paper.two_sheets(small(), small("rich"))
    assert np.mean(darkest_near(sheet, along(sheet)) < 150) > 0.98
    assert len(sheet.parcels) == 2 * len(small().parcels)


@pytest.mark.parametrize(
    ("west", "north", "scale", "name"),
    [
        # 1:5000: 3 km squares counted from the equator and from Y = 500 km.
        (575_000.0, 2_193_000.0, 5000, "193575"),
        (575_000.0, 2_193_000.0, 2000, "193575-1"),
        (577_000.0, 2_191_000.0, 2000, "193575-9"),
        (576_500.0, 2_192_500.0, 1000, "193575-2-d"),
        (576_250.0, 2_192_000.0, 500, "193575-5-(2)"),
        (575_900.0, 2_192_100.0, 200, "193575-1-100"),
    ],
)
def test_names_of_sheets(west, north, scale, name):
    assert fabric.sheet_name(west, north, scale) == name


@pytest.mark.parametrize("ending", [".tif", ".jpg", ".png", ".pdf"])
def test_files(tmp_path, ending):
    path = paper.write(small(), tmp_path / f"sheet{ending}")
    assert path.stat().st_size > 10_000
    if ending == ".pdf":
        with pytest.raises(ValueError, match="world"):
            paper.write(small(), path, place="world")
        return
    paper.write(small(), path, place="world")
    with rasterio.open(path) as picture:
        assert np.allclose(picture.transform, small().to_map)
        assert picture.read(1).shape == small().image.shape


def test_geotiff_tells_place_and_resolution(tmp_path):
    path = paper.write(small(), tmp_path / "sheet.tif", place="tags")
    with rasterio.open(path) as picture:
        assert np.allclose(picture.transform, small().to_map)
        assert picture.crs.to_epsg() == 5897
        assert float(picture.tags()["TIFFTAG_XRESOLUTION"]) == 200
        assert np.array_equal(picture.read(1), small().image)


def test_land_too_large_for_a_sheet():
    land = paper.make(60, 2000, 1)
    with pytest.raises(ValueError, match="does not fit"):
        paper.draw(land, 500, 100)
