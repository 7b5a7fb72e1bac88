"""Filters: the parser, and the test data of the standard itself."""

import doctest
import importlib
import json
import sqlite3

import orjson
import pytest

from atlas.server import cql2_text, crs
from atlas.server.collections import Collection, Field, Table, Text
from atlas.server.errors import BadRequestError
from atlas.server.selection import Question, Selections, select
from atlas.server.store import Store


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1", {"op": "=", "args": [{"property": "a"}, 1]}),
        ("a = -1.5e2", {"op": "=", "args": [{"property": "a"}, -150.0]}),
        ("\"a b\" <> 'it''s'", {"op": "<>", "args": [{"property": "a b"}, "it's"]}),
        ("a is not null", {"op": "not", "args": [{"op": "isNull", "args": [{"property": "a"}]}]}),
        ("a=1 or b=2 and c=3", "or"),
        ("(a=1 or b=2) and c=3", "and"),
        ("not a=1 and b=2", "and"),
        ("TRUE", True),
    ],
)
def test_text_becomes_json(text, expected):
    found = orjson.loads(cql2_text.parse(text))
    assert (found["op"] if isinstance(expected, str) else found) == expected


@pytest.mark.parametrize("text", ["", "a", "a =", "= 1", "a = 1 b", "a = 'x", "a IN ()", "POINT(1", "a LIKE", "((a=1)"])
def test_wrong_text_is_refused(text):
    with pytest.raises(BadRequestError):
        cql2_text.parse(text)


def _collection(path, table):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    connection.close()
    kinds = {"INTEGER": "integer", "REAL": "number", "BOOLEAN": "boolean"}
    formats = {"DATE": "date", "DATETIME": "date-time"}
    fields = {
        name: Field(name, kinds.get(kind, "string"), formats.get(kind), Text("", ""), Text("", ""))
        for _, name, kind, *_ in columns
        if name not in ("fid", "geom")
    }
    place = Table(crs.LONLAT, table, "fid", "geom", f"rtree_{table}_geom")
    return Collection(table, Text("", ""), Text("", ""), "fid", fields, (place,), None, None)


def test_the_standards_own_filters(shared_data):
    folder = shared_data("cql2")
    store, kept = Store(folder / "ne110m4cql2.gpkg"), Selections()
    cases = json.loads((folder / "predicates.json").read_text(encoding="utf-8"))
    wrong = []
    for case in cases:
        collection = _collection(store.path, case["collection"])
        found = select(store, kept, collection, Question(filter=cql2_text.parse(case["filter"])))
        if len(found) != case["expected"]:
            wrong.append((case["filter"], case["expected"], len(found)))
    assert len(cases) == 34
    assert not wrong


@pytest.mark.parametrize("name", ["crs", "cql2_text", "store", "versions", "timespan", "request", "pages"])
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(f"atlas.server.{name}"))
    assert result.attempted
    assert not result.failed


def test_the_pinned_operation():
    import numpy as np

    (found,) = crs.convert(np.array([[581102.242, 2191076.731]]), 5897, crs.LONLAT)
    assert found == pytest.approx([105.776, 19.807], abs=1e-8)
    (back,) = crs.convert(np.array([[105.776, 19.807]]), crs.LONLAT, 5897)
    assert back == pytest.approx([581102.242, 2191076.731], abs=1e-3)
