"""The land database behind one address: two files (`gpkg:FOLDER`), or PostGIS (`postgresql://…`).

What a version, a release, an identifier is, and every question, is written once over `Store`. Holders are kept apart
in both: `holders.sqlite`, or the schema `holders`.
"""

from pipelines.store.database import Moment, Store
from pipelines.store.geopackage_store import HOLDERS_FILE, LAND_FILE
from pipelines.store.identity import Assignment, assign, record, settle
from pipelines.store.lineage import children, parents
from pipelines.store.log import DONE, REFUSED, Entry, write_log
from pipelines.store.opening import is_there, open_as_it_is, open_reader, open_store
from pipelines.store.reading import as_of, current, current_holders, history, released, sealed_numbers
from pipelines.store.releases import (
    Release,
    begin,
    finish,
    keep_key_check_value,
    key_check_value,
    latest,
    listing,
    newest,
    rollback,
)
from pipelines.store.schema import migrate
from pipelines.store.tables import Table, holder_tables, land_tables, layer_table
from pipelines.store.versions import Difference, compare, count_changes, count_current, keep_the_rest, write

__all__ = [
    "DONE",
    "HOLDERS_FILE",
    "LAND_FILE",
    "REFUSED",
    "Assignment",
    "Difference",
    "Entry",
    "Moment",
    "Release",
    "Store",
    "Table",
    "as_of",
    "assign",
    "begin",
    "children",
    "compare",
    "count_changes",
    "count_current",
    "current",
    "current_holders",
    "finish",
    "history",
    "holder_tables",
    "is_there",
    "keep_key_check_value",
    "keep_the_rest",
    "key_check_value",
    "land_tables",
    "latest",
    "layer_table",
    "listing",
    "migrate",
    "newest",
    "open_as_it_is",
    "open_reader",
    "open_store",
    "parents",
    "record",
    "released",
    "rollback",
    "sealed_numbers",
    "settle",
    "write",
    "write_log",
]
