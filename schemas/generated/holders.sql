-- khoa: Giá trị kiểm tra khóa mã hóa / Check value of the key that identity numbers are encrypted with
CREATE TABLE IF NOT EXISTS khoa (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  check_value TEXT NOT NULL
);

-- ca_nhan: Cá nhân / Individual
CREATE TABLE IF NOT EXISTS ca_nhan (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ca_nhan_id TEXT NOT NULL,
  ho_ten TEXT,
  ngay_sinh TEXT,
  nam_sinh INTEGER,
  gioi_tinh TEXT,
  quoc_tich TEXT,
  dan_toc TEXT,
  dia_chi TEXT,
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
CREATE INDEX IF NOT EXISTS ix_ca_nhan_hien_hanh ON ca_nhan (release_from) WHERE tx_to IS NULL;

-- cong_dong: Cộng đồng dân cư / Community
CREATE TABLE IF NOT EXISTS cong_dong (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  cong_dong_id TEXT NOT NULL,
  ten_cong_dong TEXT,
  nguoi_dai_dien_id TEXT,
  dia_danh_cu_tru TEXT,
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
CREATE INDEX IF NOT EXISTS ix_cong_dong_hien_hanh ON cong_dong (release_from) WHERE tx_to IS NULL;

-- giay_chung_nhan: Giấy chứng nhận / Certificate
CREATE TABLE IF NOT EXISTS giay_chung_nhan (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  giay_chung_nhan_id TEXT NOT NULL,
  loai_giay_chung_nhan TEXT,
  so_phat_hanh TEXT,
  so_vao_so TEXT,
  ma_vach TEXT,
  ngay_cap TEXT,
  ten_nguoi_ky TEXT,
  don_vi_cap TEXT,
  so_hieu_to_ban_do_gcn TEXT,
  so_thu_tu_thua_gcn TEXT,
  ten_file TEXT,
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
CREATE INDEX IF NOT EXISTS ix_giay_chung_nhan_hien_hanh ON giay_chung_nhan (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giay_chung_nhan_1 ON giay_chung_nhan (so_phat_hanh);

-- giay_to_tuy_than: Giấy tờ tùy thân / Identity document
CREATE TABLE IF NOT EXISTS giay_to_tuy_than (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  giay_to_id TEXT NOT NULL,
  ca_nhan_id TEXT,
  loai_giay_to TEXT,
  so_giay_to_ma_hoa BLOB,
  so_giay_to_bam TEXT,
  so_giay_to_che TEXT,
  ngay_cap TEXT,
  noi_cap TEXT,
  hinh_thuc_xac_thuc TEXT,
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
CREATE INDEX IF NOT EXISTS ix_giay_to_tuy_than_hien_hanh ON giay_to_tuy_than (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giay_to_tuy_than_1 ON giay_to_tuy_than (ca_nhan_id);
CREATE INDEX IF NOT EXISTS ix_giay_to_tuy_than_2 ON giay_to_tuy_than (so_giay_to_bam);

-- ho_gia_dinh: Hộ gia đình / Household
CREATE TABLE IF NOT EXISTS ho_gia_dinh (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ho_gia_dinh_id TEXT NOT NULL,
  chu_ho_id TEXT,
  vo_chong_chu_ho_id TEXT,
  thanh_vien_id TEXT,
  dia_chi TEXT,
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
CREATE INDEX IF NOT EXISTS ix_ho_gia_dinh_hien_hanh ON ho_gia_dinh (release_from) WHERE tx_to IS NULL;

-- nhom_nguoi: Nhóm người đồng sử dụng / Joint users
CREATE TABLE IF NOT EXISTS nhom_nguoi (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  nhom_nguoi_id TEXT NOT NULL,
  nguoi_dai_dien_id TEXT,
  thanh_vien_id TEXT,
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
CREATE INDEX IF NOT EXISTS ix_nhom_nguoi_hien_hanh ON nhom_nguoi (release_from) WHERE tx_to IS NULL;

-- quyen_su_dung_dat: Quyền sử dụng đất / Land use right
CREATE TABLE IF NOT EXISTS quyen_su_dung_dat (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  quyen_id TEXT NOT NULL,
  thua_key TEXT,
  loai_doi_tuong TEXT,
  chu_id TEXT,
  giay_chung_nhan_id TEXT,
  so_thu_tu INTEGER,
  hinh_thuc_su_dung TEXT,
  vai_tro TEXT,
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
CREATE INDEX IF NOT EXISTS ix_quyen_su_dung_dat_hien_hanh ON quyen_su_dung_dat (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_quyen_su_dung_dat_1 ON quyen_su_dung_dat (thua_key);
CREATE INDEX IF NOT EXISTS ix_quyen_su_dung_dat_2 ON quyen_su_dung_dat (chu_id);

-- to_chuc: Tổ chức / Organisation
CREATE TABLE IF NOT EXISTS to_chuc (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  to_chuc_id TEXT NOT NULL,
  ten_to_chuc TEXT,
  ma_doanh_nghiep TEXT,
  ma_so_thue TEXT,
  loai_to_chuc TEXT,
  so_quyet_dinh TEXT,
  nguoi_dai_dien_id TEXT,
  dia_chi TEXT,
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
CREATE INDEX IF NOT EXISTS ix_to_chuc_hien_hanh ON to_chuc (release_from) WHERE tx_to IS NULL;

-- vo_chong: Vợ chồng / Married couple
CREATE TABLE IF NOT EXISTS vo_chong (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  vo_chong_id TEXT NOT NULL,
  vo_id TEXT,
  chong_id TEXT,
  in_vo_truoc BOOLEAN,
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
CREATE INDEX IF NOT EXISTS ix_vo_chong_hien_hanh ON vo_chong (release_from) WHERE tx_to IS NULL;
