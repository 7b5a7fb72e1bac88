"""The embedded land database: `land.gpkg` for everybody, `holders.sqlite` for those who may know the holders."""

from pipelines.store.database import HOLDERS, HOLDERS_FILE, LAND_FILE, Store, open_reader, open_store
from pipelines.store.identity import Assignment, assign, record, settle
from pipelines.store.reading import as_of, current, current_holders, history, released
from pipelines.store.releases import Release, begin, finish, latest, listing, rollback
from pipelines.store.tables import Table, holder_tables, land_tables
from pipelines.store.versions import Difference, Moment, compare, write

__all__ = [
    "HOLDERS",
    "HOLDERS_FILE",
    "LAND_FILE",
    "Assignment",
    "Difference",
    "Moment",
    "Release",
    "Store",
    "Table",
    "as_of",
    "assign",
    "begin",
    "compare",
    "current",
    "current_holders",
    "finish",
    "history",
    "holder_tables",
    "land_tables",
    "latest",
    "listing",
    "open_reader",
    "open_store",
    "record",
    "released",
    "rollback",
    "settle",
    "write",
]
