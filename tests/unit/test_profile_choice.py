"""Which profile reads a drawing: by the spelling of its levels, its format, and the nodes of gCadas on level 19."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from pipelines.package import guesses, levels, nodes
from pipelines.package.survey import Level, Survey

NODES = ("12\n345\nTh\xb8n 3\nONT\nNguy\xd4n V\xa8n A", "12\n346a\n-\nLUC\nB", "12\n347\nx\nONT+CLN\nC")
DRAWING = schemas.source("dgn_gcadas")["drawing"]


def level(name, *texts, lines=0):
    return Level(name, {"4": lines} if lines else {"17": len(texts)}, lines, 0, 10.0 * lines, texts)


def drawing(*held, file_format="DGN"):
    return Survey("to_1.dgn", file_format, 1, layers=({"name": "elements", "crs": None},), levels=held)


LINES = level("10", lines=40)


@pytest.mark.parametrize(
    "others",
    [(), (level("13", "1", "2"),), (level("13", "1"), level("4", "10.5"), level("2", "ONT"), level("11", "x"))],
    ids=["alone", "numbers", "all of TT 26"],
)
def test_nodes_choose_the_profile_that_reads_them(others):
    item = drawing(LINES, level("19", *NODES), *others)
    chosen = guesses.profile([item])
    assert (chosen.value, chosen.is_sure) == ("dgn_gcadas", True)
    assert levels.guess(item, schemas.source("dgn_gcadas")) == []


@pytest.mark.parametrize(
    "texts",
    [("12", "13"), ("Nh\xb5 v\xa8n h\xb3a\nth\xabn 3", "Tr\xadng\nhoc"), ()],
    ids=["single lines", "names in two lines", "no text"],
)
def test_level_19_without_nodes_says_nothing_for_it(texts):
    item = drawing(LINES, level("13", "1", "2"), level("19", *texts, lines=0 if texts else 3))
    chosen = guesses.profile([item])
    assert (chosen.value, chosen.is_sure) == ("dgn_tt26_2024", True)
    assert "node" not in nodes.known(item.levels, DRAWING)


def test_a_name_in_two_lines_among_many_nodes_does_not_hide_them():
    assert "node" in nodes.known([level("19", *NODES, "Nh\xb5\nv\xa8n h\xb3a")], DRAWING)


@pytest.mark.parametrize(
    ("file_format", "profile"), [("DGN", "dgn_tt26_2024"), ("DXF", "dxf_pl3_01"), ("DWG", "dxf_pl3_01")]
)
@pytest.mark.parametrize("spelled", ["{}", "Level {}"])
def test_levels_spelled_alike_go_to_the_profile_of_the_format(file_format, profile, spelled):
    held = [level(spelled.format(10), lines=40), level(spelled.format(13), "1", "2")]
    chosen = guesses.profile([drawing(*held, file_format=file_format)])
    assert (chosen.value, chosen.is_sure) == (profile, True)


@pytest.mark.parametrize("file_format", ["DGN", "DXF", "DWG"])
def test_nodes_are_known_in_every_format(file_format):
    chosen = guesses.profile([drawing(LINES, level("13", "1", "2"), level("19", *NODES), file_format=file_format)])
    assert (chosen.value, chosen.is_sure) == ("dgn_gcadas", True)


def test_every_profile_of_drawings_names_the_formats_that_can_be_read():
    for name in schemas.sources():
        body = schemas.source(name)
        assert not body.get("drawing") or {"DXF", "DWG"} <= set(body["formats"]), name


@given(st.lists(st.text(max_size=30), max_size=8))
def test_no_text_breaks_it(texts):
    assert nodes.known([level("10"), level("19", *texts)], DRAWING) <= {"boundary", "node"}
