"""Errors, findings, ledger, coordinates, settings, inbox, fingerprint."""

import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from pipelines import crs, findings, fingerprint, inbox, ledger, settings
from pipelines.errors import CrsError, PackageError, SettingsError


def test_unknown_finding_code_is_a_bug_not_a_silence() -> None:
    with pytest.raises(KeyError):
        findings.build("thua_dat.overlapp", ["a"], crs="EPSG:5897")
    with pytest.raises(KeyError):
        findings.of([findings.Finding("nope", "a")], crs="EPSG:5897")


def test_findings_survive_a_file(tmp_path: Path) -> None:
    made = findings.concat(
        [
            findings.build(
                "thua_dat.overlap", ["a", "b"], crs="EPSG:5897", other_id=["c", None], value=[1.5, 2.0], limit=0.01,
                geometry=[box(0, 0, 1, 1), None],
            ),
            findings.empty("EPSG:5897"),
            findings.of([findings.Finding("thua_dat.gap", "-", value=3.0, geometry=Point(1, 2))], crs="EPSG:5897"),
        ],
        crs="EPSG:5897",
    )  # fmt: skip
    findings.write(made, tmp_path / "f.parquet")
    again = findings.read(tmp_path / "f.parquet")
    assert list(again.code) == ["thua_dat.overlap", "thua_dat.overlap", "thua_dat.gap"]
    assert again.other_id.isna().tolist() == [False, True, True]
    assert again.geometry.isna().tolist() == [False, True, False]
    assert again.crs == made.crs
    findings.write(findings.empty("EPSG:5897"), tmp_path / "e.parquet")
    assert len(findings.read(tmp_path / "e.parquet")) == 0


def test_ledger_that_does_not_balance_stops_the_step(tmp_path: Path) -> None:
    book = ledger.Ledger("digitize")
    book.add("a.dgn", "label", received=3, accepted=2, quarantined=1)
    book.write(tmp_path / "account.json")
    assert ledger.read(tmp_path / "account.json") == book
    book.add("b.dgn", "label", received=3, accepted=2)
    with pytest.raises(ledger.LedgerError, match=r"b\.dgn"):
        book.write(tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()
    assert ledger.totals([book])["label"]["received"] == 6


def test_pinned_operation_matches_the_published_point() -> None:
    longitude, latitude = crs.transformer_to_wgs84("EPSG:5897").transform(581102.242, 2191076.731)
    assert longitude == pytest.approx(105.776, abs=1e-8)
    assert latitude == pytest.approx(19.807, abs=1e-8)


def test_there_and_back_over_wgs84_stays_within_a_millimetre() -> None:
    here = gpd.GeoSeries([Point(560000, 2190000), Point(434600, 2133600)], crs="EPSG:5897")
    assert here.distance(crs.reproject(crs.to_wgs84(here), "EPSG:5897")).max() < 1e-3


def test_change_of_meridian_loses_nothing() -> None:
    here = gpd.GeoSeries([Point(560000, 2190000)], crs="EPSG:5897")
    neighbour = crs.reproject(here, "EPSG:9209")
    assert abs(neighbour.iloc[0].x - here.iloc[0].x) > 50_000
    assert here.distance(crs.reproject(neighbour, "EPSG:5897")).max() < 1e-6
    place, same_place = crs.to_wgs84(here).iloc[0], crs.to_wgs84(neighbour).iloc[0]
    assert (place.x, place.y) == pytest.approx((same_place.x, same_place.y), abs=1e-11)


def test_crs_errors_say_what_to_do() -> None:
    with pytest.raises(CrsError) as caught:
        crs.parse("EPSG:five")
    assert "EPSG:5897" in caught.value.vi
    with pytest.raises(CrsError):
        crs.to_wgs84(gpd.GeoSeries([Point(0, 0)]))


def test_settings_refuse_what_they_do_not_know(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("provinse: '38'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="provinse"):
        settings.load(path)
    with pytest.raises(SettingsError):
        settings.load(tmp_path / "missing.yaml")
    assert settings.load(home=tmp_path).snap_for(1500) == settings.load().snap_m[1000]


def package(folder: Path, code: str = "15670") -> Path:
    folder.mkdir(parents=True)
    (folder / "package.yaml").write_text(f'commune: "{code}"\n', encoding="utf-8")
    return folder


def test_inbox_knows_packages_by_their_declaration(tmp_path: Path) -> None:
    package(tmp_path / "a", "15670")
    package(tmp_path / "b", "15703")
    package(tmp_path / "again", "15670")
    (tmp_path / "loose").mkdir()
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 cut short")
    found = inbox.look(tmp_path)
    assert sorted(found.packages) == ["15670", "15703"]
    assert [path.name for path in found.undeclared] == ["loose"]
    # Of two packages of one commune the first by name is taken, and the other is said.
    assert found.packages["15670"].name == "a"
    assert sorted(path.name for path, _ in found.broken) == ["again", "cut.zip"]


def test_inbox_can_be_one_package_or_one_archive(tmp_path: Path) -> None:
    folder = package(tmp_path / "a")
    assert inbox.look(folder).packages == {"15670": folder}
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(folder / "package.yaml", "a/package.yaml")
    assert inbox.look(archive).packages == {"15670": archive}
    with pytest.raises(PackageError):
        inbox.look(tmp_path / "missing")


@pytest.mark.parametrize("text", ["commune: 15670", "commune: ''", "- a", "a: [", "commune: '156700'"])
def test_inbox_refuses_a_declaration_without_a_code(tmp_path: Path, text: str) -> None:
    (tmp_path / "package.yaml").write_text(text, encoding="utf-8")
    assert [type(error) for _, error in inbox.look(tmp_path).broken] == [PackageError]


def test_fingerprint_differs_between_steps_and_is_stable() -> None:
    assert fingerprint.fingerprint("digitize") != fingerprint.fingerprint("validate")
    assert fingerprint.fingerprint("digitize") == fingerprint.fingerprint.__wrapped__("digitize")
