"""The R-tree of SQLite, filled at once: its nodes are packed here and written as they stand in the file.

Row by row the module looks for a place and splits nodes, which costs more than all the rest of a load. The format of
nodes is documented (https://sqlite.org/rtree.html, section 5) and checked by `rtreecheck`.
"""

import sqlite3
from typing import Any

import numpy as np

_REBUILT_FROM = 4
"""A tree with up to so many times the entries that come in is built anew with them; a larger one takes them in."""

_NEIGHBOURS = 50
"""About as many entries stand in one node."""

_HEAD_BYTES = 4

_ENTRY = np.dtype([("id", ">i8"), ("box", ">f4", (4,))])
"""Row or node, and its box: minx, maxx, miny, maxy."""

Boxes = np.ndarray[Any, Any]
Ids = np.ndarray[Any, Any]


def enter(connection: sqlite3.Connection, tree: str, ids: Ids, boxes: Boxes, present: int) -> None:
    """Enter rows in a tree.

    Args:
        connection: The database, inside a transaction.
        tree: Name of the virtual table.
        ids: Keys of the rows.
        boxes: minx, maxx, miny, maxy of each, no NaN: shape (n, 4).
        present: How many entries it may hold already.
    """
    if present > _REBUILT_FROM * len(ids):
        # Neighbours one after the other find their nodes in half the time.
        order = _tiled(boxes, 1 + len(ids) // _NEIGHBOURS)
        rows = zip(ids[order].tolist(), *boxes[order].T.tolist(), strict=True)
        connection.executemany(f'INSERT INTO "{tree}" VALUES (?, ?, ?, ?, ?)', rows)
        return
    if present:
        there = np.array(connection.execute(f'SELECT * FROM "{tree}"').fetchall(), dtype="float64").reshape(-1, 5)
        ids, boxes = np.concatenate([there[:, 0].astype("int64"), ids]), np.concatenate([there[:, 1:], boxes])
    if len(ids):
        _build(connection, tree, ids, _rounded_outwards(boxes))


def _build(connection: sqlite3.Connection, tree: str, ids: Ids, boxes: Boxes) -> None:
    node_bytes = connection.execute(f'SELECT length(data) FROM "{tree}_node" WHERE nodeno = 1').fetchone()[0]
    capacity = (node_bytes - _HEAD_BYTES) // _ENTRY.itemsize
    sizes = [-(-len(ids) // capacity)]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // capacity))
    for part in ("node", "parent", "rowid"):
        connection.execute(f'DELETE FROM "{tree}_{part}"')
    held_by, columns = "rowid", "rowid, nodeno"
    for level, size in enumerate(sizes):
        # The root is number 1, and below it each level follows the one above.
        numbers = 1 + sum(sizes[level + 1 :]) + np.arange(size)
        order = _tiled(boxes, size)
        nodes, boxes = _packed(ids[order], boxes[order], node_bytes, level)
        holders = np.empty(len(ids), dtype="int64")
        holders[order] = np.repeat(numbers, capacity)[: len(ids)]
        _write(connection, f'"{tree}_{held_by}" ({columns})', ids, holders.tolist())
        _write(connection, f'"{tree}_node" (nodeno, data)', numbers, nodes)
        ids, held_by, columns = numbers, "parent", "nodeno, parentnode"


def _tiled(boxes: Boxes, nodes: int) -> Ids:
    """Return the order in which neighbours come together: slices from west to east, each from south to north."""
    slices = int(np.ceil(np.sqrt(nodes)))
    turn = np.empty(len(boxes), dtype="int64")
    turn[np.argsort(boxes[:, 0], kind="stable")] = np.arange(len(boxes))
    return np.lexsort((boxes[:, 2], turn * slices // len(boxes)))


def _packed(ids: Ids, boxes: Boxes, node_bytes: int, level: int) -> tuple[list[bytes], Boxes]:
    """Return nodes filled with entries in their order, and the box of each node."""
    capacity = (node_bytes - _HEAD_BYTES) // _ENTRY.itemsize
    starts = np.arange(0, len(ids), capacity)
    node = np.dtype(
        {
            "names": ["depth", "count", "entries"],
            "formats": [">u2", ">u2", (_ENTRY, (capacity,))],
            "offsets": [0, 2, _HEAD_BYTES],
            "itemsize": node_bytes,
        }
    )
    entries = np.zeros(len(starts) * capacity, dtype=_ENTRY)
    entries["id"][: len(ids)], entries["box"][: len(ids)] = ids, boxes
    nodes = np.zeros(len(starts), dtype=node)
    nodes["depth"], nodes["count"] = level, np.diff(starts, append=len(ids))
    nodes["entries"] = entries.reshape(-1, capacity)
    low, high = np.minimum.reduceat(boxes, starts), np.maximum.reduceat(boxes, starts)
    return nodes.view(f"V{node_bytes}").tolist(), np.column_stack([low[:, 0], high[:, 1], low[:, 2], high[:, 3]])


def _rounded_outwards(boxes: Boxes) -> Boxes:
    """Return boxes in the single precision of the tree, none smaller than it was."""
    with np.errstate(over="ignore"):
        single = boxes.astype("float32")
    is_inside = np.where([True, False, True, False], single > boxes, single < boxes)
    outside = np.array([-np.inf, np.inf, -np.inf, np.inf], dtype="float32")
    return np.where(is_inside, np.nextafter(single, outside), single)


def _write(connection: sqlite3.Connection, target: str, keys: Ids, values: list[Any]) -> None:
    connection.executemany(f"INSERT INTO {target} VALUES (?, ?)", zip(keys.tolist(), values, strict=True))
