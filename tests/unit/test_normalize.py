import json
import unicodedata

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from pipelines import normalize
from pipelines.errors import ReadError
from pipelines.normalize import files
from pipelines.normalize.place import Place
from pipelines.registers import Register
from pipelines.registers.read import COLUMNS
from pipelines.settings import Settings

PLACE = Place("15670", "E2025A", "1", "EPSG:5897", "2025-06-15", frozenset({"DGT", "DTL", "SON", "MNC"}))
ABROAD = Place("25354", "XX", "5", "EPSG:2154", None, frozenset())
RECORD = {
    "so_hieu_to_ban_do": "12",
    "so_thu_tu_thua": "1",
    "dien_tich": "100,0",
    "loai_dat_1": "ONT",
    "dien_tich_1": "100,0",
    "ho_ten": "Nguyễn Văn Mẫu",
    "ngay_sinh": "1985",
    "gioi_tinh": "Nam",
    "so_giay_to": "038085990001",
    "so_phat_hanh": "BK 991234",
    "ngay_cap": "01/02/2012",
}


def drawn(*parcels, crs="EPSG:5897"):
    """Ten-metre squares in a row; each argument overrides columns of one parcel."""
    names = (
        "so_hieu_to_ban_do",
        "so_thu_tu_thua",
        "loai_dat",
        "dien_tich",
        "dien_tich_phap_ly",
        "dia_chi",
        "ten_chu",
        "nhan",
    )
    rows = []
    for number, parcel in enumerate(parcels, start=1):
        usual = dict.fromkeys(names) | {"so_hieu_to_ban_do": "12", "so_thu_tu_thua": str(number), "loai_dat": "ONT"}
        rows.append({"feature_id": f"to_12.dgn#{number}", "source": "to_12.dgn", **usual, **parcel})
    frame = pd.DataFrame(rows, columns=["feature_id", "source", *names]).astype("string").assign(so_nhan=1, ty_le=1000)
    shapes = [box(560000 + 10 * i, 2190000, 560010 + 10 * i, 2190010) for i in range(len(rows))]
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)


def register(*records, source="so.xlsx", totals=0):
    rows = pd.DataFrame(list(records), columns=list(COLUMNS)).astype("string")
    rows.insert(0, "row_id", [f"{source}#{number}" for number in range(2, len(rows) + 2)])
    rows.insert(1, "source", source)
    return Register(source, rows.astype("string"), totals=totals)


def run(parcels, *registers, place=PLACE):
    outline = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=place.crs))
    return normalize.run(parcels, outline, list(registers), place)


def codes(done):
    return sorted(done.findings["code"])


def test_a_clean_parcel_with_its_row_gives_no_finding():
    done = run(drawn({"dien_tich": "100.0"}), register(RECORD))
    assert codes(done) == []
    parcel = done.thua_dat.iloc[0]
    assert parcel["thua_key"] == "15670.E2025A.1.12.1"
    areas = ["dien_tich_do", "dien_tich_nhan", "dien_tich", "dien_tich_phap_ly"]
    assert parcel[areas].tolist() == [100.0] * 4
    assert parcel[["loai_dat", "nhom_dat", "co_dang_ky", "la_doi_tuong_chiem_dat"]].tolist() == [
        "ONT",
        "PNN",
        True,
        False,
    ]
    assert done.dang_ky.iloc[0]["feature_id"] == "to_12.dgn#1"
    assert done.dang_ky.iloc[0]["ngay_cap"] == "2012-02-01"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"so_thu_tu_thua": None}, "so_dia_chinh.missing_key"),
        ({"so_thu_tu_thua": "99"}, "so_dia_chinh.without_parcel"),
        ({"dien_tich": "một trăm"}, "so_dia_chinh.bad_number"),
        ({"ngay_cap": "31/02/2012"}, "so_dia_chinh.bad_date"),
        ({"dien_tich_1": "90,0"}, "so_dia_chinh.purpose_sum"),
        ({"so_phat_hanh": "BK 1234"}, "giay_chung_nhan.bad_serial"),
        ({"so_phat_hanh": "BK 99123400", "ngay_cap": "01/02/2012"}, "giay_chung_nhan.out_of_period"),
        ({"so_giay_to": "123"}, "giay_to.bad_number"),
        ({"so_giay_to": "38085990001"}, "giay_to.repaired"),
        ({"so_giay_to": None}, "giay_to.missing"),
        ({"ho_ten": None, "so_giay_to": None}, "giay_to.missing"),
        ({"dia_chi": "Thôn 1, xã Thọ Sơn, huyện Triệu Sơn"}, "dia_chi.wrong_commune"),
        ({"loai_dat_1": "T"}, "thua_dat.legacy_code"),
        ({"loai_dat_1": "SKX"}, "thua_dat.ambiguous_code"),
        ({"loai_dat_1": "XYZ"}, "thua_dat.unknown_code"),
        ({"ho_ten": "Nguyễn Ÿ Mẫu"}, "van_ban.foreign_character"),
        ({"ho_ten": "Nguy\ufffdn Văn Mẫu"}, "van_ban.undecodable"),
        ({"dia_chi": unicodedata.normalize("NFD", "Thọ Bình")}, "van_ban.repaired"),
    ],
)
def test_one_fault_is_one_finding(change, code):
    done = run(drawn({}), register({**RECORD, **change}))
    assert codes(done) == [code]
    done.ledger.check()


def test_no_finding_says_a_name_or_an_identity_number():
    bad = {"so_giay_to": "3808599", "ngay_sinh": "32/01/1985", "ho_ten": "Nguyễn Ÿ Mẫu", "ma_to_chuc": "123"}
    told = run(drawn({}), register({**RECORD, **bad})).findings["detail"].dropna().str.cat(sep=" ")
    assert not any(secret in told for secret in ("3808599", "1985", "Nguyễn", "Mẫu", "123"))


def test_a_row_that_repeats_another_goes_to_quarantine_and_a_second_holder_does_not():
    wife = {**RECORD, "ho_ten": "Lê Thị Mẫu", "gioi_tinh": "Nữ", "so_giay_to": "038185990002"}
    done = run(drawn({}), register(RECORD, {**RECORD, "so_thu_tu_thua": "001"}, wife))
    assert codes(done) == ["so_dia_chinh.duplicate_row"]
    assert done.findings.iloc[0][["feature_id", "other_id"]].tolist() == ["so.xlsx#3", "so.xlsx#2"]
    assert done.quarantine["row_id"].tolist() == ["so.xlsx#3"]
    assert done.dang_ky["row_id"].tolist() == ["so.xlsx#2", "so.xlsx#4"]


def test_the_account_says_where_every_row_went():
    rows = register(
        RECORD, RECORD, {**RECORD, "so_thu_tu_thua": None}, {**RECORD, "so_giay_to": "38085990007"}, totals=2
    )
    entries = {entry.kind: entry for entry in run(drawn({}, {}), rows).ledger.entries}
    row = entries["row"]
    assert (row.received, row.accepted, row.repaired, row.quarantined) == (4, 1, 1, 2)
    assert entries["total_row"].received == 2
    assert entries["parcel"].received == 2


def test_two_files_complete_each_other():
    book = {name: RECORD[name] for name in ("so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "loai_dat_1", "ho_ten")}
    form = {name: value for name, value in RECORD.items() if not name.startswith("dien_tich")}
    done = run(drawn({}), register(book, source="so.csv"), register(form, source="PL3-01.xlsx"))
    assert codes(done) == []
    tables = done.holders.tables()
    assert [len(tables[name]) for name in ("ca_nhan", "giay_chung_nhan", "quyen_su_dung_dat", "giay_to_tuy_than")] == [
        1
    ] * 4
    assert done.thua_dat.iloc[0]["dien_tich"] == 100.0
    assert len(done.muc_dich_su_dung) == 1


def test_files_that_contradict_each_other_are_told():
    other = {**RECORD, "dien_tich": "120,0", "dien_tich_1": "120,0"}
    done = run(drawn({}), register(RECORD, source="so.csv"), register(other, source="PL3-01.xlsx"))
    assert codes(done) == ["so_dia_chinh.contradiction"]
    assert done.findings.iloc[0]["detail"] == "dien_tich=100.0 / 120.0"


def test_a_parcel_without_row_keeps_its_key():
    done = run(drawn({}, {}), register(RECORD))
    assert done.thua_dat["thua_key"].tolist() == ["15670.E2025A.1.12.1", "15670.E2025A.1.12.2"]
    assert done.thua_dat["co_dang_ky"].tolist() == [True, False]


def test_a_road_needs_no_row_and_a_lake_with_a_row_is_a_parcel():
    lake = {**RECORD, "so_thu_tu_thua": "2", "loai_dat_1": "MNC"}
    done = run(drawn({"loai_dat": "DGT"}, {"loai_dat": "MNC"}), register(lake))
    assert done.thua_dat["la_doi_tuong_chiem_dat"].tolist() == [True, False]


def test_a_drawn_code_is_told_once_though_the_register_has_it_too():
    done = run(drawn({"loai_dat": "T"}), register({**RECORD, "loai_dat_1": "T"}))
    assert codes(done) == ["thua_dat.legacy_code"]
    parcel = done.thua_dat.iloc[0]
    assert parcel[["loai_dat", "loai_dat_ghi", "he_loai_dat"]].tolist() == ["ONT", "T", "TT25/2014"]


def test_a_parcel_without_drawn_code_takes_the_uses_of_the_register():
    two = {**RECORD, "loai_dat_2": "CLN", "dien_tich_1": "60", "dien_tich_2": "40", "nguon_goc_1": "CNQ-CTT"}
    done = run(drawn({"loai_dat": None}), register(two))
    assert done.thua_dat.iloc[0]["loai_dat"] == "ONT+CLN"
    uses = done.muc_dich_su_dung
    assert uses[["so_thu_tu", "loai_dat", "dien_tich"]].to_numpy().tolist() == [[1, "ONT", 60.0], [2, "CLN", 40.0]]
    assert done.nguon_goc_dat["nguon_goc"].tolist() == ["CNQ-CTT"]


@pytest.mark.parametrize(
    ("kind", "roles", "table"),
    [
        ("Vợ chồng", ("Chồng", "Vợ"), "vo_chong"),
        ("Hộ gia đình", ("Chủ hộ", "Thành viên"), "ho_gia_dinh"),
        ("Đồng sử dụng", ("Người đại diện", "Thành viên"), "nhom_nguoi"),
    ],
)
def test_people_on_one_certificate_hold_together(kind, roles, table):
    man = {**RECORD, "phap_nhan": kind, "vai_tro": roles[0]}
    woman = {**man, "ho_ten": "Lê Thị Mẫu", "gioi_tinh": "Nữ", "so_giay_to": "038185990002", "vai_tro": roles[1]}
    tables = run(drawn({}), register(man, woman)).holders.tables()
    assert len(tables["ca_nhan"]) == 2
    assert len(tables[table]) == 1
    right = tables["quyen_su_dung_dat"]
    assert right["loai_doi_tuong"].tolist() == [table]
    assert right["chu_id"].tolist() == tables[table][f"{table}_id"].tolist()


def test_ids_of_holders_do_not_depend_on_identity_numbers_or_other_rows():
    alone = run(drawn({}, {}), register(RECORD)).holders.ca_nhan["ca_nhan_id"].tolist()
    other = {
        **RECORD,
        "so_thu_tu_thua": "2",
        "ho_ten": "Lê Văn Mẫu",
        "so_giay_to": "038085990009",
        "so_phat_hanh": "BK 991299",
    }
    among = run(drawn({}, {}), register(other, RECORD)).holders.ca_nhan["ca_nhan_id"].tolist()
    renumbered = (
        run(drawn({}), register({**RECORD, "so_giay_to": "038085990077"})).holders.ca_nhan["ca_nhan_id"].tolist()
    )
    assert alone[0] in among
    assert renumbered == alone


def test_two_people_of_one_name_on_one_parcel_stay_two():
    other = {**RECORD, "so_giay_to": "038085990002"}
    people = run(drawn({}), register(RECORD, other)).holders.ca_nhan
    assert people["ca_nhan_id"].nunique() == len(people) == 2


def test_an_organisation_in_the_column_of_names_is_no_person():
    office = {**RECORD, "ho_ten": "UBND xã Thọ Bình", "so_giay_to": "0100109106", "ngay_sinh": None, "gioi_tinh": None}
    done = run(drawn({}), register(office))
    assert codes(done) == []
    assert done.holders.to_chuc[["ten_to_chuc", "ma_so_thue"]].to_numpy().tolist() == [
        ["UBND xã Thọ Bình", "0100109106"]
    ]
    assert done.holders.ca_nhan.empty


def test_parcels_from_abroad_pass_untouched_by_vietnamese_rules():
    abroad = drawn(
        {"so_hieu_to_ban_do": "AB", "dien_tich_phap_ly": "226060", "dia_chi": "Allée des Cèdres ÿ"}, crs="EPSG:2154"
    )
    done = run(abroad, place=ABROAD)
    assert codes(done) == []
    parcel = done.thua_dat.iloc[0]
    assert parcel["thua_key"] == "25354.XX.5.AB.1"
    assert parcel["dien_tich_phap_ly"] == 226060.0
    assert pd.isna(parcel["loai_dat"])


@pytest.mark.parametrize(
    ("parcels", "records"),
    [
        ((), (RECORD,)),
        (({},), ()),
        (({"so_thu_tu_thua": None, "loai_dat": None},), (dict.fromkeys(RECORD),)),
    ],
)
def test_an_empty_side_breaks_nothing(parcels, records):
    done = run(drawn(*parcels), register(*records))
    assert (len(done.thua_dat), len(done.dang_ky), len(done.quarantine)) == (len(parcels), 0, len(records))
    done.ledger.check()


def test_a_second_run_gives_the_same():
    first, second = (run(drawn({}, {}), register(RECORD)) for _ in range(2))
    pd.testing.assert_frame_equal(first.dang_ky, second.dang_ky)
    for name, table in first.holders.tables().items():
        pd.testing.assert_frame_equal(table, second.holders.tables()[name])


def packed(home, parcels, **registers):
    """Lay down what the steps before leave behind, and register files as text."""
    base = home / "15670"
    (base / "package").mkdir(parents=True)
    (base / "digitize").mkdir()
    root = home / "package"
    root.mkdir()
    entries = []
    for name, content in registers.items():
        path = f"{name}.csv"
        (root / path).write_text(content, encoding="utf-8")
        entries.append({"path": path, "role": "register", "encoding": "utf-8"})
    inventory = {"commune": "15670", "era": "E2025A", "date": "2025-06-15", "profile": "dgn_tt26_2024"}
    inventory |= {"crs": "EPSG:5897", "scale": 1000, "map_type": "1", "root": str(root), "files": entries}
    (base / "package" / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    parcels.to_parquet(base / "digitize" / "parcels.parquet")
    gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=parcels.crs)).to_parquet(base / "digitize" / "boundary.parquet")
    documented = gpd.GeoDataFrame(
        {"feature_id": pd.Series(dtype="string"), "dien_tich": pd.Series(dtype="float64")},
        geometry=gpd.GeoSeries([], crs=parcels.crs),
    )
    documented.to_parquet(base / "digitize" / "documented.parquet")
    return base


BOOK = "Tờ bản đồ;Số thửa;Diện tích;Loại đất;Tên chủ;Số CCCD\n12;1;100,0;ONT;Nguyễn Văn Mẫu;038085990001\n"


def test_the_step_leaves_every_table_and_a_balanced_account(tmp_path):
    base = packed(tmp_path, drawn({}), so=BOOK)
    files.execute(tmp_path, "15670", Settings(home=tmp_path))
    made = {path.relative_to(base / "normalize").as_posix() for path in (base / "normalize").rglob("*.parquet")}
    assert {"thua_dat.parquet", "dang_ky.parquet", "findings.parquet", "holders/ca_nhan.parquet"} <= made
    assert not gpd.read_parquet(base / "normalize/findings.parquet")["code"].tolist()
    account = json.loads((base / "normalize/account.json").read_text(encoding="utf-8"))
    assert {entry["kind"] for entry in account["entries"]} == {"parcel", "row", "file"}


def test_no_public_table_of_the_step_has_a_holder(tmp_path):
    base = packed(tmp_path, drawn({}), so=BOOK)
    files.execute(tmp_path, "15670", Settings(home=tmp_path))
    for path in (base / "normalize").glob("*.parquet"):
        if path.name != "dang_ky.parquet":
            assert "Mẫu" not in pd.read_parquet(path).drop(columns="geometry", errors="ignore").to_csv()


def test_a_register_without_known_columns_is_a_finding_and_the_other_is_used(tmp_path):
    base = packed(tmp_path, drawn({}), so=BOOK, lo="một;hai\n1;2\n")
    files.execute(tmp_path, "15670", Settings(home=tmp_path))
    found = gpd.read_parquet(base / "normalize/findings.parquet")
    assert found[["code", "feature_id"]].to_numpy().tolist() == [["goi.unreadable_file", "lo.csv"]]
    assert pd.read_parquet(base / "normalize/thua_dat.parquet")["co_dang_ky"].tolist() == [True]


def test_nothing_to_read_stops_the_step_and_leaves_what_was_there(tmp_path):
    base = packed(tmp_path, drawn(), lo="một;hai\n1;2\n")
    (base / "normalize").mkdir()
    (base / "normalize" / "thua_dat.parquet").write_text("from before", encoding="utf-8")
    with pytest.raises(ReadError, match="15670"):
        files.execute(tmp_path, "15670", Settings(home=tmp_path))
    assert (base / "normalize" / "thua_dat.parquet").read_text(encoding="utf-8") == "from before"
