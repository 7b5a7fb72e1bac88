"""Pictures of every kind are opened by their header and read the right way up; what is no sheet is refused."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image

from pipelines.errors import ReadError
from pipelines.scan.picture import pages

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

_SHAPE = (60, 90)


def _picture() -> np.ndarray:
    """Return a picture that looks different after every turn."""
    picture = np.full(_SHAPE, 255, dtype=np.uint8)
    picture[5:15, 5:60] = 0
    picture[40:50, 70:80] = 100
    return picture


def _saved(path: Path, image: Image.Image, **how: object) -> Path:
    image.save(path, **how)
    return path


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg", ".pdf"])
def test_grey_pictures_of_every_format_are_read(tmp_path: Path, suffix: str) -> None:
    path = _saved(
        tmp_path / f"a{suffix}",
        Image.fromarray(_picture()),
        **({"dpi": (300, 300)} if suffix != ".pdf" else {"resolution": 300}),
    )
    (page,) = pages.open_pages(path)
    assert (page.width, page.height) == (90, 60)
    assert page.dpi == pytest.approx(300, rel=0.01)
    read = pages.read(page).grey
    assert read.shape == _SHAPE
    assert np.abs(read.astype(int) - _picture()).mean() < 8


def test_one_bit_palette_sixteen_bit_and_transparency(tmp_path: Path) -> None:
    picture = np.where(_picture() < 200, 0, 255).astype(np.uint8)
    forms = {
        "bit.tif": Image.fromarray(picture).convert("1"),
        "palette.png": Image.fromarray(picture).convert("RGB").quantize(4),
        "alpha.png": Image.fromarray(np.dstack([picture * 0, picture * 0, picture * 0, 255 - picture])),
        "cmyk.tif": Image.fromarray(picture).convert("RGB").convert("CMYK"),
        "cmyk.jpg": Image.fromarray(picture).convert("RGB").convert("CMYK"),
    }
    for name, image in forms.items():
        (page,) = pages.open_pages(_saved(tmp_path / name, image))
        assert np.abs(pages.read(page).grey.astype(int) - picture).mean() < 4, name
    deep = tmp_path / "deep.tif"
    with rasterio.open(deep, "w", driver="GTiff", width=90, height=60, count=1, dtype="uint16") as target:
        target.write(picture.astype(np.uint16) * 16 + 100, 1)
    assert np.abs(pages.read(pages.open_pages(deep)[0]).grey.astype(int) - picture).mean() < 4
    white = tmp_path / "miniswhite.tif"
    with rasterio.open(
        white, "w", driver="GTiff", width=90, height=60, count=1, dtype="uint8", photometric="miniswhite"
    ) as target:
        target.write(255 - picture, 1)
    assert np.abs(pages.read(pages.open_pages(white)[0]).grey.astype(int) - picture).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_and_its_world_file_turn_as_the_camera_says(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(_picture()).save(path, exif=exif, quality=95)
    (tmp_path / "a.jgw").write_text("0.5\n0\n0\n-0.5\n1000.25\n1999.75\n")
    (page,) = pages.open_pages(path)
    with Image.open(path) as image:
        from PIL import ImageOps

        wanted = np.asarray(ImageOps.exif_transpose(image)).astype(int)
    read = pages.read(page).grey.astype(int)
    assert read.shape == (page.height, page.width) == wanted.shape
    assert np.abs(read - wanted).mean() < 3
    assert page.transform is not None
    grey_at = np.argwhere((read > 80) & (read < 130)).mean(axis=0) + 0.5
    # The grey square stands at columns 70 to 80 and rows 40 to 50 of the file.
    assert page.transform * (grey_at[1], grey_at[0]) == pytest.approx((1000 + 37.5, 2000 - 22.5), abs=0.6)


def test_tags_and_world_files_tell_the_place(tmp_path: Path) -> None:
    path = tmp_path / "geo.tif"
    transform = Affine(0.1, 0, 576_000, 0, -0.1, 2_195_000)
    with rasterio.open(
        path, "w", driver="GTiff", width=90, height=60, count=1, dtype="uint8", crs="EPSG:5897", transform=transform
    ) as target:
        target.write(_picture(), 1)
    (page,) = pages.open_pages(path)
    assert page.transform == transform
    assert rasterio.crs.CRS.from_user_input(page.crs).to_epsg() == 5897
    plain = _saved(tmp_path / "plain.png", Image.fromarray(_picture()))
    assert pages.open_pages(plain)[0].transform is None


def test_every_page_of_a_file(tmp_path: Path) -> None:
    first, second = Image.fromarray(_picture()), Image.fromarray(np.full((70, 50), 200, np.uint8))
    for suffix in (".tif", ".pdf"):
        path = tmp_path / f"two{suffix}"
        first.save(path, save_all=True, append_images=[second])
        opened = pages.open_pages(path)
        assert [page.number for page in opened] == [1, 2]
        assert pages.read(opened[0]).grey[10, 10] < 30
        assert abs(int(pages.read(opened[1]).grey[30, 30]) - 200) < 6


def test_red_and_blue_stamps_are_light_unless_the_map_itself_is_coloured(tmp_path: Path) -> None:
    picture = np.full((200, 200, 3), (245, 235, 200), dtype=np.uint8)
    picture[20:180:8, 20:180] = (20, 20, 20)
    picture[100:120, 150:170] = (200, 30, 30)
    grey = pages.read(pages.open_pages(_saved(tmp_path / "stamp.png", Image.fromarray(picture)))[0]).grey
    assert grey[110, 165] > 180
    assert grey[20, 50] < 40
    picture[20:180:8, 20:180] = (30, 60, 200)
    grey = pages.read(pages.open_pages(_saved(tmp_path / "blue.png", Image.fromarray(picture)))[0]).grey
    assert grey[20, 50] < 60


def _drawn(colour: tuple[int, int, int]) -> np.ndarray:
    """Return black lines on yellowish paper, half as many lines of a colour on a stain."""
    picture = np.full((200, 200, 3), (245, 235, 200), dtype=np.uint8)
    picture[120:196, 10:190] = (240, 222, 165)
    for top in range(20, 170, 10):
        picture[top : top + 4, 20:180] = (20, 20, 20) if top < 120 else colour
    return picture


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pdf"])
@pytest.mark.parametrize("colour", [(200, 30, 30), (60, 90, 200), (20, 190, 80)])
def test_coloured_lines_that_are_left_out_are_counted_and_read_as_ink_when_told(
    tmp_path: Path, suffix: str, colour: tuple[int, int, int]
) -> None:
    (page,) = pages.open_pages(_saved(tmp_path / f"a{suffix}", Image.fromarray(_drawn(colour)), resolution=72))
    left = pages.read(page)
    line, stain, black = (132, 100), (180, 100), (22, 100)
    assert left.left.share == pytest.approx(1 / 3, abs=0.05)
    assert left.grey[line] > 150
    drawn = pages.read(page, colours_are_ink=True)
    assert drawn.left.share == 0
    assert drawn.grey[line] < 90
    assert drawn.grey[black] < 50
    assert drawn.grey[stain] > 190


def test_fringes_stains_shadows_and_dark_inks_are_no_colour_that_was_left_out(tmp_path: Path) -> None:
    picture = _drawn((25, 25, 90))
    picture[60:100] = (picture[60:100] * 0.6).astype(np.uint8)
    picture[:, :, 0] = np.roll(picture[:, :, 0], 1, axis=0)
    (page,) = pages.open_pages(_saved(tmp_path / "a.png", Image.fromarray(picture)))
    assert pages.read(page).left.share == 0


def _bomb(path: Path, width: int, height: int) -> Path:
    """Write a PNG whose header promises more than it holds."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b""))
    return path


def test_what_is_no_sheet_is_refused_in_one_sentence(tmp_path: Path) -> None:
    empty, words, cut, locked = (tmp_path / name for name in ("empty.tif", "words.tif", "cut.jpg", "locked.pdf"))
    empty.write_bytes(b"")
    words.write_text("this is no picture")
    locked.write_bytes(b"%PDF-1.4\nnothing more")
    whole = _saved(tmp_path / "whole.jpg", Image.fromarray(np.tile(_picture(), (8, 8))))
    cut.write_bytes(whole.read_bytes()[:90])
    cases = [
        empty, words, cut, locked, tmp_path / "missing.tif", _bomb(tmp_path / "bomb.png", 30_000, 30_000),
        _bomb(tmp_path / "high.png", 20_001, 100), _saved(tmp_path / "tiny.png", Image.fromarray(_picture()[:9, :9])),
    ]  # fmt: skip
    for path in cases:
        with pytest.raises(ReadError) as refused:
            pages.open_pages(path)
        assert path.name in refused.value.vi
        assert path.name in str(refused.value)


def test_a_body_that_breaks_off_is_one_sentence_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = _saved(tmp_path / "a.png", Image.fromarray(rng.integers(0, 255, (300, 300), dtype=np.uint8)))
    whole.write_bytes(whole.read_bytes()[:20_000])
    (page,) = pages.open_pages(whole)
    with pytest.raises(ReadError):
        pages.read(page)


def test_a_pdf_with_a_password_is_named(tmp_path: Path) -> None:
    from fpdf import FPDF

    paper = FPDF()
    paper.add_page()
    paper.set_encryption(owner_password="a", user_password="b")
    paper.output(str(tmp_path / "a.pdf"))
    with pytest.raises(ReadError, match="password"):
        pages.open_pages(tmp_path / "a.pdf")
