"""Drawings of every kind: the same rows whoever reads them, text as its bytes, nothing worse than one clear error."""

import functools

import cadkit
import ezdxf
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from pipelines import cad, cad_text, curves, dgn_elements, text, vectors
from pipelines.errors import ReadError
from tests.unit.test_vectors import TCVN3, write_dgn

X, Y = 560_000, 2_195_000
VERSIONS = ["R12", "R2000", "R2004", "R2007", "R2010", "R2013", "R2018"]
modest = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
centimetres = st.integers(0, 100_000).map(lambda value: value / 100)
places = st.tuples(centimetres.map(lambda v: X + v), centimetres.map(lambda v: Y + v))


def place_of(rows):
    return rows.geometry.iloc[0]


@settings(parent=modest, max_examples=12)
@given(
    lines=st.lists(st.tuples(st.integers(1, 63), st.lists(places, min_size=2, max_size=9, unique=True)), max_size=8),
    texts=st.lists(
        st.tuples(st.integers(1, 63), places, st.text("aZ 1./\xb5\xad\xe9", min_size=1, max_size=12)), max_size=8
    ),
)
def test_dgn_v7_is_read_as_written_and_as_gdal_reads_it(tmp_path, lines, texts):
    path = tmp_path / "a.dgn"
    path.unlink(missing_ok=True)
    write_dgn(path, [(lv, LineString(pts)) for lv, pts in lines], [(lv, Point(p), words) for lv, p, words in texts])
    rows = dgn_elements.read(path)
    assert rows["Level"].tolist() == [level for level, *_ in [*lines, *texts]]
    assert rows["Text"].dropna().tolist() == [words for *_, words in texts]
    # The driver that writes cuts to whole centimetres, hence the tolerance.
    drawn = [LineString(pts) for _, pts in lines] + [Point(p) for _, p, _ in texts]
    assert all(a.equals_exact(b, 0.015) for a, b in zip(rows.geometry, drawn, strict=True))
    known = pyogrio.read_dataframe(path, encoding="latin-1", force_2d=True)
    assert rows["Type"].tolist() == known["Type"].tolist()
    assert all(a.equals_exact(b, 1e-6) for a, b in zip(rows.geometry, known.geometry, strict=True))
    assert int(vectors.elements(path)["elements"].sum()) == len(rows)


@pytest.mark.parametrize("name", ["v7/smalltest.dgn", "v7/palmaterialsmsj.dgn"])
def test_real_dgn_v7_as_gdal_reads_it(shared_data, name):
    path = shared_data("cad") / name
    rows, known = vectors.read(path), pyogrio.read_dataframe(path, encoding="latin-1", force_2d=True)
    for column in ("Type", "Level", "ColorIndex", "Weight", "Style"):
        assert rows[column].tolist() == known[column].tolist()
    # GDAL strokes a curve with a fixed number of segments, hence the centimetre.
    assert all(a.hausdorff_distance(b) < 0.01 for a, b in zip(rows.geometry, known.geometry, strict=True))


def test_every_real_drawing_tells_levels_and_counts(shared_data):
    paths = sorted(shared_data("cad").rglob("*.dgn"))
    assert len(paths) == 8
    for path in paths:
        counts, rows = vectors.elements(path), vectors.read(path)
        assert int(counts["elements"].sum()) == len(rows) > 0
        assert vectors.layers(path)[0].features == len(rows)


def record(kind, level, body, part=False):
    """Return one element of DGN v7: head, range, symbology, body."""
    whole = bytes(24) + b"\0\0" + (16 + len(body) // 2 - 2).to_bytes(2, "little") + b"\0\0\0\0" + body
    head = bytes([level | (0x80 if part else 0), kind])
    return head + (len(whole) // 2).to_bytes(2, "little") + whole


def long(value):
    return ((value >> 16) & 0xFFFF).to_bytes(2, "little") + (value & 0xFFFF).to_bytes(2, "little")


def with_elements(path, *records):
    """Write the settings of a drawing, then the given elements."""
    write_dgn(path, [])
    head = path.read_bytes()
    length = 4 + 2 * int.from_bytes(head[2:4], "little")
    path.write_bytes(head[:length] + b"".join(records) + b"\xff\xff")


def words(content, x, part=True):
    """Return a text element at (x, 0)."""
    body = b"\1\0" + long(1000) * 2 + long(0) + long(x) + long(0) + bytes([len(content), 0]) + content
    return record(17, 13, body + b"\0" * (len(body) % 2), part)


def line(x0, x1, part=False):
    return record(3, 10, long(x0) + long(0) + long(x1) + long(5), part)


def node(following):
    body = (
        following.to_bytes(2, "little") + b"\2\0\1\0\0\0\0\0" + long(0) + long(1000) * 2 + long(0) + long(7) + long(9)
    )
    return record(7, 13, body)


def test_the_lines_of_a_text_node_are_one_text_at_its_origin(tmp_path):
    path = tmp_path / "a.dgn"
    parts = words(b"12", 0) + words(b"ONT\xb8", 5)
    with_elements(path, node(0), parts, line(0, 9), words(b"alone", 3, part=False))
    rows = vectors.read(path)
    assert rows["Type"].tolist() == [7, 3, 17]
    assert rows["Text"].tolist()[0] == "12\nONT\xb8"
    assert rows["Text"].tolist()[2] == "alone"
    assert vectors.keeps_bytes(path)


def test_text_in_sixteen_bits_is_unicode(tmp_path):
    path = tmp_path / "a.dgn"
    wide = "Thửa".encode("utf-16-le")
    with_elements(path, words(b"\xff\xfd" + wide + b"\0\0", 0, part=False))
    assert vectors.read(path)["Text"].tolist() == ["Thửa"]
    assert not vectors.keeps_bytes(path)


def test_parts_of_a_chain_are_one_line_and_parts_of_a_cell_stay(tmp_path):
    path = tmp_path / "a.dgn"
    chain = record(12, 10, b"\0\0\2\0" + bytes(8))
    cell = record(2, 0, bytes(56))
    ends = record(3, 10, long(9) + long(5) + long(20) + long(5), part=True)
    deleted = bytearray(line(0, 9))
    deleted[1] |= 0x80
    with_elements(path, chain, line(0, 9, part=True), ends, cell, line(1, 2, True), line(3, 4, True), bytes(deleted))
    rows = vectors.read(path)
    assert rows["Type"].tolist() == [12, 3, 3]
    assert place_of(rows).geom_type == "LineString"
    assert len(place_of(rows).coords) == 3


@pytest.mark.parametrize("version", VERSIONS)
def test_dxf_of_every_version(tmp_path, version):
    path = tmp_path / "a.dxf"
    drawing = ezdxf.new(version)
    block = drawing.blocks.new("MOC")
    block.add_line((0, 0), (1, 0), dxfattribs={"layer": "0"})
    space = drawing.modelspace()
    space.add_blockref("MOC", (X, Y), dxfattribs={"layer": "MOC_GIOI"})
    space.add_text("Thửa đất" if version >= "R2007" else "12", dxfattribs={"insert": (X, Y), "layer": "NHAN"})
    space.add_polyline2d([(X, Y), (X + 5, Y), (X + 5, Y + 5)], close=True, dxfattribs={"layer": "RANH"})
    space.add_circle((X, Y), 10, dxfattribs={"layer": "TRON"})
    drawing.saveas(path)
    rows = vectors.read(path).set_index("Layer")
    assert rows.loc["MOC_GIOI"].geometry.equals_exact(LineString([(X, Y), (X + 1, Y)]), 1e-6)
    assert rows.loc["RANH"].geometry.is_ring
    assert abs(rows.loc["TRON"].geometry.length - 20 * np.pi) < 0.02
    said = text.decode([rows.loc["NHAN"]["Text"]], "utf-8")
    assert said == ["Thửa đất" if version >= "R2007" else "12"]


@pytest.mark.parametrize("codepage", ["ANSI_1252", "ANSI_1258"])
def test_tcvn3_in_an_eight_bit_dxf_keeps_its_bytes(tmp_path, codepage):
    path = tmp_path / "a.dxf"
    drawing = ezdxf.new("R2000")
    drawing.modelspace().add_text("CHO_CHU", dxfattribs={"insert": (X, Y)})
    drawing.saveas(path)
    content = path.read_bytes().replace(b"ANSI_1252", codepage.encode()).replace(b"CHO_CHU", TCVN3.encode("latin-1"))
    path.write_bytes(content)
    assert text.decode(vectors.read(path)["Text"].tolist(), "tcvn3") == ["Thửa đất"]
    assert vectors.keeps_bytes(path)


def test_binary_dxf(tmp_path):
    path = tmp_path / "a.dxf"
    drawing = ezdxf.new("R2000")
    drawing.modelspace().add_line((X, Y), (X + 9, Y), dxfattribs={"layer": "RANH"})
    drawing.saveas(path, fmt="bin")
    rows = vectors.read(path)
    assert rows["Layer"].tolist() == ["RANH"]
    assert place_of(rows).length == pytest.approx(9)


def test_paper_space_is_a_layer_of_its_own(tmp_path):
    path = tmp_path / "a.dxf"
    drawing = ezdxf.new("R2010")
    drawing.modelspace().add_line((X, Y), (X + 9, Y))
    drawing.layout("Layout1").add_text("khung")
    drawing.saveas(path)
    assert [(layer.name, layer.features) for layer in vectors.layers(path)] == [("elements", 1), ("Layout1", 1)]


def test_unicode_stays_and_what_may_be_tcvn3_becomes_bytes():
    assert cad_text.restored(["Thửa", "Hà"], [True, True], None) == (["Thửa", "Hà"], False)
    assert cad_text.restored([TCVN3, None], [True, True], None) == ([TCVN3, None], True)
    curly = bytes([0x93]).decode("cp1252")
    assert cad_text.restored([curly], [False], "windows-1252") == (["\x93"], True)


@given(st.floats(0.01, 5000), st.floats(0, 2 * np.pi), st.floats(0.01, 2 * np.pi), st.booleans(), st.floats(0.1, 1))
@modest
def test_arcs_stay_near_their_curve(radius, start, sweep, clockwise, flat):
    sweep = -sweep if clockwise else sweep
    points, count = curves.arcs(
        np.array([[X, Y]]), np.array([[radius, 0]]), np.array([[0, radius]]), np.array([start]), np.array([sweep])
    )
    middles = (points[1:] + points[:-1]) / 2
    sag = radius - np.hypot(*(middles - [X, Y]).T)
    # A radius beyond what 1024 segments can hold to a millimetre is stroked with 1024.
    assert sag.max() <= max(curves.TOLERANCE * 1.01, radius * (1 - np.cos(np.pi / 1024)) * 1.01)
    assert count[0] == len(points)


def test_a_bulge_of_one_is_half_a_circle():
    points = curves.bulged(np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([1.0, 0.0]), False)
    assert LineString(points).length == pytest.approx(np.pi, rel=1e-2)
    assert points[:, 1].min() == pytest.approx(-1, abs=0.01)


def test_a_spline_passes_where_its_poles_say():
    poles = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 2.0], [4.0, 0.0]])
    points = curves.spline(poles, 3, np.array([0.0] * 4 + [1.0] * 4), np.empty(0))
    middle = points[np.abs(points[:, 0] - 2).argmin()]
    assert middle == pytest.approx([2, 1.5], abs=0.05)
    assert (points[0] == poles[0]).all()
    assert points[-1] == pytest.approx(poles[-1])


@functools.cache
def originals(folder):
    """Return the bytes of one drawing of each kind."""
    write_dgn(folder / "a.dgn", [(10, LineString([(X, Y), (X + 9, Y)]))] * 3, [(13, Point(X, Y), "7")])
    drawing = ezdxf.new("R2010")
    drawing.modelspace().add_lwpolyline([(0, 0, 0, 0, 1), (2, 0), (2, 2)], close=True)
    drawing.modelspace().add_mtext("a\\Pb")
    drawing.saveas(folder / "a.dxf")
    return {name: (folder / name).read_bytes() for name in ("a.dgn", "a.dxf")}


def opened_or_refused(path):
    try:
        rows = vectors.read(path)
        shapely.is_valid(rows.geometry.to_numpy())
        vectors.layers(path)
        vectors.keeps_bytes(path)
        vectors.elements(path)
    except ReadError as error:
        assert path.name in error.vi


@given(kind=st.sampled_from(["a.dgn", "a.dxf"]), cut=st.floats(0, 1))
@modest
def test_a_drawing_cut_anywhere_is_read_or_refused(tmp_path_factory, kind, cut):
    folder = tmp_path_factory.getbasetemp()
    content = originals(folder)[kind]
    path = folder / f"cut_{kind}"
    path.write_bytes(content[: int(cut * len(content))])
    opened_or_refused(path)


@given(
    kind=st.sampled_from(["a.dgn", "a.dxf"]),
    flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=20),
)
@modest
def test_a_drawing_with_wrong_bytes_is_read_or_refused(tmp_path_factory, kind, flips):
    folder = tmp_path_factory.getbasetemp()
    content = bytearray(originals(folder)[kind])
    for where, value in flips:
        content[int(where * len(content))] = value
    path = folder / f"flipped_{kind}"
    path.write_bytes(content)
    opened_or_refused(path)


@given(where=st.floats(0, 0.999), value=st.integers(0, 255), cut=st.booleans())
@modest
def test_a_broken_dgn_v8_is_read_or_refused(shared_data, tmp_path, where, value, cut):
    content = bytearray((shared_data("cad") / "v8/test_dgnv8.dgn").read_bytes())
    place = int(where * len(content))
    content[place] = value
    path = tmp_path / "a.dgn"
    path.write_bytes(content[:place] if cut else content)
    opened_or_refused(path)


def test_dgn_v8_written_by_another_program_comes_back(shared_data, tmp_path):
    seed = cadkit.V8Seed(shared_data("cad") / "v8/tags.dgn")
    drawing = ezdxf.new("R2010", units=6)
    drawing.modelspace().add_lwpolyline([(0, 0), (20, 0), (20, 5.5)])
    drawing.saveas(tmp_path / "a.dxf")
    document = seed.prepare_document(cadkit.read(tmp_path / "a.dxf"))
    path = tmp_path / "b.dgn"
    path.write_bytes(document.to_dgn(seed, '{"clear_seed_model": true}'))
    assert place_of(vectors.read(path)).equals_exact(LineString([(0, 0), (20, 0), (20, 5.5)]), 1e-6)


def test_a_layer_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "a.dgn"
    write_dgn(path, [(10, LineString([(0, 0), (1, 1)]))])
    with pytest.raises(ReadError, match="no layer x"):
        vectors.read(path, "x")
    assert vectors.layers(path)[0].name == cad.LAYER
