"""What a check of the register gets to see: its rows as normalised, the commune, what earlier findings said."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines import findings
from pipelines.geometry import Indices, Mask

USES = ("1", "2", "3")
COLUMNS = (
    "row_id",
    "source",
    "thua_key",
    "feature_id",
    "ma_xa",
    "so_phat_hanh",
    "ngay_cap",
    "so_vao_so",
    "loai_giay_chung_nhan",
    "ten_to_chuc",
    "ma_to_chuc",
    "ho_ten",
    "ngay_sinh",
    "nam_sinh",
    "gioi_tinh",
    "so_giay_to",
    "loai_giay_to",
    "giay_to_state",
    "dia_chi_chu",
    "phap_nhan",
    "vai_tro",
    "ten_file",
    *(f"{name}_{use}" for use in USES for name in ("loai_dat", "hinh_thuc", "thoi_han", "ngay_het_han")),
)
"""Columns of normalised rows that checks look at; rows without them are not normalised and are not checked."""

COLUMN_CODES = ("so_dia_chinh.bad_code", "so_dia_chinh.bad_date")
"""Findings about one column, which their detail begins with; `code:column` stands for them too in what was told."""

_TEXT_IN_DOUBT = ("van_ban.foreign_character", "van_ban.undecodable")


@dataclass(frozen=True)
class Records:
    """Register rows and what is known about them.

    Attributes:
        rows: Normalised rows with `COLUMNS`, on a fresh index.
        ma_xa: Commune of the package.
        era: Code of `ky_dia_gioi`.
        date: Day of the package (yyyy-mm-dd), None when unknown.
        crs: CRS of the package.
        told: Finding code to the ids it was told about so far; what was said is not said again.
    """

    rows: pd.DataFrame
    ma_xa: str
    era: str
    date: str | None
    crs: Any
    told: dict[str, set[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @cached_property
    def parcel(self) -> Indices:
        """Number of the parcel of each row, -1 for none."""
        return pd.factorize(self.rows["thua_key"])[0]

    @cached_property
    def serial(self) -> Indices:
        """Number of the certificate of each row by its serial, -1 for none and for serials of no form."""
        good = self.rows["so_phat_hanh"].where(self.rows["loai_giay_chung_nhan"].notna())
        return pd.factorize(good)[0]

    @cached_property
    def paper(self) -> Indices:
        """Number of the parcel on its certificate: rows that differ by the holder alone have the same one."""
        return _together(self.parcel, pd.factorize(self.rows["so_phat_hanh"])[0])

    @cached_property
    def person_name(self) -> pd.Series:
        """Name of a person in lower case; `normalize` has put the tones in their place."""
        name: pd.Series = self.rows["ho_ten"].str.lower()
        return name

    @cached_property
    def holder(self) -> Indices:
        """Number of the holder of each row: by identity number, else by name; -1 for nobody."""
        body = self.rows["ten_to_chuc"].str.lower()
        number = self.rows["so_giay_to"].where(self.has_number)
        return pd.factorize(("t:" + body).fillna("n:" + number).fillna("p:" + self.person_name))[0]

    @cached_property
    def has_number(self) -> Mask:
        """Rows of a person whose identity number follows the rules and contradicts nothing."""
        return mask(self.rows["giay_to_state"].isin(["ok", "repaired"]))

    @cached_property
    def is_person(self) -> Mask:
        """Rows of a person who holds for himself, not for an organisation or community."""
        body = self.rows["ten_to_chuc"].isna() & ~self.rows["phap_nhan"].isin(["to_chuc", "cong_dong"])
        return mask(self.rows["ho_ten"].notna() & body)

    @cached_property
    def legible(self) -> Mask:
        """Rows without a text that could not be read: a name with a lost letter is nobody else's name."""
        return self.without(*_TEXT_IN_DOUBT)

    def without(self, *codes: str, by: Indices | None = None) -> Mask:
        """Tell which rows have no earlier finding of these codes, about themselves or their parcel.

        Args:
            codes: Finding codes.
            by: Number of a group per row (`parcel`, `paper`): a finding about one row then stands for its group.
        """
        named = set().union(*(self.told.get(code, ()) for code in codes))
        if not named:
            return np.ones(len(self), dtype=bool)
        told = mask(self.rows["row_id"].isin(named) | self.rows["feature_id"].isin(named))
        return ~(told if by is None else told | np.isin(by, by[told & (by >= 0)]))

    def tell(self, found: gpd.GeoDataFrame) -> None:
        """Remember findings, about both objects of a pair, and those about a column as such."""
        columns = ["code", "feature_id"]
        of_column = found[found["code"].isin(COLUMN_CODES)]
        column = of_column["code"] + ":" + of_column["detail"].str.split("=").str[0]
        pairs = pd.concat(
            [
                found[columns],
                found[["code", "other_id"]].set_axis(columns, axis=1),
                of_column[columns].assign(code=column),
            ]
        )
        for code, ids in pairs.dropna().groupby("code")["feature_id"]:
            self.told.setdefault(str(code), set()).update(ids)

    def report(self, code: str, where: Any, *, detail: Any = None, **columns: Any) -> gpd.GeoDataFrame:
        """Return findings about the rows under a mask or at positions; other columns are given for these rows alone."""
        at = np.flatnonzero(where) if np.asarray(where).dtype == bool else np.asarray(where)
        if not len(at):
            return self.nothing
        chosen = self.rows[["row_id", "source"]].iloc[at]
        return findings.build(code, chosen["row_id"], crs=self.crs, detail=detail, source=chosen["source"], **columns)

    @cached_property
    def nothing(self) -> gpd.GeoDataFrame:
        """Return no findings."""
        return findings.empty(self.crs)


RecordCheck = Callable[[Records], gpd.GeoDataFrame]
"""A check of the register looks at records and returns a findings frame."""


def mask(flags: Any) -> Mask:
    """Return flags as plain booleans; unknown is False."""
    plain: Mask = pd.Series(flags).astype("boolean").fillna(False).to_numpy(dtype=bool)
    return plain


def first(where: Mask, *groups: Indices) -> Indices:
    """Return the positions under a mask that are the first of their group, the group given by several numbers."""
    at: Indices = np.flatnonzero(where)
    if not len(at):
        return at
    key = _together(*(group[at] for group in groups))
    return at[np.sort(np.unique(key, return_index=True)[1])]


def leader(where: Mask, group: Indices) -> Indices:
    """Return for each row the position of the first row of its group under the mask; -1 where there is none."""
    at = np.flatnonzero(where & (group >= 0))
    lead = np.full(int(group.max(initial=-1)) + 2, -1, dtype=np.int64)
    lead[group[at[::-1]]] = at[::-1]
    return lead[group]


def _together(*groups: Indices) -> Indices:
    """Return one number for several: equal only where all are."""
    key = np.zeros(len(groups[0]), dtype=np.int64)
    for group in groups:
        key = np.unique(key * (int(group.max(initial=-1)) + 2) + group + 1, return_inverse=True)[1].astype(np.int64)
    return key
