"""The offline map: one file, no outside address, safe against what parcels may be called."""

import re
from pathlib import Path

import pytest
import shapely

from atlas import preview
from atlas.server.errors import HomeError
from pipelines import store as land
from pipelines import vault
from pipelines.load import run
from pipelines.publish.files import execute
from pipelines.settings import Settings
from tests.unit.deliveries import ZONE, delivery, parcels, squares

HARMLESS = ("http://www.w3.org/", "https://leafletjs.com", "https://bugs.chromium.org", "https://bugzilla.mozilla.org")
"""Names of XML vocabularies, and addresses in comments and texts of Leaflet that nothing is fetched from."""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    rows = parcels(squares(12))
    rows.loc[5, "loai_dat"] = "<img src=x onerror=alert(1)></script>"
    with land.open_store(tmp_path, srid=ZONE) as store:
        run(delivery(parcels=rows), store, vault.open_vault(tmp_path / "holder.key"))
    execute(tmp_path, Settings(home=tmp_path))
    return tmp_path / "release"


def test_page_needs_nobody(release: Path) -> None:
    page = preview.render(release, "15670")
    outside = {address for address in re.findall(r"https?://[^\s\"'<>)]+", page) if not address.startswith(HARMLESS)}
    assert outside == set()
    assert re.findall(r"<(?:script|img|iframe)[^>]+src=|<link[^>]+href=", page) == []
    assert set(re.findall(r"url\((?!data:|#)[^)]*\)", page)) == set()


def test_page_tells_the_findings_in_both_languages(release: Path) -> None:
    page = preview.render(release, "15670")
    assert "Xã Thọ Bình (15670)" in page
    assert "Lỗi / Error: 1" in page
    assert "preferCanvas" in page
    assert page.count('"so_thu_tu_thua"') >= 13


def test_small_findings_get_a_dot_and_points_stand_alone(release: Path) -> None:
    rows, told = preview.read(release, "15670")
    tiny = told.iloc[[0, 0]].set_geometry(
        [shapely.box(105.0, 19.0, 105.0000001, 19.0000001), shapely.MultiPoint([(105, 19)])]
    )
    shown = preview._with_dots(tiny.set_crs(4326), rows)
    assert sorted(shown.geom_type) == ["Point", "Point", "Polygon"]


def test_heading_tells_parcels_and_grades(release: Path) -> None:
    page = preview.render(release, "15670")
    assert "12 thửa / parcels" in page
    assert "Grade 1: 12 · 2a: 0" in page


def test_values_cannot_become_markup(release: Path) -> None:
    page = preview.render(release, "15670")
    assert "<img src=x" not in page
    assert "u0026lt;img src=x" in page


def test_same_release_same_bytes(release: Path) -> None:
    assert preview.render(release, "15670") == preview.render(release, "15670")


def test_command_writes_the_file(release: Path, tmp_path: Path) -> None:
    target = tmp_path / "maps" / "15670.html"
    assert preview.main(["--release", str(release), "--commune", "15670", "--out", str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert list(target.parent.iterdir()) == [target]


def test_commune_without_findings(tmp_path: Path) -> None:
    whole = delivery(3)
    with land.open_store(tmp_path, srid=ZONE) as store:
        run(delivery(3, findings=whole.findings.iloc[:0]), store, vault.open_vault(tmp_path / "holder.key"))
    execute(tmp_path, Settings(home=tmp_path))
    assert "Lỗi / Error: 0" in preview.render(tmp_path / "release", "15670")


def test_unknown_commune_is_told(release: Path) -> None:
    with pytest.raises(HomeError, match="no commune 99999"):
        preview.render(release, "99999")


def test_command_tells_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "15670.html"
    assert preview.main(["--release", str(tmp_path), "--commune", "15670", "--out", str(target)]) == 2
    assert "diachinh publish" in capsys.readouterr().err
    assert not target.exists()


def test_missing_library_is_told(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "_LIBRARY_FOLDERS", ("nowhere",))
    with pytest.raises(HomeError, match="make setup"):
        preview.render(release, "15670")
