"""Files and settings of a reform: the plan, the tables handed in, one receipt for each new commune."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from pipelines import sandbox
from pipelines import store as land
from pipelines.crs import srid
from pipelines.errors import Refusal, SettingsError
from pipelines.reform import scopes, tables
from pipelines.reform.apply import apply
from pipelines.reform.plan import Plan, plan
from pipelines.reform.receipts import Receipt
from pipelines.reform.undo import Undone, undo
from pipelines.settings import Settings

FOLDER = "reform"


def plan_files(settings: Settings, out: Path, date: str | None = None) -> tuple[Plan, list[Path]]:
    """Write what a reform would do to what is loaded; return it, and the files.

    Raises:
        StoreError: There is no land database.
        CadastreError: The files cannot be written, or no such reform is known.
    """
    reform = scopes.of(settings, date)
    with land.open_reader(settings.database) as store:
        found = plan(store, reform)
    return found, tables.write(found, out)


def apply_files(
    settings: Settings, sheets: Path, parcels: Path | None, codes: Sequence[str], who: str
) -> Iterator[Receipt | tuple[str, Refusal]]:
    """Do the reform for new communes, one transaction each; yield what became of each of them.

    Args:
        settings: Settings.
        sheets: Table of sheets; a workbook of `plan` may hold the decisions about parcels too.
        parcels: Table of decisions about parcels, where it is another file.
        codes: New communes; all that hold land of loaded ones when empty.
        who: The account that asks.

    Raises:
        StoreError: The database cannot be written.
        SettingsError: A code is of no new commune.
        ReadError: A table cannot be used.
    """
    reform = scopes.of(settings)
    known = set(reform.future.crosswalk.rows["new"])
    if unknown := [code for code in codes if code not in known]:
        raise SettingsError(
            f"{unknown[0]} không phải xã nào từ ngày {reform.date}: ghi mã xã mới, xem `diachinh reform plan`.",
            f"{unknown[0]} is no commune from {reform.date} on: give the new code, see `diachinh reform plan`.",
        )
    handed = [sheets, *([parcels] if parcels else [])]
    table = sandbox.call(tables.read_sheets, sheets, limits=settings.limits)
    decided = pd.Series(sandbox.call(tables.read_decisions, handed[-1], limits=settings.limits), dtype="string")
    sha256 = tables.sha256(handed)
    with land.open_reader(settings.database) as reader:
        sources = scopes.loaded(reader, reform).sources
        zones = {release.srid for release in sources.values()} or {srid(settings.crs)}
    wanted = list(codes) or sorted({code for scope in sources for code in reform.successors(scope)})
    with land.open_store(settings.database, srid=min(zones)) as store:
        for code in wanted:
            try:
                receipt = apply(store, code, reform, table, who=who, decided=decided, table_sha256=sha256)
            except Refusal as refusal:
                entry = land.Entry("reform apply", who, code, reform.era, goi_sha256=sha256)
                land.write_log(store, entry, land.REFUSED, reason=refusal.en)
                yield code, refusal
                continue
            _write(settings.home / FOLDER / f"{code}.json", receipt)
            yield receipt


def _write(path: Path, receipt: Receipt) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(receipt), ensure_ascii=False, indent=1), encoding="utf-8")


def undo_files(settings: Settings, code: str, who: str) -> Undone:
    """Take back the newest reform of a new commune.

    Raises:
        StoreError: There is no land database, or it cannot be written.
        Refusal: There is nothing to take back, or something was changed since.
    """
    reform = scopes.of(settings)
    with land.open_reader(settings.database) as reader:
        newest = land.newest(reader, (code, reform.era))
    with land.open_store(settings.database, srid=newest.srid if newest else srid(settings.crs)) as store:
        try:
            done = undo(store, (code, reform.era), who=who)
        except Refusal as refusal:
            entry = land.Entry("reform undo", who, code, reform.era)
            land.write_log(store, entry, land.REFUSED, reason=refusal.en)
            refusal.is_logged = True
            raise
    (settings.home / FOLDER / f"{code}.json").unlink(missing_ok=True)
    return done
