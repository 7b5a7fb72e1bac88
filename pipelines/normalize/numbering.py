"""Rows that cite a parcel by another number than the map's: that of a part on another sheet, or one of former times.

A number is translated only where one answer is possible. A sheet 5 of today and a sheet 5 of a commune that is no more
look alike: whether a register cites old numbers is declared (`numbering` in package.yaml), or shown by sheets that the
map does not have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from pipelines import findings, numbers
from pipelines.normalize.place import Place
from pipelines.registers.renumbering import COLUMNS

OLD, NEW = "old", "new"
_SHEET, _PARCEL = "so_hieu_to_ban_do", "so_thu_tu_thua"


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a package says about other numbers.

    Attributes:
        table: Table of renumbering, `COLUMNS` as text.
        cites: Source of a register → `old` or `new`, where that is declared.
    """

    table: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(COLUMNS), dtype="string"))
    cites: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Translated:
    """Register rows with the key of the parcel they are about.

    Attributes:
        rows: As before; `thua_key` is that of the map where a number was translated, and `repaired` is set there.
        open: Which rows cite a number that has no single translation.
        findings: One per row translated by the table, or left open.
    """

    rows: pd.DataFrame
    open: pd.Series
    findings: gpd.GeoDataFrame


def translate(rows: pd.DataFrame, parcels: gpd.GeoDataFrame, numbering: Numbering, place: Place) -> Translated:
    """Return rows with the keys of the map.

    Args:
        rows: Register rows with `thua_key` from the numbers they cite; the numbers themselves stay as they are.
        parcels: Parcels of the map with `thua_key`, and `so_khac` where a parcel has several numbers.
        numbering: What the package says.
        place: The commune.

    Emits: so_dia_chinh.renumbered, so_dia_chinh.renumbering_open
    """
    table = _of_commune(numbering.table, place)
    cited = _cited(rows, parcels, numbering, table)
    answers = _answers(cited, table)
    answers["key"] = place.keys(answers[_SHEET], answers[_PARCEL])
    answers = answers.drop_duplicates(["row", "key"])
    count = answers.groupby("row")["key"].size().reindex(cited["row"]).fillna(0).to_numpy()
    shown = (answers[_SHEET] + "/" + answers[_PARCEL]).groupby(answers["row"]).agg(", ".join)
    detail = cited["sheet"] + "/" + cited["parcel"] + " → " + cited["row"].map(shown).astype("string").fillna("?")
    single = answers.set_index("row")["key"][~answers.duplicated("row", keep=False).to_numpy()]
    found = [
        findings.build(
            code,
            rows.loc[cited["row"][which], "row_id"],
            crs=place.crs,
            detail=detail[which],
            source=rows.loc[cited["row"][which], "source"],
        )
        for code, which in (("so_dia_chinh.renumbered", count == 1), ("so_dia_chinh.renumbering_open", count != 1))
    ]
    key = rows["thua_key"].mask(rows.index.isin(cited["row"]))
    key = pd.Series(rows.index, index=rows.index).map(single).astype("string").fillna(key)
    # A table that ends at the number of a part goes on to the parcel the part belongs to.
    key = key.map(_of_parts(parcels, place)).astype("string").fillna(key)
    is_open = pd.Series(rows.index.isin(cited["row"][count != 1]), index=rows.index)
    result = rows.assign(thua_key=key, repaired=rows["repaired"] | rows.index.isin(single.index))
    return Translated(result, is_open, findings.concat(found, crs=place.crs))


def former(parcels: gpd.GeoDataFrame, rows: pd.DataFrame, numbering: Numbering, place: Place) -> gpd.GeoDataFrame:
    """Return parcels with their former sheet and parcel number, where the table or their own rows give exactly one."""
    table = _of_commune(numbering.table, place)
    named = table[table[_PARCEL].notna()].drop_duplicates([_SHEET, _PARCEL], keep=False)
    whole = table[table[_PARCEL].isna()].drop_duplicates([_SHEET], keep=False).set_index(_SHEET)
    own = rows.dropna(subset=[f"{_SHEET}_cu", f"{_PARCEL}_cu"]).drop_duplicates("thua_key").set_index("thua_key")
    exact = parcels[[_SHEET, _PARCEL]].merge(named, on=[_SHEET, _PARCEL], how="left")
    said = {column: exact[column].to_numpy() for column in (f"{_SHEET}_cu", f"{_PARCEL}_cu")}
    by_sheet = parcels[_SHEET].map(whole[f"{_SHEET}_cu"]).astype("string")
    result = parcels.assign(**said).astype(dict.fromkeys(said, "string"))
    bare = result[f"{_SHEET}_cu"].isna() & by_sheet.notna()
    result[f"{_SHEET}_cu"] = result[f"{_SHEET}_cu"].mask(bare, by_sheet)
    result[f"{_PARCEL}_cu"] = result[f"{_PARCEL}_cu"].mask(bare, result[_PARCEL])
    for column in said:
        result[column] = result[column].fillna(result["thua_key"].map(own[column]).astype("string"))
    return result


def _of_commune(table: pd.DataFrame, place: Place) -> pd.DataFrame:
    return table[table["ma_xa"].isna() | (table["ma_xa"] == place.ma_xa)]


def _cited(rows: pd.DataFrame, parcels: gpd.GeoDataFrame, numbering: Numbering, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows to be looked up: `row` (index), `commune` where the row names one, `sheet` and `parcel`."""
    kind = rows["source"].map(dict(numbering.cites)).astype("string").fillna("")
    # Rows that have old numbers and no new ones cite the old ones whatever the file is said to do.
    only_old = rows["thua_key"].isna() & rows[f"{_SHEET}_cu"].notna() & rows[f"{_PARCEL}_cu"].notna()
    numbered = rows["thua_key"].notna()
    unknown_sheet = ~rows[_SHEET].isin(set(parcels[_SHEET].dropna())) & rows[_SHEET].isin(set(table[f"{_SHEET}_cu"]))
    foreign = rows["ma_xa"].isin(set(table["ma_xa_cu"].dropna()) - set(table["ma_xa"].dropna()))
    old = numbered & ((kind == OLD) | ((kind != NEW) & (unknown_sheet | foreign)))
    where = (old | only_old).fillna(False).astype(bool)
    chosen = rows[where]
    source = only_old[where]
    return pd.DataFrame(
        {
            "row": chosen.index,
            "commune": chosen["ma_xa"].where(chosen["ma_xa"].isin(set(table["ma_xa_cu"].dropna()))).to_numpy(),
            "sheet": chosen[_SHEET].mask(source, chosen[f"{_SHEET}_cu"]).to_numpy(),
            "parcel": chosen[_PARCEL].mask(source, chosen[f"{_PARCEL}_cu"]).to_numpy(),
        }
    )


def _answers(cited: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return every number of today that a cited one may have become; a line about the parcel outweighs its sheet."""
    found = cited.merge(table, left_on="sheet", right_on=f"{_SHEET}_cu", how="inner")
    fits = found["commune"].isna() | found["ma_xa_cu"].isna() | (found["commune"] == found["ma_xa_cu"])
    exact = found[f"{_PARCEL}_cu"] == found["parcel"]
    found = found.assign(exact=exact.fillna(False).astype(bool))[
        fits & (exact.fillna(False) | found[f"{_PARCEL}_cu"].isna())
    ]
    found = found[found["exact"] | ~found["row"].isin(found.loc[found["exact"], "row"])]
    return found.assign(**{_PARCEL: found[_PARCEL].fillna(found["parcel"])})


def _of_parts(parcels: gpd.GeoDataFrame, place: Place) -> dict[str, str]:
    """Return the keys under which the parts of joined parcels are cited, and those of their parcels."""
    if "so_khac" not in parcels:
        return {}
    several = parcels.loc[parcels["so_khac"].notna() & parcels["thua_key"].notna(), ["so_khac", "thua_key"]]
    parts = several.assign(so_khac=several["so_khac"].str.split("; ")).explode("so_khac")
    number = parts["so_khac"].str.split("/", n=1, expand=True).reindex(columns=[0, 1])
    key = place.keys(numbers.tidy_key(number[0]), numbers.tidy_key(number[1]))
    known = key.notna() & ~key.isin(set(parcels["thua_key"].dropna())) & ~key.duplicated(keep=False)
    return dict(zip(key[known], parts["thua_key"][known], strict=True))
