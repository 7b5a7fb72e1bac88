"""HoSoXml, the exchange file of the land database (TT 75/2015), read as a stream into frames by the code list.

Namespaces and case of names do not matter, nor what stands around the dossiers; a document with a DTD is refused,
for no exchange file has one and an entity bomb needs it.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import ReadError
from pipelines.registers import entities
from pipelines.sources import fold as _fold_name

_DOSSIER = "HoSoXml"
_fold = cache(_fold_name)
"""A file has a few hundred names, each of them thousands of times."""

_BEFORE = _fold("HoSoTruocBienDong")


def read(path: Path) -> dict[str, pd.DataFrame]:
    """Return the typed frame of every entity in a file of one or many dossiers, and `unknown_element`.

    Raises:
        ReadError: The file is no well-formed XML, has a DTD, or holds no dossier.
    """
    document = parse(path)
    return entities.typed(document).frames | {entities.UNKNOWN: document.unknown}


def parse(path: Path) -> entities.Document:
    """Return the entities of a file as texts.

    Raises:
        ReadError: The file is no well-formed XML, has a DTD, or holds no dossier.
    """
    from lxml import etree

    reader = _Reader()
    try:
        with path.open("rb") as stream:
            for event, element in etree.iterparse(
                stream,
                events=("start", "end"),
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                remove_comments=True,
                remove_pis=True,
            ):
                if event == "start":
                    reader.start(element)
                else:
                    reader.end(element)
    except (etree.LxmlError, ValueError, OSError) as error:
        raise ReadError(
            f"Không đọc được tệp XML {path.name}: tệp hỏng, cụt hoặc có DTD; xuất lại từ phần mềm.",
            f"The XML file {path.name} cannot be read: it is broken, cut short or has a DTD; export it again.",
        ) from error
    if not reader.dossiers:
        raise ReadError(
            f"Tệp XML {path.name} không có hồ sơ HoSoXml nào: xuất theo cấu trúc HoSoXml (TT 75/2015).",
            f"The XML file {path.name} holds no HoSoXml dossier: export it in the HoSoXml structure (TT 75/2015).",
        )
    return reader.document()


@dataclass(slots=True)
class _Reader:
    """Where the stream stands: the open elements, the entity each belongs to, what was read so far."""

    records: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    stack: list[tuple[str, str | None, dict[str, object] | None]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    values: dict[str, str] = field(default_factory=dict)
    dossiers: int = 0
    count: int = 0

    def start(self, element: Any) -> None:
        """Open an element: an entity, a container, an attribute, or nothing that is known."""
        if not self.stack and element.getroottree().docinfo.internalDTD is not None:
            raise ValueError("a document type definition")
        name = element.tag.rsplit("}", 1)[-1]
        self.path.append(name)
        model = entities.model()
        _, owner, record = self.stack[-1] if self.stack else ("", None, None)
        folded = _fold(name)
        entity = model.entities.get(folded)
        if owner is not None and folded in model.attributes[owner]:
            self.stack.append(("attribute", owner, record))
        elif entity is not None and (entity == _DOSSIER or record is not None):
            self._open(entity, record, element)
        elif record is None or folded in model.containers:
            self.stack.append(("container", owner, record))
        else:
            self.stack.append(("unknown", owner, record))

    def end(self, element: Any) -> None:
        """Close an element and forget what lies before it."""
        kind, owner, record = self.stack.pop()
        text = (element.text or "").strip()
        if kind == "attribute" and owner is not None and record is not None:
            self._set(owner, record, entities.model().attributes[owner][_fold(self.path[-1])], text)
        elif kind == "unknown" or (kind == "container" and record is not None and text):
            self._not_known(text, has_children=len(element) > 0)
        self.path.pop()
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]

    def document(self) -> entities.Document:
        """Return what was read."""
        frames = {entity: entities.frame(entity, records) for entity, records in self.records.items()}
        rows = [(path, count, self.values.get(path)) for path, count in self.unknown.items()]
        return entities.Document(frames, entities.unknown_frame(rows))

    def _open(self, entity: str, around: dict[str, object] | None, element: Any) -> None:
        before = bool(around and around["_before"]) or _BEFORE in map(_fold, self.path[:-1])
        if entity == _DOSSIER:
            self.dossiers += 1
        record: dict[str, object] = {
            "_id": self.count,
            "_parent": around["_id"] if around else None,
            "_in": self.path[-2] if len(self.path) > 1 else None,
            # A dossier inside another, the state before a change, must not take what follows it for its own.
            "_dossier": self.dossiers if around is None or entity == _DOSSIER else around["_dossier"],
            "_before": before,
        }
        self.count += 1
        self.records.setdefault(entity, []).append(record)
        self.stack.append((entities.ENTITY, entity, record))
        known = entities.model().attributes[entity]
        for key, value in element.attrib.items():
            name = known.get(_fold(str(key).rsplit("}", 1)[-1]))
            if name is not None:
                record[name] = str(value)

    def _set(self, entity: str, record: dict[str, object], name: str, text: str) -> None:
        if name in record and text:
            # An attribute given again (the members of a household) is one more row of the same entity.
            record = {key: record[key] for key in entities.LINKS} | {"_id": self.count}
            self.count += 1
            self.records[entity].append(record)
        if text:
            record[name] = text

    def _not_known(self, text: str, *, has_children: bool) -> None:
        path = "/".join(self.path)
        if text or not has_children:
            self.unknown[path] += 1
            if text:
                self.values.setdefault(path, text)
