"""Holder rows: identity numbers leave the frame encrypted, hashed and masked, never in clear."""

import pandas as pd

from pipelines.store import Table
from pipelines.vault import Vault, mask

SEALED, HASHED, MASKED = "_ma_hoa", "_bam", "_che"
"""Endings of the three columns that stand for a number in clear."""


def seal(rows: pd.DataFrame, table: Table, vault: Vault) -> pd.DataFrame:
    """Return rows in which every column X of the table's X_ma_hoa, X_bam, X_che has become these three."""
    secret = [name.removesuffix(SEALED) for name, _ in table.entity if name.endswith(SEALED)]
    sealed = rows.copy()
    for name in filter(rows.columns.__contains__, secret):
        numbers = sealed.pop(name).astype("string")
        numbers = numbers.mask(numbers.str.strip() == "")
        sealed[name + SEALED] = vault.seal(numbers.astype(object))
        sealed[name + HASHED] = vault.fingerprint(numbers.astype(object))
        sealed[name + MASKED] = mask(numbers)
    return sealed


def ciphertexts(table: Table) -> tuple[str, ...]:
    """Return the columns that differ at each encryption and so say nothing about a change."""
    return tuple(name for name, _ in table.entity if name.endswith(SEALED))
