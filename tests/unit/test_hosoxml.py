"""Exchange files HoSoXml: every entity comes out, as a frame and as register rows; bombs do not."""

import contextlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from pipelines.errors import ReadError
from pipelines.registers import entities, exchange, hosoxml
from pipelines.registers.read import COLUMNS

DOSSIER = """
<HoSoXml><hoSoGuid>5f0c0000-0000-0000-0000-000000000001</hoSoGuid>
<ThongTinGiayChungNhan><DC_GiayChungNhan><giayChungNhanId>7</giayChungNhanId><loaiGiayChungNhan>6</loaiGiayChungNhan>
<soVaoSo>CH00012</soVaoSo><soPhatHanh>BA 123456</soPhatHanh><ngayCap>05/06/2010</ngayCap></DC_GiayChungNhan>
</ThongTinGiayChungNhan>
<ThongTinDangKySoHuuChungRieng><DC_DangKyChungRieng><loaiTaiSan>6</loaiTaiSan><taiSanId>1</taiSanId>
<hangMucTaiSanId>11</hangMucTaiSanId><suDungChung>0</suDungChung></DC_DangKyChungRieng></ThongTinDangKySoHuuChungRieng>
<ThongTinQuyenSuDungDat>
<DC_QuyenSuDungDat><quyenSuDungDatId>1</quyenSuDungDatId><loaiDoiTuong>1</loaiDoiTuong><chuId>31</chuId>
<thuaDatId>1</thuaDatId><mucDichSuDungId>11</mucDichSuDungId><giayChungNhanId>7</giayChungNhanId>
<hanCheQuyenId>51</hanCheQuyenId></DC_QuyenSuDungDat>
<DC_QuyenSuDungDat><quyenSuDungDatId>2</quyenSuDungDatId><loaiDoiTuong>1</loaiDoiTuong><chuId>31</chuId>
<thuaDatId>1</thuaDatId><mucDichSuDungId>12</mucDichSuDungId><giayChungNhanId>7</giayChungNhanId></DC_QuyenSuDungDat>
</ThongTinQuyenSuDungDat>
<ThongTinTaiSan><ThongTinThuaDat><DC_ThuaDat><thuaDatId>1</thuaDatId><maXa>15712</maXa>
<soHieuToBanDo>12</soHieuToBanDo><soThuTuThua>345</soThuTuThua><dienTich>301.2</dienTich>
<dienTichPhapLy>300</dienTichPhapLy><diaChi>Thôn 5</diaChi><taiLieuDoDacId>61</taiLieuDoDacId>
<ThongTinMucDichSuDung>
<DC_MucDichSuDung><mucDichSuDungId>12</mucDichSuDungId><soThuTuMucDichSuDung>2</soThuTuMucDichSuDung>
<maMucDichSuDung>CLN</maMucDichSuDung><dienTich>100</dienTich><ngayHetHanSuDung>01/07/2064</ngayHetHanSuDung>
</DC_MucDichSuDung>
<DC_MucDichSuDung><mucDichSuDungId>11</mucDichSuDungId><soThuTuMucDichSuDung>1</soThuTuMucDichSuDung>
<maMucDichSuDung>ONT</maMucDichSuDung><dienTich>200</dienTich><thoiHanSuDung>Lâu dài</thoiHanSuDung>
<ThongTinNguonGocDat><DC_NguonGocDat><nguonGocDatId>1</nguonGocDatId><nguonGoc>CNQ-CTT</nguonGoc></DC_NguonGocDat>
</ThongTinNguonGocDat></DC_MucDichSuDung></ThongTinMucDichSuDung></DC_ThuaDat></ThongTinThuaDat></ThongTinTaiSan>
<ThongTinChu><ThongTinCaNhan>
<DC_CaNhan><caNhanId>21</caNhanId><hoTen>Nguyễn Văn Mẫu</hoTen><namSinh>1985</namSinh><gioiTinh>true</gioiTinh>
<diaChi>Thôn 5</diaChi><ThongTinGiayToTuyThan>
<DC_GiayToTuyThan><soGiayTo>172345678</soGiayTo></DC_GiayToTuyThan>
<DC_GiayToTuyThan><soGiayTo>038085990001</soGiayTo></DC_GiayToTuyThan></ThongTinGiayToTuyThan></DC_CaNhan>
<DC_CaNhan><caNhanId>22</caNhanId><hoTen>Lê Thị Mẫu</hoTen><ngaySinh>02/03/1987</ngaySinh><gioiTinh>0</gioiTinh>
</DC_CaNhan></ThongTinCaNhan>
<ThongTinVoChong><DC_VoChong><voChongId>31</voChongId><voId>22</voId><chongId>21</chongId></DC_VoChong>
</ThongTinVoChong></ThongTinChu>
<ThongTinTaiLieuDoDac><DC_TaiLieuDoDac><taiLieuDoDacId>61</taiLieuDoDacId><donViDoDac>Đơn vị đo đạc</donViDoDac>
<tyLeDoDac>1000</tyLeDoDac><ngayHoanThanh>30/12/2009</ngayHoanThanh></DC_TaiLieuDoDac></ThongTinTaiLieuDoDac>
<ThongTinHanCheQuyen><DC_HanCheQuyen><hanCheQuyenId>51</hanCheQuyenId><loaiHanChe>1</loaiHanChe>
<dienTich>20,5</dienTich><noiDungHanChe>Hành lang an toàn</noiDungHanChe><hanCheMotPhan>1</hanCheMotPhan>
<ngayBanHanh>31/02/2015</ngayBanHanh></DC_HanCheQuyen></ThongTinHanCheQuyen>
</HoSoXml>
"""


def write(path, body, head='<?xml version="1.0" encoding="utf-8"?>\n'):
    path.write_text(head + body, encoding="utf-8")
    return path


def flat(path):
    return exchange.rows(hosoxml.parse(path), COLUMNS)


def test_a_couple_with_two_uses_is_two_rows(tmp_path):
    found = flat(write(tmp_path / "ho_so.xml", DOSSIER))
    assert found["ho_ten"].tolist() == ["Nguyễn Văn Mẫu", "Lê Thị Mẫu"]
    assert found["vai_tro"].tolist() == ["chong", "vo"]
    assert found.iloc[0].dropna().to_dict() == {
        "ma_xa": "15712", "so_hieu_to_ban_do": "12", "so_thu_tu_thua": "345", "dia_chi": "Thôn 5", "dien_tich": "300",
        "loai_dat_1": "ONT", "dien_tich_1": "200", "nguon_goc_1": "CNQ-CTT", "hinh_thuc_1": "rieng",
        "thoi_han_1": "Lâu dài", "loai_dat_2": "CLN", "dien_tich_2": "100", "thoi_han_2": "Đến ngày 01/07/2064",
        "so_phat_hanh": "BA 123456", "ngay_cap": "05/06/2010", "so_vao_so": "CH00012", "ho_ten": "Nguyễn Văn Mẫu",
        "ngay_sinh": "1985", "gioi_tinh": "Nam", "so_giay_to": "038085990001", "dia_chi_chu": "Thôn 5",
        "phap_nhan": "vo_chong", "vai_tro": "chong",
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        f"<DanhSach>{DOSSIER}</DanhSach>",
        DOSSIER.replace("<HoSoXml>", '<HoSoXml xmlns="http://example.invalid/a">'),
        DOSSIER.replace("DC_", "dc_").replace("HoSoXml", "HOSOXML").replace("soPhatHanh", "SoPhatHanh"),
        DOSSIER.replace("DC_", "p:DC_").replace("<HoSoXml>", '<HoSoXml xmlns:p="http://example.invalid/b">'),
    ],
)
def test_wrapping_namespaces_and_case_do_not_matter(tmp_path, body):
    expected = flat(write(tmp_path / "a.xml", DOSSIER))
    assert flat(write(tmp_path / "b.xml", body)).equals(expected)


def test_many_dossiers_may_use_the_same_numbers(tmp_path):
    other = DOSSIER.replace(">345<", ">346<").replace("Nguyễn Văn", "Phạm Văn")
    found = flat(write(tmp_path / "ho_so.xml", f"<A>{DOSSIER}{other}</A>"))
    assert found["so_thu_tu_thua"].tolist() == ["345", "345", "346", "346"]
    assert found["ho_ten"].tolist()[2] == "Phạm Văn Mẫu"


def test_restrictions_and_survey_documents_find_their_parcels(tmp_path):
    document = hosoxml.parse(write(tmp_path / "ho_so.xml", DOSSIER))
    typed = entities.typed(document)
    limit = exchange.restrictions(document, typed).iloc[0]
    assert limit[["so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich", "han_che_mot_phan"]].tolist() == [
        "12",
        "345",
        20.5,
        True,
    ]
    assert typed.bad[["entity", "attribute", "kind"]].to_numpy().tolist() == [["DC_HanCheQuyen", "ngayBanHanh", "date"]]
    survey = exchange.surveys(document, typed).iloc[0]
    assert survey[["so_hieu_to_ban_do", "ty_le", "ngay_hoan_thanh"]].tolist() == ["12", "1000", "2009-12-30"]


def test_what_no_list_knows_is_counted_with_its_path(tmp_path):
    body = DOSSIER.replace("<maXa>", "<mauSac>đỏ</mauSac><maXa>").replace("</HoSoXml>", "<La><x>1</x></La></HoSoXml>")
    unknown = hosoxml.read(write(tmp_path / "ho_so.xml", body))[entities.UNKNOWN]
    paths = dict(zip(unknown["path"], unknown["value"], strict=True))
    assert paths == {"HoSoXml/ThongTinTaiSan/ThongTinThuaDat/DC_ThuaDat/mauSac": "đỏ", "HoSoXml/La/x": "1"}


def test_the_state_before_a_change_is_kept_and_is_no_record(tmp_path):
    before = DOSSIER.replace(">345<", ">300<")
    change = f"<ThongTinGiaoDich><DC_GiaoDich><giaoDichId>1</giaoDichId><HoSoTruocBienDong>{before}</HoSoTruocBienDong>"
    body = DOSSIER.replace("<ThongTinChu>", change + "</DC_GiaoDich></ThongTinGiaoDich><ThongTinChu>")
    document = hosoxml.parse(write(tmp_path / "ho_so.xml", body))
    assert document.frames["DC_ThuaDat"]["_before"].tolist() == [False, True]
    assert set(exchange.rows(document, COLUMNS)["so_thu_tu_thua"]) == {"345"}


def test_five_uses_are_all_told_and_no_part_is_compared_with_the_whole(tmp_path):
    use = "<DC_MucDichSuDung><mucDichSuDungId>1{0}</mucDichSuDungId><soThuTuMucDichSuDung>{0}</soThuTuMucDichSuDung>"
    use += "<maMucDichSuDung>{1}</maMucDichSuDung><dienTich>10</dienTich></DC_MucDichSuDung>"
    uses = "".join(use.format(number, code) for number, code in enumerate(["LUC", "BHK", "NTS"], start=3))
    body = DOSSIER.replace("</ThongTinMucDichSuDung>", uses + "</ThongTinMucDichSuDung>")
    found = flat(write(tmp_path / "ho_so.xml", body))
    told = [code for slot in "123" for code in found[f"loai_dat_{slot}"].dropna()]
    assert set(told) == {"ONT", "CLN", "LUC", "BHK", "NTS"}
    assert not (found["dien_tich"].notna() & found["dien_tich_1"].notna()).any()


def test_households_bodies_and_lonely_parcels_are_rows(tmp_path):
    body = DOSSIER.replace("<loaiDoiTuong>1", "<loaiDoiTuong>2").replace(
        "<ThongTinVoChong>",
        "<ThongTinHoGiaDinh><DC_HoGiaDinh><hoGiaDinhId>31</hoGiaDinhId><chuHoId>21</chuHoId><ThanhVienHoGiaDinh>"
        "<caNhanId>21</caNhanId><caNhanId>22</caNhanId></ThanhVienHoGiaDinh></DC_HoGiaDinh></ThongTinHoGiaDinh><ThongTinVoChong>",
    )
    found = flat(write(tmp_path / "ho_so.xml", body))
    assert list(zip(found["ho_ten"], found["vai_tro"], strict=True)) == [
        ("Nguyễn Văn Mẫu", "chu_ho"), ("Lê Thị Mẫu", "thanh_vien"),
    ]  # fmt: skip
    body = DOSSIER.replace("<loaiDoiTuong>1", "<loaiDoiTuong>3").replace(
        "<ThongTinVoChong>",
        "<ThongTinToChuc><DC_ToChuc><toChucId>31</toChucId><tenToChuc>Công ty Mẫu</tenToChuc><maSoThue>0100109106"
        "</maSoThue></DC_ToChuc></ThongTinToChuc><ThongTinVoChong>",
    )
    found = flat(write(tmp_path / "ho_so.xml", body))
    assert found[["ten_to_chuc", "ma_to_chuc", "phap_nhan"]].to_numpy().tolist() == [
        ["Công ty Mẫu", "0100109106", "to_chuc"]
    ]
    bare = "<HoSoXml><A><DC_ThuaDat><soThuTuThua>1</soThuTuThua></DC_ThuaDat></A></HoSoXml>"
    assert flat(write(tmp_path / "ho_so.xml", bare))["so_thu_tu_thua"].tolist() == ["1"]


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {after} "{f"&{before};" * 10}">'
        for before, after in zip(string.ascii_lowercase, string.ascii_lowercase[1:10], strict=False)
    )
    + "]>"
)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (BOMB, DOSSIER.replace("Thôn 5", "&j;")),
        ('<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>', DOSSIER.replace("Thôn 5", "&f;")),
        ('<!DOCTYPE HoSoXml SYSTEM "http://example.invalid/a.dtd">', DOSSIER),
        ("", "<a>" * 400 + "</a>" * 400),
        ("", DOSSIER[: len(DOSSIER) // 2]),
        ("", "<rss><channel/></rss>"),
        ("", ""),
    ],
)
def test_bombs_stumps_and_other_documents_are_refused(tmp_path, head, body):
    with pytest.raises(ReadError, match=r"ho_so\.xml"):
        hosoxml.parse(write(tmp_path / "ho_so.xml", body, head))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_broken_file_raises_read_error_and_nothing_else(tmp_path_factory, data):
    whole = bytearray(DOSSIER.encode())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("xml") / "ho_so.xml"
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    with contextlib.suppress(ReadError):
        exchange.rows(hosoxml.parse(path), COLUMNS)


def test_every_attribute_of_the_list_comes_out_of_a_file_that_has_it(tmp_path):
    model, inside = entities.model(), []
    for entity, names in model.attributes.items():
        if entity != "HoSoXml":
            inside.append(f"<{entity}>" + "".join(f"<{name}>1</{name}>" for name in names.values()) + f"</{entity}>")
    frames = hosoxml.parse(write(tmp_path / "ho_so.xml", f"<HoSoXml><T>{''.join(inside)}</T></HoSoXml>")).frames
    for entity, names in model.attributes.items():
        if entity != "HoSoXml":
            assert frames[entity][list(set(names.values()))].eq("1").all(axis=None), entity
    assert len(schemas.codelist("hosoxml")) > 400
