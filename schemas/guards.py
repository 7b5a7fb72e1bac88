"""What the database itself refuses, whoever asks: codes and keys that were given, and what was decided, stay.

TT 19/2026, Annex I: a code is given to one piece of land for ever. A parcel may get another key (a reform of the
communes); its code follows it where `khoa_thua` says which key took the place of which. GeoPackage knows triggers
that fire at once, PostGIS also one that waits for the end of the transaction, when codes and versions are both written.
In SQLite a refusal undoes the transaction: one that undid its statement alone would be paid for with every row.
"""

_KEPT: dict[str, tuple[str, ...]] = {
    "dinh_danh": ("ma_dinh_danh_thua", "x", "y", "srid", "lon", "lat", "algorithm", "release_from"),
    "khoa_thua": ("thua_dat_id_cu", "thua_dat_id_moi", "ma_xa_cu", "ky_dia_gioi_cu", "release_from"),
    "nhat_ky": (),
}
"""Tables whose rows are never deleted, with the columns that never change; none named means all."""

_TAKEN = {
    "dinh_danh": "ma_dinh_danh_thua = NEW.ma_dinh_danh_thua OR thua_dat_id = NEW.thua_dat_id",
    "khoa_thua": "thua_dat_id_cu = NEW.thua_dat_id_cu AND release_from = NEW.release_from",
    "nhat_ky": "id = NEW.id",
}
"""Where a new row has the key of another, which `INSERT OR REPLACE` would delete without asking a trigger."""

_DECIDED = {
    "quyet_dinh_lien_ket": "id = NEW.id",
    "xac_thuc_da_gui": "reference = NEW.reference AND seal = NEW.seal",
    "lan_lien_ket": "id = NEW.id",
}
"""Tables of the holders to which rows are only added: who is one person, and who said so when."""

_IDENTITY = ("thua_dat_id", "ma_dinh_danh_thua")
"""Columns of a version that say which land it is about."""

GIVEN = "this code was given to another parcel"
FOLLOWS = "a code follows a parcel only to the key that khoa_thua holds"
KEPT = "what was entered here stays as it is"


def _linked(one: str, other: str, schema: str = "") -> str:
    """Return the condition that two keys are of one parcel, before and after a reform."""
    return (
        f"EXISTS (SELECT 1 FROM {schema}khoa_thua AS k WHERE (k.thua_dat_id_cu = {one} AND k.thua_dat_id_moi = {other})"
        f" OR (k.thua_dat_id_cu = {other} AND k.thua_dat_id_moi = {one}))"
    )


def of_geopackage(versions: str) -> str:
    """Return the triggers of the land database, where a table holds the versions of parcels."""
    made = [text for table, taken in _TAKEN.items() for text in _keeping(table, taken, _KEPT[table])]
    made += [
        _trigger(
            "dinh_danh_follows",
            "UPDATE OF thua_dat_id ON dinh_danh",
            FOLLOWS,
            "NEW.thua_dat_id IS NOT OLD.thua_dat_id AND (EXISTS (SELECT 1 FROM dinh_danh WHERE thua_dat_id = "
            f"NEW.thua_dat_id) OR NOT {_linked('OLD.thua_dat_id', 'NEW.thua_dat_id')})",
        ),
        _trigger(f"{versions}_no_update", f"UPDATE OF {', '.join(_IDENTITY)} ON {versions}", KEPT),
        _trigger(f"{versions}_given", f"INSERT ON {versions}", GIVEN, _elsewhere("dinh_danh")),
        _trigger(f"{versions}_carried", "INSERT ON dinh_danh", GIVEN, _elsewhere(versions, "AND o.tx_to IS NULL ")),
    ]
    return "\n".join(made)


def of_holder_file(schema: str) -> str:
    """Return the triggers of the holder database in SQLite, attached under a name or alone."""
    made = [text for table, taken in _DECIDED.items() for text in _keeping(table, taken, (), schema)]
    return "\n".join(made)


def of_holder_schema(schema: str, functions: str) -> str:
    """Return the triggers of the holder schema of PostGIS; the functions stand in another schema."""
    made = [text for table in _DECIDED for text in _kept(f"{schema}.", table, (), f"{functions}.")]
    return "\n".join(made)


def _keeping(table: str, taken: str, columns: tuple[str, ...], schema: str = "") -> list[str]:
    """Return what keeps the rows of a table in SQLite: no deletion, no change, no replacement."""
    named = f"{schema}.{table}" if schema else table
    return [
        _trigger(f"{named}_no_delete", f"DELETE ON {table}", KEPT),
        _trigger(f"{named}_no_update", f"UPDATE {_of(columns)}ON {table}", KEPT),
        _trigger(f"{named}_no_replace", f"INSERT ON {table}", KEPT, f"EXISTS (SELECT 1 FROM {table} WHERE {taken})"),
    ]


def _trigger(name: str, event: str, message: str, condition: str = "") -> str:
    where = f" WHERE {condition}" if condition else ""
    return (
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event}\n"
        f"BEGIN\n  SELECT RAISE(ROLLBACK, '{event.split()[-1]}: {message}'){where};\nEND;\n"
    )


def _of(columns: tuple[str, ...]) -> str:
    return f"OF {', '.join(columns)} " if columns else ""


def _elsewhere(table: str, condition: str = "") -> str:
    """Return the condition that the code of a new row stands in a table, with another parcel."""
    return (
        f"NEW.ma_dinh_danh_thua IS NOT NULL AND EXISTS (SELECT 1 FROM {table} AS o "
        f"WHERE o.ma_dinh_danh_thua = NEW.ma_dinh_danh_thua {condition}AND o.thua_dat_id <> NEW.thua_dat_id "
        f"AND NOT {_linked('o.thua_dat_id', 'NEW.thua_dat_id')})"
    )


def of_postgis(schema: str, versions: str) -> str:
    """Return functions and triggers of the land schema, where a table holds the versions of parcels."""
    own = f"{schema}."
    functions = [
        _function(f"{own}refuse", "TRUE", KEPT),
        _function(f"{own}follow_key", f"NOT {_linked('OLD.thua_dat_id', 'NEW.thua_dat_id', own)}", FOLLOWS),
        _function(
            f"{own}own_code",
            f"NOT EXISTS (SELECT 1 FROM {own}dinh_danh AS d WHERE d.ma_dinh_danh_thua = NEW.ma_dinh_danh_thua "
            f"AND (d.thua_dat_id = NEW.thua_dat_id OR {_linked('d.thua_dat_id', 'NEW.thua_dat_id', own)}))",
            GIVEN,
        ),
    ]
    made = [text for table, columns in _KEPT.items() for text in _kept(own, table, columns, own)]
    kept = ", ".join(_IDENTITY)
    moved = "ROW WHEN (OLD.thua_dat_id <> NEW.thua_dat_id)"
    made += [
        _made(own, "dinh_danh", "dinh_danh_follows", "BEFORE UPDATE OF thua_dat_id", moved, f"{own}follow_key"),
        _made(own, versions, f"{versions}_no_update", f"BEFORE UPDATE OF {kept}", "ROW", f"{own}refuse"),
        _made(
            own,
            versions,
            f"{versions}_given",
            "AFTER INSERT",
            "ROW WHEN (NEW.ma_dinh_danh_thua IS NOT NULL)",
            f"{own}own_code",
            "CONSTRAINT ",
        ),
    ]
    return "\n".join([*functions, *made])


def _kept(own: str, table: str, columns: tuple[str, ...], functions: str) -> list[str]:
    """Return what keeps the rows of a table in PostGIS."""
    changed = f"BEFORE UPDATE {_of(columns)}".rstrip()
    return [
        _made(own, table, f"{table}_no_delete", "BEFORE DELETE OR TRUNCATE", "STATEMENT", f"{functions}refuse"),
        _made(own, table, f"{table}_no_update", changed, "STATEMENT", f"{functions}refuse"),
    ]


def _function(name: str, condition: str, message: str) -> str:
    return f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF {condition} THEN
    RAISE EXCEPTION '%: {message}', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$body$;
"""


def _made(own: str, table: str, name: str, event: str, each: str, function: str, kind: str = "") -> str:
    late = " DEFERRABLE INITIALLY DEFERRED" if kind else ""
    return (
        f"DROP TRIGGER IF EXISTS {name} ON {own}{table};\n"
        f"CREATE {kind}TRIGGER {name} {event} ON {own}{table}{late}\n"
        f"  FOR EACH {each} EXECUTE FUNCTION {function}();\n"
    )
