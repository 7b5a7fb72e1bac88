"""One feature by its identifier."""

import numpy as np

from atlas.server.collections import Collection
from atlas.server.selection import ZONE_BITS
from atlas.server.spatial import Keys
from atlas.server.store import Store, quoted


def find(store: Store, collection: Collection, identifier: str) -> Keys:
    """Return the keys of the features with an identifier in the release: one, or none."""
    release = collection.release
    versions, parameters = "", (identifier,)
    if release is not None:
        versions = " AND release_from <= ? AND (release_to IS NULL OR release_to > ?)"
        parameters += (release, release)  # type: ignore[assignment]
    connection = store.connection()
    for place, table in enumerate(collection.tables):
        row = connection.execute(
            f"SELECT {quoted(table.key)} FROM {quoted(table.name)} "
            f"WHERE {quoted(collection.id_field)} = ?{versions} LIMIT 1",
            parameters,
        ).fetchone()
        if row is not None:
            return np.array([row[0] + (place << ZONE_BITS)], dtype=np.int64)
    return np.empty(0, dtype=np.int64)
