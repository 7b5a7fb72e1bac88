"""Files whose columns, or cells, are in different encodings, through the functions that read packages."""

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

import schemas
from pipelines import charmaps, encodings, registers
from pipelines.digitize import files as digitize_files
from pipelines.normalize import rows as row_work
from pipelines.normalize.place import Place
from pipelines.package import guesses, onepass
from pipelines.settings import Settings
from tests.unit.test_encodings import NAMES, encode

PROFILE = schemas.source("dgn_tt26_2024")["register"]
SHAPES = schemas.source("shp_vbdlis")
PLACE = Place("15670", "E2025A", "1", "EPSG:5897", None, frozenset())
HEADING = ["Tờ bản đồ", "Số thửa", "Diện tích (m2)", "Tên chủ sử dụng", "Địa chỉ", "Mã xã"]
OWNERS = ["Nguyễn Văn Mẫu", "Lê Thị Phượng", "Phạm Đức Thắng", "Trịnh Bá Hưởng", "Đỗ Hữu Lượng", "Bùi Thị Thưởng"]
ADDRESSES = ["Xóm Đồng Mới", "Thôn Phước Lộc", "Đội 5 xã Thọ Bình", "Khu phố Quảng Tiến", "Xứ đồng Cửa Đình"]
COUNT = 30
OWNER = [OWNERS[number % len(OWNERS)] for number in range(COUNT)]
ADDRESS = [ADDRESSES[number % len(ADDRESSES)] for number in range(COUNT)]


def rows(owners, addresses):
    numbered = enumerate(zip(owners, addresses, strict=True), start=1)
    return [["12", str(n), "80", owner, address, "15670"] for n, (owner, address) in numbered]


def read(path, encoding=None):
    return registers.read(path, source=path.name, encoding=encoding, register=PROFILE)


def told(register):
    found = row_work.encodings([register], PLACE)
    return list(zip(found["code"], found["detail"], strict=True))


def workbook(path, body):
    book = openpyxl.Workbook()
    for row in [HEADING, *body]:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("declared", [None, "utf-8", "tcvn3"])
def test_a_workbook_with_an_old_column_beside_a_unicode_one(tmp_path, declared):
    path = workbook(tmp_path / "so.xlsx", rows([encode(name, "tcvn3") for name in OWNER], ADDRESS))
    found = read(path, declared)
    assert found.rows["ho_ten"].tolist() == OWNER
    assert found.rows["dia_chi"].tolist() == ADDRESS
    assert found.rows["ma_xa"].tolist() == ["15670"] * COUNT


def test_a_column_half_old_half_unicode_is_told_with_its_counts(tmp_path):
    mixed = [encode(name, "tcvn3") if number < 20 else name for number, name in enumerate(OWNER)]
    found = read(workbook(tmp_path / "so.xlsx", rows(mixed, ADDRESS)))
    assert found.rows["ho_ten"].tolist() == OWNER
    assert told(found) == [("van_ban.mixed_encoding", "ho_ten: tcvn3 20, utf-8 11")]


@pytest.mark.parametrize("declared", [None, "utf-8", "tcvn3"])
def test_a_csv_of_bytes_with_two_encodings(tmp_path, declared):
    body = rows([encode(name, "tcvn3") for name in OWNER], [encode(name, "utf-8") for name in ADDRESS])
    lines = [[encode(name, "utf-8") for name in HEADING], *body]
    path = tmp_path / "so.csv"
    path.write_bytes("\r\n".join(";".join(line) for line in lines).encode("latin-1"))
    found = read(path, declared)
    assert found.rows["ho_ten"].tolist() == OWNER
    assert found.rows["dia_chi"].tolist() == ADDRESS


def test_bytes_that_mean_nothing_are_kept_and_told_once(tmp_path):
    body = [[*row, "Ghi chú"] for row in rows(OWNER, ADDRESS)]
    body[4][4], body[5][6] = "Th\udcff", "x\udcfe"
    lines = [[*HEADING, "Ghi chú riêng"], *body]
    path = tmp_path / "so.csv"
    path.write_bytes("\n".join(";".join(line) for line in lines).encode("utf-8", errors="surrogateescape"))
    found = read(path)
    kept = found.extra["lost_bytes"].astype(object).to_numpy().tolist()
    assert kept == [["so.csv#6", "dia_chi", "Th\\xff"], ["so.csv#7", "Ghi chú riêng", "x\\xfe"]]
    # The address is a canonical column, told by its row; of a column nobody knows no value is shown.
    assert told(found) == [("van_ban.undecodable", "Ghi chú riêng (1)")]
    assert row_work.normalize(found.rows, PLACE).findings["feature_id"].tolist().count("so.csv#6") == 1


def test_look_alikes_of_a_letter_in_unicode_are_no_other_encoding(tmp_path):
    mixed = ["\u00d0\u1ed9i 5, xóm Mới", "\u00d0ông Hà", "\u00d0ông Sơn", "Bình \u00d0ông"] * 5 + ADDRESS[20:]
    found = read(workbook(tmp_path / "so.xlsx", rows(OWNER, mixed)))
    assert found.rows["dia_chi"].tolist() == mixed
    assert told(found) == []


def test_inspect_names_the_columns_that_differ(tmp_path):
    path = workbook(tmp_path / "so.xlsx", rows([encode(name, "tcvn3") for name in OWNER], ADDRESS))
    guess = guesses.encoding(onepass.survey(path, "so.xlsx"))
    differing = {"utf-8": "Tên chủ sử dụng tcvn3", "tcvn3": "Địa chỉ utf-8"}[guess.value]
    assert differing in guess.en and differing in guess.vi


def test_a_shapefile_with_an_old_column_beside_a_unicode_one(tmp_path):
    table = gpd.GeoDataFrame(
        {
            "SoHieuToBa": "12",
            "SoThuTuThu": [str(number) for number in range(1, COUNT + 1)],
            "TenChu": [encode(name, "tcvn3") for name in OWNER],
            "DiaChi": [encode(name, "utf-8") for name in ADDRESS],
        },
        geometry=[box(500000 + 10 * n, 2200000, 500010 + 10 * n, 2200010) for n in range(COUNT)],
        crs="EPSG:5897",
    )  # fmt: skip
    table.loc[3, "DiaChi"] = "Th\xff"
    table.to_file(tmp_path / "thua.shp", encoding="ISO-8859-1")
    survey = onepass.survey(tmp_path / "thua.shp", "thua.shp")
    entry = {"path": "thua.shp", "role": "parcels", "layers": list(survey.layers), "encoding": "tcvn3", "scale": 1000}
    inventory = {"root": str(tmp_path), "profile": "shp_vbdlis", "crs": "EPSG:5897", "scale": 1000, "era": "E2025A"}
    (source,), about = digitize_files.read(entry, inventory, SHAPES, Settings(home=tmp_path))
    assert source.rows["TenChu"].tolist() == OWNER
    assert source.rows["DiaChi"].drop(4).tolist() == [*ADDRESS[:3], *ADDRESS[4:]]
    details = {finding.code: finding.detail for finding in about}
    assert details["van_ban.mixed_encoding"].startswith("DiaChi: utf-8 ")
    assert details["van_ban.undecodable"] == "DiaChi (1): Th\\xff"


@settings(deadline=None, max_examples=25)
@given(
    chosen=st.lists(st.sampled_from(["tcvn3", "vni", "utf-8"]), min_size=1, max_size=5),
    raw=st.booleans(),
    seed=st.randoms(use_true_random=False),
)
def test_columns_in_any_encodings_come_back(chosen, raw, seed):
    stored, truth = {}, {}
    for number, encoding in enumerate(chosen):
        names = [name for name in seed.sample(NAMES, 80) if encoding == "utf-8" or _survives(name, encoding, raw)]
        truth[str(number)] = names
        as_is = encoding == "utf-8" and not raw
        stored[str(number)] = pd.Series([name if as_is else encode(name, encoding) for name in names], dtype="object")
    decoded = encodings.decode_texts(stored, raw=raw)
    assert {name: values.tolist() for name, values in decoded.columns.items()} == truth


def _survives(name, encoding, raw):
    """Return whether a table can write a name at all: TCVN3 has no accented capitals."""
    return charmaps.decode([encode(name, encoding)], encoding, raw=raw) == [name]
