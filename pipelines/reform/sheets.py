"""Map sheets under a reform: which number a sheet gets in its new commune, by a table, and a proposal of such a table.

Sheets are known by old commune, map type, old number and, where one number stands for maps of several scales, the
scale. What a table does not tell, or tells twice, is open.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines.reform.scopes import Scope

MAP, SHEET, SCALE = "loai_ban_do", "so_hieu_to_ban_do", "ty_le"
NEW_COMMUNE, OLD_COMMUNE, OLD_ERA = "ma_xa", "ma_xa_cu", "ky_dia_gioi_cu"
OLD_SHEET = "so_hieu_to_ban_do_cu"
COLUMNS = (NEW_COMMUNE, MAP, SCALE, SHEET, OLD_COMMUNE, OLD_ERA, OLD_SHEET)
"""Columns of a table of sheets, all text; `so_hieu_to_ban_do` is the number of today."""


def of_parcels(parcels: pd.DataFrame) -> pd.DataFrame:
    """Return map type, sheet and scale of every parcel, as text on their index.

    A parcel without scale has that of its sheet, where the sheet has one only.
    """
    scale = parcels[SCALE].astype("Int64").astype("string")
    by_sheet = scale.groupby([parcels[MAP], parcels[SHEET]])
    only = by_sheet.transform("first").where(by_sheet.transform("nunique") == 1)
    return pd.DataFrame({MAP: parcels[MAP], SHEET: parcels[SHEET], SCALE: scale.fillna(only)}).astype("string")


def of_keys(keys: pd.Series) -> pd.DataFrame:
    """Return map type, sheet and parcel number that business keys are made of; null where they are not."""
    parts = keys.astype("string").str.extract(
        rf"^[^.]*\.[^.]*\.(?P<{MAP}>[^.]*)\.(?P<{SHEET}>[^.]*)\.(?P<so_thu_tu_thua>.*)$"
    )
    return parts.astype("string")


def answers(wanted: pd.DataFrame, table: pd.DataFrame, scope: Scope, code: str) -> pd.Series:
    """Return the new number of sheets of an old commune in a new one; null where the table tells none, or several.

    Args:
        wanted: Map type, sheet and scale as text, one row for each question; without the column of the scale, any.
        table: A table of sheets; what is null in it fits all.
        scope: The old commune.
        code: The new commune.
    """
    keys = [name for name in (MAP, SHEET, SCALE) if name in wanted]
    asked = wanted[keys].drop_duplicates(ignore_index=True)
    fits = _or_null(table[OLD_COMMUNE], scope[0]) & _or_null(table[OLD_ERA], scope[1])
    fits &= _or_null(table[NEW_COMMUNE], code)
    known = table.loc[fits, [MAP, SCALE, SHEET, OLD_SHEET]].rename(columns={SHEET: "new", OLD_SHEET: SHEET})
    found = asked.reset_index().merge(known, on=SHEET, suffixes=("", "_told"))
    right = pd.Series(True, index=found.index)
    for name in (MAP, SCALE):
        if f"{name}_told" in found:
            told = found[f"{name}_told"]
            right &= told.isna() | found[name].isna() | (told == found[name]).fillna(False)
    found = found[right].drop_duplicates(["index", "new"])
    single = found[~found["index"].duplicated(keep=False)].set_index("index")["new"]
    asked["new"] = single.reindex(asked.index).astype("string")
    return wanted[keys].merge(asked, on=keys, how="left")["new"].set_axis(wanted.index).astype("string")


def listed(parcels: gpd.GeoDataFrame, others: list[pd.DataFrame], scope: Scope, code: str) -> pd.DataFrame:
    """Return the sheets that go from an old commune to a new one.

    Columns: those of a table of sheets without the new number, `so_thua`, and the box of their parcels.

    Args:
        parcels: The parcels that go there.
        others: Map type, sheet (and scale) of what else goes there: they count where no parcel has them.
        scope: The old commune.
        code: The new commune.
    """
    box = pd.DataFrame(shapely.bounds(parcels.geometry.to_numpy()), columns=["west", "south", "east", "north"])
    rows = of_parcels(parcels).reset_index(drop=True).join(box).groupby([MAP, SHEET, SCALE], dropna=False)
    found = rows.agg(
        so_thua=("west", "size"), west=("west", "min"), south=("south", "min"), east=("east", "max"),
        north=("north", "max"),
    ).reset_index()  # fmt: skip
    if others:
        rest = pd.concat(others, ignore_index=True).reindex(columns=[MAP, SHEET, SCALE]).astype("string")
        rest = rest.dropna(subset=[MAP, SHEET]).drop_duplicates([MAP, SHEET])
        known = pd.MultiIndex.from_frame(found[[MAP, SHEET]])
        rest = rest[~pd.MultiIndex.from_frame(rest[[MAP, SHEET]]).isin(known)]
        found = pd.concat([found, rest.assign(so_thua=0)], ignore_index=True)
    told = {NEW_COMMUNE: code, OLD_COMMUNE: scope[0], OLD_ERA: scope[1]}
    return found.rename(columns={SHEET: OLD_SHEET}).assign(**told)


def propose(sheets: pd.DataFrame, taken: dict[tuple[str, str], set[str]]) -> pd.DataFrame:
    """Return sheets with a new number each, in its order: small scales first, from north to south, west to east.

    Args:
        sheets: See `listed`, of all old communes together.
        taken: Numbers a new commune has already, by commune and map type.
    """
    place = _place(sheets)
    order = sheets.assign(**place).sort_values(
        [NEW_COMMUNE, MAP, "scale", "row", "column", OLD_COMMUNE, "number"],
        ascending=[True, True, False, True, True, True, True], kind="stable", na_position="last",
    )  # fmt: skip
    parts = [
        rows.assign(**{SHEET: _numbers(len(rows), taken.get((str(code), str(kind)), set()))})
        for (code, kind), rows in order.groupby([NEW_COMMUNE, MAP], sort=True)
    ]
    whole = pd.concat(parts, ignore_index=True) if parts else order.assign(**{SHEET: pd.Series(dtype="string")})
    return whole[[*COLUMNS, "so_thua"]]


def _place(sheets: pd.DataFrame) -> dict[str, pd.Series]:
    """Return by what sheets are ordered: their row counts from the north, in heights of a sheet of their scale."""
    middle_m = (sheets["south"] + sheets["north"]) / 2
    family = [sheets[NEW_COMMUNE], sheets[MAP], sheets[SCALE].fillna("")]
    height_m = (sheets["north"] - sheets["south"]).groupby(family).transform("median").clip(lower=1.0)
    top_m = middle_m.groupby(family).transform("max")
    return {
        "scale": pd.to_numeric(sheets[SCALE]),
        "row": np.floor((top_m - middle_m) / height_m + 0.5),
        "column": (sheets["west"] + sheets["east"]) / 2,
        "number": sheets[OLD_SHEET].str.replace(r"^\d+", lambda digits: digits[0].zfill(12), regex=True),
    }


def _numbers(count: int, taken: set[str]) -> list[str]:
    free = (str(number) for number in range(1, count + len(taken) + 1))
    return [number for number in free if number not in taken][:count]


def _or_null(column: pd.Series, value: str) -> pd.Series:
    return column.isna() | (column == value).fillna(False)
