"""Labels in every hand: forms of text, stacks, nodes, anchors beside the face."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

import schemas
from pipelines.digitize import Source, run
from pipelines.label_text import parse

CRS = "EPSG:5897"
X, Y = 560_000.0, 2_195_000.0
PROFILE = schemas.source("dgn_tt26_2024")
NODE = tuple(schemas.source("dgn_gcadas")["drawing"]["node"])


def line(*points):
    return LineString([(X + x, Y + y) for x, y in points])


SQUARES = [line((0, 0), (40, 0), (40, 20), (0, 20), (0, 0)), line((20, 0), (20, 20))]


def sheet(texts, lines=SQUARES, others=(), node=(), number="1"):
    """Return a drawing: texts as (role, x, y, text[, height[, rotation]]), other elements as (role, geometry)."""
    rows = [("boundary", None, geometry, np.nan, np.nan) for geometry in lines]
    rows += [(role, None, geometry, np.nan, np.nan) for role, geometry in others]
    for role, x, y, text, *size in texts:
        height, turn = (*size, np.nan, np.nan)[:2]
        rows.append((role, text, Point(X + x, Y + y), height, turn))
    columns = ["role", "text", "geometry", "height", "rotation"]
    frame = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)
    frame = frame.assign(number=np.arange(1, len(frame) + 1)).set_index("number", drop=False).rename_axis(None)
    return Source(
        "to_1.dgn", "drawing", frame.astype({"role": "string", "text": "string"}), number, 1000, 0.05, node=node
    )


def read(texts, **options):
    return run([sheet(texts, **options)], PROFILE, CRS)


@pytest.mark.parametrize(
    ("text", "code", "number", "area"),
    [
        ("ONT 25/120.5", "ONT", "25", "120.5"),
        ("ONT+CLN 25/120,5", "ONT+CLN", "25", "120,5"),
        ("ont + cln 25/120.5", "ONT+CLN", "25", "120.5"),
        ("1L654/119.3", "1L", "654", "119.3"),
        ("2L7/88", "2L", "7", "88"),
        ("T 25/120", "T", "25", "120"),
        ("25/120.5 ONT", "ONT", "25", "120.5"),
        ("25/120.5ONT+LUC", "ONT+LUC", "25", "120.5"),
        ("25 / 120.5 m2", None, "25", "120.5"),
        ("25/120.5m²", None, "25", "120.5"),
        ("25\n120.5", None, "25", "120.5"),
        ("25\n_____\n120.5", None, "25", "120.5"),
        ("ONT\n25\n120.5", "ONT", "25", "120.5"),
        ("25\n120.5\nONT", "ONT", "25", "120.5"),
        ("ONT\r\n25/120.5", "ONT", "25", "120.5"),
        ("12a/400", None, "12a", "400"),
        ("345-1/99.0", None, "345-1", "99.0"),
        ("LUC 007/1.234,5", "LUC", "7", "1.234,5"),
        ("LUC 7/1,234.5", "LUC", "7", "1,234.5"),
        ("LUC 7/1 234,5", "LUC", "7", "1234,5"),
        ("\u041eN\u0422 25/120.5", "ONT", "25", "120.5"),
        ("\u00d0GT 3/10", "ĐGT", "3", "10"),
        ("\uff12\uff15/\uff11\uff12\uff10", None, "25", "120"),
        ("  ONT   25/120.5  ", "ONT", "25", "120.5"),
    ],
)
def test_a_whole_label_in_one_text(text, code, number, area):
    said = parse(text, "label")
    assert said is not None
    assert (said.get("code"), said["number"], said["area"]) == (code, number, area)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "??",
        "?15",
        "so cu 7",
        "xem tờ 3",
        "ONT 25-120.5",
        "ONT",
        "25",
        "/120",
        "25/",
        "1L",
        "25/12/2019",
        "ABCDE 5/6",
    ],
)
def test_what_is_no_label_is_not_guessed(text):
    assert parse(text, "label") is None


CODES = st.sampled_from([None, "ONT", "LUC", "T", "1L", "2L", "ONT+CLN", "LUC+NTS+CLN", "Đ"])
NUMBERS = st.from_regex(r"[1-9][0-9]{0,4}(?:[a-z]|-[1-9][0-9]{0,2})?", fullmatch=True)
AREAS = st.decimals(0, 99_999, places=1)
FORMS = st.sampled_from(["{code} {number}/{area}", "{number}/{area} {code}", "{code}\n{number}\n{area}",
     "{number} / {area} m2 {code}", "{number}\n---\n{area}\n{code}", "{code}/{number}/{area}"])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(CODES, NUMBERS, AREAS, FORMS, st.booleans())
def test_what_is_written_is_read(code, number, area, form, comma):
    written = f"{area}".replace(".", ",") if comma else f"{area}"
    text = form.format(code=code or "", number=number, area=written).strip("/")
    said = parse(text, "label")
    assert said is not None
    assert (said.get("code"), said["number"], said["area"]) == (code, number, written)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=30),
    st.sampled_from(["label", "parcel_number", "area", "land_use", "legal_land_use", "node", "owner"]),
)
def test_no_text_breaks_the_parser(text, role):
    said = parse(text, role, NODE)
    assert said is None or set(said) <= {"part", "number", "area", "code", "sheet", "address", "owner"}


def test_a_stack_of_texts_with_its_bar_drawn_is_one_label_and_the_bar_no_boundary():
    texts = [("parcel_number", 8, 11, "25"), ("area", 8, 9, "400.0 m2"), ("land_use", 5, 10, "ont"),
             ("parcel_number", 7, 10.2, "_____"), *((role, x + 20, y, text) for role, x, y, text in
             [("parcel_number", 8, 11, "26"), ("area", 8, 9, "400"), ("legal_land_use", 12, 10, "LUC")])]  # fmt: skip
    bars = [("parcel_number", line((7, 10), (11, 10))), ("parcel_number", line((15, 10), (25, 10)))]
    done = read(texts, others=bars)
    assert done.findings["code"].tolist() == []
    assert done.parcels["nhan"].tolist() == ["ONT 25/400.0", "LUC 26/400"]
    entries = {entry.kind: entry for entry in done.ledger.entries}
    assert (entries["element"].received, entries["label"].received, entries["label"].accepted) == (2, 7, 7)


def test_a_node_of_lines_says_sheet_number_address_code_and_owner():
    texts = [("node", 8, 10, "12\n25\nThôn 1\nONT\nX. Y. Z."), ("node", 28, 10, "12\nba\n\n")]
    done = read(texts, node=NODE, number=None)
    row = done.parcels.iloc[0]
    assert row[["so_hieu_to_ban_do", "so_thu_tu_thua", "dia_chi", "loai_dat", "ten_chu"]].tolist() == [
        "12", "25", "Thôn 1", "ONT", "X. Y. Z.",
    ]  # fmt: skip
    assert done.findings["code"].tolist() == ["ban_ve.label_unparsed"]


def test_the_same_label_turned_or_not_has_the_same_anchor():
    for turn in (0.0, 90.0, 180.0, -45.0):
        done = read([("label", 8, 10, "ONT 25/400", 2.0, turn), ("label", 28, 10, "LUC 26/400", 2.0, turn)])
        assert done.parcels["so_thu_tu_thua"].tolist() == ["25", "26"]


def test_a_text_anchored_beside_its_narrow_parcel_is_given_to_it():
    strips = [line((0, 0), (40, 0), (40, 20), (0, 20), (0, 0)), line((10, 0), (10, 20)), line((30, 0), (30, 20))]
    texts = [("label", 3, 5, "ONT 1/200", 0.5), ("label", 9, 10, "LUC 2/400", 2.0), ("label", 33, 10, "CLN 3/200", 0.5)]
    done = read(texts, lines=strips)
    assert done.parcels["so_thu_tu_thua"].tolist() == ["1", "2", "3"]
    found = done.findings
    assert found["code"].tolist() == ["ban_ve.label_moved"]
    assert found["detail"].tolist() == ["LUC 2/400"]
    assert found["value"].iloc[0] == pytest.approx(1.0)


def test_an_anchor_outside_every_face_is_resolved_only_when_one_face_is_meant():
    # Above the drawing, over the wall between both squares: half of the text in each.
    both = [("label", 16, 19.5, "ONT 1/400", 1.0), ("label", 16, -0.5, "ONT 2/400", 1.0)]
    done = read(both)
    assert "ban_ve.label_moved" not in done.findings["code"].tolist()
    one = read([("label", -1.0, 10, "ONT 1/400", 2.0), ("label", 28, 10, "LUC 2/400", 2.0)])
    assert one.findings["code"].tolist() == ["ban_ve.label_moved"]
    assert one.parcels["so_thu_tu_thua"].tolist() == ["1", "2"]


def test_a_text_of_impossible_height_counts_by_its_anchor_alone():
    done = read([("label", -1.0, 10, "ONT 1/400", 100.0), ("label", 28, 10, "LUC 2/400", 100.0)])
    assert sorted(done.findings["code"]) == ["ban_ve.face_without_label", "ban_ve.label_outside"]


def test_two_numbers_in_a_face_the_nearer_area_wins_and_the_other_is_told():
    done = read([("label", 8, 10, "ONT 1/25"), ("label", 12, 14, "LUC 2/401"), ("label", 28, 10, "LUC 3/400")])
    assert done.parcels["so_thu_tu_thua"].tolist() == ["2", "3"]
    assert done.findings["code"].tolist() == ["ban_ve.label_doubled"]
    assert done.findings["detail"].tolist() == ["ONT 1/25"]


def test_two_areas_of_one_number_the_nearer_wins_and_the_other_is_told():
    stack = [
        ("parcel_number", 8, 11, "1"),
        ("area", 8, 9, "40.0"),
        ("area", 9, 5, "399.8"),
        ("label", 28, 10, "LUC 2/400"),
    ]
    done = read(stack)
    assert done.parcels["dien_tich"].tolist() == ["399.8", "400"]
    assert done.findings["code"].tolist() == ["ban_ve.label_doubled"]


def test_elements_drawn_again_are_counted_in_one_finding():
    wall = line((20, 0), (20, 20))
    texts = [("label", 8, 10, "ONT 1/400"), ("label", 28, 10, "LUC 2/400")]
    done = read(texts, lines=[*SQUARES, wall, wall.reverse()])
    assert done.findings["code"].tolist() == ["ban_ve.element_doubled"]
    assert done.findings["value"].tolist() == [2.0]
    assert pd.notna(done.findings.geometry.iloc[0])


def test_an_element_with_a_vertex_nowhere_is_told():
    texts = [("label", 8, 10, "ONT 1/400"), ("label", 28, 10, "LUC 2/400")]
    done = read(texts, lines=[*SQUARES, LineString([(X + 5, Y + 5), (X + 5, np.inf), (X + 6, Y + 6)])])
    assert done.findings["code"].tolist() == ["ban_ve.bad_coordinates"]
    assert len(done.parcels) == 2
    (account,) = [entry for entry in done.ledger.entries if entry.kind == "element"]
    assert (account.received, account.accepted, account.repaired, account.quarantined) == (3, 2, 0, 1)


def test_sheet_and_owner_on_levels_of_their_own_belong_to_the_label_beside_them():
    made = read(
        [
            ("label", 8, 10, "ONT 25/400"),
            ("sheet", 8, 13, "7"),
            ("owner", 8, 7, "Người Mẫu"),
            ("label", 28, 10, "LUC 26/400"),
            ("owner", 28, 7, "Người Khác"),
            ("owner", 200, 200, "Người Xa"),
        ],
        number=None,
    )
    parcels = made.parcels.set_index("so_thu_tu_thua")
    assert parcels["ten_chu"].to_dict() == {"25": "Người Mẫu", "26": "Người Khác"}
    assert parcels["so_hieu_to_ban_do"].dropna().to_dict() == {"25": "7"}
    lost = made.findings[made.findings["code"] == "ban_ve.label_outside"]
    assert lost["detail"].tolist() == ["owner"]


def test_a_node_nobody_can_read_names_nobody():
    made = read([("node", 8, 10, "Nguyễn Văn Mẫu\nkhông có số")], node=NODE)
    told = made.findings[made.findings["code"] == "ban_ve.label_unparsed"]
    assert told["detail"].tolist() == ["node"]
