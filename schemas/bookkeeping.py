"""Tables of the land database that hold no entity of the law: what the program keeps of its own doings."""

TABLES: dict[str, dict[str, tuple[tuple[str, str], tuple[str, ...]]]] = {
    "land": {
        "luoc_do": (
            ("Phiên bản lược đồ", "Version of the schema"),
            ("id INTEGER PRIMARY KEY CHECK (id = 1)", "version INTEGER NOT NULL", "changed_at TEXT NOT NULL"),
        ),
        "vung_toa_do": (
            ("Múi tọa độ và bảng thửa của nó", "Zones and their parcel tables"),
            ("srid INTEGER PRIMARY KEY", "bang TEXT NOT NULL UNIQUE"),
        ),
        "dinh_danh": (
            ("Mã định danh thửa, cấp một lần", "National identifiers: one row for ever, given to no other parcel"),
            (
                "ma_dinh_danh_thua TEXT NOT NULL PRIMARY KEY",
                "thua_dat_id TEXT NOT NULL UNIQUE",
                *(f"{name} REAL NOT NULL" for name in ("x", "y")),
                "srid INTEGER NOT NULL",
                *(f"{name} REAL NOT NULL" for name in ("lon", "lat")),
                "algorithm TEXT NOT NULL",
                "release_from INTEGER NOT NULL",
                "release_to INTEGER",
            ),
        ),
        "khoa_thua": (
            ("Khóa cũ và khóa mới của thửa", "Keys that parcels had, and what took their place; they answer for ever"),
            (
                "thua_dat_id_cu TEXT NOT NULL",
                "thua_dat_id_moi TEXT NOT NULL",
                "ma_xa_cu TEXT NOT NULL",
                "ky_dia_gioi_cu TEXT NOT NULL",
                "release_from INTEGER NOT NULL",
                "release_to INTEGER",
                "PRIMARY KEY (thua_dat_id_cu, release_from)",
            ),
        ),
        "nhat_ky": (
            ("Nhật ký", "Log: who asked for what, and what became of it; rows are only added"),
            (
                "id COUNTER",
                "luc TEXT NOT NULL",
                "lenh TEXT NOT NULL",
                "nguoi_thuc_hien TEXT NOT NULL",
                "ma_xa TEXT",
                "ky_dia_gioi TEXT",
                "giao_dich_id TEXT",
                "ket_qua TEXT NOT NULL CHECK (ket_qua IN ('ghi', 'tu_choi'))",
                "ly_do TEXT",
                "goi_sha256 TEXT",
                "release_id INTEGER",
            ),
        ),
    },
    "holders": {
        "khoa": (
            ("Giá trị kiểm tra khóa mã hóa", "Check value of the key that identity numbers are encrypted with"),
            ("id INTEGER PRIMARY KEY CHECK (id = 1)", "check_value TEXT NOT NULL"),
        ),
    },
}
"""Tables that hold no entity: titles and columns."""
