"""Where sheets lie: by frame and print, by the name, by points, by a world file; contradictions are told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from pipelines.errors import PackageError
from pipelines.scan.model import Frame, Page, Placed
from pipelines.scan.place import cog, georeference, points, printed, residuals
from pipelines.scan.place.margins import Line
from pipelines.scan.place.printed import Printed
from pipelines.scan.place.sheets import Cell

_PX_PER_MM = 4.0
_SIDES = (576_000.0, 2_194_500.0, 576_500.0, 2_195_000.0)
_READ = Printed(1000, Cell(1000, 576_000, 2_195_000), "196 575-5-a", "12", _SIDES, (2, 2, 2, 2), ())
_NONE = Printed(None, None, None, None, (np.nan,) * 4, (0, 0, 0, 0), ())
_ZONE = "EPSG:5897"


def _frame(turn_deg: float = 0.0, shrink: float = 1.0) -> Frame:
    """Return the frame of a sheet of 50 cm as found on a page, turned and shrunk across."""
    turn = np.radians(turn_deg)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * _PX_PER_MM @ np.diag([shrink, 1.0])
    corners = np.array([(0, 0), (500, 0), (500, 500), (0, 500)], dtype=np.float64)
    crosses = np.array([(x, y) for y in range(100, 500, 100) for x in range(100, 500, 100)], dtype=np.float64)
    return Frame(corners @ axes.T + 300, crosses @ axes.T + 300, turn_deg, 100 * _PX_PER_MM, 0)


def _page(transform: Affine | None = None, crs: object = None) -> Page:
    return Page(Path("sheet.tif"), 1, 2600, 2600, 101.6, transform, crs)


def _place(
    monkeypatch: pytest.MonkeyPatch, frame: Frame | None, read: Printed = _READ, page: Page | None = None, **how: object
) -> Placed | None:
    monkeypatch.setattr(printed, "read", lambda *_: read)
    dark = np.zeros((1, 1), dtype=np.uint8)
    how.setdefault("zone", _ZONE)
    return georeference.locate(page or _page(), dark, frame, _PX_PER_MM, **how)[1]  # type: ignore[arg-type]


def _codes(placed: Placed) -> set[str]:
    return {code for code, _ in placed.told}


@pytest.mark.parametrize(("turn", "shrink"), [(0.0, 1.0), (2.5, 1.0), (180.0, 1.0), (-90.0, 0.997), (1.0, 1.003)])
def test_a_frame_with_its_print_is_placed_to_the_centimetre(
    monkeypatch: pytest.MonkeyPatch, turn: float, shrink: float
) -> None:
    frame = _frame(turn, shrink)
    placed = _place(monkeypatch, frame)
    assert placed is not None
    assert placed.sources == ("coordinates", "name")
    assert placed.scale == 1000
    assert (placed.name, placed.number) == ("196 575-5-a", "12")
    assert placed.warp(frame.corners) == pytest.approx(
        np.array([(576_000, 2_195_000), (576_500, 2_195_000), (576_500, 2_194_500), (576_000, 2_194_500)]), abs=0.01
    )
    assert len(placed.points) == 20
    assert placed.points["used"].all()
    assert shrink == 1 or placed.warp.method == "affine"
    assert not placed.told


def test_a_wrong_cross_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _frame(1.0)
    crosses = frame.crosses.copy()
    crosses[5] += 3.0 * _PX_PER_MM
    placed = _place(monkeypatch, replace(frame, crosses=crosses))
    assert placed is not None
    wrong = placed.points[~placed.points["used"]]
    assert wrong["id"].tolist() == ["576200 2194800"]
    assert [detail.split(":")[0] for code, detail in placed.told if code == "ban_quet.control_residual"] == wrong[
        "id"
    ].tolist()


def test_one_source_is_enough_and_two_that_contradict_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    only_name = _place(monkeypatch, _frame(), replace(_READ, sides=(np.nan,) * 4, votes=(0, 0, 0, 0)))
    assert only_name is not None
    assert only_name.sources == ("name",)
    only_print = _place(monkeypatch, _frame(), replace(_READ, cell=None, name=None))
    assert only_print is not None
    assert only_print.sources == ("coordinates",)
    other = replace(_READ, cell=Cell(1000, 576_500, 2_195_000), name="196 575-5-b")
    both = _place(monkeypatch, _frame(), other)
    assert both is not None
    assert "ban_quet.coordinates_contradict" in _codes(both)
    assert both.points["x_m"].min() == 576_000, "eight corners say so"
    few = replace(other, sides=(576_000, np.nan, np.nan, 2_195_000), votes=(1, 0, 0, 1))
    assert _place(monkeypatch, _frame(), few) is None, "no place is better than a wrong one"


def test_one_misread_side_follows_from_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    read = replace(_READ, cell=None, name=None, sides=(516_000, *_SIDES[1:]), votes=(1, 2, 2, 2))
    placed = _place(monkeypatch, _frame(), read)
    assert placed is not None
    assert placed.points["x_m"].min() == 576_000


def test_the_scale_follows_from_the_coordinates_and_is_said_to_be_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    placed = _place(monkeypatch, _frame(), replace(_READ, scale=None, cell=None, name=None))
    assert placed is not None
    assert placed.scale == 1000
    assert "ban_quet.scale_guessed" in _codes(placed)


def test_a_misread_scale_loses_against_name_and_coordinates(monkeypatch: pytest.MonkeyPatch) -> None:
    placed = _place(monkeypatch, _frame(), replace(_READ, scale=2000))
    assert placed is not None
    assert placed.scale == 1000


def test_a_page_cut_through_the_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _frame(0.5)
    corners = frame.corners.copy()
    corners[[0, 3]] = np.nan
    read = replace(_READ, sides=(np.nan, *_SIDES[1:]), votes=(0, 1, 1, 1))
    placed = _place(monkeypatch, replace(frame, corners=corners), read)
    assert placed is not None
    assert placed.warp(_frame(0.5).corners[:1]) == pytest.approx(np.array([(576_000, 2_195_000)]), abs=0.01)


def test_world_files_alone_agreeing_and_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Affine(0.25, 0, 576_000 - 75, 0, -0.25, 2_195_000 + 75)
    alone = _place(monkeypatch, None, page=_page(right, "EPSG:5897"))
    assert alone is not None
    assert alone.sources == ("world_file",)
    assert alone.warp([(300, 300)]) == pytest.approx(np.array([(576_000, 2_195_000)]), abs=1e-6)
    assert "ban_quet.scale_guessed" in _codes(alone)
    assert alone.scale == 1000
    agreeing = _place(monkeypatch, _frame(), page=_page(right))
    assert agreeing is not None
    assert "world_file" in agreeing.sources
    wrong = _place(monkeypatch, _frame(), page=_page(right * Affine.translation(40, 0)))
    assert wrong is not None
    assert ("ban_quet.world_file_wrong", "10.0 m") in wrong.told
    assert wrong.warp([(300, 300)]) == pytest.approx(np.array([(576_000, 2_195_000)]), abs=0.01)


def test_nothing_is_placed_where_nothing_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _place(monkeypatch, None) is None
    assert _place(monkeypatch, _frame(), _NONE) is None
    far = replace(_READ, cell=None, sides=(576_000, 1_194_500, 576_500, 1_195_000))
    assert _place(monkeypatch, _frame(), far, zone="EPSG:32648") is not None
    assert _place(monkeypatch, _frame(), zone=None) is None


def test_a_sheet_of_hn_72_needs_points(monkeypatch: pytest.MonkeyPatch) -> None:
    older = replace(_READ, lines=(Line("Hệ tọa độ HN - 72", 0.9, (80.0, 517.0), False),))
    assert _place(monkeypatch, _frame(), older) is None
    assert _place(monkeypatch, _frame(), older, crs=_ZONE) is not None


def test_tags_in_another_system_than_the_print_do_not_say_its_system(monkeypatch: pytest.MonkeyPatch) -> None:
    utm = Affine(0.25, 0, 576_000 - 75 + 23, 0, -0.25, 2_195_000 + 75 - 657)
    placed = _place(monkeypatch, _frame(), page=_page(utm, "EPSG:3405"))
    assert placed is not None
    assert placed.crs == _ZONE
    assert "ban_quet.world_file_wrong" in _codes(placed)


def test_a_sheet_of_hn_72_that_was_placed_before_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    older = replace(_READ, lines=(Line("Hệ tọa độ HN - 72", 0.9, (80.0, 517.0), False),))
    placed = _place(monkeypatch, _frame(), older, _page(Affine(0.25, 0, 576_300, 0, -0.25, 2_195_400), "EPSG:5897"))
    assert placed is not None
    assert placed.sources == ("world_file",)
    assert placed.warp([(0, 0)]) == pytest.approx(np.array([(576_300, 2_195_400)]), abs=1e-6)


def test_tags_in_degrees_are_brought_to_the_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    degrees = _page(Affine(1e-6, 0, 105.776, 0, -1e-6, 19.807), "EPSG:4326")
    placed = _place(monkeypatch, None, page=degrees)
    assert placed is not None
    assert placed.crs == _ZONE
    assert placed.warp([(0, 0)]) == pytest.approx(np.array([(581_098.4, 2_191_072.9)]), abs=0.1)
    assert _place(monkeypatch, None, page=degrees, zone=None) is None


def test_points_are_written_for_qgis_and_taken_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    placed = _place(monkeypatch, _frame(1.0))
    assert placed is not None
    path = tmp_path / "sheet.points"
    points.write(placed, path)
    first = path.read_text().splitlines()
    assert first[0].startswith("mapX,mapY,sourceX,sourceY,enable")
    assert float(first[1].split(",")[3]) < 0, "QGIS counts rows below zero"
    again = _place(monkeypatch, None, _NONE, control=path, scale=1000)
    assert again is not None
    assert again.sources == ("points",)
    ends = _frame(1.0).corners
    assert again.warp(ends) == pytest.approx(placed.warp(ends), abs=0.001)
    path.write_text("\n".join(first[:3]) + "\n")
    with pytest.raises(PackageError):
        _place(monkeypatch, None, _NONE, control=path)


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("header", "order"),
    [
        ("mapX,mapY,sourceX,sourceY,enable", (2, 3, 0, 1)), ("id,pixel_x,pixel_y,E,N", (0, 1, 2, 3)),
        ("x1,y1,x2,y2", (0, 1, 3, 2)), ("STT;X nguồn;Y nguồn;X VN-2000;Y VN-2000", (0, 1, 3, 2)),
        ("no,row,col,E,N", (1, 0, 2, 3)), ("", (0, 1, 2, 3)),
    ],
)  # fmt: skip
def test_tables_of_pixels_in_every_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, header: str, order: tuple[int, ...], quarter: int
) -> None:
    pixels = np.array([(310.0, 2290.0), (2300.0, 2310.0), (2250.0, 330.0), (320.0, 350.0), (1200.0, 1500.0)])
    turn = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), quarter)
    metres = (pixels * (0.25, -0.25)) @ turn.T + (576_000, 2_195_000)
    mark = ";" if ";" in header else ","
    rows = np.hstack([pixels, metres])[:, list(order)]
    lead = header.split(mark)[0] in ("id", "STT", "no")
    lines = [mark.join([*([str(i)] if lead else []), *(f"{value:.3f}" for value in row)]) for i, row in enumerate(rows)]
    ends = mark + "1" if "enable" in header else ""
    path = tmp_path / "diem.csv"
    path.write_text("\n".join([*([header] if header else []), *(line + ends for line in lines)]), encoding="utf-8")
    placed = _place(monkeypatch, None, _NONE, control=path, scale=1000)
    assert placed is not None
    assert placed.warp(pixels) == pytest.approx(metres, abs=0.02)


def _older(path: Path, shift: float = 0.0) -> Path:
    """Write identical points that lead from HN-72 to VN-2000."""
    old = np.array([(5759, 21943), (5768, 21944), (5767, 21952), (5759.5, 21951), (5763, 21948)]) * 100
    new = old * 1.00001 + (-120.0, 85.0)
    new[4] += shift
    rows = [f"D{i};{a[1]:.2f};{a[0]:.2f};{b[1]:.2f};{b[0]:.2f}" for i, (a, b) in enumerate(zip(old, new, strict=True))]
    path.write_text("\n".join(["Điểm;X HN-72;Y HN-72;X VN-2000;Y VN-2000", *rows]), encoding="utf-8")
    return path


def test_identical_points_lead_from_the_printed_coordinates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    older = replace(_READ, lines=(Line("Hệ tọa độ HN - 72", 0.9, (80.0, 517.0), False),))
    frame = _frame(1.0)
    placed = _place(monkeypatch, frame, older, control=_older(tmp_path / "diem.csv"))
    assert placed is not None
    assert placed.crs == _ZONE
    assert placed.sources == ("coordinates", "name", "points")
    assert len(placed.points) == 20
    corner = np.array([(576_000, 2_195_000)]) * 1.00001 + (-120.0, 85.0)
    assert placed.warp(frame.corners[:1]) == pytest.approx(corner, abs=0.02)
    wrong = _place(monkeypatch, frame, older, control=_older(tmp_path / "wrong.csv", 9.0))
    assert wrong is not None
    assert [detail.split(":")[0] for code, detail in wrong.told if code == "ban_quet.control_residual"] == ["D4"]
    with pytest.raises(PackageError, match="no places on the picture"):
        _place(monkeypatch, frame, _NONE, control=tmp_path / "diem.csv")


def test_points_on_one_line_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "line.points"
    rows = [f"{576_000 + i},{2_195_000 - i},{i},{-i},1" for i in range(5)]
    path.write_text("\n".join(["mapX,mapY,sourceX,sourceY,enable", *rows]))
    with pytest.raises(PackageError, match="one line"):
        _place(monkeypatch, None, _NONE, control=path)


def test_the_placed_sheet_as_a_cog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frame = _frame(2.0)
    grey = np.full((2700, 2700), 255, dtype=np.uint8)
    for x, y in frame.crosses.astype(int):
        grey[y - 3 : y + 4, x - 3 : x + 4] = 0
    for crosses in (frame.crosses, frame.crosses + 4.0 * np.sin(frame.crosses[:, ::-1] / 300.0)):
        placed = _place(monkeypatch, replace(frame, crosses=crosses))
        assert placed is not None
        path = tmp_path / "sheet.tif"
        cog.write(grey, placed, path)
        with rasterio.open(path) as source:
            assert source.crs.to_epsg() == 5897
            assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            picture = source.read(1)
            there = placed.warp(np.floor(frame.crosses) + 0.5)
            columns, rows = ~source.transform * there.T
        assert (picture[rows.astype(int), columns.astype(int)] < 60).all()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sheet.tif"]


def test_residuals_are_drawn_in_two_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _frame()
    crosses = frame.crosses.copy()
    crosses[0] += 12.0
    placed = _place(monkeypatch, replace(frame, crosses=crosses))
    assert placed is not None
    placed = replace(placed, points=placed.points.assign(id=placed.points["id"].replace({"UL": "<b>"})))
    html = str(residuals.render(placed))
    assert html.count("<circle") == 20
    assert "<b>" not in html
    assert 'class="vi"' in html
    assert 'class="en"' in html
    assert "576100 2194900" in html
    assert "style=" not in html
