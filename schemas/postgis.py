"""SQL of the land database for PostGIS: schemas, tables, partitions by commune, and who may do what."""

from functools import cache

from schemas import ddl, guards

LAND, HOLDERS = "land", "holders"
READER, HOLDER_READER, WRITER = "diachinh_reader", "diachinh_holder_reader", "diachinh_writer"
"""Roles nobody logs in with: they are granted to accounts. A reader does not even see the holder schema."""

_SCHEMAS = f"""-- Made by `python -m schemas build`; {ddl.ZONE} stands for the EPSG code of the zone.
CREATE SCHEMA IF NOT EXISTS {LAND};
CREATE SCHEMA IF NOT EXISTS {HOLDERS};
"""

_PARTITIONS = f"""-- Phân vùng của một xã / Partition of a commune: made with the rights of the owner, on its own.
-- Attaching keeps neither readers nor writers of other communes waiting, as CREATE … PARTITION OF would.
CREATE OR REPLACE FUNCTION {LAND}.make_partition(zone integer, commune text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {LAND}, pg_temp AS $body$
DECLARE
  whole text := format('thua_dat_%s', zone);
  part text := format('thua_dat_%s_%s', zone, commune);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(part, 1));
  IF to_regclass(format('{LAND}.%I', part)) IS NULL THEN
    EXECUTE format('CREATE TABLE {LAND}.%I (LIKE {LAND}.%I INCLUDING ALL)', part, whole);
    EXECUTE format('ALTER TABLE {LAND}.%I ATTACH PARTITION {LAND}.%I FOR VALUES IN (%L)', whole, part, commune);
  END IF;
END
$body$;
"""

_EXTENTS = f"""-- Phạm vi từng xã / Where the parcels of each commune lie: boxes that only grow.
-- A question about a place is planned for the partitions of its communes alone; for all of them planning takes longer.
CREATE TABLE IF NOT EXISTS {LAND}.pham_vi (
  srid integer NOT NULL, ma_xa text NOT NULL, geom geometry NOT NULL, PRIMARY KEY (srid, ma_xa));
INSERT INTO {LAND}.pham_vi
SELECT {ddl.ZONE}, ma_xa, ST_SetSRID(ST_Extent(geom)::geometry, {ddl.ZONE})
FROM {LAND}.{ddl.table_name("thua_dat", ddl.ZONE)} t
WHERE geom IS NOT NULL
  AND NOT EXISTS (SELECT FROM {LAND}.pham_vi p WHERE p.srid = {ddl.ZONE} AND p.ma_xa = t.ma_xa)
GROUP BY ma_xa;
"""

_RIGHTS = f"""-- Quyền / Rights
REVOKE ALL ON FUNCTION {LAND}.make_partition(integer, text) FROM PUBLIC;
GRANT USAGE ON SCHEMA {LAND} TO {READER}, {HOLDER_READER}, {WRITER};
GRANT SELECT ON ALL TABLES IN SCHEMA {LAND} TO {READER}, {HOLDER_READER};
GRANT USAGE ON SCHEMA {HOLDERS} TO {HOLDER_READER}, {WRITER};
GRANT SELECT ON ALL TABLES IN SCHEMA {HOLDERS} TO {HOLDER_READER};
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {LAND}, {HOLDERS} TO {WRITER};
REVOKE INSERT, UPDATE ON {LAND}.luoc_do, {LAND}.vung_toa_do FROM {WRITER};
REVOKE UPDATE ON {LAND}.nhat_ky, {LAND}.dinh_danh, {LAND}.khoa_thua FROM {WRITER};
GRANT UPDATE (thua_dat_id, release_to) ON {LAND}.dinh_danh TO {WRITER};
GRANT UPDATE (release_to) ON {LAND}.khoa_thua TO {WRITER};
REVOKE UPDATE ON {HOLDERS}.quyet_dinh_lien_ket, {HOLDERS}.xac_thuc_da_gui, {HOLDERS}.lan_lien_ket FROM {WRITER};
GRANT DELETE ON {HOLDERS}.lien_ket_nguoi TO {WRITER};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA {LAND}, {HOLDERS} TO {WRITER};
GRANT EXECUTE ON FUNCTION {LAND}.make_partition(integer, text) TO {WRITER};
"""


@cache
def template() -> str:
    """Return the SQL of both schemas with `{srid}` in place of the zone; it may be run again for another zone."""
    land, holders = ddl.Dialect(is_postgis=True, schema=LAND), ddl.Dialect(is_postgis=True, schema=HOLDERS)
    views = "".join(_view(table) for table in ddl.spatial_tables(ddl.ZONE))
    guarded = guards.of_postgis(LAND, ddl.table_name("thua_dat", ddl.ZONE)) + guards.of_holder_schema(HOLDERS, LAND)
    return "\n".join(
        [_SCHEMAS, ddl.land_template(land), ddl.holders(holders), views, guarded, _PARTITIONS, _EXTENTS, _RIGHTS]
    )


def script(srid: int) -> str:
    """Return the SQL of both schemas with the tables of one zone."""
    return template().replace(ddl.ZONE, str(srid))


def _view(table: ddl.SpatialTable) -> str:
    """Return the view of the versions that hold now, for those who open the database without knowing versions."""
    view = f"{LAND}.{ddl.current_view(table.name)}"
    columns = ", ".join(f'"{name}"' for name in ddl.current_columns(table.name))
    return (
        f"DROP VIEW IF EXISTS {view};\n"
        f"CREATE VIEW {view} AS SELECT version_id, {columns} FROM {LAND}.{table.name} WHERE tx_to IS NULL;\n"
    )
