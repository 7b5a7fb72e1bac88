"""One register → one frame of canonical text columns, and whatever else it holds in frames of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.errors import ReadError
from pipelines.registers import decoding, documents, entities, exchange, headings, hosoxml, markup, tables
from pipelines.registers import grid as grids
from pipelines.registers.decoding import Reading

COLUMNS = (
    "ma_xa",
    "so_hieu_to_ban_do",
    "so_thu_tu_thua",
    "so_hieu_to_ban_do_gcn",
    "so_thu_tu_thua_gcn",
    "so_hieu_to_ban_do_cu",
    "so_thu_tu_thua_cu",
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

RESTRICTIONS, SURVEYS = "han_che_quyen", "tai_lieu_do_dac"
"""Frames of `Register.extra` that become tables of the land database."""

LINKS, BESIDE = "links", "beside"
"""Frames of `Register.extra`: by `row_id` what numbers of the file a row came from; rows of holders and certificates
that assets, mortgages and blocks name, with `scope` and the same numbers."""

OTHER_COLUMNS, BAD_VALUES = "other_columns", "bad_value"
LOST_BYTES = "lost_bytes"
_HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Register:
    """One register as read: texts only, nothing judged yet.

    Attributes:
        source: Path of the file inside the package.
        rows: `COLUMNS` as strings, and `row_id` (`<source>#<row in the file>`, from 1).
        totals: Rows that are sums.
        headings: Repeated headings, column numbers, titles and signatures.
        present: Canonical columns the file has.
        doubt: Why the texts cannot be right as they were decoded, or None.
        deleted: Rows the file itself marks as deleted.
        files: Further files of the package this register was read from (a table each).
        extra: What `rows` cannot hold, by name: entities of the exchange, `han_che_quyen` and `tai_lieu_do_dac` by
            parcel and sheet, `other_columns` by `row_id`, `unknown_element`, `bad_value`, `lost_bytes`. Personal.
        readings: How the texts of each file were decoded.
    """

    source: str
    rows: pd.DataFrame
    totals: int = 0
    headings: int = 0
    present: frozenset[str] = field(default_factory=frozenset)
    doubt: str | None = None
    deleted: int = 0
    files: tuple[str, ...] = ()
    extra: dict[str, pd.DataFrame] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    def told(self, readings: Mapping[str, Reading]) -> "Register":
        """Return the register with how its files were decoded, and the bytes that could not be."""
        lost = [reading.lost for reading in readings.values() if len(reading.lost)]
        extra = self.extra | ({LOST_BYTES: pd.concat(lost, ignore_index=True)} if lost else {})
        return replace(self, extra=extra, readings=dict(readings))


class HeadingError(ReadError):
    """A register opens, but none of its sheets has a column for the number of a parcel."""


def read(
    path: Path,
    *,
    source: str,
    encoding: str | None,
    register: Mapping[str, Any] | None,
    columns: Mapping[str, str] | None = None,
    sheet_number: str | None = None,
) -> Register:
    """Return the records of one register file.

    Args:
        path: A workbook, CSV, DBF, HTML table, HoSoXml or JSON of VBDLIS.
        source: Path of the file inside the package, for row ids.
        encoding: Encoding that is declared for the file; None = none is, its words decide alone.
        register: `register` part of the source profile.
        columns: Heading as written → canonical column, as a person has confirmed it (`files[].columns`).
        sheet_number: Map sheet of every row, for a register without such a column (`files[].sheet`).

    Raises:
        HeadingError: No sheet has a heading with the number of a parcel.
        ReadError: The file cannot be opened.
    """
    profile = register or {}
    if path.suffix.lower() == ".json":
        return _exchanged(documents.parse(path), source, encoding)
    if _is_exchange(path):
        return _exchanged(hosoxml.parse(path), source, encoding)
    loaded = grids.load(path, encoding, profile.get("sheet"))
    if profile.get("tables") and path.suffix.lower() not in (".csv", ".txt", ".tsv", ".dbf"):
        joined = _joined(dict(loaded.sheets), source, profile["tables"])
        if joined is not None:
            return joined.told({source: decoding.of_tables(loaded, source)})
    found = [
        (at, name, grid, heading)
        for at, (name, sheet) in enumerate(loaded.sheets)
        for grid, heading in headings.tables(sheet, profile, columns)
    ]
    usable = [item for item in found if KEYS[1] in item[3].columns or f"{KEYS[1]}_gcn" in item[3].columns]
    if not usable:
        raise _headless(path)
    many = len({name for _, name, _, _ in usable}) > 1
    parts = [_records(source, f"{name}!" if many else "", grid, heading) for _, name, grid, heading in usable]
    rows = pd.concat([rows for rows, _, _ in parts], ignore_index=True)
    present = frozenset(column for *_, heading in usable for column in heading.columns)
    if sheet_number is not None and KEYS[0] not in present:
        rows[KEYS[0]], present = pd.Series(sheet_number, index=rows.index, dtype="string"), present | {KEYS[0]}
    other = [part for _, _, part in parts if part.shape[1] > 1]
    whole = Register(
        source=source,
        rows=rows,
        totals=sum(counts["total"] for _, counts, _ in parts),
        headings=sum(counts["heading"] for _, counts, _ in parts),
        present=present,
        doubt=decoding.doubt(path, encoding, loaded),
        deleted=loaded.deleted,
        extra={OTHER_COLUMNS: pd.concat(other, ignore_index=True)} if other else {},
    )
    return whole.told({source: decoding.of_sheets(loaded, source, usable)})


def read_tables(
    paths: Mapping[str, Path], *, encodings: Mapping[str, str | None], register: Mapping[str, Any]
) -> Register:
    """Return the records of a register whose tables are files of their own (CSV, DBF).

    Args:
        paths: Path inside the package → file; the name of the file is the name of the table.
        encodings: Path inside the package → encoding that is declared for the file, or None.
        register: `register` part of a source profile that has `tables`.

    Raises:
        HeadingError: The table of parcels is missing, or a column that joins two tables.
        ReadError: A file cannot be opened.
    """
    sheets: dict[str, pd.DataFrame] = {}
    readings, deleted = dict[str, Reading](), 0
    for source, path in paths.items():
        loaded = grids.load(path, encodings[source])
        deleted += loaded.deleted
        readings[source] = decoding.of_tables(loaded, source)
        sheets |= {Path(source).stem if len(loaded.sheets) == 1 else name: grid for name, grid in loaded.sheets}
    first, *others = paths
    found = _joined(sheets, first, register["tables"])
    if found is None:
        raise _headless(paths[first])
    return replace(found, deleted=deleted, files=tuple(others)).told(readings)


def is_table(path: Path, register: Mapping[str, Any] | None) -> bool:
    """Return whether a file is one table of a register that `read_tables` puts together."""
    section = (register or {}).get("tables")
    if not section or path.suffix.lower() not in (".csv", ".txt", ".tsv", ".dbf"):
        return False
    if section.get("model") == tables.EXCHANGE:
        return entities.model().entity(path.stem) is not None
    return tables.known(path.stem, section) is not None


def _is_exchange(path: Path) -> bool:
    if path.suffix.lower() != ".xml":
        return False
    try:
        with path.open("rb") as stream:
            return markup.kind(stream.read(_HEAD_BYTES)) != "spreadsheetml"
    except OSError:
        return True  # The reader says what is wrong with it.


def _exchanged(document: entities.Document, source: str, encoding: str | None) -> Register:
    decoded, reading = decoding.document(document, source, encoding)
    return _of_entities(decoded, source).told({source: reading})


def _of_entities(document: entities.Document, source: str) -> Register:
    typed = entities.typed(document)
    whole = _numbered(exchange.rows(document, (*COLUMNS, *exchange.LINKS)), source, "#")
    beside = _numbered(exchange.beside(document, (*COLUMNS, *exchange.LINKS)), source, "#Chu/")
    rows = whole.drop(columns=list(exchange.LINKS))
    links = whole[["row_id", "source", *exchange.LINKS]]
    extra = {RESTRICTIONS: exchange.restrictions(document, typed), SURVEYS: exchange.surveys(document, typed)}
    extra |= typed.frames | {entities.UNKNOWN: document.unknown, BAD_VALUES: typed.bad, LINKS: links, BESIDE: beside}
    present = frozenset(name for name in COLUMNS if rows[name].notna().any())
    return Register(source, rows, present=present, extra={name: frame for name, frame in extra.items() if len(frame)})


def _numbered(rows: pd.DataFrame, source: str, mark: str) -> pd.DataFrame:
    ids = source + mark + pd.Series(range(1, len(rows) + 1), index=rows.index).astype("string")
    return pd.concat([pd.DataFrame({"row_id": ids, "source": source}, index=rows.index, dtype="string"), rows], axis=1)


def _joined(sheets: Mapping[str, pd.DataFrame], source: str, section: Mapping[str, Any]) -> Register | None:
    """Return a register of several tables, or None where the sheets are none of them."""
    filled = {name: grid for name, grid in sheets.items() if len(grid)}
    if section.get("model") == tables.EXCHANGE:
        document = entities.of_tables(filled)
        return _of_entities(document, source) if "DC_ThuaDat" in document.frames else None
    if section["base"] not in {tables.known(name, section) for name in filled}:
        return None
    try:
        joined = tables.join(filled, section, COLUMNS)
    except KeyError as error:
        raise HeadingError(
            f"Sổ {source}: bảng thiếu cột {error} dùng để nối các bảng; xuất lại đủ cột.",
            f"The register {source} lacks the column {error} that joins its tables; export it with all columns.",
        ) from error
    rows = joined.rows.copy()
    number = pd.Series(range(1, len(rows) + 1), index=rows.index).astype("string")
    rows.insert(0, "row_id", f"{source}#" + number)
    rows.insert(1, "source", source)
    other = joined.other.assign(row_id=rows["row_id"]).reset_index(drop=True)
    extra = {f"table_{name}": frame.astype("string") for name, frame in joined.unused.items()}
    present = frozenset(name for name in COLUMNS if rows[name].notna().any())
    return Register(source, rows.reset_index(drop=True), present=present, extra={OTHER_COLUMNS: other} | extra)


def _headless(path: Path) -> HeadingError:
    return HeadingError(
        f"Sổ {path.name} không có cột số thửa nào nhận ra được: đặt tên cột theo mẫu, hoặc khai tên cột trong "
        "`files[].columns` của package.yaml.",
        f"The register {path.name} has no column known as the parcel number: name the columns as in the form, or "
        "declare them in `files[].columns` of package.yaml.",
    )


def _records(
    source: str, sheet: str, grid: pd.DataFrame, heading: headings.Heading
) -> tuple[pd.DataFrame, dict[str, int], pd.DataFrame]:
    """Return the records of one table, the counts of rows that are none, and its other columns by `row_id`."""
    table, counts = headings.records(grid, heading, KEYS)
    rows = table.reindex(columns=list(COLUMNS)).astype("string")
    row_ids = f"{source}#{sheet}" + pd.Series(table.index.astype(str), index=table.index)
    rows.insert(0, "row_id", row_ids)
    rows.insert(1, "source", source)
    taken = set(heading.columns.values())
    free = [at for at in range(grid.shape[1]) if at not in taken]
    others = grid.take(free, axis=1).loc[table.index - 1].dropna(axis=1, how="all")
    titles = [decoding.title(grid, heading, int(at)) for at in others.columns]
    others = others.set_axis(_unique(titles), axis=1).astype("string")
    others.insert(0, "row_id", row_ids.to_numpy())
    return rows.reset_index(drop=True), counts, others.reset_index(drop=True)


def _unique(names: Sequence[str]) -> list[str]:
    counts: dict[str, int] = {"row_id": 1}
    found = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        found.append(name if counts[name] == 1 else f"{name}_{counts[name]}")
    return found
