"""Which land-use code a reading stands for."""

from functools import cache
from itertools import product

import schemas

_SWAPS = {"O": "DĐQ", "D": "ĐO", "Đ": "D", "5": "S", "S": "5", "8": "B", "B": "8", "2": "Z", "Z": "2", "6": "G",
          "G": "C", "C": "G", "V": "Y", "U": "V", "M": "N", "N": "M", "T": "I", "I": "T"}  # fmt: skip
"""Signs that are taken for each other."""


@cache
def land_use(text: str) -> str | None:
    """Return the land-use code or codes that a reading stands for; None where it stands for none, or for several."""
    parts = [part for part in text.upper().strip("+").split("+") if part]
    found = [_one(part) for part in parts]
    return "+".join(code for code in found if code) if found and all(found) else None


def _one(part: str) -> str | None:
    known = _codes()
    # The reader has one sign for 0 and O, and one for 1 and I.
    part = part if part in known else part.replace("0", "O").replace("1", "I")
    if part in known:
        return part
    if len(part) > 4:
        return None
    # One sign may be taken for another it looks like; where that leaves several codes, none is read.
    tries = {
        "".join(made)
        for made in product(*((sign, *_SWAPS.get(sign, "")) for sign in part))
        if sum(one != other for one, other in zip(made, part, strict=True)) == 1
    }
    fitting = tries & known
    return fitting.pop() if len(fitting) == 1 else None


@cache
def _codes() -> frozenset[str]:
    lists = (schemas.codelist(name)["code"] for name in ("land_use_new", "land_use_old"))
    shorthand = schemas.codelist("land_use_crosswalk")["old_code"]
    return frozenset(str(code).upper() for codes in (*lists, shorthand) for code in codes.dropna())
