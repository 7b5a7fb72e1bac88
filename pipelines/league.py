"""League table of the communes: data quality, grades, verdict and what to do first, on one page without any request."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import schemas
from pipelines.htmlreport import pages
from pipelines.wording import decimals, number


@dataclass(frozen=True)
class Entry:
    """One commune that was checked.

    Attributes:
        commune: Code.
        name: Name.
        summary: Summary of its judgement.
        accepted: Verdict.
        first: Code of the first thing to do; None where there is nothing to do.
        folder: Where its report lies, relative to the page; None where there is none.
    """

    commune: str
    name: str
    summary: Mapping[str, Any]
    accepted: bool
    first: str | None
    folder: str | None


def ranked(entries: Sequence[Entry]) -> list[tuple[int, Entry]]:
    """Return the communes with their places: the best index first, equal indices on one place, without index last."""
    order = sorted(entries, key=lambda entry: (-_index(entry), entry.commune))
    indices = [_index(entry) for entry in order]
    return [(indices.index(index) + 1, entry) for index, entry in zip(indices, order, strict=True)]


def render(entries: Sequence[Entry], failed: Sequence[Mapping[str, str]] = ()) -> str:
    """Return the page.

    Args:
        entries: Communes that were checked.
        failed: `commune`, `vi`, `en` of those that could not be.
    """
    grades = schemas.codelist("xep_loai").to_dict("records")
    parcels = sum(int(entry.summary["parcels"]) for entry in entries)
    accepted = sum(entry.accepted for entry in entries)
    figures = [
        (len(entries), "xã đã kiểm tra", "communes checked"),
        (accepted, "xã đạt", "accepted"),
        (parcels, "thửa đất", "parcels"),
        (sum(int(entry.summary["grades"].get("3", 0)) for entry in entries), "thửa nhóm 3", "parcels of grade 3"),
    ]
    return (
        pages()
        .get_template("league.html.j2")
        .render(
            date=datetime.date.today(),
            figures=[{"vi": vi, "en": en, **_both("value", count)} for count, vi, en in figures],
            communes=[_line(place, entry) for place, entry in ranked(entries)],
            grades=[{"code": grade["code"], "vi": grade["name_vi"], "en": grade["name_en"]} for grade in grades],
            failed=failed,
        )
    )


def _line(place: int, entry: Entry) -> dict[str, Any]:
    counts = entry.summary["grades"]
    whole = max(sum(counts.values()), 1)
    first = schemas.findings()[entry.first] if entry.first else None
    index = entry.summary.get("dqi")
    return {
        "place": place,
        "commune": entry.commune,
        "name": entry.name,
        "accepted": entry.accepted,
        "dqi_vi": "" if index is None else decimals(100 * index, 1, "vi") + " %",
        "dqi_en": "" if index is None else decimals(100 * index, 1, "en") + " %",
        "grades": [
            {"code": code, "count": count, "share": round(100 * count / whole, 3)} for code, count in counts.items()
        ],
        **_both("parcels", entry.summary["parcels"]),
        **_both("errors", entry.summary["severities"]["error"]),
        "first_vi": first["title_vi"] if first else "",
        "first_en": first["title_en"] if first else "",
        "page": f"{entry.folder}/report.html" if entry.folder else None,
        "minutes": f"{entry.folder}/minutes.pdf",
        "fix_list": f"{entry.folder}/fix_list.xlsx",
    }


def _both(name: str, count: int) -> dict[str, str]:
    return {f"{name}_{language}": number(count, language) for language in ("vi", "en")}


def _index(entry: Entry) -> float:
    index = entry.summary.get("dqi")
    return -1.0 if index is None else float(index)
