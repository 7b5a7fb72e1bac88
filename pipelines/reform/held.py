"""What the database holds of one commune now: all layers that a reform moves, as frames with their version ids."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipelines import store as land
from pipelines.reform.scopes import Scope
from pipelines.store.reading import read_versions
from pipelines.store.tables import all_tables

STAYS = frozenset({"giao_dich", "noi_dung_giao_dich", "pha_he_thua"})
"""What was registered stays under the code of its day; the keys in it answer by the table of former keys."""


@dataclass(frozen=True)
class Held:
    """The current rows of a commune.

    Attributes:
        scope: Code and era.
        srid: Zone of its geometries (EPSG code).
        layers: Layer to rows: the columns of its table, geometry in `geometry`, in the order of entry.
    """

    scope: Scope
    srid: int
    layers: dict[str, gpd.GeoDataFrame]

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """The parcels."""
        return self.layers["thua_dat"]


def tables(srid: int) -> dict[str, land.Table]:
    """Return the tables a reform moves, by layer."""
    found = {table.name.removesuffix(f"_{srid}"): table for table in all_tables(srid) if table.is_versioned}
    return {layer: table for layer, table in found.items() if layer not in STAYS}


def read(store: land.Store, scope: Scope, srid: int, *, with_holders: bool = True) -> Held:
    """Return the current rows of a commune.

    Args:
        store: The land database.
        scope: Code and era.
        srid: Its zone.
        with_holders: Whether the holder tables are read too; they have to be open.
    """
    wanted = {layer: table for layer, table in tables(srid).items() if with_holders or not table.schema}
    return Held(scope, srid, {layer: _rows(store, table, scope, srid) for layer, table in wanted.items()})


def _rows(store: land.Store, table: land.Table, scope: Scope, srid: int) -> gpd.GeoDataFrame:
    values = {"ma_xa": scope[0], "ky_dia_gioi": scope[1]}
    found = read_versions(store, table, srid, f"WHERE tx_to IS NULL AND {table.of_commune} ORDER BY version_id", values)
    texts = [name for name, kind in table.columns if kind == "TEXT"]
    return found.astype(dict.fromkeys(texts, pd.StringDtype()))
