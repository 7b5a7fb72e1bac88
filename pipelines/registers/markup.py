"""Tables inside markup: HTML that web software calls .xls, and XML workbooks of Excel 2003."""

import email
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.registers import cells

type Sheet = tuple[str, pd.DataFrame]

_SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_MOST_SPAN = 1000
_DECLARED = re.compile(rb"""<\?xml[^>]*encoding=["']([\w-]+)|<meta[^>]+charset=["']?([\w-]+)""", re.IGNORECASE)
_HEAD_BYTES = 4096


def kind(head: bytes) -> str | None:
    """Return "html", "spreadsheetml", "xml" or None for the first bytes of a file."""
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:_HEAD_BYTES].lower()
    if not start.startswith(b"<"):
        return None
    if b"office:spreadsheet" in start or b'progid="excel.sheet"' in start:
        return "spreadsheetml"
    if re.search(rb"<(?:!doctype\s+html|html|table|body|head|meta|style|div)\b", start):
        return "html"
    return "xml" if start.startswith((b"<?xml", b"<!")) or re.match(rb"<[\w:]+", start) else None


def html(path: Path) -> tuple[list[Sheet], bool]:
    """Return every table of a page that holds no other table, and whether its texts are bytes as latin-1.

    A page that names no encoding and is no UTF-8 is kept in bytes for the package to decide.

    Raises:
        ValueError: There is no table.
    """
    from lxml import html as markup

    content = _page(path.read_bytes())
    declared = _encoding(content)
    try:
        text, raw = content.decode(declared or "utf-8-sig"), False
    except (UnicodeDecodeError, LookupError):
        text, raw = content.decode("latin-1"), True
    parser = markup.HTMLParser(huge_tree=False, no_network=True)
    # A declaration inside a text that is decoded already would be refused.
    page: Any = markup.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    grids = []
    for number, table in enumerate(page.iter("table"), start=1):
        if next(table.iterdescendants("table"), None) is None:
            grids.append((f"table{number}", _table(table)))
    if not grids:
        raise ValueError("a page without a table")
    return grids, raw


def _page(content: bytes) -> bytes:
    """Return the page inside a web archive (a message with its pictures), or the content itself."""
    if not is_archive(content):
        return content
    message = email.message_from_bytes(content)
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    tables = [page for part in pages if b"<tr" in (page := bytes(part.get_payload(decode=True) or b"")).lower()]
    if not tables:
        raise ValueError("a web archive without a table")
    return max(tables, key=len)


def is_archive(head: bytes) -> bool:
    """Return whether a file begins as a web archive (MHTML) does."""
    return head.lstrip()[:13].lower() == b"mime-version:"


def spreadsheet(path: Path) -> list[Sheet]:
    """Return every sheet of an XML workbook of Excel 2003.

    Raises:
        ValueError: A cell lies absurdly far away.
        lxml.etree.XMLSyntaxError: The file is no XML.
    """
    from lxml import etree

    stream = io.BytesIO(path.read_bytes())
    events = etree.iterparse(
        stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    grids: list[Sheet] = []
    rows: list[list[Any]] = []
    blocks: list[tuple[int, int, int, int]] = []
    row: list[Any] = []
    name = ""
    for event, element in events:
        tag = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if event == "start":
            if tag == "Worksheet":
                name, rows, blocks = _attribute(element, "Name") or "", [], []
            elif tag == "Row":
                index = _attribute(element, "Index")
                _pad(rows, int(index) - 1 if index else len(rows), [])
                row = []
            elif tag == "Cell":
                index = _attribute(element, "Index")
                _pad(row, int(index) - 1 if index else len(row), None)
            continue
        if tag == "Cell":
            row.append(_cell(element))
            across, down = (int(_attribute(element, key) or 0) for key in ("MergeAcross", "MergeDown"))
            if down:
                blocks.append((len(rows), len(rows) + down, len(row) - 1, len(row) - 1 + across))
            _pad(row, len(row) + across, None)
        elif tag == "Row":
            rows.append(row)
            element.clear()
        elif tag == "Worksheet":
            grids.append((name, cells.merged(cells.frame(rows), blocks)))
            element.clear()
    if not grids:
        raise ValueError("a workbook without a sheet")
    return grids


def _table(table: Any) -> pd.DataFrame:
    rows: list[dict[int, str | None]] = []
    hanging: dict[int, tuple[int, str | None]] = {}
    widest = 0
    for line in table.iter("tr"):
        row = {column: value for column, (_, value) in hanging.items()}
        hanging = {column: (left - 1, value) for column, (left, value) in hanging.items() if left > 1}
        at = 0
        for cell in line.iterchildren("td", "th"):
            while at in row:
                at += 1
            value = " ".join("".join(cell.itertext()).split()) or None
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            row[at] = value
            if down > 1:
                hanging[at] = (down - 1, value)
            for column in range(at + 1, at + across):
                row[column] = None
                if down > 1:
                    hanging[column] = (down - 1, None)
            at += across
        rows.append(row)
        widest = max(widest, max(row, default=-1) + 1)
        cells.check_size(len(rows), widest)
    return cells.frame([row.get(column) for column in range(widest)] for row in rows)


def _span(cell: Any, name: str) -> int:
    text = (cell.get(name) or "1").strip()
    return min(max(int(text), 1), _MOST_SPAN) if text.isdecimal() else 1


def _cell(element: Any) -> Any:
    data = next((child for child in element if str(child.tag).endswith("}Data") or child.tag == "Data"), None)
    if data is None:
        return None
    text = "".join(data.itertext())
    form = _attribute(data, "Type")
    if form == "Number":
        return float(text)
    if form == "DateTime":
        return text[:10]
    return None if form == "Error" else text


def _attribute(element: Any, name: str) -> str | None:
    value: str | None = element.get(f"{{{_SPREADSHEET}}}{name}")
    return value if value is not None else element.get(name)


def _pad(row: list[Any], length: int, filler: Any) -> None:
    if length > 1 << 20:
        raise ValueError("a cell lies beyond the last one of a sheet")
    row.extend(filler for _ in range(len(row), length))


def _encoding(content: bytes) -> str | None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    found = _DECLARED.search(content[:_HEAD_BYTES])
    return (found[1] or found[2]).decode("ascii") if found else None
