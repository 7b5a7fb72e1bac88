"""Texts of spatial files decoded: attributes column by column, drawings level by level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines import communes, sources, vectors
from pipelines.encodings import decode_texts, told
from pipelines.findings import Finding
from pipelines.label_text import OF_PEOPLE

_OF_PARCELS = frozenset(
    {"so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "dien_tich", "dien_tich_phap_ly", "dia_chi"}
)
"""Columns that say nothing about a person; every other may, those without a known name too."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A layer with its texts in Unicode.

    Attributes:
        rows: The layer.
        told: What decoding it has to tell.
    """

    rows: gpd.GeoDataFrame
    told: list[Finding]


def layer(
    rows: gpd.GeoDataFrame,
    path: Path,
    entry: Mapping[str, Any],
    inventory: Mapping[str, Any],
    spelled: Mapping[str, Any],
) -> Decoded:
    """Return an attribute table, each column in the encoding of its own words, else in that of the layer.

    Args:
        rows: The layer as read.
        path: Its file.
        entry: What the inventory says about the file.
        inventory: What it says about the package.
        spelled: Canonical column → spellings.

    Emits: van_ban.mixed_encoding, van_ban.undecodable
    """
    raw = vectors.keeps_bytes(path)
    if not raw and inventory.get("era") == communes.FOREIGN_ERA:
        return Decoded(rows, [])  # Unicode of another language: there is nothing to restore.
    names = [str(name) for name in rows.columns if name != rows.geometry.name and _is_text(rows[name])]
    stored = {name: _objects(rows[name]) for name in names}
    decoded = decode_texts(stored, raw=raw, declared=entry.get("encoding"), compose=raw)
    changed = {name: values for name, values in decoded.columns.items() if raw or values is not stored[name]}
    whole = rows.assign(**{name: values.astype("string") for name, values in changed.items()})
    known = sources.columns(spelled, names)
    open_columns = {column.name for canonical, column in known.items() if canonical in _OF_PARCELS}
    return Decoded(whole, told(decoded, entry["path"], set(names) - open_columns))


def drawing(
    rows: gpd.GeoDataFrame,
    path: Path,
    entry: Mapping[str, Any],
    section: Mapping[str, Any],
    levels: Sequence[str],
    words: str,
) -> Decoded:
    """Return the elements of a drawing with `role` and `text`; the texts of one level vote together.

    Args:
        rows: The elements as read.
        path: Their file.
        entry: What the inventory says about the file.
        section: `drawing` part of the source profile.
        levels: Columns of level numbers or names. A level has a number, a name, or both.
        words: Column of texts.

    Emits: van_ban.mixed_encoding, van_ban.undecodable
    """
    named = {name: _objects(rows[name]) for name in levels if _is_text(rows[name])}
    spelled = [sources.text_of(rows[name]) for name in levels]
    level = spelled[0].fillna(spelled[-1]).fillna("").astype("object")
    texts = _objects(rows[words])
    texts = texts[texts.notna()]
    groups = {f"{words} {key}": part for key, part in texts.groupby(level.loc[texts.index], sort=True)}
    decoded = decode_texts(
        {**named, **groups}, raw=vectors.keeps_bytes(path), declared=entry.get("encoding"), compose=True
    )
    known = [
        decoded.columns[name].astype("string") if name in named else sources.text_of(rows[name]) for name in levels
    ]
    # The number decides where a profile knows both.
    roles = [sources.roles_of(values, section) for values in known]
    role = roles[0].fillna(roles[-1])
    parts = [decoded.columns[key] for key in groups]
    text = pd.concat(parts).reindex(rows.index) if parts else pd.Series(pd.NA, index=rows.index)
    label = known[0].fillna(known[-1]).fillna("")
    shown = {key: f"{words} {label[part.index[0]]}" for key, part in groups.items()}
    twice = pd.Series(shown, dtype="object").duplicated(keep=False)
    shown |= {key: key for key in groups if twice[key]}  # Two spellings of one name of a level stay apart.
    played = {key: role[part.index[0]] for key, part in groups.items()}
    used = {name: name for name in named} | {key: shown[key] for key in groups if isinstance(played[key], str)}
    personal = [shown[key] for key in groups if played[key] in OF_PEOPLE]
    whole = rows.assign(role=role, text=text.astype("string"))
    return Decoded(whole, told(decoded.renamed(used), entry["path"], personal))


def _is_text(values: pd.Series) -> bool:
    return bool(pd.api.types.is_string_dtype(values))


def _objects(values: pd.Series) -> pd.Series:
    """Return texts or None."""
    return values.astype("object").where(values.notna(), None)
