"""What differs between two releases: rows, lineage, and that nothing else is read, on both stores."""

from pathlib import Path

import pytest
import shapely

from pipelines import store as land
from pipelines.difference import Difference, chosen, tell
from pipelines.errors import StoreError
from tests.stores import in_files
from tests.unit.deliveries import ZONE
from tests.unit.feeds import COUNT, SECRET, change, load, stored


@pytest.fixture
def filled(url: str, tmp_path: Path) -> str:
    load(url, tmp_path / "holder.key", upto=4)
    return url


def asked(url: str, *numbers: int | None, public: bool = False) -> Difference:
    with land.open_reader(url) as store:
        return tell(store, chosen(store, "15670", (*numbers, None, None)[:2]), public=public)


def by_number(difference: Difference) -> dict[str, dict]:
    return {row["so_thu_tu_thua"]: row for row in difference.table.to_dict("records")}


def test_every_parcel_is_told_once_with_what_became_of_it(filled: str) -> None:
    found = asked(filled, 1, 2)
    assert found.counts == {"added": 2, "changed": 4, "removed": 1, "unchanged": 3}
    rows = by_number(found)
    assert {number: row["what"] for number, row in rows.items()} == {
        "2": "changed", "3": "changed", "4": "removed", "5": "changed", "7": "changed", "9": "added", "10": "added",
    }  # fmt: skip
    assert list(rows) == ["2", "3", "4", "5", "7", "9", "10"]
    grown = rows["2"]
    assert (grown["area_before_m2"], grown["area_after_m2"], grown["moved_m"]) == (400.0, 460.0, 3.0)
    assert not rows["3"]["is_reshaped"]
    cells = found.cells[found.cells["row"] == list(rows).index("3")]
    assert cells[["column", "before", "after"]].to_numpy().tolist() == [
        ["loai_dat", "LUC", "ONT"], ["dia_chi", "Thôn 1, xã Thọ Bình", None],
    ]  # fmt: skip
    assert shapely.area(found.before.iloc[0]) == 400.0


def test_lineage_is_told_by_place_where_nothing_is_registered(filled: str) -> None:
    rows = by_number(asked(filled, 1, 2))
    assert rows["4"]["successors"] == "15670.E2025A.1.1.10, 15670.E2025A.1.1.9"
    assert rows["9"]["predecessors"] == rows["10"]["predecessors"] == "15670.E2025A.1.1.4"
    assert {rows[number]["lineage"] for number in ("4", "9", "10")} == {"place"}


def test_what_was_rolled_back_is_no_difference(filled: str) -> None:
    assert asked(filled, 1, 4).counts == {"added": 0, "changed": 0, "removed": 0, "unchanged": COUNT}
    back = asked(filled, 2, 4)
    assert back.counts == {"added": 1, "changed": 4, "removed": 2, "unchanged": 3}
    assert by_number(back)["4"]["predecessors"] == "15670.E2025A.1.1.10, 15670.E2025A.1.1.9"


def test_the_last_two_are_meant_where_nothing_is_said(filled: str) -> None:
    assert asked(filled).state.numbers == (2, 4)
    assert asked(filled, 1).state.numbers == (1, 4)
    assert asked(filled, 0, 1).counts == {"added": COUNT, "changed": 0, "removed": 0, "unchanged": 0}


def test_the_public_sees_no_officers_column_and_no_withheld_parcel(filled: str) -> None:
    found = asked(filled, 1, 2, public=True)
    assert set(found.cells["column"]) == {"dien_tich_do", "dien_tich_nhan", "loai_dat", "dia_chi"}
    assert SECRET not in set(found.table["thua_dat_id"])
    assert found.counts == {"added": 2, "changed": 2, "removed": 1, "unchanged": 4}


def test_a_registered_lineage_wins_over_the_place(url: str, tmp_path: Path) -> None:
    load(url, tmp_path / "holder.key", upto=1)
    with land.open_store(url, srid=ZONE) as store:
        rows = stored(store)
        rows.loc[[0, 1], ["thua_dat_id", "thua_key"]] = "15670.E2025A.1.1.31", "15670.E2025A.1.1.31"
        rows.loc[0, "ma_dinh_danh_thua"] = None
        merged = shapely.union_all(rows.geometry.iloc[:2].to_numpy())
        rows = rows.drop(index=1)
        rows.loc[0, "geometry"] = merged
        first, second = "15670.E2025A.1.1.1", "15670.E2025A.1.1.2"
        change(store, rows, [(first, "15670.E2025A.1.1.31"), (second, "15670.E2025A.1.1.31"), (first, first)])
    told = asked(url).table.set_index("thua_dat_id")
    assert told.loc["15670.E2025A.1.1.31", "predecessors"] == f"{first}, {second}"
    assert told.loc[first, "successors"] == told.loc[second, "successors"] == "15670.E2025A.1.1.31"
    assert set(told["lineage"]) == {"register"}
    assert asked(url).unchanged == COUNT - 2


@pytest.mark.parametrize(
    ("numbers", "says"), [((9, None), "no release 9"), ((4, 2), "name the older one first"), ((1, 3), "no release 3")]
)
def test_numbers_that_mean_nothing_are_refused(filled: str, numbers: tuple, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        asked(filled, *numbers)


def test_days_mean_what_the_database_held_at_their_end(filled: str) -> None:
    with land.open_reader(filled) as store:
        today = land.listing(store)[-1].started_at[:10]
        assert chosen(store, "15670", days=("2000-01-01", today)).numbers == (0, 4)
        assert chosen(store, "15670", days=(today, None)).numbers == (4, 4)
        with pytest.raises(StoreError, match="had no release by 2000-01-01"):
            chosen(store, "15670", days=(None, "2000-01-01"))
        with pytest.raises(StoreError, match="no release of commune 99999"):
            chosen(store, "99999")


@in_files
def test_only_rows_between_the_releases_are_looked_at(filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with land.open_reader(filled) as store:
        asked_for = []
        execute = store.execute
        monkeypatch.setattr(
            store, "execute", lambda sql, values=None: asked_for.append((sql, values)) or execute(sql, values)
        )
        last = land.listing(store, "15670")[-1]
        land.between(store, None, last)
        land.steps(store, land.listing(store, "15670"))
        questions = [(sql, values) for sql, values in asked_for if 'FROM "thua_dat_5897"' in sql]
        plans = [execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall() for sql, values in questions]
        used = [row[3].split(" USING INDEX ")[1] for plan in plans for row in plan if "USING INDEX" in row[3]]
        assert [index.split(" ")[0] for index in used] == [
            f"ix_thua_dat_5897_{column}" for column in ("release_to", "release_from") * 2
        ]
        assert all("ma_xa=? AND release_" in index for index in used)
