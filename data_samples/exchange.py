"""A few rights as an exchange file (HoSoXml of TT 75/2015), one dossier each."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from data_samples.model import Restriction, Row


def write(dossiers: Iterable[tuple[Row, Restriction]], path: Path) -> None:
    """Write dossiers of one parcel, one person, one certificate and one restriction."""
    root = ElementTree.Element("DanhSachHoSo")
    for number, (row, restriction) in enumerate(dossiers, start=1):
        _add(root, _dossier(number, row.values, restriction))
    ElementTree.indent(root)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _dossier(number: int, values: dict[str, Any], restriction: Restriction) -> dict[str, Any]:
    use = {
        "mucDichSuDungId": number,
        "soThuTuMucDichSuDung": 1,
        "maMucDichSuDung": values["loai_dat_1"],
        "dienTich": values["dien_tich"],
        "thoiHanSuDung": values["thoi_han_1"],
    }
    parcel = {
        "thuaDatId": number,
        "maXa": values["ma_xa"],
        "soHieuToBanDo": values["so_hieu_to_ban_do"],
        "soThuTuThua": values["so_thu_tu_thua"],
        "dienTich": values["dien_tich"],
        "dienTichPhapLy": values["dien_tich"],
        "diaChi": values["dia_chi"],
        "ThongTinMucDichSuDung": {"DC_MucDichSuDung": use},
    }
    person = {
        "caNhanId": number,
        "hoTen": values["ho_ten"],
        "ngaySinh": f"{values['ngay_sinh']:%d/%m/%Y}",
        "gioiTinh": "true",
        "diaChi": values["dia_chi_chu"],
        "ThongTinGiayToTuyThan": {"DC_GiayToTuyThan": {"soGiayTo": values["so_giay_to"]}},
    }
    certificate = {
        "giayChungNhanId": number,
        "soVaoSo": values["so_vao_so"],
        "soPhatHanh": values["so_phat_hanh"],
        "ngayCap": f"{values['ngay_cap']:%d/%m/%Y}",
    }
    right = {
        "quyenSuDungDatId": number,
        "loaiDoiTuong": 0,
        "chuId": number,
        "thuaDatId": number,
        "mucDichSuDungId": number,
        "giayChungNhanId": number,
        "hanCheQuyenId": number,
    }
    limit = {
        "hanCheQuyenId": number,
        "loaiHanChe": 1,
        "dienTich": restriction.area_m2,
        "noiDungHanChe": "Hành lang an toàn công trình",
        "hanCheMotPhan": 1,
        "ngayBanHanh": restriction.issued,
    }
    dossier = {
        "hoSoGuid": f"00000000-0000-4000-8000-{number:012d}",
        "ThongTinGiayChungNhan": {"DC_GiayChungNhan": certificate},
        "ThongTinQuyenSuDungDat": {"DC_QuyenSuDungDat": right},
        "ThongTinTaiSan": {"ThongTinThuaDat": {"DC_ThuaDat": parcel}},
        "ThongTinChu": {"ThongTinCaNhan": {"DC_CaNhan": person}},
        "ThongTinHanCheQuyen": {"DC_HanCheQuyen": limit},
    }
    return {"HoSoXml": dossier | ({restriction.extra: "x"} if restriction.extra else {})}


def _add(parent: ElementTree.Element, content: dict[str, Any]) -> None:
    for name, value in content.items():
        child = ElementTree.SubElement(parent, name)
        if isinstance(value, dict):
            _add(child, value)
        else:
            child.text = str(value)
