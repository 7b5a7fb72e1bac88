"""What is written in faces: read twice, placed, held against areas, register and each other."""

import io

import cv2
import geopandas as gpd
import numpy as np
import pandas as pd
import pymupdf_fonts
import pytest
import shapely
from PIL import Image, ImageDraw, ImageFont

from pipelines.scan.desk import reasons
from pipelines.scan.model import Faces, Ink
from pipelines.scan.numbers import candidates, codes, glyphs, labels, pieces, reader, words

PER_MM = 11.8
WIDE, HIGH = 420, 300
M2 = 0.0072
"""Ground of a pixel at 1:1000; a face of the tests has 907.2 m²."""

AREA = f"{WIDE * HIGH * M2:.1f}"


def font(size):
    return ImageFont.truetype(io.BytesIO(pymupdf_fonts.myfont("notos")), size)


def fraction(number, area=AREA, code="ONT"):
    """Return a label as ink: the number over a bar over the area, the code left of the bar."""
    image = Image.new("L", (WIDE - 20, 120), 0)
    pen = ImageDraw.Draw(image)
    pen.text((250, 52), number, 255, font(30), anchor="ms")
    pen.line((190, 61, 310, 61), 255, 3)
    pen.text((250, 96), area, 255, font(28), anchor="ms")
    pen.text((178, 72), code, 255, font(28), anchor="rs")
    return np.asarray(image)


def alone(text, size=30):
    image = Image.new("L", (WIDE - 20, 120), 0)
    ImageDraw.Draw(image).text((200, 70), text, 255, font(size), anchor="ms")
    return np.asarray(image)


def turned(ink, degrees):
    """Return ink turned clockwise, on a square."""
    side = WIDE - 20
    square = np.zeros((side, side), np.uint8)
    square[(side - ink.shape[0]) // 2 :][: ink.shape[0], : ink.shape[1]] = ink
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), -degrees, 1.0)
    return cv2.warpAffine(square, matrix, (side, side))


def sheet(*inks, kinds=None, high=HIGH):
    """Return ink and faces of a row of faces with a label each; a label higher than its face stands over its edge."""
    tall = max(high, *(ink.shape[0] for ink in inks)) + 40
    dark = np.zeros((tall, WIDE * len(inks)), np.uint8)
    for place, ink in enumerate(inks):
        top, left = (tall - ink.shape[0]) // 2, place * WIDE + (WIDE - ink.shape[1]) // 2
        dark[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    first = (tall - high) / 2
    boxes = [shapely.box(place * WIDE, first, (place + 1) * WIDE, first + high) for place in range(len(inks))]
    table = {"confidence": 1.0, "kind": kinds or "parcel", "why": ""}
    faces = Faces(gpd.GeoDataFrame(table, geometry=boxes, index=range(len(boxes))), gpd.GeoDataFrame(geometry=[]))
    mask = dark > 100
    return dark, Ink(np.zeros_like(mask), mask, 3.0), faces


def register(*rows):
    return pd.DataFrame(rows, columns=["number", "area", "code"], dtype="string")


def read(*inks, listed=None, m2=M2, **more):
    return labels.read(*sheet(*inks, **more), PER_MM, listed, m2)


def test_a_fraction_says_number_area_and_code():
    rows = read(fraction("125"), fraction("7", code="LUC"), fraction("3804", code="ONT+CLN")).faces
    assert rows["number"].tolist() == ["125", "7", "3804"]
    assert rows["area"].tolist() == [AREA] * 3
    assert rows["code"].tolist() == ["ONT", "LUC", "ONT+CLN"]
    assert rows["sure"].all() and (rows["why"] == "").all()


@pytest.mark.parametrize("degrees", [-90, -60, -35, 20, 55])
def test_a_label_is_read_however_it_is_turned(degrees):
    rows = read(turned(fraction("146"), degrees), turned(fraction("69"), degrees), high=HIGH).faces
    assert rows["number"].tolist() == ["146", "69"]
    assert rows["area"].tolist() == [AREA, AREA]


def test_a_number_alone_counts_when_it_is_as_high_as_the_others():
    inks = [fraction("11"), fraction("12"), fraction("13"), alone("14"), alone("15", size=12), alone("16", size=90)]
    assert read(*inks).faces["number"].tolist()[:4] == ["11", "12", "13", "14"]
    assert read(*inks).faces["number"].isna().tolist() == [False] * 4 + [True] * 2


def test_of_two_labels_in_a_face_neither_is_sure():
    rows = read(np.vstack([fraction("21"), fraction("22")]), fraction("23")).faces
    assert rows["number"][0] in ("21", "22")
    assert rows["sure"].tolist() == [False, True]
    assert "two_numbers" in rows["why"][0]


def test_a_number_that_stands_in_two_faces_is_sure_in_none():
    rows = read(fraction("31"), fraction("31"), fraction("32")).faces
    assert rows["sure"].tolist() == [False, False, True]
    assert (rows["why"][:2] == "number_twice").all()


def test_an_area_far_from_that_of_the_face_is_told():
    rows = read(fraction("41", area="123.4"), fraction("42")).faces
    assert rows["sure"].tolist() == [False, True]
    assert rows["why"][0] == "area_differs"


def test_an_area_that_lost_its_point_is_no_number():
    rows = read(fraction("43"), alone(AREA.replace(".", "")), fraction("45")).faces
    assert rows["sure"].tolist() == [True, False, True]
    assert rows["why"][1] == "area_differs"


def test_the_register_is_what_a_number_is_held_against():
    listed = register(("51", AREA, "ONT"), ("52", "300.0", "ONT"))
    rows = read(fraction("51"), fraction("52"), fraction("53"), listed=listed).faces
    assert rows["sure"].tolist() == [True, False, False]
    assert rows["listed"].tolist() == [True, True, False]
    assert rows["why"].tolist() == ["", "area_differs", "not_listed"]


def test_a_doubt_is_settled_by_the_one_number_that_fits():
    told = pd.DataFrame({"number": ["17", "17"], "area": [None, None], "code": None, "p": [0.5, 0.5],
                         "other": ["11", "11"], "why": ["readings_differ"] * 2})  # fmt: skip
    told["listed"] = pd.array([pd.NA] * 2, dtype="boolean")
    area, limit = np.array([400.0, 900.0]), np.array([5.0, 5.0])
    rows = labels._registered(told.copy(), told, register(("11", "401.0", ""), ("17", "700.0", "")), area, limit)
    assert (rows["number"][0], rows["why"][0]) == ("11", "")
    assert "readings_differ" in rows["why"][1]
    unread = told.assign(number=None, why="no_number")
    rows = labels._registered(unread, told, register(("11", "401.0", "")), area, limit)
    assert (rows["number"][0], rows["why"].tolist()) == ("11", ["", "no_number"])
    both = register(("11", "401.0", ""), ("17", "402.0", ""))
    assert labels._registered(told.copy(), told, both, area, limit)["p"].tolist() == [0.5, 0.5]


def test_a_label_larger_than_its_parcel_is_found_beside_it():
    dark, ink, faces = sheet(fraction("61"), fraction("62"), fraction("63"))
    small = shapely.box(WIDE + 180, 260, WIDE + 280, 300)
    faces.polygons.loc[3] = {"confidence": 1.0, "kind": "parcel", "why": "", "geometry": small}
    written = f"{4000 * M2:.1f}"
    other, _, _ = sheet(fraction("61"), fraction("62", area=written), fraction("63"))
    mask = other > 100
    rows = labels.read(other, Ink(np.zeros_like(mask), mask, 3.0), faces, PER_MM, None, M2).faces
    assert rows["number"].astype(object).where(rows["number"].notna(), None).tolist() == ["61", None, "63", "62"]
    assert (rows["sure"][3], rows["why"][3]) == (False, "beside")
    assert dark.shape == other.shape and ink.width_px == 3.0


def test_faces_without_writing_wait_for_an_officer_only_where_they_are_parcels():
    blank = np.zeros((100, 100), np.uint8)
    rows = read(blank, blank, kinds=["parcel", "road"]).faces
    assert rows["number"].isna().all()
    assert rows["sure"].tolist() == [False, True]
    assert rows["why"].tolist() == ["no_number", ""]


def test_names_are_not_kept():
    told = read(fraction("71"), alone("Nguyen Van An", size=26)).loose
    assert told["text"].isna().all()


def test_without_a_register_more_is_needed_to_be_sure():
    assert labels._SURE[False] > labels._SURE[True]


def test_rows_and_their_bar_are_one_label():
    ink = fraction("905", area="64.2")
    found = pieces.find(PER_MM, ink > 100)
    told = words.find(found, PER_MM)
    assert sorted(word.role for word in told) == ["area", "code", "number"]
    assert len({word.label for word in told}) == 1
    assert {word.role: one.text for word, one in zip(told, reader.read(ink, found, told), strict=True)} == {
        "number": "905", "area": "64.2", "code": "0NT",
    }  # fmt: skip


def test_codes_are_known_ones_or_none():
    assert codes.land_use("0NT") == "ONT"
    assert codes.land_use("0NT+CLN") == "ONT+CLN"
    assert codes.land_use("LU5") is None
    assert codes.land_use("XQZ") is None


def test_every_reason_has_words():
    named = ("no_number", "two_numbers", "number_twice", "area_differs", "beside", "readings_differ", "not_listed",
             "low_confidence")  # fmt: skip
    assert set(named) <= set(reasons.WORDS)


def test_the_network_knows_its_own_signs():
    square = glyphs.canvas(np.asarray(alone("8"))[40:80, 180:220])
    told = glyphs.probabilities(square[None], np.array([[1.0, 0.6]], np.float32))
    assert told.shape == (1, len(glyphs.CLASSES))
    assert told.sum() == pytest.approx(1, abs=1e-4)


def test_a_guess_makes_no_firm_number_doubtful():
    rows = pd.DataFrame(
        {"number": ["5", "5", "6", "6", "7", "7", None], "p": [0.999, 0.1, 0.999, 0.999, 0.999, 0.1, 0]}
    )
    rows["fits"] = pd.array([True, pd.NA, True, True, False, pd.NA, pd.NA], dtype="boolean")
    assert labels._unrivalled(rows).tolist() == [True] + [False] * 6


def test_on_a_sheet_of_numbers_alone_symbols_do_not_tell_their_height():
    usual = pd.DataFrame({"kind": "alone", "area": None, "number": "1", "height": 28.0, "face": range(80)})
    odd = pd.DataFrame({"kind": "fraction", "area": ["1.5", None, None], "number": ["7", "1", None], "height": 12.0})
    kept = labels._of_parcels(pd.concat([usual, odd.assign(face=[80, 81, 82])], ignore_index=True))
    assert kept["kind"].value_counts().to_dict() == {"alone": 80, "fraction": 1}
    assert kept.loc[kept["kind"] == "fraction", "area"].tolist() == ["1.5"]


def _rows(*labels: tuple[str, float, float, str]) -> pd.DataFrame:
    made = [
        {"number": number, "x": x, "y": y, "kind": kind, "height": 30.0, "p": 0.999, "x_area": np.nan, "y_area": np.nan}
        for number, x, y, kind in labels
    ]
    return pd.DataFrame(made).assign(area=pd.Series([None] * len(made), dtype=object))


def test_only_the_area_of_the_face_proves_a_label_without_a_bar() -> None:
    told = _rows(("12", 500, 500, candidates.STACKED)).assign(area="1477")
    for fits, p in ((True, 0.999), (False, 0.6), (pd.NA, 0.6)):
        seen = candidates.proven(told.assign(fits=pd.array([fits], dtype="boolean")))
        assert seen["p"].tolist() == [p]


def test_numbers_of_parcels_without_a_face_are_not_lost() -> None:
    placed = _rows(("12", 500, 500, "fraction"), ("13", 560, 500, "fraction"), ("14", 9000, 500, "fraction"),
                   ("7", 9000, 900, "alone"), ("12", 530, 700, "fraction"), ("9", 570, 700, "alone"))  # fmt: skip
    placed = placed.assign(face=[0, 0, -1, -1, 0, 0])
    told = placed[placed["face"] >= 0]
    rows = pd.DataFrame({"number": ["12"], "row": [0]})
    loose = gpd.GeoDataFrame({"text": ["x"], "confidence": [0.5]}, geometry=[shapely.Point(0, 0)])
    found = candidates.with_astray(loose, placed, told, rows)
    assert found[["text", "why"]].to_numpy().tolist() == [
        ["x", ""],
        ["14", "outside"],
        ["13", "doubled"],
        ["9", "doubled"],
    ]
    none = candidates.with_astray(loose.iloc[:0], placed.iloc[:1], told.iloc[:1], rows)
    assert len(none) == 0 and none["why"].dtype == "string"
