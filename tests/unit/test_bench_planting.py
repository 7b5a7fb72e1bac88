"""The proof of the rules, small: everything planted is found, nothing else; and the proof itself can fail."""

import re
from pathlib import Path

import pandas as pd
import pytest
import shapely

import schemas
from pipelines.validate.checks import CHECKS
from pipelines.validate.overlaps import check_overlaps
from tests.benchmarks import fabrics, planting, planting_register, rules, sites

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
    assert emitted() - {"ban_ve.face_without_label"} <= set(rules.RULES)


def test_the_page_names_every_rule_with_its_figures():
    text = rules.PAGE.read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line.split("|")[2:8] for line in text.splitlines() if line.startswith("| `")}
    assert set(rows) == set(rules.RULES)
    assert all(
        row[4].strip() == row[5].strip() == "1.000" and int(row[0].replace(",", "")) > 0 for row in rows.values()
    )
