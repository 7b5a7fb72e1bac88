"""Scanned papers of a package: which files they are, what is known of their pages, what cannot be read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines import files
from pipelines.findings import Finding
from pipelines.ledger import Ledger
from pipelines.papers import model
from pipelines.papers.read import survey
from pipelines.sandbox import Limits


def facts(inventory: Mapping[str, Any], kept: Path, limits: Limits) -> pd.DataFrame:
    """Return what is known of the scans of a package, one row per page (`pipelines.papers.model.TYPES`).

    Scans are the documents that `package.yaml` lists, and whatever else is named as one (`<serial>-GCN.pdf`).

    Args:
        inventory: What the step before found in the package.
        kept: Folder for what was read of each file.
        limits: What the reading of one file may take.
    """
    root = Path(inventory["root"])
    return survey(root, _scans(inventory, root), kept, limits) if root.is_dir() else model.frame([])


def account(pages: pd.DataFrame, inventory: Mapping[str, Any], ledger: Ledger) -> list[Finding]:
    """Book the scans, and return a finding for each that gives no page and was not refused before.

    Emits: goi.unreadable_file
    """
    refused = {item["path"] for item in inventory["unusable"]}
    found = []
    files_of = pages.drop_duplicates("path")
    for path, state in zip(files_of["path"], files_of["state"], strict=True):
        is_read = state == "ok"
        ledger.add(path, "document", received=1, accepted=int(is_read), quarantined=int(not is_read))
        if not is_read and path not in refused:
            vi, en = model.STATES[state]
            found.append(Finding("goi.unreadable_file", path, detail=f"{path}: {vi} / {en}", source=path))
    return found


def _scans(inventory: Mapping[str, Any], root: Path) -> list[str]:
    entries = [*inventory["files"], *inventory["unusable"]]
    listed = [entry["path"] for entry in entries if entry["role"] == "document"]
    others = pd.Series(sorted(set(files.find(root)) - {entry["path"] for entry in entries}), dtype="string")
    named = others[model.named(others)["kind"].notna()]
    # A link must not lead to another place of this machine.
    inside = root.resolve()
    return [
        path
        for path in [*listed, *named]
        if model.is_scan(path) and (root / path).is_file() and (root / path).resolve().is_relative_to(inside)
    ]
