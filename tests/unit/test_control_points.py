import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import control_points, warping
from pipelines.errors import PackageError, ReadError

EAST, NORTH = 581_000.0, 2_191_000.0


def local(count, seed=0, size=500.0):
    return np.random.default_rng(seed).uniform(0, size, (count, 2))


def turned(points, angle=0.1, scale=1.0003, east=EAST, north=NORTH):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ turn.T + [east, north]


def table(path, rows, header):
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return control_points.read(path)


@pytest.mark.parametrize(
    ("header", "order"),
    [
        ("id,source_x,source_y,target_x,target_y", "en"),
        ("STT;X cũ;Y cũ;X VN-2000;Y VN-2000", "ne"),
        ("Tên điểm\tX(m) HN-72\tY(m) HN-72\tX(m) VN2000\tY(m) VN2000", "ne"),
        ("Điểm;X nguồn;Y nguồn;X đích;Y đích", "ne"),
        ("no,E_old,N_old,E_new,N_new", "en"),
        ("Số hiệu;Tung độ Bắc cũ;Hoành độ Đông cũ;Tung độ Bắc mới;Hoành độ Đông mới", "ne"),
        ("id,x1,y1,x2,y2", "ne"),
        ("id,sourceX,sourceY,mapX,mapY", "en"),
    ],
)
def test_headings_of_surveyors_and_of_gis_programs(tmp_path, header, order):
    source = local(6)
    target = turned(source)
    mark = next(sign for sign in ";\t," if sign in header)
    step = 1 if order == "en" else -1
    rows = [
        mark.join([f"D{i}", *(f"{value:.3f}" for value in [*source[i, ::step], *target[i, ::step]])]) for i in range(6)
    ]
    pairs = table(tmp_path / "diem.csv", rows, header)
    assert pairs.source == pytest.approx(source, abs=1e-3)
    assert pairs.target == pytest.approx(target, abs=1e-3)
    assert pairs.ids[0] == "D0"


def test_two_heading_rows_and_decimal_commas_in_a_workbook(tmp_path):
    source = local(5)
    target = turned(source)
    rows = [
        ["BẢNG ĐIỂM TRÙNG", None, None, None, None],
        ["TT", "Tọa độ cũ", None, "Tọa độ VN-2000", None],
        [None, "X (m)", "Y (m)", "X (m)", "Y (m)"],
    ]
    numbers = np.column_stack([source[:, ::-1], target[:, ::-1]])
    rows += [[f"M{i}", *(f"{value:.3f}".replace(".", ",") for value in row)] for i, row in enumerate(numbers)]
    pd.DataFrame(rows).to_excel(tmp_path / "diem.xlsx", header=False, index=False)
    pairs = control_points.read(tmp_path / "diem.xlsx")
    assert pairs.source == pytest.approx(source, abs=1e-3)
    assert pairs.target == pytest.approx(target, abs=1e-3)
    assert pairs.northing_first == (True, True)


def test_a_table_of_qgis_keeps_what_is_switched_on(tmp_path):
    source = local(5) * [1, -1]
    target = turned(source)
    rows = [",".join(map(repr, [*map(float, target[i]), *map(float, source[i]), int(i != 2), 0, 0])) for i in range(5)]
    pairs = table(tmp_path / "a.points", rows, "mapX,mapY,sourceX,sourceY,enable,dX,dY")
    assert len(pairs.ids) == 4
    assert pairs.source[0] == pytest.approx(source[0])


def test_rows_without_four_numbers_are_counted(tmp_path):
    target = turned(local(4))
    rows = [
        f"{i},{x},{y},{east},{north}" for i, ((x, y), (east, north)) in enumerate(zip(local(4), target, strict=True))
    ]
    assert table(tmp_path / "a.csv", [*rows, "9,1,2,,", ",,,,"], "id,source_x,source_y,target_x,target_y").ignored == 1


def test_too_few_or_useless_points_are_refused_in_a_sentence(tmp_path):
    header = "id,source_x,source_y,target_x,target_y"
    with pytest.raises(PackageError, match="2 identical points"):
        table(tmp_path / "a.csv", ["1,0,0,5,5", "2,1,0,6,5"], header)
    with pytest.raises(PackageError, match="four columns"):
        table(tmp_path / "b.csv", ["1,2", "3,4"], "a,b")
    (tmp_path / "c.csv").write_text(header + "\n1,0,0,5,5\n2,1,1,6,6\n3,2,2,7,7\n", encoding="utf-8")
    with pytest.raises(PackageError, match="one line"):
        control_points.warp(tmp_path / "c.csv", 1000)
    (tmp_path / "d.xlsx").write_bytes(b"no workbook")
    with pytest.raises(ReadError):
        control_points.read(tmp_path / "d.xlsx")


@settings(max_examples=25)
@given(st.floats(-3, 3), st.floats(0.9, 1.1), st.integers(5, 40), st.integers(0, 10_000), st.sampled_from([0.0, 0.02]))
def test_a_helmert_transformation_is_recovered(angle, scale, count, seed, noise):
    source = local(count, seed)
    target = turned(source, angle, scale) + np.random.default_rng(seed + 1).normal(0, noise, (count, 2))
    warp = warping.fit(source, target, tolerance_m=0.15, method="helmert")
    assert warp.used.all()
    probe = np.array([[250.0, 250.0], [0.0, 500.0]])
    assert np.hypot(*(warp(probe) - turned(probe, angle, scale)).T).max() < 1e-5 + 6 * noise


def test_shrunken_paper_asks_for_an_affine_one():
    source = local(30)
    target = turned(source * [1.0, 0.995])
    warp = warping.fit(source, target + np.random.default_rng(2).normal(0, 0.02, (30, 2)), tolerance_m=0.15)
    assert warp.method == "affine"
    assert warp.used.all()
    assert warp.rms_m < 0.05


def test_a_bent_sheet_asks_for_a_thin_plate():
    source = local(80)
    bend = np.column_stack([3 * np.sin(source[:, 1] / 90), 3 * np.cos(source[:, 0] / 90)])
    warp = warping.fit(source, turned(source) + bend, tolerance_m=0.15)
    assert warp.method == "thin_plate"
    assert warp.left_out_rms_m < 0.5
    assert "thin-plate" in warp.reason_en


def photographed(points, tilt=(4e-4, -2e-4)):
    """Return points as a camera sees them that does not look squarely."""
    return turned(points / (1 + points @ np.array(tilt))[:, None])


def test_a_photograph_of_a_sheet_asks_for_a_projective_one():
    source, rng = local(20), np.random.default_rng(5)
    warp = warping.fit(source, photographed(source) + rng.normal(0, 0.02, (20, 2)), tolerance_m=0.15)
    assert warp.method == "projective" and "projective" in warp.reason_en and "phối cảnh" in warp.reason_vi
    held_out = local(50, seed=9)
    assert np.hypot(*(warp(held_out) - photographed(held_out)).T).max() < 0.08
    exact = warping.fit(source, photographed(source), tolerance_m=0.15, method="projective")
    assert np.hypot(*(exact(held_out) - photographed(held_out)).T).max() < 1e-6


@pytest.mark.parametrize("flipped", [False, True])
def test_a_wrong_point_of_a_photograph_is_left_out(flipped):
    source = np.stack(np.meshgrid([0.0, 125, 250, 375, 500], [0.0, 125, 250, 375, 500]), axis=-1).reshape(-1, 2)
    target = photographed(source)
    target[7] += 3.0
    warp = warping.fit(source * ([1, -1] if flipped else [1, 1]), target, tolerance_m=0.3, flipped=flipped)
    assert warp.method == "projective"
    assert np.flatnonzero(~warp.used).tolist() == [7]
    assert warp.residuals_m[7] > 3


def test_points_that_no_camera_sees_are_no_photograph():
    source = local(20)
    target = turned(source)
    target[:, 0] += 400 * np.sign(source[:, 0] - 250)
    assert warping.fit(source, target, tolerance_m=1e6).method != "projective"


@settings(max_examples=25)
@given(st.integers(7, 40), st.integers(0, 10_000), st.floats(1, 1000))
def test_mistyped_points_are_found_and_left_out(count, seed, error):
    source = local(count, seed)
    target = turned(source) + np.random.default_rng(seed).normal(0, 0.01, (count, 2))
    wrong = np.random.default_rng(seed).permutation(count)[: max(1, count // 7)]
    target[wrong] += error
    warp = warping.fit(source, target, tolerance_m=0.15)
    assert set(np.flatnonzero(~warp.used)) == set(wrong)


def test_good_points_within_the_tolerance_are_no_outliers():
    source = local(20)
    target = turned(source)
    target[3] += 0.1
    assert warping.fit(source, target, tolerance_m=0.15).used.all()


def test_the_left_out_error_is_what_leaving_out_gives():
    source, rng = local(12), np.random.default_rng(3)
    target = turned(source) + rng.normal(0, 0.5, (12, 2))
    for method, near in (("helmert", 1e-6), ("affine", 1e-6), ("projective", 0.03)):
        errors = []
        for left in range(12):
            kept = np.arange(12) != left
            warp = warping.fit(source[kept], target[kept], tolerance_m=100, method=method)
            errors.append(np.hypot(*(warp(source[left]) - target[left]).T)[0])
        whole = warping.fit(source, target, tolerance_m=100, method=method)
        assert whole.left_out_rms_m == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=near)


def test_the_limit_follows_the_scale():
    assert [warping.limit_m(scale) for scale in (100, 500, 1000, 2000, 50_000)] == [0.05, 0.07, 0.15, 0.30, 3.0]


def test_an_old_greek_sheet_with_known_answers(shared_data):
    pairs = control_points.read(shared_data("georeference/kastoria_homologous.csv"))
    assert len(pairs.ids) == 1106
    assert pairs.northing_first == (False, False)
    order = np.random.default_rng(0).permutation(1106)
    known, held_out = order[:884], order[884:]
    errors = {}
    for method in ("helmert", "affine", "projective", "thin_plate"):
        warp = warping.fit(pairs.source[known], pairs.target[known], tolerance_m=0.3, method=method)
        misses = np.hypot(*(warp(pairs.source[held_out]) - pairs.target[held_out]).T)
        errors[method] = float(np.sqrt((misses**2).mean()))
    print({method: f"{error:.3f} m" for method, error in errors.items()})
    before = np.sqrt(((pairs.source[held_out] - pairs.target[held_out]) ** 2).sum(axis=1).mean())
    assert errors["helmert"] < 0.44
    assert errors["affine"] < 0.44
    assert errors["thin_plate"] < 0.40 < before
