"""What officers hand in that is not as it should be, and what the program tells them; both stores."""

import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
import yaml
from typer.testing import CliRunner

from pipelines import store as land
from pipelines import vault
from pipelines.change import Refused, apply, check, zone_of
from pipelines.change import read as read_package
from pipelines.cli.app import app
from pipelines.errors import PackageError, StoreError
from pipelines.load import run
from pipelines.reform import apply as join
from tests.unit.changes import DAY, RULES, asked, body, box, child, filled, kept, key, name, registered, written
from tests.unit.deliveries import NAMES, ZONE, delivery
from tests.unit.reformed import NEW, ONE, OTHER, SHEETS, commune, reform
from tests.unit.test_store_change_process import at_once, started

HALVES = [child(box(20, 28)), child(box(28, 40))]


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[land.Store]:
    with land.open_store(url, srid=ZONE) as opened:
        filled(opened, tmp_path)
        yield opened


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ma_xa": 15670}, "it must be text in quotes"),
        ({"giao_dich_id": ""}, "it is empty"),
        ({"loai_bien_dong": "tn"}, "it must be one of: CL, "),
        ({"ngay_hieu_luc": "20/06/2025"}, "it must be of the form"),
        ({"based_on": {15670: "0" * 32}}, "'based_on'"),
        ({"thua_dat": [child(box(20, 28), dien_tich=10**400)]}, "dien_tich holds a value of the wrong type"),
        ({"thua_dat": [child(box(20, 28), dien_tich=float("inf"))]}, "dien_tich holds a value of the wrong type"),
        ({"thua_dat": [child("POLYGON ((1e300 0, 1e300 1e300, 0 1e300, 1e300 0))")]}, "coordinates that cannot be"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_package_is_told(
    store: land.Store, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(PackageError) as error:
        asked(store, tmp_path, body(store, (2,), **change))
    assert told in error.value.en


@pytest.mark.parametrize("content", ["", "[]", "hi"])
def test_an_empty_package_is_told(store: land.Store, tmp_path: Path, content: str) -> None:
    (tmp_path / "change.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(PackageError, match="holds no keys"):
        read_package(tmp_path / "change.yaml", lambda scope: zone_of(store, scope))


def test_a_shapefile_is_told_apart_from_a_wrong_name(store: land.Store, tmp_path: Path) -> None:
    package = written(tmp_path, body(store, (2,), thua_dat="thua.shp"))
    rows = gpd.GeoDataFrame({"so_thu_tu_": ["auto"]}, geometry=[shapely.from_wkt(box(20, 40))], crs=ZONE)
    rows.to_file(package / "thua.shp")
    with pytest.raises(PackageError, match="cuts names to 10 letters"):
        read_package(package, lambda scope: zone_of(store, scope))


def test_new_parcels_without_a_shape_are_told(store: land.Store, tmp_path: Path) -> None:
    request = asked(store, tmp_path, body(store, (2,), thua_dat=[{"so_thu_tu_thua": "auto"}] * 2))
    with pytest.raises(Refused) as told:
        check(store, request, RULES, vault=key(tmp_path))
    assert {reason.code for reason in told.value.reasons} == {"ground.shape"}
    assert "there is none" in told.value.en and "không có hình" in told.value.vi


def test_halves_that_keep_the_legal_area_of_the_whole_are_told(store: land.Store, tmp_path: Path) -> None:
    registered(store, tmp_path, body(
        store, (2,), loai_bien_dong="SN", thua_dat=[kept(2, dien_tich_phap_ly=400.0)], ly_do_dien_tich="x",
    ))  # fmt: skip
    halves = [{**half, "dien_tich_phap_ly": 400.0} for half in HALVES]
    with pytest.raises(Refused) as told:
        registered(store, tmp_path, body(store, (2,), giao_dich_id="TN-2", thua_dat=halves))
    assert [reason.code for reason in told.value.reasons] == ["area.no_reason"]


def test_text_is_entered_in_the_form_of_the_register(store: land.Store, tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Thôn Đoài, xã Thọ Bình")
    registered(store, tmp_path, body(
        store, (2,), loai_bien_dong="SN", thua_dat=[kept(2, dia_chi=apart)],
        edits=[{"layer": "ca_nhan", "set": [{"ca_nhan_id": "c1", "ho_ten": unicodedata.normalize("NFD", NAMES[0])}]}],
    ))  # fmt: skip
    addresses = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")["dia_chi"]
    assert addresses[name(2)] == "Thôn Đoài, xã Thọ Bình"
    with store.holders():
        found = store.execute("SELECT ho_ten FROM holders.ca_nhan WHERE ca_nhan_id = 'c1' AND tx_to IS NULL")
        assert found.fetchone()[0] == NAMES[0]


def test_a_check_takes_no_other_key_than_a_writing(store: land.Store, tmp_path: Path) -> None:
    request = asked(store, tmp_path, body(store, (2,), thua_dat=HALVES))
    other = vault.open_vault(tmp_path / "other.key")
    with pytest.raises(StoreError) as one:
        check(store, request, RULES, vault=other)
    with pytest.raises(StoreError) as two:
        apply(store, request, RULES, vault=other, who="an")
    assert one.value.en == two.value.en


def test_of_many_reasons_the_first_are_told(store: land.Store, tmp_path: Path) -> None:
    content = body(store, (2,), based_on={name(number): "0" * 32 for number in range(100, 150)})
    with pytest.raises(Refused) as told:
        registered(store, tmp_path, content)
    assert len(told.value.reasons) == 50
    assert told.value.en.count("\n") == 21 and "and 30 more reasons" in told.value.en
    assert land.read_log(store)[-1]["ly_do"].endswith("(+30)")


def test_a_recovery_of_part_says_who_keeps_the_rest(store: land.Store, tmp_path: Path) -> None:
    with store.holders():
        before = store.execute("SELECT count(*) FROM holders.quyen_su_dung_dat WHERE tx_to IS NULL").fetchone()[0]
    rows = [child(box(20, 28), "21"), child(box(28, 40), "22")]
    right = {"quyen_id": "q-9", "loai_doi_tuong": "ca_nhan", "chu_id": "c1", "thua_key": name(2)}
    given = body(store, (2,), giao_dich_id="GP", loai_bien_dong="GP", edits=[
        {"layer": "quyen_su_dung_dat", "add": [right]},
    ])  # fmt: skip
    registered(store, tmp_path, given)
    edits = [{"layer": "quyen_su_dung_dat", "set": [{"quyen_id": "q-9", "thua_key": name(21)}]}]
    taken = body(store, (2,), giao_dich_id="TH", loai_bien_dong="TH", thua_dat=rows, edits=edits)
    registered(store, tmp_path, taken)
    with store.holders():
        held = store.execute("SELECT quyen_id, thua_key FROM holders.quyen_su_dung_dat WHERE tx_to IS NULL").fetchall()
    assert ("q-9", name(21)) in [tuple(row) for row in held]
    assert name(22) not in [row[1] for row in held] and len(held) == before + 1


@pytest.mark.parametrize("scope", [(ONE, "E2025A", DAY), (NEW, "E2025B", "2025-07-02")])
def test_a_parcel_that_a_reform_moved_is_told_by_its_new_key(
    url: str, home: Path, tmp_path: Path, scope: tuple[str, str, str]
) -> None:
    with land.open_store(url, srid=ZONE) as store:
        for code, shift_m in ((ONE, 0.0), (OTHER, 500.0)):
            run(commune(code, shift_m=shift_m), store, key(tmp_path))
        join(store, NEW, reform(home), SHEETS, who="test")
        old = f"{ONE}.E2025A.1.1.1"
        code, era, day = scope
        content = {
            "giao_dich_id": "TN-1", "loai_bien_dong": "TN", "ma_xa": code, "ky_dia_gioi": era, "ngay_hieu_luc": day,
            "based_on": {old: "0" * 32}, "thua_dat": HALVES,
        }  # fmt: skip
        with pytest.raises(Refused) as told:
            registered(store, tmp_path, content)
        (reason,) = told.value.reasons
        assert reason.code == "basis.moved" and land.keys_of(store, old)[-1] in reason.en


def test_one_number_is_given_once_in_all_communes(url: str, tmp_path: Path) -> None:
    officers: list[subprocess.Popen[str]] = []
    with land.open_store(url, srid=ZONE) as store:
        for turn, code in enumerate(("15670", "15703")):
            run(delivery(4, ma_xa=code, shift_m=200.0 * turn), store, key(tmp_path))
        current = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")["row_hash"]
        for code in ("15670", "15703"):
            parcel = f"{code}.E2025A.1.1.2"
            content = {
                "giao_dich_id": "SN-1", "loai_bien_dong": "SN", "ma_xa": code, "ky_dia_gioi": "E2025A",
                "ngay_hieu_luc": DAY, "based_on": {parcel: str(current[parcel])},
                "thua_dat": [{"thua_dat_id": parcel, "dia_chi": "Thôn 7"}],
            }  # fmt: skip
            officers.append(started(url, tmp_path, written(tmp_path, content), code))
    assert sorted(at_once(officers)) == ["3", "number.registered"]


def test_a_draft_is_a_command(url: str, tmp_path: Path) -> None:
    with land.open_store(url, srid=ZONE) as store:
        filled(store, tmp_path)
    (tmp_path / "s.yaml").write_text(yaml.safe_dump({"home": str(tmp_path), "store": url}), "utf-8")
    call = ["--config", str(tmp_path / "s.yaml"), "change", "draft", "TN", name(2), "--out", str(tmp_path / "goi")]
    told = CliRunner().invoke(app, call)
    assert told.exit_code == 0 and (tmp_path / "goi/thua_dat.gpkg").exists()
    assert "dien_tich_phap_ly" in (tmp_path / "goi/change.yaml").read_text("utf-8")
