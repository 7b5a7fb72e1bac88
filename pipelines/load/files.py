"""Files of the step load: reads the judged commune, writes the database, a receipt and the account."""

import getpass
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines import store as land
from pipelines.crs import srid as parse_srid
from pipelines.errors import Refusal, StoreError
from pipelines.files import writing
from pipelines.ledger import Ledger
from pipelines.load import account, delivery
from pipelines.load.run import Receipt, run, unchanged
from pipelines.settings import Settings
from pipelines.vault import open_vault

KEY_FILE = "holder.key"


def execute(home: Path, commune: str, settings: Settings) -> None:
    """Load a commune that was judged acceptable.

    Raises:
        Refusal: The verdict says no; the database is not touched.
        StoreError: A file is missing, the database cannot be written, or the key is a wrong one.
        LedgerError: The account over the whole way does not balance.
    """
    _refuse_unless_accepted(home, commune)
    package, inputs = delivery.inventory(home, commune), delivery.fingerprint(home, commune)
    scope, zone = (str(package["commune"]), str(package["era"])), parse_srid(package["crs"])
    vault = open_vault(settings.key_file or home / KEY_FILE)
    with land.open_store(settings.database, srid=zone) as store:
        receipt = unchanged(store, scope, inputs, vault)
        if receipt is None:
            receipt = run(replace(delivery.read(home, commune), inputs=inputs), store, vault, _account())
    _write(home / commune, {"commune": scope[0], "era": scope[1], "srid": zone}, receipt)


def rollback(commune: str, release: str | int, settings: Settings) -> dict[str, Any]:
    """Bring a commune back to what it was after a release; return the new release.

    Raises:
        StoreError: There is no such release, or the database cannot be written.
    """
    with land.open_reader(settings.database) as reader:
        known = land.listing(reader, commune)
    number = int(release) if str(release).isdigit() else -1
    with land.open_store(settings.database, srid=known[0].srid if known else parse_srid(settings.crs)) as store:
        return asdict(land.rollback(store, commune, number))


def _refuse_unless_accepted(home: Path, commune: str) -> None:
    path = home / commune / "validate" / "verdict.json"
    if not path.exists():
        raise StoreError(
            f"Xã {commune} chưa được kiểm tra (thiếu {path.name}): hãy chạy `diachinh run` trước.",
            f"Commune {commune} has not been validated ({path.name} is missing): run `diachinh run` first.",
        )
    verdict = delivery.read_json(path)
    if not verdict["accepted"]:
        reasons = "; ".join(str(reason) for reason in verdict.get("reasons", []))
        raise Refusal(
            f"Xã {commune} không được nạp vì không đạt nghiệm thu ({reasons}): sửa theo bảng lỗi rồi nộp lại gói.",
            f"Commune {commune} is not loaded, it was not accepted ({reasons}): mend the findings, hand it in again.",
        )


def _account() -> str:
    """Return the account that loads; in a container it may have no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "-"


def _write(base: Path, head: dict[str, Any], receipt: Receipt) -> None:
    received = pq.read_metadata(base / "normalize" / "thua_dat.parquet").num_rows
    book = Ledger("load")
    book.add("thua_dat", account.PARCEL, received=received, accepted=receipt.parcels, quarantined=receipt.quarantined)
    with writing(base / "load") as fresh:
        book.write(fresh / "account.json")
        text = json.dumps(head | asdict(receipt), ensure_ascii=False, indent=1)
        (fresh / "receipt.json").write_text(text, encoding="utf-8")
    account.write(base)
