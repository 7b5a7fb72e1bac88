"""What a change package asks for, as plain values: the form is `schemas/change.schema.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

ADD, SET, END = "add", "set", "end"
"""Steps on a layer other than thua_dat."""

NEW, RESHAPE, EDIT = "new", "reshape", "edit"
"""Steps on thua_dat, beside END."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What happens to the rows of one layer.

    Attributes:
        layer: Name of the layer, never thua_dat.
        add: Whole new rows.
        set: The key of a row and the values that change.
        end: Keys of rows that end.
    """

    layer: str
    add: Sequence[Mapping[str, Any]] = ()
    set: Sequence[Mapping[str, Any]] = ()
    end: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A change that is asked for; nothing in it has been checked against the database.

    Attributes:
        giao_dich_id: Number of the transaction, used once only.
        loai_bien_dong: Kind of transaction.
        ma_xa: Commune code.
        ky_dia_gioi: Era of the code.
        ngay_hieu_luc: Date from which it holds, ISO 8601.
        sha256: Hash of the package.
        based_on: Parcel id → row_hash of the version that the officer saw.
        parcels: The parcels after, with their values and shapes in the zone of the commune; None where the package
            says nothing of parcels, and so leaves them as they are. As read, they have what the package says; as
            planned (`pipelines.change.after`), every column of thua_dat, with thua_dat_id and thua_key.
        edits: What happens to other layers, each of them once.
        noi_dung: Private content (columns of noi_dung_giao_dich); personal data.
        facts: thoi_diem_dang_ky, ma_ho_so, can_cu, ly_do_dien_tich, dong_y_the_chap, as far as they are given.
        said: Which values of `parcels` the package gives; None where it gives all of them.
    """

    giao_dich_id: str
    loai_bien_dong: str
    ma_xa: str
    ky_dia_gioi: str
    ngay_hieu_luc: str
    sha256: str
    based_on: Mapping[str, str]
    parcels: gpd.GeoDataFrame | None
    edits: Sequence[Edit] = ()
    noi_dung: Mapping[str, Any] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)
    said: pd.DataFrame | None = None

    @property
    def scope(self) -> tuple[str, str]:
        """Key of the commune."""
        return self.ma_xa, self.ky_dia_gioi


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change is refused.

    Attributes:
        code: Short name of the reason, for machines and the log.
        vi: The reason in Vietnamese, naming the parcel or row and what to do; no personal data.
        en: The same in English.
    """

    code: str
    vi: str
    en: str
