"""A4 sheets for papers in Vietnamese: typeface, headings, tables, small maps.

The typeface comes with a pinned package, so that every letter is there on every machine.
"""

import logging
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pymupdf_fonts
from fpdf import FPDF
from fpdf.enums import TableCellFillMode, XPos, YPos
from fpdf.fonts import FontFace

from pipelines.thumbnails import Thumbnail
from pipelines.wording import number

_FONTS = {"": "notos", "B": "notosbo", "I": "notosit"}
INK, SOFT, _PALE = (25, 35, 31), (95, 107, 101), (236, 240, 236)
COLOURS = {"error": (200, 55, 60), "warning": (214, 110, 25), "info": (74, 120, 168)}
_MARGIN_MM = 18.0
_LONGEST = 300
"""Letters of a quoted text; a file can hold any number of them in one cell."""


class Paper(FPDF):
    """Sheets of A4 with a footer."""

    signed = ""

    def footer(self) -> None:
        """Write the page number and what the minutes are about."""
        self.set_y(-12)
        self.set_font("body", "", 7)
        self.set_text_color(*SOFT)
        self.cell(0, 4, self.signed, align="L", new_x=XPos.LMARGIN, new_y=YPos.TOP)
        self.cell(0, 4, f"Trang / page {self.page_no()}/{{nb}}", align="R")


@contextmanager
def sheets(title: str, footer: str) -> Iterator[Paper]:
    """Yield empty sheets with the typeface in regular, bold and italic.

    Args:
        title: Title of the document.
        footer: What stands at the bottom of every page.
    """
    # Hints about how the typeface was made are of no use in print; a letter it lacks is printed as a box.
    logging.getLogger("fontTools.subset").setLevel(logging.ERROR)
    logging.getLogger("fpdf").setLevel(logging.ERROR)
    paper = Paper(format="A4")
    paper.set_margins(_MARGIN_MM, 15, _MARGIN_MM)
    paper.set_auto_page_break(True, 16)
    paper.set_title(title)
    paper.set_lang("vi")
    paper.signed = footer
    with tempfile.TemporaryDirectory() as folder:
        for style, name in _FONTS.items():
            path = Path(folder) / f"{name}.ttf"
            path.write_bytes(pymupdf_fonts.myfont(name))
            paper.add_font("body", style, path)
        paper.add_page()
        yield paper


def title(paper: Paper, vi: str, en: str, room: float = 30) -> None:
    """Write a heading; on a new page where less than `room` (mm) is left."""
    if paper.get_y() + room > paper.page_break_trigger:
        paper.add_page()
    paper.ln(4)
    paper.set_font("body", "B", 12)
    paper.set_text_color(*INK)
    paper.write(6, vi)
    paper.set_font("body", "I", 9)
    paper.set_text_color(*SOFT)
    paper.write(6, f"   {en}")
    paper.ln(7)


def line(
    paper: Paper, text: str, size: float, style: str = "", align: str = "L", colour: tuple[int, int, int] = INK
) -> None:
    """Write a paragraph."""
    paper.set_font("body", style, size)
    paper.set_text_color(*colour)
    paper.multi_cell(0, size * 0.5, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def more(paper: Paper, count: int, vi: str, en: str) -> None:
    """Say how many lines were left out, where any were."""
    if count > 0:
        line(paper, f"… và {number(count, 'vi')} {vi} / and {number(count, 'en')} {en}.", 8.5, colour=SOFT)


def table(
    paper: Paper,
    lines: Sequence[Sequence[str]],
    widths: tuple[float, ...],
    *,
    align: tuple[str, ...],
    has_heading: bool = False,
) -> None:
    """Write a table; its heading is repeated on every page."""
    paper.set_font("body", "", 8.5)
    paper.set_text_color(*INK)
    paper.set_draw_color(200, 206, 202)
    paper.set_line_width(0.15)
    with paper.table(
        col_widths=widths,
        text_align=align,
        first_row_as_headings=has_heading,
        headings_style=FontFace(emphasis="BOLD", color=INK, fill_color=_PALE),
        cell_fill_mode=TableCellFillMode.NONE,
        line_height=4.4,
        padding=(0.7, 1.5),
    ) as grid:
        for cells in lines:
            grid.row(list(cells))


def small_map(
    paper: Paper, small: Thumbnail, left: float, top: float, side: float, colour: tuple[int, int, int]
) -> None:
    """Draw a map of one finding on a square."""

    def placed(outline: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(left + x * side, top + y * side) for x, y in outline]

    paper.set_fill_color(252, 251, 247)
    paper.rect(left, top, side, side, style="F")
    # The clip ends with an older state of the sheet; the context makes fpdf know it.
    with paper.local_context(), paper.rect_clip(left, top, side, side):
        paper.set_draw_color(140, 150, 145)
        paper.set_line_width(0.15)
        for outline in small.around:
            paper.polyline(placed(outline))
        paper.set_font("body", "", 6)
        paper.set_text_color(*SOFT)
        for x, y, text in small.numbers:
            paper.text(left + x * side - 1.5, top + y * side + 1, short(text, 8))
        paper.set_draw_color(*colour)
        paper.set_fill_color(*colour)
        paper.set_line_width(0.5)
        for outline in small.marked:
            points = placed(outline)
            if len(points) == 1:
                paper.circle(*points[0], 1.5, style="D")
            elif small.is_area:
                with paper.local_context(fill_opacity=0.3):
                    paper.polygon(points, style="DF")
            else:
                paper.polyline(points)
    paper.set_draw_color(*SOFT)
    paper.set_line_width(0.2)
    paper.rect(left, top, side, side)
    length = next(step for step in (1000, 500, 200, 100, 50, 20, 10, 5, 0) if step <= small.side_m / 3)
    x, y = left + 2, top + side - 2
    paper.set_draw_color(*INK)
    paper.set_line_width(0.4)
    paper.line(x, y, x + length / small.side_m * side, y)
    paper.set_font("body", "", 6)
    paper.set_text_color(*INK)
    paper.text(x, y - 1, f"{length} m")


def both(vi: str, en: str) -> str:
    """Return both languages on one line."""
    return f"{vi} / {en}"


def short(text: str, longest: int = _LONGEST) -> str:
    """Return a text on one line, not endless, with only what can be printed."""
    whole = unicodedata.normalize("NFC", text[: 2 * longest])
    plain = "".join(letter if letter.isprintable() else " " for letter in whole[: longest + 1])
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"
