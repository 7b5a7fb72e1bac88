"""One change: judged against the register, and written as one release of its commune, or refused with every reason."""

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

import schemas
from pipelines import store as land
from pipelines import vault as vaults
from pipelines.change import after as afters
from pipelines.change import basis, ground, kinds, neighbourhood, numbers, rights, writing
from pipelines.change.after import After
from pipelines.change.neighbourhood import Rules, Verdict
from pipelines.change.request import Reason, Request
from pipelines.errors import Refusal, StoreError
from pipelines.locks import check_key, wrong_key

COMMAND = "change apply"

_SHOWN = 20
"""So many reasons, or parcels in the log, are told one by one."""


class Refused(Refusal):
    """A change that may not be written.

    Attributes:
        reasons: All of them.
    """

    def __init__(self, request: Request, reasons: Sequence[Reason]) -> None:
        """Keep the reasons and tell them all."""
        self.reasons = list(reasons)
        number, more = request.giao_dich_id, len(reasons) - _SHOWN
        vi, en = [reason.vi for reason in reasons[:_SHOWN]], [reason.en for reason in reasons[:_SHOWN]]
        if more > 0:
            vi.append(f"và {more} lý do khác (xem `--json`).")
            en.append(f"and {more} more reasons (see `--json`).")
        super().__init__(
            f"Không ghi biến động {number}: " + _lines(vi), f"Change {number} is not written: " + _lines(en)
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change.

    Attributes:
        giao_dich_id: Number of the transaction.
        release_id: The release it is, or already was; None where it was only checked.
        is_new: Whether it was written now.
        counts: What it did, or would do.
        findings: New findings below an error, by code.
    """

    giao_dich_id: str
    release_id: int | None
    is_new: bool
    counts: dict[str, Any] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Judged:
    """A change with everything that would be written, or the reasons against it."""

    reasons: list[Reason]
    after: After | None = None
    heirs: pd.DataFrame | None = None
    plan: rights.Plan | None = None
    verdict: Verdict | None = None


def zone_of(store: land.Store, scope: tuple[str, str]) -> int:
    """Return the EPSG code of the zone of a commune.

    Raises:
        StoreError: It was never loaded.
    """
    newest = land.newest(store, scope)
    if newest is None:
        raise StoreError(
            f"Cơ sở dữ liệu chưa có xã {scope[0]} kỳ {scope[1]}: kiểm tra ma_xa, ky_dia_gioi của gói.",
            f"The database has no commune {scope[0]} of era {scope[1]}: check ma_xa and ky_dia_gioi of the package.",
        )
    return newest.srid


def check(store: land.Store, request: Request, rules: Rules, *, vault: vaults.Vault) -> Outcome:
    """Judge a change without writing anything.

    Raises:
        Refused: It may not be written.
        StoreError: The database cannot be read.
    """
    srid = zone_of(store, request.scope)
    known = _registered(store, request)
    if isinstance(known, Outcome):
        return known
    with store.holders():
        check_key(store, vault)
        judged = _judge(store, request, srid, rules, vault) if known is None else _Judged([known])
    if judged.reasons:
        raise Refused(request, judged.reasons)
    assert judged.after is not None and judged.verdict is not None
    counts = {
        "added": int(judged.after.new.sum()),
        "changed": int((judged.after.written & ~judged.after.new).sum()),
        "removed": int(judged.after.ended.sum()),
    }
    return Outcome(request.giao_dich_id, None, False, counts, _codes(judged.verdict))


def apply(store: land.Store, request: Request, rules: Rules, *, vault: vaults.Vault, who: str) -> Outcome:
    """Write a change as one release, in one transaction; the same package again changes nothing.

    Args:
        store: The land database, open for writing.
        request: The change.
        rules: By what it is judged.
        vault: Key of the holders.
        who: Account that asks.

    Raises:
        Refused: It may not be written; nothing is, but an entry of the log.
        StoreError: The database cannot be written, or the key is another one.
    """
    srid = zone_of(store, request.scope)
    entry = land.Entry(COMMAND, who, *request.scope, request.giao_dich_id, request.sha256)
    with store.transaction(request.scope, srid):
        wrong = wrong_key(store, vault)
        # The number is one of the whole database, and other communes are written at the same time.
        store.hold(f"giao_dich {request.giao_dich_id}")
        known = _registered(store, request)
        if isinstance(known, Outcome) and not wrong:
            return known
        judged = _Judged([known] if isinstance(known, Reason) else [])
        if not (wrong or judged.reasons):
            judged = _judge(store, request, srid, rules, vault)
        if not (wrong or judged.reasons):
            return _write(store, request, judged, srid, entry)
        # Nothing was written: the transaction ends with the entry that says why.
        land.write_log(store, entry, land.REFUSED, reason="key.other" if wrong else _told(judged.reasons, request))
    refused = wrong or Refused(request, judged.reasons)
    refused.is_logged = True
    raise refused


def _write(store: land.Store, request: Request, judged: _Judged, srid: int, entry: land.Entry) -> Outcome:
    assert judged.after is not None and judged.heirs is not None
    assert judged.plan is not None and judged.verdict is not None
    release, counts = writing.write(
        store, request, judged.after, judged.heirs, judged.plan, judged.verdict, srid=srid, who=entry.nguoi_thuc_hien
    )
    land.write_log(store, entry, land.DONE, release=release)
    return Outcome(request.giao_dich_id, release, True, counts, _codes(judged.verdict))


def _judge(store: land.Store, request: Request, srid: int, rules: Rules, vault: vaults.Vault) -> _Judged:
    if reasons := kinds.reform(request):
        return _Judged(reasons)
    before, reasons = basis.read(store, request, srid)
    if reasons:
        return _Judged(reasons)
    reasons = _dates(request, before)
    after, wrong = afters.build(request, before, land.layer_table("thua_dat", srid))
    if wrong:
        return _Judged([*reasons, *wrong])
    reasons += kinds.check(request, after)
    if wrong := ground.shapes(after):
        return _Judged([*reasons, *wrong])
    after, wrong = numbers.settle(store, request, after, srid)
    if wrong:
        return _Judged([*reasons, *wrong])
    neighbours = neighbourhood.read(store, request, after, srid)
    heirs = ground.common(after, rules.tolerances)
    reasons += ground.check(request, after, neighbours, rules.tolerances)
    reasons += numbers.parents_end(after, heirs)
    whole = _with(request, after)
    plan = rights.plan(store, whole, heirs, vault=vault)
    verdict = neighbourhood.judge(store, request, after, neighbours, srid, rules)
    return _Judged([*reasons, *plan.reasons, *verdict.reasons], after, heirs, plan, verdict)


def _with(request: Request, after: After) -> Request:
    """Return the request with the parcels after in full; without parcels where it says nothing of them."""
    return request if request.parcels is None else dataclasses.replace(request, parcels=after.parcels, said=None)


def _dates(request: Request, before: pd.DataFrame) -> list[Reason]:
    day, reasons = request.ngay_hieu_luc, []
    if day > datetime.date.today().isoformat():
        reasons.append(
            Reason(
                "date.future",
                f"Ngày hiệu lực {day} chưa tới: đăng ký vào ngày đó hoặc sửa ngay_hieu_luc.",
                f"The date {day} is yet to come: register it on that day, or mend ngay_hieu_luc.",
            )
        )
    reasons += [
        Reason(
            "date.before_version",
            f"Thửa {name} có hiệu lực từ {since}, sau ngày {day} của biến động: sửa ngay_hieu_luc.",
            f"Parcel {name} holds since {since}, later than the date {day} of the change: mend ngay_hieu_luc.",
        )
        for name, since in zip(before["thua_dat_id"], before["valid_from"], strict=True)
        if since > day
    ]
    eras = schemas.codelist("ky_dia_gioi").set_index("code").loc[request.ky_dia_gioi]
    if (eras["valid_from"] and day < eras["valid_from"]) or (eras["valid_to"] and day > eras["valid_to"]):
        reasons.append(
            Reason(
                "date.era",
                f"Ngày {day} không thuộc kỳ địa giới {request.ky_dia_gioi}: dùng xã và kỳ của ngày đó, hoặc sửa ngày.",
                f"The date {day} is not in era {request.ky_dia_gioi}: use those of that day, or mend the date.",
            )
        )
    return reasons


def _registered(store: land.Store, request: Request) -> Outcome | Reason | None:
    """Return what is known of a transaction of this number: itself, or another one that has it."""
    row = store.execute(
        "SELECT goi_sha256, release_from, ma_xa FROM giao_dich WHERE tx_to IS NULL AND giao_dich_id = :number "
        "ORDER BY CASE WHEN goi_sha256 = :sha256 THEN 0 ELSE 1 END, release_from LIMIT 1",
        {"number": request.giao_dich_id, "sha256": request.sha256},
    ).fetchone()
    if row is None:
        return None
    sha256, release, ma_xa = row
    if sha256 == request.sha256:
        return Outcome(request.giao_dich_id, int(release), False)
    number = request.giao_dich_id
    return Reason(
        "number.registered",
        f"Mã biến động {number} đã đăng ký (xã {ma_xa}, bản {release}) với nội dung khác: dùng mã mới.",
        f"Transaction {number} is registered (commune {ma_xa}, release {release}) with other content: use a new id.",
    )


def _codes(verdict: Verdict) -> dict[str, int]:
    return {str(code): int(count) for code, count in verdict.findings["code"].value_counts().sort_index().items()}


def _told(reasons: Sequence[Reason], request: Request) -> str:
    """Return what the log keeps of a refusal: codes and parcels."""
    codes = ", ".join(dict.fromkeys(reason.code for reason in reasons))
    parcels, more = list(request.based_on), len(request.based_on) - _SHOWN
    return f"{codes}: {', '.join(parcels[:_SHOWN])}" + (f" (+{more})" if more > 0 else "")


def _lines(sentences: list[str]) -> str:
    """Return one sentence as it is, several below each other."""
    return sentences[0] if len(sentences) == 1 else "".join(f"\n  - {sentence}" for sentence in sentences)
