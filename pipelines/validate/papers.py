"""Pages of scanned papers: blank, turned, unreadable, scanned twice, of another certificate, of none we know."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines import findings, qr
from pipelines.papers import codes, linked, model

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
    files = linked.files(papers.pages)
    has_register = rows is not None and len(rows) > 0
    files = _placed(files, rows)
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
    """Return files with their `row_id`, the serial `expected` by the name, else by the row, and the `day` of issue."""
    table = pd.DataFrame(columns=list(_COLUMNS)) if rows is None else rows.reindex(columns=list(_COLUMNS))
    table = table.astype("string").reset_index(drop=True)
    its = table.reindex(linked.rows_of(files, table)).set_axis(files.index)
    expected = files["serial_named"].fillna(its["so_phat_hanh"])
    return files.assign(row_id=its["row_id"], expected=expected, day=its["ngay_cap"])


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
    read = pages.loc[pages["serial_read"].notna() & (pages["serial_confidence"] >= linked.SURE)].drop_duplicates("path")
    expected = model.spelled_alike(read["path"].map(files["expected"]))
    is_other = expected.notna() & (model.spelled_alike(read["serial_read"]) != expected)
    chosen = read.loc[is_other.fillna(False)]
    return _report(
        "giay_chung_nhan.scan_other_serial", chosen["path"], files, crs, detail=chosen["page"].astype("string")
    )


def _qr_mismatch(pages: pd.DataFrame, files: pd.DataFrame, crs: Any) -> gpd.GeoDataFrame:
    coded = pages.loc[pages["qr"].notna()].drop_duplicates("path")
    its = files.loc[coded["path"]].set_axis(coded.index)
    told = qr.compare(codes.parse(coded["qr"]), its["expected"], its["day"])
    chosen = coded.loc[told.notna()]
    return _report("giay_chung_nhan.scan_qr_mismatch", chosen["path"], files, crs, detail=told[chosen.index])


def _unlisted(files: pd.DataFrame, aside: pd.DataFrame, crs: Any) -> gpd.GeoDataFrame:
    of_aside = _placed(files, aside.assign(row_id=""))
    chosen = files.index[files["kind"].notna() & files["row_id"].isna() & of_aside["row_id"].isna()]
    return _report("giay_chung_nhan.scan_unlisted", chosen, files, crs)


def _report(code: str, paths: Any, files: pd.DataFrame, crs: Any, **columns: Any) -> gpd.GeoDataFrame:
    named = pd.Series(pd.Index(paths), dtype="string")
    about = named.map(files["row_id"]).astype("string").fillna(named)
    return findings.build(code, about, crs=crs, source=named, **columns)
