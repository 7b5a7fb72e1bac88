"""Scanned files with their certificates: what an exchange file lists is completed, what nobody lists is added."""

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa

from pipelines.ids import identify
from pipelines.normalize.holders import Holders
from pipelines.normalize.model.files import shaped
from pipelines.normalize.place import Place
from pipelines.papers import linked

_LAYER = "tep_ho_so_quet"


def complete(
    layers: Mapping[str, pd.DataFrame],
    pages: pd.DataFrame | None,
    rows: pd.DataFrame,
    held: Holders,
    place: Place,
) -> dict[str, pd.DataFrame]:
    """Return the layers of holders with the scans of the package in `tep_ho_so_quet`, each with hash and pages.

    A scan belongs to the certificate of the first register row that names it or has its serial. Where several parcels
    stand on that certificate, no parcel is named.

    Args:
        layers: Layers that come from exchange files.
        pages: What is known of scanned papers (`pipelines.papers.model.TYPES`); None where nobody looked.
        rows: Register rows that were taken.
        held: Tables of holders made from them.
        place: The commune.
    """
    scans = linked.files(pages) if pages is not None else pd.DataFrame()
    if scans.empty:
        return dict(layers)
    scans = scans.loc[scans["state"] == "ok"]
    listed = layers.get(_LAYER, shaped(pd.DataFrame({"ten_file": []}), _LAYER)).copy()
    name, its = (_folded(values) for values in (pd.Series(scans.index, index=scans.index), listed["ten_file"]))
    once = scans.set_axis(name).loc[lambda table: ~table.index.duplicated(keep=False)]
    listed["tep_sha256"] = listed["tep_sha256"].fillna(its.map(once["sha256"]))
    listed["so_trang"] = listed["so_trang"].fillna(its.map(once["pages"]))
    added = _added(scans.loc[~name.isin(its.dropna()).to_numpy()], rows, held, place)
    whole = pd.concat([listed, added], ignore_index=True).sort_values("tep_ho_so_quet_id")
    return {**layers, _LAYER: shaped(whole, _LAYER)}


def _added(scans: pd.DataFrame, rows: pd.DataFrame, held: Holders, place: Place) -> pd.DataFrame:
    paper_of = held.of_rows.drop_duplicates("row_id").set_index("row_id")["giay_chung_nhan_id"]
    table = rows[["row_id", "thua_key", "so_phat_hanh", "ten_file"]].reset_index(drop=True)
    table["giay_chung_nhan_id"] = table["row_id"].map(paper_of).astype("string")
    parcels = table.groupby("giay_chung_nhan_id")["thua_key"].nunique()
    its = table.reindex(linked.rows_of(scans, table)).set_axis(scans.index)
    is_one = its["giay_chung_nhan_id"].map(parcels) == 1
    path = pd.Series(scans.index, index=scans.index, dtype="string")
    return shaped(
        pd.DataFrame(
            {
                "tep_ho_so_quet_id": identify("tq-", place.scope, path),
                "thua_key": its["thua_key"].where(is_one.fillna(False).astype(bool)),
                "giay_chung_nhan_id": its["giay_chung_nhan_id"],
                "ten_file": path,
                "tep_sha256": scans["sha256"],
                "so_trang": scans["pages"],
                "la_giay_chung_nhan": (scans["kind"] == "GCN").where(scans["kind"].notna()),
            }
        ),
        _LAYER,
    )


def _folded(names: pd.Series) -> pd.Series:
    values = linked.folded(pa.array(names.astype("string"), type=pa.string(), from_pandas=True))
    return pd.Series(values.to_pylist(), index=names.index, dtype="string")
