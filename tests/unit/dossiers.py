"""One exchange dossier with everything in it: assets, a mortgage, a block, a restriction, a transaction."""

from tests.unit.test_hosoxml import DOSSIER

_ASSETS = """
<ThongTinNhaRiengLe><DC_NhaRiengLe><nhaRiengLeId>71</nhaRiengLeId><maXa>15670</maXa><loaiNhaRiengLe>1</loaiNhaRiengLe>
<dienTichXayDung>80,5</dienTichXayDung><dienTichSan>161</dienTichSan><soTang>2</soTang><namHoanThanh>2012</namHoanThanh>
<ketCau>Bê tông</ketCau><soNha>12A</soNha><ThongTinLienKetThuaDat><LienKetThuaDat><thuaDatId>1</thuaDatId>
</LienKetThuaDat></ThongTinLienKetThuaDat></DC_NhaRiengLe></ThongTinNhaRiengLe>
<ThongTinKhuChungCu><DC_KhuChungCu><khuChungCuId>80</khuChungCuId><tenKhu>Khu A</tenKhu><dienTichKhu>900</dienTichKhu>
<ThongTinLienKetThuaDat><LienKetThuaDat><thuaDatId>1</thuaDatId></LienKetThuaDat></ThongTinLienKetThuaDat>
</DC_KhuChungCu></ThongTinKhuChungCu>
<ThongTinNhaChungCu><DC_NhaChungCu><nhaChungCuId>81</nhaChungCuId><khuChungCuId>80</khuChungCuId>
<tenChungCu>Nhà A1</tenChungCu></DC_NhaChungCu></ThongTinNhaChungCu>
<ThongTinCanHo><DC_CanHo><canHoId>82</canHoId><nhaChungCuId>81</nhaChungCuId><soHieuCanHo>A-101</soHieuCanHo>
<tangSo>3</tangSo><dienTichSan>60</dienTichSan><dienTichSuDung>55</dienTichSuDung></DC_CanHo></ThongTinCanHo>
<ThongTinCongTrinhXayDung><DC_CongTrinhXayDung><congTrinhXayDungId>90</congTrinhXayDungId>
<tenCongTrinh>Xưởng</tenCongTrinh><ThongTinLienKetThuaDat><LienKetThuaDat><thuaDatId>1</thuaDatId></LienKetThuaDat></ThongTinLienKetThuaDat>
<DC_HangMucCongTrinh><hangMucCongTrinhId>91</hangMucCongTrinhId><tenHangMuc>Kho</tenHangMuc>
<congNang>Chứa hàng</congNang></DC_HangMucCongTrinh></DC_CongTrinhXayDung></ThongTinCongTrinhXayDung>
<ThongTinCayLauNam><DC_CayLauNam><cayLauNamId>95</cayLauNamId><tenCayLauNam>Vườn bưởi</tenCayLauNam>
<loaiCayTrong>Bưởi</loaiCayTrong><dienTich>50</dienTich><ThongTinLienKetThuaDat><LienKetThuaDat><thuaDatId>1</thuaDatId>
</LienKetThuaDat></ThongTinLienKetThuaDat></DC_CayLauNam></ThongTinCayLauNam>
"""
_RIGHTS = """
<ThongTinQuyenQuanLyDat><DC_QuyenQuanLyDat><quyenQuanLyDatId>3</quyenQuanLyDatId><loaiDoiTuong>3</loaiDoiTuong>
<chuId>41</chuId><thuaDatId>1</thuaDatId><mucDichSuDungId>12</mucDichSuDungId></DC_QuyenQuanLyDat></ThongTinQuyenQuanLyDat>
<ThongTinQuyenSoHuuTaiSanGanLienVoiDat>
<DC_QuyenSoHuuTaiSanGanLienVoiDat><loaiDoiTuong>1</loaiDoiTuong><chuId>31</chuId><loaiTaiSan>7</loaiTaiSan>
<taiSanId>71</taiSanId><hangMucTaiSanId>71</hangMucTaiSanId><giayChungNhanId>7</giayChungNhanId>
</DC_QuyenSoHuuTaiSanGanLienVoiDat>
<DC_QuyenSoHuuTaiSanGanLienVoiDat><loaiDoiTuong>0</loaiDoiTuong><chuId>23</chuId><loaiTaiSan>8</loaiTaiSan>
<taiSanId>82</taiSanId><hangMucTaiSanId>82</hangMucTaiSanId><giayChungNhanId>8</giayChungNhanId>
</DC_QuyenSoHuuTaiSanGanLienVoiDat>
<DC_QuyenSoHuuTaiSanGanLienVoiDat><loaiDoiTuong>1</loaiDoiTuong><chuId>31</chuId><loaiTaiSan>11</loaiTaiSan>
<taiSanId>90</taiSanId><hangMucTaiSanId>91</hangMucTaiSanId></DC_QuyenSoHuuTaiSanGanLienVoiDat>
</ThongTinQuyenSoHuuTaiSanGanLienVoiDat>
"""
_BEFORE = """
<HoSoTruocBienDong><HoSoXml><ThongTinTaiSan><ThongTinThuaDat><DC_ThuaDat><thuaDatId>1</thuaDatId><maXa>15670</maXa>
<soHieuToBanDo>12</soHieuToBanDo><soThuTuThua>300</soThuTuThua><dienTich>400</dienTich></DC_ThuaDat></ThongTinThuaDat>
</ThongTinTaiSan><ThongTinChu><ThongTinCaNhan><DC_CaNhan><caNhanId>21</caNhanId><hoTen>Phạm Thị Trước</hoTen>
</DC_CaNhan></ThongTinCaNhan></ThongTinChu></HoSoXml></HoSoTruocBienDong>
"""
_DEALS = f"""
<ThongTinGiaoDich><DC_GiaoDich><giaoDichId>5</giaoDichId><loaiGiaoDichBienDong>TN</loaiGiaoDichBienDong>
<thoiDiemDangKyBienDong>20/05/2020 09:30:00</thoiDiemDangKyBienDong><noiDungBienDong>Tách thửa</noiDungBienDong>
<maBienDong>BD-2020-5</maBienDong><maHoSoThuTucDangKy>HS-1</maHoSoThuTucDangKy><soHopDong>HD-9</soHopDong>
<giaTriHopDong>150000000</giaTriHopDong>{_BEFORE}</DC_GiaoDich></ThongTinGiaoDich>
<ThongTinGiaoDichBaoDam><DC_GiaoDichBaoDam><giaoDichBaoDamId>6</giaoDichBaoDamId><giaoDichId>5</giaoDichId>
<loaiGiaoDichBaoDam>0</loaiGiaoDichBaoDam><soDangKy>DK-77</soDangKy><thoiDiemDangKy>21/05/2020</thoiDiemDangKy>
<ngayBatDau>21/05/2020</ngayBatDau><hieuLuc>1</hieuLuc><ChuThamGia><BenTheChap><Chu><loaiDoiTuong>1</loaiDoiTuong>
<chuId>31</chuId></Chu></BenTheChap><BenNhanTheChap><Chu><loaiDoiTuong>3</loaiDoiTuong><chuId>42</chuId></Chu>
</BenNhanTheChap></ChuThamGia><ThongTinChiTietGiaoDichBaoDam>
<DC_ChiTietGiaoDichBaoDam><loaiTaiSan>6</loaiTaiSan><taiSanId>1</taiSanId><giayChungNhanId>7</giayChungNhanId>
<dienTichTheChap>300</dienTichTheChap></DC_ChiTietGiaoDichBaoDam>
<DC_ChiTietGiaoDichBaoDam><loaiTaiSan>7</loaiTaiSan><taiSanId>71</taiSanId></DC_ChiTietGiaoDichBaoDam>
</ThongTinChiTietGiaoDichBaoDam></DC_GiaoDichBaoDam></ThongTinGiaoDichBaoDam>
"""
_PEOPLE = """
<ThongTinToChuc><DC_ToChuc><toChucId>41</toChucId><tenToChuc>Ủy ban nhân dân xã Mẫu</tenToChuc></DC_ToChuc>
<DC_ToChuc><toChucId>42</toChucId><tenToChuc>Ngân hàng Tưởng Tượng</tenToChuc><maSoThue>0100109106</maSoThue>
<loaiToChuc>TKT</loaiToChuc></DC_ToChuc></ThongTinToChuc>
"""
_PERSON = """<DC_CaNhan><caNhanId>23</caNhanId><hoTen>Vũ Thị Căn Hộ</hoTen><namSinh>1990</namSinh><gioiTinh>0</gioiTinh>
<quocTichId>VNM</quocTichId><danTocId>1</danTocId></DC_CaNhan></ThongTinCaNhan>"""
_PAPER = """<DC_GiayChungNhan><giayChungNhanId>8</giayChungNhanId><soPhatHanh>BA 123999</soPhatHanh>
<ngayCap>05/06/2011</ngayCap><maVach>1567011000012</maVach></DC_GiayChungNhan></ThongTinGiayChungNhan>"""
_SCANS = """<ThongTinHoSoQuet><DC_HoSoQuet><hoSoQuetId>1</hoSoQuetId><kho>K1</kho><hop>7</hop><ThongTinChiTietHoSoQuet>
<DC_ChiTietHoSoQuet><chiTietHoSoQuetId>3f0c</chiTietHoSoQuetId><tenFile>don.pdf</tenFile><laGiayChungNhan>1</laGiayChungNhan>
<giayChungNhanId>7</giayChungNhanId></DC_ChiTietHoSoQuet></ThongTinChiTietHoSoQuet></DC_HoSoQuet></ThongTinHoSoQuet>
"""
_BLOCKS = """<ThongTinNganChan2><DC_ThongTinNganChan><thongTinNganChanId>b1</thongTinNganChanId>
<soHieuCongVan>12/TB</soHieuCongVan><thoiDiemBatDau>01/03/2021</thoiDiemBatDau><hieuLuc>1</hieuLuc>
<noiDungNganChan>Tạm dừng</noiDungNganChan><loaiVanBanHanChe>9</loaiVanBanHanChe>
<DC_NganChanThuaDat><nganChanThuaDatId>b2</nganChanThuaDatId><thuaDatId>1</thuaDatId></DC_NganChanThuaDat>
</DC_ThongTinNganChan></ThongTinNganChan2>
"""

WHOLE = (
    DOSSIER.replace("<maXa>15712", "<maXa>15670")
    .replace("<ThongTinQuyenSuDungDat>", _DEALS + _RIGHTS + "<ThongTinQuyenSuDungDat>")
    .replace("</ThongTinThuaDat></ThongTinTaiSan>", f"</ThongTinThuaDat>{_ASSETS}</ThongTinTaiSan>")
    .replace("</ThongTinCaNhan>\n<ThongTinVoChong>", f"{_PERSON}\n<ThongTinVoChong>")
    .replace("</ThongTinVoChong></ThongTinChu>", f"</ThongTinVoChong>{_PEOPLE}</ThongTinChu>")
    .replace("</DC_GiayChungNhan>\n</ThongTinGiayChungNhan>", f"</DC_GiayChungNhan>{_PAPER}")
    .replace("</HoSoXml>\n", f"{_SCANS}{_BLOCKS}</HoSoXml>\n", 1)
    .replace("31/02/2015", "28/02/2015")
    .replace("<maMucDichSuDung>CLN<", "<maMucDichSuDungPhu>NTS</maMucDichSuDungPhu><maMucDichSuDung>CLN<")
    .replace("<nguonGoc>CNQ-CTT</nguonGoc>", "<nguonGoc>CNQ-CTT</nguonGoc><nguonGocChuyenQuyen>3</nguonGocChuyenQuyen>")
)
"""DOSSIER is one couple on one parcel; here is what may stand beside it. The insertion before the end replaces once."""
