"""The whole sheet of one parcel: what the register holds about it now, for the officer who has it before him."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pandas as pd

import schemas
from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.store import Store, Table

_SECRET = ("_ma_hoa", "_bam")
"""Endings of columns that never leave the store; what is masked (`_che`) may."""

_MASKED = "_che"
_PARCEL = ("muc_dich_su_dung", "nguon_goc_dat", "han_che_quyen", "tai_san")
_PEOPLE = ("ca_nhan", "vo_chong", "ho_gia_dinh", "to_chuc", "cong_dong", "nhom_nguoi")
_MEMBERS = tuple(dict.fromkeys(column for layer, column, _ in schemas.references() if layer in _PEOPLE))
_PARTIES = tuple(
    dict.fromkeys(
        column for layer, column, others in schemas.references() if layer not in _PEOPLE and set(_PEOPLE) <= set(others)
    )
)
_NAMES = (
    "ho_ten",
    "ten_to_chuc",
    "ten_cong_dong",
    "so_phat_hanh",
    "so_vao_so",
    "ten_tai_san",
    "so_hieu_can_ho",
    "so_nha",
)
"""What an entity is called, where it has one of these."""

_NEEDLESS = {"ma_xa", "ky_dia_gioi", "thua_key", "geometry"}
_MOST_AT_ONCE = 500
_LONGEST_NAME = 46

Rows = list[dict[str, Any]]


def sheet(store: Store, thua_dat_id: str, *, holders: bool = False) -> dict[str, Any]:
    """Return a parcel and everything current about it, by layer; every question goes through an index.

    Args:
        store: The land database, open for reading.
        thua_dat_id: The parcel.
        holders: Also what is personal: rights, names, certificates, mortgages, blocks, dossiers. Identity numbers come
            masked, sealed values not at all.

    Returns:
        `thua_dat_id`, `crs`, `area_m2` of the drawn boundary, and `layers`: layer → current rows, empty ones too.

    Raises:
        StoreError: There is no such parcel now, or the holders may not be read.
    """
    srid, parcel = _current(store, thua_dat_id)
    key, scope = parcel["thua_key"], {"ma_xa": parcel["ma_xa"], "ky_dia_gioi": parcel["ky_dia_gioi"]}
    found: dict[str, Rows] = {
        "thua_dat": [{str(name): _plain(value) for name, value in parcel.items() if name != "geometry"}]
    }
    read = _reader(store, land.land_tables(srid))
    for layer in _PARCEL:
        found[layer] = read(layer, "thua_key", [key])
    sheet_of = {**scope, "to": parcel["so_hieu_to_ban_do"]}
    surveys = "ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi AND so_hieu_to_ban_do = :to"
    found["tai_lieu_do_dac"] = _select(store, land.layer_table("tai_lieu_do_dac", srid), surveys, sheet_of)
    found["pha_he_thua"] = [
        row for column in ("thua_dat_id_cu", "thua_dat_id_moi") for row in read("pha_he_thua", column, [thua_dat_id])
    ]
    deals = {row["giao_dich_id"] for row in found["pha_he_thua"]} | _of_versions(store, srid, thua_dat_id)
    if holders:
        with store.holders():
            personal = _personal(store, key, [row["tai_san_id"] for row in found["tai_san"]])
            deals |= {row["giao_dich_id"] for rows in personal.values() for row in rows if row.get("giao_dich_id")}
            personal["noi_dung_giao_dich"] = _reader(store, land.holder_tables())(
                "noi_dung_giao_dich", "giao_dich_id", deals
            )
    found["giao_dich"] = read("giao_dich", "giao_dich_id", deals)
    if holders:
        found |= personal
    shape = parcel["geometry"]
    return {"thua_dat_id": thua_dat_id, "crs": f"EPSG:{srid}", "area_m2": round(shape.area, 1), "layers": found}


def lines(found: dict[str, Any]) -> list[str]:
    """Return a sheet as people read it, in Vietnamese and English; codes with their names, holders by name."""
    layers: dict[str, Rows] = found["layers"]
    names = _holder_names(layers)
    told = [f"THỬA ĐẤT / PARCEL  {found['thua_dat_id']}  ({found['crs']}, {found['area_m2']:.1f} m²)"]
    for layer, rows in layers.items():
        if layer in _PEOPLE and layer != "ca_nhan" and not rows:
            continue
        schema = schemas.layer(layer)
        told += ["", f"{schema['title'].upper()} / {schema['title:en']}" + ("" if rows else ": -")]
        for number, row in enumerate(rows, start=1):
            told += _row(layer, row, names, f"{number}. " if len(rows) > 1 else "   ")
    return told


def _row(layer: str, row: dict[str, Any], names: dict[str, str], head: str) -> Iterator[str]:
    properties = schemas.layer(layer)["properties"]
    for column, value in row.items():
        if value is None or value == "" or column in _NEEDLESS:
            continue
        entry = properties.get(column) or properties[column.removesuffix(_MASKED)]
        label = f"{entry['title']} / {entry['title:en']}"
        called = names if "x-refers" in entry else {}
        yield f"{head}{label:<{_LONGEST_NAME}} {_shown(value, entry, called)}"
        head = "   "


def _shown(value: Any, entry: dict[str, Any], names: dict[str, str]) -> str:
    if isinstance(value, bool):
        return "có / yes" if value else "không / no"
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    if names:
        return "; ".join(names.get(part, part) for part in text.split(";"))
    if "x-ogc-unit" in entry:
        return f"{text} m²" if entry["x-ogc-unit"] == "m2" else f"{text} {entry['x-ogc-unit']}"
    meaning = _meanings(entry["x-codelist"]).get(text) if "x-codelist" in entry else None
    return f"{text} - {meaning}" if meaning else text


@cache
def _meanings(codelist: str) -> dict[str, str]:
    rows = schemas.codelist(codelist)
    return {
        code: f"{vi} / {en}" if en else vi
        for code, vi, en in zip(rows["code"], rows["name_vi"], rows["name_en"], strict=True)
    }


def _current(store: Store, thua_dat_id: str) -> tuple[int, pd.Series]:
    versions = land.history(store, thua_dat_id)
    if versions.empty:
        raise StoreError(
            f"Cơ sở dữ liệu chưa từng có thửa {thua_dat_id}: kiểm tra mã, ví dụ 15670.E2025A.1.12.345.",
            f"The database never held a parcel {thua_dat_id}: check the id, for example 15670.E2025A.1.12.345.",
        )
    now = versions.loc[versions["tx_to"].isna()]
    if now.empty:
        raise StoreError(
            f"Thửa {thua_dat_id} không còn hiện hành: xem `diachinh history {thua_dat_id}`.",
            f"The parcel {thua_dat_id} is no longer current: see `diachinh history {thua_dat_id}`.",
        )
    known = [name for name in schemas.layer("thua_dat")["properties"] if name in now.columns]
    return int(versions.crs.to_epsg()), now.iloc[-1][known]


def _personal(store: Store, key: str, assets: list[str]) -> dict[str, Rows]:
    """Return the personal layers of a parcel and of the assets on it."""
    read = _reader(store, land.holder_tables())
    found: dict[str, Rows] = {
        "quyen_su_dung_dat": read("quyen_su_dung_dat", "thua_key", [key]),
        "quyen_quan_ly_dat": read("quyen_quan_ly_dat", "thua_key", [key]),
        "quyen_so_huu_tai_san": read("quyen_so_huu_tai_san", "tai_san_id", assets),
        "tai_san_bao_dam": read("tai_san_bao_dam", "thua_key", [key]),
        "tep_ho_so_quet": read("tep_ho_so_quet", "thua_key", [key]),
    }
    papers = _values(found, ("giay_chung_nhan_id",))
    found["giay_chung_nhan"] = read("giay_chung_nhan", "giay_chung_nhan_id", papers)
    blocked = (("thua_key", [key]), ("tai_san_id", assets), ("giay_chung_nhan_id", papers))
    found["ngan_chan"] = _once([row for column, values in blocked for row in read("ngan_chan", column, values)])
    pledged = _values(found, ("giao_dich_bao_dam_id",))
    found["giao_dich_bao_dam"] = read("giao_dich_bao_dam", "giao_dich_bao_dam_id", pledged)
    found["ho_so_quet"] = read("ho_so_quet", "ho_so_quet_id", _values(found, ("ho_so_quet_id",)))
    parties = _values(found, _PARTIES)
    bodies = {layer: read(layer, _key(layer), parties) for layer in _PEOPLE if layer != "ca_nhan"}
    people = parties | _values(bodies, _MEMBERS)
    found |= {"ca_nhan": read("ca_nhan", "ca_nhan_id", people), **bodies}
    found["giay_to_tuy_than"] = read("giay_to_tuy_than", "ca_nhan_id", _values({"": found["ca_nhan"]}, ("ca_nhan_id",)))
    return found


def _of_versions(store: Store, srid: int, thua_dat_id: str) -> set[str]:
    """Return the transactions whose releases began or ended a version of the parcel."""
    table = land.layer_table("thua_dat", srid).qualified
    ends = " UNION ".join(
        f"SELECT {end} FROM {table} WHERE thua_dat_id = :id AND ma_xa = :ma_xa"
        for end in ("release_from", "release_to")
    )
    sql = f"SELECT giao_dich_id FROM ban_phat_hanh WHERE giao_dich_id IS NOT NULL AND release_id IN ({ends})"
    values = {"id": thua_dat_id, "ma_xa": thua_dat_id.partition(".")[0]}
    return {str(row[0]) for row in store.execute(sql, values).fetchall()}


def _reader(store: Store, tables: dict[str, Table]) -> Callable[[str, str, Any], Rows]:
    def read(layer: str, column: str, values: Any) -> Rows:
        wanted = sorted({str(value) for value in values if value is not None})
        rows: Rows = []
        for start in range(0, len(wanted), _MOST_AT_ONCE):
            part = {f"v{place}": value for place, value in enumerate(wanted[start : start + _MOST_AT_ONCE])}
            rows += _select(store, tables[layer], f"{column} IN ({', '.join(f':{name}' for name in part)})", part)
        return rows

    return read


def _select(store: Store, table: Table, condition: str, values: dict[str, Any]) -> Rows:
    shown = [(name, kind) for name, kind in table.entity if not name.endswith(_SECRET)]
    columns = ", ".join(store.column(name, kind) for name, kind in shown)
    key = ", ".join(schemas.layer(table.name)["x-key"])
    frame = store.frame(
        f"SELECT {columns} FROM {table.qualified} WHERE tx_to IS NULL AND {condition} ORDER BY {key}", values
    )
    booleans = {name for name, kind in shown if kind.startswith("BOOL")}
    return [
        {
            str(name): bool(value) if name in booleans and _plain(value) is not None else _plain(value)
            for name, value in row.items()
        }
        for row in frame.astype("object").to_dict("records")
    ]


def _holder_names(layers: dict[str, Rows]) -> dict[str, str]:
    """Return by id what a holder, certificate or asset is called; couples, households and groups by their members."""
    names: dict[str, str] = {}
    for layer in (
        "giay_chung_nhan",
        "tai_san",
        "ca_nhan",
        "to_chuc",
        "cong_dong",
        "vo_chong",
        "ho_gia_dinh",
        "nhom_nguoi",
    ):
        for row in layers.get(layer, []):
            own = next((str(row[name]) for name in _NAMES if row.get(name)), None)
            people = [part for name in _MEMBERS if row.get(name) for part in str(row[name]).split(";")]
            together = " & ".join(dict.fromkeys(names.get(person, person) for person in people))
            names[row[_key(layer)]] = own or together or row[_key(layer)]
    return names


def _values(layers: dict[str, Rows], columns: Sequence[str]) -> set[str]:
    every = [row[name] for rows in layers.values() for row in rows for name in columns if row.get(name)]
    return {part for value in every for part in str(value).split(";")}


def _once(rows: Rows) -> Rows:
    return list({tuple(row.items()): row for row in rows}.values())


def _key(layer: str) -> str:
    return str(schemas.layer(layer)["x-key"][0])


def _plain(value: Any) -> Any:
    """Return a value as JSON takes it."""
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
