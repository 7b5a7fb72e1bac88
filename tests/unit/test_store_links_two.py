"""Two officers at one store at once: nothing is lost, nothing is told twice, the run that knew more stands."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandas as pd
import pytest

from pipelines import store as land
from pipelines.errors import SettingsError
from pipelines.linkage import files, journal, kept
from pipelines.settings import Settings
from tests.unit.deliveries import ZONE
from tests.unit.officers import answer, answered, chosen, execute, home, journal_of, links

__all__ = ["chosen", "home"]


def at_once(work: Callable[[Any], Any], of: tuple[Any, ...]) -> list[Any]:
    """Return what each thread returns; all of them begin together, each with a connection of its own."""
    start = threading.Barrier(len(of), timeout=60)

    def one(what: Any) -> Any:
        start.wait()
        return work(what)

    with ThreadPoolExecutor(len(of)) as pool:
        return list(pool.map(one, of, timeout=120))


def test_officers_who_answer_at_once_lose_nothing(chosen: Settings) -> None:
    execute(chosen)
    each, officers = 8, ("an", "lan", "minh")

    def decide(who: str) -> None:
        with files.opened(chosen.home, chosen) as store:
            for turn in range(each):
                told = {"kind": ["answer"], "left_key": [who], "right_key": [f"{who}{turn}"], "answer": ["same"]}
                with journal.writing(store):
                    journal.add(store, pd.DataFrame(told), who)

    at_once(decide, officers)
    rows = journal_of(chosen)
    assert rows["id"].tolist() == list(range(1, each * len(officers) + 1))
    assert rows["nguoi_thuc_hien"].value_counts().to_dict() == dict.fromkeys(officers, each)
    assert rows["nguoi_thuc_hien"].equals(rows["left_key"]) and not rows["right_key"].duplicated().any()


def test_one_list_handed_in_by_two_at_once_is_entered_once(chosen: Settings) -> None:
    execute(chosen)
    path = answered(chosen.home, "same")
    found = at_once(lambda who: answer(chosen, path, who).entered, ("an", "lan", "minh"))
    assert sorted(found) == [0, 0, 1]
    assert len(journal_of(chosen)) == 1


def test_of_two_who_take_back_one_decision_at_once_one_is_told(chosen: Settings) -> None:
    execute(chosen)
    answer(chosen, answered(chosen.home, "same"))

    def take_back(who: str) -> str:
        with files.opened(chosen.home, chosen) as store:
            try:
                journal.undo(store, 1, who)
            except SettingsError as error:
                return str(error)
        return "done"

    found = sorted(at_once(take_back, ("an", "lan")))
    assert found[0].startswith("--undo: no decision 1 is in force") and found[1] == "done"
    assert journal_of(chosen)["kind"].tolist() == ["answer", "undo"]


def test_two_who_link_at_once_both_end_well(chosen: Settings) -> None:
    found = at_once(lambda _: execute(chosen), (1, 2))
    assert sorted(summary.run.id for summary in found) == [1, 2]
    assert len(links(chosen)) == 4


def test_a_run_that_knew_less_leaves_the_newer_one_alone(chosen: Settings) -> None:
    execute(chosen)
    with files.opened(chosen.home, chosen) as slow:
        known = kept.known_now(slow)
        answer(chosen, answered(chosen.home, "same"))
        newer = execute(chosen).run
        with journal.writing(slow):
            found, is_kept = kept.keep(slow, links(chosen).reset_index().iloc[:1], known, newer.counts)
    assert (found, is_kept) == (newer, False)
    assert len(links(chosen)) == 4


def test_an_error_while_links_are_replaced_leaves_those_of_before(
    chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute(chosen)
    before, listed = links(chosen), (chosen.home / "linkage/review.xlsx").read_bytes()
    with monkeypatch.context() as patch, land.open_store(chosen.database, srid=ZONE) as store:
        patch.setattr(kept, "now", lambda: None)
        with pytest.raises(Exception, match=r"(?i)not.null"):
            files.execute(store, chosen.home)
    pd.testing.assert_frame_equal(links(chosen), before)
    assert (chosen.home / "linkage/review.xlsx").read_bytes() == listed
    assert {path.name for path in (chosen.home / "linkage").iterdir()} == {"review.xlsx"}
