"""What registers hold beside their rows: restrictions, survey documents, entities without a table of their own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from pipelines import findings, numbers
from pipelines.ledger import Ledger
from pipelines.normalize import about
from pipelines.normalize.place import Place
from pipelines.normalize.uses import RESTRICTION_COLUMNS
from pipelines.registers import Register
from pipelines.registers.entities import UNKNOWN
from pipelines.registers.read import BAD_VALUES, BESIDE, LINKS, LOST_BYTES, OTHER_COLUMNS, RESTRICTIONS, SURVEYS

_SURVEY = ("don_vi_do_dac", "phuong_phap_do", "muc_do_chinh_xac", "ngay_hoan_thanh")
_DERIVED = frozenset({BESIDE, LINKS})
_OF_ROWS = _DERIVED | {BAD_VALUES, LOST_BYTES, OTHER_COLUMNS, RESTRICTIONS, SURVEYS, UNKNOWN}
"""Frames that say more about what is counted elsewhere."""

_CODES = {"number": "so_dia_chinh.bad_number", "date": "so_dia_chinh.bad_date"}


def restrictions(read: Sequence[Register], parcels: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return `han_che_quyen` of the parcels on the map, numbered per parcel; areas in m².

    A restriction that names no parcel of the map stays with the entities of its file.
    """
    frames = [register.extra[RESTRICTIONS] for register in read if RESTRICTIONS in register.extra]
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in RESTRICTION_COLUMNS.items()})
    if not frames:
        return empty
    rows = pd.concat(frames, ignore_index=True)
    rows["thua_key"] = place.keys(*(numbers.tidy_key(rows[name]) for name in ("so_hieu_to_ban_do", "so_thu_tu_thua")))
    rows = rows.loc[rows["thua_key"].isin(set(parcels["thua_key"].dropna()))]
    said = [name for name in RESTRICTION_COLUMNS if name not in ("thua_key", "so_thu_tu")]
    rows = rows.drop_duplicates(["thua_key", *said]).sort_values("thua_key", kind="stable", ignore_index=True)
    rows["so_thu_tu"] = rows.groupby("thua_key").cumcount() + 1
    for name in ("loai_han_che", "loai_van_ban_han_che"):
        rows[name] = rows[name].astype("Int64").astype("string")
    return rows.reindex(columns=list(RESTRICTION_COLUMNS)).astype(RESTRICTION_COLUMNS)


def surveys(documents: pd.DataFrame, read: Sequence[Register]) -> pd.DataFrame:
    """Return `tai_lieu_do_dac` with what registers say about the survey of each sheet, where they say one thing."""
    frames = [register.extra[SURVEYS] for register in read if SURVEYS in register.extra]
    if not frames or documents.empty:
        return documents
    told = pd.concat(frames, ignore_index=True)
    told["so_hieu_to_ban_do"] = numbers.tidy_key(told["so_hieu_to_ban_do"])
    told = told.drop_duplicates().groupby("so_hieu_to_ban_do").filter(lambda rows: len(rows) == 1)
    known = told.set_index("so_hieu_to_ban_do")
    result = documents.copy()
    for name in _SURVEY:
        result[name] = result[name].fillna(result["so_hieu_to_ban_do"].map(known[name]).astype("string"))
    scale, _ = numbers.parse(known["ty_le"].astype("string").str.replace(r"^1\s*[:/]\s*", "", regex=True))
    result["ty_le"] = result["ty_le"].fillna(result["so_hieu_to_ban_do"].map(scale).round().astype("Int64"))
    return result


def check(read: Sequence[Register], place: Place) -> gpd.GeoDataFrame:
    """Return findings about values and elements of entities; the detail names them and tells no value.

    Emits: so_dia_chinh.unknown_element, so_dia_chinh.bad_number, so_dia_chinh.bad_date
    """
    found = []
    for register in read:
        unknown = register.extra.get(UNKNOWN)
        if unknown is not None:
            found.append(_unknown(unknown, register.source, place))
        bad = register.extra.get(BAD_VALUES)
        if bad is not None:
            found += [_bad(bad.loc[bad["kind"] == kind], code, register.source, place) for kind, code in _CODES.items()]
    return findings.concat(found, crs=place.crs) if found else findings.empty(place.crs)


def _unknown(unknown: pd.DataFrame, source: str, place: Place) -> gpd.GeoDataFrame:
    return findings.build(
        "so_dia_chinh.unknown_element",
        [source] * len(unknown),
        crs=place.crs,
        value=unknown["count"].astype("float64"),
        detail=unknown["path"],
        source=[source] * len(unknown),
    )


def _bad(bad: pd.DataFrame, code: str, source: str, place: Place) -> gpd.GeoDataFrame:
    detail = bad["entity"].astype("string") + "." + bad["attribute"].astype("string")
    return about.entities(code, source, bad["entity"], bad["_id"], detail, place.crs)


def account(ledger: Ledger, read: Sequence[Register]) -> None:
    """Book the rows of entities, elements outside the structure, and rows a file itself had marked as deleted."""
    for register in read:
        count = sum(len(frame) for name, frame in register.extra.items() if name not in _OF_ROWS)
        if count:
            ledger.add(register.source, "entity", received=count, accepted=count)
        if UNKNOWN in register.extra:
            elements = int(register.extra[UNKNOWN]["count"].sum())
            ledger.add(register.source, "unknown_element", received=elements, accepted=elements)
        if register.deleted:
            ledger.add(register.source, "deleted_row", received=register.deleted, accepted=register.deleted)


def write(read: Sequence[Register], folder: Path) -> None:
    """Write every frame of entities as `entities/<name>.parquet` below the folder of personal tables."""
    names = dict.fromkeys(name for register in read for name in register.extra)
    for name in [name for name in names if name not in _DERIVED]:
        (folder / "entities").mkdir(exist_ok=True)
        frames = list(_with_source(read, name))
        whole = pd.concat(frames, ignore_index=True)
        whole.to_parquet(folder / "entities" / f"{_file_name(name)}.parquet", index=False)


def _with_source(read: Sequence[Register], name: str) -> Iterator[pd.DataFrame]:
    for register in read:
        if name in register.extra:
            frame = register.extra[name]
            yield frame.set_axis([str(column) for column in frame.columns], axis=1).assign(source=register.source)


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in name)
