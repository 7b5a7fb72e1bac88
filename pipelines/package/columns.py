"""Columns that no profile knows: which canonical column each may be, by its name and by what stands in it.

A proposal only: the officer sees it with its evidence in `package.yaml` before any of it is used.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipelines import sources, text
from pipelines.package.guesses import Guess
from pipelines.package.survey import Survey, Table
from pipelines.registers import headings

_OF_LAYERS = {"loai_dat_1": "loai_dat", "ho_ten": "ten_chu"}
"""Canonical columns of registers and what they are called in layers of parcels."""

_KINDS = {"name": "tên", "alike": "tên gần giống", "words": "tên có chữ", "content": "nội dung hợp"}
_ALIKE = frozenset({"alike"})


def guess(item: Survey, body: Mapping[str, Any]) -> list[Guess]:
    """Return the proposals for `columns`, and for the sheet number that only names carry, of one file.

    Where the profile knows the column of parcel numbers, only names much like known ones are proposed; where it does
    not, names and contents are.

    Args:
        item: The file.
        body: Source profile.
    """
    layered = bool(item.layers)
    known = ((body.get("parcels") if layered else body.get("register")) or {}).get("columns") or {}
    spelled = {name: spellings for name, spellings in known.items() if isinstance(spellings, list)}
    names = [name for layer in item.layers for name in layer["fields"]]
    if not spelled or ("so_thu_tu_thua" in sources.columns(known, names) and len(spelled) < len(known)):
        return []  # a profile with patterns of its own has found the key
    encoding = item.votes[None].encoding if None in item.votes else "utf-8"
    found: dict[str, headings.Proposal] = {}
    for table in item.tables:
        for proposal in _open(table, _decoded(table.head, encoding, raw=item.is_raw), spelled):
            found.setdefault(proposal.name, proposal)
    return [*_columns(item, found, layered=layered), *_sheet(item, spelled, encoding)]


def _open(table: Table, grid: pd.DataFrame, spelled: Mapping[str, list[str]]) -> list[headings.Proposal]:
    """Return the proposals for a table that say more than the profile knows."""
    if grid.empty:
        return []
    heading = headings.find(grid, {"columns": spelled})
    known = set(heading.columns) if heading is not None else set[str]()
    keyed = bool(known & {"so_thu_tu_thua", "so_thu_tu_thua_gcn"})
    proposed = headings.propose(grid, {"columns": spelled}, by_content=not keyed)
    if not keyed and not any(proposal.canonical == "so_thu_tu_thua" for proposal in proposed):
        return []  # no list of parcels at all
    return [
        proposal
        for proposal in proposed
        if proposal.name and proposal.canonical not in known and (not keyed or _kind(proposal) in _ALIKE)
    ]


def _columns(item: Survey, found: Mapping[str, headings.Proposal], *, layered: bool) -> list[Guess]:
    if not found:
        return []
    named = {
        name: _OF_LAYERS.get(proposal.canonical, proposal.canonical) if layered else proposal.canonical
        for name, proposal in found.items()
    }
    en = "; ".join(f"{name} → {named[name]} ({proposal.evidence})" for name, proposal in found.items())
    vi = "; ".join(f"{name} → {named[name]} ({_in_vietnamese(proposal)})" for name, proposal in found.items())
    return [Guess(f"files[{item.path}].columns", named, vi, en, is_sure=False)]


def _sheet(item: Survey, spelled: Mapping[str, list[str]], encoding: str) -> list[Guess]:
    """Return the sheet number that the name of a register or of its only sheet carries, where no column does."""
    if item.layers or len(item.tables) != 1:
        return []
    (table,) = item.tables
    heading = headings.find(_decoded(table.head, encoding, raw=item.is_raw), {"columns": spelled})
    columns = heading.columns if heading is not None else {}
    if "so_thu_tu_thua" not in columns or "so_hieu_to_ban_do" in columns:
        return []
    numbers = headings.sheet_number({"file": item.path, "sheet": table.name})
    if not numbers:
        return []
    first = numbers[0]
    sure = len({number.name for number in numbers}) == 1
    return [
        Guess(f"files[{item.path}].sheet", first.name, f"đọc từ {first.evidence}", f"read from {first.evidence}", sure)
    ]


def _decoded(grid: pd.DataFrame, encoding: str, *, raw: bool) -> pd.DataFrame:
    flat = grid.to_numpy(dtype=object).ravel().tolist()
    return pd.DataFrame(np.array(text.decode(flat, encoding, raw=raw), dtype=object).reshape(grid.shape), dtype=object)


def _kind(proposal: headings.Proposal) -> str:
    return proposal.evidence.split(":", 1)[0]


def _in_vietnamese(proposal: headings.Proposal) -> str:
    kind, _, what = proposal.evidence.partition(":")
    return f"{_KINDS.get(kind, kind)}:{what}"
