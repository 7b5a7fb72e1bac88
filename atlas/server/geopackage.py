"""Geometry blobs of a GeoPackage: a header, then WKB."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

_ENVELOPE_BYTES = (0, 32, 48, 48, 64, 0, 0, 0)


def header_bytes(blob: bytes) -> int:
    """Return the length in bytes of the header in front of the WKB (0 for plain WKB)."""
    if blob[:2] != b"GP":
        return 0
    return 8 + _ENVELOPE_BYTES[(blob[3] >> 1) & 7]


def geometries(blobs: Sequence[bytes | None]) -> np.ndarray[Any, Any]:
    """Return shapely geometries of GeoPackage blobs (None stays None)."""
    return np.asarray(shapely.from_wkb([None if blob is None else blob[header_bytes(blob) :] for blob in blobs]))
