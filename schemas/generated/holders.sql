-- khoa: Giá trị kiểm tra khóa mã hóa / Check value of the key that identity numbers are encrypted with
CREATE TABLE IF NOT EXISTS khoa (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  check_value TEXT NOT NULL
);

-- quyet_dinh_lien_ket: Quyết định về người / Decisions about who is one person; rows are only added, numbers have no gaps
CREATE TABLE IF NOT EXISTS quyet_dinh_lien_ket (
  id INTEGER PRIMARY KEY,
  luc TEXT NOT NULL,
  nguoi_thuc_hien TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('answer', 'verified', 'batch', 'undo')),
  left_key TEXT,
  right_key TEXT,
  answer TEXT CHECK (answer IN ('same', 'different')),
  record_key TEXT,
  number_hash TEXT,
  result TEXT CHECK (result IN ('match', 'no match')),
  corrected_hash TEXT,
  masked TEXT,
  file_sha256 TEXT,
  file_name TEXT,
  file_rows INTEGER,
  undoes INTEGER,
  taken_from TEXT
);

-- xac_thuc_da_gui: Dòng đã gửi xác thực / Rows that were written out for verification, by which an answer is recognised
CREATE TABLE IF NOT EXISTS xac_thuc_da_gui (
  reference TEXT NOT NULL,
  seal TEXT NOT NULL,
  record_key TEXT NOT NULL,
  number_hash TEXT NOT NULL,
  PRIMARY KEY (reference, seal)
);

-- lan_lien_ket: Lần nối người / Runs of the linkage, and from which releases and decisions each was made
CREATE TABLE IF NOT EXISTS lan_lien_ket (
  id INTEGER PRIMARY KEY,
  luc TEXT NOT NULL,
  releases TEXT NOT NULL,
  decisions INTEGER NOT NULL,
  records INTEGER NOT NULL,
  people INTEGER NOT NULL,
  linked INTEGER NOT NULL,
  review INTEGER NOT NULL,
  refused INTEGER NOT NULL
);

-- lien_ket_nguoi: Ai là cùng một người / Who is one person, as the newest run found; each run replaces all of it
CREATE TABLE IF NOT EXISTS lien_ket_nguoi (
  record_key TEXT NOT NULL PRIMARY KEY,
  nguoi_id TEXT NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('alone', 'number', 'likeness', 'officer')),
  bits REAL
);
CREATE INDEX IF NOT EXISTS ix_lien_ket_nguoi_1 ON lien_ket_nguoi (nguoi_id);

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
CREATE INDEX IF NOT EXISTS ix_ca_nhan_1 ON ca_nhan (ca_nhan_id);

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
CREATE INDEX IF NOT EXISTS ix_cong_dong_1 ON cong_dong (cong_dong_id);

-- giao_dich_bao_dam: Giao dịch bảo đảm (thế chấp) / Secured transaction (mortgage)
CREATE TABLE IF NOT EXISTS giao_dich_bao_dam (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  giao_dich_bao_dam_id TEXT NOT NULL,
  giao_dich_id TEXT,
  giao_dich_bao_dam_cha_id TEXT,
  loai_giao_dich_bao_dam TEXT,
  so_dang_ky TEXT,
  thoi_diem_dang_ky TEXT,
  ngay_bat_dau TEXT,
  ngay_ket_thuc TEXT,
  so_hop_dong TEXT,
  ben_the_chap_id TEXT,
  loai_doi_tuong TEXT,
  chu_id TEXT,
  quyen_so TEXT,
  so_thu_tu TEXT,
  ben_the_chap_khac_id TEXT,
  chu_khac_id TEXT,
  ben_bao_lanh_id TEXT,
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
CREATE INDEX IF NOT EXISTS ix_giao_dich_bao_dam_hien_hanh ON giao_dich_bao_dam (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giao_dich_bao_dam_1 ON giao_dich_bao_dam (giao_dich_bao_dam_id);

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
CREATE INDEX IF NOT EXISTS ix_giay_chung_nhan_2 ON giay_chung_nhan (giay_chung_nhan_id);

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
CREATE INDEX IF NOT EXISTS ix_ho_gia_dinh_1 ON ho_gia_dinh (ho_gia_dinh_id);

-- ho_so_quet: Hồ sơ quét / Scanned dossier
CREATE TABLE IF NOT EXISTS ho_so_quet (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ho_so_quet_id TEXT NOT NULL,
  giao_dich_id TEXT,
  kho TEXT,
  day TEXT,
  ke TEXT,
  hop TEXT,
  so_thu_tu_ho_so INTEGER,
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
CREATE INDEX IF NOT EXISTS ix_ho_so_quet_hien_hanh ON ho_so_quet (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_ho_so_quet_1 ON ho_so_quet (ho_so_quet_id);

-- ngan_chan: Ngăn chặn giao dịch / Block on transactions
CREATE TABLE IF NOT EXISTS ngan_chan (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  ngan_chan_id TEXT NOT NULL,
  thua_key TEXT,
  tai_san_id TEXT,
  giay_chung_nhan_id TEXT,
  loai_van_ban_han_che TEXT,
  so_van_ban TEXT,
  ngay_ban_hanh TEXT,
  co_quan_ban_hanh TEXT,
  noi_dung TEXT,
  ngay_het_hieu_luc TEXT,
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
CREATE INDEX IF NOT EXISTS ix_ngan_chan_hien_hanh ON ngan_chan (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_ngan_chan_1 ON ngan_chan (thua_key);
CREATE INDEX IF NOT EXISTS ix_ngan_chan_2 ON ngan_chan (tai_san_id);
CREATE INDEX IF NOT EXISTS ix_ngan_chan_3 ON ngan_chan (giay_chung_nhan_id);

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
CREATE INDEX IF NOT EXISTS ix_nhom_nguoi_1 ON nhom_nguoi (nhom_nguoi_id);

-- noi_dung_giao_dich: Nội dung giao dịch / Content of a transaction
CREATE TABLE IF NOT EXISTS noi_dung_giao_dich (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  giao_dich_id TEXT NOT NULL,
  noi_dung TEXT,
  so_hop_dong TEXT,
  ngay_hop_dong TEXT,
  gia_tri_hop_dong REAL,
  so_cong_chung TEXT,
  ngay_cong_chung TEXT,
  noi_cong_chung TEXT,
  noi_dung_hop_dong TEXT,
  quyen_cong_chung TEXT,
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
CREATE INDEX IF NOT EXISTS ix_noi_dung_giao_dich_hien_hanh ON noi_dung_giao_dich (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_noi_dung_giao_dich_1 ON noi_dung_giao_dich (giao_dich_id);

-- quyen_quan_ly_dat: Quyền quản lý đất / Right to manage land
CREATE TABLE IF NOT EXISTS quyen_quan_ly_dat (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  quyen_quan_ly_id TEXT NOT NULL,
  thua_key TEXT,
  loai_doi_tuong TEXT,
  chu_id TEXT,
  so_thu_tu INTEGER,
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
CREATE INDEX IF NOT EXISTS ix_quyen_quan_ly_dat_hien_hanh ON quyen_quan_ly_dat (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_quyen_quan_ly_dat_1 ON quyen_quan_ly_dat (thua_key);

-- quyen_so_huu_tai_san: Quyền sở hữu tài sản gắn liền với đất / Ownership of an asset on land
CREATE TABLE IF NOT EXISTS quyen_so_huu_tai_san (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  quyen_so_huu_id TEXT NOT NULL,
  tai_san_id TEXT,
  loai_doi_tuong TEXT,
  chu_id TEXT,
  giay_chung_nhan_id TEXT,
  hinh_thuc_so_huu TEXT,
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
CREATE INDEX IF NOT EXISTS ix_quyen_so_huu_tai_san_hien_hanh ON quyen_so_huu_tai_san (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_quyen_so_huu_tai_san_1 ON quyen_so_huu_tai_san (tai_san_id);
CREATE INDEX IF NOT EXISTS ix_quyen_so_huu_tai_san_2 ON quyen_so_huu_tai_san (chu_id);

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

-- tai_san_bao_dam: Tài sản bảo đảm / Secured asset
CREATE TABLE IF NOT EXISTS tai_san_bao_dam (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  giao_dich_bao_dam_id TEXT NOT NULL,
  so_thu_tu INTEGER NOT NULL,
  loai_tai_san TEXT,
  thua_key TEXT,
  tai_san_id TEXT,
  giay_chung_nhan_id TEXT,
  dien_tich_the_chap REAL,
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
CREATE INDEX IF NOT EXISTS ix_tai_san_bao_dam_hien_hanh ON tai_san_bao_dam (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tai_san_bao_dam_1 ON tai_san_bao_dam (thua_key);
CREATE INDEX IF NOT EXISTS ix_tai_san_bao_dam_2 ON tai_san_bao_dam (giao_dich_bao_dam_id);

-- tep_ho_so_quet: Tệp của hồ sơ quét / File of a scanned dossier
CREATE TABLE IF NOT EXISTS tep_ho_so_quet (
  version_id INTEGER PRIMARY KEY AUTOINCREMENT,
  tep_ho_so_quet_id TEXT NOT NULL,
  ho_so_quet_id TEXT,
  thua_key TEXT,
  giay_chung_nhan_id TEXT,
  ten_file TEXT,
  mo_ta TEXT,
  tep_sha256 TEXT,
  so_trang INTEGER,
  la_giay_chung_nhan BOOLEAN,
  la_giay_to_nguon_goc BOOLEAN,
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
CREATE INDEX IF NOT EXISTS ix_tep_ho_so_quet_hien_hanh ON tep_ho_so_quet (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tep_ho_so_quet_1 ON tep_ho_so_quet (thua_key);
CREATE INDEX IF NOT EXISTS ix_tep_ho_so_quet_2 ON tep_ho_so_quet (giay_chung_nhan_id);

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
CREATE INDEX IF NOT EXISTS ix_to_chuc_1 ON to_chuc (to_chuc_id);

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
CREATE INDEX IF NOT EXISTS ix_vo_chong_1 ON vo_chong (vo_chong_id);
CREATE INDEX IF NOT EXISTS ix_vo_chong_2 ON vo_chong (vo_id);
CREATE INDEX IF NOT EXISTS ix_vo_chong_3 ON vo_chong (chong_id);

CREATE TRIGGER IF NOT EXISTS quyet_dinh_lien_ket_no_delete BEFORE DELETE ON quyet_dinh_lien_ket
BEGIN
  SELECT RAISE(ROLLBACK, 'quyet_dinh_lien_ket: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS quyet_dinh_lien_ket_no_update BEFORE UPDATE ON quyet_dinh_lien_ket
BEGIN
  SELECT RAISE(ROLLBACK, 'quyet_dinh_lien_ket: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS quyet_dinh_lien_ket_no_replace BEFORE INSERT ON quyet_dinh_lien_ket
BEGIN
  SELECT RAISE(ROLLBACK, 'quyet_dinh_lien_ket: what was entered here stays as it is') WHERE EXISTS (SELECT 1 FROM quyet_dinh_lien_ket WHERE id = NEW.id);
END;

CREATE TRIGGER IF NOT EXISTS xac_thuc_da_gui_no_delete BEFORE DELETE ON xac_thuc_da_gui
BEGIN
  SELECT RAISE(ROLLBACK, 'xac_thuc_da_gui: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS xac_thuc_da_gui_no_update BEFORE UPDATE ON xac_thuc_da_gui
BEGIN
  SELECT RAISE(ROLLBACK, 'xac_thuc_da_gui: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS xac_thuc_da_gui_no_replace BEFORE INSERT ON xac_thuc_da_gui
BEGIN
  SELECT RAISE(ROLLBACK, 'xac_thuc_da_gui: what was entered here stays as it is') WHERE EXISTS (SELECT 1 FROM xac_thuc_da_gui WHERE reference = NEW.reference AND seal = NEW.seal);
END;

CREATE TRIGGER IF NOT EXISTS lan_lien_ket_no_delete BEFORE DELETE ON lan_lien_ket
BEGIN
  SELECT RAISE(ROLLBACK, 'lan_lien_ket: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS lan_lien_ket_no_update BEFORE UPDATE ON lan_lien_ket
BEGIN
  SELECT RAISE(ROLLBACK, 'lan_lien_ket: what was entered here stays as it is');
END;

CREATE TRIGGER IF NOT EXISTS lan_lien_ket_no_replace BEFORE INSERT ON lan_lien_ket
BEGIN
  SELECT RAISE(ROLLBACK, 'lan_lien_ket: what was entered here stays as it is') WHERE EXISTS (SELECT 1 FROM lan_lien_ket WHERE id = NEW.id);
END;
