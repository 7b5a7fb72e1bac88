"""A package that was good and turns bad: one sentence, and what was known of it before is still there."""

import pytest
import yaml

from pipelines.errors import CadastreError
from pipelines.package import files
from pipelines.settings import Settings
from tests.workflow.packages import tiny


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ({"crs": "EPSG:5899"}, "EPSG:5899"),
        ({"crs": "EPSG:999999"}, "EPSG:999999"),
        ({"era": "E2025B"}, "15670"),
        ({"commune": "99999"}, "99999"),
        ({"files": []}, "files"),
        ({"profile": "nobody"}, "nobody"),
        ({"files": [{"path": "missing.shp", "role": "parcels"}]}, "missing.shp"),
    ],
    ids=["sea", "no such crs", "wrong era", "no such commune", "no files", "no such profile", "missing file"],
)
def test_it_is_refused_in_one_sentence_and_the_former_stock_stays(tmp_path, spoil, says):
    package, home = tiny(tmp_path / "package"), tmp_path / "home"
    settings = Settings(home=home)
    assert files.execute(package, home, settings) == "15670"
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    declared = yaml.safe_load((package / "package.yaml").read_text("utf-8"))
    (package / "package.yaml").write_text(yaml.safe_dump(declared | spoil), encoding="utf-8")
    with pytest.raises(CadastreError) as refused:
        files.execute(package, home, settings)
    for sentence in (refused.value.vi, refused.value.en):
        assert says in sentence
        assert "\n" not in sentence
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
