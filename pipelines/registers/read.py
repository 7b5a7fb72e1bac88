"""One register file → one frame of canonical text columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines import text
from pipelines.errors import ReadError
from pipelines.registers import grid as grids
from pipelines.registers import headings

COLUMNS = (
    "ma_xa",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "so_hieu_to_ban_do_gcn",
    "so_thu_tu_thua_gcn",
    "ma_dinh_danh_thua",
    "dia_chi",
    "dien_tich",
    *(
        f"{name}_{number}"
        for number in (1, 2, 3)
        for name in ("loai_dat", "dien_tich", "nguon_goc", "hinh_thuc", "thoi_han")
    ),
    "so_phat_hanh",
    "ngay_cap",
    "so_vao_so",
    "ten_to_chuc",
    "ma_to_chuc",
    "ho_ten",
    "ngay_sinh",
    "gioi_tinh",
    "so_giay_to",
    "dia_chi_chu",
    "phap_nhan",
    "vai_tro",
    "ho_ten_hien_tai",
    "so_giay_to_hien_tai",
    "ten_file",
    "ma_qr",
)
"""Canonical register columns: one row per certificate, parcel and person."""

KEYS = ("so_hieu_to_ban_do", "so_thu_tu_thua")


@dataclass(frozen=True, slots=True)
class Register:
    """One register as read: texts only, nothing judged yet.

    Attributes:
        source: Path of the file inside the package.
        rows: `COLUMNS` as strings, and `row_id` (`<source>#<row in the file>`, from 1).
        totals: Rows that are sums.
        headings: Repeated headings, column numbers and titles.
        present: Canonical columns the file has.
        doubt: Why the declared encoding cannot be right, or None. Nothing is decoded otherwise on that account.
    """

    source: str
    rows: pd.DataFrame
    totals: int = 0
    headings: int = 0
    present: frozenset[str] = field(default_factory=frozenset)
    doubt: str | None = None


class HeadingError(ReadError):
    """A register opens, but none of its sheets has a column for the number of a parcel."""


def read(path: Path, *, source: str, encoding: str, register: Mapping[str, Any] | None) -> Register:
    """Return the records of one register file.

    Args:
        path: XLSX, XLS, CSV or DBF.
        source: Path of the file inside the package, for row ids.
        encoding: Encoding of 8-bit text.
        register: `register` part of the source profile.

    Raises:
        HeadingError: No sheet has a heading with the number of a parcel.
        ReadError: The file cannot be opened.
    """
    profile = register or {}
    sheets = grids.read(path, encoding, profile.get("sheet"))
    found = [(name, grid, heading) for name, grid in sheets if (heading := headings.find(grid, profile)) is not None]
    usable = [item for item in found if KEYS[1] in item[2].columns or f"{KEYS[1]}_gcn" in item[2].columns]
    if not usable:
        raise HeadingError(
            f"Sổ {path.name} không có cột số thửa nào nhận ra được: đặt tên cột theo mẫu hoặc khai trong hồ sơ nguồn.",
            f"The register {path.name} has no column known as the parcel number: name the columns as in the form "
            "or declare them in the source profile.",
        )
    parts = [_records(source, name, grid, heading, many=len(usable) > 1) for name, grid, heading in usable]
    rows = pd.concat([rows for rows, _ in parts], ignore_index=True)
    present = frozenset(column for _, _, heading in usable for column in heading.columns)
    return Register(
        source=source,
        rows=rows,
        totals=sum(counts["total"] for _, counts in parts),
        headings=sum(counts["heading"] for _, counts in parts),
        present=present,
        doubt=_doubt(path, encoding, [grid for _, grid, _ in usable]),
    )


def _doubt(path: Path, encoding: str, decoded: list[pd.DataFrame]) -> str | None:
    """Return what speaks against the declared encoding: its share of Vietnamese syllables, and that of a better one."""
    share = text.doubt(cell for grid in decoded for cell in grid.to_numpy(dtype=object).ravel())
    if share is None:
        return None
    raw, is_bytes = grids.texts(path)
    better = text.vote(raw, raw=is_bytes)
    doubt = f"{encoding} {share:.0%}"
    return doubt if better.encoding == encoding else f"{doubt}, {better.encoding} {better.scores[better.encoding]:.0%}"


def _records(
    source: str, sheet: str, grid: pd.DataFrame, heading: headings.Heading, *, many: bool
) -> tuple[pd.DataFrame, dict[str, int]]:
    table, counts = headings.records(grid, heading, KEYS)
    rows = table.reindex(columns=list(COLUMNS)).astype("string")
    prefix = f"{source}#{sheet}!" if many else f"{source}#"
    rows.insert(0, "row_id", prefix + pd.Series(table.index.astype(str), index=table.index))
    rows.insert(1, "source", source)
    return rows.reset_index(drop=True), counts
