"""JSON of VBDLIS (objects in camelCase, lists named List…) as entities of the cadastral exchange."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from pipelines.errors import ReadError
from pipelines.registers import entities
from pipelines.sources import fold

_MAX_BYTES = 1 << 30
_LEAST_KNOWN = 2


def parse(path: Path) -> entities.Document:
    """Return the entities of a JSON file as texts.

    An object is the entity its key names, else the one whose attributes it has most of.

    Raises:
        ReadError: The file is no JSON, or holds no entity of the exchange.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError("too large")
        body = json.loads(path.read_bytes(), parse_float=str, parse_int=str)
        reader = _Reader()
        reader.walk(body, path.stem, None, "")
    except (ValueError, RecursionError, OSError) as error:
        raise ReadError(
            f"Không đọc được tệp JSON {path.name}: tệp hỏng hoặc cụt; xuất lại từ phần mềm.",
            f"The JSON file {path.name} cannot be read: it is broken or cut short; export it again.",
        ) from error
    if not reader.records:
        raise ReadError(
            f"Tệp JSON {path.name} không có thửa đất, giấy chứng nhận hay chủ sử dụng nào nhận ra được.",
            f"The JSON file {path.name} holds no parcel, certificate or holder that can be recognised.",
        )
    frames = {entity: entities.frame(entity, records) for entity, records in reader.records.items()}
    rows = [(name, count, reader.values.get(name)) for name, count in reader.unknown.items()]
    return entities.Document(frames, entities.unknown_frame(rows))


class _Reader:
    def __init__(self) -> None:
        self.records: dict[str, list[dict[str, Any]]] = {}
        self.unknown: Counter[str] = Counter()
        self.values: dict[str, str] = {}
        self.count = 0

    def walk(self, value: Any, key: str, around: dict[str, Any] | None, path: str) -> None:
        """Take an object as an entity, or look into it where it is none."""
        if isinstance(value, list):
            for item in value:
                self.walk(item, key, around, path)
            return
        if not isinstance(value, dict):
            self._not_known(path, value)
            return
        entity = self._entity(key, value)
        record = around
        if entity is not None:
            record = {"_id": self.count, "_parent": around["_id"] if around else None, "_in": key}
            record |= {"_dossier": 0, "_before": False}
            self.count += 1
            self.records.setdefault(entity, []).append(record)
        known = entities.model().attributes[entity] if entity else {}
        for name, item in value.items():
            attribute = known.get(fold(name))
            here = f"{path}/{name}"
            if attribute is not None and record is not None and not isinstance(item, dict | list):
                record[attribute] = None if item is None else _text(item)
            elif isinstance(item, dict | list):
                self.walk(item, name, record, here)
            else:
                self._not_known(here, item)

    def _entity(self, key: str, value: dict[str, Any]) -> str | None:
        model = entities.model()
        named = model.entity(key)
        if named is not None:
            return named
        names = {fold(name) for name, item in value.items() if not isinstance(item, dict | list)}
        counts = {entity: len(names & known.keys()) for entity, known in model.attributes.items()}
        best = max(counts, key=lambda entity: counts[entity])
        # Many entities have an address; only an object that says which parcel, paper or person it is, is one.
        own = fold(best.removeprefix("DC_")) + "id"
        return best if counts[best] > _LEAST_KNOWN or (counts[best] >= _LEAST_KNOWN and own in names) else None

    def _not_known(self, path: str, value: Any) -> None:
        if value is not None and value != "":
            self.unknown[path.lstrip("/")] += 1
            self.values.setdefault(path.lstrip("/"), _text(value))


def _text(value: Any) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else str(value)
