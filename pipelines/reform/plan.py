"""What a reform would do to what is loaded: communes, sheets with proposed numbers, parcels that wait for a person."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipelines import communes
from pipelines import store as land
from pipelines.eras import BY_PLACE, BY_TABLE, OPEN, TODAY
from pipelines.reform import held, sheets
from pipelines.reform.parts import OPEN_COMMUNE
from pipelines.reform.places import BY_OFFICER, destinations
from pipelines.reform.scopes import Loaded, Reform, Scope, loaded
from pipelines.reform.sheets import MAP, SCALE, SHEET

_BASES = (BY_TABLE, BY_PLACE, BY_OFFICER)
_SUMMARY = ("ma_xa_cu", "ky_dia_gioi_cu", "ten_xa_cu", "ma_xa", "ten_xa", "tong_thua", *_BASES, "ghi_chu")
_OPEN = ("thua_dat_id", "ma_xa_cu", "ky_dia_gioi_cu", SHEET, "so_thu_tu_thua", "dien_tich_do", "ung_vien", "ma_xa_moi")

SURPASSED = "mã này đã nạp cho kỳ mới hơn: giữ nguyên / loaded for a newer era too: stays"
ALREADY = "xã mới đã có gói riêng: từ chối / the new commune has a package of its own: refused"
ZONES = "các xã cũ khác múi: từ chối / the old communes lie in different zones: refused"


@dataclass(frozen=True)
class Plan:
    """A reform before it is done.

    Attributes:
        communes: One row for each older commune and its successor, and one without successor for parcels that are open:
            parcels in all, and by how their commune is known; what stands in the way.
        sheets: A table of sheets with a number proposed for each (`pipelines.reform.sheets.COLUMNS`), and `so_thua`.
        waiting: Parcels whose new commune is open, with the communes it may be; `ma_xa_moi` is to be filled in.
    """

    communes: pd.DataFrame
    sheets: pd.DataFrame
    waiting: pd.DataFrame


def plan(store: land.Store, reform: Reform) -> Plan:
    """Return what would happen; nothing is written and no personal data is read."""
    known = loaded(store, reform)
    summary, listed, waiting = [_surpassed(scope) for scope in known.surpassed], list[pd.DataFrame](), []
    for scope, release in known.sources.items():
        parcels, others = _read(store, scope, release.srid)
        codes = reform.successors(scope)
        places = destinations(parcels, scope, reform, pd.Series(dtype="string"))
        for code in codes:
            here = gpd.GeoDataFrame(parcels[places["ma_xa_moi"].eq(code).fillna(False)])
            summary.append(_row(scope, code, places.loc[here.index, "can_cu"]))
            if len(here):
                listed.append(sheets.listed(here, others if len(codes) == 1 else [], scope, code))
        left = parcels[places["can_cu"] == OPEN]
        if len(left) or not codes:
            summary.append(_row(scope, None, places.loc[left.index, "can_cu"]))
            waiting.append(_open(left, scope, codes))
    every = pd.concat(listed, ignore_index=True) if listed else pd.DataFrame(columns=[*_sheet_columns()])
    return Plan(
        communes=_noted(store, pd.DataFrame(summary, columns=list(_SUMMARY)), known, reform),
        sheets=sheets.propose(every, _taken(store, known, reform)) if listed else every[[*sheets.COLUMNS, "so_thua"]],
        waiting=pd.concat(waiting, ignore_index=True) if waiting else pd.DataFrame(columns=list(_OPEN)),
    )


def _sheet_columns() -> tuple[str, ...]:
    return (*sheets.COLUMNS, "so_thua")


def _read(store: land.Store, scope: Scope, srid: int) -> tuple[gpd.GeoDataFrame, list[pd.DataFrame]]:
    """Return the parcels of a commune, and the sheets that its other rows name."""
    layers = held.read(store, scope, srid, with_holders=False).layers
    keys = [rows["thua_key"].dropna() for layer, rows in layers.items() if "thua_key" in rows and layer != "thua_dat"]
    named = pd.Series(pd.concat(keys).unique(), dtype="string")
    named = named[named.str.startswith(".".join(scope) + ".")]
    tables = [pd.DataFrame(layers[layer])[[MAP, SHEET, SCALE]] for layer in ("to_ban_do", "tai_lieu_do_dac")]
    texts = [rows.astype({SCALE: "Int64"}).astype("string") for rows in tables]
    return layers["thua_dat"], [*texts, sheets.of_keys(named)[[MAP, SHEET]]]


def _row(scope: Scope, code: str | None, basis: pd.Series) -> dict[str, object]:
    counts = basis.value_counts()
    return {
        "ma_xa_cu": scope[0],
        "ky_dia_gioi_cu": scope[1],
        "ten_xa_cu": communes.commune(*scope).name,
        "ma_xa": code,
        "ten_xa": communes.commune(code, TODAY).name if code else None,
        "tong_thua": len(basis),
        **{name: int(counts.get(name, 0)) for name in _BASES},
        "ghi_chu": None if code else "chưa rõ xã mới / the new commune is open",
    }


def _surpassed(scope: Scope) -> dict[str, object]:
    return _row(scope, None, pd.Series(dtype="string")) | {"ghi_chu": SURPASSED}


def _noted(store: land.Store, summary: pd.DataFrame, known: Loaded, reform: Reform) -> pd.DataFrame:
    """Return the rows with what stands in the way of a new commune."""
    own = {release.ma_xa for release in land.listing(store) if release.ky_dia_gioi == reform.era
           and release.kind == "load"}  # fmt: skip
    zone = {scope: release.srid for scope, release in known.sources.items()}
    of_row = pd.Series(
        [zone.get(scope) for scope in zip(summary["ma_xa_cu"], summary["ky_dia_gioi_cu"], strict=True)],
        index=summary.index,
    )
    several = of_row.groupby(summary["ma_xa"]).transform("nunique").gt(1) & summary["ma_xa"].notna()
    note = summary["ghi_chu"].mask(several, ZONES).mask(summary["ma_xa"].isin(own), ALREADY)
    return summary.assign(ghi_chu=note)


def _open(parcels: pd.DataFrame, scope: Scope, codes: list[str]) -> pd.DataFrame:
    told = parcels.assign(
        ma_xa_cu=scope[0], ky_dia_gioi_cu=scope[1], ung_vien="; ".join(codes), ma_xa_moi=None, ly_do=OPEN_COMMUNE
    )
    return pd.DataFrame(told[[*_OPEN, "ly_do"]])


def _taken(store: land.Store, known: Loaded, reform: Reform) -> dict[tuple[str, str], set[str]]:
    """Return the sheet numbers that new communes have already, by commune and map type."""
    found: dict[tuple[str, str], set[str]] = {}
    for srid in {release.srid for release in known.sources.values()}:
        table = land.layer_table("thua_dat", srid).qualified
        rows = store.execute(
            f"SELECT DISTINCT ma_xa, {MAP}, {SHEET} FROM {table} WHERE tx_to IS NULL AND ky_dia_gioi = :era",
            {"era": reform.era},
        )
        for code, kind, sheet in rows.fetchall():
            found.setdefault((code, kind), set()).add(sheet)
    return found
