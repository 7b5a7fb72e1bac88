"""Changes that are refused: why, what is logged, and that nothing else was written."""

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from pipelines import store as land
from pipelines.change import Refused, Rules, apply, read, zone_of
from pipelines.errors import CadastreError, CrsError, PackageError, ReadError, StoreError
from pipelines.tolerances import Tolerances
from pipelines.validate.checks import examine
from tests.unit.changes import asked, body, box, child, filled, kept, key, name, registered, written
from tests.unit.deliveries import EAST_M, NORTH_M, ZONE


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[land.Store]:
    with land.open_store(url, srid=ZONE) as opened:
        filled(opened, tmp_path)
        yield opened


def refused(store: land.Store, folder: Path, content: dict[str, Any]) -> list[str]:
    """Return the codes of the reasons; nothing but an entry of the log may be left."""
    before = [land.listing(store), land.current(store, "thua_dat", ZONE)["row_hash"].tolist()]
    with pytest.raises(Refused) as told:
        registered(store, folder, content)
    assert [land.listing(store), land.current(store, "thua_dat", ZONE)["row_hash"].tolist()] == before
    codes = [reason.code for reason in told.value.reasons]
    entry = land.read_log(store)[-1]
    assert (entry["ket_qua"], entry["giao_dich_id"]) == ("tu_choi", content["giao_dich_id"])
    assert all(code in entry["ly_do"] for code in codes)
    assert told.value.exit_code == 3
    return codes


def halves(at: float = 28) -> list[dict[str, Any]]:
    return [child(box(20, at)), child(box(at, 40))]


def test_every_reason_has_its_name(store: land.Store, tmp_path: Path) -> None:
    tomorrow = (datetime.date.today() + datetime.timedelta(days=1)).isoformat()
    unknown = {**body(store, (2,))["based_on"], name(77): "0" * 32}
    l_shape = shapely.box(EAST_M + 28, NORTH_M, EAST_M + 40, NORTH_M + 20) - shapely.box(
        EAST_M + 30, NORTH_M, EAST_M + 32, NORTH_M + 0.5
    )
    bow = "POLYGON ((570028 2190000, 570040 2190020, 570040 2190000, 570028 2190020, 570028 2190000))"
    twins = shapely.multipolygons([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)]).wkt
    same = [child(box(20, 28), "1"), child(box(28, 40), "9")]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"based_on": unknown, "thua_dat": halves()}, ["basis.absent"]),
        ({"based_on": {name(2): "0" * 32}, "thua_dat": halves()}, ["basis.changed"]),
        ({"thua_dat": [child(box(20, 28)), child(l_shape.wkt)]}, ["ground.missing"]),
        ({"thua_dat": [child(box(20, 28)), child(box(27.95, 40))]}, ["ground.overlap", "ground.edges"]),
        ({"thua_dat": [child(box(20, 28)), child(box(28, 40.05))]}, ["ground.outside", "ground.over"]),
        ({"thua_dat": [child(box(20, 28)), child(bow)]}, ["ground.shape"]),
        ({"thua_dat": [child(box(20, 28)), child(twins)]}, ["ground.shape"]),
        ({"thua_dat": [child(box(20, 28)), {"so_thu_tu_thua": "9"}]}, ["ground.shape"]),
        ({"thua_dat": same}, ["number.reused"]),
        ({"thua_dat": [child(box(20, 28), "9"), child(box(28, 40), "9")]}, ["parcel.twice"]),
        ({"thua_dat": [kept(2, box(20, 28)), child(box(28, 40))]}, ["number.parent_kept"]),
        ({"thua_dat": halves(), "loai_bien_dong": "CM"}, ["kind.needs"] * 2 + ["kind.may_not"] * 2 + ["use.unchanged"]),
        ({"thua_dat": halves(), "loai_bien_dong": "DH"}, ["kind.reform"]),
        ({"edits": [{"layer": "thua_dat", "add": [{}]}]}, ["kind.parcels_in_edits", "kind.needs"]),
        ({"thua_dat": halves(), "edits": [{"layer": "tai_san", "set": [{}]}] * 2}, ["kind.layer_twice"]),
        ({"thua_dat": halves(), "edits": [{"layer": "canh_bao", "end": [{}]}]}, ["kind.may_not"]),
        ({"thua_dat": halves(), "ngay_hieu_luc": tomorrow}, ["date.future", "date.era"]),
        ({"thua_dat": halves(), "ngay_hieu_luc": "2025-06-01"}, ["date.before_version"]),
        ({"thua_dat": halves(), "ngay_hieu_luc": "2025-07-01"}, ["date.era"]),
        ({"thua_dat": [child(box(20, 28), dien_tich=100), child(box(28, 40))]}, ["area.no_reason"]),
        (
            {"thua_dat": [kept(2, dien_tich=390)], "loai_bien_dong": "CM"},
            ["kind.needs", "area.may_not", "use.unchanged"],
        ),
        ({"thua_dat": [kept(2, dia_chi="x"), kept(2)], "loai_bien_dong": "TD"}, ["parcel.twice"]),
        ({"thua_dat": [kept(3, dia_chi="x")], "loai_bien_dong": "TD"}, ["parcel.not_based_on"]),
        ({"thua_dat": [kept(2, so_thu_tu_thua="9")], "loai_bien_dong": "TD"}, ["number.changed"]),
        ({"thua_dat": [kept(2, loai_dat="ABC")], "loai_bien_dong": "TD"}, ["parcel.value"]),
        ({"thua_dat": [kept(2, ma_xa="15703")], "loai_bien_dong": "TD"}, ["parcel.elsewhere"]),
        ({"thua_dat": [kept(2, box(20, 45))], "loai_bien_dong": "TD", "ly_do_dien_tich": "x"}, ["ground.over"]),
    ]
    for changes, codes in cases:
        found = refused(store, tmp_path, body(store, (2,), **changes))
        # A wrong shape is also a wrong area, and may be a finding.
        follows = ("finding.", "area.") if any(code.startswith("ground.") for code in codes) else ("finding.",)
        if "edits" in changes:
            # What the rows of such a layer lack besides is the other tests' subject.
            follows += ("layer.", "row.")
        assert [code for code in found if not code.startswith(follows)] == codes, changes
    assert len(land.read_log(store)) == len(cases)


def test_a_gap_of_one_square_metre_is_told_with_its_place(store: land.Store, tmp_path: Path) -> None:
    rows = [child(box(20, 28)), child(box(28.05, 40))]
    with pytest.raises(Refused, match=r"lack 1\.00 m² of the ground before at \(570028\.0\d, 2190010\.\d+\)"):
        registered(store, tmp_path, body(store, (2,), thua_dat=rows))


def test_what_was_retired_names_the_transaction(store: land.Store, tmp_path: Path) -> None:
    late = body(store, (2,), giao_dich_id="TN-2", thua_dat=halves(25))
    registered(store, tmp_path, body(store, (2,), thua_dat=halves()))
    with pytest.raises(Refused, match=r"was retired by transaction TN-1 \(release 2\)"):
        registered(store, tmp_path, late)
    other = body(store, (3,), thua_dat=[child(box(40, 50)), child(box(50, 60))])
    assert refused(store, tmp_path, other) == ["number.registered"]


def test_an_edit_since_names_the_release(store: land.Store, tmp_path: Path) -> None:
    late = body(store, (2,), giao_dich_id="TN-2", thua_dat=halves())
    edit = body(
        store, (2,), giao_dich_id="TD-1", loai_bien_dong="TD", thua_dat=[kept(2, dia_chi="Thôn 2, xã Thọ Bình")]
    )
    registered(store, tmp_path, edit)
    with pytest.raises(Refused, match=r"was changed by transaction TD-1 \(release 2\) since you drew it"):
        registered(store, tmp_path, late)


def test_numbers_are_never_given_again(store: land.Store, tmp_path: Path) -> None:
    registered(store, tmp_path, body(store, (2,), thua_dat=halves()))
    again = [child(box(20, 24), "2"), child(box(24, 28), "90")]
    assert refused(store, tmp_path, body(store, (5,), giao_dich_id="TN-2", thua_dat=again)) == ["number.reused"]
    land.rollback(store, "15670", 1)
    registered(store, tmp_path, body(store, (2,), giao_dich_id="TN-3", thua_dat=halves()))
    assert sorted(land.current(store, "thua_dat", ZONE)["so_thu_tu_thua"]) == ["1", "3", "4", "7", "8"]


def test_a_new_error_by_the_profile_is_refused_and_a_lesser_finding_is_written(
    store: land.Store, tmp_path: Path
) -> None:
    sliver = [child(box(20, 39.9)), child(box(39.9, 40), "50")]
    made = registered(store, tmp_path, body(store, (2,), thua_dat=sliver))
    assert made.findings["thua_dat.sliver"] == 1
    rows = land.current(store, "canh_bao", ZONE)
    assert rows.loc[rows["code"] == "thua_dat.sliver", "thua_dat_id"].tolist() == [name(50)]
    parcel = land.current(store, "thua_dat", ZONE).set_index("so_thu_tu_thua").loc["50"]
    assert (parcel["xep_loai"], "thua_dat.sliver" in parcel["ly_do"]) == ("2a", True)
    strict = Rules(_everything_is_an_overlap, Tolerances(), "acceptance")
    content = body(store, (3,), giao_dich_id="TN-2", thua_dat=[child(box(40, 50)), child(box(50, 60))])
    with pytest.raises(Refused) as told:
        apply(store, asked(store, tmp_path, content), strict, vault=key(tmp_path), who="an")
    assert {reason.code for reason in told.value.reasons} == {"finding.thua_dat.invalid"}


def _everything_is_an_overlap(parcels: gpd.GeoDataFrame, tolerances: Tolerances, **rest: Any) -> gpd.GeoDataFrame:
    from pipelines import findings

    made = examine(parcels, tolerances, **rest)
    fresh = parcels.loc[parcels["valid_from"].isna() if "valid_from" in parcels else slice(None), "feature_id"]
    return findings.concat([made, findings.build("thua_dat.invalid", fresh, crs=parcels.crs)], crs=parcels.crs)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_bad_packages_are_told_in_one_sentence(store: land.Store, tmp_path: Path) -> None:
    good = body(store, (2,), thua_dat=halves())
    far = good | {"ma_xa": "15703"}
    cases: list[tuple[Any, type[CadastreError], str]] = [
        (tmp_path / "nowhere", ReadError, "There is no change package"),
        (written(tmp_path, good | {"loai_bien_dong": "ZZ"}), PackageError, "loai_bien_dong"),
        (written(tmp_path, good | {"owner": "x"}), PackageError, "there is no key 'owner'"),
        (written(tmp_path, good | {"ngay_hieu_luc": "2025-02-30"}), PackageError, "is no day there is"),
        (written(tmp_path, good | {"thua_dat": [{"chu": "Trịnh"}]}), PackageError, "unknown columns: chu"),
        (written(tmp_path, good | {"thua_dat": [child("POLYGON ((0 0")]}), PackageError, "is no WKT"),
        (written(tmp_path, good | {"thua_dat": [child(box(0, 1), dien_tich="nhiều")]}), PackageError, "wrong type"),
        (written(tmp_path, good | {"thua_dat": "thua.gpkg"}), ReadError, "has no file 'thua.gpkg'"),
        (written(tmp_path, good | {"thua_dat": "../../etc/passwd"}), ReadError, "has no file"),
        (written(tmp_path, good | {"noi_dung": {"ten": "Trịnh"}}), PackageError, "there is no key 'ten'"),
        (written(tmp_path, good | {"noi_dung": {"gia_tri_hop_dong": "Trịnh"}}), PackageError, "gia_tri_hop_dong"),
        (written(tmp_path, good | {"edits": [{"layer": "Trịnh"}]}), PackageError, "edits.0.layer"),
        (written(tmp_path, good | {"based_on": {"Trịnh": "0" * 32}}), PackageError, "based_on"),
        (written(tmp_path, [1]), PackageError, "change.yaml"),
        (written(tmp_path, far), StoreError, "no commune 15703"),
        (_spelled(tmp_path, "a: [1"), PackageError, "not valid YAML"),
        (_bomb(tmp_path), PackageError, "this is no package"),
        (_drawn(tmp_path, good, "OGC:CRS84"), CrsError, "not VN-2000"),
        (_drawn(tmp_path, good, None), CrsError, "no coordinate reference system"),
    ]
    for path, error, text in cases:
        with pytest.raises(error, match=text) as told:
            read(path, lambda scope: zone_of(store, scope))
        assert told.value.exit_code == 2
        assert "Trịnh" not in told.value.vi + told.value.en
    assert land.read_log(store) == []


def _spelled(folder: Path, text: str) -> Path:
    (folder / "broken.yaml").write_text(text, encoding="utf-8")
    return folder / "broken.yaml"


def _bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("change.yaml", b"0" * 64 * 1024**2)
    return folder / "bomb.zip"


def _drawn(folder: Path, content: dict[str, Any], crs: str | None, zone: int = ZONE) -> Path:
    package = written(folder, content | {"thua_dat": f"{str(crs).replace(':', '')}.gpkg"})
    shapes = [shapely.from_wkt(row["geometry"]) for row in content["thua_dat"]]
    rows = gpd.GeoDataFrame({"so_thu_tu_thua": ["auto"] * len(shapes)}, geometry=shapes, crs=zone)
    rows = rows.to_crs(crs) if crs else rows.set_crs(None, allow_override=True)
    rows.to_file(package / f"{str(crs).replace(':', '')}.gpkg", layer="thua_dat", driver="GPKG")
    return package


def test_a_file_in_another_zone_of_the_same_datum_is_brought_over(store: land.Store, tmp_path: Path) -> None:
    package = _drawn(tmp_path, body(store, (2,), thua_dat=halves()), "EPSG:9209")
    request = read(package, lambda scope: zone_of(store, scope))
    assert apply(store, request, Rules(examine, Tolerances(), "acceptance"), vault=key(tmp_path), who="an").is_new
    assert land.current(store, "thua_dat", ZONE)["dien_tich"].round(1).tolist()[-2:] == [160, 240]


def test_a_zip_is_the_folder_it_was_made_of(store: land.Store, tmp_path: Path) -> None:
    package = written(tmp_path, body(store, (2,), thua_dat=halves()))
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.write(package / "change.yaml", "x/change.yaml")
    places = (package, tmp_path / "p.zip", package / "change.yaml")
    one, other, alone = (read(path, lambda scope: zone_of(store, scope)) for path in places)
    assert (one.sha256, one.based_on) == (other.sha256, other.based_on)
    (package / "note.txt").write_text("x", encoding="utf-8")
    hashes = [read(path, lambda scope: zone_of(store, scope)).sha256 for path in places]
    assert (hashes[0] == one.sha256, hashes[2] == alone.sha256) == (False, True)
