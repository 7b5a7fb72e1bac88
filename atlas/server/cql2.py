"""CQL2 JSON → SQL. What is not understood is refused; nothing is ever ignored."""

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape as from_mapping

from atlas.server import crs
from atlas.server.collections import Field
from atlas.server.errors import BadRequestError
from atlas.server.spatial import RELATIONS, Shape
from atlas.server.store import Sql, accenti, casei, nfc, quoted

Node = Any

_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})
_MIRRORED = {"within": "contains", "contains": "within"}
_MAX_DEPTH = 45
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?")


@dataclass(frozen=True)
class Compiler:
    """Turns filters into SQL conditions over one table.

    Attributes:
        fields: Properties that may be asked for.
        geometry: Names under which the geometry may be asked for.
        target: CRS of the geometries in the filter.
        spatial: Returns the condition for a relation of the table's geometry to a shape.
    """

    fields: dict[str, Field]
    geometry: frozenset[str]
    target: crs.Target
    spatial: Callable[[str, Shape], Sql]

    def condition(self, node: Node, depth: int = 0) -> Sql:
        """Return the SQL condition of a CQL2 JSON filter.

        Raises:
            BadRequestError: The filter asks for something unknown or unsupported.
        """
        if isinstance(node, bool):
            return Sql("1" if node else "0")
        if not isinstance(node, dict) or not isinstance(node.get("args"), list) or depth > _MAX_DEPTH:
            raise _refused(node)
        name, arguments = str(node.get("op")).lower(), node["args"]
        if name in ("and", "or") and arguments:
            parts = [self.condition(argument, depth + 1) for argument in arguments]
            return _joined(f" {name.upper()} ", parts)
        if name == "not" and len(arguments) == 1:
            return _around("NOT ({})", self.condition(arguments[0], depth + 1))
        if name in _COMPARISONS and len(arguments) == 2:
            left, right = self._alike(*map(self._operand, arguments))
            return Sql(f"({left.text} {name} {right.text})", left.parameters + right.parameters)
        if name == "isnull" and len(arguments) == 1:
            return _around("({} IS NULL)", self._operand(arguments[0]))
        if name.startswith("s_") and len(arguments) == 2:
            return self._spatial(name[2:], arguments)
        if name.startswith("t_") and len(arguments) == 2:
            return self._temporal(name[2:], arguments)
        return self._listed(name, arguments, node)

    def _listed(self, name: str, arguments: Sequence[Node], node: Node) -> Sql:
        if name == "between" and len(arguments) == 3:
            value, low, high = self._alike(*map(self._operand, arguments))
            text = f"({value.text} BETWEEN {low.text} AND {high.text})"
            return Sql(text, value.parameters + low.parameters + high.parameters)
        if name == "in" and len(arguments) == 2 and isinstance(arguments[1], list) and arguments[1]:
            value, *members = self._alike(self._operand(arguments[0]), *map(self._operand, arguments[1]))
            text = f"({value.text} IN ({', '.join(member.text for member in members)}))"
            return Sql(text, value.parameters + tuple(p for member in members for p in member.parameters))
        if name == "like" and len(arguments) == 2:
            value, pattern = map(self._operand, arguments)
            if value.kind != "string" or pattern.kind != "string":
                raise _refused(node)
            return Sql(f"({value.text} LIKE {pattern.text} ESCAPE '\\')", value.parameters + pattern.parameters)
        raise _refused(node)

    def _operand(self, node: Node) -> Sql:
        if isinstance(node, bool):
            return Sql("?", (int(node),), "boolean", literal=True)
        if isinstance(node, int | float):
            # SQLite knows 64-bit integers only
            return Sql("?", (node if isinstance(node, float) else float(node),), "number", literal=True)
        if isinstance(node, str):
            return Sql("?", (nfc(node),), "string", literal=True)
        if not isinstance(node, dict):
            raise _refused(node)
        if "property" in node:
            return self._property(str(node["property"]))
        if "date" in node or "timestamp" in node:
            return Sql("?", (_instant(node.get("date", node.get("timestamp"))),), "temporal", literal=True)
        name, arguments = node.get("op"), node.get("args")
        if name in ("casei", "accenti") and isinstance(arguments, list) and len(arguments) == 1:
            return self._folded(str(name), self._operand(arguments[0]), node)
        raise _refused(node)

    def _folded(self, name: str, value: Sql, node: Node) -> Sql:
        if value.kind != "string":
            raise _refused(node)
        if value.literal:
            fold = {"casei": casei, "accenti": accenti}[name]
            return Sql("?", (fold(value.parameters[0]),), "string", literal=True)
        return Sql(f"{name}({value.text})", value.parameters, "string")

    def _property(self, name: str) -> Sql:
        field = self.fields.get(name)
        if field is None or field.type == "object":
            raise unknown_property(name, self.fields)
        if field.temporal:
            return Sql(quoted(name), (), "temporal")
        kind = {"integer": "number", "number": "number", "boolean": "boolean"}.get(field.type, "string")
        return Sql(quoted(name), (), kind)

    def _alike(self, *operands: Sql) -> list[Sql]:
        """Return operands of one kind; instants are compared as Julian days, so dates and times mix."""
        if any(operand.kind == "temporal" for operand in operands):
            return [_julian(operand) for operand in operands]
        kinds = {operand.kind for operand in operands}
        if len(kinds) > 1:
            raise BadRequestError(
                f"Bộ lọc so sánh các kiểu khác nhau: {', '.join(sorted(kinds))}.",
                f"The filter compares values of different types: {', '.join(sorted(kinds))}.",
            )
        return list(operands)

    def _spatial(self, relation: str, arguments: Sequence[Node]) -> Sql:
        named = [isinstance(argument, dict) and argument.get("property") in self.geometry for argument in arguments]
        if named.count(True) != 1 or (relation not in RELATIONS and relation != "disjoint"):
            raise _refused({"op": f"s_{relation}", "args": arguments})
        if named[1]:
            relation = _MIRRORED.get(relation, relation)
        shape = literal_shape(arguments[named.index(False)], self.target)
        if relation == "disjoint":
            return _around("NOT ({})", self.spatial("intersects", shape))
        return self.spatial(relation, shape)

    def _temporal(self, relation: str, arguments: Sequence[Node]) -> Sql:
        template = _TEMPORAL.get(relation)
        if template is None:
            raise _refused({"op": f"t_{relation}", "args": arguments})
        (start_a, end_a), (start_b, end_b) = map(self._period, arguments)
        named = {"sa": start_a, "ea": end_a, "sb": start_b, "eb": end_b}
        order = re.findall(r"\{(\w\w)\}", template)
        text = template.format(**{key: value.text for key, value in named.items()})
        return Sql(text, tuple(p for key in order for p in named[key].parameters))

    def _period(self, node: Node) -> tuple[Sql, Sql]:
        if isinstance(node, dict) and isinstance(node.get("interval"), list) and len(node["interval"]) == 2:
            low, high = node["interval"]
            begin = Sql("-1e99") if low == ".." else _julian(self._bound(low))
            end = Sql("1e99") if high == ".." else _julian(self._bound(high))
            return begin, end
        value = _julian(self._operand(node))
        return value, value

    def _bound(self, node: Node) -> Sql:
        return Sql("?", (_instant(node),), "temporal", literal=True) if isinstance(node, str) else self._operand(node)


_TEMPORAL = {
    "before": "({ea} < {sb})",
    "after": "({sa} > {eb})",
    "equals": "({sa} = {sb} AND {ea} = {eb})",
    "disjoint": "({ea} < {sb} OR {sa} > {eb})",
    "intersects": "({sa} <= {eb} AND {ea} >= {sb})",
    "during": "({sa} > {sb} AND {ea} < {eb})",
}


def literal_shape(node: Node, target: crs.Target) -> Shape:
    """Return the geometry of a filter: a `bbox` or GeoJSON, in the CRS of the filter.

    Raises:
        BadRequestError: It is no geometry.
    """
    try:
        if isinstance(node, dict) and isinstance(node.get("bbox"), list) and len(node["bbox"]) in (4, 6):
            box = [float(value) for value in node["bbox"]]
            geometry = shapely.box(box[0], box[1], box[len(box) // 2], box[len(box) // 2 + 1])
        else:
            geometry = shapely.force_2d(from_mapping(node))
        geometry = shapely.transform(geometry, lambda points: crs.incoming(points, target))
        if not shapely.is_valid(geometry):
            raise ValueError(node)
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise BadRequestError("Hình trong bộ lọc không hợp lệ.", "A geometry in the filter is not valid.") from error
    return Shape(shapely.to_wkb(geometry), target.srid)


def unknown_property(name: str, fields: Sequence[str] | dict[str, Field]) -> BadRequestError:
    """Return the refusal of a property that does not exist."""
    known = ", ".join(fields)
    return BadRequestError(
        f"Không có thuộc tính “{name}”. Có: {known}.", f"There is no property {name!r}. Known: {known}."
    )


def _instant(value: Any) -> str:
    try:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValueError(value)
        datetime.datetime.fromisoformat(value)
    except ValueError as error:
        raise BadRequestError(
            f"Ngày giờ “{value}” sai; viết 2025-07-01 hoặc 2025-07-01T00:00:00Z.",
            f"The date or time {value!r} is wrong; write 2025-07-01 or 2025-07-01T00:00:00Z.",
        ) from error
    return value


def _julian(value: Sql) -> Sql:
    if value.kind == "string" and value.literal:
        value = Sql("?", (_instant(value.parameters[0]),), "temporal", literal=True)
    if value.kind != "temporal":
        raise BadRequestError(
            "Bộ lọc so sánh ngày giờ với giá trị khác kiểu.", "The filter compares a date or time with another type."
        )
    return Sql(f"julianday({value.text})", value.parameters, "temporal")


def _joined(word: str, parts: Sequence[Sql]) -> Sql:
    return Sql(f"({word.join(part.text for part in parts)})", tuple(p for part in parts for p in part.parameters))


def _around(template: str, inside: Sql) -> Sql:
    return Sql(template.format(inside.text), inside.parameters)


def _refused(node: Node) -> BadRequestError:
    name = node.get("op", node) if isinstance(node, dict) else node
    return BadRequestError(
        f"Bộ lọc có phần không được hỗ trợ: {str(name)[:60]}.", f"The filter has an unsupported part: {str(name)[:60]}."
    )
