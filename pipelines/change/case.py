"""One change with what it is judged by: the package, the parcels before and after, who takes whose ground."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

import schemas
from pipelines.change.book import VERSION, Book, key_columns
from pipelines.change.request import Request

BY_PARCEL = (
    "muc_dich_su_dung", "nguon_goc_dat", "han_che_quyen", "tai_san",
    "quyen_su_dung_dat", "quyen_quan_ly_dat", "tai_san_bao_dam", "ngan_chan",
)  # fmt: skip
"""Layers whose rows name their parcel; none of them may be left with one that has ended."""

USE, MANAGEMENT, OWNERSHIP = "quyen_su_dung_dat", "quyen_quan_ly_dat", "quyen_so_huu_tai_san"
RIGHTS = (USE, MANAGEMENT, OWNERSHIP)
ASSET, CERTIFICATE, MORTGAGE, ITEM, BLOCK = (
    "tai_san", "giay_chung_nhan", "giao_dich_bao_dam", "tai_san_bao_dam", "ngan_chan",
)  # fmt: skip

_FACTS = ["dien_tich", "loai_dat", "loai_dat_ghi", "he_loai_dat"]


@dataclass(frozen=True, slots=True)
class Case:
    """A change under judgement.

    Attributes:
        request: What is asked for.
        book: The rows it is about.
        heirs: Parcel before and parcel after that takes its ground; see `pipelines.change.rights.plan`.
        parcels_before: Parcels before: thua_dat_id, thua_key, dien_tich (m²), loai_dat, loai_dat_ghi, he_loai_dat.
        parcels: The same of the parcels after.
        rules: What `schemas/changes.yaml` says.
    """

    request: Request
    book: Book
    heirs: pd.DataFrame
    parcels_before: pd.DataFrame
    parcels: pd.DataFrame
    rules: dict[str, Any] = field(repr=False)

    @property
    def kind(self) -> str:
        """Kind of transaction."""
        return self.request.loai_bien_dong

    @property
    def date(self) -> str:
        """Date it takes effect, ISO 8601."""
        return self.request.ngay_hieu_luc

    @property
    def keys(self) -> set[str]:
        """Keys of the parcels before and after."""
        return set(self.heirs["thua_key_cu"].dropna()) | set(self.heirs["thua_key_moi"].dropna())

    def law(self, name: str) -> str:
        """Return the law that a reason quotes."""
        return str(self.rules["law"][name])

    def named(self, layer: str, column: str) -> set[str]:
        """Return the first key column of the rows of which the package sets a column."""
        key = key_columns(layer)[0]
        edits = (edit for edit in self.request.edits if edit.layer == layer)
        return {str(row[key]) for edit in edits for row in edit.set if column in row and key in row}


def open_case(book: Book, request: Request, heirs: pd.DataFrame) -> Case:
    """Return a case with every current row about the parcels, their assets, certificates and mortgages in its book."""
    heirs = heirs.reset_index(drop=True)
    text = ["thua_key_cu", "thua_key_moi", "thua_dat_id_cu", "thua_dat_id_moi"]
    heirs = heirs.astype(dict.fromkeys(text, "string"))
    book.read("thua_dat", "thua_dat_id", heirs["thua_dat_id_cu"])
    before = book.before("thua_dat")[["thua_dat_id", "thua_key", *_FACTS]]
    case = Case(request, book, heirs, before, _after(request, heirs, before), schemas.changes())
    for layer in BY_PARCEL:
        book.read(layer, "thua_key", case.keys)
    _read_assets(book)
    papers = pd.concat([book.before(layer)["giay_chung_nhan_id"] for layer in (USE, OWNERSHIP, ITEM, BLOCK)])
    book.read(CERTIFICATE, "giay_chung_nhan_id", papers)
    for layer in (ITEM, BLOCK):
        book.read(layer, "giay_chung_nhan_id", papers)
    book.read(MORTGAGE, "giao_dich_bao_dam_id", book.before(ITEM)["giao_dich_bao_dam_id"])
    return case


def _read_assets(book: Book) -> None:
    """Take in what stands in assets (a flat in a house), who owns them, what they are mortgaged for."""
    known = -1
    while len(book.before(ASSET)) != known:
        known = len(book.before(ASSET))
        book.read(ASSET, "thuoc_tai_san_id", book.before(ASSET)["tai_san_id"])
    for layer in (OWNERSHIP, ITEM, BLOCK):
        book.read(layer, "tai_san_id", book.before(ASSET)["tai_san_id"])


def _after(request: Request, heirs: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the parcels after; what the package does not say of a kept one is as it was."""
    after = heirs.dropna(subset=["thua_dat_id_moi"]).drop_duplicates("thua_dat_id_moi")
    frame = after[["thua_dat_id_moi", "thua_key_moi"]].set_axis(["thua_dat_id", "thua_key"], axis=1)
    frame = frame.merge(before[["thua_dat_id", *_FACTS]], on="thua_dat_id", how="left")
    if request.parcels is not None:
        said = pd.DataFrame(request.parcels.drop(columns=request.parcels.geometry.name)).set_index("thua_dat_id")
        told = said[~said.index.duplicated()].reindex(frame["thua_dat_id"].astype(object))
        frame = frame.assign(**{name: told[name].to_numpy() for name in _FACTS if name in told})
    types = {name: "string" for name in _FACTS[1:]} | {"dien_tich": "float64"}
    return frame.assign(dien_tich=pd.to_numeric(frame["dien_tich"])).astype(types).reset_index(drop=True)


def added(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are in no version yet."""
    return rows[rows[VERSION].isna()]
