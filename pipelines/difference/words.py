"""A difference in words and numbers: what a terminal shows, what a machine reads."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from pipelines import store as land
from pipelines.difference.rows import KINDS, Difference
from pipelines.wording import decimals

WHAT = {
    "added": ("thêm", "added"),
    "changed": ("đổi", "changed"),
    "removed": ("mất", "removed"),
    "unchanged": ("giữ nguyên", "unchanged"),
}
"""What became of a parcel, Vietnamese and English."""

LINEAGE = {"register": ("theo đăng ký", "by the register"), "place": ("theo vị trí", "by place")}
"""How it is known whose ground a parcel took."""

RELEASES = {
    "load": ("nạp", "load"),
    "rollback": ("trở về bản trước", "rollback"),
    "change": ("biến động", "change"),
    "reform": ("sắp xếp đơn vị hành chính", "reform"),
}
"""Kinds of releases."""

LISTED = 20
"""Parcels a terminal shows of each kind."""


def summary(difference: Difference) -> dict[str, Any]:
    """Return all of a difference as one JSON object."""
    table, state = difference.table, difference.state
    columns = difference.cells["column"].value_counts()
    plain = pd.DataFrame(table.drop(columns="geometry")).astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    changes = changes_of(difference)
    for name in ("predecessors", "successors"):
        lists = table[name].fillna("").str.split(", ")
        for row, ids in zip(rows, lists, strict=True):
            row[name] = [each for each in ids if each]
    return {
        "ma_xa": state.last.ma_xa,
        "ky_dia_gioi": state.last.ky_dia_gioi,
        "crs": f"EPSG:{state.last.srid}",
        "from": release(state.first),
        "to": release(state.last),
        **difference.counts,
        "reshaped": int(table["is_reshaped"].sum()),
        "moved_m": _largest(table["moved_m"]),
        "columns": {str(name): int(count) for name, count in columns.items()},
        "parcels": [row | {"changes": cells} for row, cells in zip(rows, changes, strict=True)],
    }


def release(one: land.Release | None) -> dict[str, Any] | None:
    """Return what tells a release, None for the time before the first."""
    if one is None:
        return None
    return {
        "release_id": one.release_id,
        "kind": one.kind,
        "started_at": one.started_at,
        "giao_dich_id": one.giao_dich_id,
    }


def changes_of(difference: Difference) -> list[list[dict[Any, Any]]]:
    """Return the changed values of every row of the table, in the order of the columns."""
    cells = difference.cells
    told = cells[["column", "title_vi", "title_en", "before", "after"]].to_dict("records")
    ends = np.searchsorted(cells["row"], np.arange(len(difference.table) + 1))
    return [told[start:end] for start, end in pairwise(ends)]


def sentences(difference: Difference) -> dict[str, pd.Series]:
    """Return by language what changed of each row of the table as one text; empty for what was added or removed."""
    cells, count = difference.cells, len(difference.table)
    found = {}
    for language in ("vi", "en"):
        before, after = (shown(cells[side], language) for side in ("before", "after"))
        texts = cells[f"title_{language}"].astype("string") + ": " + before + " → " + after
        joined = texts.groupby(cells["row"]).agg("; ".join)
        found[language] = joined.reindex(range(count)).fillna("").astype("string")
    return found


def shown(values: pd.Series, language: str) -> pd.Series:
    """Return values as people read them: a dash for nothing, measures without the noise of binary fractions.

    Args:
        values: Values of any columns.
        language: `vi` or `en`.
    """
    texts = values.astype("string").fillna("-")
    is_real = values.map(lambda value: isinstance(value, float))
    texts[is_real] = values[is_real].map(lambda value: _figure(value, language)).astype("string")
    is_truth = values.map(lambda value: isinstance(value, bool))
    for truth, words in ((True, ("có", "yes")), (False, ("không", "no"))):
        texts[is_truth & (values == truth)] = words[language == "en"]
    return texts


def _figure(value: float, language: str) -> str:
    text = decimals(value, 2, language)
    sign = "," if language == "vi" else "."
    return text.rstrip("0").rstrip(sign) if sign in text else text


def lines(difference: Difference) -> list[str]:
    """Return the difference as a terminal shows it."""
    table, state, counts = difference.table, difference.state, difference.counts
    told = [
        f"Xã / commune {state.last.ma_xa} ({state.last.ky_dia_gioi}): {_name(state.first)} → {_name(state.last)}",
        " · ".join(f"{counts[kind]:,} {vi} / {en}" for kind, (vi, en) in WHAT.items()),
    ]
    if reshaped := int(table["is_reshaped"].sum()):
        told.append(f"ranh đổi / reshaped: {reshaped:,}, xa nhất / farthest {_largest(table['moved_m']):.2f} m")
    titles = difference.cells["title_vi"] + " / " + difference.cells["title_en"]
    told += [f"  {count:>8,}  {title}" for title, count in titles.value_counts().items()]
    texts = sentences(difference)["vi"]
    for kind in KINDS:
        rows = table[table["what"] == kind]
        shown = rows.head(LISTED)
        told += [_line(row, texts[row["place"]]) for row in shown.assign(place=shown.index).to_dict("records")]
        if len(rows) > LISTED:
            told.append(f"  … {len(rows) - LISTED:,} {WHAT[kind][0]} nữa / more {WHAT[kind][1]} (--out, --json)")
    return told


def _line(row: dict[Any, Any], text: str) -> str:
    sign = {"added": "+", "changed": "~", "removed": "-"}[row["what"]]
    parts = [text] if text else []
    if row["is_reshaped"]:
        parts.insert(0, f"{row['area_before_m2']:.1f} → {row['area_after_m2']:.1f} m², {row['moved_m']:.2f} m")
    for name, word in (("predecessors", "từ / from"), ("successors", "thành / into")):
        if pd.notna(row[name]):
            parts.append(f"{word} {row[name]} ({' / '.join(LINEAGE[row['lineage']])})")
    return f"{sign} {row['thua_dat_id']}{'  ' if parts else ''}{'; '.join(parts)}"


def _name(one: land.Release | None) -> str:
    if one is None:
        return "trước bản đầu / before the first"
    return f"bản / release {one.release_id} ({' / '.join(RELEASES[one.kind])}, {one.started_at[:10]})"


def _largest(moved_m: pd.Series) -> float | None:
    return None if moved_m.isna().all() else round(float(moved_m.max()), 4)
