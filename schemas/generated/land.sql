-- luoc_do: Phiên bản lược đồ / Version of the schema
CREATE TABLE IF NOT EXISTS luoc_do (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  changed_at TEXT NOT NULL
);

-- vung_toa_do: Múi tọa độ và bảng thửa của nó / Zones and their parcel tables
CREATE TABLE IF NOT EXISTS vung_toa_do (
  srid INTEGER PRIMARY KEY,
  bang TEXT NOT NULL UNIQUE
);

-- dinh_danh: Mã định danh thửa, cấp một lần / National identifiers: one row for ever, given to no other parcel
CREATE TABLE IF NOT EXISTS dinh_danh (
  ma_dinh_danh_thua TEXT NOT NULL PRIMARY KEY,
  thua_dat_id TEXT NOT NULL UNIQUE,
  x REAL NOT NULL,
  y REAL NOT NULL,
  srid INTEGER NOT NULL,
  lon REAL NOT NULL,
  lat REAL NOT NULL,
  algorithm TEXT NOT NULL,
  release_from INTEGER NOT NULL,
  release_to INTEGER
);
CREATE INDEX IF NOT EXISTS ix_dinh_danh_1 ON dinh_danh (release_from);

-- khoa_thua: Khóa cũ và khóa mới của thửa / Keys that parcels had, and what took their place; they answer for ever
CREATE TABLE IF NOT EXISTS khoa_thua (
  thua_dat_id_cu TEXT NOT NULL,
  thua_dat_id_moi TEXT NOT NULL,
  ma_xa_cu TEXT NOT NULL,
  ky_dia_gioi_cu TEXT NOT NULL,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  PRIMARY KEY (thua_dat_id_cu, release_from)
);
CREATE INDEX IF NOT EXISTS ix_khoa_thua_1 ON khoa_thua (thua_dat_id_moi);

-- nhat_ky: Nhật ký / Log: who asked for what, and what became of it; rows are only added
CREATE TABLE IF NOT EXISTS nhat_ky (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  luc TEXT NOT NULL,
  lenh TEXT NOT NULL,
  nguoi_thuc_hien TEXT NOT NULL,
  ma_xa TEXT,
  ky_dia_gioi TEXT,
  giao_dich_id TEXT,
  ket_qua TEXT NOT NULL CHECK (ket_qua IN ('ghi', 'tu_choi')),
  ly_do TEXT,
  goi_sha256 TEXT,
  release_id INTEGER
);
CREATE INDEX IF NOT EXISTS ix_nhat_ky_1 ON nhat_ky (giao_dich_id);

-- ban_phat_hanh: Bản phát hành / Release
CREATE TABLE IF NOT EXISTS ban_phat_hanh (
  release_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  kind TEXT NOT NULL CHECK (kind = 'load' OR kind = 'rollback' OR kind = 'change' OR kind = 'reform'),
  started_at TEXT NOT NULL,
  finished_at TEXT,
  package_sha256 TEXT,
  counts TEXT,
  verdict TEXT,
  srid INTEGER,
  giao_dich_id TEXT,
  nguoi_thuc_hien TEXT
);
CREATE INDEX IF NOT EXISTS ix_ban_phat_hanh_1 ON ban_phat_hanh (ma_xa, ky_dia_gioi);

-- canh_bao_{srid}: Cảnh báo / Finding
CREATE TABLE IF NOT EXISTS canh_bao_{srid} (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  code TEXT NOT NULL,
  feature_id TEXT,
  other_id TEXT,
  thua_dat_id TEXT,
  value REAL,
  "limit" REAL,
  detail TEXT,
  source TEXT,
  geom GEOMETRY,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_canh_bao_{srid}_hien_hanh ON canh_bao_{srid} (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_canh_bao_{srid}_1 ON canh_bao_{srid} (thua_dat_id);
CREATE INDEX IF NOT EXISTS ix_canh_bao_{srid}_2 ON canh_bao_{srid} (ma_xa, code);

-- giao_dich: Giao dịch, biến động / Transaction
CREATE TABLE IF NOT EXISTS giao_dich (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  giao_dich_id TEXT NOT NULL,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  loai_bien_dong TEXT NOT NULL,
  ngay_hieu_luc TEXT NOT NULL,
  thoi_diem_dang_ky TEXT,
  ma_ho_so TEXT,
  can_cu TEXT,
  ly_do_dien_tich TEXT,
  dien_tich_truoc REAL,
  dien_tich_sau REAL,
  goi_sha256 TEXT,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_giao_dich_hien_hanh ON giao_dich (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giao_dich_1 ON giao_dich (giao_dich_id);

-- han_che_quyen: Hạn chế quyền / Restriction
CREATE TABLE IF NOT EXISTS han_che_quyen (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  thua_key TEXT NOT NULL,
  so_thu_tu INTEGER NOT NULL,
  loai_han_che TEXT,
  dien_tich REAL,
  noi_dung_han_che TEXT,
  han_che_mot_phan BOOLEAN,
  loai_van_ban_han_che TEXT,
  so_van_ban TEXT,
  ngay_ban_hanh TEXT,
  co_quan_ban_hanh TEXT,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_han_che_quyen_hien_hanh ON han_che_quyen (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_han_che_quyen_1 ON han_che_quyen (thua_key);

-- muc_dich_su_dung: Mục đích sử dụng đất / Land use of a parcel
CREATE TABLE IF NOT EXISTS muc_dich_su_dung (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  thua_key TEXT NOT NULL,
  so_thu_tu INTEGER NOT NULL,
  loai_dat TEXT,
  loai_dat_ghi TEXT,
  dien_tich REAL,
  thoi_han_su_dung TEXT,
  ngay_het_han TEXT,
  loai_dat_phu TEXT,
  loai_dat_quy_hoach TEXT,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_muc_dich_su_dung_hien_hanh ON muc_dich_su_dung (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_muc_dich_su_dung_1 ON muc_dich_su_dung (thua_key);

-- nguon_goc_dat: Nguồn gốc sử dụng đất / Origin of land use
CREATE TABLE IF NOT EXISTS nguon_goc_dat (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  thua_key TEXT NOT NULL,
  so_thu_tu INTEGER NOT NULL,
  nguon_goc TEXT,
  nguon_goc_ghi TEXT,
  dien_tich REAL,
  nguon_goc_chuyen_quyen TEXT,
  nguon_goc_chi_tiet TEXT,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_nguon_goc_dat_hien_hanh ON nguon_goc_dat (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_nguon_goc_dat_1 ON nguon_goc_dat (thua_key);

-- pha_he_thua: Phả hệ thửa đất / Lineage of parcels
CREATE TABLE IF NOT EXISTS pha_he_thua (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  thua_dat_id_cu TEXT NOT NULL,
  thua_dat_id_moi TEXT NOT NULL,
  giao_dich_id TEXT NOT NULL,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  dien_tich_chung REAL,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_pha_he_thua_hien_hanh ON pha_he_thua (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_pha_he_thua_1 ON pha_he_thua (thua_dat_id_cu);
CREATE INDEX IF NOT EXISTS ix_pha_he_thua_2 ON pha_he_thua (thua_dat_id_moi);

-- ranh_giay_to_{srid}: Ranh giới thửa theo giấy tờ / Parcel boundary by its documents
CREATE TABLE IF NOT EXISTS ranh_giay_to_{srid} (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ranh_giay_to_id TEXT NOT NULL,
  thua_key TEXT NOT NULL,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  so_hieu_to_ban_do TEXT,
  so_thu_tu_thua TEXT,
  dien_tich_do REAL,
  geom POLYGON,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_ranh_giay_to_{srid}_hien_hanh ON ranh_giay_to_{srid} (release_from) WHERE tx_to IS NULL;

-- tai_lieu_do_dac: Tài liệu đo đạc / Survey document
CREATE TABLE IF NOT EXISTS tai_lieu_do_dac (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  tai_lieu_do_dac_id TEXT NOT NULL,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  loai_ban_do TEXT,
  so_hieu_to_ban_do TEXT,
  ty_le INTEGER,
  don_vi_do_dac TEXT,
  phuong_phap_do TEXT,
  muc_do_chinh_xac TEXT,
  ngay_hoan_thanh TEXT,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_tai_lieu_do_dac_hien_hanh ON tai_lieu_do_dac (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tai_lieu_do_dac_1 ON tai_lieu_do_dac (ma_xa, so_hieu_to_ban_do);

-- tai_san: Tài sản gắn liền với đất / Asset on land
CREATE TABLE IF NOT EXISTS tai_san (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  tai_san_id TEXT NOT NULL,
  thua_key TEXT,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  loai_tai_san TEXT,
  phan_loai TEXT,
  thuoc_tai_san_id TEXT,
  ten_tai_san TEXT,
  so_hieu_can_ho TEXT,
  dien_tich_xay_dung REAL,
  dien_tich_san REAL,
  dien_tich REAL,
  so_tang TEXT,
  so_tang_ham TEXT,
  nam_xay_dung INTEGER,
  nam_hoan_thanh INTEGER,
  ket_cau TEXT,
  cap_hang TEXT,
  thoi_han_so_huu TEXT,
  dia_chi TEXT,
  thua_key_khac TEXT,
  so_nha TEXT,
  dien_tich_san_phu REAL,
  vi_tri_tang TEXT,
  loai_chi_tiet TEXT,
  do_sau_toi_da TEXT,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_tai_san_hien_hanh ON tai_san (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tai_san_1 ON tai_san (thua_key);

-- thua_dat_{srid}: Thửa đất / Parcel
CREATE TABLE IF NOT EXISTS thua_dat_{srid} (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  thua_dat_id TEXT NOT NULL,
  ma_dinh_danh_thua TEXT,
  thua_key TEXT,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  loai_ban_do TEXT,
  so_hieu_to_ban_do TEXT,
  so_thu_tu_thua TEXT,
  loai_dat TEXT,
  loai_dat_ghi TEXT,
  he_loai_dat TEXT CHECK (he_loai_dat = 'TT25/2014' OR he_loai_dat = 'TT08/2024' OR he_loai_dat = 'unknown'),
  nhom_dat TEXT CHECK (nhom_dat = 'NNP' OR nhom_dat = 'PNN' OR nhom_dat = 'CSD'),
  dien_tich_do REAL,
  dien_tich_nhan REAL,
  dien_tich REAL,
  dien_tich_phap_ly REAL,
  la_doi_tuong_chiem_dat BOOLEAN,
  dia_chi TEXT,
  ty_le INTEGER,
  co_dang_ky BOOLEAN,
  xep_loai TEXT CHECK (xep_loai = '1' OR xep_loai = '2a' OR xep_loai = '2b' OR xep_loai = '3'),
  ly_do TEXT,
  so_canh_bao INTEGER,
  ma_xa_moi TEXT,
  can_cu_xa_moi TEXT CHECK (can_cu_xa_moi = 'bang' OR can_cu_xa_moi = 'vi_tri' OR can_cu_xa_moi = 'chua_ro'),
  so_khac TEXT,
  so_hieu_to_ban_do_cu TEXT,
  so_thu_tu_thua_cu TEXT,
  geom POLYGON,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_hien_hanh ON thua_dat_{srid} (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_release_from ON thua_dat_{srid} (ma_xa, release_from);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_release_to ON thua_dat_{srid} (ma_xa, release_to) WHERE release_to IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS ux_thua_dat_{srid}_thua_dat_id ON thua_dat_{srid} (thua_dat_id) WHERE tx_to IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS ux_thua_dat_{srid}_ma_dinh_danh_thua ON thua_dat_{srid} (ma_dinh_danh_thua) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_1 ON thua_dat_{srid} (ma_xa, so_hieu_to_ban_do, so_thu_tu_thua);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_2 ON thua_dat_{srid} (thua_dat_id, tx_from);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_3 ON thua_dat_{srid} (thua_key);

-- to_ban_do: Tờ bản đồ địa chính / Cadastral map sheet
CREATE TABLE IF NOT EXISTS to_ban_do (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  loai_ban_do TEXT NOT NULL,
  so_hieu_to_ban_do TEXT NOT NULL,
  ty_le INTEGER,
  so_thua INTEGER,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_to_ban_do_hien_hanh ON to_ban_do (release_from) WHERE tx_to IS NULL;

-- xa_{srid}: Xã / Commune
CREATE TABLE IF NOT EXISTS xa_{srid} (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ma_xa TEXT NOT NULL,
  ky_dia_gioi TEXT NOT NULL CHECK (ky_dia_gioi = 'E2024' OR ky_dia_gioi = 'E2025A' OR ky_dia_gioi = 'E2025B' OR ky_dia_gioi = 'XX'),
  ten_xa TEXT,
  geom MULTIPOLYGON,
  valid_from TEXT NOT NULL,
  valid_to TEXT,
  tx_from TEXT NOT NULL,
  tx_to TEXT,
  release_from INTEGER NOT NULL,
  release_to INTEGER,
  row_hash TEXT NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from)
);
CREATE INDEX IF NOT EXISTS ix_xa_{srid}_hien_hanh ON xa_{srid} (release_from) WHERE tx_to IS NULL;

CREATE TRIGGER IF NOT EXISTS dinh_danh_no_delete BEFORE DELETE ON dinh_danh
BEGIN
  SELECT RAISE(ROLLBACK, 'dinh_danh: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS dinh_danh_no_update BEFORE UPDATE OF ma_dinh_danh_thua, x, y, srid, lon, lat, algorithm, release_from ON dinh_danh
BEGIN
  SELECT RAISE(ROLLBACK, 'dinh_danh: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS dinh_danh_no_replace BEFORE INSERT ON dinh_danh
BEGIN
  SELECT RAISE(ROLLBACK, 'dinh_danh: what was entered here stays as it is') WHERE EXISTS (SELECT 1 FROM dinh_danh WHERE ma_dinh_danh_thua = NEW.ma_dinh_danh_thua OR thua_dat_id = NEW.thua_dat_id);
END;

CREATE TRIGGER IF NOT EXISTS khoa_thua_no_delete BEFORE DELETE ON khoa_thua
BEGIN
  SELECT RAISE(ROLLBACK, 'khoa_thua: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS khoa_thua_no_update BEFORE UPDATE OF thua_dat_id_cu, thua_dat_id_moi, ma_xa_cu, ky_dia_gioi_cu, release_from ON khoa_thua
BEGIN
  SELECT RAISE(ROLLBACK, 'khoa_thua: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS khoa_thua_no_replace BEFORE INSERT ON khoa_thua
BEGIN
  SELECT RAISE(ROLLBACK, 'khoa_thua: what was entered here stays as it is') WHERE EXISTS (SELECT 1 FROM khoa_thua WHERE thua_dat_id_cu = NEW.thua_dat_id_cu AND release_from = NEW.release_from);
END;

CREATE TRIGGER IF NOT EXISTS nhat_ky_no_delete BEFORE DELETE ON nhat_ky
BEGIN
  SELECT RAISE(ROLLBACK, 'nhat_ky: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS nhat_ky_no_update BEFORE UPDATE ON nhat_ky
BEGIN
  SELECT RAISE(ROLLBACK, 'nhat_ky: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS nhat_ky_no_replace BEFORE INSERT ON nhat_ky
BEGIN
  SELECT RAISE(ROLLBACK, 'nhat_ky: what was entered here stays as it is') WHERE EXISTS (SELECT 1 FROM nhat_ky WHERE id = NEW.id);
END;

CREATE TRIGGER IF NOT EXISTS dinh_danh_follows BEFORE UPDATE OF thua_dat_id ON dinh_danh
BEGIN
  SELECT RAISE(ROLLBACK, 'dinh_danh: a code follows a parcel only to the key that khoa_thua holds') WHERE NEW.thua_dat_id IS NOT OLD.thua_dat_id AND (EXISTS (SELECT 1 FROM dinh_danh WHERE thua_dat_id = NEW.thua_dat_id) OR NOT EXISTS (SELECT 1 FROM khoa_thua AS k WHERE (k.thua_dat_id_cu = OLD.thua_dat_id AND k.thua_dat_id_moi = NEW.thua_dat_id) OR (k.thua_dat_id_cu = NEW.thua_dat_id AND k.thua_dat_id_moi = OLD.thua_dat_id)));
END;

CREATE TRIGGER IF NOT EXISTS thua_dat_{srid}_no_update BEFORE UPDATE OF thua_dat_id, ma_dinh_danh_thua ON thua_dat_{srid}
BEGIN
  SELECT RAISE(ROLLBACK, 'thua_dat_{srid}: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS thua_dat_{srid}_given BEFORE INSERT ON thua_dat_{srid}
BEGIN
  SELECT RAISE(ROLLBACK, 'thua_dat_{srid}: this code was given to another parcel') WHERE NEW.ma_dinh_danh_thua IS NOT NULL AND EXISTS (SELECT 1 FROM dinh_danh AS o WHERE o.ma_dinh_danh_thua = NEW.ma_dinh_danh_thua AND o.thua_dat_id <> NEW.thua_dat_id AND NOT EXISTS (SELECT 1 FROM khoa_thua AS k WHERE (k.thua_dat_id_cu = o.thua_dat_id AND k.thua_dat_id_moi = NEW.thua_dat_id) OR (k.thua_dat_id_cu = NEW.thua_dat_id AND k.thua_dat_id_moi = o.thua_dat_id)));
END;

CREATE TRIGGER IF NOT EXISTS thua_dat_{srid}_carried BEFORE INSERT ON dinh_danh
BEGIN
  SELECT RAISE(ROLLBACK, 'dinh_danh: this code was given to another parcel') WHERE NEW.ma_dinh_danh_thua IS NOT NULL AND EXISTS (SELECT 1 FROM thua_dat_{srid} AS o WHERE o.ma_dinh_danh_thua = NEW.ma_dinh_danh_thua AND o.tx_to IS NULL AND o.thua_dat_id <> NEW.thua_dat_id AND NOT EXISTS (SELECT 1 FROM khoa_thua AS k WHERE (k.thua_dat_id_cu = o.thua_dat_id AND k.thua_dat_id_moi = NEW.thua_dat_id) OR (k.thua_dat_id_cu = NEW.thua_dat_id AND k.thua_dat_id_moi = o.thua_dat_id)));
END;
