"""The R-tree filled at once: SQLite finds it sound, and it answers as one that was filled row by row."""

import sqlite3
from collections.abc import Iterator

import numpy as np
import pytest

from pipelines.store import rtree

NAMED = "r"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:", isolation_level=None)
    made.execute(f"CREATE VIRTUAL TABLE {NAMED} USING rtree(id, minx, maxx, miny, maxy)")
    yield made
    made.close()


def boxes(count: int, seed: int = 1) -> np.ndarray:
    west, south = np.random.default_rng(seed).uniform(500_000, 520_000, (2, count))
    return np.column_stack([west, west + 20, south, south + 15])


def found(connection: sqlite3.Connection, west: float, east: float, south: float, north: float) -> list[int]:
    sql = f"SELECT id FROM {NAMED} WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ? ORDER BY id"
    return [row[0] for row in connection.execute(sql, (west, east, south, north))]


def is_sound(connection: sqlite3.Connection, count: int) -> bool:
    told = connection.execute(f"SELECT rtreecheck('{NAMED}')").fetchone()[0]
    return told == "ok" and connection.execute(f"SELECT count(*) FROM {NAMED}").fetchone() == (count,)


@pytest.mark.parametrize("count", [0, 1, 51, 52, 51 * 51, 51 * 51 + 1, 10_000])
def test_a_tree_of_any_size_is_sound(connection: sqlite3.Connection, count: int) -> None:
    rtree.enter(connection, NAMED, np.arange(1, count + 1), boxes(count), present=0)
    assert is_sound(connection, count)


@pytest.mark.parametrize("page_bytes", [512, 1024, 65536])
def test_pages_of_any_size_hold_their_nodes(page_bytes: int) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute(f"PRAGMA page_size = {page_bytes}")
    connection.execute(f"CREATE VIRTUAL TABLE {NAMED} USING rtree(id, minx, maxx, miny, maxy)")
    rtree.enter(connection, NAMED, np.arange(1, 501), boxes(500), present=0)
    assert is_sound(connection, 500)
    connection.close()


@pytest.mark.parametrize("later", [10, 2_000])
def test_every_row_is_found_also_when_others_come(connection: sqlite3.Connection, later: int) -> None:
    whole = boxes(5_000 + later)
    connection.execute("BEGIN")
    rtree.enter(connection, NAMED, np.arange(5_000), whole[:5_000], present=0)
    rtree.enter(connection, NAMED, np.arange(5_000, len(whole)), whole[5_000:], present=5_000)
    connection.execute(f"INSERT INTO {NAMED} VALUES (1000000, 0, 1, 0, 1)")
    connection.execute(f"DELETE FROM {NAMED} WHERE id = 7")
    assert is_sound(connection, len(whole))
    kept = np.flatnonzero(np.arange(len(whole)) != 7)
    for west, south in ((500_100.0, 500_200.0), (510_000.0, 505_000.0)):
        window = (west, west + 900, south, south + 900)
        meets = (whole[:, 1] >= window[0]) & (whole[:, 0] <= window[1])
        meets &= (whole[:, 3] >= window[2]) & (whole[:, 2] <= window[3])
        expected = np.intersect1d(np.flatnonzero(meets), kept).tolist()
        assert len(expected) > 3
        assert set(expected) <= set(found(connection, *window))
        wider = (window[0] - 1, window[1] + 1, window[2] - 1, window[3] + 1)
        assert len(found(connection, *window)) <= len(found(connection, *wider)) < len(expected) * 1.1 + 5
    connection.execute("ROLLBACK")
    assert is_sound(connection, 0)


def test_boxes_only_grow(connection: sqlite3.Connection) -> None:
    odd = np.array([[0.1, 0.1, -0.1, -0.1], [1e300, 1e301, -1e301, -1e300], [-np.inf, np.inf, 560000.001, 560000.001]])
    rtree.enter(connection, NAMED, np.array([1, 2, 3]), odd, present=0)
    kept = np.array(connection.execute(f"SELECT minx, maxx, miny, maxy FROM {NAMED} ORDER BY id").fetchall())
    assert (kept[:, [0, 2]] <= odd[:, [0, 2]]).all()
    assert (kept[:, [1, 3]] >= odd[:, [1, 3]]).all()
    assert is_sound(connection, 3)
