"""The linkage over the land database: its links and decisions among the holders, its lists and files for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook

from pipelines import files, vault
from pipelines import store as land
from pipelines.errors import SettingsError, StoreError
from pipelines.linkage import batch, former, journal, kept, records, reformed, review
from pipelines.linkage.private import folder, private
from pipelines.linkage.run import Linked, link
from pipelines.linkage.shown import shown
from pipelines.settings import Settings

REVIEW_FILE = "review.xlsx"
_KEY_FILE = "holder.key"
_SHEET_ROWS = 1_048_575


@dataclass(frozen=True)
class Summary:
    """What a run came to.

    Attributes:
        run: The run whose links stand now.
        is_kept: Whether it is this one; of two at once the one that knew more stands.
        listed: Questions that are in the list.
        left_out: Questions that are not in the list, for it would be too long.
    """

    run: kept.Run
    is_kept: bool
    listed: int
    left_out: int


@dataclass(frozen=True)
class Answered:
    """What became of a list that was handed back.

    Attributes:
        given: Answers in it that can be used.
        entered: Those of them that were not in force already.
        problems: What cannot be used, one sentence each, as (Vietnamese, English).
    """

    given: int
    entered: int
    problems: list[tuple[str, str]]


@contextmanager
def opened(home: Path, settings: Settings) -> Iterator[land.Store]:
    """Open the land database for writing, and take in what a former version left in files.

    Raises:
        StoreError: There is no land database, it cannot be written, or a file of a former version is damaged.
    """
    with land.open_writer(settings.database) as store:
        former.take_in(store, home)
        yield store


def execute(store: land.Store, home: Path) -> Summary:
    """Link the people of the land database, keep the links in it, and write the list of questions.

    Raises:
        StoreError: The database cannot be read or written.
    """
    # Asked first: what comes in while this runs is not in it, and the links will say so.
    known = kept.known_now(store)
    decisions = journal.read(store)
    holders = land.current_holders(store, records.LAYERS)
    told = reformed.carried(store, decisions[decisions["id"] <= known.decisions], _keys(holders["ca_nhan"]))
    linked = link(holders, journal.decided(told))
    with private(folder(home) / REVIEW_FILE) as path:
        left_out = review.write(linked, shown(holders, review.asked(linked)), path)
        with journal.writing(store):
            run, is_kept = kept.keep(store, kept.rows(linked.links), known, _counts(linked))
    return Summary(run, is_kept, len(linked.review) - left_out, left_out)


def take_answers(store: land.Store, file: Path, who: str, settings: Settings) -> Answered:
    """Enter the answers of a list that was handed back in the log, all of them or none.

    Raises:
        ReadError: The file cannot be read, or is no such list.
        StoreError: The database cannot be read or written.
    """
    read = review.read(file, settings.limits)
    people = land.current_holders(store, ["ca_nhan"])["ca_nhan"]
    known = set(records.keys(people, "ca_nhan_id"))
    gone = ~(read.given["left"].isin(known) & read.given["right"].isin(known))
    vi, en = "hồ sơ không còn trong cơ sở dữ liệu", "the record is no longer in the database"
    problems = [*read.problems, *[(f"{left}: {vi}.", f"{left}: {en}.") for left in read.given.loc[gone, "left"]]]
    given = read.given[~gone]
    pairs = np.sort(given[["left", "right"]].to_numpy(dtype=object), axis=1)
    rows = pd.DataFrame(pairs, columns=journal.SUBJECT[journal.ANSWER], dtype="string")
    rows = rows.assign(kind=journal.ANSWER, answer=given["answer"].to_numpy(), file_sha256=files.sha256(file))
    return Answered(len(rows), _enter(store, rows, journal.ANSWER, who), problems)


def write_batch(store: land.Store, home: Path, out: Path, who: str, settings: Settings) -> int:
    """Write the file for verification, with numbers in clear; return its rows. What was answered is not asked again.

    Raises:
        StoreError: There is no key, it is another key, or the database cannot be read or written.
        SettingsError: The place is not fit for the file.
    """
    _check_place(home, out)
    safe = _vault(home, settings)
    holders = land.current_holders(store, ["ca_nhan", "giay_to_tuy_than"])
    sealed = _sealed(store, safe)
    numbers = sealed[sealed["loai_giay_to"].isin(list(records.KINDS))].copy()
    decisions = reformed.carried(store, journal.read(store), _keys(holders["ca_nhan"]))
    answered = journal.confirmed(decisions).assign(is_answered=True).drop_duplicates(["key", "number"])
    numbers = numbers.merge(answered, on=["key", "number"], how="left")
    numbers = numbers[numbers["is_answered"].isna()]
    numbers["clear"] = safe.unseal(numbers["so_giay_to_ma_hoa"])
    made = batch.build(shown(holders), numbers, safe)
    if out.suffix.lower() == ".xlsx" and len(made.rows) > _SHEET_ROWS:
        raise SettingsError(
            f"--batch: {len(made.rows):,} dòng không vừa một trang tính XLSX, hãy ghi ra .csv.",
            f"--batch: {len(made.rows):,} rows do not fit a sheet; write a .csv.",
        )
    with private(out) as path:
        # Another may have written it meanwhile.
        _check_place(home, out)
        _write_table(made.rows, path)
        told = {"kind": journal.BATCH, "file_sha256": files.sha256(path), "file_name": out.name}
        # A file that is not in the log must not exist.
        with journal.writing(store):
            batch.keep(store, made.issued)
            journal.add(store, pd.DataFrame([{**told, "file_rows": len(made.rows)}]), who)
    return len(made.rows)


def take_results(store: land.Store, home: Path, file: Path, who: str, settings: Settings) -> tuple[int, int]:
    """Enter what the population database answered; return how many results, and how many were not known already.

    An answer may come in parts, and any part of it twice.

    Raises:
        ReadError: The file cannot be read, or is no answer.
        Refusal: A row of it cannot be taken; then none is.
        StoreError: There is no key, or the database cannot be read or written.
    """
    table = batch.read(file, settings.limits)
    rows = batch.results(table, batch.sent(store), _vault(home, settings))
    return len(rows), _enter(store, rows.assign(file_sha256=files.sha256(file)), journal.VERIFIED, who)


def _enter(store: land.Store, rows: pd.DataFrame, kind: str, who: str) -> int:
    """Enter decisions that are not in force already; return how many those are."""
    with journal.writing(store):
        fresh = journal.unsaid(store, rows, kind)
        if len(fresh):
            journal.add(store, fresh, who)
    return len(fresh)


def _keys(people: pd.DataFrame) -> pd.Series:
    return records.keys(people, "ca_nhan_id")


def _counts(linked: Linked) -> kept.Counts:
    person = linked.links["person"]
    shared = int(person.duplicated(keep=False).sum())
    return kept.Counts(len(person), int(person.nunique()), shared, len(linked.review), len(linked.refused))


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
