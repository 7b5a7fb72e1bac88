"""Which steps a change takes, and whether a transaction of its kind may take them (`schemas/changes.yaml`)."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import schemas
from pipelines.change.after import After
from pipelines.change.request import ADD, EDIT, END, NEW, RESHAPE, SET, Edit, Reason, Request

REFORM = "DH"


def reform(request: Request) -> list[Reason]:
    """Return why a change of administrative units is no package; nothing for other kinds."""
    if request.loai_bien_dong != REFORM:
        return []
    return [
        Reason(
            "kind.reform",
            "Loại DH là việc của cả xã, không đăng ký bằng gói: dùng `diachinh reform`.",
            "Kind DH concerns a whole commune and is no package: use `diachinh reform`.",
        )
    ]


def check(request: Request, after: After) -> list[Reason]:
    """Return which steps are missing, and which the kind does not allow."""
    found = taken(edit for edit in request.edits if edit.layer != "thua_dat") | parcel_steps(after)
    doubled = [edit.layer for place, edit in enumerate(request.edits) if edit.layer in _layers(request.edits[:place])]
    reasons = [
        Reason(
            "kind.layer_twice",
            f"Lớp {layer} được nêu hai lần ở edits: gộp lại một lần.",
            f"Layer {layer} stands twice in edits: put it together.",
        )
        for layer in dict.fromkeys(doubled)
    ]
    if "thua_dat" in _layers(request.edits):
        reasons.append(
            Reason(
                "kind.parcels_in_edits",
                "Thửa đất không nằm trong edits: ghi các thửa sau biến động ở khóa thua_dat.",
                "Parcels do not stand in edits: write the parcels after under the key thua_dat.",
            )
        )
    needs, may = rules(request.loai_bien_dong)
    kind, titles = request.loai_bien_dong, _titles()
    name_vi, name_en = titles[kind]
    for alternatives in needs:
        if not found & alternatives:
            told = ", ".join(sorted(alternatives))
            reasons.append(
                Reason(
                    "kind.needs",
                    f"Loại {kind} ({name_vi}) cần ít nhất một trong: {told}; gói không có bước nào.",
                    f"Kind {kind} ({name_en}) needs at least one of: {told}; the package has none.",
                )
            )
    for step in sorted(found - may.union(*needs)):
        reasons.append(
            Reason(
                "kind.may_not",
                f"Loại {kind} ({name_vi}) không được làm {step}: bỏ bước này hoặc đăng ký loại khác.",
                f"Kind {kind} ({name_en}) may not do {step}: leave it out, or register another kind.",
            )
        )
    return reasons


def parcel_steps(after: After) -> set[str]:
    """Return the steps that are taken on thua_dat."""
    steps = {NEW: after.new.any(), RESHAPE: after.reshaped.any(), EDIT: after.edited.any(), END: after.ended.any()}
    return {f"thua_dat:{step}" for step, is_taken in steps.items() if is_taken}


def taken(edits: Iterable[Edit]) -> set[str]:
    """Return the steps that are taken on other layers."""
    return {
        f"{edit.layer}:{step}"
        for edit in edits
        for step, rows in ((ADD, edit.add), (SET, edit.set), (END, edit.end))
        if rows
    }


@cache
def rules(kind: str) -> tuple[tuple[frozenset[str], ...], frozenset[str]]:
    """Return the alternatives of which each kind needs one step, and the steps it may take beside them."""
    known = schemas.changes()
    entry = known["kinds"][kind]
    sets: dict[str, Any] = known["sets"]
    needs = tuple(frozenset(_steps(alternatives, sets)) for alternatives in entry["needs"])
    return needs, frozenset([*_steps(known["always"], sets), *_steps(entry["may"], sets)])


def may_change_area(kind: str) -> bool:
    """Tell whether transactions of a kind may change an area."""
    return kind in schemas.changes()["areas_may_change"]


def _steps(entries: Sequence[Any], sets: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, list):
            found += _steps(entry, sets)
        elif ":" in entry:
            layer, _, steps = entry.partition(":")
            found += [f"{layer}:{step}" for step in steps.split(",")]
        else:
            found += _steps(sets[entry], sets)
    return found


def _layers(edits: Sequence[Edit]) -> set[str]:
    return {edit.layer for edit in edits}


@cache
def _titles() -> dict[str, tuple[str, str]]:
    listed = schemas.codelist("loai_bien_dong").set_index("code")
    return dict(zip(listed.index, zip(listed["name_vi"], listed["name_en"], strict=True), strict=True))
