"""The proof of the rules, small: everything planted is found, nothing else; and the proof itself can fail."""

import re
from pathlib import Path

import pandas as pd
import pytest
import shapely

import schemas
from pipelines.validate.checks import CHECKS
from pipelines.validate.overlaps import check_overlaps
from tests.benchmarks import fabrics, planting, planting_drawing, planting_register, rules, sites

ROOT = Path(__file__).parents[2]
EMITS = re.compile(r"\b(?:ban_ve|thua_dat|so_dia_chinh|giay_chung_nhan|giay_to)\.[a-z_]+\b")


def emitted():
    """Return the codes that the docstrings of the checks promise."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "pipelines" / "validate").glob("*.py")]
    parts = [part.partition('"""')[0] for text in texts for part in text.split("Emits:")[1:]]
    return {code for part in parts for code in EMITS.findall(part)} & set(schemas.findings())


@pytest.mark.parametrize("name", fabrics.KINDS)
def test_everything_planted_is_found_and_nothing_else(name):
    ground = planting.plant(fabrics.make(name, 500, 1), 1)
    score = planting.score(ground, planting.told(ground))
    assert score.wrong == []
    assert len(ground.kinds) >= 18
    assert sum(score.spared.values()) > 20


def test_everything_planted_in_a_register_is_found_and_nothing_else():
    score = planting_register.score(planting_register.groups(80, 3))
    assert score.wrong == []
    assert set(score.planted) == set(planting_register.RULES)


def test_without_a_check_what_it_finds_is_missed_and_what_it_explains_is_invented():
    ground = planting.plant(fabrics.make("grid", 400, 2), 2)
    checks = tuple(check for check in CHECKS if check is not check_overlaps)
    score = planting.score(ground, planting.told(ground, checks))
    assert score.recall("thua_dat.overlap") == 0
    assert score.recall("thua_dat.gap") == 1
    assert any(line.startswith("grid: missed thua_dat.overlap") for line in score.wrong)


def test_a_finding_of_no_answer_sheet_is_invented():
    ground = planting.plant(fabrics.make("grid", 100, 2), 2, frozenset({"loop"}))
    found = planting.told(ground)
    again = pd.concat([found, found.iloc[[0]]])
    assert planting.score(ground, found).precision("thua_dat.invalid") == 1
    assert planting.score(ground, again).precision("thua_dat.invalid") < 1


@pytest.mark.parametrize("name", ["grid", "river", "enclaves"])
def test_no_two_sites_share_a_neighbour(name):
    fabric = fabrics.make(name, 400, 5)
    chosen = [site.parcel for site in sites.find(fabric, planting.np.random.default_rng(5))]
    shapes = fabric.parcels.geometry.to_numpy()
    small = shapes[shapely.get_num_coordinates(shapes) <= sites.LONG]
    _, near = shapely.STRtree(small).query(shapes[chosen], predicate="intersects")
    assert len(chosen) > 5
    assert pd.Series(near).value_counts().max() == 1


def test_every_rule_of_the_checks_is_planted():
    elsewhere = {"ban_ve.face_without_label", "giay_chung_nhan.scan_unlisted"}
    assert emitted() - elsewhere <= set(rules.RULES)


@pytest.mark.parametrize("name", planting_drawing.FABRICS)
def test_everything_planted_in_line_work_is_told_and_nothing_else(name):
    score = planting_drawing.score(fabrics.make(name, 500, 1), 1)
    assert score.wrong == []
    assert len(score.planted) >= 10
    assert sum(score.spared.values()) > 20


def test_line_work_without_what_was_planted_is_missed(monkeypatch):
    monkeypatch.setitem(planting_drawing.DRAWINGS, "gap", ("ban_ve.unclosed", lambda *_: ["ban_ve.unclosed"]))
    score = planting_drawing.score(fabrics.make("grid", 300, 1), 1)
    assert score.recall("ban_ve.unclosed") == 0
    assert {line.split()[2] for line in score.wrong} == {"ban_ve.unclosed"}


def rows_of_page():
    text = rules.PAGE.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return {line.split("`")[1]: [cell.strip() for cell in line.split("|")[2:-1]] for line in lines}


def test_the_page_names_every_rule_with_its_figures():
    rows = rows_of_page()
    assert set(rows) == set(schemas.findings())
    for code in rules.RULES:
        planted, _, _, invented, recall, precision = rows[code][:6]
        assert (int(planted.replace(",", "")) > 0, invented, recall, precision) == (True, "0", "1.000", "1.000"), code


def test_what_is_not_planted_here_says_what_proves_it():
    for code, row in rows_of_page().items():
        by = row[7]
        if code in rules.RULES:
            assert by.startswith("bench")
        elif code in rules.TESTS:
            assert by == (rules.TESTS[code] or "nothing")
            if by != "nothing":
                assert rules.TESTED.get(code, code) in (ROOT / by).read_text(encoding="utf-8")
        else:
            assert by == "sample"


def test_a_finding_that_nothing_proves_is_made_by_nothing():
    steps = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipelines").rglob("*.py"))
    assert [code for code, test in rules.TESTS.items() if not test and f'"{code}"' in steps] == []
