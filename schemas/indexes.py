"""By which columns the tables of the land database are asked, and so indexed, in both stores."""

BY_LAYER: dict[str, tuple[tuple[str, ...], ...]] = {
    "thua_dat": (("ma_xa", "so_hieu_to_ban_do", "so_thu_tu_thua"), ("thua_dat_id", "tx_from"), ("thua_key",)),
    "canh_bao": (("thua_dat_id",), ("ma_xa", "code")),
    "muc_dich_su_dung": (("thua_key",),),
    "nguon_goc_dat": (("thua_key",),),
    "han_che_quyen": (("thua_key",),),
    "ban_phat_hanh": (("ma_xa", "ky_dia_gioi"),),
    "quyen_su_dung_dat": (("thua_key",), ("chu_id",)),
    "giay_to_tuy_than": (("ca_nhan_id",), ("so_giay_to_bam",)),
    "giay_chung_nhan": (("so_phat_hanh",), ("giay_chung_nhan_id",)),
    "ca_nhan": (("ca_nhan_id",),),
    "vo_chong": (("vo_chong_id",), ("vo_id",), ("chong_id",)),
    "ho_gia_dinh": (("ho_gia_dinh_id",),),
    "to_chuc": (("to_chuc_id",),),
    "cong_dong": (("cong_dong_id",),),
    "nhom_nguoi": (("nhom_nguoi_id",),),
    "lien_ket_nguoi": (("nguoi_id",),),
    "giao_dich": (("giao_dich_id",),),
    "pha_he_thua": (("thua_dat_id_cu",), ("thua_dat_id_moi",)),
    "tai_san": (("thua_key",),),
    "quyen_so_huu_tai_san": (("tai_san_id",), ("chu_id",)),
    "quyen_quan_ly_dat": (("thua_key",),),
    "tai_san_bao_dam": (("thua_key",), ("giao_dich_bao_dam_id",)),
    "giao_dich_bao_dam": (("giao_dich_bao_dam_id",),),
    "ngan_chan": (("thua_key",), ("tai_san_id",), ("giay_chung_nhan_id",)),
    "noi_dung_giao_dich": (("giao_dich_id",),),
    "ho_so_quet": (("ho_so_quet_id",),),
    "tai_lieu_do_dac": (("ma_xa", "so_hieu_to_ban_do"),),
    "tep_ho_so_quet": (("thua_key",), ("giay_chung_nhan_id",)),
    "khoa_thua": (("thua_dat_id_moi",),),
    "nhat_ky": (("giao_dich_id",),),
    "dinh_danh": (("release_from",),),
}

COMPARED = {"release_from": "", "release_to": " WHERE release_to IS NOT NULL"}
"""Parcels are asked what a release began and ended; most versions have no end, and a first load enters none there.

The commune comes first, where no partition says it: else SQLite would take the index by sheet and read all of it.
"""

ONCE_CURRENT = {"thua_dat": ("thua_dat_id", "ma_dinh_danh_thua")}
"""Columns of which each value stands in one version at most that holds now."""
