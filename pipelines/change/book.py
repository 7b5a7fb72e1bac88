"""The rows of the register that a change is about: as they are, and as they will be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import pandas as pd

import schemas
from pipelines import store as land
from pipelines.sealing import ciphertexts

VERSION = "version_id"
"""Number of the version that a row was read from; null in a row that is new."""


@dataclass(slots=True)
class Book:
    """Current rows of a commune, layer by layer, read when they are asked for and changed here until they are written.

    Attributes:
        store: The land database, inside a transaction or with its holders open.
        scope: Commune code and era.
        srid: Zone of the commune (EPSG code).
    """

    store: land.Store
    scope: tuple[str, str]
    srid: int
    _before: dict[str, pd.DataFrame] = field(default_factory=dict)
    _after: dict[str, pd.DataFrame] = field(default_factory=dict)
    _asked: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _compared: dict[str, pd.Series] = field(default_factory=dict)

    def table(self, layer: str) -> land.Table:
        """Return the table of a layer."""
        if layer in land.holder_tables():
            return land.holder_tables()[layer]
        known = land.land_tables(self.srid)
        return known[layer] if layer in known else known[f"{layer}_{self.srid}"]

    def read(self, layer: str, column: str, values: Iterable[str] | pd.Series) -> None:
        """Take in the current rows that have one of these values in a column, so far as they are not here yet."""
        asked = self._asked.setdefault((layer, column), set())
        wanted = {str(value) for value in values if pd.notna(value)} - asked
        if not wanted:
            return
        asked |= wanted
        found = land.current_rows(self.store, self.table(layer), column, wanted, self.scope)
        fresh = found[~found[VERSION].isin(self.before(layer)[VERSION])]
        if fresh.empty:
            return
        rows, is_changed = self.typed(layer, fresh), self.is_changed(layer)
        before, after = self.before(layer), self.after(layer)
        self._before[layer] = stacked(before, rows)
        self._after[layer] = stacked(after, rows) if is_changed else self._before[layer]
        self._compared.pop(layer, None)

    def before(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer that were read, in the types of its table, with `version_id`."""
        return self._before[layer] if layer in self._before else _nothing(self.table(layer))

    def after(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer as they will be."""
        return self._after[layer] if layer in self._after else _nothing(self.table(layer))

    def is_changed(self, layer: str) -> bool:
        """Tell whether the rows of a layer were written; those that were only read stay as they are."""
        return self.before(layer) is not self.after(layer)

    def write(self, layer: str, rows: pd.DataFrame) -> None:
        """Say what the rows of a layer will be."""
        self._after[layer] = self.typed(layer, rows)
        self._compared.pop(layer, None)

    def typed(self, layer: str, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows in the types of the table of a layer, on a fresh index, with `version_id`."""
        return _typed(rows, self.table(layer))

    def changed(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer that are new or will have another content."""
        after = self.after(layer)
        if not self.is_changed(layer):
            return after.iloc[:0]
        return after[~self._stays(layer)].reset_index(drop=True)

    def replaced(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer as they were, of those that end or will have another content."""
        before, after = self.before(layer), self.after(layer)
        if not self.is_changed(layer):
            return before.iloc[:0]
        return before[~before[VERSION].isin(after.loc[self._stays(layer), VERSION])].reset_index(drop=True)

    def ended(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer whose version ends and whose key nobody takes."""
        before, after = self.before(layer), self.after(layer)
        if not self.is_changed(layer):
            return before.iloc[:0]
        return before[~keys(layer, before).isin(keys(layer, after))].reset_index(drop=True)

    def differences(self) -> list[land.Difference]:
        """Return what the tables have to become; versions whose content stays the same are not touched."""
        made = []
        for layer in filter(self.is_changed, self._after):
            rows = self.changed(layer).drop(columns=VERSION)
            made.append(
                land.Difference(
                    table=self.table(layer),
                    rows=rows.assign(row_hash=self._hashes(layer, rows)),
                    geometries=None,
                    closed=[int(number) for number in self.replaced(layer)[VERSION]],
                    kept=len(self.after(layer)) - len(rows),
                )
            )
        return [difference for difference in made if not difference.is_empty]

    def _stays(self, layer: str) -> pd.Series:
        """Tell which rows of a layer are in a version already, with the same content."""
        if layer not in self._compared:
            before, after = self.before(layer), self.after(layer)
            known = pd.Series(self._hashes(layer, before).to_numpy(), index=before[VERSION].astype("int64"))
            then = after[VERSION].astype("object").map(known.astype("object"))
            self._compared[layer] = then.notna() & (then.to_numpy() == self._hashes(layer, after).to_numpy())
        return self._compared[layer]

    def _hashes(self, layer: str, rows: pd.DataFrame) -> pd.Series:
        content = rows.drop(columns=VERSION, errors="ignore")
        return land.row_hashes(content, None, leave_out=ciphertexts(self.table(layer)))


def _typed(rows: pd.DataFrame, table: land.Table) -> pd.DataFrame:
    # A column that is not there gets its type too, so that rows can be stacked and compared.
    whole = rows.reindex(columns=[*(name for name, _ in table.entity if name != "geom"), VERSION])
    versions = pd.to_numeric(whole[VERSION]).astype("Int64").reset_index(drop=True)
    return land.typed(whole, table).assign(version_id=versions)


@cache
def _nothing(table: land.Table) -> pd.DataFrame:
    """Return no rows; always the same, as what nobody wrote is told by being the same."""
    return _typed(pd.DataFrame(), table)


def keys(layer: str, rows: pd.DataFrame) -> pd.Series:
    """Return the key of every row as text: the values of the columns of its key, joined by `/`."""
    names = key_columns(layer)
    text = rows[names[0]].astype("string")
    for name in names[1:]:
        text = text + "/" + rows[name].astype("string")
    return text


@cache
def key_columns(layer: str) -> tuple[str, ...]:
    """Return the columns that a row of a layer is found by."""
    return tuple(schemas.layer(layer)["x-key"])


def stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return frames of the same columns one below the other, on a fresh index; empty ones say nothing about types."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0].reset_index(drop=True)
