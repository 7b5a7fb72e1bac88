-- Made by `python -m schemas build`; {srid} stands for the EPSG code of the zone.
CREATE SCHEMA IF NOT EXISTS land;
CREATE SCHEMA IF NOT EXISTS holders;

-- luoc_do: Phiên bản lược đồ / Version of the schema
CREATE TABLE IF NOT EXISTS land.luoc_do (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  version BIGINT NOT NULL,
  changed_at TEXT COLLATE "C" NOT NULL
);

-- vung_toa_do: Múi tọa độ và bảng thửa của nó / Zones and their parcel tables
CREATE TABLE IF NOT EXISTS land.vung_toa_do (
  srid BIGINT PRIMARY KEY,
  bang TEXT COLLATE "C" NOT NULL UNIQUE
);

-- dinh_danh: Mã định danh thửa, cấp một lần / National identifiers: one row for ever, given to no other parcel
CREATE TABLE IF NOT EXISTS land.dinh_danh (
  ma_dinh_danh_thua TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  thua_dat_id TEXT COLLATE "C" NOT NULL UNIQUE,
  x DOUBLE PRECISION NOT NULL,
  y DOUBLE PRECISION NOT NULL,
  srid BIGINT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  algorithm TEXT COLLATE "C" NOT NULL,
  release_from BIGINT NOT NULL,
  release_to BIGINT
);
CREATE INDEX IF NOT EXISTS ix_dinh_danh_1 ON land.dinh_danh (release_from);

-- khoa_thua: Khóa cũ và khóa mới của thửa / Keys that parcels had, and what took their place; they answer for ever
CREATE TABLE IF NOT EXISTS land.khoa_thua (
  thua_dat_id_cu TEXT COLLATE "C" NOT NULL,
  thua_dat_id_moi TEXT COLLATE "C" NOT NULL,
  ma_xa_cu TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi_cu TEXT COLLATE "C" NOT NULL,
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  PRIMARY KEY (thua_dat_id_cu, release_from)
);
CREATE INDEX IF NOT EXISTS ix_khoa_thua_1 ON land.khoa_thua (thua_dat_id_moi);

-- nhat_ky: Nhật ký / Log: who asked for what, and what became of it; rows are only added
CREATE TABLE IF NOT EXISTS land.nhat_ky (
  id BIGSERIAL PRIMARY KEY,
  luc TEXT COLLATE "C" NOT NULL,
  lenh TEXT COLLATE "C" NOT NULL,
  nguoi_thuc_hien TEXT COLLATE "C" NOT NULL,
  ma_xa TEXT COLLATE "C",
  ky_dia_gioi TEXT COLLATE "C",
  giao_dich_id TEXT COLLATE "C",
  ket_qua TEXT COLLATE "C" NOT NULL CHECK (ket_qua IN ('ghi', 'tu_choi')),
  ly_do TEXT COLLATE "C",
  goi_sha256 TEXT COLLATE "C",
  release_id BIGINT
);
CREATE INDEX IF NOT EXISTS ix_nhat_ky_1 ON land.nhat_ky (giao_dich_id);

-- ban_phat_hanh: Bản phát hành / Release
CREATE TABLE IF NOT EXISTS land.ban_phat_hanh (
  release_id BIGSERIAL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('load', 'rollback', 'change', 'reform')),
  started_at TEXT COLLATE "C" NOT NULL,
  finished_at TEXT COLLATE "C",
  package_sha256 TEXT COLLATE "C",
  counts TEXT COLLATE "C",
  verdict TEXT COLLATE "C",
  srid BIGINT,
  giao_dich_id TEXT COLLATE "C",
  nguoi_thuc_hien TEXT COLLATE "C",
  PRIMARY KEY (release_id)
);
CREATE INDEX IF NOT EXISTS ix_ban_phat_hanh_1 ON land.ban_phat_hanh (ma_xa, ky_dia_gioi);

-- canh_bao_{srid}: Cảnh báo / Finding
CREATE TABLE IF NOT EXISTS land.canh_bao_{srid} (
  version_id BIGSERIAL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  code TEXT COLLATE "C" NOT NULL,
  feature_id TEXT COLLATE "C",
  other_id TEXT COLLATE "C",
  thua_dat_id TEXT COLLATE "C",
  value DOUBLE PRECISION,
  "limit" DOUBLE PRECISION,
  detail TEXT COLLATE "C",
  source TEXT COLLATE "C",
  geom geometry(Geometry,{srid}),
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_canh_bao_{srid}_hien_hanh ON land.canh_bao_{srid} (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_canh_bao_{srid}_geom ON land.canh_bao_{srid} USING gist (geom);
CREATE INDEX IF NOT EXISTS ix_canh_bao_{srid}_1 ON land.canh_bao_{srid} (thua_dat_id);
CREATE INDEX IF NOT EXISTS ix_canh_bao_{srid}_2 ON land.canh_bao_{srid} (ma_xa, code);

-- giao_dich: Giao dịch, biến động / Transaction
CREATE TABLE IF NOT EXISTS land.giao_dich (
  version_id BIGSERIAL,
  giao_dich_id TEXT COLLATE "C" NOT NULL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  loai_bien_dong TEXT COLLATE "C" NOT NULL,
  ngay_hieu_luc TEXT COLLATE "C" NOT NULL,
  thoi_diem_dang_ky TEXT COLLATE "C",
  ma_ho_so TEXT COLLATE "C",
  can_cu TEXT COLLATE "C",
  ly_do_dien_tich TEXT COLLATE "C",
  dien_tich_truoc DOUBLE PRECISION,
  dien_tich_sau DOUBLE PRECISION,
  goi_sha256 TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_giao_dich_hien_hanh ON land.giao_dich (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giao_dich_1 ON land.giao_dich (giao_dich_id);

-- han_che_quyen: Hạn chế quyền / Restriction
CREATE TABLE IF NOT EXISTS land.han_che_quyen (
  version_id BIGSERIAL,
  thua_key TEXT COLLATE "C" NOT NULL,
  so_thu_tu BIGINT NOT NULL,
  loai_han_che TEXT COLLATE "C",
  dien_tich DOUBLE PRECISION,
  noi_dung_han_che TEXT COLLATE "C",
  han_che_mot_phan BOOLEAN,
  loai_van_ban_han_che TEXT COLLATE "C",
  so_van_ban TEXT COLLATE "C",
  ngay_ban_hanh TEXT COLLATE "C",
  co_quan_ban_hanh TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_han_che_quyen_hien_hanh ON land.han_che_quyen (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_han_che_quyen_1 ON land.han_che_quyen (thua_key);

-- muc_dich_su_dung: Mục đích sử dụng đất / Land use of a parcel
CREATE TABLE IF NOT EXISTS land.muc_dich_su_dung (
  version_id BIGSERIAL,
  thua_key TEXT COLLATE "C" NOT NULL,
  so_thu_tu BIGINT NOT NULL,
  loai_dat TEXT COLLATE "C",
  loai_dat_ghi TEXT COLLATE "C",
  dien_tich DOUBLE PRECISION,
  thoi_han_su_dung TEXT COLLATE "C",
  ngay_het_han TEXT COLLATE "C",
  loai_dat_phu TEXT COLLATE "C",
  loai_dat_quy_hoach TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_muc_dich_su_dung_hien_hanh ON land.muc_dich_su_dung (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_muc_dich_su_dung_1 ON land.muc_dich_su_dung (thua_key);

-- nguon_goc_dat: Nguồn gốc sử dụng đất / Origin of land use
CREATE TABLE IF NOT EXISTS land.nguon_goc_dat (
  version_id BIGSERIAL,
  thua_key TEXT COLLATE "C" NOT NULL,
  so_thu_tu BIGINT NOT NULL,
  nguon_goc TEXT COLLATE "C",
  nguon_goc_ghi TEXT COLLATE "C",
  dien_tich DOUBLE PRECISION,
  nguon_goc_chuyen_quyen TEXT COLLATE "C",
  nguon_goc_chi_tiet TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_nguon_goc_dat_hien_hanh ON land.nguon_goc_dat (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_nguon_goc_dat_1 ON land.nguon_goc_dat (thua_key);

-- pha_he_thua: Phả hệ thửa đất / Lineage of parcels
CREATE TABLE IF NOT EXISTS land.pha_he_thua (
  version_id BIGSERIAL,
  thua_dat_id_cu TEXT COLLATE "C" NOT NULL,
  thua_dat_id_moi TEXT COLLATE "C" NOT NULL,
  giao_dich_id TEXT COLLATE "C" NOT NULL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  dien_tich_chung DOUBLE PRECISION,
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_pha_he_thua_hien_hanh ON land.pha_he_thua (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_pha_he_thua_1 ON land.pha_he_thua (thua_dat_id_cu);
CREATE INDEX IF NOT EXISTS ix_pha_he_thua_2 ON land.pha_he_thua (thua_dat_id_moi);

-- ranh_giay_to_{srid}: Ranh giới thửa theo giấy tờ / Parcel boundary by its documents
CREATE TABLE IF NOT EXISTS land.ranh_giay_to_{srid} (
  version_id BIGSERIAL,
  ranh_giay_to_id TEXT COLLATE "C" NOT NULL,
  thua_key TEXT COLLATE "C" NOT NULL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  so_hieu_to_ban_do TEXT COLLATE "C",
  so_thu_tu_thua TEXT COLLATE "C",
  dien_tich_do DOUBLE PRECISION,
  geom geometry(Geometry,{srid}),
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_ranh_giay_to_{srid}_hien_hanh ON land.ranh_giay_to_{srid} (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_ranh_giay_to_{srid}_geom ON land.ranh_giay_to_{srid} USING gist (geom);

-- tai_lieu_do_dac: Tài liệu đo đạc / Survey document
CREATE TABLE IF NOT EXISTS land.tai_lieu_do_dac (
  version_id BIGSERIAL,
  tai_lieu_do_dac_id TEXT COLLATE "C" NOT NULL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  loai_ban_do TEXT COLLATE "C",
  so_hieu_to_ban_do TEXT COLLATE "C",
  ty_le BIGINT,
  don_vi_do_dac TEXT COLLATE "C",
  phuong_phap_do TEXT COLLATE "C",
  muc_do_chinh_xac TEXT COLLATE "C",
  ngay_hoan_thanh TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_tai_lieu_do_dac_hien_hanh ON land.tai_lieu_do_dac (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tai_lieu_do_dac_1 ON land.tai_lieu_do_dac (ma_xa, so_hieu_to_ban_do);

-- tai_san: Tài sản gắn liền với đất / Asset on land
CREATE TABLE IF NOT EXISTS land.tai_san (
  version_id BIGSERIAL,
  tai_san_id TEXT COLLATE "C" NOT NULL,
  thua_key TEXT COLLATE "C",
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  loai_tai_san TEXT COLLATE "C",
  phan_loai TEXT COLLATE "C",
  thuoc_tai_san_id TEXT COLLATE "C",
  ten_tai_san TEXT COLLATE "C",
  so_hieu_can_ho TEXT COLLATE "C",
  dien_tich_xay_dung DOUBLE PRECISION,
  dien_tich_san DOUBLE PRECISION,
  dien_tich DOUBLE PRECISION,
  so_tang TEXT COLLATE "C",
  so_tang_ham TEXT COLLATE "C",
  nam_xay_dung BIGINT,
  nam_hoan_thanh BIGINT,
  ket_cau TEXT COLLATE "C",
  cap_hang TEXT COLLATE "C",
  thoi_han_so_huu TEXT COLLATE "C",
  dia_chi TEXT COLLATE "C",
  thua_key_khac TEXT COLLATE "C",
  so_nha TEXT COLLATE "C",
  dien_tich_san_phu DOUBLE PRECISION,
  vi_tri_tang TEXT COLLATE "C",
  loai_chi_tiet TEXT COLLATE "C",
  do_sau_toi_da TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_tai_san_hien_hanh ON land.tai_san (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tai_san_1 ON land.tai_san (thua_key);

-- thua_dat_{srid}: Thửa đất / Parcel
CREATE TABLE IF NOT EXISTS land.thua_dat_{srid} (
  version_id BIGSERIAL,
  thua_dat_id TEXT COLLATE "C" NOT NULL,
  ma_dinh_danh_thua TEXT COLLATE "C",
  thua_key TEXT COLLATE "C",
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  loai_ban_do TEXT COLLATE "C",
  so_hieu_to_ban_do TEXT COLLATE "C",
  so_thu_tu_thua TEXT COLLATE "C",
  loai_dat TEXT COLLATE "C",
  loai_dat_ghi TEXT COLLATE "C",
  he_loai_dat TEXT COLLATE "C" CHECK (he_loai_dat IN ('TT25/2014', 'TT08/2024', 'unknown')),
  nhom_dat TEXT COLLATE "C" CHECK (nhom_dat IN ('NNP', 'PNN', 'CSD')),
  dien_tich_do DOUBLE PRECISION,
  dien_tich_nhan DOUBLE PRECISION,
  dien_tich DOUBLE PRECISION,
  dien_tich_phap_ly DOUBLE PRECISION,
  la_doi_tuong_chiem_dat BOOLEAN,
  dia_chi TEXT COLLATE "C",
  ty_le BIGINT,
  co_dang_ky BOOLEAN,
  xep_loai TEXT COLLATE "C" CHECK (xep_loai IN ('1', '2a', '2b', '3')),
  ly_do TEXT COLLATE "C",
  so_canh_bao BIGINT,
  ma_xa_moi TEXT COLLATE "C",
  can_cu_xa_moi TEXT COLLATE "C" CHECK (can_cu_xa_moi IN ('bang', 'vi_tri', 'chua_ro')),
  so_khac TEXT COLLATE "C",
  so_hieu_to_ban_do_cu TEXT COLLATE "C",
  so_thu_tu_thua_cu TEXT COLLATE "C",
  geom geometry(Geometry,{srid}),
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id, ma_xa)
) PARTITION BY LIST (ma_xa);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_hien_hanh ON land.thua_dat_{srid} (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_release_from ON land.thua_dat_{srid} (release_from);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_release_to ON land.thua_dat_{srid} (release_to) WHERE release_to IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS ux_thua_dat_{srid}_thua_dat_id ON land.thua_dat_{srid} (thua_dat_id, ma_xa) WHERE tx_to IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS ux_thua_dat_{srid}_ma_dinh_danh_thua ON land.thua_dat_{srid} (ma_dinh_danh_thua, ma_xa) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_geom ON land.thua_dat_{srid} USING gist (geom);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_1 ON land.thua_dat_{srid} (so_hieu_to_ban_do, so_thu_tu_thua);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_2 ON land.thua_dat_{srid} (thua_dat_id, tx_from);
CREATE INDEX IF NOT EXISTS ix_thua_dat_{srid}_3 ON land.thua_dat_{srid} (thua_key);

-- to_ban_do: Tờ bản đồ địa chính / Cadastral map sheet
CREATE TABLE IF NOT EXISTS land.to_ban_do (
  version_id BIGSERIAL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  loai_ban_do TEXT COLLATE "C" NOT NULL,
  so_hieu_to_ban_do TEXT COLLATE "C" NOT NULL,
  ty_le BIGINT,
  so_thua BIGINT,
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_to_ban_do_hien_hanh ON land.to_ban_do (release_from) WHERE tx_to IS NULL;

-- xa_{srid}: Xã / Commune
CREATE TABLE IF NOT EXISTS land.xa_{srid} (
  version_id BIGSERIAL,
  ma_xa TEXT COLLATE "C" NOT NULL,
  ky_dia_gioi TEXT COLLATE "C" NOT NULL CHECK (ky_dia_gioi IN ('E2024', 'E2025A', 'E2025B', 'XX')),
  ten_xa TEXT COLLATE "C",
  geom geometry(Geometry,{srid}),
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_xa_{srid}_hien_hanh ON land.xa_{srid} (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_xa_{srid}_geom ON land.xa_{srid} USING gist (geom);

-- khoa: Giá trị kiểm tra khóa mã hóa / Check value of the key that identity numbers are encrypted with
CREATE TABLE IF NOT EXISTS holders.khoa (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  check_value TEXT COLLATE "C" NOT NULL
);

-- quyet_dinh_lien_ket: Quyết định về người / Decisions about who is one person; rows are only added, numbers have no gaps
CREATE TABLE IF NOT EXISTS holders.quyet_dinh_lien_ket (
  id BIGINT PRIMARY KEY,
  luc TEXT COLLATE "C" NOT NULL,
  nguoi_thuc_hien TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('answer', 'verified', 'batch', 'undo')),
  left_key TEXT COLLATE "C",
  right_key TEXT COLLATE "C",
  answer TEXT COLLATE "C" CHECK (answer IN ('same', 'different')),
  record_key TEXT COLLATE "C",
  number_hash TEXT COLLATE "C",
  result TEXT COLLATE "C" CHECK (result IN ('match', 'no match')),
  corrected_hash TEXT COLLATE "C",
  masked TEXT COLLATE "C",
  file_sha256 TEXT COLLATE "C",
  file_name TEXT COLLATE "C",
  file_rows BIGINT,
  undoes BIGINT,
  taken_from TEXT COLLATE "C"
);

-- xac_thuc_da_gui: Dòng đã gửi xác thực / Rows that were written out for verification, by which an answer is recognised
CREATE TABLE IF NOT EXISTS holders.xac_thuc_da_gui (
  reference TEXT COLLATE "C" NOT NULL,
  seal TEXT COLLATE "C" NOT NULL,
  record_key TEXT COLLATE "C" NOT NULL,
  number_hash TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (reference, seal)
);

-- lan_lien_ket: Lần nối người / Runs of the linkage, and from which releases and decisions each was made
CREATE TABLE IF NOT EXISTS holders.lan_lien_ket (
  id BIGINT PRIMARY KEY,
  luc TEXT COLLATE "C" NOT NULL,
  releases TEXT COLLATE "C" NOT NULL,
  decisions BIGINT NOT NULL,
  records BIGINT NOT NULL,
  people BIGINT NOT NULL,
  linked BIGINT NOT NULL,
  review BIGINT NOT NULL,
  refused BIGINT NOT NULL
);

-- lien_ket_nguoi: Ai là cùng một người / Who is one person, as the newest run found; each run replaces all of it
CREATE TABLE IF NOT EXISTS holders.lien_ket_nguoi (
  record_key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  nguoi_id TEXT COLLATE "C" NOT NULL,
  why TEXT COLLATE "C" NOT NULL CHECK (why IN ('alone', 'number', 'likeness', 'officer')),
  bits DOUBLE PRECISION
);
CREATE INDEX IF NOT EXISTS ix_lien_ket_nguoi_1 ON holders.lien_ket_nguoi (nguoi_id);

-- ca_nhan: Cá nhân / Individual
CREATE TABLE IF NOT EXISTS holders.ca_nhan (
  version_id BIGSERIAL,
  ca_nhan_id TEXT COLLATE "C" NOT NULL,
  ho_ten TEXT COLLATE "C",
  ngay_sinh TEXT COLLATE "C",
  nam_sinh BIGINT,
  gioi_tinh TEXT COLLATE "C",
  quoc_tich TEXT COLLATE "C",
  dan_toc TEXT COLLATE "C",
  dia_chi TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_ca_nhan_hien_hanh ON holders.ca_nhan (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_ca_nhan_1 ON holders.ca_nhan (ca_nhan_id);

-- cong_dong: Cộng đồng dân cư / Community
CREATE TABLE IF NOT EXISTS holders.cong_dong (
  version_id BIGSERIAL,
  cong_dong_id TEXT COLLATE "C" NOT NULL,
  ten_cong_dong TEXT COLLATE "C",
  nguoi_dai_dien_id TEXT COLLATE "C",
  dia_danh_cu_tru TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_cong_dong_hien_hanh ON holders.cong_dong (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_cong_dong_1 ON holders.cong_dong (cong_dong_id);

-- giao_dich_bao_dam: Giao dịch bảo đảm (thế chấp) / Secured transaction (mortgage)
CREATE TABLE IF NOT EXISTS holders.giao_dich_bao_dam (
  version_id BIGSERIAL,
  giao_dich_bao_dam_id TEXT COLLATE "C" NOT NULL,
  giao_dich_id TEXT COLLATE "C",
  giao_dich_bao_dam_cha_id TEXT COLLATE "C",
  loai_giao_dich_bao_dam TEXT COLLATE "C",
  so_dang_ky TEXT COLLATE "C",
  thoi_diem_dang_ky TEXT COLLATE "C",
  ngay_bat_dau TEXT COLLATE "C",
  ngay_ket_thuc TEXT COLLATE "C",
  so_hop_dong TEXT COLLATE "C",
  ben_the_chap_id TEXT COLLATE "C",
  loai_doi_tuong TEXT COLLATE "C",
  chu_id TEXT COLLATE "C",
  quyen_so TEXT COLLATE "C",
  so_thu_tu TEXT COLLATE "C",
  ben_the_chap_khac_id TEXT COLLATE "C",
  chu_khac_id TEXT COLLATE "C",
  ben_bao_lanh_id TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_giao_dich_bao_dam_hien_hanh ON holders.giao_dich_bao_dam (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giao_dich_bao_dam_1 ON holders.giao_dich_bao_dam (giao_dich_bao_dam_id);

-- giay_chung_nhan: Giấy chứng nhận / Certificate
CREATE TABLE IF NOT EXISTS holders.giay_chung_nhan (
  version_id BIGSERIAL,
  giay_chung_nhan_id TEXT COLLATE "C" NOT NULL,
  loai_giay_chung_nhan TEXT COLLATE "C",
  so_phat_hanh TEXT COLLATE "C",
  so_vao_so TEXT COLLATE "C",
  ma_vach TEXT COLLATE "C",
  ngay_cap TEXT COLLATE "C",
  ten_nguoi_ky TEXT COLLATE "C",
  don_vi_cap TEXT COLLATE "C",
  so_hieu_to_ban_do_gcn TEXT COLLATE "C",
  so_thu_tu_thua_gcn TEXT COLLATE "C",
  ten_file TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_giay_chung_nhan_hien_hanh ON holders.giay_chung_nhan (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giay_chung_nhan_1 ON holders.giay_chung_nhan (so_phat_hanh);
CREATE INDEX IF NOT EXISTS ix_giay_chung_nhan_2 ON holders.giay_chung_nhan (giay_chung_nhan_id);

-- giay_to_tuy_than: Giấy tờ tùy thân / Identity document
CREATE TABLE IF NOT EXISTS holders.giay_to_tuy_than (
  version_id BIGSERIAL,
  giay_to_id TEXT COLLATE "C" NOT NULL,
  ca_nhan_id TEXT COLLATE "C",
  loai_giay_to TEXT COLLATE "C",
  so_giay_to_ma_hoa BYTEA,
  so_giay_to_bam TEXT COLLATE "C",
  so_giay_to_che TEXT COLLATE "C",
  ngay_cap TEXT COLLATE "C",
  noi_cap TEXT COLLATE "C",
  hinh_thuc_xac_thuc TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_giay_to_tuy_than_hien_hanh ON holders.giay_to_tuy_than (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_giay_to_tuy_than_1 ON holders.giay_to_tuy_than (ca_nhan_id);
CREATE INDEX IF NOT EXISTS ix_giay_to_tuy_than_2 ON holders.giay_to_tuy_than (so_giay_to_bam);

-- ho_gia_dinh: Hộ gia đình / Household
CREATE TABLE IF NOT EXISTS holders.ho_gia_dinh (
  version_id BIGSERIAL,
  ho_gia_dinh_id TEXT COLLATE "C" NOT NULL,
  chu_ho_id TEXT COLLATE "C",
  vo_chong_chu_ho_id TEXT COLLATE "C",
  thanh_vien_id TEXT COLLATE "C",
  dia_chi TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_ho_gia_dinh_hien_hanh ON holders.ho_gia_dinh (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_ho_gia_dinh_1 ON holders.ho_gia_dinh (ho_gia_dinh_id);

-- ho_so_quet: Hồ sơ quét / Scanned dossier
CREATE TABLE IF NOT EXISTS holders.ho_so_quet (
  version_id BIGSERIAL,
  ho_so_quet_id TEXT COLLATE "C" NOT NULL,
  giao_dich_id TEXT COLLATE "C",
  kho TEXT COLLATE "C",
  day TEXT COLLATE "C",
  ke TEXT COLLATE "C",
  hop TEXT COLLATE "C",
  so_thu_tu_ho_so BIGINT,
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_ho_so_quet_hien_hanh ON holders.ho_so_quet (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_ho_so_quet_1 ON holders.ho_so_quet (ho_so_quet_id);

-- ngan_chan: Ngăn chặn giao dịch / Block on transactions
CREATE TABLE IF NOT EXISTS holders.ngan_chan (
  version_id BIGSERIAL,
  ngan_chan_id TEXT COLLATE "C" NOT NULL,
  thua_key TEXT COLLATE "C",
  tai_san_id TEXT COLLATE "C",
  giay_chung_nhan_id TEXT COLLATE "C",
  loai_van_ban_han_che TEXT COLLATE "C",
  so_van_ban TEXT COLLATE "C",
  ngay_ban_hanh TEXT COLLATE "C",
  co_quan_ban_hanh TEXT COLLATE "C",
  noi_dung TEXT COLLATE "C",
  ngay_het_hieu_luc TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_ngan_chan_hien_hanh ON holders.ngan_chan (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_ngan_chan_1 ON holders.ngan_chan (thua_key);
CREATE INDEX IF NOT EXISTS ix_ngan_chan_2 ON holders.ngan_chan (tai_san_id);
CREATE INDEX IF NOT EXISTS ix_ngan_chan_3 ON holders.ngan_chan (giay_chung_nhan_id);

-- nhom_nguoi: Nhóm người đồng sử dụng / Joint users
CREATE TABLE IF NOT EXISTS holders.nhom_nguoi (
  version_id BIGSERIAL,
  nhom_nguoi_id TEXT COLLATE "C" NOT NULL,
  nguoi_dai_dien_id TEXT COLLATE "C",
  thanh_vien_id TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_nhom_nguoi_hien_hanh ON holders.nhom_nguoi (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_nhom_nguoi_1 ON holders.nhom_nguoi (nhom_nguoi_id);

-- noi_dung_giao_dich: Nội dung giao dịch / Content of a transaction
CREATE TABLE IF NOT EXISTS holders.noi_dung_giao_dich (
  version_id BIGSERIAL,
  giao_dich_id TEXT COLLATE "C" NOT NULL,
  noi_dung TEXT COLLATE "C",
  so_hop_dong TEXT COLLATE "C",
  ngay_hop_dong TEXT COLLATE "C",
  gia_tri_hop_dong DOUBLE PRECISION,
  so_cong_chung TEXT COLLATE "C",
  ngay_cong_chung TEXT COLLATE "C",
  noi_cong_chung TEXT COLLATE "C",
  noi_dung_hop_dong TEXT COLLATE "C",
  quyen_cong_chung TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_noi_dung_giao_dich_hien_hanh ON holders.noi_dung_giao_dich (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_noi_dung_giao_dich_1 ON holders.noi_dung_giao_dich (giao_dich_id);

-- quyen_quan_ly_dat: Quyền quản lý đất / Right to manage land
CREATE TABLE IF NOT EXISTS holders.quyen_quan_ly_dat (
  version_id BIGSERIAL,
  quyen_quan_ly_id TEXT COLLATE "C" NOT NULL,
  thua_key TEXT COLLATE "C",
  loai_doi_tuong TEXT COLLATE "C",
  chu_id TEXT COLLATE "C",
  so_thu_tu BIGINT,
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_quyen_quan_ly_dat_hien_hanh ON holders.quyen_quan_ly_dat (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_quyen_quan_ly_dat_1 ON holders.quyen_quan_ly_dat (thua_key);

-- quyen_so_huu_tai_san: Quyền sở hữu tài sản gắn liền với đất / Ownership of an asset on land
CREATE TABLE IF NOT EXISTS holders.quyen_so_huu_tai_san (
  version_id BIGSERIAL,
  quyen_so_huu_id TEXT COLLATE "C" NOT NULL,
  tai_san_id TEXT COLLATE "C",
  loai_doi_tuong TEXT COLLATE "C",
  chu_id TEXT COLLATE "C",
  giay_chung_nhan_id TEXT COLLATE "C",
  hinh_thuc_so_huu TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_quyen_so_huu_tai_san_hien_hanh ON holders.quyen_so_huu_tai_san (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_quyen_so_huu_tai_san_1 ON holders.quyen_so_huu_tai_san (tai_san_id);
CREATE INDEX IF NOT EXISTS ix_quyen_so_huu_tai_san_2 ON holders.quyen_so_huu_tai_san (chu_id);

-- quyen_su_dung_dat: Quyền sử dụng đất / Land use right
CREATE TABLE IF NOT EXISTS holders.quyen_su_dung_dat (
  version_id BIGSERIAL,
  quyen_id TEXT COLLATE "C" NOT NULL,
  thua_key TEXT COLLATE "C",
  loai_doi_tuong TEXT COLLATE "C",
  chu_id TEXT COLLATE "C",
  giay_chung_nhan_id TEXT COLLATE "C",
  so_thu_tu BIGINT,
  hinh_thuc_su_dung TEXT COLLATE "C",
  vai_tro TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_quyen_su_dung_dat_hien_hanh ON holders.quyen_su_dung_dat (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_quyen_su_dung_dat_1 ON holders.quyen_su_dung_dat (thua_key);
CREATE INDEX IF NOT EXISTS ix_quyen_su_dung_dat_2 ON holders.quyen_su_dung_dat (chu_id);

-- tai_san_bao_dam: Tài sản bảo đảm / Secured asset
CREATE TABLE IF NOT EXISTS holders.tai_san_bao_dam (
  version_id BIGSERIAL,
  giao_dich_bao_dam_id TEXT COLLATE "C" NOT NULL,
  so_thu_tu BIGINT NOT NULL,
  loai_tai_san TEXT COLLATE "C",
  thua_key TEXT COLLATE "C",
  tai_san_id TEXT COLLATE "C",
  giay_chung_nhan_id TEXT COLLATE "C",
  dien_tich_the_chap DOUBLE PRECISION,
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_tai_san_bao_dam_hien_hanh ON holders.tai_san_bao_dam (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tai_san_bao_dam_1 ON holders.tai_san_bao_dam (thua_key);
CREATE INDEX IF NOT EXISTS ix_tai_san_bao_dam_2 ON holders.tai_san_bao_dam (giao_dich_bao_dam_id);

-- tep_ho_so_quet: Tệp của hồ sơ quét / File of a scanned dossier
CREATE TABLE IF NOT EXISTS holders.tep_ho_so_quet (
  version_id BIGSERIAL,
  tep_ho_so_quet_id TEXT COLLATE "C" NOT NULL,
  ho_so_quet_id TEXT COLLATE "C",
  thua_key TEXT COLLATE "C",
  giay_chung_nhan_id TEXT COLLATE "C",
  ten_file TEXT COLLATE "C",
  mo_ta TEXT COLLATE "C",
  tep_sha256 TEXT COLLATE "C",
  so_trang BIGINT,
  la_giay_chung_nhan BOOLEAN,
  la_giay_to_nguon_goc BOOLEAN,
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_tep_ho_so_quet_hien_hanh ON holders.tep_ho_so_quet (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_tep_ho_so_quet_1 ON holders.tep_ho_so_quet (thua_key);
CREATE INDEX IF NOT EXISTS ix_tep_ho_so_quet_2 ON holders.tep_ho_so_quet (giay_chung_nhan_id);

-- to_chuc: Tổ chức / Organisation
CREATE TABLE IF NOT EXISTS holders.to_chuc (
  version_id BIGSERIAL,
  to_chuc_id TEXT COLLATE "C" NOT NULL,
  ten_to_chuc TEXT COLLATE "C",
  ma_doanh_nghiep TEXT COLLATE "C",
  ma_so_thue TEXT COLLATE "C",
  loai_to_chuc TEXT COLLATE "C",
  so_quyet_dinh TEXT COLLATE "C",
  nguoi_dai_dien_id TEXT COLLATE "C",
  dia_chi TEXT COLLATE "C",
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_to_chuc_hien_hanh ON holders.to_chuc (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_to_chuc_1 ON holders.to_chuc (to_chuc_id);

-- vo_chong: Vợ chồng / Married couple
CREATE TABLE IF NOT EXISTS holders.vo_chong (
  version_id BIGSERIAL,
  vo_chong_id TEXT COLLATE "C" NOT NULL,
  vo_id TEXT COLLATE "C",
  chong_id TEXT COLLATE "C",
  in_vo_truoc BOOLEAN,
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C",
  tx_from TEXT COLLATE "C" NOT NULL,
  tx_to TEXT COLLATE "C",
  release_from BIGINT NOT NULL,
  release_to BIGINT,
  row_hash TEXT COLLATE "C" NOT NULL,
  CHECK (valid_to IS NULL OR valid_to >= valid_from),
  CHECK (tx_to IS NULL OR tx_to >= tx_from),
  PRIMARY KEY (version_id)
);
CREATE INDEX IF NOT EXISTS ix_vo_chong_hien_hanh ON holders.vo_chong (release_from) WHERE tx_to IS NULL;
CREATE INDEX IF NOT EXISTS ix_vo_chong_1 ON holders.vo_chong (vo_chong_id);
CREATE INDEX IF NOT EXISTS ix_vo_chong_2 ON holders.vo_chong (vo_id);
CREATE INDEX IF NOT EXISTS ix_vo_chong_3 ON holders.vo_chong (chong_id);

DROP VIEW IF EXISTS land.canh_bao_{srid}_hien_hanh;
CREATE VIEW land.canh_bao_{srid}_hien_hanh AS SELECT version_id, "ma_xa", "ky_dia_gioi", "code", "feature_id", "other_id", "thua_dat_id", "value", "limit", "detail", "source", "geom", "valid_from", "tx_from" FROM land.canh_bao_{srid} WHERE tx_to IS NULL;
DROP VIEW IF EXISTS land.ranh_giay_to_{srid}_hien_hanh;
CREATE VIEW land.ranh_giay_to_{srid}_hien_hanh AS SELECT version_id, "ranh_giay_to_id", "thua_key", "ma_xa", "ky_dia_gioi", "so_hieu_to_ban_do", "so_thu_tu_thua", "dien_tich_do", "geom", "valid_from", "tx_from" FROM land.ranh_giay_to_{srid} WHERE tx_to IS NULL;
DROP VIEW IF EXISTS land.thua_dat_{srid}_hien_hanh;
CREATE VIEW land.thua_dat_{srid}_hien_hanh AS SELECT version_id, "thua_dat_id", "ma_dinh_danh_thua", "thua_key", "ma_xa", "ky_dia_gioi", "loai_ban_do", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "loai_dat_ghi", "he_loai_dat", "nhom_dat", "dien_tich_do", "dien_tich_nhan", "dien_tich", "dien_tich_phap_ly", "la_doi_tuong_chiem_dat", "dia_chi", "ty_le", "co_dang_ky", "xep_loai", "ly_do", "so_canh_bao", "ma_xa_moi", "can_cu_xa_moi", "so_khac", "so_hieu_to_ban_do_cu", "so_thu_tu_thua_cu", "geom", "valid_from", "tx_from" FROM land.thua_dat_{srid} WHERE tx_to IS NULL;
DROP VIEW IF EXISTS land.xa_{srid}_hien_hanh;
CREATE VIEW land.xa_{srid}_hien_hanh AS SELECT version_id, "ma_xa", "ky_dia_gioi", "ten_xa", "geom", "valid_from", "tx_from" FROM land.xa_{srid} WHERE tx_to IS NULL;

CREATE OR REPLACE FUNCTION land.refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TRUE THEN
    RAISE EXCEPTION '%: what was entered here stays as it is', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION land.follow_key() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM land.khoa_thua AS k WHERE (k.thua_dat_id_cu = OLD.thua_dat_id AND k.thua_dat_id_moi = NEW.thua_dat_id) OR (k.thua_dat_id_cu = NEW.thua_dat_id AND k.thua_dat_id_moi = OLD.thua_dat_id)) THEN
    RAISE EXCEPTION '%: a code follows a parcel only to the key that khoa_thua holds', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$body$;

CREATE OR REPLACE FUNCTION land.own_code() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM land.dinh_danh AS d WHERE d.ma_dinh_danh_thua = NEW.ma_dinh_danh_thua AND (d.thua_dat_id = NEW.thua_dat_id OR EXISTS (SELECT 1 FROM land.khoa_thua AS k WHERE (k.thua_dat_id_cu = d.thua_dat_id AND k.thua_dat_id_moi = NEW.thua_dat_id) OR (k.thua_dat_id_cu = NEW.thua_dat_id AND k.thua_dat_id_moi = d.thua_dat_id)))) THEN
    RAISE EXCEPTION '%: this code was given to another parcel', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$body$;

DROP TRIGGER IF EXISTS dinh_danh_no_delete ON land.dinh_danh;
CREATE TRIGGER dinh_danh_no_delete BEFORE DELETE OR TRUNCATE ON land.dinh_danh
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS dinh_danh_no_update ON land.dinh_danh;
CREATE TRIGGER dinh_danh_no_update BEFORE UPDATE OF ma_dinh_danh_thua, x, y, srid, lon, lat, algorithm, release_from ON land.dinh_danh
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS khoa_thua_no_delete ON land.khoa_thua;
CREATE TRIGGER khoa_thua_no_delete BEFORE DELETE OR TRUNCATE ON land.khoa_thua
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS khoa_thua_no_update ON land.khoa_thua;
CREATE TRIGGER khoa_thua_no_update BEFORE UPDATE OF thua_dat_id_cu, thua_dat_id_moi, ma_xa_cu, ky_dia_gioi_cu, release_from ON land.khoa_thua
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS nhat_ky_no_delete ON land.nhat_ky;
CREATE TRIGGER nhat_ky_no_delete BEFORE DELETE OR TRUNCATE ON land.nhat_ky
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS nhat_ky_no_update ON land.nhat_ky;
CREATE TRIGGER nhat_ky_no_update BEFORE UPDATE ON land.nhat_ky
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS dinh_danh_follows ON land.dinh_danh;
CREATE TRIGGER dinh_danh_follows BEFORE UPDATE OF thua_dat_id ON land.dinh_danh
  FOR EACH ROW WHEN (OLD.thua_dat_id <> NEW.thua_dat_id) EXECUTE FUNCTION land.follow_key();

DROP TRIGGER IF EXISTS thua_dat_{srid}_no_update ON land.thua_dat_{srid};
CREATE TRIGGER thua_dat_{srid}_no_update BEFORE UPDATE OF thua_dat_id, ma_dinh_danh_thua ON land.thua_dat_{srid}
  FOR EACH ROW EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS thua_dat_{srid}_given ON land.thua_dat_{srid};
CREATE CONSTRAINT TRIGGER thua_dat_{srid}_given AFTER INSERT ON land.thua_dat_{srid} DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.ma_dinh_danh_thua IS NOT NULL) EXECUTE FUNCTION land.own_code();
DROP TRIGGER IF EXISTS quyet_dinh_lien_ket_no_delete ON holders.quyet_dinh_lien_ket;
CREATE TRIGGER quyet_dinh_lien_ket_no_delete BEFORE DELETE OR TRUNCATE ON holders.quyet_dinh_lien_ket
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS quyet_dinh_lien_ket_no_update ON holders.quyet_dinh_lien_ket;
CREATE TRIGGER quyet_dinh_lien_ket_no_update BEFORE UPDATE ON holders.quyet_dinh_lien_ket
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS xac_thuc_da_gui_no_delete ON holders.xac_thuc_da_gui;
CREATE TRIGGER xac_thuc_da_gui_no_delete BEFORE DELETE OR TRUNCATE ON holders.xac_thuc_da_gui
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS xac_thuc_da_gui_no_update ON holders.xac_thuc_da_gui;
CREATE TRIGGER xac_thuc_da_gui_no_update BEFORE UPDATE ON holders.xac_thuc_da_gui
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS lan_lien_ket_no_delete ON holders.lan_lien_ket;
CREATE TRIGGER lan_lien_ket_no_delete BEFORE DELETE OR TRUNCATE ON holders.lan_lien_ket
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

DROP TRIGGER IF EXISTS lan_lien_ket_no_update ON holders.lan_lien_ket;
CREATE TRIGGER lan_lien_ket_no_update BEFORE UPDATE ON holders.lan_lien_ket
  FOR EACH STATEMENT EXECUTE FUNCTION land.refuse();

-- Phân vùng của một xã / Partition of a commune: made with the rights of the owner, on its own.
-- Attaching keeps neither readers nor writers of other communes waiting, as CREATE … PARTITION OF would.
CREATE OR REPLACE FUNCTION land.make_partition(zone integer, commune text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = land, pg_temp AS $body$
DECLARE
  whole text := format('thua_dat_%s', zone);
  part text := format('thua_dat_%s_%s', zone, commune);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(part, 1));
  IF to_regclass(format('land.%I', part)) IS NULL THEN
    EXECUTE format('CREATE TABLE land.%I (LIKE land.%I INCLUDING ALL)', part, whole);
    EXECUTE format('ALTER TABLE land.%I ATTACH PARTITION land.%I FOR VALUES IN (%L)', whole, part, commune);
  END IF;
END
$body$;

-- Phạm vi từng xã / Where the parcels of each commune lie: boxes that only grow.
-- A question about a place is planned for the partitions of its communes alone; for all of them planning takes longer.
CREATE TABLE IF NOT EXISTS land.pham_vi (
  srid integer NOT NULL, ma_xa text NOT NULL, geom geometry NOT NULL, PRIMARY KEY (srid, ma_xa));
INSERT INTO land.pham_vi
SELECT {srid}, ma_xa, ST_SetSRID(ST_Extent(geom)::geometry, {srid})
FROM land.thua_dat_{srid} t
WHERE geom IS NOT NULL
  AND NOT EXISTS (SELECT FROM land.pham_vi p WHERE p.srid = {srid} AND p.ma_xa = t.ma_xa)
GROUP BY ma_xa;

-- Quyền / Rights
REVOKE ALL ON FUNCTION land.make_partition(integer, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA land TO diachinh_reader, diachinh_holder_reader, diachinh_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA land TO diachinh_reader, diachinh_holder_reader;
GRANT USAGE ON SCHEMA holders TO diachinh_holder_reader, diachinh_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA holders TO diachinh_holder_reader;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA land, holders TO diachinh_writer;
REVOKE INSERT, UPDATE ON land.luoc_do, land.vung_toa_do FROM diachinh_writer;
REVOKE UPDATE ON land.nhat_ky, land.dinh_danh, land.khoa_thua FROM diachinh_writer;
GRANT UPDATE (thua_dat_id, release_to) ON land.dinh_danh TO diachinh_writer;
GRANT UPDATE (release_to) ON land.khoa_thua TO diachinh_writer;
REVOKE UPDATE ON holders.quyet_dinh_lien_ket, holders.xac_thuc_da_gui, holders.lan_lien_ket FROM diachinh_writer;
GRANT DELETE ON holders.lien_ket_nguoi TO diachinh_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA land, holders TO diachinh_writer;
GRANT EXECUTE ON FUNCTION land.make_partition(integer, text) TO diachinh_writer;
