"""The exchange files of a delivery as one, and what their numbers mean in the layers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import pandas as pd

import schemas
from pipelines import findings
from pipelines.normalize.place import Place
from pipelines.registers import Register, entities
from pipelines.registers.exchange import LINKS as NUMBERS
from pipelines.registers.read import BESIDE, COLUMNS, LINKS

_TEXT_LINKS = ("_id", "_parent", "_dossier")
_TYPES = {"integer": "Int64", "number": "float64", "boolean": "boolean", "string": "string"}


@dataclass(frozen=True)
class Files:
    """Every exchange file of a delivery; `_id`, `_parent` and `_dossier` are texts that no two files share.

    Attributes:
        frames: Entity → its rows, typed, with `source` and `_number` (the `_id` inside its file), all that there are.
        before: The same for what stands in the state before a change.
        links: Numbers a register row came from, by `row_id`.
        beside: Rows of holders and certificates that only assets, mortgages or blocks name, as texts.
        present: Entities of which a file has a row, be it in the state before a change.
    """

    frames: dict[str, pd.DataFrame]
    before: dict[str, pd.DataFrame]
    links: pd.DataFrame
    beside: pd.DataFrame
    present: frozenset[str]


@dataclass(frozen=True)
class Known:
    """What numbers of the files mean. The index is `_dossier|number`, for holders `_dossier|kind|number`.

    Attributes:
        parcels: → `thua_key` of parcels that the map has.
        holders: → `loai_doi_tuong` and `chu_id`.
        people: → `ca_nhan_id`.
        papers: → `giay_chung_nhan_id`.
    """

    parcels: pd.Series
    holders: pd.DataFrame
    people: pd.Series
    papers: pd.Series


def stack(read: Sequence[Register]) -> Files:
    """Return the exchange files of a delivery as one."""
    names = sorted(set(entities.model().entities.values()))
    whole = {name: _stacked(read, name) for name in names}
    columns = ["row_id", "source", *NUMBERS]
    links, beside = _of(read, LINKS, columns), _of(read, BESIDE, ["row_id", "source", *COLUMNS, *NUMBERS, "scope"])
    for table in (links, beside):
        table["_dossier"] = table["source"] + "|" + table["_dossier"]
    return Files(
        frames={name: table.loc[~table["_before"]] for name, table in whole.items()},
        before={name: table.loc[table["_before"]] for name, table in whole.items()},
        links=links,
        beside=beside,
        present=frozenset(name for name, table in whole.items() if len(table)),
    )


def known(files: Files, rows: pd.DataFrame, holders: pd.DataFrame) -> Known:
    """Return what the numbers mean by the register rows they became.

    Args:
        files: The files.
        rows: Every register row with `row_id`, `repeats` and `thua_key`.
        holders: `row_id`, `loai_doi_tuong`, `chu_id`, `ca_nhan_id`, `giay_chung_nhan_id` of rows that were taken, and
            of those beside them.
    """
    numbers = pd.concat([files.links, files.beside[files.links.columns]], ignore_index=True)
    # What a row repeats stands for it.
    first = rows.dropna(subset=["repeats"]).set_index("row_id")["repeats"]
    numbers["row_id"] = numbers["row_id"].map(first).astype("string").fillna(numbers["row_id"])
    whole = numbers.merge(holders, on="row_id")
    keys = rows.set_index("row_id")["thua_key"]
    whole["thua_key"] = whole["row_id"].map(keys).astype("string")
    holder = _first(whole, reference(whole, "kind", "chuId"), ["loai_doi_tuong", "chu_id"])
    return Known(
        parcels=_first(whole, reference(whole, "thuaDatId"), ["thua_key"])["thua_key"],
        holders=holder,
        people=_first(whole, reference(whole, "caNhanId"), ["ca_nhan_id"])["ca_nhan_id"],
        papers=_first(whole, reference(whole, "giayChungNhanId"), ["giay_chung_nhan_id"])["giay_chung_nhan_id"],
    )


def reference(table: pd.DataFrame, *columns: str) -> pd.Series:
    """Return `_dossier|number` (`_dossier|kind|number`) of every row; null where a part is."""
    text = table["_dossier"].astype("string")
    for name in columns:
        text = text + "|" + table[name].astype("string")
    return text


def told(table: pd.DataFrame, entity: str, layer: str) -> pd.DataFrame:
    """Return what an entity says itself, in the columns and types of a layer; references are not among it."""
    properties = schemas.layer(layer)["properties"]
    return pd.DataFrame(
        {column: _cast(table[name], properties[column]["type"]) for name, column in _destinations(entity, layer)},
        index=table.index,
    )


def shaped(table: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return a table with all columns of a layer in order and type, on a fresh index; absent ones are null."""
    properties = {name: entry for name, entry in schemas.layer(layer)["properties"].items() if name != "geometry"}
    wide = table.reindex(columns=list(properties)).reset_index(drop=True)
    return pd.DataFrame({name: _cast(wide[name], entry["type"]) for name, entry in properties.items()})


def distinct(table: pd.DataFrame, key: str, *, also: Sequence[str] = ()) -> pd.Series:
    """Return the ids of a table, `~2`, `~3` … behind those that rows of other content share.

    Args:
        table: Rows with the id in `key`.
        key: Name of that column.
        also: Columns that are no content.
    """
    content = [name for name in table.columns if name != key and name not in also]
    group = table.groupby([key, *content], dropna=False, sort=False).ngroup()
    kinds = pd.DataFrame({"id": table[key], "group": group}).drop_duplicates()
    turn = (kinds.groupby("id", dropna=False).cumcount() + 1).set_axis(kinds["group"].to_numpy())
    number = group.map(turn).astype("Int64").astype("string")
    ids: pd.Series = table[key].where(number == "1", table[key] + "~" + number).astype("string")
    return ids


def finding(
    code: str, table: pd.DataFrame, where: pd.Series, entity: str, detail: str, place: Place
) -> gpd.GeoDataFrame:
    """Return one finding for each of the rows of an entity; the detail names an attribute and tells no value."""
    rows = table.loc[where.fillna(False).astype(bool)]
    ids = rows["source"] + f"#{entity}/" + rows["_number"]
    return findings.build(code, ids, crs=place.crs, detail=f"{entity}.{detail}", source=rows["source"])


@cache
def _destinations(entity: str, layer: str) -> tuple[tuple[str, str], ...]:
    listed = schemas.codelist("hosoxml")
    mine = listed.loc[(listed["entity"] == entity) & (listed["type"] != "id")]
    goes = mine["column"].str.partition(".")
    chosen = (goes[0] == layer) & ~goes[2].str.endswith("_id") & (goes[2] != "hinh_thuc_so_huu")
    return tuple(zip(mine.loc[chosen, "name"], goes.loc[chosen, 2], strict=True))


def _cast(values: pd.Series, declared: str | list[str]) -> pd.Series:
    kind = declared if isinstance(declared, str) else declared[0]
    if kind in ("integer", "number") and pd.api.types.is_string_dtype(values):
        values = pd.to_numeric(values, errors="coerce")
    return values.astype(pd.api.types.pandas_dtype(_TYPES[kind]))


def _stacked(read: Sequence[Register], name: str) -> pd.DataFrame:
    frames = [register.extra[name].assign(source=register.source) for register in read if name in register.extra]
    return _linked(pd.concat(frames, ignore_index=True)) if frames else _blank(name)


@cache
def _blank(name: str) -> pd.DataFrame:
    """Return an entity without rows; nobody may write into it."""
    return _linked(entities.frame(name, []).assign(source=""))


def _linked(table: pd.DataFrame) -> pd.DataFrame:
    table["source"], table["_number"] = table["source"].astype("string"), table["_id"].astype("string")
    for link in _TEXT_LINKS:
        table[link] = table["source"] + "|" + table[link].astype("string")
    return table


def _of(read: Sequence[Register], name: str, columns: Sequence[str]) -> pd.DataFrame:
    frames = [register.extra[name] for register in read if name in register.extra]
    return pd.concat([pd.DataFrame(columns=list(columns), dtype="string"), *frames], ignore_index=True)


def _first(table: pd.DataFrame, index: pd.Series, columns: list[str]) -> pd.DataFrame:
    named = table[columns].assign(at=index).dropna(subset=["at", columns[-1]]).drop_duplicates("at")
    return named.set_index("at")[columns]
