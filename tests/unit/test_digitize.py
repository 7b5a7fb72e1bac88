"""Line work to parcels, on squares small enough to check by hand."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon, box

import schemas
from pipelines import ledger as ledger_work
from pipelines.digitize import Source, faces, run
from pipelines.digitize import files as digitize_files
from pipelines.digitize.labels import area_value, as_drawn
from pipelines.digitize.network import build
from pipelines.errors import PackageError
from pipelines.package.files import execute as package_execute
from pipelines.settings import Settings
from tests.unit.test_vectors import EDIGEO, write_dgn

CRS = "EPSG:5897"
X, Y = 560_000.0, 2_195_000.0
ORIGIN = np.array([X, Y])
PROFILE = schemas.source("dgn_tt26_2024")


def line(*points):
    return LineString([(X + x, Y + y) for x, y in points])


def drawn(lines, texts=(), *, path="to_1.dgn", sheet="1", outline=()):
    """Return a drawing: boundary lines, and texts as (role, x, y, text)."""
    rows = [("boundary", None, geometry) for geometry in lines]
    rows += [("commune_outline", None, geometry) for geometry in outline]
    rows += [(role, text, Point(X + x, Y + y)) for role, x, y, text in texts]
    frame = gpd.GeoDataFrame(rows, columns=["role", "text", "geometry"], geometry="geometry", crs=CRS)
    frame = frame.assign(number=np.arange(1, len(frame) + 1)).set_index("number", drop=False).rename_axis(None)
    return Source(path, "drawing", frame.astype({"role": "string", "text": "string"}), sheet, 1000, 0.05)


def label(number, area, x, y, code="LUC"):
    """Return a stacked label: number, area under it, code beside it."""
    return [("parcel_number", x, y, number), ("area", x, y - 2, area), ("land_use", x - 3, y - 1, code)]


SQUARES = [line((0, 0), (20, 0)), line((20, 0), (40, 0), (40, 20), (20, 20)), line((20, 20), (0, 20), (0, 0))]
"""Frame of two squares of 20 m side by side; the wall between them is each test's business."""

WALL = line((20, 0), (20, 20))
LABELS = [*label("1", "400.0", 8, 10), *label("2", "400.0", 28, 10)]


def codes(digitized):
    return digitized.findings["code"].tolist()


def test_two_squares_share_their_wall_exactly():
    done = run([drawn([*SQUARES, WALL], LABELS)], PROFILE, CRS)
    parcels = done.parcels
    assert codes(done) == []
    assert parcels[["so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "dien_tich", "nhan"]].values.tolist() == [
        ["1", "1", "LUC", "400.0", "LUC 1/400.0"],
        ["1", "2", "LUC", "400.0", "LUC 2/400.0"],
    ]
    assert parcels.area.tolist() == [400.0, 400.0]
    assert parcels["feature_id"].tolist() == ["to_1.dgn#1", "to_1.dgn#2"]
    assert parcels["so_nhan"].tolist() == [1, 1]
    assert shapely.coverage_is_valid(parcels.geometry.to_numpy())


def test_a_label_in_one_text_is_read():
    texts = [("label", 8, 10, "ONT+CLN 025/120,5"), ("parcel_number", 28, 10, "1L12a/400")]
    parcels = run([drawn([*SQUARES, WALL], texts)], PROFILE, CRS).parcels
    assert parcels["so_thu_tu_thua"].tolist() == ["25", "12a"]
    assert parcels["loai_dat"].tolist() == ["ONT+CLN", "1L"]
    assert parcels["dien_tich"].tolist() == ["120,5", "400"]
    assert area_value(parcels["dien_tich"]).tolist() == [120.5, 400.0]


@pytest.mark.parametrize("end", [(20, 19.96), (20.03, 19.97), (20, 20.04)], ids=["short", "beside", "over"])
def test_an_end_within_tolerance_is_closed_and_the_account_says_so(end):
    done = run([drawn([*SQUARES, line((20, 0), end)], LABELS)], PROFILE, CRS)
    assert codes(done) == ["ban_ve.snapped"]
    assert done.findings["value"].iloc[0] == pytest.approx(np.hypot(end[0] - 20, end[1] - 20), abs=1e-6)
    assert done.findings["feature_id"].tolist() == ["to_1.dgn#e4"]
    assert done.parcels["so_thu_tu_thua"].tolist() == ["1", "2"]
    element = next(entry for entry in done.ledger.entries if entry.kind == "element")
    assert (element.received, element.repaired, element.quarantined) == (4, 1, 0)


def test_an_end_near_the_middle_of_a_line_moves_onto_it_and_leaves_the_line_straight():
    frame = [line((0, 0), (40, 0), (40, 20), (0, 20), (0, 0))]
    done = run([drawn([*frame, line((20, 0.04), (20, 19.97))], LABELS)], PROFILE, CRS)
    assert done.parcels["so_thu_tu_thua"].tolist() == ["1", "2"]
    assert done.parcels.area.sum() == pytest.approx(800.0, abs=1e-9)


def test_a_gap_wider_than_the_tolerance_is_unclosed_and_merges_two_parcels():
    broken = [line((20, 0), (20, 9)), line((20, 9.6), (20, 20))]
    done = run([drawn([*SQUARES, *broken], LABELS)], PROFILE, CRS)
    assert sorted(codes(done)) == ["ban_ve.label_doubled", "ban_ve.unclosed"]
    gap = done.findings[done.findings["code"] == "ban_ve.unclosed"].iloc[0]
    assert gap["value"] == pytest.approx(0.6)
    assert (gap.geometry.centroid.x - X, gap.geometry.centroid.y - Y) == pytest.approx((20, 9.3))
    assert gap["feature_id"] == "to_1.dgn#1"
    assert done.parcels["so_nhan"].tolist() == [2]
    element = next(entry for entry in done.ledger.entries if entry.kind == "element")
    assert (element.received, element.accepted, element.quarantined) == (5, 3, 2)


def test_a_line_into_the_open_is_a_dangle_with_its_length():
    spur = line((0, 5), (3, 5), (3, 8))
    done = run([drawn([*SQUARES, WALL, spur], LABELS)], PROFILE, CRS)
    assert codes(done) == ["ban_ve.dangle"]
    found = done.findings.iloc[0]
    assert (found["feature_id"], found["other_id"], found["value"]) == ("to_1.dgn#e5", "to_1.dgn#1", pytest.approx(6.0))
    assert len(done.parcels) == 2


def test_a_bridge_between_closed_lines_closes_nothing():
    island = [line((5, 5), (10, 5), (10, 10), (5, 10), (5, 5)), line((0, 7), (5, 7))]
    texts = [*label("1", "375.0", 8, 15), *label("2", "400.0", 28, 10), *label("3", "25.0", 8, 8)]
    done = run([drawn([*SQUARES, WALL, *island], texts)], PROFILE, CRS)
    assert codes(done) == ["ban_ve.dangle"]
    assert sorted(done.parcels.area.round(6)) == [25.0, 375.0, 400.0]


def test_an_open_line_in_the_middle_of_nowhere_is_told_once():
    done = run([drawn([*SQUARES, WALL, line((5, 5), (8, 5), (8, 8))], LABELS)], PROFILE, CRS)
    assert codes(done) == ["ban_ve.dangle"]
    assert done.findings["value"].tolist() == pytest.approx([6.0])


def test_points_parted_by_rounding_are_one_node():
    # 0.00005 and 0.0000499 fall into two cells of the grid of a tenth of a millimetre.
    north = [line((0, 10), (10.00005, 10)), line((10.00005, 10), (10, 20))]
    south = [line((10.0000499, 10), (20, 10)), line((10.0000499, 10), (10, 0))]
    frame = [line((0, 0), (20, 0), (20, 20), (0, 20), (0, 0))]
    done = run([drawn([*frame, *north, *south])], PROFILE, CRS)
    assert len(done.parcels) == 4
    assert "ban_ve.dangle" not in codes(done)


def test_a_stray_line_at_the_origin_changes_nothing():
    stray = LineString([(0, 0), (1, 0), (1, 1), (0, 0)])
    done = run([drawn([*SQUARES, WALL, stray], LABELS)], PROFILE, CRS)
    assert sorted(done.parcels.area.round(6)) == [0.5, 400.0, 400.0]


def test_crossing_lines_get_a_node():
    cross = [line((0, 0), (40, 20)), line((0, 20), (40, 0))]
    frame = [line((0, 0), (40, 0), (40, 20), (0, 20), (0, 0))]
    done = run([drawn([*frame, *cross])], PROFILE, CRS)
    assert len(done.parcels) == 4
    assert done.parcels.area.sum() == pytest.approx(800.0)


def test_a_line_drawn_twice_counts_once():
    network = build(np.array([*SQUARES, WALL, WALL], dtype=object), 0.05)
    assert network.doubled == 1
    assert len(network.segments) == 7


def test_random_lines_have_the_faces_that_geos_finds():
    random = np.random.default_rng(38)
    lines = shapely.linestrings(random.uniform(0, 1000, (60, 2, 2)) + ORIGIN)
    network = build(lines, 1e-6)
    kept, _ = faces.prune(network)
    made, _ = faces.polygonize(network, kept)
    expected = shapely.get_parts(shapely.polygonize([shapely.node(shapely.union_all(lines))]))
    assert len(made) == len(expected)
    assert shapely.area(made).sum() == pytest.approx(shapely.area(expected).sum(), abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_a_sloppy_drawing_of_a_plane_gives_every_parcel_back(seed):
    """Every line ends up to 2 cm beside where it should: 400 parcels, no dangle, no sliver."""
    random = np.random.default_rng(seed)
    points = shapely.multipoints(random.uniform(0, 500, (400, 2)) + ORIGIN)
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points)), box(X, Y, X + 500, Y + 500))
    walls = shapely.get_parts(
        shapely.line_merge(shapely.union_all(shapely.boundary(shapely.set_precision(cells, 0.01))))
    )
    coordinates, wall = shapely.get_coordinates(walls, return_index=True)
    starts = np.r_[True, wall[1:] != wall[:-1]]
    ends = starts | np.r_[starts[1:], True]
    coordinates[ends] += random.uniform(-0.014, 0.014, (ends.sum(), 2))
    network = build(shapely.linestrings(coordinates, indices=wall), 0.05)
    kept, _ = faces.prune(network)
    made, _ = faces.polygonize(network, kept)
    assert kept.all()
    assert len(made) == 400
    found, _ = shapely.STRtree(shapely.get_parts(points)).query(made, predicate="contains")
    assert np.array_equal(np.unique(found), np.arange(400))


def test_labels_that_fit_nowhere_are_told_one_by_one():
    texts = [*LABELS, *label("3", "10.0", 60, 10), *label("9", "250.0", 12, 4), ("parcel_number", 35, 16, "?7")]
    done = run([drawn([*SQUARES, WALL], texts)], PROFILE, CRS)
    found = done.findings.set_index("code")
    assert sorted(codes(done)) == ["ban_ve.label_doubled", "ban_ve.label_outside", "ban_ve.label_unparsed"]
    assert found.loc["ban_ve.label_outside", "detail"] == "LUC 3/10.0"
    assert found.loc["ban_ve.label_unparsed", "detail"] == "?7"
    # The face keeps the label whose area is nearest to its own.
    assert done.parcels["so_thu_tu_thua"].tolist() == ["1", "2"]
    assert found.loc["ban_ve.label_doubled", "detail"] == "LUC 9/250.0"


def test_a_face_without_number_stays_with_what_is_written_in_it():
    texts = [*label("1", "400.0", 8, 10), ("land_use", 28, 10, "DGT")]
    done = run([drawn([*SQUARES, WALL], texts)], PROFILE, CRS)
    assert codes(done) == ["ban_ve.face_without_label"]
    bare = done.parcels.iloc[1]
    assert pd.isna(bare["so_thu_tu_thua"])
    assert (bare["loai_dat"], bare["so_nhan"]) == ("DGT", 0)


def test_a_hole_that_another_sheet_fills_is_no_parcel():
    ring = [line((0, 0), (40, 0), (40, 40), (0, 40), (0, 0)), line((10, 10), (20, 10), (20, 20), (10, 20), (10, 10))]
    around = drawn(ring, label("1", "1500.0", 30, 30))
    island = drawn([ring[1]], label("7", "100.0", 15, 15), path="to_2.dgn", sheet="2")
    done = run([around, island], PROFILE, CRS)
    assert codes(done) == []
    assert done.parcels[["so_hieu_to_ban_do", "so_thu_tu_thua"]].values.tolist() == [["1", "1"], ["2", "7"]]
    gone = [entry for entry in done.ledger.entries if entry.kind == "face_of_another_sheet" and entry.received]
    assert [(entry.source, entry.quarantined) for entry in gone] == [("to_1.dgn", 1)]
    assert shapely.coverage_is_valid(done.parcels.geometry.to_numpy())


def test_an_enclave_without_label_that_two_sheets_draw_is_one_parcel():
    ring = [line((0, 0), (40, 0), (40, 40), (0, 40), (0, 0)), line((10, 10), (20, 10), (20, 20), (10, 20), (10, 10))]
    done = run([drawn(ring, label("1", "1500.0", 30, 30)), drawn([ring[1]], path="to_2.dgn", sheet="2")], PROFILE, CRS)
    assert codes(done) == ["ban_ve.face_without_label"]
    assert done.parcels.area.tolist() == [1500.0, 100.0]


def test_a_face_outside_the_commune_is_no_parcel():
    outline = [line((0, 0), (20, 0), (20, 20), (0, 20), (0, 0))]
    done = run([drawn([*SQUARES, WALL], label("1", "400.0", 8, 10), outline=outline)], PROFILE, CRS)
    assert codes(done) == []
    assert done.parcels["so_thu_tu_thua"].tolist() == ["1"]
    assert done.boundary.area.tolist() == [400.0]


def test_the_outline_closes_parcels_that_are_open_along_it():
    open_frame = [line((20, 0), (0, 0), (0, 20), (20, 20)), WALL]
    outline = [line((0, 0), (40, 0), (40, 20), (0, 20), (0, 0))]
    done = run([drawn(open_frame, LABELS, outline=outline)], PROFILE, CRS)
    assert codes(done) == []
    assert done.parcels["so_thu_tu_thua"].tolist() == ["1", "2"]


def test_the_outline_in_pieces_over_sheets_closes():
    first = drawn([*SQUARES], outline=[line((0, 0), (40, 0), (40, 20))])
    second = drawn([], path="to_2.dgn", sheet="2", outline=[line((40, 20), (0, 20), (0, 0))])
    assert run([first, second], PROFILE, CRS).boundary.area.tolist() == [800.0]


def test_the_same_drawing_in_another_order_gives_the_same_parcels():
    forward = run([drawn([*SQUARES, WALL], LABELS)], PROFILE, CRS).parcels
    turned = [shapely.reverse(geometry) for geometry in (WALL, *SQUARES[::-1])]
    backward = run([drawn(turned, LABELS[::-1])], PROFILE, CRS).parcels
    pd.testing.assert_frame_equal(forward.drop(columns="geometry"), backward.drop(columns="geometry"))
    assert [shape.wkb for shape in forward.geometry] == [shape.wkb for shape in backward.geometry]


def test_a_drawing_without_boundary_loses_no_label():
    done = run([drawn([], LABELS)], PROFILE, CRS)
    assert len(done.parcels) == 0
    assert codes(done) == ["ban_ve.label_outside", "ban_ve.label_outside"]


def test_polygon_layers_keep_their_rows_and_cut_names():
    rows = gpd.GeoDataFrame(
        {"SoHieuToBa": ["012", None], "SoThuTuThu": [7.0, 8.0], "KyHieuMucD": ["ONT", "LUC"], "number": [1, 2]},
        geometry=[box(X, Y, X + 10, Y + 10), Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])],
        crs=CRS,
    )
    done = run([Source("to_12.shp", "parcels", rows, "12", 1000, 0.05)], schemas.source("shp_vbdlis"), CRS)
    assert done.parcels["so_hieu_to_ban_do"].tolist() == ["12", "12"]
    assert done.parcels["so_thu_tu_thua"].tolist() == ["7", "8"]
    assert done.parcels["loai_dat"].tolist() == ["ONT", "LUC"]
    # An invalid polygon goes on as it is: saying so is the business of validate.
    assert done.parcels.is_valid.tolist() == [True, False]


def test_a_label_is_written_as_drawn():
    written = ["ONT", None, None], ["5", "5", None], ["9.0", None, None]
    code, number, area = (pd.Series(values, dtype="string") for values in written)
    assert as_drawn(code, number, area).tolist() == ["ONT 5/9.0", "5", pd.NA]


def test_both_land_uses_of_a_parcel_are_one_label():
    texts = [*LABELS, ("legal_land_use", 6, 12, "ONT")]
    done = run([drawn([*SQUARES, WALL], texts)], PROFILE, CRS)
    assert codes(done) == []
    assert done.parcels["loai_dat"].tolist() == ["LUC", "LUC"]


def test_a_sheet_without_walls_is_one_face_with_many_labels():
    texts = [part for n in range(300) for part in label(str(n + 1), "1.0", 1 + (n % 60) * 0.6, 1 + (n // 60) * 3.5)]
    done = run([drawn(SQUARES, texts)], PROFILE, CRS)
    assert len(done.parcels) == 1
    assert done.parcels["so_nhan"].tolist() == [300]
    entry = next(entry for entry in done.ledger.entries if entry.kind == "label")
    assert entry.received == 900
    assert set(codes(done)) <= {"ban_ve.label_doubled", "ban_ve.label_outside"}


def test_a_dgn_file_goes_through_both_steps_and_house_walls_do_not_count(tmp_path):
    folder = tmp_path / "15670_tho_binh"
    folder.mkdir()
    walls = [(14, line((2, 2), (6, 2), (6, 6)))]
    boundary = [(10, geometry) for geometry in (*SQUARES, WALL)]
    levels = {"parcel_number": 13, "area": 4, "land_use": 2}
    texts = [(levels[role], Point(X + x, Y + y), text) for role, x, y, text in LABELS]
    write_dgn(folder / "to_1.dgn", [*boundary, *walls], texts)
    (folder / "package.yaml").write_text(
        'commune: "15670"\nera: E2025A\ndate: 2025-06-15\nprofile: dgn_tt26_2024\ncrs: EPSG:5897\nscale: 1000\n'
        'files:\n  - {path: to_1.dgn, role: drawing, sheet: "1", encoding: tcvn3}\n',
        encoding="utf-8",
    )
    home, settings = tmp_path / "home", Settings(home=tmp_path / "home")
    assert package_execute(folder, home, settings) == "15670"
    digitize_files.execute(home, "15670", settings)
    made = home / "15670" / "digitize"
    parcels = gpd.read_parquet(made / "parcels.parquet")
    assert parcels["nhan"].tolist() == ["LUC 1/400.0", "LUC 2/400.0"]
    assert parcels.crs.to_epsg() == 5897
    account = {entry.kind: entry.received for entry in ledger_work.read(made / "account.json").entries}
    assert (account["element"], account["label"], account["parcel"]) == (4, 6, 2)
    assert len(gpd.read_parquet(made / "sheets.parquet")) == 1


@pytest.mark.skipif(not EDIGEO.is_dir(), reason="the eight EDIGEO sheets of a French commune are not on this machine")
def test_eight_edigeo_sheets_become_511_parcels(tmp_path):
    settings = Settings(home=tmp_path)
    assert package_execute(EDIGEO, tmp_path, settings) == "25354"
    digitize_files.execute(tmp_path, "25354", settings)
    parcels = gpd.read_parquet(tmp_path / "25354" / "digitize" / "parcels.parquet")
    assert len(parcels) == 511
    assert not parcels.duplicated(["so_hieu_to_ban_do", "so_thu_tu_thua"]).any()
    assert parcels["so_hieu_to_ban_do"].nunique() == 8
    assert parcels.area.sum() == pytest.approx(6_118_216, abs=1)
    assert parcels.crs.to_epsg() == 2154
    boundary = gpd.read_parquet(tmp_path / "25354" / "digitize" / "boundary.parquet")
    assert len(boundary) == 1
    assert Path(settings.home / "25354" / "digitize" / "findings.parquet").exists()


def test_every_layer_with_parcel_numbers_is_read(tmp_path):
    path = tmp_path / "in" / "thua.gpkg"
    path.parent.mkdir()
    for name, number in (("to_1", "1"), ("to_2", "2")):
        rows = gpd.GeoDataFrame({"SoTo": [number], "SoThua": ["5"]}, geometry=[box(X, Y, X + 9, Y + 9)], crs=CRS)
        rows.to_file(path, layer=name)
    gpd.GeoDataFrame({"ten": ["sông"]}, geometry=[Point(X, Y)], crs=CRS).to_file(path, layer="khac")
    (path.parent / "package.yaml").write_text(
        'commune: "15670"\nera: E2025A\ndate: 2025-06-15\nprofile: shp_vbdlis\ncrs: EPSG:5897\n'
        "files:\n  - {path: thua.gpkg, role: parcels}\n",
        encoding="utf-8",
    )
    settings = Settings(home=tmp_path / "home")
    package_execute(path.parent, settings.home, settings)
    digitize_files.execute(settings.home, "15670", settings)
    parcels = gpd.read_parquet(settings.home / "15670" / "digitize" / "parcels.parquet")
    assert parcels["so_hieu_to_ban_do"].tolist() == ["1", "2"]
    assert parcels["feature_id"].tolist() == ["thua.gpkg#1", "thua.gpkg#2"]


def test_a_drawing_under_a_profile_without_its_levels_is_refused(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write_dgn(folder / "to_1.dgn", [(10, geometry) for geometry in SQUARES])
    (folder / "package.yaml").write_text(
        'commune: "15670"\nera: E2025A\ndate: 2025-06-15\nprofile: shp_vbdlis\ncrs: EPSG:5897\n'
        "files:\n  - {path: to_1.dgn, role: drawing}\n",
        encoding="utf-8",
    )
    settings = Settings(home=tmp_path / "home")
    package_execute(folder, settings.home, settings)
    with pytest.raises(PackageError, match=r"to_1\.dgn"):
        digitize_files.execute(settings.home, "15670", settings)
    assert not (settings.home / "15670" / "digitize").exists()
