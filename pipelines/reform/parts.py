"""What one older commune gives to a new one: which parcels go, and the key that each of them gets."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.geometry import Mask
from pipelines.ids import among
from pipelines.reform import sheets
from pipelines.reform.held import Held
from pipelines.reform.places import destinations
from pipelines.reform.scopes import Reform
from pipelines.reform.sheets import MAP, SHEET

OPEN_COMMUNE, OPEN_SHEET, OPEN_NUMBER = "xa", "to", "trung_so"
"""Why a parcel waits: its commune is open, its sheet has no single new number, or parcels of one number would part."""

_NUMBER = "so_thu_tu_thua"


@dataclass(frozen=True)
class Part:
    """An older commune, seen from one of its successors.

    Attributes:
        held: What the database holds of it.
        code: The new commune.
        era: Its era.
        places: `ma_xa_moi` and `can_cu` of every parcel.
        goes: Which parcels go.
        sheet: New sheet number of every parcel, null where it has none in this commune.
        waits: Why a parcel that may belong there stays; null for all others.
        keys: Old business key → new one, of parcels that go and of rows whose number alone says where.
        is_split: Whether the commune has other successors.
    """

    held: Held
    code: str
    era: str
    places: pd.DataFrame
    goes: Mask
    sheet: pd.Series
    waits: pd.Series
    keys: pd.Series
    is_split: bool

    @property
    def is_whole(self) -> bool:
        """Whether the whole commune goes, with all it has."""
        return not self.is_split and bool(self.goes.all())

    @property
    def is_empty(self) -> bool:
        """Whether no parcel goes."""
        return not self.goes.any()

    @property
    def pairs(self) -> pd.DataFrame:
        """Keys of the parcels that go: `thua_dat_id_cu` and `thua_dat_id_moi`; `~2`, `~3` … stay behind them."""
        parcels = self.held.parcels.loc[self.goes]
        further = parcels["thua_dat_id"].str.extract(r"(~\d+)$", expand=False)
        further = further.mask(parcels["thua_dat_id"] == parcels["thua_key"]).fillna("")
        new = parcels["thua_key"].map(self.keys).astype("string") + further
        return pd.DataFrame({"thua_dat_id_cu": parcels["thua_dat_id"], "thua_dat_id_moi": new})


def part(held: Held, code: str, reform: Reform, table: pd.DataFrame, decided: pd.Series) -> Part:
    """Return what an older commune gives to a new one.

    Args:
        held: What the database holds of the older one.
        code: The new commune.
        reform: The reform.
        table: Numbers of sheets, see `pipelines.reform.sheets.COLUMNS`.
        decided: thua_dat_id → new commune, as officers said.

    Raises:
        Refusal: An officer sent a parcel to a commune that holds no land of its own.
    """
    parcels, is_split = held.parcels, len(reform.successors(held.scope)) > 1
    places = destinations(parcels, held.scope, reform, decided)
    ours = places["ma_xa_moi"].eq(code).fillna(False)
    sheet = sheets.answers(sheets.of_parcels(parcels), table, held.scope, code).where(ours)
    parted = _parted(parcels["thua_key"], places["ma_xa_moi"].fillna("?") + "/" + sheet.fillna("?"))
    goes = (ours & sheet.notna()).to_numpy(dtype=bool) & ~parted
    waits = pd.Series(pd.NA, index=parcels.index, dtype="string")
    waits = waits.mask(parted & (ours | places["ma_xa_moi"].isna()), OPEN_NUMBER)
    waits = waits.mask(ours & sheet.isna(), OPEN_SHEET).mask(places["ma_xa_moi"].isna(), OPEN_COMMUNE)
    here = parcels.loc[goes]
    new = _key(code, reform.era, here[MAP], sheet[goes], here[_NUMBER])
    keys = pd.Series(new.to_numpy(), index=here["thua_key"], dtype="string")
    keys = pd.concat([keys[~keys.index.duplicated()], *([] if is_split else [_of_rows(held, code, reform.era, table)])])
    return Part(held, code, reform.era, places, goes, sheet, waits, keys, is_split)


def _key(code: str, era: str, kind: pd.Series, sheet: pd.Series, number: pd.Series) -> pd.Series:
    key: pd.Series = f"{code}.{era}." + kind + "." + sheet + "." + number
    return key


def _parted(keys: pd.Series, where: pd.Series) -> Mask:
    """Return which parcels share their key with one that goes elsewhere: what names the key would not know which."""
    several = keys.duplicated(keep=False)
    parted = np.zeros(len(keys), dtype=bool)
    if several.any():
        parted[several.to_numpy()] = where[several].groupby(keys[several]).transform("nunique").to_numpy() > 1
    return parted


def _of_rows(held: Held, code: str, era: str, table: pd.DataFrame) -> pd.Series:
    """Return the new keys of rows without a parcel on the map, where their sheet has one new number."""
    named = [rows["thua_key"] for rows in held.layers.values() if "thua_key" in rows]
    old = pd.Series(pd.concat(named).dropna().unique(), dtype="string")
    old = old[~among(old, held.parcels["thua_key"])]
    old = old[old.str.startswith(".".join(held.scope) + ".")].reset_index(drop=True)
    parts = sheets.of_keys(old)
    sheet = sheets.answers(parts[[MAP, SHEET]], table, held.scope, code)
    new = _key(code, era, parts[MAP], sheet, parts[_NUMBER])
    return pd.Series(new.to_numpy(), index=old, dtype="string").dropna()
