"""Fingerprints of code: editing a step re-runs that step.

Snakemake sees only the command line of a `shell:` rule. A hash of the step's sources, of the ground floor and of
the schemas, given to the rule as a parameter, makes a change of code visible.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_SCHEMAS = _HERE.parent / "schemas"
_NOT_GROUND = {
    "package", "digitize", "normalize", "validate", "load", "province", "publish", "repair", "linkage", "change",
    "reform", "safety", "difference", "cli",
}  # fmt: skip

_DRAWN_BY_ATLAS = {"publish": [_HERE.parent / "atlas" / "preview.py"]}
"""The maps of findings are part of a release, though another package draws them."""


@cache
def fingerprint(step: str) -> str:
    """Return a short hash of everything the step is made of."""
    ground = sorted(path for path in _HERE.rglob("*.py") if path.relative_to(_HERE).parts[0] not in _NOT_GROUND)
    own = sorted((_HERE / step).rglob("*.py")) + _DRAWN_BY_ATLAS.get(step, [])
    meaning = sorted(path for path in _SCHEMAS.rglob("*") if path.suffix in {".py", ".yaml", ".csv", ".sql"})
    return digest([*ground, *own, *meaning])


def digest(files: Iterable[Path]) -> str:
    """Return a short hash of the names and contents of files, in the order given."""
    hashed = hashlib.sha256()
    for path in files:
        hashed.update(path.name.encode())
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:16]
