"""Nothing is lost: whatever is drawn ends accepted, repaired or quarantined, and what is quarantined is told."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.digitize import Source, run

CRS = "EPSG:5897"
PROFILE = {"drawing": {"roles": {}}, "parcels": None}
WORDS = st.sampled_from(["ONT 1/400", "12/399.5", "LUC 7", "7", "??", "", "ONT 1/400"])
STROKE = st.tuples(*[st.floats(-5, 65, allow_nan=False, width=32)] * 4)


def sheet(strokes: list[tuple[float, ...]], labels: list[tuple[str, float, float]], overshoot_m: float) -> Source:
    frame = [((0, step * 20), (60 + overshoot_m, step * 20)) for step in range(4)]
    frame += [((step * 20, 0), (step * 20, 60)) for step in range(4)]
    lines = [*map(shapely.LineString, frame), *(shapely.LineString([s[:2], s[2:]]) for s in strokes)]
    points = [shapely.Point(x, y) for _, x, y in labels]
    rows = gpd.GeoDataFrame(
        {
            "number": range(1, len(lines) + len(points) + 1),
            "role": ["boundary"] * len(lines) + ["label"] * len(points),
            "text": pd.array([None] * len(lines) + [word for word, _, _ in labels], dtype="string"),
        },
        geometry=shapely.transform([*lines, *points], lambda xy: np.add(xy, [580000, 2190000])),
        crs=CRS,
    ).set_index("number", drop=False)
    return Source("to_1.dgn", "drawing", rows.rename_axis(None), "1", 1000, 0.05)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(STROKE, max_size=6),
    st.lists(st.tuples(WORDS, st.floats(-5, 65, width=32), st.floats(-5, 65, width=32)), max_size=8),
    st.sampled_from([0.0, 0.03, 0.5]),
)
def test_every_line_and_label_is_accounted_for(
    strokes: list[tuple[float, ...]], labels: list[tuple[str, float, float]], overshoot_m: float
) -> None:
    source = sheet(strokes, labels, overshoot_m)
    made = run([source], PROFILE, CRS)
    entries = {entry.kind: entry for entry in made.ledger.check().entries}
    assert entries["element"].received == len(strokes) + 8
    assert entries["label"].received == len(labels)
    told = made.findings
    about_labels = told[told["code"].str.startswith("ban_ve.label")]
    assert len(about_labels) == entries["label"].quarantined
    about_lines = told[told["code"].isin(["ban_ve.dangle", "ban_ve.unclosed"])]
    assert (len(about_lines) > 0) == (entries["element"].quarantined > 0)
    assert (told["code"] == "ban_ve.snapped").any() or entries["element"].repaired == 0
    assert made.parcels["feature_id"].is_unique


def test_a_short_overshoot_is_a_repair_that_is_told() -> None:
    made = run([sheet([], [], 0.03)], PROFILE, CRS)
    element = next(entry for entry in made.ledger.entries if entry.kind == "element")
    cut = made.findings[made.findings["code"] == "ban_ve.snapped"]
    assert (element.repaired, element.quarantined, len(cut)) == (4, 0, 4)
    assert (cut["value"] - 0.03).abs().max() < 1e-6
