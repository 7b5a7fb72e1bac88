"""What a reform did for a new commune, in counts, with every parcel that waits for a person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pipelines.reform import held
from pipelines.reform.parts import Part
from pipelines.reform.scopes import Scope


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a reform did for one new commune.

    Attributes:
        ma_xa: Its code.
        ky_dia_gioi: Its era.
        release_id: The release it made, None where there was nothing to do.
        giao_dich_id: The transaction it was registered as.
        moved: Parcels that came.
        parcels: Parcels the commune has now.
        sources: Of each older commune: parcels before, moved, gone or going elsewhere, and waiting; its release.
        rows: Rows that came, by layer.
        known_rows: Rows that ended in an older commune as the new one has their id already, by layer; its own stay.
        other_rows: Those of them that said something else than what stays: for a person to look at.
        unknown: Parcels that officers decided about and that are not there (any more).
        left_rows: Rows that stay in older communes without any parcel there, by layer.
        waiting: `thua_dat_id`, `ma_xa_cu`, `ky_dia_gioi_cu` and `ly_do` of the parcels that wait for a person.
    """

    ma_xa: str
    ky_dia_gioi: str
    release_id: int | None
    giao_dich_id: str | None
    moved: int
    parcels: int
    sources: list[dict[str, Any]]
    rows: dict[str, int] = field(default_factory=dict)
    known_rows: dict[str, int] = field(default_factory=dict)
    other_rows: dict[str, int] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    left_rows: dict[str, int] = field(default_factory=dict)
    waiting: list[dict[str, str]] = field(default_factory=list)


def receipt_of(
    scope: Scope, release_id: int | None, number: str | None, every: Sequence[Part], counts: dict[str, int],
    there: held.Held, parts: Sequence[Part],
) -> Receipt:  # fmt: skip
    """Return the receipt: `every` older commune is told, `parts` are those that gave something."""
    moved = sum(int(each.goes.sum()) for each in parts)
    waiting = pd.concat([_waiting(each) for each in every], ignore_index=True)
    return Receipt(
        *scope,
        release_id=release_id,
        giao_dich_id=number,
        moved=moved,
        parcels=len(there.parcels) + moved,
        sources=[_source(each) for each in every],
        rows={layer: count for layer, count in counts.items() if count},
        waiting=[{str(name): str(value) for name, value in row.items()} for row in waiting.to_dict("records")],
    )


def _source(each: Part) -> dict[str, Any]:
    moved, waits = int(each.goes.sum()), int(each.waits.notna().sum())
    basis = each.places.loc[each.goes, "can_cu"].value_counts()
    return {
        "ma_xa": each.held.scope[0],
        "ky_dia_gioi": each.held.scope[1],
        "before": len(each.goes),
        "moved": moved,
        "by": {str(code): int(count) for code, count in basis.sort_index().items()},
        "waiting": waits,
        "elsewhere": len(each.goes) - moved - waits,
    }


def _waiting(each: Part) -> pd.DataFrame:
    ids = each.held.parcels.loc[each.waits.notna(), "thua_dat_id"]
    scope = {"ma_xa_cu": each.held.scope[0], "ky_dia_gioi_cu": each.held.scope[1]}
    return pd.DataFrame({"thua_dat_id": ids, **scope, "ly_do": each.waits.dropna()}, index=ids.index)
