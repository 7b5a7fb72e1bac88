"""What of the land the public may see: the rule lies in the column `public` of the code list of land uses."""

import re
from functools import cache

import pandas as pd

import schemas
from pipelines.text import flags, fold

_WORD = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z])")


def is_withheld(parcels: pd.DataFrame) -> pd.Series:
    """Return which parcels are kept from the public, on the same index.

    A parcel is when one of its uses is, be it the normalised code or what was recorded: a record that could not be
    read as one code (`CQA`, "Đất quốc phòng, an ninh") says enough.

    Args:
        parcels: Columns `loai_dat` and, where known, `loai_dat_ghi`.
    """
    columns = [parcels[name].astype("string") for name in ("loai_dat", "loai_dat_ghi") if name in parcels.columns]
    told = pd.concat([flags(column, _tells) for column in columns], axis=1)
    return told.any(axis=1)


def _tells(recorded: str) -> bool:
    codes, names = _withheld()
    text = fold(recorded)
    return bool(codes.intersection(_WORD.findall(recorded.upper()))) or any(name in text for name in names)


@cache
def _withheld() -> tuple[frozenset[str], tuple[str, ...]]:
    uses = schemas.codelist("land_use_new")
    hidden = uses[uses["public"] == "0"]
    return frozenset(hidden["code"]), tuple(fold(name) for name in hidden["name_vi"])
