"""Files of the linkage: reads the land database, writes who is one person where only those may read who may know it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook

from pipelines import files, vault
from pipelines import store as land
from pipelines.errors import SettingsError, StoreError
from pipelines.linkage import batch, journal, records, review
from pipelines.linkage.run import Linked, link
from pipelines.settings import Settings

LINKS_FILE, REVIEW_FILE = "links.parquet", "review.xlsx"
_BATCHES, _KEY_FILE = "batches", "holder.key"
_SEX = {"0": "Nữ", "1": "Nam", "2": "Khác"}
_SHEET_ROWS = 1_048_575


@dataclass(frozen=True)
class Summary:
    """What a run found.

    Attributes:
        records: Person records.
        people: People behind them.
        linked: Records that are not alone.
        review: Questions to officers.
        left_out: Questions that are not in the list, for it would be too long.
        refused: Answers "same" that cannot hold, since the records contradict each other.
    """

    records: int
    people: int
    linked: int
    review: int
    left_out: int
    refused: int


def execute(home: Path, settings: Settings) -> Summary:
    """Link the people of the land database and write `linkage/`: links and the list of questions.

    Raises:
        StoreError: There is no land database, or it cannot be read.
    """
    decided = journal.decided(journal.read(home))
    with land.open_reader(settings.database) as store:
        holders = land.current_holders(store, records.LAYERS)
    linked = link(holders, decided)
    folder = journal.folder(home)
    with _private(folder / LINKS_FILE) as path:
        _link_rows(linked).to_parquet(path, index=False)
    with _private(folder / REVIEW_FILE) as path:
        left_out = review.write(linked, shown(holders, review.asked(linked)), path)
    people = linked.links["person"].nunique()
    return Summary(
        records=len(linked.links),
        people=int(people),
        linked=int(linked.links["person"].duplicated(keep=False).sum()),
        review=len(linked.review),
        left_out=left_out,
        refused=len(linked.refused),
    )


def take_answers(home: Path, file: Path, who: str, settings: Settings) -> tuple[int, list[tuple[str, str]]]:
    """Enter the answers of a list that was handed back in the log; return how many, and what cannot be used.

    Raises:
        ReadError: The file cannot be read, or is no such list.
        StoreError: There is no land database, or it cannot be read.
    """
    read = review.read(file, settings.limits)
    with land.open_reader(settings.database) as store:
        people = land.current_holders(store, ["ca_nhan"])["ca_nhan"]
    known = set(records.keys(people, "ca_nhan_id"))
    gone = ~(read.given["left"].isin(known) & read.given["right"].isin(known))
    vi, en = "hồ sơ không còn trong cơ sở dữ liệu", "the record is no longer in the database"
    problems = [*read.problems, *[(f"{left}: {vi}.", f"{left}: {en}.") for left in read.given.loc[gone, "left"]]]
    given = read.given[~gone].copy()
    given[["left", "right"]] = np.sort(given[["left", "right"]].to_numpy(dtype=object), axis=1)
    source = files.sha256(file)
    if len(given):
        events = [{"kind": journal.ANSWER, **row, "file": source} for row in given.to_dict("records")]
        journal.add(home, events, who)
    return len(given), problems


def write_batch(home: Path, out: Path, who: str, settings: Settings) -> int:
    """Write the file for verification, with numbers in clear; return its rows. What was answered is not asked again.

    Raises:
        StoreError: There is no land database or no key, or it is another key.
        SettingsError: The place is not fit for the file.
    """
    _check_place(home, out)
    safe = _vault(home, settings)
    with land.open_reader(settings.database) as store:
        holders = land.current_holders(store, ["ca_nhan", "giay_to_tuy_than"])
        sealed = _sealed(store, safe)
    numbers = sealed[sealed["loai_giay_to"].isin(list(records.KINDS))].copy()
    answered = journal.confirmed(journal.read(home)).assign(is_answered=True)
    numbers = numbers.merge(answered, on=["key", "number"], how="left")
    numbers = numbers[numbers["is_answered"].isna()]
    numbers["clear"] = safe.unseal(numbers["so_giay_to_ma_hoa"])
    made = batch.build(shown(holders), numbers, safe)
    if out.suffix.lower() == ".xlsx" and len(made.rows) > _SHEET_ROWS:
        raise SettingsError(
            f"--batch: {len(made.rows):,} dòng không vừa một trang tính XLSX, hãy ghi ra .csv.",
            f"--batch: {len(made.rows):,} rows do not fit a sheet; write a .csv.",
        )
    with _private(out) as path:
        _write_table(made.rows, path)
        source = files.sha256(path)
        kept = journal.folder(home) / _BATCHES
        kept.mkdir(mode=0o700, exist_ok=True)
        with _private(kept / f"{source[:16]}.parquet") as issued:
            made.issued.to_parquet(issued, index=False)
        # A file that is not in the log must not exist.
        event = {"kind": journal.BATCH, "file": source, "rows": len(made.rows), "name": out.name}
        journal.add(home, [event], who)
    return len(made.rows)


def take_results(home: Path, file: Path, who: str, settings: Settings) -> int:
    """Enter what the population database answered in the log; return how many results.

    Raises:
        ReadError: The file cannot be read, or is no answer.
        Refusal: A row of it cannot be taken; then none is.
        StoreError: There is no key.
    """
    table = batch.read(file, settings.limits)
    kept = sorted((home / journal.FOLDER / _BATCHES).glob("*.parquet"))
    columns = ["reference", "key", "number", "seal"]
    issued = pd.concat([pd.DataFrame(columns=columns, dtype="string"), *map(pd.read_parquet, kept)])
    events = batch.results(table, issued.drop_duplicates(ignore_index=True), _vault(home, settings))
    source = files.sha256(file)
    if events:
        journal.add(home, [{**event, "file": source} for event in events], who)
    return len(events)


def shown(holders: dict[str, pd.DataFrame], wanted: pd.Series | None = None) -> pd.DataFrame:
    """Return `ho_ten`, `born`, `sex` and `masked` (numbers) as texts to show, by record key, of all records or some."""
    people, papers = (
        rows.assign(key=records.keys(rows, "ca_nhan_id")) for rows in (holders["ca_nhan"], holders["giay_to_tuy_than"])
    )
    if wanted is not None:
        people, papers = (rows[rows["key"].isin(wanted)] for rows in (people, papers))
    days = pd.to_datetime(people["ngay_sinh"], format="%Y-%m-%d", errors="coerce").dt.strftime("%d/%m/%Y")
    years = pd.to_numeric(people["nam_sinh"], errors="coerce").astype("Int64").astype("string")
    frame = pd.DataFrame(
        {
            "key": people["key"],
            "ho_ten": people["ho_ten"].astype("string"),
            "born": days.astype("string").fillna(years),
            "sex": people["gioi_tinh"].astype("string").map(_SEX).astype("string"),
        }
    ).drop_duplicates("key")
    numbers = papers[["key", "so_giay_to_che"]].dropna().astype("string").drop_duplicates()
    masked = numbers.sort_values("so_giay_to_che").groupby("key")["so_giay_to_che"].agg("; ".join)
    return frame.set_index("key").join(masked.rename("masked"))


def _link_rows(linked: Linked) -> pd.DataFrame:
    parts = linked.links["key"].str.extract(r"^(?P<ma_xa>[^.]*)\.(?P<ky_dia_gioi>[^.]*)\.(?P<ca_nhan_id>.*)$")
    person = linked.links["person"]
    ids = {key: "ng-" + blake2b(str(key).encode(), digest_size=8).hexdigest() for key in person.unique()}
    return parts.assign(nguoi_id=person.map(ids).astype("string"), ly_do=linked.links["why"], diem=linked.links["bits"])


def _sealed(store: land.Store, safe: vault.Vault) -> pd.DataFrame:
    """Return `key`, `number` (hash), `loai_giay_to` and the sealed number of the current identity documents."""
    with store.holders():
        vault.check(safe, land.key_check_value(store))
    rows = land.sealed_numbers(store)
    return rows.assign(key=records.keys(rows, "ca_nhan_id"), number=rows["so_giay_to_bam"])


def _vault(home: Path, settings: Settings) -> vault.Vault:
    path = settings.key_file or home / _KEY_FILE
    if not path.exists():
        raise StoreError(
            f"Không có tệp khóa {path}: đặt `key_file` trỏ tới tệp khóa đã dùng khi nạp.",
            f"There is no key file {path}: point `key_file` to the key used when the database was loaded.",
        )
    return vault.open_vault(path)


def _check_place(home: Path, out: Path) -> None:
    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise SettingsError("--batch: tệp phải là .csv hoặc .xlsx.", "--batch: the file has to be .csv or .xlsx.")
    if out.exists():
        raise SettingsError(f"--batch: {out} đã có, hãy chọn tên khác.", f"--batch: {out} exists; choose another name.")
    if out.resolve().is_relative_to((home / "release").resolve()):
        raise SettingsError(
            "--batch: thư mục release được công bố, không ghi số giấy tờ vào đó; chọn nơi khác.",
            "--batch: the folder release is published, no identity number may lie there; choose another place.",
        )
    if not out.resolve().parent.is_dir():
        raise SettingsError(
            f"--batch: không có thư mục {out.parent}: tạo trước.", f"--batch: there is no folder {out.parent}: make it."
        )


def _write_table(rows: pd.DataFrame, path: Path) -> None:
    if ".csv" in path.suffixes:
        rows.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
        return
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Xác thực")
    sheet.append(list(rows.columns))
    for row in rows.to_numpy(dtype=object).tolist():
        sheet.append(row)
    book.save(path)


@contextmanager
def _private(path: Path) -> Iterator[Path]:
    """Yield a new file of mode 0600 beside `path`, which takes its place when the block ends well."""
    new = path.with_name(f".{path.stem}.new{path.suffix}")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield new
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    new.replace(path)
