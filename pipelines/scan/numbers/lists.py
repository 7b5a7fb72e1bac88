"""What a register lists for one sheet: the numbers, areas and codes that should be found on it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import schemas
from pipelines import registers, sources

PROFILE = "dxf_pl3_01"
"""Source profile whose headings a register on its own is read by."""

COLUMNS = ("sheet", "number", "area", "code")


def read(path: Path, entry: Mapping[str, Any] | None = None, profile: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Return the parcels of a register, all text: `COLUMNS`, each parcel once; no persons.

    Args:
        path: A workbook, CSV, DBF, HoSoXml or JSON of VBDLIS.
        entry: The file in the inventory of a package: `encoding`, `columns`, `sheet`.
        profile: `register` part of the source profile.

    Raises:
        ReadError: It is no register.
    """
    known = entry or {}
    register = registers.read(
        path,
        source=path.name,
        encoding=known.get("encoding"),
        register=profile if profile is not None else schemas.source(PROFILE)["register"],
        columns=known.get("columns"),
        sheet_number=known.get("sheet"),
    )
    rows = register.rows
    listed = pd.DataFrame(
        {
            "sheet": sources.key_text(rows["so_hieu_to_ban_do"]),
            "number": sources.key_text(rows["so_thu_tu_thua"]),
            "area": rows["dien_tich"],
            "code": rows["loai_dat_1"],
        }
    ).astype("string")
    return listed[listed["number"].notna()].drop_duplicates(["sheet", "number"]).reset_index(drop=True)


def of_sheet(listed: pd.DataFrame, sheet: str | None) -> pd.DataFrame | None:
    """Return the rows of one sheet; of the only sheet there is where its number is not known; None in doubt."""
    numbers = listed["sheet"].dropna().unique()
    if sheet is not None and sheet in numbers:
        return listed[listed["sheet"] == sheet].reset_index(drop=True)
    return listed if len(numbers) <= 1 else None


def number_in(name: str) -> str | None:
    """Return the number of a sheet that a file name ends with: `to_12` is sheet 12."""
    found = re.findall(r"\d+", name)
    return str(int(found[-1])) if found else None
