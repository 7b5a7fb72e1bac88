"""Who is one person, as the newest run of the linkage left it in the store, and what that run knew.

The links are replaced as a whole, in one transaction. A run names the releases and decisions it was made from, so
whoever reads can tell whether they are up to date.
"""

import json
from dataclasses import asdict, dataclass
from hashlib import blake2b

import pandas as pd

from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.linkage import journal
from pipelines.store.releases import now
from pipelines.store.tables import HOLDERS

LINKS, RUNS = "lien_ket_nguoi", "lan_lien_ket"


@dataclass(frozen=True)
class Known:
    """What a run was made from.

    Attributes:
        releases: The newest release of every commune, by commune code and era with a dot between.
        decisions: Number of the newest decision.
    """

    releases: dict[str, int]
    decisions: int

    def covers(self, other: "Known") -> bool:
        """Tell whether nothing of the other is newer."""
        older = all(self.releases.get(scope, 0) >= number for scope, number in other.releases.items())
        return older and self.decisions >= other.decisions


@dataclass(frozen=True)
class Counts:
    """What a run found.

    Attributes:
        records: Person records.
        people: People behind them.
        linked: Records that are not alone.
        review: Questions to officers.
        refused: Answers "same" that cannot hold, since the records contradict each other.
    """

    records: int
    people: int
    linked: int
    review: int
    refused: int


@dataclass(frozen=True)
class Run:
    """A run: its number, its time (UTC, ISO 8601), what it knew and what it found."""

    id: int
    luc: str
    known: Known
    counts: Counts


def known_now(store: land.Store) -> Known:
    """Return what a run would be made from now.

    Raises:
        StoreError: The holder tables are gone, or may not be read.
    """
    rows = store.execute(
        "SELECT ma_xa, ky_dia_gioi, max(release_id) FROM ban_phat_hanh GROUP BY ma_xa, ky_dia_gioi"
    ).fetchall()
    with store.holders():
        decisions = journal.last(store)
    return Known({f"{ma_xa}.{era}": int(number) for ma_xa, era, number in rows}, decisions)


def newest(store: land.Store) -> Run | None:
    """Return the newest run, None where people were never linked.

    Raises:
        StoreError: The holder tables are gone, are those of an older program, or may not be read.
    """
    with store.holders():
        if (HOLDERS, RUNS) not in store.columns():
            raise StoreError(
                f"Cơ sở dữ liệu trong {store.place} chưa có bảng nối người: sao lưu rồi chạy `diachinh migrate`.",
                f"The database in {store.place} has no tables of the linkage: back it up and run `diachinh migrate`.",
            )
        row = store.execute(
            "SELECT id, luc, releases, decisions, records, people, linked, review, refused "
            f"FROM {HOLDERS}.{RUNS} ORDER BY id DESC LIMIT 1"
        ).fetchone()
    if row is None:
        return None
    return Run(int(row[0]), str(row[1]), Known(json.loads(row[2]), int(row[3])), Counts(*map(int, row[4:])))


def keep(
    store: land.Store, links: pd.DataFrame, known: Known, counts: Counts, at: str | None = None
) -> tuple[Run, bool]:
    """Replace all links, inside the caller's transaction; return the run that stands, and whether it is this one.

    A run that knew less than the one that stands (two ran at once) leaves it alone.

    Args:
        store: The land database, open for writing.
        links: `record_key`, `nguoi_id`, `why`, `bits`; see `rows`.
        known: What the run was made from.
        counts: What it found.
        at: When it was, if not now.
    """
    former = newest(store)
    if former and former.known != known and former.known.covers(known):
        return former, False
    run = Run(former.id + 1 if former else 1, at or now(), known, counts)
    store.execute(f"DELETE FROM {HOLDERS}.{LINKS}")
    store.insert_plain(LINKS, links, HOLDERS)
    values = {
        "id": run.id,
        "luc": run.luc,
        "releases": json.dumps(known.releases, sort_keys=True),
        "decisions": known.decisions,
    }
    values |= asdict(counts)
    names = ", ".join(values)
    store.execute(f"INSERT INTO {HOLDERS}.{RUNS} ({names}) VALUES ({', '.join(f':{name}' for name in values)})", values)
    return run, True


def rows(links: pd.DataFrame) -> pd.DataFrame:
    """Return the links of a run (`Linked.links`) as they are kept; a person is named after its smallest record key."""
    person = links["person"]
    ids = {key: "ng-" + blake2b(str(key).encode(), digest_size=8).hexdigest() for key in person.unique()}
    told = {"record_key": links["key"], "nguoi_id": person.map(ids), "why": links["why"], "bits": links["bits"]}
    return pd.DataFrame(told).astype({"nguoi_id": "string"})
