"""Very large pictures: read coarser, in strips, and everything that is told still in its place."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from affine import Affine
from PIL import Image

from data_samples.paper.files import write
from pipelines.control_points import Pairs
from pipelines.scan import folder
from pipelines.scan.picture import coarser, pages
from pipelines.scan.place import points
from tests.unit.test_scan_sheet import drawn


@pytest.fixture
def small_memory(monkeypatch):
    """Let pictures of more than a million pixels be large ones."""
    monkeypatch.setattr(coarser, "MOST_PIXELS", 1_000_000)


@pytest.fixture(scope="module")
def blots():
    """Return a picture of 1501 by 1300 pixels with something in every place."""
    rng = np.random.default_rng(3)
    return cv2.resize(rng.integers(0, 255, (130, 151), dtype=np.uint8), (1501, 1300), interpolation=cv2.INTER_LINEAR)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_same_picture_with_fewer_pixels_whichever_way_it_lies(tmp_path, blots, small_memory, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "large.jpg"
    Image.fromarray(blots).save(path, quality=95, dpi=(600, 600), exif=exif)
    path.with_suffix(".jgw").write_text("0.1\n0\n0\n-0.1\n5000.05\n7999.95\n", encoding="ascii")
    (page,) = pages.open_pages(path)
    grey = pages.read(page).grey
    assert page.shrink == 2 and page.dpi == 300
    assert grey.shape == (page.height, page.width) and sorted(grey.shape) == [650, 750]
    # Every pixel shows what lies on the ground where the world file puts it.
    rows, columns = np.mgrid[40 : page.height - 40 : 60, 40 : page.width - 40 : 60].reshape(2, -1)
    ground = np.array([page.transform * (column + 0.5, row + 0.5) for row, column in zip(rows, columns, strict=True)])
    x, y = (ground[:, 0] - 5000) / 0.1, (8000 - ground[:, 1]) / 0.1
    there = blots[np.floor(y).astype(int), np.floor(x).astype(int)].astype(int)
    assert np.abs(there - grey[rows, columns]).mean() < 8
    assert np.abs(there - grey[rows, columns][::-1]).mean() > 20


def test_colours_are_told_before_pixels_are_mixed(tmp_path, small_memory):
    picture = np.full((1200, 1200, 3), 255, dtype=np.uint8)
    cv2.line(picture, (0, 600), (1199, 600), (0, 0, 0), 4)
    cv2.circle(picture, (300, 300), 100, (210, 30, 30), 6)
    path = tmp_path / "stamped.png"
    Image.fromarray(picture).save(path)
    (page,) = pages.open_pages(path)
    grey = pages.read(page).grey
    assert page.shrink == 2 and grey.shape == (600, 600)
    assert grey[298:302, 100].min() < 30
    assert grey[100:200, 80:220].min() > 180


def test_points_are_pixels_of_the_file(tmp_path, blots, small_memory):
    path = tmp_path / "large.png"
    Image.fromarray(blots).save(path)
    (page,) = pages.open_pages(path)
    source = np.array([(10.0, 20.0), (1400.0, 30.0), (1300.0, 1200.0)])
    pairs = Pairs(("a", "b", "c"), source * (1, -1), source * (0.1, -0.1) + (5000, 8000), 0, (False, False))
    found = points.pixels(pairs, page)
    assert found is not None
    assert np.allclose(found.source, source / 2)


def test_a_sheet_read_coarser_lies_where_it_lay(tmp_path, monkeypatch):
    truth = drawn()
    truth = replace(
        truth, image=cv2.resize(truth.image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), dpi=2 * truth.dpi
    )
    path = write(truth, tmp_path / "to_12.tif")
    monkeypatch.setattr(coarser, "MOST_PIXELS", 3_000_000)
    made = folder.make(path, tmp_path / "made", folder.Wanted(zone="EPSG:5897"))
    assert made.figures["shrink"] == 2 and made.figures["dpi"] == pytest.approx(150, abs=1)
    table = (tmp_path / "made" / "control.points").read_text(encoding="utf-8").splitlines()[1:]
    told = np.array([[float(value) for value in row.split(",")[:4]] for row in table])
    to_map = truth.to_map * Affine.scale(0.5)
    true = np.array([to_map * (x, -y) for x, y in told[:, 2:]])
    assert np.abs(true - told[:, :2]).max() < 0.3
    control = tmp_path / "made" / "control.points"
    again = folder.make(path, tmp_path / "again", folder.Wanted(crs="EPSG:5897", control=control))
    places = [one.layers["thua"].total_bounds for one in (made, again)]
    assert np.abs(places[0] - places[1]).max() < 0.05
