"""What is no map sheet is refused in one sentence, and leaves nothing behind and everything as it was."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image

from data_samples.paper import spoilt
from data_samples.paper.files import write
from pipelines.digitize import scanned
from pipelines.errors import CadastreError, ReadError, SettingsError
from pipelines.sandbox import Limits
from pipelines.scan import folder
from pipelines.scan.model import Page
from pipelines.scan.picture import likeness
from pipelines.scan.place import tables
from tests.conftest import diachinh

CATS = ("chelsea", "astronaut", "coffee", "rocket", "camera", "coins", "moon", "brick", "grass", "gravel")


def grey(picture):
    return picture if picture.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY)


def page(name="a.png", dpi=None):
    return Page(Path(name), 1, 1, 1, dpi, None, None)


@pytest.mark.parametrize("name", CATS)
def test_a_photograph_is_no_drawing(name):
    picture = grey(getattr(skimage.data, name)())
    with pytest.raises(ReadError, match="photograph"):
        likeness.check(page(), picture, min(picture.shape) / 600)


@pytest.mark.parametrize("level", [255, 250, 128, 3])
def test_a_blank_page_is_blank(level):
    picture = np.full((900, 900), level, dtype=np.uint8)
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    with pytest.raises(ReadError, match="blank"):
        likeness.check(page(), np.clip(picture + noise, 0, 255).astype(np.uint8), 8.0)


@pytest.mark.parametrize("width", [1, 3, 8])
@pytest.mark.parametrize("invert", [False, True], ids=["black on white", "white on black"])
def test_lines_on_paper_are_a_drawing_however_few(width, invert):
    picture = np.full((1200, 1200), 240, dtype=np.uint8)
    cv2.rectangle(picture, (200, 300), (900, 800), 30, width)
    likeness.check(page(), 255 - picture if invert else picture, 11.8)


def test_the_dark_bed_of_a_scanner_is_no_photograph():
    picture = np.full((1200, 1200), 240, dtype=np.uint8)
    picture[:30] = picture[:, -30:] = 10
    cv2.rectangle(picture, (200, 300), (900, 800), 30, 3)
    likeness.check(page(), picture, 11.8)


def ruled(rows=20, width=1000):
    """Return a page of a register: rows and columns ruled through, words in the cells, 100 dpi."""
    picture = np.full((820, 1160), 250, dtype=np.uint8)
    columns = [80, 160, 400, 560, 800, 80 + width]
    for row in range(rows + 1):
        cv2.line(picture, (80, 90 + 30 * row), (80 + width, 90 + 30 * row), 30, 1)
    for left in columns:
        cv2.line(picture, (left, 90), (left, 90 + 30 * rows), 30, 1)
        for row in range(rows if left < 80 + width else 0):
            cv2.putText(picture, f"Thon {row}", (left + 6, 112 + 30 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 30, 1)
    return picture


def test_a_ruled_table_is_told_from_a_frame_with_a_few_streets_through():
    assert tables.is_table(255 - ruled(), 4.0)
    assert not tables.is_table(255 - ruled(rows=6), 4.0)
    streets = np.zeros((820, 1160), dtype=np.uint8)
    cv2.rectangle(streets, (80, 60), (1080, 760), 255, 2)
    for place in range(1, 5):
        cv2.line(streets, (80, 60 + 140 * place), (1080, 60 + 140 * place), 255, 2)
        cv2.line(streets, (80 + 200 * place, 60), (80 + 200 * place, 760), 255, 2)
    assert not tables.is_table(streets, 4.0)


def spoil(folder_, name):
    path = folder_ / name
    match name:
        case "cat.jpg":
            Image.fromarray(skimage.data.chelsea()).save(path)
        case "blank.png":
            write(spoilt.blank(1, 150, (1000, 800)), path)
        case "text.tif":
            path.write_text("this is no picture", encoding="utf-8")
        case "empty.png":
            path.write_bytes(b"")
        case "cut.pdf":
            path.write_bytes(b"%PDF-1.4\n1 0 obj <<")
        case "register.png":
            Image.fromarray(ruled()).save(path, dpi=(100, 100))
        case "huge.png":
            Image.new("1", (30_000, 21_000)).save(path)
    return path


@pytest.mark.parametrize(
    "name", ["cat.jpg", "blank.png", "text.tif", "empty.png", "cut.pdf", "huge.png", "register.png"]
)
def test_what_is_no_sheet_leaves_nothing(tmp_path, name):
    path = spoil(tmp_path, name)
    with pytest.raises(CadastreError) as caught:
        folder.make(path, tmp_path / "out", folder.Wanted())
    assert caught.value.exit_code == 2
    assert name in caught.value.vi and name in caught.value.en
    assert "\n" not in caught.value.vi + caught.value.en
    assert sorted(tmp_path.iterdir()) == [path]


def test_the_command_says_it_in_both_languages_and_ends_with_two(tmp_path):
    path = spoil(tmp_path, "cat.jpg")
    done = diachinh("digitize", path, "--json")
    assert done.returncode == 2 and not done.stdout
    assert len(done.stderr.strip().splitlines()) == 2 and "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == [path]
    missing = diachinh("digitize", tmp_path / "none.tif")
    assert missing.returncode == 2 and "none.tif" in missing.stderr


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.doc").write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match="no digitized sheet"):
        folder.make(spoil(tmp_path, "cat.jpg"), tmp_path / "out", folder.Wanted())
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.doc"]


def test_a_page_that_is_not_there(tmp_path):
    path = write(spoilt.blank(1, 150, (400, 300)), tmp_path / "a.png")
    with pytest.raises(SettingsError, match="no page 2"):
        folder.make(path, tmp_path / "out", folder.Wanted(page=2))


@pytest.mark.parametrize(
    ("file", "text"),
    [("review.gpkg", "not a database"), ("corrections.geojson", "{"), ("corrections.geojson", json.dumps({"a": 1}))],
)
def test_edits_that_cannot_be_read_stop_the_run_and_stay(tmp_path, file, text):
    path = write(spoilt.photograph(1, 150, (400, 300)), tmp_path / "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / file).write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match="run again"):
        folder.make(path, tmp_path / "out", folder.Wanted())
    assert (tmp_path / "out" / file).read_text(encoding="utf-8") == text


def test_sheets_whose_names_look_alike_have_folders_of_their_own():
    paths = ["a/to 1.png", "a/to_1.png", "a/TO_1.png", "b/tờ số 2.tif", "c.pdf", "c.pdf"]
    entries = [{"path": path, "page": page} for path, page in zip(paths, [None] * 4 + [1, 2], strict=True)]
    names = scanned._folder_names(entries)
    assert len({name.casefold() for name in names}) == len(entries)
    assert names[3:] == ["b_tờ_số_2.tif", "c.pdf_1", "c.pdf_2"]
    assert names == scanned._folder_names(entries)


def test_a_run_that_was_stopped_is_tidied_and_what_was_there_is_there(tmp_path):
    path = spoil(tmp_path, "text.tif")
    (tmp_path / ".out.new").mkdir()
    (tmp_path / ".out.old").mkdir()
    (tmp_path / ".out.old" / folder.CORRECTIONS).write_text("{", encoding="utf-8")
    # Stopped between the two names of the folder: what an officer corrected stands in the old one.
    with pytest.raises(ReadError, match="damaged"):
        folder.make(write(spoilt.photograph(1, 150, (400, 300)), tmp_path / "a.png"), tmp_path / "out", folder.Wanted())
    with pytest.raises(ReadError):
        folder.make_apart(path, tmp_path / "out", folder.Wanted(), Limits())
    assert (tmp_path / "out" / folder.CORRECTIONS).exists()
    assert not [entry for entry in tmp_path.iterdir() if entry.name.startswith(".")]


def test_a_child_that_dies_leaves_nothing_beside_the_folder(tmp_path):
    path = write(spoilt.photograph(1, 150, (400, 300)), tmp_path / "a.png")
    (tmp_path / ".out.new").mkdir()
    with pytest.raises(ReadError):
        folder.make_apart(path, tmp_path / "out", folder.Wanted(), Limits(seconds=0.0))
    assert sorted(tmp_path.iterdir()) == [path]
