"""The own count of elements of a DGN v7 drawing, beside what the reader finds."""

import struct
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from pipelines import dgn, dgn_elements
from pipelines.package import dgn_scan, onepass, stock
from tests.unit.test_vectors import write_dgn

X, Y = 560_000.0, 2_195_000.0
END = b"\xff\xff"
KINDS = [2, 3, 4, 5, 6, 7, 9, 11, 12, 14, 15, 16, 17, 18, 19, 21, 24, 26, 27, 28, 33, 34, 66, 100]


def element(kind, level=10, *, part=False, deleted=False, words=20, inner=0):
    """Return the bytes of an element that is nothing but its head and a length of what it holds."""
    body = bytearray(2 * words)
    if words > 16:
        struct.pack_into("<H", body, 32, inner)
    return struct.pack("<BBH", level | part << 7, kind | deleted << 7, words) + bytes(body)


def scanned(folder, content):
    path = folder / "to_1.dgn"
    path.write_bytes(content)
    return dgn_scan.scan(path)


elements = st.builds(
    element,
    st.sampled_from(KINDS),
    st.integers(0, 63),
    part=st.booleans(),
    deleted=st.sampled_from([False, False, False, True]),
    words=st.integers(16, 60),
    inner=st.integers(0, 200),
)


@given(st.lists(elements, max_size=25))
def test_the_scan_counts_what_the_reader_makes_rows_of(tmp_path_factory, drawn):
    content = element(9, 8) + b"".join(drawn) + END
    drawing = dgn.parse(content)
    rows, _ = dgn_elements.rows_of(drawing)
    expected = Counter(zip(drawing.kind[rows].tolist(), drawing.level[rows].tolist(), strict=True))
    scan = scanned(tmp_path_factory.mktemp("scan"), content)
    assert scan.is_complete
    assert scan.counts == expected


def test_elements_behind_zeros_count_and_those_behind_the_end_mark_do_not(tmp_path):
    line = element(9, 8) + element(3)
    assert scanned(tmp_path, line + bytes(64) + element(3) + END).counts == {(3, 10): 2}
    assert scanned(tmp_path, line + END + element(3)).counts == {(3, 10): 1}
    assert scanned(tmp_path, line + bytes(64)).is_complete
    assert not scanned(tmp_path, line + element(3)[:-4]).is_complete


@pytest.mark.parametrize("lost", [1, 5])
def test_elements_that_the_reader_misses_are_told(tmp_path, monkeypatch, lost):
    folder = tmp_path / "in"
    folder.mkdir()
    path = folder / "to_1.dgn"
    write_dgn(path, [(10, LineString([(X, Y), (X + 9, Y)]))] * 8, [(13, Point(X, Y), "7")])
    walk = dgn.parse

    def ends_early(content):
        drawing = walk(content)
        kept = {name: getattr(drawing, name)[:-lost] for name in drawing.__slots__ if name != "is_complete"}
        return dgn.Drawing(**kept | {"raw": drawing.raw, "is_complete": True})

    # The file is surveyed here and not in a child, so that the reader is the one that ends early.
    monkeypatch.setattr(dgn, "parse", ends_early)
    surveyed = onepass.survey(path, path.name)
    assert surveyed.reason is None
    body = {
        **{"commune": "15670", "era": "E2025A", "date": "2025-06-15", "profile": "dgn_tt26_2024"},
        **{"crs": "EPSG:5897", "scale": 1000, "files": [{"path": "to_1.dgn", "role": "drawing"}]},
    }
    found = stock.run(folder, body, "38", surveys={path.name: surveyed}).findings.iloc[0]
    assert found["code"] == "ban_ve.elements_lost"
    assert found["limit"] - found["value"] == lost


def test_a_large_drawing_is_scanned_quickly(tmp_path):
    path = tmp_path / "to_1.dgn"
    path.write_bytes(element(9, 8) + element(3) * 100_000 + END)
    began = time.process_time()
    assert dgn_scan.scan(path).counts == {(3, 10): 100_000}
    assert time.process_time() - began < 1.0
