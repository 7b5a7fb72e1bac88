"""Entities of exchange files as layers: what is current, what refers to nothing, and what other software writes."""

import json

import geopandas as gpd
import pytest

import schemas
from pipelines import normalize, registers
from tests.unit.dossiers import WHOLE
from tests.unit.test_normalize import PLACE, drawn
from tests.unit.test_registers_tables import MPLIS, workbook

KEY = "15670.E2025A.1.12.345"
PARCEL = {"so_thu_tu_thua": "345"}
BROKEN, BARE = "so_dia_chinh.broken_reference", "so_dia_chinh.not_stored"


def made(folder, body, name="ho_so.xml", profile="shp_vbdlis"):
    """Return what normalize makes of one exchange file on a map that has the parcel 12/345."""
    path = folder / name
    if not path.exists():
        path.write_text(body, encoding="utf-8")
    register = registers.read(path, source=name, encoding="utf-8", register=schemas.source(profile).get("register"))
    nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=PLACE.crs))
    return normalize.run(drawn(PARCEL), nothing, [register], PLACE)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return what normalize makes of the dossier in which everything is right; nobody changes it."""
    return made(tmp_path_factory.mktemp("whole"), WHOLE)


def told(done, code):
    return sorted(done.findings.loc[done.findings["code"] == code, "detail"])


def mortgage(number, kind, more="", items=""):
    head = f"<DC_GiaoDichBaoDam><giaoDichBaoDamId>{number}</giaoDichBaoDamId><loaiGiaoDichBaoDam>{kind}"
    return f"{head}</loaiGiaoDichBaoDam>{more}{items}</DC_GiaoDichBaoDam>"


ITEM = "<DC_ChiTietGiaoDichBaoDam><loaiTaiSan>7</loaiTaiSan><taiSanId>{}</taiSanId></DC_ChiTietGiaoDichBaoDam>"
UP = "<giaoDichBaoDamChaId>6</giaoDichBaoDamChaId>"
END = "</ThongTinGiaoDichBaoDam>"


def test_everything_of_a_dossier_is_a_layer_and_nothing_is_told(whole):
    done = whole
    assert told(done, BROKEN) == told(done, BARE) == told(done, "so_dia_chinh.bad_number") == []
    assert done.entities.land.keys() == {"tai_san", "giao_dich", "pha_he_thua"}
    assert all(len(table) for table in (done.entities.land | done.entities.holders).values())
    assets = done.entities.land["tai_san"].set_index("tai_san_id")
    assert (assets["thua_key"] == KEY).all()
    above = assets["thuoc_tai_san_id"].dropna().map(assets["loai_tai_san"])
    assert sorted(zip(assets.loc[above.index, "loai_tai_san"], above, strict=True)) == [
        ("11", "11"), ("8", "9"), ("9", "10"),
    ]  # fmt: skip
    owned = done.entities.holders["quyen_so_huu_tai_san"]
    assert sorted(owned["tai_san_id"].map(assets["loai_tai_san"])) == ["11", "7", "8"]
    assert assets.loc[owned["tai_san_id"], "ten_tai_san"].dropna().tolist() == ["Kho"]
    assert done.holders.quyen_su_dung_dat["loai_doi_tuong"].tolist() == ["vo_chong"]
    assert "Phạm Thị Trước" not in done.holders.ca_nhan["ho_ten"].tolist()


@pytest.mark.parametrize(
    ("more", "left", "pledged"),
    [
        (mortgage(9, 2, UP), 0, 0),
        (mortgage(9, 3, UP, ITEM.format(71)), 1, 1),
        (mortgage(9, 4, UP), 2, 2),
        (mortgage(9, 0, "<hieuLuc>0</hieuLuc>", ITEM.format(71)), 1, 2),
        (mortgage(9, 0, "<hieuLuc>1</hieuLuc>", ITEM.format(71)), 2, 3),
    ],
)
def test_a_mortgage_is_current_until_it_is_discharged(tmp_path, more, left, pledged):
    held = made(tmp_path, WHOLE.replace(END, more + END)).entities.holders
    assert (len(held["giao_dich_bao_dam"]), len(held["tai_san_bao_dam"])) == (left, pledged)


@pytest.mark.parametrize(
    ("old", "new", "code", "detail"),
    [
        ("<taiSanId>82<", "<taiSanId>999<", BROKEN, "DC_QuyenSoHuuTaiSanGanLienVoiDat.taiSanId"),
        ("<chuId>23<", "<chuId>999<", BROKEN, "DC_QuyenSoHuuTaiSanGanLienVoiDat.chuId"),
        ("<LienKetThuaDat><thuaDatId>1<", "<LienKetThuaDat><thuaDatId>9<",
         BROKEN, "LienKetThuaDat.thuaDatId"),
        ("<nhaChungCuId>81</nhaChungCuId><khuChungCuId>80<", "<nhaChungCuId>81</nhaChungCuId><khuChungCuId>8<", BROKEN,
         "DC_NhaChungCu.khuChungCuId"),
        ("<taiSanId>71</taiSanId></DC_Chi", "<taiSanId>7</taiSanId></DC_Chi", BROKEN,
         "DC_ChiTietGiaoDichBaoDam.taiSanId"),
        ("<thuaDatId>1</thuaDatId></DC_NganChan", "<thuaDatId>5</thuaDatId></DC_NganChan", BROKEN,
         "DC_NganChanThuaDat.thuaDatId"),
        ("<thoiDiemDangKyBienDong>20/05/2020 09:30:00<", "<thoiDiemDangKyBienDong><", BARE,
         "DC_GiaoDich.loaiGiaoDichBienDong, thoiDiemDangKyBienDong"),
    ],
)  # fmt: skip
def test_what_refers_to_nothing_or_lacks_something_is_told_and_nothing_crashes(tmp_path, old, new, code, detail):
    assert old in WHOLE
    assert set(told(made(tmp_path, WHOLE.replace(old, new)), code)) == {detail}


def test_two_mortgages_of_one_number_are_told(tmp_path):
    other = mortgage(9, 0, "<soDangKy>DK-77</soDangKy><hieuLuc>1</hieuLuc>", ITEM.format(71))
    assert (
        told(made(tmp_path, WHOLE.replace(END, other + END)), "so_dia_chinh.status_conflict")
        == ["DC_GiaoDichBaoDam.soDangKy"] * 2
    )


def test_a_lifted_block_is_none(tmp_path, whole):
    assert len(whole.entities.holders["ngan_chan"]) == 1
    lifted = WHOLE.replace("</thoiDiemBatDau><hieuLuc>1<", "</thoiDiemBatDau><hieuLuc>0<")
    assert made(tmp_path, lifted).entities.holders["ngan_chan"].empty


def test_ids_do_not_depend_on_the_place_of_a_dossier_in_the_file(tmp_path, whole):
    other = WHOLE.replace(">345<", ">346<").replace("BD-2020-5", "BD-2020-6").replace("DK-77", "DK-78")
    alone = whole.entities.land["tai_san"]
    both = made(tmp_path, f"<A>{other}{WHOLE}</A>").entities.land["tai_san"]
    assert set(alone["tai_san_id"]) <= set(both["tai_san_id"])
    assert len(both) == 2 * len(alone)


def test_the_same_dossier_twice_is_one(tmp_path, whole):
    once = whole.entities
    twice = made(tmp_path, f"<A>{WHOLE}{WHOLE}</A>").entities
    for name, table in (once.land | once.holders).items():
        assert len((twice.land | twice.holders)[name]) == len(table), name


def test_a_delivery_without_exchange_files_says_nothing_about_these_layers():
    nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=PLACE.crs))
    done = normalize.run(drawn(PARCEL), nothing, [], PLACE)
    assert done.entities.land == done.entities.holders == {}


def test_tables_of_mplis_name_their_rows_by_guids(tmp_path):
    parcel, block = "2f0c9f0e-0000-4000-8000-000000000001", "2f0c9f0e-0000-4000-8000-0000000000b1"
    tables = {name: [list(row) for row in rows] for name, rows in MPLIS.items() if name != "QH_KHAC"}
    tables["DC_THUADAT"][1] = [parcel, "15670", "12", "345", "301.2", "300", "Thôn 5", "0"]
    tables["DC_QUYENSUDUNGDAT"][1] = ["q", "0", "21", parcel, "7", "51"]
    tables["DC_MUCDICHSUDUNG"][1] = ["11", parcel, "1", "ONT", "300"]
    tables["DC_NHARIENGLE"] = [["NHARIENGLEID", "THUADATID", "DIENTICHSAN"], ["h1", parcel, "90"]]
    tables["DC_THONGTINNGANCHAN"] = [["THONGTINNGANCHANID", "SOHIEUCONGVAN", "HIEULUC"], [block, "12/TB", "1"]]
    tables["DC_NGANCHANTHUADAT"] = [["NGANCHANTHUADATID", "THONGTINNGANCHANID", "THUADATID"], ["n1", block, parcel]]
    workbook(tmp_path / "mplis.xlsx", tables)
    done = made(tmp_path, "", "mplis.xlsx", "mplis")
    assert done.entities.land["tai_san"][["thua_key", "dien_tich_san"]].to_numpy().tolist() == [[KEY, 90.0]]
    assert done.entities.holders["ngan_chan"][["thua_key", "so_van_ban"]].to_numpy().tolist() == [[KEY, "12/TB"]]
    assert told(done, "so_dia_chinh.bad_number") == told(done, BROKEN) == []


def test_json_of_vbdlis_has_its_assets_too(tmp_path):
    body = {"ListThuaDat": [{"thuaDatId": 1, "soHieuToBanDo": 12, "soThuTuThua": 345, "dienTich": 300}],
            "ListNhaRiengLe": [{"nhaRiengLeId": 7, "thuaDatId": 1, "dienTichSan": 88, "soTang": "2"}]}  # fmt: skip
    done = made(tmp_path, json.dumps(body), "ho_so.json")
    assert done.entities.land["tai_san"][["thua_key", "so_tang"]].to_numpy().tolist() == [[KEY, "2"]]
