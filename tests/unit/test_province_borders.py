"""Where two communes meet: overlaps, gaps and parcels in both, told by how wide they are."""

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipelines.province import Scene
from pipelines.province.borders import check_borders, gaps
from pipelines.province.scene import Side, is_same_land
from tests.unit.deliveries import ZONE, parcels

ONE, OTHER, THIRD = ("15670", "E2025A"), ("15703", "E2025A"), ("15712", "E2025A")
WEST_M, SOUTH_M, SIDE_M = 570_000.0, 2_190_000.0, 20.0


def grid(columns: range, rows: int = 3, *, shift_m: float = 0.0) -> np.ndarray[Any, Any]:
    """Return squares in columns and rows; neighbouring columns share their corners."""
    column, row = (each.ravel() for each in np.meshgrid(list(columns), range(rows), indexing="ij"))
    west, south = WEST_M + SIDE_M * column + shift_m, SOUTH_M + SIDE_M * row
    return shapely.box(west, south, west + SIDE_M, south + SIDE_M)


def scene(shapes: dict[tuple[str, str], np.ndarray[Any, Any]], *, scale: int = 1000, **changes: Any) -> Scene:
    frames = {scope: commune(scope, made, scale) for scope, made in shapes.items()}
    boxes = {scope: tuple(frame.total_bounds) for scope, frame in frames.items()}
    return Scene(**({"crs": ZONE, "boxes": boxes, "read": frames.__getitem__} | changes))


def commune(scope: tuple[str, str], shapes: np.ndarray[Any, Any], scale: int = 1000) -> gpd.GeoDataFrame:
    frame = parcels(shapes, ma_xa=scope[0]).assign(xep_loai="1", ma_dinh_danh_thua=None, ty_le=scale)
    return frame.assign(thua_dat_id=frame["thua_key"].str.replace("E2025A", scope[1]))


def told(found: gpd.GeoDataFrame) -> list[tuple[str, str, str]]:
    rows = found[["code", "feature_id", "other_id"]].to_numpy().tolist()
    return sorted((code, one.rsplit(".", 3)[-1], other.rsplit(".", 3)[-1]) for code, one, other in rows)


def test_communes_that_meet_have_nothing_against_each_other() -> None:
    clean = scene({ONE: grid(range(3)), OTHER: grid(range(3, 6)), THIRD: grid(range(20, 22))})
    assert clean.pairs == [(ONE, OTHER)]
    assert len(check_borders(clean)) == 0


def test_an_overlap_is_as_wide_as_it_is() -> None:
    found = check_borders(scene({ONE: grid(range(3)), OTHER: grid(range(3, 6), shift_m=-0.5)}))
    assert told(found) == [("lien_xa.border_overlap", str(7 + row), str(1 + row)) for row in range(3)]
    assert found["value"].tolist() == pytest.approx([0.5] * 3, abs=0.02)
    assert found["limit"].tolist() == [0.2] * 3
    assert found.geometry.area.tolist() == pytest.approx([10.0] * 3)
    assert found["feature_id"].iloc[0].startswith("15670.") and found["other_id"].iloc[0].startswith("15703.")


def test_a_gap_open_at_both_ends_is_one_gap() -> None:
    found = check_borders(scene({ONE: grid(range(3)), OTHER: grid(range(3, 6), shift_m=0.5)}))
    assert found["code"].tolist() == ["lien_xa.border_gap"]
    assert found["value"].iloc[0] == pytest.approx(0.5, abs=0.02)
    assert found.geometry.area.iloc[0] == pytest.approx(0.5 * 60)


@pytest.mark.parametrize(
    ("shift_m", "scale", "count"), [(0.15, 1000, 0), (0.3, 1000, 1), (0.3, 2000, 0), (0.5, 2000, 1)]
)
@pytest.mark.parametrize("way", [1, -1])
def test_the_coarser_scale_says_how_much(shift_m: float, scale: int, count: int, way: int) -> None:
    frames = {
        ONE: commune(ONE, grid(range(3), 1), 500),
        OTHER: commune(OTHER, grid(range(3, 6), 1, shift_m=way * shift_m), scale),
    }
    boxes = {scope: tuple(frame.total_bounds) for scope, frame in frames.items()}
    assert len(check_borders(Scene(crs=ZONE, boxes=boxes, read=frames.__getitem__))) == count


def test_wide_ground_of_nobody_is_a_road_or_a_river() -> None:
    assert len(check_borders(scene({ONE: grid(range(3)), OTHER: grid(range(3, 6), shift_m=4.0)}))) == 0


def test_a_hole_in_the_border_is_a_gap_though_it_is_short() -> None:
    notch = shapely.box(WEST_M + 59.2, SOUTH_M + 25, WEST_M + 60, SOUTH_M + 26)
    ours = grid(range(3))
    ours[7] = ours[7].difference(notch)
    found = check_borders(scene({ONE: ours, OTHER: grid(range(3, 6))}))
    assert told(found) == [("lien_xa.border_gap", "8", "2")]
    assert found.geometry.iloc[0].equals(notch)


def test_ground_of_a_third_commune_is_no_gap() -> None:
    strip = shapely.box(WEST_M + 60, SOUTH_M, WEST_M + 60.5, SOUTH_M + 60)
    shapes = {ONE: grid(range(3)), OTHER: grid(range(3, 6), shift_m=0.5), THIRD: np.array([strip])}
    assert len(check_borders(scene(shapes))) == 0


def test_a_bay_of_the_outer_border_is_no_gap() -> None:
    left = shapely.Polygon([(0, 0), (-20, 0), (-20, -20), (-0.5, -0.4)])
    right = shapely.Polygon([(0, 0), (0.5, -0.4), (20, -20), (20, 0)])
    wedge = gaps(side([left]), side([right]), 1.0, ZONE)
    assert len(wedge) == 0, "a bay that widens at once"
    slit = shapely.Polygon([(0, 0), (0.4, -10), (20, -20), (20, 0)]), shapely.Polygon([(0, 0), (-20, 0), (-0.4, -10)])
    assert gaps(side([slit[1]]), side([slit[0]]), 1.0, ZONE)["value"].iloc[0] > 0.5, "a slit far longer than wide"


def test_a_parcel_in_both_registers_is_told_as_such() -> None:
    again = np.append(grid(range(3, 6)), shapely.box(WEST_M + 40.3, SOUTH_M, WEST_M + 60, SOUTH_M + 20))
    found = check_borders(scene({ONE: grid(range(3)), OTHER: again}))
    assert told(found) == [("lien_xa.same_ground", "7", "10")]
    assert found["value"].iloc[0] == pytest.approx(19.7 * 20)


def test_a_commune_and_what_it_became_lie_upon_each_other() -> None:
    new = ("15667", "E2025B")
    assert is_same_land(("15670", "E2025A"), new) and is_same_land(new, ("15670", "E2024"))
    assert is_same_land(("15670", "E2024"), ("15670", "E2025A"))
    assert not is_same_land(("15670", "E2025A"), ("15670", "E2025B")), "codes were given again"
    assert not is_same_land(ONE, OTHER)
    assert len(check_borders(scene({ONE: grid(range(3)), new: grid(range(3))}))) == 0


def test_outlines_are_compared_where_both_communes_have_one() -> None:
    whole = {scope: shapely.union_all(grid(columns)) for scope, columns in ((ONE, range(3)), (OTHER, range(3, 6)))}
    whole[OTHER] = shapely.affinity.translate(whole[OTHER], xoff=8.0)
    shapes = {ONE: grid(range(3)), OTHER: grid(range(3, 6))}
    found = check_borders(scene(shapes, outlines=whole))
    assert (found["code"].tolist(), found["feature_id"].tolist(), found["other_id"].tolist()) == (
        ["lien_xa.border_gap"],
        ["15670.E2025A"],
        ["15703.E2025A"],
    )
    assert found["value"].iloc[0] == pytest.approx(8.0, abs=0.05)
    assert len(check_borders(scene(shapes, outlines={ONE: whole[ONE]}))) == 0


def test_broken_and_missing_shapes_stop_nothing() -> None:
    bowtie = shapely.Polygon(
        [(WEST_M + 60, SOUTH_M), (WEST_M + 70, SOUTH_M + 10), (WEST_M + 70, SOUTH_M), (WEST_M + 60, SOUTH_M + 10)]
    )
    ours = np.array([*grid(range(3)), None, shapely.Polygon(), shapely.Point(WEST_M, SOUTH_M)], dtype=object)
    found = check_borders(scene({ONE: ours, OTHER: np.array([*grid(range(4, 6)), bowtie], dtype=object)}))
    assert "lien_xa.border_overlap" not in found["code"].tolist()


def side(shapes: list[shapely.Polygon]) -> Side:
    ids = np.array([f"p{place}" for place in range(len(shapes))], dtype=object)
    return Side(ids, np.full(len(shapes), 1000), np.array(shapes, dtype=object))


@given(st.lists(st.integers(-900, 900), min_size=4, max_size=12))
def test_what_lies_between_two_lines_is_an_overlap_or_a_gap_or_small(shifts_mm: list[int]) -> None:
    """Two communes drawn to two lines: no ground wider than the tolerance between the lines goes untold."""
    shifts = np.array(shifts_mm) / 1000
    y = np.arange(len(shifts)) * 10.0
    ours = shapely.Polygon([(-50, 0), *np.column_stack([np.zeros_like(y), y]), (-50, y[-1])])
    theirs = shapely.Polygon([(50, 0), *np.column_stack([shifts, y]), (50, y[-1])])
    frames = {scope: commune(scope, np.array([shape])) for scope, shape in ((ONE, ours), (OTHER, theirs))}
    boxes = {scope: tuple(frame.total_bounds) for scope, frame in frames.items()}
    found = check_borders(Scene(crs=ZONE, boxes=boxes, read=frames.__getitem__))
    line = shapely.LineString(np.column_stack([shifts, y]))
    between = shapely.polygonize(
        [
            shapely.node(
                shapely.MultiLineString(
                    [line, [(0, 0), (0, y[-1])], [(0, 0), (shifts[0], 0)], [(0, y[-1]), (shifts[-1], y[-1])]]
                )
            )
        ]
    )
    parts = [part for part in between.geoms if not part.buffer(-0.13).is_empty]
    assert all(found.geometry.intersects(part.point_on_surface()).any() for part in parts)
    assert (found["value"] > found["limit"]).all()
