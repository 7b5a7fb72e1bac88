"""Scans that are broken, locked, endless or much too large: one line each, and the others are read all the same."""

import io
import os
import signal
import struct
import zlib

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from data_samples import certificate
from pipelines.digitize import documents
from pipelines.ledger import Ledger
from pipelines.papers import pages, read
from pipelines.sandbox import Limits
from tests.unit.certificates import NAME, NUMBER, certificate_pages, facts_of, hand_in


def locked(content):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt("mat khau", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def empty_pages(count, width=10, height=10):
    writer = PdfWriter()
    for _ in range(count):
        writer.add_blank_page(width, height)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def huge_png(side):
    """Return the beginning of a picture that says it is huge."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def good():
    return certificate.pdf(certificate_pages()[:1])


def test_each_file_that_gives_no_page_is_one_line_and_the_others_are_read(tmp_path, good):
    files = {
        "1-GCN.pdf": b"",
        "2-GCN.pdf": locked(good),
        "3-GCN.pdf": b"%PDF-1.4\n%%EOF\n",
        "4-GCN.pdf": b"hello",
        "5-GCN.pdf": empty_pages(pages.MOST_PAGES + 1),
        "6-GCN.png": huge_png(60_000),
        "7-GCN.jpg": b"\xff\xd8\xff",
        "8-GCN.tif": b"II*\x00\xff\xff\xff\xff",
        "BD990123-GCN.pdf": good,
    }
    facts = facts_of(tmp_path, files)
    assert facts["state"].tolist() == [
        "empty", "locked", "broken", "broken", "too_many", "too_large", "broken", "broken", "ok",
    ]  # fmt: skip
    assert facts.index.get_level_values("page").tolist() == [0] * 8 + [1]
    assert facts["serial_read"].dropna().tolist() == ["BD 990123"]


def test_pages_that_cannot_be_drawn_are_told_and_not_lost(tmp_path, good):
    out = io.BytesIO()
    certificate_pages()[0].copy().save(out, "JPEG")
    files = {
        "1-GCN.jpg": out.getvalue()[:3000],
        "2-GCN.pdf": empty_pages(2, 14_000, 14_000),
        "3-GCN.png": huge_png(15_000),
    }
    facts = facts_of(tmp_path, files)
    assert facts["state"].tolist() == ["ok"] * 4
    assert facts["unreadable"].fillna("").tolist() == ["broken", "", "", "broken"]
    assert facts["is_blank"].tolist() == [False, True, True, False]


def test_a_page_of_one_pixel_and_one_all_black_break_nothing(tmp_path):
    files = {}
    for number, picture in enumerate(
        (Image.new("L", (1, 1), 0), Image.new("L", (300, 9), 0), Image.new("1", (900, 900)))
    ):
        out = io.BytesIO()
        picture.save(out, "PNG")
        files[f"{number}-GCN.png"] = out.getvalue()
    facts = facts_of(tmp_path, files)
    assert facts["state"].tolist() == ["ok"] * 3 and facts["unreadable"].tolist() == ["dark"] * 3


def _dies_of_one(path, *, is_read):
    if path.name.startswith("9"):
        os.kill(os.getpid(), signal.SIGKILL)
    return [{"state": "ok", "pages": 1, "page": 1}]


def test_a_file_that_breaks_its_child_takes_no_other_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "read", _dies_of_one)
    files = {f"{number}-GCN.pdf": b"%PDF" + bytes([number]) for number in (1, 2, 9, 3, 4)}
    facts = facts_of(tmp_path, files)
    assert facts["state"].to_dict() == {
        ("1-GCN.pdf", 1): "ok", ("2-GCN.pdf", 1): "ok", ("3-GCN.pdf", 1): "ok", ("4-GCN.pdf", 1): "ok",
        ("9-GCN.pdf", 0): "failed",
    }  # fmt: skip
    monkeypatch.setattr(read, "read", lambda path, *, is_read: [{"state": "ok", "pages": 1, "page": 1}])
    assert facts_of(tmp_path, files)["state"].tolist() == ["ok"] * 5


def _takes_forever(path, *, is_read):
    signal.pause()


def test_a_reader_that_never_ends_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(read, "read", _takes_forever)
    facts = facts_of(tmp_path, {"1-GCN.pdf": b"%PDF"}, limits=Limits(seconds=0.5))
    assert facts["state"].tolist() == ["failed"]


def test_what_was_read_badly_before_is_read_again(tmp_path, good):
    facts_of(tmp_path, {"BD990123-GCN.pdf": good})
    (note,) = (tmp_path / "kept").iterdir()
    note.write_text("[{", encoding="utf-8")
    assert facts_of(tmp_path, {"BD990123-GCN.pdf": good})["state"].tolist() == ["ok"]


def test_the_step_takes_listed_documents_and_what_is_named_as_a_scan(tmp_path, good):
    root, elsewhere = tmp_path / "package", tmp_path / "elsewhere.pdf"
    hand_in(root, {"van_ban/a.pdf": b"", "BD990123-GCN.pdf": good, "ban_do.pdf": good, "ban_do/to.tif": good})
    elsewhere.write_bytes(good)
    (root / "BD990124-GCN.pdf").symlink_to(elsewhere)
    inventory = {
        "root": str(root),
        "files": [{"path": "van_ban/a.pdf", "role": "document"}, {"path": "ban_do/to.tif", "role": "drawing"}],
        "unusable": [{"path": "mat.pdf", "role": "document"}],
    }
    facts = documents.facts(inventory, tmp_path / "kept", Limits())
    assert facts["path"].tolist() == ["BD990123-GCN.pdf", "van_ban/a.pdf"]
    ledger = Ledger("digitize")
    (finding,) = documents.account(facts, inventory, ledger)
    assert (finding.code, finding.feature_id) == ("goi.unreadable_file", "van_ban/a.pdf")
    assert [(entry.source, entry.accepted, entry.quarantined) for entry in ledger.check().entries] == [
        ("BD990123-GCN.pdf", 1, 0),
        ("van_ban/a.pdf", 0, 1),
    ]
    assert NAME not in str(finding) and NUMBER not in str(finding)
    gone = documents.facts({**inventory, "root": str(tmp_path / "nowhere")}, tmp_path / "kept", Limits())
    assert gone.empty
