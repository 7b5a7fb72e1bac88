"""Packages: what is read, what is refused in one clear line, what is proposed."""

import io
import json
import zipfile

import geopandas as gpd
import pytest
import yaml
from shapely.geometry import LineString, Point, box

from pipelines import files, findings, ledger, vectors
from pipelines.digitize import files as digitize_files
from pipelines.errors import CrsError, PackageError
from pipelines.package import dgn_scan, georef, inspect, stock
from pipelines.package.files import execute
from pipelines.package.propose import propose
from pipelines.package.readable import why_not
from pipelines.settings import Settings
from tests.unit.test_vectors import EDIGEO, TCVN3, write_dgn

X, Y = 560_000.0, 2_195_000.0
MANIFEST = {
    "commune": "15670",
    "era": "E2025A",
    "date": "2025-06-15",
    "profile": "shp_vbdlis",
    "crs": "EPSG:5897",
    "scale": 1000,
    "files": [{"path": "to_1.shp", "role": "parcels", "sheet": "1", "encoding": "tcvn3"}],
}


def parcels(x=X, y=Y, crs=None, **columns):
    named = {"SoHieuToBa": ["1"], "SoThuTuThu": ["7"], "TenChu": [TCVN3]} | columns
    return gpd.GeoDataFrame(named, geometry=[box(x, y, x + 20, y + 20)], crs=crs)


def package(folder, rows=None, **changes):
    """Write a package of one shapefile and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (parcels() if rows is None else rows).to_file(folder / "to_1.shp", encoding="ISO-8859-1")
    (folder / "package.yaml").write_text(yaml.safe_dump(MANIFEST | changes, allow_unicode=True), encoding="utf-8")
    return folder


def run(folder, tmp_path):
    return execute(folder, tmp_path / "home", Settings(home=tmp_path / "home"))


def refused(folder, tmp_path, error=PackageError):
    """Run a package that must be refused; return the Vietnamese line, and see that nothing was written."""
    with pytest.raises(error) as caught:
        run(folder, tmp_path)
    assert caught.value.exit_code == 2
    assert "\n" not in caught.value.vi + caught.value.en
    home = tmp_path / "home"
    assert not home.exists() or not list(home.iterdir())
    return caught.value.vi


def codes(tmp_path, code="15670"):
    found = findings.read(tmp_path / "home" / code / "package" / "findings.parquet")
    return found[["code", "feature_id"]].values.tolist()


def test_a_good_package_is_taken_stock_of(tmp_path):
    assert run(package(tmp_path / "in"), tmp_path) == "15670"
    inventory = json.loads((tmp_path / "home/15670/package/inventory.json").read_text(encoding="utf-8"))
    (entry,) = inventory["files"]
    assert (entry["path"], entry["role"], entry["format"], entry["sheet"]) == (
        "to_1.shp",
        "parcels",
        "ESRI Shapefile",
        "1",
    )
    assert entry["layers"][0]["features"] == 1
    assert entry["layers"][0]["extent"] == [X, Y, X + 20, Y + 20]
    assert entry["sha256"] == files.sha256(tmp_path / "in/to_1.shp")
    assert codes(tmp_path) == []
    assert ledger.read(tmp_path / "home/15670/package/account.json").check().entries[0].accepted == 1


def test_the_hash_of_a_package_is_that_of_its_contents(tmp_path):
    hashes = []
    for name in ("a", "b", "c"):
        package(tmp_path / name, scale=2000 if name == "c" else 1000)
        run(tmp_path / name, tmp_path)
        hashes.append(
            json.loads((tmp_path / "home/15670/package/inventory.json").read_text(encoding="utf-8"))["sha256"]
        )
    assert hashes[0] == hashes[1] != hashes[2]


def test_missing_unlisted_and_unreadable_files_are_findings(tmp_path):
    listed = [*MANIFEST["files"], {"path": "to_2.dgn", "role": "drawing"}, {"path": "so.xlsx", "role": "register"}]
    folder = package(tmp_path / "in", files=listed)
    (folder / "so.xlsx").write_bytes(b"PK\x03\x04 cut")
    (folder / "ghi_chu.txt").write_text("xem tờ 3", encoding="utf-8")
    run(folder, tmp_path)
    assert codes(tmp_path) == [
        ["goi.missing_file", "to_2.dgn"],
        ["goi.unreadable_file", "so.xlsx"],
        ["goi.unlisted_file", "ghi_chu.txt"],
    ]


def test_a_zip_is_the_same_package(tmp_path):
    folder = package(tmp_path / "in")
    archive = tmp_path / "in.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path in folder.iterdir():
            target.write(path, f"15670_tho_binh/{path.name}")
    assert run(archive, tmp_path) == "15670"
    inventory = json.loads((tmp_path / "home/15670/package/inventory.json").read_text(encoding="utf-8"))
    assert (tmp_path / "home/15670/package/unpacked/to_1.shp").exists()
    assert inventory["root"].endswith("unpacked")
    assert inventory["sha256"] == stock.run(folder, MANIFEST, "38").inventory["sha256"]


def test_a_truncated_zip_is_refused(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        target.writestr("package.yaml", yaml.safe_dump(MANIFEST))
    (tmp_path / "xa.zip").write_bytes(content.getvalue()[:-30])
    assert "xa.zip" in refused(tmp_path / "xa.zip", tmp_path)


def test_a_zip_that_leads_out_of_its_folder_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "xa.zip", "w") as target:
        target.writestr("../../ngoai.txt", "x")
    assert "ngoai.txt" in refused(tmp_path / "xa.zip", tmp_path)
    assert not (tmp_path / "ngoai.txt").exists()


def test_a_zip_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "xa.zip", "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("to_1.dgn", bytes(32 * 1024**2))
    assert "xa.zip" in refused(tmp_path / "xa.zip", tmp_path)


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "trong").mkdir()
    assert "trong" in refused(tmp_path / "trong", tmp_path)


def test_a_text_file_as_only_drawing_is_refused_and_named(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "to_1.dgn").write_text("đây không phải bản vẽ", encoding="utf-8")
    body = MANIFEST | {"profile": "dgn_tt26_2024", "files": [{"path": "to_1.dgn", "role": "drawing"}]}
    (folder / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    assert "to_1.dgn" in refused(folder, tmp_path)


@pytest.mark.parametrize(
    ("code", "era", "says"),
    [
        ("15670", "E2025B", "15670 là mã trước 01/7/2025; từ 01/7/2025 là 15667"),
        ("99999", "E2025A", "99999"),
    ],
)
def test_a_commune_code_of_another_era_is_refused_with_the_right_one(tmp_path, code, era, says):
    assert says in refused(package(tmp_path / "in", commune=code, era=era), tmp_path)


def test_a_foreign_package_needs_no_vietnamese_code_or_place(tmp_path):
    folder = package(tmp_path / "in", parcels(900_000, 6_700_000), commune="25354", era="XX", crs="EPSG:2154")
    assert run(folder, tmp_path) == "25354"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"commune": 15670}, "commune"),
        ({"era": "E2030"}, "era"),
        ({"profil": "x"}, "profil"),
        ({"files": [{"path": "to_1.shp"}]}, "files.0.role"),
        ({"files": [{"path": "../to_1.shp", "role": "parcels"}]}, "files.0.path"),
        ({"files": MANIFEST["files"] * 2}, "to_1.shp"),
    ],
)
def test_a_wrong_key_is_named(tmp_path, change, key):
    assert f"“{key}”" in refused(package(tmp_path / "in", **change), tmp_path)


def test_a_crs_that_puts_the_parcels_in_the_sea_is_refused_with_the_one_that_fits(tmp_path):
    line = refused(package(tmp_path / "in", crs="EPSG:5899"), tmp_path, CrsError)
    assert "to_1.shp" in line
    assert "EPSG:5899" in line
    assert "phù hợp là EPSG:5897" in line


def test_swapped_axes_are_seen(tmp_path):
    line = refused(package(tmp_path / "in", parcels(Y, X)), tmp_path, CrsError)
    assert "EPSG:5897 sau khi đổi trục X/Y" in line


def test_degrees_declared_for_metres_lie_nowhere(tmp_path):
    assert "không nằm trên mặt đất" in refused(package(tmp_path / "in", crs="EPSG:4756"), tmp_path, CrsError)


def test_a_package_in_degrees_is_asked_for_its_zone(tmp_path):
    rows = parcels().set_geometry([box(105.5, 19.8, 105.501, 19.801)])
    folder = package(tmp_path / "in", rows, crs="EPSG:4756")
    assert "mét" in refused(folder, tmp_path, CrsError)


def test_a_file_in_degrees_is_brought_to_the_zone_of_the_package(tmp_path):
    rows = parcels(crs="EPSG:5897").to_crs("EPSG:4326")
    rows.to_file(tmp_path / "to_1.geojson")
    body = MANIFEST | {"files": [{"path": "to_1.geojson", "role": "parcels"}]}
    (tmp_path / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    home = tmp_path / "home"
    digitize_files.execute(home, execute(tmp_path, home, Settings(home=home)), Settings(home=home))
    made = gpd.read_parquet(home / "15670" / "digitize" / "parcels.parquet")
    assert made.crs.to_epsg() == 5897
    # PROJ's own choice of operation wrote the file: 0.7 m from the pinned one at most.
    assert made.geometry.iloc[0].distance(box(X, Y, X + 20, Y + 20)) < 1
    assert made.area.iloc[0] == pytest.approx(400, abs=0.1)


def test_one_stray_element_does_not_move_the_place(tmp_path):
    rows = gpd.GeoDataFrame(
        {"SoThuTuThu": ["1", "2", "3"]},
        geometry=[box(X, Y, X + 9, Y + 9), box(X + 9, Y, X + 18, Y + 9), box(0, 0, 1, 1)],
    )
    assert run(package(tmp_path / "in", rows), tmp_path) == "15670"


def test_what_was_there_stays_when_a_later_package_is_refused(tmp_path):
    run(package(tmp_path / "in"), tmp_path)
    before = (tmp_path / "home/15670/package/inventory.json").read_bytes()
    with pytest.raises(CrsError):
        run(package(tmp_path / "bad", crs="EPSG:5899"), tmp_path)
    assert (tmp_path / "home/15670/package/inventory.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "home/15670").iterdir()] == ["package"]


def test_a_failed_write_leaves_the_folder_as_it_was(tmp_path):
    target = tmp_path / "out"
    with files.writing(target) as new:
        (new / "a.txt").write_text("1", encoding="utf-8")
    with pytest.raises(ZeroDivisionError), files.writing(target) as new:
        (new / "a.txt").write_text(str(1 / 0), encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (target / "a.txt").read_text(encoding="utf-8") == "1"


def test_the_head_scan_counts_what_was_drawn(tmp_path):
    path = tmp_path / "to_1.dgn"
    write_dgn(path, [(10, LineString([(0, 0), (9, 0)]))] * 3, [(13, Point(1, 1), "7")])
    scan = dgn_scan.scan(path)
    assert scan.is_complete
    assert sum(count for (_, level), count in scan.counts.items() if level == 10) == 3
    assert scan.counts[17, 13] == 1
    path.write_bytes(path.read_bytes()[:-20])
    assert not dgn_scan.scan(path).is_complete
    assert "cut short" in why_not(path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.dgn", b"", "zero bytes"),
        ("a.dgn", b"\xd0\xcf\x11\xe0 v8", "DGN v8"),
        ("a.dwg", b"AC1027", "DXF"),
        ("a.dxf", b"  0\nSECTION\n  2\nENTITIES\n", "cut short"),
        ("a.shp", b"hello there, no shape", "not a shapefile"),
        ("a.dbf", b"\x03\x01\x01\x01" + (9).to_bytes(4, "little") + b"\x41\x00\x20\x00", "cut short"),
        ("a.csv", b"a,b\x00\x01", "binary"),
        ("a.pdf", b"hello", "PDF"),
        ("a.xlsx", b"hello", "XLSX"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    assert says in why_not(tmp_path / name)


def test_a_shapefile_without_its_table_still_has_its_shapes(tmp_path):
    package(tmp_path)
    (tmp_path / "to_1.dbf").unlink()
    assert why_not(tmp_path / "to_1.shp") is None
    assert ".dbf" in vectors.notes(tmp_path / "to_1.shp")[0]


def test_a_doubtful_folder_is_proposed_but_not_run(tmp_path):
    folder = tmp_path / "15670_tho_binh"
    folder.mkdir()
    parcels().to_file(folder / "to_3.shp", encoding="ISO-8859-1")
    (folder / "so_dia_chinh.csv").write_text("so_to,so_thua\n1,7\n", encoding="utf-8")
    inventory = inspect(folder)
    proposal, evidence = inventory["proposal"], {line["key"]: line for line in inventory["evidence"]}
    assert (proposal["commune"], proposal["profile"], proposal["crs"]) == ("15670", "shp_vbdlis", "EPSG:5897")
    assert [(entry["path"], entry["role"]) for entry in proposal["files"]] == [
        ("so_dia_chinh.csv", "register"),
        ("to_3.shp", "parcels"),
    ]
    assert proposal["files"][1]["encoding"] == "tcvn3"
    assert not evidence["scale"]["sure"]
    assert "EPSG:3405" in evidence["crs"]["evidence"]
    assert f"diachinh inspect {folder} --write" in refused(folder, tmp_path)
    # What is proposed is a package.yaml that can be used once somebody has looked at it.
    (folder / "package.yaml").write_text(yaml.safe_dump(proposal, allow_unicode=True), encoding="utf-8")
    assert run(folder, tmp_path) == "15670"


def test_one_drawing_can_be_inspected(tmp_path):
    write_dgn(tmp_path / "to_5.dgn", [(10, LineString([(X, Y), (X + 9, Y)]))], [(13, Point(X + 3, Y + 3), "7")])
    (tmp_path / "khac.txt").write_text("x", encoding="utf-8")
    proposal = inspect(tmp_path / "to_5.dgn")["proposal"]
    assert proposal["profile"] == "dgn_tt26_2024"
    assert [(entry["path"], entry["sheet"]) for entry in proposal["files"]] == [("to_5.dgn", "5")]


def test_inspect_says_when_there_is_no_map(tmp_path):
    (tmp_path / "thu.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PackageError, match=r"thu\.txt"):
        inspect(tmp_path)


def test_a_point_in_thanh_hoa_fits_its_zone_first():
    best = georef.rank([(581_102.242, 2_191_076.731)], province="38")[0]
    assert (best.crs, best.swapped, best.is_sure) == ("EPSG:5897", False, False)


@pytest.mark.skipif(not EDIGEO.is_dir(), reason="the eight EDIGEO sheets of a French commune are not on this machine")
def test_a_folder_of_edigeo_lots_needs_no_description(tmp_path):
    inventory = inspect(EDIGEO)
    proposal = inventory["proposal"]
    assert (proposal["commune"], proposal["era"], proposal["profile"], proposal["crs"]) == (
        "25354",
        "XX",
        "edigeo",
        "EPSG:2154",
    )
    assert len(proposal["files"]) == 8
    assert all(line["sure"] for line in inventory["evidence"])
    assert run(EDIGEO, tmp_path) == "25354"
    assert {code for code, _ in codes(tmp_path, "25354")} == {"goi.proposed"}
    written = json.loads((tmp_path / "home/25354/package/inventory.json").read_text(encoding="utf-8"))
    assert written["proposed"] is True


@pytest.mark.parametrize(
    ("name", "sheet", "is_sure"),
    [("to_12", "12", True), ("Tờ 05", "5", True), ("dc7", "7", True), ("DC15670-7", "7", False), ("dgnv8", "8", False)],
)
def test_the_number_of_a_sheet_is_sure_where_it_stands_alone(tmp_path, name, sheet, is_sure):
    write_dgn(tmp_path / f"{name}.dgn", [(10, LineString([(X, Y), (X + 9, Y)]))])
    proposal = propose(tmp_path, Settings(home=tmp_path))
    assert proposal.manifest["files"][0]["sheet"] == sheet
    doubtful = {guess.key for guess in proposal.doubtful}
    assert (f"files[{name}.dgn].sheet" in doubtful) is not is_sure
