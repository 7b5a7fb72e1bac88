"""Who is one person: each rule on a handful of people, and the same answer whatever the order."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.linkage import Decided, Linked, link
from pipelines.linkage.candidates import LARGEST, pairs, shared
from pipelines.linkage.compare import FAR, NEAR, SAME, year_levels
from pipelines.linkage.records import LAYERS, build
from tests.benchmarks.people import crowd

ERA = "E2025B"
HOME = "Thôn 3, Xã Thọ Bình"
COLUMNS = {
    "ca_nhan": ["ca_nhan_id", "ho_ten", "ngay_sinh", "nam_sinh", "gioi_tinh", "dia_chi"],
    "giay_to_tuy_than": ["ca_nhan_id", "loai_giay_to", "so_giay_to_bam"],
    "vo_chong": ["vo_chong_id", "vo_id", "chong_id"],
    "ho_gia_dinh": ["ho_gia_dinh_id", "chu_ho_id", "vo_chong_chu_ho_id", "thanh_vien_id"],
    "nhom_nguoi": ["nhom_nguoi_id", "nguoi_dai_dien_id", "thanh_vien_id"],
    "quyen_su_dung_dat": ["chu_id", "thua_key", "giay_chung_nhan_id"],
    "giay_chung_nhan": ["giay_chung_nhan_id", "so_phat_hanh"],
}


def registers(*people: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return layers for people given as `name`, and what else is known: `commune`, `year`, `day`, `sex`, `home`,
    `new`, `old` (hashes of numbers), `spouse` (a name), `paper`."""
    rows: dict[str, list[dict[str, Any]]] = {layer: [] for layer in LAYERS}
    for place, one in enumerate(people):
        scope = {"ma_xa": one.get("commune", "15667"), "ky_dia_gioi": ERA}
        key = one.get("id", f"c{place}")
        born = {"ngay_sinh": one.get("day"), "nam_sinh": one.get("year"), "gioi_tinh": one.get("sex")}
        rows["ca_nhan"].append({"ca_nhan_id": key, "ho_ten": one["name"], "dia_chi": one.get("home"), **born, **scope})
        for name, kind in (("new", "5"), ("old", "2")):
            if one.get(name):
                rows["giay_to_tuy_than"].append(
                    {"ca_nhan_id": key, "loai_giay_to": kind, "so_giay_to_bam": one[name], **scope}
                )
        if one.get("spouse"):
            rows["ca_nhan"].append({"ca_nhan_id": f"{key}s", "ho_ten": one["spouse"], **scope})
            rows["vo_chong"].append({"vo_chong_id": f"v{key}", "vo_id": f"{key}s", "chong_id": key, **scope})
        if one.get("paper"):
            rows["quyen_su_dung_dat"].append({"chu_id": key, "thua_key": f"t{key}", "giay_chung_nhan_id": key, **scope})
            rows["giay_chung_nhan"].append({"giay_chung_nhan_id": key, "so_phat_hanh": one["paper"], **scope})
    scope_columns = ["ma_xa", "ky_dia_gioi"]
    return {
        layer: pd.DataFrame(rows[layer], columns=[*columns, *scope_columns]).astype("string")
        for layer, columns in COLUMNS.items()
    }


def joined(made: Linked, one: str = "c0", other: str = "c1") -> bool:
    """Tell whether two people, by their ids, are one."""
    person = made.links.set_index(made.links["key"].str.rpartition(".")[2])["person"]
    return bool(person[one] == person[other])


def asked(made: Linked) -> set[frozenset[str]]:
    key = made.records.rows["key"].str.rpartition(".")[2]
    sides = zip(key.iloc[made.review["left"]], key.iloc[made.review["right"]], strict=True)
    return {frozenset(pair) for pair in sides}


PAIR = frozenset({"c0", "c1"})
RARE = {"name": "Quách Bá Thước", "year": 1961, "sex": "1", "home": HOME}
COMMON = {"name": "Nguyễn Văn An", "year": 1961, "sex": "1", "home": "Xã Thọ Bình"}


def test_one_number_is_one_person_over_communes() -> None:
    made = link(registers({**RARE, "new": "x"}, {"name": "QUÁCH BÁ THƯỚC", "commune": "15754", "new": "x"}))
    assert joined(made)
    assert made.links["why"].tolist() == ["number", "number"]


def test_an_old_and_a_new_number_meet_in_a_record_that_has_both() -> None:
    made = link(registers({**RARE, "old": "a"}, {**RARE, "new": "b"}, {**RARE, "old": "a", "new": "b"}))
    assert joined(made, "c0", "c2") and joined(made, "c1", "c2")


@pytest.mark.parametrize(
    "other",
    [{"name": "Trịnh Thị Hoa"}, {"sex": "0"}, {"year": 1985}],
    ids=["another name", "another sex", "another year"],
)
def test_one_number_that_cannot_be_one_person_is_asked_about(other: dict[str, Any]) -> None:
    made = link(registers({**RARE, "new": "x"}, {**RARE, "new": "x", **other}))
    assert not joined(made)
    assert asked(made) == {PAIR}
    assert made.review["why"].tolist() == ["number"]


def test_a_name_alone_links_nobody_however_rare() -> None:
    made = link(registers({"name": RARE["name"]}, {"name": RARE["name"], "commune": "15754"}))
    assert not joined(made)


def test_a_name_and_one_more_fact_link_nobody() -> None:
    elsewhere = {"commune": "15754", "home": "Thôn 1, Xã Thọ Ngọc"}
    made = link(registers(RARE, {**RARE, **elsewhere}))
    assert not joined(made)


def test_a_rare_name_with_year_and_hamlet_is_one_person() -> None:
    made = link(registers(RARE, {**RARE, "commune": "15754"}))
    assert joined(made)
    assert made.links["why"].tolist() == ["likeness", "likeness"]


def test_namesakes_of_one_commune_and_year_stay_apart() -> None:
    made = link(registers(COMMON, COMMON))
    assert not joined(made)


def test_a_common_name_needs_the_spouse_as_well() -> None:
    wed = {**COMMON, "home": HOME, "spouse": "Lê Thị Thêu"}
    assert joined(link(registers(wed, wed)))
    assert not joined(link(registers(wed, {**wed, "spouse": "Phạm Thị Nga", "home": "Thôn 5, Xã Thọ Bình"})))


def test_one_certificate_tells_namesakes_from_one_person() -> None:
    old, new = {**COMMON, "old": "a", "paper": "BĐ 000001"}, {**COMMON, "new": "b", "paper": "BĐ 000001"}
    assert joined(link(registers(old, new)))
    assert not joined(link(registers(old, {**new, "paper": "BĐ 000002"})))


@pytest.mark.parametrize(
    ("facts", "other"),
    [
        ({"new": "x"}, {"new": "y"}),
        ({"sex": "1"}, {"sex": "0"}),
        ({"year": 1961}, {"year": 1985}),
    ],
    ids=["two numbers of twelve digits", "another sex", "another year"],
)
def test_exact_facts_that_contradict_keep_apart(facts: dict[str, Any], other: dict[str, Any]) -> None:
    alike = {**RARE, "spouse": "Lê Thị Thêu", "paper": "BĐ 000001"}
    made = link(registers({**alike, **facts}, {**alike, **other}))
    assert not joined(made)
    assert PAIR not in asked(made)


def test_a_record_without_a_number_joins_no_two_people() -> None:
    alike = {**RARE, "spouse": "Lê Thị Thêu"}
    made = link(registers({**alike, "new": "x"}, {**alike, "new": "y"}, alike))
    assert not joined(made, "c0", "c1")
    assert not joined(made, "c0", "c2") and not joined(made, "c1", "c2")
    assert {frozenset({"c0", "c2"}), frozenset({"c1", "c2"})} <= asked(made)


def test_a_chain_over_birth_years_is_cut() -> None:
    alike = {**RARE, "spouse": "Lê Thị Thêu", "paper": "BĐ 000001"}
    made = link(registers({**alike, "year": 1961}, {**alike, "year": 1962}, {**alike, "year": 1963, "new": "x"},
                          {**alike, "year": 1985}))  # fmt: skip
    years = made.records.rows.assign(person=made.links["person"]).groupby("person")["year"]
    assert int((years.max() - years.min()).max()) <= 2
    assert not joined(made, "c0", "c3")


@pytest.mark.parametrize(
    "other",
    [{"name": "Quach Ba Thuoc"}, {"name": "Quách Bá Thứơc"}, {"day": "1961-07-05"}, {"year": 1962}],
    ids=["no accents", "tone elsewhere", "day and month exchanged", "a year off"],
)
def test_slips_of_the_pen_do_not_part_a_person(other: dict[str, Any]) -> None:
    alike = {**RARE, "day": "1961-05-07", "spouse": "Lê Thị Thêu", "paper": "BĐ 000001"}
    changed = {**alike, **other}
    if "year" in other:
        changed["day"] = None
    assert joined(link(registers(alike, changed)))


def test_names_that_differ_in_accents_alone_need_more() -> None:
    brothers = {**RARE, "name": "Quách Bá Hùng"}, {**RARE, "name": "Quách Bá Hưng"}
    assert not joined(link(registers(*brothers)))


def test_the_first_of_january_says_no_more_than_the_year() -> None:
    made = build(registers({**RARE, "day": "1961-01-01"}, {**RARE, "day": "1961-02-01"}))
    assert made.rows["day"].tolist() == [0, 2 * 32 + 1]


def test_years_a_slip_apart() -> None:
    one, other = np.array([1961, 1967, 1961, 1961, 1959, 1961]), np.array([1961, 1976, 1971, 1985, 1960, 0])
    assert year_levels(one, other).tolist() == [SAME, NEAR, NEAR, FAR, NEAR, -1]


def test_an_address_of_a_former_commune_is_that_of_today() -> None:
    # Thọ Sơn became a part of Thọ Bình in July 2025.
    made = build(registers({**RARE, "home": "Thôn 3, xã Thọ Sơn, huyện Triệu Sơn"}, RARE))
    assert made.rows["commune"].nunique() == 1


def test_answers_of_officers_hold_and_can_be_taken_back() -> None:
    people = registers(COMMON, COMMON)
    keys = link(people).links["key"].tolist()
    rows = pd.DataFrame({"left": keys[:1], "right": keys[1:]}, dtype="string")
    assert joined(link(people, Decided(same=rows)))
    assert not joined(link(people))
    alike = registers(RARE, RARE)
    assert joined(link(alike)) and not joined(link(alike, Decided(different=rows)))
    assert asked(link(alike, Decided(different=rows))) == set()


def test_two_people_by_decision_are_not_joined_over_a_third() -> None:
    people = registers(RARE, RARE, RARE)
    rows = pd.DataFrame({"left": ["15667.E2025B.c0"], "right": ["15667.E2025B.c1"]}, dtype="string")
    assert not joined(link(people, Decided(different=rows)))


def test_an_answer_against_exact_facts_is_refused() -> None:
    people = registers({**RARE, "new": "x"}, {**RARE, "new": "y"})
    rows = pd.DataFrame({"left": ["15667.E2025B.c0"], "right": ["15667.E2025B.c1"]}, dtype="string")
    made = link(people, Decided(same=rows))
    assert not joined(made)
    assert len(made.refused) == 1


def test_an_answer_against_the_facts_spoils_no_other_link() -> None:
    people = registers(
        {**RARE, "new": "x"}, {**RARE, "new": "y"}, {**RARE, "commune": "15754", "new": "x"},
        {**RARE, "new": "y", "commune": "15682"},
    )  # fmt: skip
    rows = pd.DataFrame({"left": ["15667.E2025B.c0"], "right": ["15667.E2025B.c1"]}, dtype="string")
    made = link(people, Decided(same=rows))
    assert joined(made, "c0", "c2") and joined(made, "c1", "c3") and not joined(made)


def test_a_number_of_twelve_digits_outlives_one_of_nine() -> None:
    people = registers(
        {**RARE, "new": "x"}, {**RARE, "new": "x", "old": "a"}, {**RARE, "new": "y", "old": "a"}, {**RARE, "new": "y"}
    )
    made = link(people)
    assert joined(made, "c0", "c1") and joined(made, "c2", "c3") and not joined(made, "c1", "c2")


def test_a_number_the_population_database_corrected_counts_as_corrected() -> None:
    people = registers({**RARE, "new": "x", "commune": "15754"}, {"name": RARE["name"], "new": "y"})
    rows = pd.DataFrame({"key": ["15667.E2025B.c1"], "number": ["y"], "corrected": ["x"]}, dtype="string")
    assert not joined(link(people))
    assert joined(link(people, Decided(numbers=rows)))
    shared_number = registers({"name": RARE["name"], "new": "x"}, {"name": RARE["name"], "new": "x"})
    unconfirmed = rows.assign(number="x", corrected=pd.NA)
    assert joined(link(shared_number))
    assert not joined(link(shared_number, Decided(numbers=unconfirmed)))


def test_blocks_are_bounded_and_no_pair_comes_twice() -> None:
    count = 3000
    people = registers(*[{**COMMON, "home": None} for _ in range(count)])
    left, right = pairs(build(people))
    assert (left < right).all()
    assert len(np.unique(left * count + right)) == len(left)
    assert len(left) < count * LARGEST
    held = shared(pd.Series(range(count)), pd.Series(["one"] * count), count)
    assert 0 < len(held) < count * 10


def test_layers_without_rows_come_as_anything() -> None:
    people = registers({**RARE, "new": "x"}, {**RARE, "new": "x"})
    for layer in ("nhom_nguoi", "ho_gia_dinh", "vo_chong", "quyen_su_dung_dat", "giay_chung_nhan"):
        for kind in ("object", "float64", "int64"):
            # As an empty result of SQLite is read.
            assert joined(link(people | {layer: pd.DataFrame(columns=people[layer].columns, dtype=kind)}))


def test_no_people_no_links() -> None:
    made = link(registers())
    assert made.links.empty and made.review.empty


@given(seed=st.integers(0, 2**16))
@settings(max_examples=12)
def test_the_order_of_rows_decides_nothing(seed: int) -> None:
    people = crowd(300, seed=seed % 3).holders
    mixed = {layer: rows.sample(frac=1, random_state=seed) for layer, rows in people.items()}
    one, other = link(people), link(mixed)
    pd.testing.assert_frame_equal(one.links, other.links)
    pd.testing.assert_frame_equal(one.review, other.review)


def test_homonyms_of_a_crowd_are_not_merged() -> None:
    people = crowd(20_000, seed=3)
    made = link(people.holders)
    rows = people.holders["ca_nhan"]
    truth = pd.Series(people.truth, index=rows["ma_xa"] + "." + rows["ky_dia_gioi"] + "." + rows["ca_nhan_id"])
    person = made.links.assign(truth=made.links["key"].map(truth)).groupby("person")["truth"].nunique()
    joined_people = made.links["person"].duplicated(keep=False).sum()
    assert joined_people > 12_000
    assert (person > 1).sum() < 0.002 * joined_people
