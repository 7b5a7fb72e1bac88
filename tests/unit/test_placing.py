"""Files in other zones, with exchanged axes, or in a local system reach the CRS of the package."""

import json

import geopandas as gpd
import numpy as np
import pytest
import yaml
from shapely.affinity import affine_transform
from shapely.geometry import Point, box

from pipelines import crs, findings, ledger
from pipelines.digitize import files as digitize_files
from pipelines.digitize.placing import to_package
from pipelines.errors import CrsError, PackageError
from pipelines.package.files import execute
from pipelines.settings import Settings

X, Y = 560_000.0, 2_190_000.0
HERE = [box(X + 20 * i, Y, X + 20 * i + 20, Y + 20) for i in range(4)]


def parcels(path, shapes, sheet="1"):
    columns = {"SoHieuToBa": [sheet] * 4, "SoThuTuThu": list("1234")}
    gpd.GeoDataFrame(columns, geometry=shapes).to_file(path)


def package(folder, shapes, entry, extra=None, more=(), scale=1000):
    folder.mkdir()
    parcels(folder / "to_1.shp", shapes)
    for other in more:
        parcels(folder / other["path"], local(HERE), "2")
    for name, text in (extra or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    body = {
        "commune": "15670", "era": "E2025A", "date": "2025-06-15", "profile": "shp_vbdlis", "crs": "EPSG:5897",
        "scale": scale, "files": [{"path": "to_1.shp", "role": "parcels", **entry}, *more],
    }  # fmt: skip
    (folder / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    home = folder.parent / "home"
    code = execute(folder, home, Settings(home=home))
    digitize_files.execute(home, code, Settings(home=home))
    made = gpd.read_parquet(home / code / "digitize" / "parcels.parquet")
    inventory = json.loads((home / code / "package" / "inventory.json").read_text(encoding="utf-8"))
    return made, inventory, findings.read(home / code / "package" / "findings.parquet")


def apart(made):
    return max(shape.hausdorff_distance(there) for shape, there in zip(made.geometry, HERE, strict=True))


def local(shapes):
    """Turn, move and shrink from VN-2000 to a local system."""
    matrix = [0.98, 0.17, -0.17, 0.98, -0.98 * X - 0.17 * Y, 0.17 * X - 0.98 * Y]
    return [affine_transform(shape, matrix) for shape in shapes]


def identical(count=8, wrong=(), noise=0.0):
    rng = np.random.default_rng(1)
    there = rng.uniform((X - 50, Y - 50), (X + 150, Y + 100), (count, 2))
    here = np.array([(p.x, p.y) for p in local([Point(*point) for point in there])])
    told = there + rng.normal(0, noise, there.shape)
    told[list(wrong)] += 5
    numbers = np.column_stack([here[:, ::-1], told[:, ::-1]])
    rows = [",".join([f"M{i}", *(f"{value:.3f}" for value in row)]) for i, row in enumerate(numbers)]
    return "Điểm,X cũ,Y cũ,X VN-2000,Y VN-2000\n" + "\n".join(rows)


def test_a_file_whose_x_is_the_northing_is_read_right(tmp_path):
    shapes = [affine_transform(shape, [0, 1, 1, 0, 0, 0]) for shape in HERE]
    made, _, _ = package(tmp_path / "in", shapes, {"axes": "ne"})
    assert apart(made) < 1e-6


def test_a_file_of_the_neighbouring_meridian_is_brought_over(tmp_path):
    shapes = crs.reproject(gpd.GeoSeries(HERE, crs="EPSG:5897"), "EPSG:9209")
    made, _, _ = package(tmp_path / "in", list(shapes), {"crs": "EPSG:9209"})
    assert apart(made) < 1e-3


def test_a_local_system_is_placed_and_the_inventory_says_how(tmp_path):
    made, inventory, found = package(
        tmp_path / "in", local(HERE), {"control_points": "diem.csv"}, {"diem.csv": identical(wrong=[2])}
    )
    assert apart(made) < 0.01
    placed = inventory["files"][0]["placed"]
    assert (placed["method"], placed["points"], placed["outliers"]) == ("helmert", 7, ["M2"])
    assert placed["rms_m"] < 0.01
    (outlier,) = found[found["code"] == "goi.control_point_outlier"].itertuples()
    assert outlier.value == pytest.approx(np.hypot(5, 5), abs=0.1)
    assert outlier.limit == 0.15
    assert "goi.unlisted_file" not in set(found["code"])


def test_points_that_fit_badly_are_a_finding(tmp_path):
    _, inventory, found = package(
        tmp_path / "in", local(HERE), {"control_points": "diem.csv"}, {"diem.csv": identical(12, noise=0.6)}
    )
    (bad,) = found[found["code"] == "goi.control_points_rms"].itertuples()
    assert bad.value == inventory["files"][0]["placed"]["rms_m"] > bad.limit


HEADING = "id,source_x,source_y,target_x,target_y\n"
USELESS = {
    "missing": (None, "no table of identical points"),
    "too few": (HEADING + "1,0,0,5,5\n2,1,0,6,5\n", "2 identical points"),
    "no columns": ("ghi chú,người đo\nkhông,ông A\n", "four columns"),
    "on a line": (HEADING + "1,0,0,5,5\n2,1,1,6,6\n3,2,2,7,7\n", "one line"),
    "absurd": (
        HEADING + "1,0,0,560000,2190000\n2,9,0,560900,2190300\n3,0,9,560100,2191100\n4,9,9,560000,2190020\n",
        "contradict",
    ),
    "elsewhere": (HEADING + "1,0,0,5,5\n2,9,0,14,5\n3,0,9,5,14\n4,9,9,14,14\n", "outside the province"),
}


@pytest.mark.parametrize("case", USELESS)
def test_a_useless_table_of_points_refuses_its_file_and_no_other(tmp_path, case):
    content, says = USELESS[case]
    extra = {} if content is None else {"diem.csv": content}
    more = [{"path": "to_2.shp", "role": "parcels", "control_points": "diem.csv"}]
    made, inventory, found = package(tmp_path / "in", HERE, {}, extra, more)
    assert apart(made) < 1e-6
    assert [entry["path"] for entry in inventory["files"]] == ["to_1.shp"]
    (refused,) = found[found["code"] == "goi.unreadable_file"].itertuples()
    assert refused.feature_id == "to_2.shp"
    assert says in refused.detail
    assert "\n" not in refused.detail
    account = ledger.read(tmp_path / "home" / "15670" / "package" / "account.json")
    assert {entry.source: entry.quarantined for entry in account.entries} == {"to_1.shp": 0, "to_2.shp": 1}


@pytest.mark.parametrize(
    ("table", "says"), [("diem.csv", "no table of identical points"), ("../diem.csv", "control_points")]
)
def test_a_package_of_nothing_but_a_file_without_its_points_is_refused(tmp_path, table, says):
    with pytest.raises(PackageError, match=says):
        package(tmp_path / "in", local(HERE), {"control_points": table})


def test_hn72_without_identical_points_is_refused(tmp_path):
    shapes = crs.reproject(gpd.GeoSeries(HERE, crs="EPSG:5897"), "EPSG:2044")
    with pytest.raises(CrsError, match="control_points"):
        package(tmp_path / "in", list(shapes), {"crs": "EPSG:2044"})


def test_drawings_are_brought_over_too():
    rows = gpd.GeoDataFrame({"text": ["7"]}, geometry=[Point(X, Y)])
    entry = {"path": "a.dgn", "crs": "EPSG:9209"}
    moved = to_package(rows, entry, {"crs": "EPSG:5897", "root": "."})
    expected = crs.reproject(gpd.GeoSeries([Point(X, Y)], crs="EPSG:9209"), "EPSG:5897").iloc[0]
    assert moved.geometry.iloc[0].distance(expected) < 1e-6
    assert moved.crs.to_epsg() == 5897
    # Nothing declared: not a coordinate changes.
    same = to_package(rows, {"path": "a.dgn"}, {"crs": "EPSG:5897", "root": "."})
    assert same.geometry.iloc[0].equals(rows.geometry.iloc[0])


def test_what_is_nowhere_on_earth_stays_and_harms_nobody():
    rows = gpd.GeoDataFrame(geometry=[Point(X, Y), Point(1e12, 1e12), None])
    moved = to_package(rows, {"path": "a.dgn", "crs": "EPSG:9209"}, {"crs": "EPSG:5897", "root": "."})
    assert moved.geometry.iloc[1].x == 1e12
    assert moved.geometry.iloc[2] is None
    assert np.isfinite(moved.geometry.iloc[0].x)
