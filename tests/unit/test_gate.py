"""The gate before a release: what may be lost, who may let it pass, and what is kept of it."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipelines import store as land
from pipelines import vault
from pipelines.errors import Refusal, SettingsError
from pipelines.load import run
from pipelines.publish import gate
from pipelines.publish.files import execute
from pipelines.publish.overrides import Override, override
from pipelines.settings import Settings
from tests.conftest import diachinh
from tests.unit.deliveries import ZONE, delivery, parcels, squares


def load(home: Path, commune: str, count: int = 20, **changes: object) -> None:
    with land.open_store(home, srid=ZONE) as store:
        run(delivery(count, ma_xa=commune, **changes), store, vault.open_vault(home / "holder.key"))


def released(home: Path) -> None:
    load(home, "15670")
    load(home, "15703", shift_m=3000.0)
    execute(home, Settings(home=home))


@pytest.fixture
def home(tmp_path: Path, once: Callable[..., Path]) -> Path:
    return once(released, tmp_path)


def manifest(home: Path) -> dict:
    return json.loads((home / "release/manifest.json").read_text(encoding="utf-8"))


def test_a_first_release_has_nothing_to_lose(home: Path) -> None:
    assert (manifest(home)["comparison"], manifest(home)["overrides"]) == (None, [])


def test_a_small_change_passes_and_is_told(home: Path) -> None:
    load(home, "15670", 21, sha256="b" * 64)
    first = manifest(home)["generated_at"]
    execute(home, Settings(home=home))
    compared = manifest(home)["comparison"]
    assert compared["former"] == first
    changed, same = compared["communes"]
    assert (changed["parcels"], changed["area_m2"], changed["moved_m"]) == ([20, 21], [8000.0, 8400.0], 0.0)
    assert (same["parcels"], same["moved_m"]) == ([20, 20], None)


@pytest.mark.parametrize(("left", "passes"), [(19, True), (18, False)])
def test_a_commune_may_lose_a_share_and_no_more(home: Path, left: int, passes: bool) -> None:
    before = manifest(home)
    load(home, "15670", left, sha256="b" * 64)
    if passes:
        execute(home, Settings(home=home))
        assert manifest(home)["communes"][0]["parcels"] == left
        return
    with pytest.raises(Refusal, match=r"15670: 10\.0% of the parcels") as refused:
        execute(home, Settings(home=home))
    assert "15670: số thửa giảm 10.0%" in refused.value.vi
    assert manifest(home) == before
    assert sorted(path.name for path in home.glob("release*")) == ["release"]
    execute(home, Settings(home=home, max_parcels_lost=0.2, max_area_lost=0.2))
    assert manifest(home)["communes"][0]["parcels"] == left


def test_area_is_lost_where_parcels_shrink(home: Path) -> None:
    small = shapely.box(*(shapely.bounds(squares(20)) - [0, 0, 2, 0]).T)
    load(home, "15670", parcels=parcels(small), sha256="b" * 64)
    with pytest.raises(Refusal, match=r"15670: 10\.0% of the area"):
        execute(home, Settings(home=home))


def test_a_lost_commune_is_refused(home: Path) -> None:
    before = manifest(home)
    for name in ("land.gpkg", "holders.sqlite"):
        (home / name).unlink()
    load(home, "15670")
    with pytest.raises(Refusal, match="15703: the whole commune"):
        execute(home, Settings(home=home))
    assert manifest(home) == before


def test_parcels_that_moved_are_told_and_refused_where_the_settings_say_how_far(home: Path) -> None:
    load(home, "15670", shift_m=8.0, sha256="b" * 64)
    with pytest.raises(Refusal, match=r"parcels moved 8\.0 m"):
        execute(home, Settings(home=home, max_moved_m=5.0))
    execute(home, Settings(home=home))
    assert manifest(home)["comparison"]["communes"][0]["moved_m"] == 8.0


def test_key_values_that_became_empty_are_refused(home: Path) -> None:
    rows = parcels(squares(20)).assign(loai_dat=None)
    load(home, "15670", parcels=rows, sha256="b" * 64)
    with pytest.raises(Refusal, match=r"20\.0% of key values"):
        execute(home, Settings(home=home))


def test_an_override_passes_and_is_kept_with_date_and_name(home: Path) -> None:
    load(home, "15670", 10, sha256="b" * 64)
    execute(home, Settings(home=home), override=override("Bản cũ nạp thừa tờ 2", "Cán bộ Hư Cấu"))
    kept = manifest(home)["overrides"]
    assert [(one["reason"], one["signed"]) for one in kept] == [("Bản cũ nạp thừa tờ 2", "Cán bộ Hư Cấu")]
    assert date.fromisoformat(kept[0]["date"]) <= date.today()
    assert [told["en"].split(":")[0] for told in kept[0]["passed"]] == ["15670", "15670"]
    load(home, "15670", 11, sha256="c" * 64)
    execute(home, Settings(home=home), override=override("không cần", "Cán bộ Hư Cấu"))
    assert manifest(home)["overrides"] == kept, "the former override stays, one that was not needed is none"


@pytest.mark.parametrize(("reason", "signed"), [("why", None), (None, "who"), (" ", "who"), ("why", "")])
def test_a_reason_needs_a_name_and_a_name_a_reason(reason: str | None, signed: str | None) -> None:
    with pytest.raises(SettingsError, match="both a reason and a name"):
        override(reason, signed)


def test_the_command_refuses_with_code_3_and_passes_when_signed(home: Path) -> None:
    load(home, "15670", 10, sha256="b" * 64)
    refused = diachinh("publish", "--home", home)
    assert (refused.returncode, len(refused.stderr.strip().splitlines())) == (3, 2), refused.stderr
    assert manifest(home)["communes"][0]["parcels"] == 20
    half = diachinh("publish", "--home", home, "--override", "why")
    assert half.returncode == 2
    passed = diachinh("publish", "--home", home, "--override", "why", "--signed", "who")
    assert passed.returncode == 0, passed.stderr
    assert (manifest(home)["communes"][0]["parcels"], manifest(home)["overrides"][0]["signed"]) == (10, "who")


def test_a_changed_zone_is_no_move() -> None:
    there = parcels(squares(3)).assign(thua_dat_id=["a", "b", "c"])
    other = there.to_crs(5899)
    assert gate.moved_m(there, other) == pytest.approx(0.0, abs=0.01)
    assert gate.moved_m(there, there.assign(thua_dat_id=["x", "y", "z"])) is None
    empty = gpd.GeoDataFrame({"thua_dat_id": ["a"]}, geometry=[shapely.Polygon()], crs=ZONE)
    assert gate.moved_m(empty, there) is None
    assert gate.completeness(there.iloc[:0]) is None
    assert gate.completeness(there.assign(ma_dinh_danh_thua=np.nan)) == 0.8


SIGNED = """commune: "15670"
release: {release}
reason: Tờ 2 giao hai lần
name: Cán bộ Hư Cấu
role: Phó chi cục trưởng
date: {day}
"""


@pytest.mark.parametrize(
    ("commune", "release", "passes"), [("15670", 3, True), ("15670", 1, False), ("15703", 3, False)]
)
def test_a_signed_file_lets_its_own_release_pass(home: Path, commune: str, release: int, passes: bool) -> None:
    load(home, "15670", 10, sha256="b" * 64)
    path, before = home / "ky.yaml", manifest(home)
    text = SIGNED.format(release=release, day=date.today()).replace("15670", commune)
    path.write_text(text, encoding="utf-8")
    if not passes:
        with pytest.raises(Refusal, match=r"15670: 50\.0% of the parcels \(at most 5\.0%\) \(release 3\)"):
            execute(home, Settings(home=home), override=override(str(path), None))
        assert manifest(home) == before
        return
    assert diachinh("publish", "--home", home, "--override", path).returncode == 0
    [kept] = manifest(home)["overrides"]
    assert kept["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (kept["commune"], kept["release"], kept["role"]) == ("15670", 3, "Phó chi cục trưởng")
    assert (kept["signed"], len(kept["passed"])) == ("Cán bộ Hư Cấu", 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]\n- a",
        "just a text",
        SIGNED.format(release="x", day="2026-01-01"),
        SIGNED.format(release=3, day="2999-01-01"),
        SIGNED.format(release=3, day="2026-01-01").replace("Tờ 2 giao hai lần", "' '"),
        SIGNED.format(release=3, day="2026-01-01").replace("role:", "rank:"),
        SIGNED.format(release=3, day="2026-01-01") + "more: 1\n",
        "&a [*a]",
        "[" * 5000,
        "x" * 100_000,
    ],
)
def test_a_file_that_says_less_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ky.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        override(str(tmp_path / "ky.yaml"), None)
    with pytest.raises(SettingsError):
        override(str(tmp_path / "none.yaml"), None)


def test_a_word_signed_before_the_release_was_loaded_is_of_another_database() -> None:
    word = Override("r", "n", date(2026, 3, 1), "15670", 3, "o", "0")
    assert word.is_about("15670", 3, "2026-03-01T10:00:00.000000Z")
    assert not word.is_about("15670", 3, "2026-03-05T10:00:00.000000Z")


def test_land_withheld_is_no_loss_and_its_area_is_not_told(home: Path) -> None:
    rows = parcels(squares(20))
    rows.loc[:9, "loai_dat"] = "CQP"
    load(home, "15670", parcels=rows, sha256="b" * 64)
    execute(home, Settings(home=home))
    assert manifest(home)["communes"][0]["withheld"] == 10
    assert "withheld_m2" not in json.dumps(manifest(home))
    rows = parcels(squares(10))
    rows.loc[:, "loai_dat"] = "LUC"
    load(home, "15670", parcels=rows, sha256="c" * 64)
    with pytest.raises(Refusal, match=r"50\.0% of the area"):
        execute(home, Settings(home=home))
