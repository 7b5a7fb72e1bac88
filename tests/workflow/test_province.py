"""`diachinh run` over two neighbours: what they have against each other, and a release that may not lose parcels."""

import json
from pathlib import Path

import geopandas as gpd
import pytest

from tests.conftest import diachinh
from tests.workflow.packages import EAST_M, tiny


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two communes that overlap by half a metre, run to the release."""
    folder = tmp_path_factory.mktemp("province")
    tiny(folder / "inbox" / "one", "15670")
    tiny(folder / "inbox" / "two", "15703", east_m=EAST_M + 79.5)
    (folder / "settings.yaml").write_text("statistics: areas.csv\n", encoding="utf-8")
    (folder / "areas.csv").write_text("ma_xa,area_ha\n15670,0.16\n15703,0.20\n", encoding="utf-8")
    done = run(folder, folder / "inbox")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def run(folder: Path, inbox: Path):
    return diachinh("--config", folder / "settings.yaml", "run", inbox, "--home", folder / "home")


def test_what_communes_have_against_each_other_is_told(ran: Path) -> None:
    state = json.loads(diachinh("status", "--json", "--home", ran / "home").stdout)
    assert state["province"]["findings"] == {"lien_xa.border_overlap": 1, "lien_xa.total_mismatch": 1}
    assert "lien_xa.border_overlap 1" in diachinh("status", "--home", ran / "home").stdout
    assert (ran / "home/province/canh_bao_lien_xa.xlsx").exists()


def test_a_release_that_loses_parcels_is_refused_and_passes_when_signed(ran: Path) -> None:
    path = ran / "home/release/manifest.json"
    before = path.read_text("utf-8")
    package = ran / "inbox/two/to_1.shp"
    gpd.read_file(package, encoding="ISO-8859-1").iloc[:3].to_file(package, encoding="ISO-8859-1")
    refused = run(ran, package.parent)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 2, refused.stderr
    assert "15703: 25.0% of the parcels" in refused.stderr
    assert path.read_text("utf-8") == before
    signed = diachinh("publish", "--home", ran / "home", "--override", "Thửa 4 đo thừa", "--signed", "Cán bộ Hư Cấu")
    assert signed.returncode == 0, signed.stderr
    after = json.loads(path.read_text("utf-8"))
    assert [entry["parcels"] for entry in after["communes"]] == [4, 3]
    assert after["overrides"][0]["signed"] == "Cán bộ Hư Cấu"
