"""The rows of the register that a change is about: as they are, and as they will be."""

from collections.abc import Iterable
from dataclasses import dataclass, field

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

    def table(self, layer: str) -> land.Table:
        """Return the table of a layer."""
        return land.holder_tables().get(layer) or land.layer_table(layer, self.srid)

    def read(self, layer: str, column: str, values: Iterable[str] | pd.Series) -> None:
        """Take in the current rows that have one of these values in a column, so far as they are not here yet."""
        wanted = pd.Series(list(values), dtype="object").dropna()
        if wanted.empty:
            return
        found = land.current_rows(self.store, self.table(layer), column, wanted.astype(str), self.scope)
        fresh = found[~found[VERSION].isin(self.before(layer)[VERSION])]
        rows = self.typed(layer, fresh)
        self._before[layer] = stacked(self.before(layer), rows)
        self._after[layer] = stacked(self.after(layer), rows)

    def before(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer that were read, in the types of its table, with `version_id`."""
        return self._before[layer] if layer in self._before else self.typed(layer, pd.DataFrame())

    def after(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer as they will be."""
        return self._after[layer] if layer in self._after else self.typed(layer, pd.DataFrame())

    def write(self, layer: str, rows: pd.DataFrame) -> None:
        """Say what the rows of a layer will be."""
        self._after[layer] = self.typed(layer, rows)
        self._before.setdefault(layer, self.typed(layer, pd.DataFrame()))

    def typed(self, layer: str, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows in the types of the table of a layer, on a fresh index, with `version_id`."""
        table = self.table(layer)
        # A column that is not there gets its type too, so that rows can be stacked and compared.
        whole = rows.reindex(columns=[*(name for name, _ in table.entity if name != "geom"), VERSION])
        return land.typed(whole, table).assign(version_id=pd.array(pd.to_numeric(whole[VERSION]), dtype="Int64"))

    def changed(self, layer: str) -> pd.DataFrame:
        """Return the rows of a layer that are new or will have another content."""
        after = self.after(layer)
        return after[~self._stays(layer, after)].reset_index(drop=True)

    def differences(self) -> list[land.Difference]:
        """Return what the tables have to become; versions whose content stays the same are not touched."""
        made = []
        for layer, before in self._before.items():
            after = self.after(layer)
            stays = self._stays(layer, after)
            rows = after[~stays].drop(columns=VERSION).reset_index(drop=True)
            closed = before.loc[~before[VERSION].isin(after.loc[stays, VERSION]), VERSION]
            made.append(
                land.Difference(
                    table=self.table(layer),
                    rows=rows.assign(row_hash=self._hashes(layer, rows)),
                    geometries=None,
                    closed=[int(number) for number in closed],
                    kept=int(stays.sum()),
                )
            )
        return [difference for difference in made if not difference.is_empty]

    def _stays(self, layer: str, after: pd.DataFrame) -> pd.Series:
        before = self.before(layer)
        known = pd.Series(self._hashes(layer, before).to_numpy(), index=before[VERSION].astype("int64"), dtype="object")
        then = after[VERSION].astype("object").map(known)
        stays: pd.Series = then.notna() & (then.to_numpy() == self._hashes(layer, after).to_numpy())
        return stays

    def _hashes(self, layer: str, rows: pd.DataFrame) -> pd.Series:
        content = rows.drop(columns=VERSION, errors="ignore")
        return land.row_hashes(content, None, leave_out=ciphertexts(self.table(layer)))


def keys(layer: str, rows: pd.DataFrame) -> pd.Series:
    """Return the key of every row as text: the values of the columns of its key, joined by `/`."""
    names = key_columns(layer)
    text = rows[names[0]].astype("string")
    for name in names[1:]:
        text = text + "/" + rows[name].astype("string")
    return text


def key_columns(layer: str) -> list[str]:
    """Return the columns that a row of a layer is found by."""
    return list(schemas.layer(layer)["x-key"])


def stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    """Return frames of the same columns one below the other, on a fresh index; empty ones say nothing about types."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0].reset_index(drop=True)
