"""The account over the whole way: what came in with the package is in the database, or in quarantine with a finding."""

import json
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

from pipelines import ledger
from pipelines.ledger import Ledger, LedgerError

STEPS = ("package", "digitize", "normalize", "validate", "load")
PARCEL = "parcel"


def taken(account: Ledger, kind: str) -> int:
    """Return how many objects of a kind a step handed on."""
    return sum(entry.accepted + entry.repaired for entry in account.entries if entry.kind == kind)


def received(account: Ledger, kind: str) -> int:
    """Return how many objects of a kind a step got."""
    return sum(entry.received for entry in account.entries if entry.kind == kind)


def check_chain(accounts: list[Ledger]) -> None:
    """Check that every step balances and got all the parcels the step before it handed on.

    Raises:
        LedgerError: Objects were lost or doubled between or inside steps.
    """
    for account in accounts:
        account.check()
    with_parcels = [account for account in accounts if any(entry.kind == PARCEL for entry in account.entries)]
    for before, after in pairwise(with_parcels):
        handed, got = taken(before, PARCEL), received(after, PARCEL)
        if handed != got:
            raise LedgerError(f"{before.step} handed on {handed} parcels, {after.step} got {got}")


def combine(base: Path) -> dict[str, object]:
    """Return the account of a commune over all its steps, after it balances.

    Args:
        base: Folder of the commune.

    Raises:
        LedgerError: Objects were lost or doubled.
    """
    paths = [base / step / "account.json" for step in STEPS]
    accounts = [ledger.read(path) for path in paths if path.exists()]
    check_chain(accounts)
    return {
        "totals": {account.step: ledger.totals([account]) for account in accounts},
        "steps": [asdict(account) for account in accounts],
    }


def write(base: Path) -> None:
    """Write the account of a commune, after it balances."""
    text = json.dumps(combine(base), ensure_ascii=False, indent=1)
    (base / "account.json").write_text(text, encoding="utf-8")
