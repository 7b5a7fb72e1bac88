"""What may stand once in a province: identifiers, serials, identity numbers; totals; and the files that are left."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipelines import findings as findings_of
from pipelines import geohash, vault
from pipelines import store as land
from pipelines.errors import SettingsError, StoreError
from pipelines.load import run
from pipelines.province.duplicates import check_identifiers, contradictions
from pipelines.province.files import execute
from pipelines.province.totals import check_totals, read_table
from pipelines.settings import Settings, load
from tests.unit.deliveries import NUMBERS, ZONE, delivery, parcels, squares
from tests.unit.test_province_borders import ONE, OTHER, grid, scene

NAMES = {"15670": ["Trịnh Thị Hư Cấu", "Lê Văn Không Có", "Công ty Tưởng Tượng"]}
NAMES["15703"] = ["TRỊNH THỊ HƯ CẤU", "Phạm Khác Hẳn", "Hợp tác xã Bịa Đặt"]


def holders(commune: str, count: int = 3) -> dict[str, pd.DataFrame]:
    """Return three holders: one of the same name in both communes, a couple, an organisation."""
    key = [f"{commune}.E2025A.1.1.{place + 1}" for place in range(3)]
    people, papers = ["c1", "c2", "c3"], ["g1", "g2", "g3"]
    name = NAMES[commune]
    rights = {
        "quyen_id": ["q1", "q2", "q3"],
        "thua_key": key,
        "chu_id": ["c1", "v1", "t1"],
        "giay_chung_nhan_id": papers,
    }
    return {
        "ca_nhan": pd.DataFrame({"ca_nhan_id": people, "ho_ten": [name[0], name[1], "Đại Diện Nào Đó"]}),
        "giay_to_tuy_than": pd.DataFrame(
            {"giay_to_id": papers, "ca_nhan_id": people, "loai_giay_to": ["5", "5", None], "so_giay_to": NUMBERS}
        ).iloc[:count],
        "vo_chong": pd.DataFrame({"vo_chong_id": ["v1"], "vo_id": ["c2"], "chong_id": [None]}),
        "to_chuc": pd.DataFrame({"to_chuc_id": ["t1"], "ten_to_chuc": [name[2]]}),
        "giay_chung_nhan": pd.DataFrame(
            {"giay_chung_nhan_id": papers, "so_phat_hanh": ["BĐ 000001", "BĐ 000002", "BĐ 000003"]}
        ),
        "quyen_su_dung_dat": pd.DataFrame(rights),
    }


def load_communes(home: Path, **changes: Any) -> None:
    with land.open_store(home, srid=ZONE) as store:
        for place, commune in enumerate(("15670", "15703")):
            wanted = delivery(4, ma_xa=commune, shift_m=79.0 * place, holders=holders(commune), **changes)
            run(wanted, store, vault.open_vault(home / "holder.key"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("province")
    load_communes(folder)
    (folder / "settings.yaml").write_text("statistics: areas.csv\n", encoding="utf-8")
    (folder / "areas.csv").write_text("ma_xa;area_ha;nnp_ha\n15670;0,16;0,20\n", encoding="utf-8-sig")
    execute(folder, load(folder / "settings.yaml", home=folder))
    return folder


def found(home: Path) -> gpd.GeoDataFrame:
    return findings_of.read(home / "province/findings.parquet")


def about(home: Path, code: str) -> list[tuple[str, str]]:
    rows = found(home)
    rows = rows[rows["code"] == code]
    return list(zip(rows["feature_id"], rows["other_id"], strict=True))


def test_a_serial_in_two_communes_is_told_where_the_holders_differ(home: Path) -> None:
    pairs = [(f"15670.E2025A.1.1.{number}", f"15703.E2025A.1.1.{number}") for number in (3,)]
    # The holder of the first is the same, the couple of the second has the number of another name: known by number.
    assert about(home, "lien_xa.certificate_twice") == pairs


def test_a_number_in_two_communes_is_told_where_the_names_differ(home: Path) -> None:
    assert about(home, "lien_xa.number_twice") == [("15670.E2025A.1.1.2", "15703.E2025A.1.1.2")]


def test_no_file_names_a_person_a_number_or_a_serial(home: Path) -> None:
    words = [*NUMBERS, "BĐ 000003", *(name for names in NAMES.values() for name in names)]
    text = found(home).drop(columns="geometry").to_csv()
    text += "".join(path.read_bytes().decode("utf-8", "replace") for path in (home / "province").iterdir())
    assert [word for word in words if word in text] == []


def test_communes_that_overlap_and_totals_are_told_in_every_file(home: Path) -> None:
    assert about(home, "lien_xa.border_overlap") == [("15670.E2025A.1.1.4", "15703.E2025A.1.1.1")]
    totals = found(home)[found(home)["code"] == "lien_xa.total_mismatch"]
    assert totals["feature_id"].tolist() == ["15670.E2025A"]
    assert (totals["value"].iloc[0], totals["limit"].iloc[0]) == (pytest.approx(400.0), pytest.approx(20.0))
    assert totals["detail"].iloc[0].startswith("NNP: bản đồ / maps 0.16 ha, thống kê / statistics 0.20 ha")
    summary = json.loads((home / "province/summary.json").read_text(encoding="utf-8"))
    assert (summary["pairs"], summary["without_statistics"]) == (1, ["15703"])
    assert summary["findings"] == found(home)["code"].value_counts().sort_index().to_dict()
    listed = gpd.read_file(home / "province/canh_bao_lien_xa.gpkg", layer="canh_bao")
    assert "tờ 1 thửa 1" in listed.set_index("code").loc["lien_xa.border_overlap", "message_vi"]
    assert (home / "province/canh_bao_lien_xa.xlsx").exists()


def test_without_a_database_nothing_is_checked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no land database"):
        execute(tmp_path, Settings(home=tmp_path))
    load_communes(tmp_path)
    (tmp_path / "holders.sqlite").unlink()
    with pytest.raises(StoreError, match=r"holders\.sqlite"):
        execute(tmp_path, Settings(home=tmp_path))
    assert not (tmp_path / "province").exists()


def test_a_commune_of_another_country_is_left_out(tmp_path: Path) -> None:
    foreign = parcels(squares(4), ma_xa="54000").assign(ky_dia_gioi="XX")
    outline = gpd.GeoDataFrame({"ma_xa": ["54000"], "ky_dia_gioi": ["XX"], "ten_xa": ["X"]}, geometry=[None], crs=ZONE)
    with land.open_store(tmp_path, srid=ZONE) as store:
        wanted = delivery(parcels=foreign, ma_xa="54000", ky_dia_gioi="XX", tables={"xa": outline})
        run(wanted, store, vault.open_vault(tmp_path / "holder.key"))
    execute(tmp_path, Settings(home=tmp_path))
    assert json.loads((tmp_path / "province/summary.json").read_text("utf-8"))["communes"] == []


def test_a_parcel_without_identifier_is_held_against_those_with_one() -> None:
    shapes = {ONE: grid(range(3)), OTHER: np.append(grid(range(5, 7)), grid(range(2, 3))[1:2])}
    made = scene(shapes)
    codes = geohash.identify(made.read(ONE).geometry)["ma_dinh_danh_thua"]
    made.read(ONE)["ma_dinh_danh_thua"] = codes
    rows = check_identifiers(made)
    assert rows["feature_id"].str.rsplit(".", n=1).str[-1].tolist() == ["7"]
    assert (rows["other_id"].tolist(), rows["detail"].tolist()) == (["15670.E2025A.1.1.8"], [codes.iloc[7]])
    made.read(OTHER)["xep_loai"] = "3"
    assert len(check_identifiers(made)) == 0, "its place is in doubt already"


def test_two_given_identifiers_that_are_equal_are_told() -> None:
    made = scene({ONE: grid(range(3)), OTHER: grid(range(3, 6))})
    made.read(ONE)["ma_dinh_danh_thua"] = ["w7er8u0evyz1", *[None] * 8]
    made.read(OTHER)["ma_dinh_danh_thua"] = [*[None] * 8, "w7er8u0evyz1"]
    assert check_identifiers(made)[["feature_id", "other_id"]].to_numpy().tolist() == [
        ["15703.E2025A.1.1.9", "15670.E2025A.1.1.1"]
    ]


def rows_of(*rows: tuple[str | None, str, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["key", "scope", "mark"], dtype="string")
    return frame.assign(feature_id=frame["scope"] + ".1.1." + (frame.index + 1).astype("string"))


def test_marks_in_common_are_no_contradiction() -> None:
    one, other, third = "15670.E2025A", "15703.E2025A", "15712.E2025A"
    assert len(contradictions(rows_of(("k", one, "a"), ("k", one, "b"), ("k", other, "b"), ("l", other, "c")))) == 0
    assert len(contradictions(rows_of(("k", one, "a"), ("k", other, None), (None, other, "b")))) == 0, "says nothing"
    assert len(contradictions(rows_of(("k", one, "a"), ("k", "15667.E2025B", "b")))) == 0, "sold in between"
    pairs = contradictions(rows_of(("k", one, "a"), ("k", other, "b"), ("k", third, "b")))
    assert [text[:5] for text in pairs["feature_id_other"]] == ["15703", "15712"]


@pytest.mark.parametrize(("told_m2", "off"), [(3600.0, 0), (3630.0, 0), (3650.0, 1), (3500.0, 1)])
def test_a_total_may_differ_by_a_share(told_m2: float, off: int) -> None:
    figures = pd.DataFrame({"ma_xa": ["15670", "99999"], "group": "", "area_m2": [told_m2, 1.0]})
    assert len(check_totals(scene({ONE: grid(range(3))}, statistics=figures))) == off


def test_a_land_group_that_the_maps_lack_is_told() -> None:
    figures = pd.DataFrame({"ma_xa": ["15670"], "group": ["CSD"], "area_m2": [50_000.0]})
    made = check_totals(scene({ONE: grid(range(3))}, statistics=figures))
    assert (made["value"].tolist(), made["limit"].tolist()) == ([50_000.0], [500.0])


def test_a_workbook_is_read_as_well(tmp_path: Path) -> None:
    pd.DataFrame({"MA_XA": [15670, 1], "Area_HA": [845.123, 2], "pnn_ha": [1.5, None]}).to_excel(tmp_path / "a.xlsx")
    read = read_table(tmp_path / "a.xlsx")
    assert read.to_numpy().tolist() == [
        ["15670", "", pytest.approx(8_451_230.0)],
        ["00001", "", 20_000.0],
        ["15670", "PNN", 15_000.0],
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ma_xa,dien_tich\n15670,5\n", "lacks area_ha"),
        ("ma_xa,area_ha\n15670,năm\n", "row 2, column area_ha"),
        ("", "read"),
    ],
)
def test_a_table_that_cannot_be_used_is_told(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "areas.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=says):
        read_table(tmp_path / "areas.csv")
    (tmp_path / "torn.xlsx").write_bytes(b"PK\x03\x04 torn")
    for name in ("none.csv", "none.xlsx", "torn.xlsx"):
        with pytest.raises(SettingsError, match="cannot be read"):
            read_table(tmp_path / name)


@pytest.mark.parametrize(
    "text",
    [
        "ma_xa,area_ha\n15670,5\n15670,6\n",
        "ma_xa,area_ha\n15670,1,2,3\n",
        "MA_XA,ma_xa,area_ha\n1,15670,1\n",
        "ma_xa,area_ha\n15670,-5\n",
    ],
)
def test_a_table_of_statistics_that_contradicts_itself_is_refused(tmp_path, text):
    (tmp_path / "areas.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        read_table(tmp_path / "areas.csv")


def test_a_negative_area_in_a_workbook_is_refused(tmp_path):
    pd.DataFrame({"ma_xa": ["15670"], "area_ha": [-5.0]}).to_excel(tmp_path / "areas.xlsx", index=False)
    with pytest.raises(SettingsError, match="negative"):
        read_table(tmp_path / "areas.xlsx")
