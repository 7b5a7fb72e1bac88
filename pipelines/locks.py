"""The key of the holders: a database takes the one it was written with, and no other."""

from pipelines import store as land
from pipelines import vault as vaults
from pipelines.errors import StoreError


def wrong_key(store: land.Store, vault: vaults.Vault) -> StoreError | None:
    """Return why the key is not that of the database, None where it is; see `check_key`."""
    try:
        check_key(store, vault)
    except StoreError as error:
        return error
    return None


def check_key(store: land.Store, vault: vaults.Vault) -> None:
    """Refuse another key than that of the database; the first one is kept, inside the caller's transaction.

    Raises:
        StoreError: It is another one, or the holders that were written with it are gone.
    """
    known = land.key_check_value(store)
    if known is None and land.listing(store):
        raise StoreError(*store.holders_lost())
    vaults.check(vault, known)
    if known is None:
        land.keep_key_check_value(store, vault.check_value)
