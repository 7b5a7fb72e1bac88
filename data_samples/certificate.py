"""Scanned certificates: pages drawn as the forms lay them out, with the dirt of a scanner, written as small files.

The words of the form are those of the law, everything that is filled in is invented.
"""

import io
import time
from collections.abc import Sequence
from functools import cache
from random import Random

import numpy as np
import pymupdf_fonts
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

DPI = 150
_WIDTH_MM, _HEIGHT_MM = 210, 297
_MARGIN_MM = 22
_NO_DAY = time.struct_time((2025, 6, 15, 0, 0, 0, 6, 166, 0))
_HEAD = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
_TITLE = ("GIẤY CHỨNG NHẬN", "QUYỀN SỬ DỤNG ĐẤT,", "QUYỀN SỞ HỮU TÀI SẢN GẮN LIỀN VỚI ĐẤT")
_WORDS = (
    "thửa", "đất", "số", "tờ", "bản", "đồ", "địa", "chỉ", "xã", "diện", "tích", "sử", "dụng", "riêng", "lâu", "dài",
    "công", "nhận", "quyền", "như", "giao", "có", "thu", "tiền", "nhà", "ở", "kết", "cấu", "tường", "gạch", "mái",
    "ngói", "năm", "hoàn", "thành", "hạn", "chế", "không", "cấp", "hạng", "trồng", "cây", "hằng", "chuyển", "nhượng",
)  # fmt: skip


def pages(serial: str, name: str, number: str, rng: Random, *, qr: str | None = None) -> list[Image.Image]:
    """Return the two pages of a certificate, grey, at 150 dpi, as a printer would print them.

    Args:
        serial: Serial as printed.
        name: Who holds the right.
        number: Identity number of that person.
        rng: Where the words that are filled in come from.
        qr: Payload of the code in the upper right corner; None without one.
    """
    return [_front(serial, name, number, rng, qr), _inside(rng)]


def blank() -> Image.Image:
    """Return an empty page."""
    return Image.new("L", (_px(_WIDTH_MM), _px(_HEIGHT_MM)), 250)


def scanned(page: Image.Image, rng: Random, *, turn_deg: float = 0.4, shift_mm: float = 1.0) -> Image.Image:
    """Return a page as a scanner sees it: laid down a little aslant and beside the edge, with noise.

    Args:
        page: The page as printed.
        rng: Where noise, slant and place come from.
        turn_deg: Most it is turned to either side.
        shift_mm: Most it is moved to either side.
    """
    move = [_px(1) * rng.uniform(-shift_mm, shift_mm) for _ in range(2)]
    laid = page.rotate(
        rng.uniform(-turn_deg, turn_deg),
        resample=Image.Resampling.BICUBIC,
        translate=(round(move[0]), round(move[1])),
        fillcolor=246,
    )
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, 3, (laid.height, laid.width))
    return Image.fromarray(np.clip(np.asarray(laid, dtype=np.float64) * 0.97 + noise, 0, 255).astype(np.uint8))


def pdf(images: Sequence[Image.Image], *, quality: int = 20, dpi: int = DPI) -> bytes:
    """Return pages as a PDF of pictures, the same bytes at any time."""
    out = io.BytesIO()
    images[0].save(
        out,
        "PDF",
        save_all=True,
        append_images=list(images[1:]),
        resolution=dpi,
        quality=quality,
        creationDate=_NO_DAY,
        modDate=_NO_DAY,
    )
    return out.getvalue()


def _front(serial: str, name: str, number: str, rng: Random, qr: str | None) -> Image.Image:
    page = blank()
    draw = ImageDraw.Draw(page)
    draw.rectangle([_px(12), _px(12), _px(198), _px(285)], outline=120, width=_px(0.8))
    for text, size_mm, y_mm in ((_HEAD[0], 4.6, 28), (_HEAD[1], 4.4, 36)):
        _middle(draw, text, size_mm, y_mm, "notosbo")
    _middle(draw, _TITLE[0], 9.5, 70, "notosbo")
    for place, text in enumerate(_TITLE[1:]):
        _middle(draw, text, 5.4, 86 + 9 * place, "notosbo")
    lines = (
        "I. Người sử dụng đất, chủ sở hữu tài sản gắn liền với đất",
        f"Ông: {name}",
        f"Số định danh cá nhân: {number}",
        f"Địa chỉ: {_sentence(rng, 6)}",
        _sentence(rng, 9),
        "",
        _sentence(rng, 11),
        _sentence(rng, 10),
    )
    for place, text in enumerate(lines):
        _left(draw, text, 4.2, 132 + 9 * place)
    if qr is not None:
        size = _px(32)
        code = zxingcpp.create_barcode(qr, zxingcpp.BarcodeFormat.QRCode)
        picture = np.asarray(code.to_image(scale=4))
        page.paste(Image.fromarray(picture).resize((size, size), Image.Resampling.NEAREST), (_px(160), _px(20)))
    _left(draw, serial, 6.4, 268, "notosbo", x_mm=146)
    return page


def _inside(rng: Random) -> Image.Image:
    page = blank()
    draw = ImageDraw.Draw(page)
    for place in range(26):
        text = f"{place // 4 + 1}. {_sentence(rng, 5)}" if place % 4 == 0 else _sentence(rng, rng.randint(5, 11))
        _left(draw, text, 4.2, 24 + 9 * place)
    return page


def _sentence(rng: Random, words: int) -> str:
    return " ".join(f"{rng.choice(_WORDS)}" if rng.random() < 0.8 else f"{rng.randint(1, 999)}" for _ in range(words))


def _middle(draw: ImageDraw.ImageDraw, text: str, size_mm: float, y_mm: float, font: str) -> None:
    draw.text((_px(_WIDTH_MM) // 2, _px(y_mm)), text, fill=25, font=_font(font, _px(size_mm)), anchor="mm")


def _left(
    draw: ImageDraw.ImageDraw, text: str, size_mm: float, y_mm: float, font: str = "notos", *, x_mm: float = _MARGIN_MM
) -> None:
    draw.text((_px(x_mm), _px(y_mm)), text, fill=25, font=_font(font, _px(size_mm)), anchor="lm")


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(io.BytesIO(pymupdf_fonts.myfont(name)), size)


def _px(length_mm: float) -> int:
    return round(length_mm / 25.4 * DPI)
