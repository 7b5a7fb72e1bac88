INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
  VALUES ('canh_bao_{srid}', 'features', 'canh_bao_{srid}', 'Cảnh báo', {srid});
INSERT OR IGNORE INTO gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m)
  VALUES ('canh_bao_{srid}', 'geom', 'GEOMETRY', {srid}, 0, 0);
INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
  VALUES ('thua_dat_{srid}', 'features', 'thua_dat_{srid}', 'Thửa đất', {srid});
INSERT OR IGNORE INTO gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m)
  VALUES ('thua_dat_{srid}', 'geom', 'POLYGON', {srid}, 0, 0);
INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
  VALUES ('xa_{srid}', 'features', 'xa_{srid}', 'Xã', {srid});
INSERT OR IGNORE INTO gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m)
  VALUES ('xa_{srid}', 'geom', 'MULTIPOLYGON', {srid}, 0, 0);
