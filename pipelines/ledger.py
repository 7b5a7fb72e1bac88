"""The account of a commune: every object that came in ends in exactly one place."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Entry:
    """Counts of one kind of object from one source.

    Attributes:
        source: Path of the file inside the package.
        kind: `element` (drawing), `parcel`, `label`, `row` or `file`.
        received: Objects that came in.
        accepted: Objects taken as they are.
        repaired: Objects taken after a repair that is itself a finding.
        quarantined: Objects not taken; each has a finding.
    """

    source: str
    kind: str
    received: int
    accepted: int
    repaired: int
    quarantined: int

    @property
    def balanced(self) -> bool:
        """Whether nothing is missing and nothing is counted twice."""
        return self.received == self.accepted + self.repaired + self.quarantined


class LedgerError(AssertionError):
    """Objects were lost or counted twice: a defect of the program, never of the data."""


@dataclass(slots=True)
class Ledger:
    """The account of one step over one commune."""

    step: str
    entries: list[Entry] = field(default_factory=list)

    def add(
        self, source: str, kind: str, *, received: int, accepted: int, repaired: int = 0, quarantined: int = 0
    ) -> None:
        """Book the objects of one kind from one source."""
        self.entries.append(Entry(source, kind, int(received), int(accepted), int(repaired), int(quarantined)))

    def check(self) -> "Ledger":
        """Return the ledger itself when it balances.

        Raises:
            LedgerError: The counts of a source do not add up.
        """
        wrong = [entry for entry in self.entries if not entry.balanced]
        if wrong:
            lines = "; ".join(
                f"{e.source} [{e.kind}]: {e.received} != {e.accepted} + {e.repaired} + {e.quarantined}" for e in wrong
            )
            raise LedgerError(f"{self.step}: {lines}")
        return self

    def write(self, path: Path) -> None:
        """Write the account as JSON, after it balances."""
        self.check()
        body = {"step": self.step, "entries": [asdict(entry) for entry in self.entries]}
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")


def read(path: Path) -> Ledger:
    """Read an account written by `Ledger.write`."""
    body = json.loads(path.read_text(encoding="utf-8"))
    return Ledger(step=body["step"], entries=[Entry(**entry) for entry in body["entries"]])


def totals(ledgers: Iterable[Ledger]) -> dict[str, dict[str, int]]:
    """Return received, accepted, repaired and quarantined per kind over several ledgers."""
    sums: dict[str, dict[str, int]] = {}
    for entry in (entry for ledger in ledgers for entry in ledger.entries):
        row = sums.setdefault(entry.kind, {"received": 0, "accepted": 0, "repaired": 0, "quarantined": 0})
        for name in row:
            row[name] += getattr(entry, name)
    return sums
