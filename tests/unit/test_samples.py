"""The samples: same seed same bytes, a plane without gaps before defects, answers that are true."""

import csv
import hashlib
import math
import re
from collections import Counter
from pathlib import Path

import pyproj
import pytest
import shapely

import data_samples
from data_samples import build, generate
from data_samples.communes import COMMUNES, Commune
from data_samples.deliveries import register_files
from data_samples.generate import clean
from data_samples.legacy import decomposed, tcvn3
from data_samples.model import Delivery
from schemas import findings as catalogue

DRAWN = tuple(commune for commune in COMMUNES if not commune.on_paper)
IDS = [commune.code for commune in DRAWN]

EVERYWHERE = {
    "thua_dat.sliver",
    "thua_dat.outside_commune",
    "thua_dat.duplicate_key",
    "thua_dat.area_mismatch",
    "thua_dat.label_mismatch",
    "thua_dat.unknown_code",
    "thua_dat.legacy_code",
    "thua_dat.ambiguous_code",
    "thua_dat.without_record",
    "so_dia_chinh.without_parcel",
    "so_dia_chinh.duplicate_row",
    "so_dia_chinh.contradiction",
    "so_dia_chinh.missing_key",
    "so_dia_chinh.bad_number",
    "so_dia_chinh.bad_date",
    "so_dia_chinh.purpose_sum",
    "giay_chung_nhan.bad_serial",
    "giay_chung_nhan.out_of_period",
    "giay_to.bad_number",
    "giay_to.mismatch",
    "giay_to.missing",
    "giay_to.repaired",
    "van_ban.foreign_character",
    "dia_chi.wrong_commune",
    "so_dia_chinh.bad_code",
    "so_dia_chinh.holder_kind",
    "so_dia_chinh.legal_area_mismatch",
    "so_dia_chinh.recovered_with_right",
    "so_dia_chinh.repeated_holder",
    "so_dia_chinh.residential_code",
    "so_dia_chinh.term_ended",
    "so_dia_chinh.term_mismatch",
    "giay_chung_nhan.bad_book_number",
    "giay_chung_nhan.before_birth",
    "giay_chung_nhan.book_number_period",
    "giay_chung_nhan.contradiction",
    "giay_chung_nhan.household_after_law",
    "giay_chung_nhan.impossible_date",
    "giay_chung_nhan.qr_mismatch",
    "giay_chung_nhan.serial_reused",
    "giay_chung_nhan.several_for_parcel",
    "giay_to.expired",
    "giay_to.incomplete",
    "giay_to.shared_number",
    "giay_to.two_numbers",
}
LINE_WORK = {
    "ban_ve.dangle",
    "ban_ve.unclosed",
    "ban_ve.snapped",
    "ban_ve.face_without_label",
    "ban_ve.label_outside",
    "ban_ve.label_doubled",
    "ban_ve.label_unparsed",
    "ban_ve.element_doubled",
    "van_ban.repaired",
}
OF_ONE = {
    "15670": LINE_WORK
    | {
        "thua_dat.overlap",
        "thua_dat.gap",
        "thua_dat.documented_mismatch",
        "ban_ve.documented_unclosed",
        "ban_ve.documented_unmatched",
        "ban_ve.edge_matched",
        "ban_ve.joined_across_sheets",
        "giay_chung_nhan.scan_missing",
        "van_ban.mixed_encoding",
        "goi.unlisted_file",
    },
    "15703": {
        "thua_dat.overlap",
        "thua_dat.gap",
        "thua_dat.invalid",
        "thua_dat.multipart",
        "thua_dat.empty",
        "thua_dat.duplicate_geometry",
        "thua_dat.missing_number",
        "thua_dat.spike",
        "thua_dat.repeated_vertex",
        "thua_dat.missing_node",
        "thua_dat.near_node",
        "so_dia_chinh.other_commune",
        "so_dia_chinh.restriction_area",
        "so_dia_chinh.status_conflict",
        "so_dia_chinh.unknown_element",
        "goi.file_note",
        "goi.missing_file",
    },
    "15712": LINE_WORK
    | {
        "thua_dat.missing_number",
        "ban_ve.bad_coordinates",
        "ban_ve.label_moved",
        "so_dia_chinh.other_commune",
        "so_dia_chinh.renumbered",
        "so_dia_chinh.renumbering_open",
        "giay_chung_nhan.scan_missing",
        "giay_chung_nhan.scan_unreadable",
        "giay_chung_nhan.scan_blank_page",
        "giay_chung_nhan.scan_turned",
        "giay_chung_nhan.scan_page_unreadable",
        "giay_chung_nhan.scan_duplicate",
        "giay_chung_nhan.scan_other_serial",
        "giay_chung_nhan.scan_qr_mismatch",
        "giay_chung_nhan.scan_unlisted",
        "van_ban.undecodable",
        "goi.unreadable_file",
    },
}


@pytest.fixture(scope="module")
def clean_land() -> dict[str, Delivery]:
    return {commune.code: clean(commune) for commune in COMMUNES}


@pytest.fixture(scope="module")
def spoilt() -> dict[str, Delivery]:
    return {commune.code: build(commune) for commune in COMMUNES}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("samples")
    generate(out)
    return out


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_gives_the_same_bytes(written: Path) -> None:
    before = hashes(written)
    generate(written)
    assert hashes(written) == before


def test_another_seed_gives_another_commune(tmp_path: Path, written: Path) -> None:
    generate(tmp_path, seed=39, codes=["15703"])
    mine = (tmp_path / "inbox/15703_dan_ly/shp/to_01.shp").read_bytes()
    assert mine != (written / "inbox/15703_dan_ly/shp/to_01.shp").read_bytes()


def test_they_stay_below_six_megabytes(written: Path) -> None:
    size = sum(path.stat().st_size for path in (written / "inbox").rglob("*") if path.is_file())
    assert size < 6_000_000


@pytest.mark.parametrize("code", IDS)
def test_plane_is_filled_before_defects(clean_land: dict[str, Delivery], code: str) -> None:
    land = clean_land[code]
    shapes = [parcel.geometry for parcel in land.parcels]
    assert shapely.coverage_is_valid(shapes)
    assert math.isclose(shapely.area(shapes).sum(), land.outline.area, rel_tol=1e-6)
    assert len(land.outline.interiors) == 0
    assert 1400 < len(shapes) < 1900


@pytest.mark.parametrize("code", IDS)
def test_clean_parcels_are_far_from_every_tolerance(clean_land: dict[str, Delivery], code: str) -> None:
    land = clean_land[code]
    shapes = [parcel.geometry for parcel in land.parcels]
    assert shapely.minimum_clearance(shapes).min() > 0.1
    assert shapely.area(shapes).min() > 50
    assert all(abs(parcel.area_m2 - parcel.geometry.area) < 0.051 for parcel in land.parcels)
    assert all(parcel.geometry.contains(shapely.Point(parcel.spot)) for parcel in land.parcels)
    keys = [parcel.key for parcel in land.parcels]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("code", IDS)
def test_register_knows_every_parcel_but_roads_and_water(clean_land: dict[str, Delivery], code: str) -> None:
    land = clean_land[code]
    booked = {row.key for row in land.rows}
    assert booked == {parcel.key for parcel in land.parcels if not parcel.is_ground}
    sums = [
        abs(row.values["dien_tich"] - sum(row.values.get(f"dien_tich_{use}", 0.0) for use in (1, 2)))
        for row in land.rows
    ]
    assert max(sums) < 0.05


def test_communes_lie_apart_in_trieu_son(clean_land: dict[str, Delivery]) -> None:
    outlines = [land.outline for land in clean_land.values()]
    pairs = [(one, two) for number, one in enumerate(outlines) for two in outlines[number + 1 :]]
    assert all(one.distance(two) > 100 for one, two in pairs)
    degrees = pyproj.Transformer.from_crs("EPSG:5897", "EPSG:4326", always_xy=True)
    for outline in outlines:
        lon, lat = degrees.transform(outline.centroid.x, outline.centroid.y)
        assert 105.5 < lon < 105.7
        assert 19.75 < lat < 19.9


@pytest.mark.parametrize("commune", DRAWN, ids=IDS)
def test_every_kind_of_defect_is_in_the_answer_sheet(spoilt: dict[str, Delivery], commune: Commune) -> None:
    codes = {item.code for item in spoilt[commune.code].answers}
    assert codes >= EVERYWHERE | OF_ONE[commune.code]
    assert codes <= set(catalogue())


def test_what_is_not_planted_is_listed_with_its_reason(spoilt: dict[str, Delivery]) -> None:
    planted = {item.code for delivery in spoilt.values() for item in [*delivery.answers, *delivery.shared]}
    text = (Path(data_samples.__file__).parent / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z_.]+)` \| .{20,} \|$", text, flags=re.M)
    assert len(set(told)) == len(told)
    assert set(told) == set(catalogue()) - planted


@pytest.mark.parametrize("commune", DRAWN, ids=IDS)
def test_overlaps_and_gaps_are_as_large_as_the_answer_says(spoilt: dict[str, Delivery], commune: Commune) -> None:
    delivery = spoilt[commune.code]
    shapes = {parcel.key: parcel.geometry for parcel in delivery.parcels}
    for item in delivery.answers:
        if item.code == "thua_dat.overlap":
            shared = shapes[item.to, item.thua].intersection(shapes[item.other_to, item.other_thua])
            assert shared.area == pytest.approx(item.value, abs=1e-6)
        if item.code == "thua_dat.gap":
            near = [
                shape for shape in shapes.values() if shape is not None and shape.distance(shapely.Point(item.at)) < 60
            ]
            hole = shapely.Point(item.at).buffer(50).difference(shapely.union_all(shapely.make_valid(near)))
            found = next(part for part in shapely.get_parts(hole) if part.contains(shapely.Point(item.at)))
            assert found.area == pytest.approx(item.value, abs=0.02)


@pytest.mark.parametrize("commune", DRAWN, ids=IDS)
def test_defects_stand_apart(spoilt: dict[str, Delivery], commune: Commune) -> None:
    planted = [
        item for item in spoilt[commune.code].answers if item.note.startswith("planted") and item.at and item.thua
    ]
    doubles = {"thua_dat.duplicate_key"}
    places = Counter((item.to, item.thua) for item in planted if item.code not in doubles)
    assert max(places.values()) == 1


def test_row_numbers_of_the_answers_point_at_the_row(written: Path, spoilt: dict[str, Delivery]) -> None:
    with (written / "inbox/15712_van_son/so_dia_chinh.csv").open(
        encoding="utf-8", errors="replace", newline=""
    ) as source:
        lines = list(csv.reader(source, delimiter=";"))
    with (written / "expected/15712.findings.csv").open(encoding="utf-8", newline="") as source:
        bad = [row["row"] for row in csv.DictReader(source) if row["code"] == "so_dia_chinh.bad_number"]
    rows = [lines[int(place.partition("#")[2]) - 1] for place in bad if place.startswith("so_dia_chinh.csv#")]
    assert rows
    assert all("12o,5" in row or "~350" in row for row in rows)


@pytest.mark.parametrize("commune", DRAWN, ids=IDS)
def test_people_are_visibly_invented(clean_land: dict[str, Delivery], commune: Commune) -> None:
    rows = [row.values for row in clean_land[commune.code].rows]
    numbers = {row["so_giay_to"] for row in rows if "so_giay_to" in row}
    assert numbers
    assert all(len(number) == 12 and number.startswith("038") and number[6:8] == "99" for number in numbers)
    assert all(row["so_phat_hanh"].split()[1].startswith("99") for row in rows if "so_phat_hanh" in row)
    assert all(row["ma_to_chuc"].startswith("2899") for row in rows if "ma_to_chuc" in row)


def test_no_number_of_a_person_or_paper_is_in_two_communes(clean_land: dict[str, Delivery]) -> None:
    for column in ("so_giay_to", "so_phat_hanh", "ma_to_chuc"):
        known = [{row.values[column] for row in land.rows if column in row.values} for land in clean_land.values()]
        assert sum(map(bool, known)) >= len(DRAWN)
        assert len(set.union(*known)) == sum(map(len, known)), column


def test_what_communes_share_is_in_the_sheet_of_the_province(written: Path, spoilt: dict[str, Delivery]) -> None:
    with (written / "expected/province.findings.csv").open(encoding="utf-8", newline="") as source:
        lines = list(csv.DictReader(source))
    assert {line["code"] for line in lines} == {"lien_xa.certificate_twice", "lien_xa.number_twice"}
    column = {"lien_xa.certificate_twice": "so_phat_hanh", "lien_xa.number_twice": "so_giay_to"}
    for line in lines:
        sides = [(line["ma_xa"], line["to"], line["thua"])]
        sides.append((line["other_ma_xa"], line["other_to"], line["other_thua"]))
        rows = [next(row for row in spoilt[code].rows if row.key == (to, thua)).values for code, to, thua in sides]
        assert rows[0][column[line["code"]]] == rows[1][column[line["code"]]]
        assert rows[0]["ho_ten"].lower() != rows[1]["ho_ten"].lower()


def test_every_row_stands_in_one_file(spoilt: dict[str, Delivery]) -> None:
    for delivery in spoilt.values():
        placed = [id(row) for file in register_files(delivery) for row in file.rows]
        assert sorted(placed) == sorted(id(row) for row in delivery.rows)


def test_tcvn3_has_one_byte_a_letter_and_no_capitals_with_tones() -> None:
    text = "Thửa đất số 5, xã Thọ Bình, huyện Triệu Sơn"
    assert len(tcvn3(decomposed(text)).encode("latin-1")) == len(text)
    assert tcvn3("NGUYỄN") == "NGUY" + tcvn3("ễ") + "N"


def test_csv_is_decomposed(written: Path) -> None:
    text = (written / "inbox/15712_van_son/so_dia_chinh.csv").read_text(encoding="utf-8", errors="replace")
    assert decomposed(text) == text
    assert "\u0323" in text
