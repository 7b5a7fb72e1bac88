"""Files of the office are named by serials and people; none of these names leaves the house with the findings."""

import dataclasses

import pytest

from pipelines import findings as findings_of
from pipelines import store as land
from pipelines import vault
from pipelines.cli.register import draw_preview
from pipelines.findings import Finding
from pipelines.load import run
from pipelines.publish.files import execute
from pipelines.settings import Settings
from tests.unit.deliveries import NUMBERS, ZONE, delivery
from tests.unit.test_publish import everything

SCAN, BOOK, ODD = "quet/BĐ000001-GCN.pdf", "so/Nguyễn Hư Cấu.xlsx", f"quet/x#{NUMBERS[0]}"
REASON = "broken / hỏng"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    items = [
        Finding(code, path, path, 1.0, 2.0, f"{path}: {REASON}", path)
        for path in (SCAN, BOOK, ODD)
        for code in ("goi.unreadable_file", "goi.unlisted_file", "goi.file_note", "ban_ve.elements_lost")
    ]
    items += [Finding("giay_to.missing", f"{BOOK}#3", f"{SCAN}#{NUMBERS[1]}", detail=SCAN, source=BOOK)]
    items += [Finding("thua_dat.overlap", "la#1", f"{BOOK}#7", 3.0, 1.0)]
    wanted = delivery(4)
    found = findings_of.concat([wanted.findings, findings_of.of(items, crs=ZONE)], crs=ZONE)
    with land.open_store(home, srid=ZONE) as store:
        run(dataclasses.replace(wanted, findings=found), store, vault.open_vault(home / "holder.key"))
    execute(home, Settings(home=home), preview=draw_preview)
    return everything(home / "release")


@pytest.mark.parametrize("name", ["BĐ000001", "BD000001", "Hư Cấu", "xlsx#", "quet/", REASON, *NUMBERS])
def test_no_name_of_a_file_is_published(told, name):
    assert name not in told


def test_the_findings_are_published_all_the_same(told):
    assert "goi.unreadable_file" in told
    assert "#7" in told  # an object by its number, without its file
