"""CQL2 text (OGC 21-065r2) → CQL2 JSON.

A parser of our own, because the one pygeoapi brings gives AND and OR the same weight (`a OR b AND c` is read as
`(a OR b) AND c`) and knows neither doubled quotes nor NOT before a group.
"""

import re
from functools import lru_cache
from typing import Any, NoReturn

import orjson
import shapely
from shapely.errors import ShapelyError

from atlas.server.errors import BadRequestError

MAX_LENGTH = 20_000
MAX_DEPTH = 40

Node = Any

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<string>'(?:[^'\\]|''|\\.)*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[^\W\d][\w.:]*)
    | (?P<sign><>|<=|>=|[=<>(),])
    )""",
    re.VERBOSE,
)
_WKT = frozenset(
    {"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"}
)
_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})


@lru_cache(maxsize=512)
def parse(text: str) -> bytes:
    """Return a CQL2 text filter as CQL2 JSON bytes.

    >>> parse("xep_loai = '1' OR la_xa = 2 AND NOT (b = 3)")[:11]
    b'{"op":"or",'

    Raises:
        BadRequestError: The text is no CQL2 filter.
    """
    if len(text) > MAX_LENGTH:
        raise BadRequestError(
            f"Bộ lọc dài quá {MAX_LENGTH} ký tự.", f"The filter is longer than {MAX_LENGTH} characters."
        )
    parser = _Parser(text)
    node = parser.disjunction(0)
    if parser.kind != "end":
        parser.fail()
    return orjson.dumps(node)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.start = self.position = 0
        self.kind, self.value = "", ""
        self.advance()

    def advance(self) -> None:
        rest = len(self.text) - len(self.text[self.position :].lstrip())
        self.start = rest
        if rest == len(self.text):
            self.kind, self.value, self.position = "end", "", rest
            return
        matched = _TOKEN.match(self.text, self.position)
        if matched is None or matched.lastgroup is None:
            self.fail()
        self.kind, self.value = matched.lastgroup, matched[matched.lastgroup]
        self.position = matched.end()

    def fail(self) -> NoReturn:
        near = self.text[self.start : self.start + 20] or "⏎"
        raise BadRequestError(
            f"Bộ lọc CQL2 sai tại ký tự {self.start + 1}: “{near}”.",
            f"The CQL2 filter is wrong at character {self.start + 1}: {near!r}.",
        )

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.value.upper() in words

    def take(self, *words: str) -> bool:
        if self.is_word(*words) or (self.kind == "sign" and self.value in words):
            self.advance()
            return True
        return False

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            self.fail()

    def disjunction(self, depth: int) -> Node:
        return self._chain("or", self.conjunction, depth)

    def conjunction(self, depth: int) -> Node:
        return self._chain("and", self.negation, depth)

    def _chain(self, word: str, part: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.fail()
        parts = [part(depth + 1)]
        while self.take(word.upper()):
            parts.append(part(depth + 1))
        return parts[0] if len(parts) == 1 else {"op": word, "args": parts}

    def negation(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            self.fail()
        if self.take("NOT"):
            return {"op": "not", "args": [self.negation(depth + 1)]}
        if self.take("("):
            inside = self.disjunction(depth + 1)
            self.expect(")")
            return inside
        return self.predicate()

    def predicate(self) -> Node:
        name = self.value.lower() if self.kind == "word" else ""
        if re.fullmatch(r"[st]_[a-z]+", name) and self.text[self.position :].lstrip().startswith("("):
            self.advance()
            return {"op": name, "args": self.arguments()}
        left = self.operand()
        if isinstance(left, bool) and (self.kind == "end" or self.is_word("AND", "OR") or self.value == ")"):
            return left
        if self.kind == "sign" and self.value in _COMPARISONS:
            sign = self.value
            self.advance()
            return {"op": sign, "args": [left, self.operand()]}
        if self.take("IS"):
            negated = self.take("NOT")
            if not self.take("NULL"):
                self.fail()
            return _negate({"op": "isNull", "args": [left]}, negated)
        return self._ranged(left)

    def _ranged(self, left: Node) -> Node:
        negated = self.take("NOT")
        if self.take("LIKE"):
            return _negate({"op": "like", "args": [left, self.operand()]}, negated)
        if self.take("BETWEEN"):
            low = self.operand()
            if not self.take("AND"):
                self.fail()
            return _negate({"op": "between", "args": [left, low, self.operand()]}, negated)
        if self.take("IN"):
            return _negate({"op": "in", "args": [left, self.arguments()]}, negated)
        self.fail()

    def arguments(self) -> list[Node]:
        self.expect("(")
        found = [self.operand()]
        while self.take(","):
            found.append(self.operand())
        self.expect(")")
        return found

    def operand(self) -> Node:
        kind, value = self.kind, self.value
        if kind == "number":
            self.advance()
            whole = re.fullmatch(r"-?\d{1,15}", value)
            return int(value) if whole else float(value)
        if kind == "string":
            self.advance()
            return re.sub(r"''|\\'", "'", value[1:-1])
        if kind == "quoted":
            self.advance()
            return {"property": value[1:-1].replace('""', '"')}
        if kind != "word":
            self.fail()
        if value.upper() in _WKT:
            return self._geometry()
        self.advance()
        if value.upper() in ("TRUE", "FALSE"):
            return value.upper() == "TRUE"
        if self.kind == "sign" and self.value == "(":
            return self._function(value.lower())
        return {"property": value}

    def _function(self, name: str) -> Node:
        arguments = self.arguments()
        if name in ("date", "timestamp") and len(arguments) == 1:
            return {name: arguments[0]}
        if name in ("interval", "bbox"):
            return {name: arguments}
        return {"op": name, "args": arguments}

    def _geometry(self) -> Node:
        matched = re.match(r"[^()]*", self.text[self.start :])
        end = self.start + (matched.end() if matched else 0)
        depth = 0
        while end < len(self.text):
            depth += {"(": 1, ")": -1}.get(self.text[end], 0)
            end += 1
            if depth == 0:
                break
        try:
            geometry = shapely.from_wkt(self.text[self.start : end])
        except ShapelyError:
            self.fail()
        self.position = end
        self.advance()
        return orjson.loads(shapely.to_geojson(geometry))


def _negate(node: Node, negated: bool) -> Node:
    return {"op": "not", "args": [node]} if negated else node
