"""What `normalize` alone tells of a row, beyond a limit or within it; planted as the rest of `planting_register` is.

`cites` lets a row name its parcel by a sheet that is no more: the table of renumbering knows one parcel for it (1) or
is not asked (0). `is_lost` takes the parcel off the map, `zeros` writes the number with zeros before it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
LATEST: Row = {"form": "AA", "so_vao_so": "CN00001", "ngay_cap": "02/01/2025"}
FELLOW: Row = {"hinh_thuc_1": "Sử dụng chung", "phap_nhan": "Đồng sử dụng", "vai_tro": "Thành viên"}
SECOND: Row = {**FELLOW, "person": 1}
BODY: Row = {
    **dict.fromkeys(("ho_ten", "so_giay_to", "ngay_sinh", "gioi_tinh", "vai_tro")),
    "phap_nhan": "Tổ chức", "ten_to_chuc": "Công ty TNHH Mẫu", "ma_to_chuc": "0100109106",
}  # fmt: skip
FIELD: Row = {"thoi_han_1": "20 năm"}


def _area(text: str) -> Row:
    return {"dien_tich": text, "dien_tich_1": text}


WORDS: dict[str, tuple[Sequence[Sequence[Row]], Sequence[Sequence[Row]]]] = {
    "so_dia_chinh.missing_key": ([[{"so_thu_tu_thua": None, "is_lost": True}]], [[{"zeros": True}]]),
    "so_dia_chinh.without_parcel": ([[{"is_lost": True}]], [[{"zeros": True}]]),
    "so_dia_chinh.bad_number": (
        [[{"dien_tich": "1oo,0"}], [{"dien_tich_1": "~100"}]], [[_area("100")], [_area(" 100,00 ")]],
    ),
    "so_dia_chinh.bad_date": (
        [[{"ngay_cap": "31/02/2012"}], [{"ngay_cap": "2012"}], [{"ngay_sinh": "30/02/1950", "gioi_tinh": "Nam"}]],
        [[{"ngay_cap": "29/02/2012"}], [{"ngay_cap": "1.2.2012"}]],
    ),
    "so_dia_chinh.bad_code": (
        [[{"hinh_thuc_1": "Sử dụng tạm"}], [{"thoi_han_1": "mãi mãi?"}], [{"vai_tro": "Người quen"}]],
        [[{"hinh_thuc_1": "RIÊNG"}], [{"thoi_han_1": "LÂU DÀI"}]],
    ),
    "so_dia_chinh.purpose_sum": (
        [[{"dien_tich_1": "100,2"}], [{"dien_tich_1": "99,8"}]],
        [[{"dien_tich_1": "100,1"}], [{"dien_tich_1": "99,9"}]],
    ),
    "so_dia_chinh.contradiction": (
        [[FELLOW, {**SECOND, **_area("100,2")}]], [[FELLOW, {**SECOND, **_area("100,1")}]],
    ),
    "so_dia_chinh.recovered_with_right": ([[{"loai_dat_1": "CGT"}]], [[{**BODY, "loai_dat_1": "CGT"}]]),
    "so_dia_chinh.renumbered": ([[{"cites": 1}]], [[{"cites": 0}]]),
    "giay_chung_nhan.bad_serial": (
        [[{"so_phat_hanh": "BK 9912"}], [{"so_phat_hanh": "K1 991234"}]], [[{"is_tight": True}]],
    ),
    "giay_chung_nhan.out_of_period": (
        [[{"ngay_cap": "30/06/2004"}], [{"ngay_cap": "01/01/2025"}], [{"form": "AA", "ngay_cap": "31/12/2024"}]],
        [[{"ngay_cap": "01/07/2004", "so_vao_so": "H00001"}], [{"ngay_cap": "31/12/2024"}],
         [{**LATEST, "ngay_cap": "01/01/2025"}]],
    ),
    "giay_chung_nhan.qr_mismatch": ([[{**LATEST, "qr": 1}]], [[{**LATEST, "qr": 0}]]),
    "giay_to.bad_number": ([[{"so_giay_to": "0380599"}], [{"is_far": True}]], [[{"is_old_card": True}]]),
    "giay_to.mismatch": ([[{"gioi_tinh": "Nữ"}], [{"year": 1}]], [[{"sex": 1, "gioi_tinh": "Nữ"}]]),
    "giay_to.repaired": ([[{"is_short": True}]], [[{"is_old_card": True}]]),
    "giay_to.missing": (
        [[{"so_giay_to": None}], [{**BODY, "ten_to_chuc": None}]],
        [[FELLOW, {**FELLOW, "so_giay_to": None, "in_other_file": True}]],
    ),
    "dia_chi.wrong_commune": (
        [[{"dia_chi": "Thôn 2, xã Thọ Sơn"}]], [[{"dia_chi": "Thôn 2, xã Thọ Bình"}], [{"dia_chi": "Thôn Thọ Sơn"}]],
    ),
    "thua_dat.unknown_code": ([[{"loai_dat_1": "XYZ"}]], [[{"loai_dat_1": "ONT "}]]),
    "thua_dat.legacy_code": (
        [[{"loai_dat_1": "T"}], [{**FIELD, "loai_dat_1": "BHK"}]], [[{**FIELD, "loai_dat_1": "HNK"}]],
    ),
    "thua_dat.ambiguous_code": ([[{**FIELD, "loai_dat_1": "DCK"}], [{"loai_dat_1": "SKX"}]], [[{"loai_dat_1": "SKC"}]]),
    "van_ban.foreign_character": ([[{"ho_ten": "Nguyễn V\u0430n Mẫu"}]], [[{"ho_ten": "Y Bhăm Mẫu"}]]),
    "van_ban.undecodable": ([[{"dia_chi_chu": "Th\ufffdn 1"}]], [[{"dia_chi_chu": "Thôn “1”"}]]),
}  # fmt: skip
"""Groups of rows by the finding each has to cause, and groups like them that must cause none."""
