"""The log: who asked the database for what, and what became of it. Rows are only ever added.

It stands in the land database and so holds no personal data: reasons name parcels and dossiers, never people.
"""

from dataclasses import asdict, dataclass
from typing import Any

from pipelines.store.database import Store
from pipelines.store.releases import now

DONE, REFUSED = "ghi", "tu_choi"
"""Codes of `ket_qua`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was asked.

    Attributes:
        lenh: The command.
        nguoi_thuc_hien: The account that asked.
        ma_xa: Commune code, where one was named.
        ky_dia_gioi: Era of the code.
        giao_dich_id: The transaction, where one was named.
        goi_sha256: Hash of what was handed in.
    """

    lenh: str
    nguoi_thuc_hien: str
    ma_xa: str | None = None
    ky_dia_gioi: str | None = None
    giao_dich_id: str | None = None
    goi_sha256: str | None = None


def write_log(
    store: Store, entry: Entry, outcome: str, *, reason: str | None = None, release: int | None = None
) -> None:
    """Add an entry, inside the caller's transaction where there is one.

    Args:
        store: The land database, open for writing.
        entry: What was asked.
        outcome: `ghi` or `tu_choi`.
        reason: Why it was refused.
        release: The release it became.
    """
    values = asdict(entry) | {"luc": now(), "ket_qua": outcome, "ly_do": reason, "release_id": release}
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    store.execute(f"INSERT INTO nhat_ky ({names}) VALUES ({places})", values)


def read_log(store: Store, ma_xa: str | None = None) -> list[dict[str, Any]]:
    """Return the entries of the log, oldest first, of one commune or of all; each with the columns of `nhat_ky`."""
    where = "WHERE ma_xa = :ma_xa" if ma_xa else ""
    found = store.execute(f"SELECT * FROM nhat_ky {where} ORDER BY id", {"ma_xa": ma_xa})
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
