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
        "quyet_dinh_lien_ket": (
            ("Quyết định về người", "Decisions about who is one person; rows are only added, numbers have no gaps"),
            (
                "id INTEGER PRIMARY KEY",
                "luc TEXT NOT NULL",
                "nguoi_thuc_hien TEXT NOT NULL",
                "kind TEXT NOT NULL CHECK (kind IN ('answer', 'verified', 'batch', 'undo'))",
                *(f"{name} TEXT" for name in ("left_key", "right_key")),
                "answer TEXT CHECK (answer IN ('same', 'different'))",
                *(f"{name} TEXT" for name in ("record_key", "number_hash")),
                "result TEXT CHECK (result IN ('match', 'no match'))",
                *(f"{name} TEXT" for name in ("corrected_hash", "masked", "file_sha256", "file_name")),
                "file_rows INTEGER",
                "undoes INTEGER",
                "taken_from TEXT",
            ),
        ),
        "xac_thuc_da_gui": (
            ("Dòng đã gửi xác thực", "Rows that were written out for verification, by which an answer is recognised"),
            (
                *(f"{name} TEXT NOT NULL" for name in ("reference", "seal", "record_key", "number_hash")),
                "PRIMARY KEY (reference, seal)",
            ),
        ),
        "lan_lien_ket": (
            ("Lần nối người", "Runs of the linkage, and from which releases and decisions each was made"),
            (
                "id INTEGER PRIMARY KEY",
                "luc TEXT NOT NULL",
                "releases TEXT NOT NULL",
                *(f"{name} INTEGER NOT NULL" for name in ("decisions", "records", "people", "linked", "review")),
                "refused INTEGER NOT NULL",
            ),
        ),
        "lien_ket_nguoi": (
            ("Ai là cùng một người", "Who is one person, as the newest run found; each run replaces all of it"),
            (
                "record_key TEXT NOT NULL PRIMARY KEY",
                "nguoi_id TEXT NOT NULL",
                "why TEXT NOT NULL CHECK (why IN ('alone', 'number', 'likeness', 'officer'))",
                "bits REAL",
            ),
        ),
    },
}
"""Tables that hold no entity: titles and columns."""
