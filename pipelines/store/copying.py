"""Rows as `COPY` of PostgreSQL takes them: text by Arrow, geometries in the form of PostGIS, sent block by block."""

import io
from typing import Any

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyarrow import csv

from pipelines.store.database import Geometries


def send(copy: psycopg.Copy, rows: pa.Table) -> None:
    """Send rows to a statement `COPY … FROM STDIN (FORMAT csv)`.

    Texts stand in quotation marks and null does not: an empty text stays one. Before an empty chunk Arrow writes
    whatever lies about, so the rows are made one chunk.
    """
    csv.write_csv(rows.combine_chunks(), _Sink(copy), csv.WriteOptions(include_header=False))


def texts_of(column: pd.Series) -> pa.Array:
    """Return a column as COPY takes it; bytes in hexadecimal digits."""
    if len(kinds := column.dropna()) and isinstance(kinds.iloc[0], bytes):
        return pa.array(["\\x" + value.hex() if isinstance(value, bytes) else None for value in column], pa.string())
    return pa.array(column, from_pandas=True)


def ewkb(geometries: Geometries, srid: int) -> pa.Array:
    """Return geometries with their zone; coordinates stay bit for bit what they were, empty ones are null."""
    absent = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    digits = shapely.to_wkb(geometries, hex=True, byte_order=1, output_dimension=2)
    # The number of the zone follows the type, whose highest byte says that it does; setting it would copy every shape.
    zone = srid.to_bytes(4, "little").hex()
    return pc.binary_replace_slice(pa.array(digits, mask=absent, type=pa.string()), 8, 10, f"20{zone}")


class _Sink(io.RawIOBase):
    """What Arrow writes to is sent to the server at once, block by block."""

    def __init__(self, copy: psycopg.Copy) -> None:
        super().__init__()
        self._copy = copy

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def write(self, block: Any) -> int:
        """Send a block."""
        self._copy.write(bytes(block))
        return len(block)
