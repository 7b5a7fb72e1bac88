"""What officers decided about parcels, held against the parcels there are."""

import pandas as pd

from pipelines import store as land
from pipelines.ids import among
from pipelines.reform.scopes import Reform


def unknown(store: land.Store, code: str, reform: Reform, decided: pd.Series) -> list[str]:
    """Return the ids of decided parcels that a new commune cannot get, as no current parcel goes by them.

    A parcel that a reform has moved already is known: the same table may be handed in twice.

    Args:
        store: The land database.
        code: The new commune; decisions count that name it, or a parcel of a commune it is made of.
        reform: The reform.
        decided: thua_dat_id → new commune, as officers said.
    """
    names = pd.Series(decided.index, dtype="string")
    of_commune = names.str[:6].isin([f"{old}." for old in reform.predecessors(code)])
    asked = names[(of_commune | decided.eq(code).fillna(False).to_numpy()).fillna(False)]
    values = {"ids": store.values(asked.to_list())}
    known = [store.frame(f"SELECT thua_dat_id_cu AS id FROM khoa_thua WHERE {store.among('thua_dat_id_cu', 'ids')} "
                         "AND release_to IS NULL", values)]  # fmt: skip
    for srid in store.zones():
        table = land.layer_table("thua_dat", srid).qualified
        condition = f"tx_to IS NULL AND {store.among('thua_dat_id', 'ids')}"
        known.append(store.frame(f"SELECT thua_dat_id AS id FROM {table} WHERE {condition}", values))
    return sorted(asked[~among(asked, pd.concat(known)["id"].astype("string"))])
