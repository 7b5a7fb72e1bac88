"""Old sheet and parcel numbers: tables of renumbering, and the numbers of parcels joined across sheets."""

import csv
import json

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from shapely.geometry import box

from pipelines.errors import ReadError
from pipelines.normalize import files, numbering
from pipelines.normalize.numbering import Numbering
from pipelines.normalize.place import Place
from pipelines.package.propose import propose
from pipelines.registers import renumbering
from pipelines.registers.read import COLUMNS
from pipelines.settings import Settings
from tests.unit.test_extras import packed
from tests.unit.test_hosoxml import DOSSIER
from tests.workflow.packages import tiny

PLACE = Place("15670", "E2025A", "1", "EPSG:5897", "2025-06-15", frozenset())
RENUMBERED, OPEN = "so_dia_chinh.renumbered", "so_dia_chinh.renumbering_open"


def table(*lines):
    """Return a table of (new sheet, old sheet[, new parcel, old parcel[, old commune]])."""
    rows = [dict(zip(NAMES, line, strict=False)) for line in lines]
    return pd.DataFrame(rows, columns=list(renumbering.COLUMNS), dtype="string")


NAMES = ("so_hieu_to_ban_do", "so_hieu_to_ban_do_cu", "so_thu_tu_thua", "so_thu_tu_thua_cu", "ma_xa_cu")


def drawn(*numbers, other=None):
    frame = pd.DataFrame(numbers, columns=["so_hieu_to_ban_do", "so_thu_tu_thua"], dtype="string")
    frame = frame.assign(so_khac=pd.array([other] + [None] * (len(frame) - 1), dtype="string"))
    frame["thua_key"] = PLACE.keys(frame["so_hieu_to_ban_do"], frame["so_thu_tu_thua"])
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 1, 1)] * len(frame), crs=PLACE.crs)


def cited(*numbers, **columns):
    frame = pd.DataFrame(numbers, columns=["so_hieu_to_ban_do", "so_thu_tu_thua"], dtype="string")
    frame = frame.reindex(columns=[*COLUMNS]).assign(**columns).astype("string")
    frame["thua_key"] = PLACE.keys(frame["so_hieu_to_ban_do"], frame["so_thu_tu_thua"])
    ids = [f"so.xlsx#{number}" for number in range(1, len(frame) + 1)]
    return frame.assign(row_id=ids, source="so.xlsx", repaired=False, no_key=frame["thua_key"].isna())


def keys(done):
    return [None if pd.isna(key) else key.removeprefix("15670.E2025A.1.") for key in done.rows["thua_key"]]


def told(done):
    return list(zip(done.findings["code"], done.findings["detail"], strict=True))


def test_a_sheet_the_map_does_not_have_is_looked_up():
    done = numbering.translate(
        cited(("5", "12"), ("25", "1")), drawn(("25", "12"), ("25", "1")), Numbering(table(("25", "5"))), PLACE
    )
    assert keys(done) == ["25.12", "25.1"]
    assert told(done) == [(RENUMBERED, "5/12 → 25/12")]
    assert done.rows["repaired"].tolist() == [True, False]


def test_a_sheet_the_map_has_is_what_it_says_unless_the_register_is_declared_to_cite_old_numbers():
    rows, parcels, looked = cited(("5", "12")), drawn(("25", "12"), ("5", "12")), table(("25", "5"))
    assert keys(numbering.translate(rows, parcels, Numbering(looked), PLACE)) == ["5.12"]
    old = numbering.translate(rows, parcels, Numbering(looked, {"so.xlsx": "old"}), PLACE)
    assert (keys(old), told(old)) == (["25.12"], [(RENUMBERED, "5/12 → 25/12")])
    new = numbering.translate(cited(("5", "12")), drawn(("25", "12")), Numbering(looked, {"so.xlsx": "new"}), PLACE)
    assert (keys(new), told(new)) == (["5.12"], [])


def test_one_old_sheet_of_two_communes_is_left_open_unless_the_row_names_its_commune():
    looked = table(("25", "5", None, None, "15667"), ("35", "5", None, None, "15769"))
    parcels = drawn(("25", "12"), ("35", "12"))
    done = numbering.translate(cited(("5", "12")), parcels, Numbering(looked), PLACE)
    assert (keys(done), told(done)) == ([None], [(OPEN, "5/12 → 25/12, 35/12")])
    assert done.open.tolist() == [True]
    named = numbering.translate(cited(("5", "12"), ma_xa="15769"), parcels, Numbering(looked), PLACE)
    assert keys(named) == ["35.12"]


def test_a_line_about_the_parcel_outweighs_that_about_its_sheet():
    looked = table(("25", "5"), ("26", "5", "3", "12"))
    done = numbering.translate(
        cited(("5", "12"), ("5", "13")), drawn(("26", "3"), ("25", "13")), Numbering(looked), PLACE
    )
    assert keys(done) == ["26.3", "25.13"]


def test_rows_with_old_numbers_alone_are_looked_up_and_without_a_table_left_open():
    rows = cited((None, None), so_hieu_to_ban_do_cu="5", so_thu_tu_thua_cu="12")
    assert keys(numbering.translate(rows, drawn(("25", "12")), Numbering(table(("25", "5"))), PLACE)) == ["25.12"]
    assert told(numbering.translate(rows, drawn(("25", "12")), Numbering(), PLACE)) == [(OPEN, "5/12 → ?")]


def test_tables_of_other_communes_say_nothing_here():
    looked = table(("25", "5")).assign(ma_xa="15703")
    done = numbering.translate(cited(("5", "12")), drawn(("25", "12")), Numbering(looked), PLACE)
    assert (keys(done), told(done)) == (["5.12"], [])


def test_a_row_about_a_part_is_about_the_whole_parcel():
    parcels = drawn(("2", "7"), ("2", "8"), other="1/1; 3/4")
    done = numbering.translate(cited(("1", "1"), ("3", "4"), ("2", "8")), parcels, Numbering(), PLACE)
    assert keys(done) == ["2.7", "2.7", "2.8"]


def test_parcels_know_their_former_number_where_there_is_one():
    looked = table(("25", "5"), ("26", "6"), ("26", "7"), ("27", "9", "1", "44"))
    parcels = numbering.former(drawn(("25", "12"), ("26", "1"), ("27", "1")), cited(), Numbering(looked), PLACE)
    former = parcels[["so_hieu_to_ban_do_cu", "so_thu_tu_thua_cu"]]
    assert former.astype("object").where(former.notna(), None).to_numpy().tolist() == [
        ["5", "12"],
        [None, None],
        ["9", "44"],
    ]


@settings(max_examples=50, deadline=None)
@given(st.permutations(range(1, 9)), st.lists(st.tuples(st.integers(1, 8), st.integers(1, 5)), min_size=1, max_size=20))
def test_a_full_renumbering_brings_every_row_home(order, numbers):
    looked = table(*((str(100 + new), str(old)) for old, new in enumerate(order, start=1)))
    sheets = {old: 100 + new for old, new in enumerate(order, start=1)}
    parcels = drawn(*((str(sheet), str(number)) for sheet in sheets.values() for number in range(1, 6)))
    done = numbering.translate(cited(*((str(a), str(b)) for a, b in numbers)), parcels, Numbering(looked), PLACE)
    assert keys(done) == [f"{sheets[sheet]}.{number}" for sheet, number in numbers]


HEADINGS = [
    [["Số tờ mới", "Số tờ cũ", "Mã xã cũ"]],
    [["soToBanDo", "soToBanDoCu", "xaCuId"]],
    [["BẢNG ĐỐI CHIẾU"], ["Mới", "Cũ", None], ["Số tờ bản đồ", "Số tờ bản đồ", "Mã xã cũ"]],
]


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_tables_are_read_as_offices_write_them(tmp_path, heading, kind):
    lines = [*heading, ["25", "05", "15667"], ["26.0", "6", "15667"], ["26", "6", "15667"], [None, "7", "15667"]]
    path = tmp_path / f"bang.{kind}"
    if kind == "xlsx":
        book = Workbook()
        for line in lines:
            book.active.append(line)
        book.save(path)
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows([line + [None] * (3 - len(line)) for line in lines])
    read = renumbering.read(path)
    assert read[list(NAMES)].dropna(axis=1).to_numpy().tolist() == [["25", "5", "15667"], ["26", "6", "15667"]]


def test_a_table_without_the_numbers_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "bang.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"bang\.csv: no columns of new and old sheet numbers"):
        renumbering.read(tmp_path / "bang.csv")


def test_inspect_knows_a_table_of_renumbering_from_a_register_with_old_numbers(tmp_path):
    folder = tiny(tmp_path / "package")
    (folder / "package.yaml").unlink()
    (folder / "doi_so.csv").write_text("Số tờ mới;Số tờ cũ;Ghi chú\n12;3;\n", encoding="utf-8")
    (folder / "so.csv").write_text(
        "Số tờ bản đồ;Số thửa;Số tờ bản đồ cũ;Số thửa cũ;Họ tên;Diện tích;Loại đất\n1;2;5;9;Người Mẫu;400;LUC\n",
        encoding="utf-8",
    )
    found = propose(folder, Settings(home=tmp_path)).manifest["files"]
    assert {entry["path"]: entry["role"] for entry in found} == {
        "to_1.shp": "parcels",
        "doi_so.csv": "renumbering",
        "so.csv": "register",
    }


def test_a_package_with_a_table_brings_its_rows_home(tmp_path):
    made = packed(tmp_path, DOSSIER)
    root, inventory = tmp_path / "package", tmp_path / "15670" / "package" / "inventory.json"
    (root / "so.csv").write_text("Số tờ;Số thửa;Họ tên\n3;345;Người Mẫu\n4;1;Người Khác\n", encoding="utf-8")
    (root / "doi_so.csv").write_text("Số tờ mới;Số tờ cũ\n12;3\n12;4\n13;4\n", encoding="utf-8")
    (root / "hong.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    body = json.loads(inventory.read_text(encoding="utf-8"))
    body["files"] = [
        {"path": "so.csv", "role": "register"},
        {"path": "doi_so.csv", "role": "renumbering"},
        {"path": "hong.csv", "role": "renumbering"},
    ]
    inventory.write_text(json.dumps(body), encoding="utf-8")
    files.execute(tmp_path, "15670", Settings(home=tmp_path))
    parcel = pd.read_parquet(made / "thua_dat.parquet").iloc[0]
    assert parcel["co_dang_ky"]
    found = gpd.read_parquet(made / "findings.parquet")
    assert found.loc[found["code"] == RENUMBERED, "detail"].tolist() == ["3/345 → 12/345"]
    assert found.loc[found["code"] == OPEN, "detail"].tolist() == ["4/1 → 12/1, 13/1"]
    assert found.loc[found["code"] == "goi.unreadable_file", "feature_id"].tolist() == ["hong.csv"]
    assert "so_dia_chinh.without_parcel" not in set(found["code"])
    lost = pd.read_parquet(made / "holders" / "quarantine.parquet")
    assert lost["ly_do"].tolist() == [OPEN]
