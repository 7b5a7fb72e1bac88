"""The land database behind one address: two files (`gpkg:FOLDER`), or PostGIS (`postgresql://…`).

What a version, a release, an identifier is, and every question, is written once over `Store`. Holders are kept apart
in both: `holders.sqlite`, or the schema `holders`.
"""

from pipelines.store.database import Moment, Store
from pipelines.store.diffs import Changes, between, count_after, moved_m, steps
from pipelines.store.geopackage_store import HOLDERS_FILE, LAND_FILE
from pipelines.store.identity import Assignment, assign, record, retire, settle
from pipelines.store.keys import counterparts, eras_of, keys_of, linked, refuse_reformed, related
from pipelines.store.lineage import Relatives, by_place, children, parents, registered
from pipelines.store.log import DONE, REFUSED, Entry, read_log, write_log
from pipelines.store.opening import is_there, open_as_it_is, open_reader, open_store, open_writer
from pipelines.store.reading import (
    as_of,
    as_of_commune,
    current,
    current_holders,
    current_rows,
    history,
    released,
    sealed_numbers,
)
from pipelines.store.releases import (
    Release,
    begin,
    finish,
    is_emptied,
    keep_key_check_value,
    key_check_value,
    latest,
    listing,
    newest,
    reform_of,
    reformed_together,
    rollback,
    verdict_of,
)
from pipelines.store.schema import migrate
from pipelines.store.tables import Table, holder_tables, land_tables, layer_table
from pipelines.store.versions import (
    Difference,
    compare,
    count_changes,
    count_current,
    keep_the_rest,
    row_hashes,
    typed,
    write,
)

__all__ = [
    "DONE",
    "HOLDERS_FILE",
    "LAND_FILE",
    "REFUSED",
    "Assignment",
    "Changes",
    "Difference",
    "Entry",
    "Moment",
    "Relatives",
    "Release",
    "Store",
    "Table",
    "as_of",
    "as_of_commune",
    "assign",
    "begin",
    "between",
    "by_place",
    "children",
    "compare",
    "count_after",
    "count_changes",
    "count_current",
    "counterparts",
    "current",
    "current_holders",
    "current_rows",
    "eras_of",
    "finish",
    "history",
    "holder_tables",
    "is_emptied",
    "is_there",
    "keep_key_check_value",
    "keep_the_rest",
    "key_check_value",
    "keys_of",
    "land_tables",
    "latest",
    "layer_table",
    "linked",
    "listing",
    "migrate",
    "moved_m",
    "newest",
    "open_as_it_is",
    "open_reader",
    "open_store",
    "open_writer",
    "parents",
    "read_log",
    "record",
    "reform_of",
    "reformed_together",
    "refuse_reformed",
    "registered",
    "related",
    "released",
    "retire",
    "rollback",
    "row_hashes",
    "sealed_numbers",
    "settle",
    "steps",
    "typed",
    "verdict_of",
    "write",
    "write_log",
]
