"""How well checks do: recall and precision per finding, counted over many fabrics and registers."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Score:
    """How many findings of each code there had to be, were there, and were there though nothing is wrong."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    invented: Counter[str] = field(default_factory=Counter)
    spared: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Score") -> "Score":
        """Add up the scores of several fabrics."""
        for name in ("planted", "found", "invented", "spared"):
            getattr(self, name).update(getattr(other, name))
        self.wrong += other.wrong
        return self

    def recall(self, code: str) -> float:
        """Return the share of what was planted that was found."""
        return self.found[code] / self.planted[code] if self.planted[code] else float("nan")

    def precision(self, code: str) -> float:
        """Return the share of what was told that is so."""
        told = self.found[code] + self.invented[code]
        return self.found[code] / told if told else float("nan")
