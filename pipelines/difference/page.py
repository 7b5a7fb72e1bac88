"""A difference as one page with a map: nothing is asked of anybody, every parcel can be found and clicked."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from pipelines import findingsmap, geometry, htmlreport
from pipelines.difference.rows import CHANGED, KINDS, REMOVED, Difference
from pipelines.difference.words import LINEAGE, RELEASES, WHAT, shown
from pipelines.files import write_text
from pipelines.wording import decimals, number

ROWS = 20_000
"""Parcels on the page; the table has all."""

VERTICES = 600_000

_HERE = Path(__file__).parent


def write(difference: Difference, path: Path) -> None:
    """Write the page, as a whole or not at all.

    Raises:
        StoreError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, render(difference))


def render(difference: Difference) -> str:
    """Return the page."""
    rows = _chosen(difference)
    library, style = findingsmap.leaflet()
    filler = (_HERE / "page.js").read_text(encoding="utf-8")
    text = json.dumps(_content(difference, rows), ensure_ascii=False, separators=(",", ":"))
    last, first = difference.state.last, difference.state.first
    return (
        htmlreport.pages()
        .get_template("difference/page.html.j2")
        .render(
            ma_xa=last.ma_xa,
            era=last.ky_dia_gioi,
            crs=f"EPSG:{last.srid}",
            releases=[_release(release) for release in (first, last)],
            figures=_figures(difference),
            left_out={
                language: (number(len(rows), language), number(len(difference.table), language))
                for language in ("vi", "en")
                if len(rows) < len(difference.table)
            },
            style=Markup(style),
            packed=base64.b64encode(zlib.compress(text.encode(), 9)).decode(),
            library=Markup(library),
            filler=Markup(filler),
            policy=htmlreport.policy([library, filler]),
        )
    )


def _release(release: Any) -> dict[str, str] | None:
    if release is None:
        return None
    vi, en = RELEASES[release.kind]
    return {"number": str(release.release_id), "day": release.started_at[:10], "vi": vi, "en": en}


def _figures(difference: Difference) -> list[dict[str, Any]]:
    counts = difference.counts
    return [
        {"kind": kind, "vi": WHAT[kind][0], "en": WHAT[kind][1]}
        | {f"count_{language}": number(counts[kind], language) for language in ("vi", "en")}
        for kind in (*KINDS, "unchanged")
    ]


def _chosen(difference: Difference) -> pd.DataFrame:
    """Return the rows the page has room for; of every kind as many as of any other, until a kind has no more."""
    table = difference.table
    vertices = shapely.get_num_coordinates(table.geometry.to_numpy())
    vertices = vertices + np.where(table["what"] == CHANGED, shapely.get_num_coordinates(difference.before), 0)
    turn = table.groupby("what").cumcount().sort_values(kind="stable").index
    fits = vertices[turn].cumsum() <= VERTICES
    rows: pd.DataFrame = table.loc[turn[fits][:ROWS].sort_values()]
    return rows


def _content(difference: Difference, rows: pd.DataFrame) -> dict[str, Any]:
    """Return what the script draws: columns of the rows, changed values, and rings in whole centimetres."""
    before, after = difference.before.loc[rows.index].to_numpy(), rows.geometry.to_numpy()
    after = after.copy()
    after[(rows["what"] == REMOVED).to_numpy()] = None
    usable = [
        geometry.is_polygon(side) & ~shapely.is_empty(side) & geometry.is_finite(side) for side in (before, after)
    ]
    boxes = shapely.bounds(np.concatenate([side[has] for side, has in zip((before, after), usable, strict=True)]))
    west, south = boxes[:, :2].min(axis=0) if len(boxes) else (0.0, 0.0)
    size = boxes[:, 2:].max(axis=0) - [west, south] if len(boxes) else np.zeros(2)
    sides = [_rings(side, has, west, south) for side, has in zip((before, after), usable, strict=True)]
    texts = {name: rows[name].fillna("").astype(str).tolist() for name in ("predecessors", "successors")}
    called = rows["so_hieu_to_ban_do"].fillna("?") + "/" + rows["so_thu_tu_thua"].fillna("?")
    return {
        "size": size.round(2).tolist(),
        "what": rows["what"].map({kind: place for place, kind in enumerate(KINDS)}).tolist(),
        "id": rows["thua_dat_id"].tolist(),
        "called": called.tolist(),
        "areas": {language: _areas(rows, language) for language in ("vi", "en")},
        "moved": {language: _measures(rows["moved_m"], 2, language) for language in ("vi", "en")},
        "lineage": rows["lineage"].fillna("").tolist(),
        "words": {"what": [WHAT[kind] for kind in KINDS], "lineage": LINEAGE},
        **texts,
        "cells": _cells(difference, rows),
        "before": sides[0],
        "after": sides[1],
    }


def _areas(rows: pd.DataFrame, language: str) -> list[str]:
    before, after = (_measures(rows[name], 1, language) for name in ("area_before_m2", "area_after_m2"))
    return [" → ".join(dict.fromkeys(filter(None, pair))) for pair in zip(before, after, strict=True)]


def _measures(values: pd.Series, places: int, language: str) -> list[str]:
    return [decimals(value, places, language) if np.isfinite(value) else "" for value in values]


def _cells(difference: Difference, rows: pd.DataFrame) -> dict[str, Any]:
    """Return the changed values in the order of the rows, and where those of each row end."""
    cells = difference.cells
    cells = cells[cells["row"].isin(rows.index)]
    kind, _ = pd.factorize(cells["column"])
    titles = cells.drop_duplicates("column")[["title_vi", "title_en"]].to_numpy().tolist()
    told = {
        f"{side}_{language}": shown(cells[side], language).tolist()
        for side in ("before", "after")
        for language in ("vi", "en")
    }
    ends = np.searchsorted(cells["row"], rows.index, side="right").tolist()
    return {"titles": titles, "title": kind.tolist(), "ends": ends, **told}


def _rings(shapes: Any, has: Any, west: float, south: float) -> dict[str, Any]:
    rows = np.flatnonzero(has)
    rings, owner = shapely.get_rings(shapely.force_2d(shapes[rows]), return_index=True)
    return findingsmap.packed(rings, west, south) | {"row": rows[owner].tolist()}
