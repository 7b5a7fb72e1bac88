"""Values of no list and legal states that exclude each other, in rows and in files of the exchange."""

import pandas as pd
import pytest

from pipelines.normalize import coded, statuses
from pipelines.normalize.place import Place
from pipelines.registers import read
from tests.unit.registers import found, told
from tests.unit.test_hosoxml import DOSSIER

PLACE = Place("15712", "E2025A", "1", "EPSG:5897", "2025-06-15", frozenset())
MORTGAGE = """<ThongTinGiaoDichBaoDam>
<DC_GiaoDichBaoDam><giaoDichBaoDamId>1</giaoDichBaoDamId><loaiGiaoDichBaoDam>0</loaiGiaoDichBaoDam>
<ngayBatDau>01/02/2020</ngayBatDau><ngayKetThuc>01/02/2030</ngayKetThuc><hieuLuc>1</hieuLuc>
<ThongTinChiTietGiaoDichBaoDam><DC_ChiTietGiaoDichBaoDam><loaiTaiSan>6</loaiTaiSan><taiSanId>1</taiSanId>
</DC_ChiTietGiaoDichBaoDam></ThongTinChiTietGiaoDichBaoDam></DC_GiaoDichBaoDam></ThongTinGiaoDichBaoDam>"""
DISCHARGE = """<ThongTinGiaoDichBaoDam><DC_GiaoDichBaoDam><giaoDichBaoDamId>2</giaoDichBaoDamId>
<giaoDichBaoDamChaId>1</giaoDichBaoDamChaId><loaiGiaoDichBaoDam>2</loaiGiaoDichBaoDam>
<ngayBatDau>01/02/2021</ngayBatDau></DC_GiaoDichBaoDam></ThongTinGiaoDichBaoDam>"""
RECOVERY = """<ThongTinGiaoDich><DC_GiaoDich><giaoDichId>1</giaoDichId><loaiGiaoDichBienDong>TH</loaiGiaoDichBienDong>
</DC_GiaoDich></ThongTinGiaoDich><HoSoTruocBienDong><ThongTinThuaDat><DC_ThuaDat><thuaDatId>9</thuaDatId>
<soHieuToBanDo>12</soHieuToBanDo><soThuTuThua>345</soThuTuThua><dienTich>{area}</dienTich></DC_ThuaDat>
</ThongTinThuaDat></HoSoTruocBienDong>"""


def dossier(folder, more="", **changes):
    body = DOSSIER.replace("</HoSoXml>", more + "</HoSoXml>")
    for old, new in changes.values():
        assert old in body
        body = body.replace(old, new)
    path = folder / "ho_so.xml"
    path.write_text(body, encoding="utf-8")
    return read(path, source="ho_so.xml", encoding="utf-8", register=None)


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ({"gioi_tinh": "Nguyễn Văn Mẫu"}, "gioi_tinh"),
        ({"vai_tro": "Cháu"}, "vai_tro"),
        ({"hinh_thuc_1": "Sử dụng tạm"}, "hinh_thuc_1=Sử dụng tạm"),
        ({"nguon_goc_1": "Không rõ"}, "nguon_goc_1=Không rõ"),
        ({"thoi_han_1": "Đến tháng 10"}, "thoi_han_1=Đến tháng 10"),
    ],
)
def test_words_of_no_list_are_told_by_column_and_only_land_by_value(row, detail):
    rows = found(row)
    assert ["so_dia_chinh.bad_code", detail] in rows[["code", "detail"]].to_numpy().tolist()
    assert not rows["detail"].str.contains("Mẫu").any()


@pytest.mark.parametrize(
    "origin",
    [
        "CNQ-CTT",
        "Nhận chuyển nhượng đất được Nhà nước công nhận QSDĐ như giao đất có thu tiền sử dụng đất",
        "Được tặng cho đất được Công nhận QSDĐ như giao đất không thu tiền sử dụng đất",
        "Nhận thừa kế đất của bố mẹ",
    ],
)
def test_origins_written_out_as_certificates_do_are_known(origin):
    assert told({"nguon_goc_1": origin}) == []


def test_attributes_of_the_exchange_are_compared_with_their_lists(tmp_path):
    assert coded.check_entities([dossier(tmp_path)], PLACE).empty
    bad = dossier(
        tmp_path, kind=("<loaiHanChe>1<", "<loaiHanChe>9<"), form=("<loaiGiayChungNhan>6<", "<loaiGiayChungNhan>55<")
    )
    made = coded.check_entities([bad], PLACE)
    assert sorted(made["detail"]) == ["DC_GiayChungNhan.loaiGiayChungNhan=55", "DC_HanCheQuyen.loaiHanChe=9"]
    assert made["feature_id"].str.startswith("ho_so.xml#DC_").all()


@pytest.mark.parametrize("kind", ["CCCD", "5", "cccd"])
def test_papers_of_either_list_are_known(tmp_path, kind):
    changes = ("<soGiayTo>172345678", f"<loaiGiayToTuyThan>{kind}</loaiGiayToTuyThan><soGiayTo>172345678")
    assert coded.check_entities([dossier(tmp_path, paper=changes)], PLACE).empty


@pytest.mark.parametrize(
    ("more", "changes", "detail"),
    [
        (MORTGAGE, {}, []),
        (
            MORTGAGE.replace("01/02/2030", "01/02/2019"),
            {},
            ["hieuLuc, ngayKetThuc < 2025-06-15", "ngayKetThuc < ngayBatDau"],
        ),
        (MORTGAGE.replace("01/02/2030", "14/06/2025"), {}, ["hieuLuc, ngayKetThuc < 2025-06-15"]),
        (MORTGAGE + DISCHARGE, {}, ["hieuLuc, loaiGiaoDichBaoDam=2"]),
        (MORTGAGE.replace("<hieuLuc>1", "<hieuLuc>0") + DISCHARGE, {}, []),
        (
            MORTGAGE,
            {
                "code": (">CLN<", ">TMD<"),
                "end": ("01/07/2064", "01/07/2019"),
                "home": (">ONT<", ">SKC<"),
                "last": ("<thoiHanSuDung>Lâu dài</thoiHanSuDung>", "<ngayHetHanSuDung>01/07/2018</ngayHetHanSuDung>"),
            },
            ["ngayBatDau > ngayHetHanSuDung"],
        ),
        (MORTGAGE, {"end": ("01/07/2064", "01/07/2019")}, []),
    ],
)
def test_mortgages_in_force_after_their_end_or_on_ended_rights(tmp_path, more, changes, detail):
    made = statuses.check_entities([dossier(tmp_path, more, **changes)], PLACE)
    assert sorted(made["detail"]) == detail
    assert set(made["code"]) <= {"so_dia_chinh.status_conflict"}


@pytest.mark.parametrize(("area", "codes"), [("301.2", ["so_dia_chinh.recovered_with_right"]), ("500", [])])
def test_a_recovery_that_leaves_everything_as_it_was(tmp_path, area, codes):
    made = statuses.check_entities([dossier(tmp_path, RECOVERY.format(area=area))], PLACE)
    assert made["code"].tolist() == codes


def test_recovered_land_of_a_person():
    assert "so_dia_chinh.recovered_with_right" in told({"loai_dat_1": "CGT"})


def test_registers_without_entities_have_nothing_to_tell():
    assert pd.concat([coded.check_entities([], PLACE), statuses.check_entities([], PLACE)]).empty
