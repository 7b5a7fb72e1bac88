"""Which rows of a register go along with its parcels, and which are still needed where they were.

Some rows follow what they are about (a use its parcel, a document its person), others are taken along by what names
them (a person by a right, a certificate by a right). A row needed on both sides goes and stays.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

import schemas
from pipelines.geometry import Mask
from pipelines.ids import among

_KEY = "thua_key"

FOLLOWS: dict[str, tuple[tuple[str, str], ...]] = {
    "tai_san": (("thuoc_tai_san_id", "tai_san"),),
    "quyen_so_huu_tai_san": (("tai_san_id", "tai_san"),),
    "tai_san_bao_dam": (("tai_san_id", "tai_san"), ("giay_chung_nhan_id", "giay_chung_nhan")),
    "ngan_chan": (("tai_san_id", "tai_san"), ("giay_chung_nhan_id", "giay_chung_nhan")),
    "tep_ho_so_quet": (("giay_chung_nhan_id", "giay_chung_nhan"), ("ho_so_quet_id", "ho_so_quet")),
    "giao_dich_bao_dam": (("giao_dich_bao_dam_cha_id", "giao_dich_bao_dam"),),
    "giay_to_tuy_than": (("ca_nhan_id", "ca_nhan"),),
}
"""Layer → what its rows follow that name no parcel: the first that is filled decides."""

_PLACED = "tai_san"
"""Stands on a parcel, and so is taken along by nothing that names it."""

TAKES = tuple(
    (layer, column, other) for layer, column, others in schemas.references() for other in others if other != _PLACED
)
"""Layer, column, and the layer whose rows of that id are taken along."""

BY_REGISTER = (
    frozenset({"muc_dich_su_dung", "nguon_goc_dat", "han_che_quyen", "ranh_giay_to"})
    | {layer for layer, _, others in schemas.references() for layer in (layer, *others)}
    | set(FOLLOWS)
)
"""Layers whose place is told by parcels and references alone."""

Sides = dict[str, tuple[Mask, Mask]]
"""Layer → which rows go, and which stay; a row may do both, and does one of the two."""


def sides(layers: Mapping[str, pd.DataFrame], going: pd.Series, *, is_whole: bool) -> Sides:
    """Return which rows of the register go and which stay.

    Args:
        layers: Layer to its rows; those not in `BY_REGISTER` are left alone.
        going: Business keys of parcels that go; every other key stays.
        is_whole: Whether the commune goes as a whole: then what belongs to nothing goes too, else it stays.
    """
    rows = {layer: frame for layer, frame in layers.items() if layer in BY_REGISTER}
    found = {layer: _by_key(frame, going) for layer, frame in rows.items()}
    size = -1
    # References go a few steps at most; a circle of them ends where nothing is added.
    while size != (size := sum(int(side.sum()) for pair in found.values() for side in pair)):
        for layer, targets in FOLLOWS.items():
            if layer in rows:
                _follow(layer, targets, rows, found)
        for layer, column, other in TAKES:
            if layer in rows and other in rows:
                _take(layer, column, other, rows, found)
    for layer, (goes, stays) in found.items():
        nowhere = ~(goes | stays)
        found[layer] = (goes | nowhere, stays) if is_whole else (goes, stays | nowhere)
    return found


def _by_key(rows: pd.DataFrame, going: pd.Series) -> tuple[Mask, Mask]:
    if _KEY not in rows:
        return np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    goes = among(rows[_KEY], going)
    return goes, rows[_KEY].notna().to_numpy(dtype=bool) & ~goes


def _follow(layer: str, targets: tuple[tuple[str, str], ...], rows: Mapping[str, pd.DataFrame], found: Sides) -> None:
    frame = rows[layer]
    open_ = frame[_KEY].isna().to_numpy(dtype=bool) if _KEY in frame else np.ones(len(frame), dtype=bool)
    goes, stays = (side.copy() for side in found[layer])
    for column, other in targets:
        named = open_ & frame[column].notna().to_numpy(dtype=bool)
        if other in rows:
            for mine, theirs in zip((goes, stays), found[other], strict=True):
                mine |= named & among(frame[column], rows[other].loc[theirs, f"{other}_id"])
        open_ = open_ & ~named
    found[layer] = (goes, stays)


def _take(layer: str, column: str, other: str, rows: Mapping[str, pd.DataFrame], found: Sides) -> None:
    ids = rows[other][f"{other}_id"]
    if ids.empty or rows[layer].empty:
        return
    named = rows[layer][column].str.split(";")
    goes, stays = (
        theirs | among(ids, named[mine].explode().dropna().str.strip().unique())
        for mine, theirs in zip(found[layer], found[other], strict=True)
    )
    found[other] = (goes, stays)
