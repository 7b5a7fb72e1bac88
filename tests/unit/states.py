"""What a store holds, to compare it before and after something was done to it."""

import sqlite3
from pathlib import Path

import psycopg

from pipelines.safety.contents import Content, contents
from pipelines.safety.server import snapshot_contents
from pipelines.store import opening

FIXTURES = Path(__file__).parents[1] / "fixtures"


def state(place: str) -> dict[str, Content]:
    """Return what a store holds, opened by a new reader."""
    with opening.read_as_it_is(place) as store, store.holders():
        return snapshot_contents(store) if store.dialect.is_postgis else contents(store)


def held(former: str, place: str) -> dict[str, Content]:
    """Return what a store holds that a restore set aside."""
    if place.startswith("gpkg:"):
        return state(f"gpkg:{former}")
    names = dict(zip(("land", "holders"), former.split(", "), strict=True))
    swap = ("ALTER SCHEMA {0} RENAME TO {0}_away", "ALTER SCHEMA {1} RENAME TO {0}")
    back = ("ALTER SCHEMA {0} RENAME TO {1}", "ALTER SCHEMA {0}_away RENAME TO {0}")
    with psycopg.connect(place, autocommit=True) as owner:
        for name, other in names.items():
            for statement in swap:
                owner.execute(statement.format(name, other))
        found = state(place)
        for name, other in names.items():
            for statement in back:
                owner.execute(statement.format(name, other))
    return found


def first_version(home: Path) -> None:
    """Make a store as the program made it in the first version."""
    home.mkdir()
    for file, script in (("land.gpkg", "land_v1.sql"), ("holders.sqlite", "holders_v1.sql")):
        with sqlite3.connect(home / file) as database:
            database.executescript((FIXTURES / script).read_text(encoding="utf-8"))
        database.close()
