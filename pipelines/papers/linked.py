"""Which register row a scan belongs to: by the name of its file, else by the serial of the certificate."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.geometry import Indices
from pipelines.papers import codes, model

SURE = 0.9
"""Confidence from which a serial that was read counts."""

_BETWEEN = r"\s*[;,|\n\r]\s*"


def files(pages: pd.DataFrame) -> pd.DataFrame:
    """Return one row per file with the path as index: `kind`, `serial_named`, `sha256`, `state`, `pages`, `serial`.

    `serial` is the one its name has, else the one of its code, else the one that was read, null for none of them.

    Args:
        pages: One row per page, as `model.TYPES` has it.
    """
    sure = pages["serial_read"].where(pages["serial_confidence"] >= SURE)
    known = pages.assign(serial=codes.parse(pages["qr"])["so_phat_hanh"].fillna(sure)).groupby("path", sort=False)
    columns = ["kind", "serial_named", "sha256", "state", "pages"]
    whole = pages.drop_duplicates("path").set_index("path")[columns]
    return whole.assign(serial=whole["serial_named"].fillna(known["serial"].first()).astype("string"))


def rows_of(scans: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Return the position of the first row that names each file, else of the first with its serial; -1 for none.

    Args:
        scans: Files as `files` returns them.
        rows: Register rows with `ten_file` and `so_phat_hanh`.
    """
    at, names = names_in(rows["ten_file"])
    by_name = pd.DataFrame({"key": names.to_pandas(), "row": at})
    by_serial = pd.DataFrame({"key": model.spelled_alike(rows["so_phat_hanh"]), "row": range(len(rows))})
    named, written = (
        table.dropna().drop_duplicates("key").set_index("key")["row"].astype("Int64") for table in (by_name, by_serial)
    )
    name = pd.Series(folded(pa.array(scans.index, type=pa.string())).to_pylist(), index=scans.index, dtype="string")
    found = name.map(named).fillna(name.str.rsplit(".", n=1).str[0].map(named))
    return found.fillna(model.spelled_alike(scans["serial"]).map(written)).fillna(-1).astype("int64")


def names_in(cells: pd.Series) -> tuple[Indices, pa.Array]:
    """Return which row names which file, as two arrays: positions of rows, names as they are compared."""
    split = pc.split_pattern_regex(pa.array(cells.astype("string"), type=pa.string(), from_pandas=True), _BETWEEN)
    return pc.list_parent_indices(split).to_numpy(), folded(pc.list_flatten(split))


def folded(names: pa.Array) -> pa.Array:
    """Return names of files as they are compared: without folders, composed, in lower case, without spaces."""
    last = pc.replace_substring_regex(pc.utf8_normalize(names, form="NFC"), r"^.*[/\\]", "")
    return pc.utf8_lower(pc.replace_substring_regex(last, r"\s+", ""))
