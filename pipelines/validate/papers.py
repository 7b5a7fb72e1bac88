"""Pages of scanned papers: blank, turned, unreadable, scanned twice, of another certificate, of none we know."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from pipelines import findings, qr
from pipelines.papers import codes, model
from pipelines.validate import scans

_SURE = 0.9
"""Confidence from which a serial that was read stands against the name of its file."""

_SHOWN = 5
_COLUMNS = ("row_id", "so_phat_hanh", "ngay_cap", "ten_file")


@dataclass(frozen=True)
class Papers:
    """Scanned papers and the register they belong to.

    Attributes:
        pages: One row per page, as `pipelines.papers.model.TYPES` has it.
        aside: Register rows that were not taken, as read (`so_phat_hanh`, `ten_file`): they name scans all the same.
    """

    pages: pd.DataFrame
    aside: pd.DataFrame


def check(papers: Papers, rows: pd.DataFrame | None, crs: Any) -> gpd.GeoDataFrame:
    """Return findings about scanned papers, one of a kind for each file; the value counts pages.

    A finding is about the first register row that names the file or has the serial its name has; where there is none,
    about the file.

    Source: KH 515/KH-BCA-BNN&MT and CV 2071/QLĐĐ-TKKKTTĐĐ (`<serial>-GCN.pdf`); TT 10/2024/TT-BTNMT (QR code).

    Emits: giay_chung_nhan.scan_blank_page, giay_chung_nhan.scan_turned, giay_chung_nhan.scan_page_unreadable,
        giay_chung_nhan.scan_duplicate, giay_chung_nhan.scan_other_serial, giay_chung_nhan.scan_qr_mismatch,
        giay_chung_nhan.scan_unlisted
    """
    pages = papers.pages.loc[papers.pages["state"] == "ok"]
    if papers.pages.empty:
        return findings.empty(crs)
    files = papers.pages.drop_duplicates("path").set_index("path")[["kind", "serial_named"]]
    has_register = rows is not None and len(rows) > 0
    table = rows.reindex(columns=list(_COLUMNS)).astype("string") if rows is not None else None
    files = _placed(files, table)
    why = pages["unreadable"].map({name: f"{vi} / {en}" for name, (vi, en) in model.REASONS.items()})
    found = [
        _of_pages("giay_chung_nhan.scan_blank_page", pages, pages["is_blank"], files, crs),
        _of_pages("giay_chung_nhan.scan_turned", pages, pages["turn"] > 0, files, crs),
        _of_pages("giay_chung_nhan.scan_page_unreadable", pages, pages["unreadable"].notna(), files, crs, said=why),
        _of_pages("giay_chung_nhan.scan_duplicate", pages, pages["same_as"].notna(), files, crs, other=True),
        _other_serial(pages, files, crs),
        _qr_mismatch(pages, files, crs),
        _unlisted(files, papers.aside, crs) if has_register else findings.empty(crs),
    ]
    return findings.concat(found, crs=crs)


def _placed(files: pd.DataFrame, rows: pd.DataFrame | None) -> pd.DataFrame:
    """Return files with the register row each belongs to: `row_id`, `serial` (of the name, else of the row), `day`."""
    if rows is None:
        return files.assign(
            row_id=pd.Series(pd.NA, index=files.index, dtype="string"), serial=files["serial_named"], day=pd.NA
        )
    at, names = scans.names_in(rows["ten_file"])
    by_name = pd.DataFrame({"key": names.to_pandas(), "row": at}).dropna()
    serials = model.spelled_alike(rows["so_phat_hanh"])
    by_serial = pd.DataFrame({"key": serials, "row": range(len(rows))}).dropna()
    lookup = [table.drop_duplicates("key").set_index("key")["row"] for table in (by_name, by_serial)]
    whole = pd.Series(scans.folded(pa.array(files.index, type=pa.string())).to_pylist(), index=files.index)
    row = whole.map(lookup[0]).fillna(whole.str.rsplit(".", n=1).str[0].map(lookup[0]))
    row = row.fillna(model.spelled_alike(files["serial_named"]).map(lookup[1])).astype("Int64")
    its = rows.iloc[row.fillna(0).astype(int)].set_axis(files.index) if len(rows) else rows.reindex(files.index)
    its = its.where(row.notna())
    return files.assign(
        row_id=its["row_id"], serial=files["serial_named"].fillna(its["so_phat_hanh"]), day=its["ngay_cap"]
    )


def _of_pages(
    code: str,
    pages: pd.DataFrame,
    where: pd.Series,
    files: pd.DataFrame,
    crs: Any,
    *,
    said: pd.Series | None = None,
    other: bool = False,
) -> gpd.GeoDataFrame:
    """Return one finding for each file with such pages; the detail names the first of them."""
    chosen = pages.loc[where.fillna(False).astype(bool)]
    if chosen.empty:
        return findings.empty(crs)
    number = chosen["page"].astype("string")
    words = number if said is None else number + " (" + said[chosen.index] + ")"
    shown = words.groupby(chosen["path"], sort=False).agg(lambda each: ", ".join(each[:_SHOWN]))
    counts = chosen.groupby("path", sort=False).size()
    others = chosen.groupby("path", sort=False)["same_as"].first().str.rsplit("#", n=1).str[0] if other else None
    return _report(code, counts.index, files, crs, value=counts.astype("float64"), detail=shown, other_id=others)


def _other_serial(pages: pd.DataFrame, files: pd.DataFrame, crs: Any) -> gpd.GeoDataFrame:
    read = pages.loc[pages["serial_read"].notna() & (pages["serial_confidence"] >= _SURE)].drop_duplicates("path")
    expected = model.spelled_alike(read["path"].map(files["serial"]))
    is_other = expected.notna() & (model.spelled_alike(read["serial_read"]) != expected)
    chosen = read.loc[is_other.fillna(False)]
    return _report(
        "giay_chung_nhan.scan_other_serial", chosen["path"], files, crs, detail=chosen["page"].astype("string")
    )


def _qr_mismatch(pages: pd.DataFrame, files: pd.DataFrame, crs: Any) -> gpd.GeoDataFrame:
    coded = pages.loc[pages["qr"].notna()].drop_duplicates("path")
    its = files.loc[coded["path"]].set_axis(coded.index)
    told = qr.compare(codes.parse(coded["qr"]), its["serial"].astype("string"), its["day"].astype("string"))
    chosen = coded.loc[told.notna()]
    return _report("giay_chung_nhan.scan_qr_mismatch", chosen["path"], files, crs, detail=told[chosen.index])


def _unlisted(files: pd.DataFrame, aside: pd.DataFrame, crs: Any) -> gpd.GeoDataFrame:
    of_aside = _placed(files, aside.assign(row_id="").reindex(columns=list(_COLUMNS)).astype("string"))
    chosen = files.index[files["kind"].notna() & files["row_id"].isna() & of_aside["row_id"].isna()]
    return findings.build("giay_chung_nhan.scan_unlisted", chosen, crs=crs, source=chosen)


def _report(code: str, paths: Any, files: pd.DataFrame, crs: Any, **columns: Any) -> gpd.GeoDataFrame:
    named = pd.Series(pd.Index(paths), dtype="string")
    about = named.map(files["row_id"]).astype("string").fillna(named)
    return findings.build(code, about, crs=crs, source=named, **columns)
