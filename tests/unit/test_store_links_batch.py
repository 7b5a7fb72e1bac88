"""Identity numbers that go to the population database and come back, over both stores."""

import stat
from pathlib import Path

import pandas as pd
import pytest

from pipelines import store as land
from pipelines import vault
from pipelines.errors import Refusal, SettingsError, StoreError
from pipelines.linkage import batch
from pipelines.load import run
from pipelines.settings import Settings
from tests.stores import in_files
from tests.unit.deliveries import ZONE, delivery
from tests.unit.officers import (
    CORRECTED,
    NUMBER,
    OLD,
    SECRETS,
    chosen,
    everything,
    execute,
    holders,
    home,
    joined,
    journal_of,
    links,
    take_results,
    undo,
    write_batch,
)

__all__ = ["chosen", "home"]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_file_for_verification_and_its_answer(chosen: Settings, ending: str) -> None:
    out = chosen.home.parent / f"out{ending}"
    assert write_batch(chosen, out) == 2
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    table = batch.read(out)
    assert table.columns.tolist() == list(batch.COLUMNS)
    assert table["Số định danh"].tolist() == [NUMBER, OLD]
    assert table["Ngày sinh"].tolist() == ["07/05/1961"] * 2
    table["Kết quả"] = ["khớp", "Không khớp"]
    table["Số định danh đúng"] = ["", CORRECTED]
    back = chosen.home.parent / "back.csv"
    table.to_csv(back, index=False, encoding="utf-8-sig")
    execute(chosen)
    assert joined(chosen)
    assert take_results(chosen, back) == (2, 2)
    assert take_results(chosen, back) == (2, 0)
    execute(chosen)
    # The right number of one is another than the number of the other: two people after all.
    assert not joined(chosen)
    events = journal_of(chosen)
    told = everything(chosen.home / "linkage") + events.to_csv().encode() + links(chosen).to_csv().encode()
    assert [number for number in SECRETS if number.encode() in told] == []
    assert events["kind"].tolist() == ["batch", "verified", "verified"]
    undo(chosen, 3)
    execute(chosen)
    assert joined(chosen)
    assert write_batch(chosen, chosen.home.parent / "again.csv") == 1


def test_an_answer_may_come_in_parts(chosen: Settings) -> None:
    out = chosen.home.parent / "out.csv"
    write_batch(chosen, out)
    table = batch.read(out)
    for place, entered in ((0, 1), (1, 1), (1, 0)):
        part = table.iloc[[place]].assign(**{"Kết quả": "khớp"})
        part.to_csv(out, index=False, encoding="utf-8-sig")
        assert take_results(chosen, out) == (1, entered)
    table.assign(**{"Kết quả": ["khớp", ""]}).to_csv(out, index=False, encoding="utf-8-sig")
    assert take_results(chosen, out) == (1, 0)
    assert journal_of(chosen)["kind"].tolist() == ["batch", "verified", "verified"]


def test_an_answer_to_an_older_file_holds_though_the_name_was_mended_since(chosen: Settings, url: str) -> None:
    older, newer = chosen.home.parent / "older.csv", chosen.home.parent / "newer.csv"
    write_batch(chosen, older)
    mended = holders("15670")
    mended["ca_nhan"].loc[0, "ho_ten"] = "Quách Bá Thướt"
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(4, sha256="b" * 64, holders=mended), store, vault.open_vault(chosen.home / "holder.key"))
    write_batch(chosen, newer)
    assert batch.read(older)["Mã đối chiếu"].equals(batch.read(newer)["Mã đối chiếu"])
    for path in (older, newer):
        batch.read(path).assign(**{"Kết quả": "khớp"}).to_csv(path, index=False, encoding="utf-8-sig")
    assert take_results(chosen, older) == (2, 2)
    assert take_results(chosen, newer) == (2, 0)


def spoilt(table: pd.DataFrame, how: str) -> pd.DataFrame:
    """Return an answered file with something wrong in its second row."""
    cells = {
        "unknown": ("Mã đối chiếu", "dc-00000000000000000000"),
        "changed name": ("Họ tên", "Quách Bá Thướt"),
        "changed number": ("Số định danh", "171234568"),
        "no result": ("Kết quả", "có lẽ"),
        "bad number": ("Số định danh đúng", "03806199"),
        "of another year": ("Số định danh đúng", "038062990009"),
        "of another sex": ("Số định danh đúng", "038161990009"),
    }
    table = table.assign(**{"Kết quả": "không khớp"})
    if how == "twice":
        return pd.concat([table, table.iloc[1:]], ignore_index=True)
    if how == "match with a number":
        return table.assign(**{"Kết quả": ["không khớp", "khớp"], "Số định danh đúng": ["", CORRECTED]})
    column, value = cells[how]
    table.loc[1, column] = value
    return table


@pytest.mark.parametrize(
    "how",
    ["unknown", "changed name", "changed number", "no result", "bad number", "of another year", "of another sex",
     "twice", "match with a number"],
)  # fmt: skip
@in_files
def test_an_answer_with_a_fault_is_refused_as_a_whole(chosen: Settings, how: str) -> None:
    out = chosen.home.parent / "out.csv"
    write_batch(chosen, out)
    spoilt(batch.read(out), how).to_csv(out, index=False, encoding="utf-8-sig")
    before = journal_of(chosen)
    with pytest.raises(Refusal, match="row 3"):
        take_results(chosen, out)
    pd.testing.assert_frame_equal(journal_of(chosen), before)


def test_a_leading_zero_that_a_spreadsheet_dropped_changes_nothing(chosen: Settings) -> None:
    out = chosen.home.parent / "out.csv"
    write_batch(chosen, out)
    table = batch.read(out).assign(**{"Kết quả": "khớp"})
    table["Số định danh"] = table["Số định danh"].str.lstrip("0")
    table.to_csv(out, index=False, encoding="utf-8-sig")
    assert take_results(chosen, out) == (2, 2)


def test_the_file_for_verification_needs_the_key_and_a_fit_place(chosen: Settings, tmp_path: Path) -> None:
    home, out = chosen.home, chosen.home.parent / "out.csv"
    (home / "release").mkdir()
    for place in (home / "release/out.csv", tmp_path / "out.pdf", tmp_path / "no/out.csv", home / "holder.key"):
        with pytest.raises(SettingsError):
            write_batch(chosen, place)
    out.write_text("kept", encoding="utf-8")
    with pytest.raises(SettingsError, match="exists"):
        write_batch(chosen, out)
    assert out.read_text(encoding="utf-8") == "kept"
    other = tmp_path / "other.key"
    vault.open_vault(other)
    with pytest.raises(StoreError, match="key"):
        write_batch(chosen.model_copy(update={"key_file": other}), tmp_path / "b.csv")
    (home / "holder.key").unlink()
    with pytest.raises(StoreError, match="no key file"):
        write_batch(chosen, tmp_path / "b.csv")
    assert not (home / "holder.key").exists() and not (tmp_path / "b.csv").exists()
    assert journal_of(chosen).empty


def test_a_name_that_begins_like_a_formula_is_no_formula() -> None:
    people = pd.DataFrame(
        {"ho_ten": ["=1+1"], "born": ["1961"], "sex": ["Nam"]}, index=["k"], dtype="string"
    ).rename_axis("key")
    numbers = pd.DataFrame({"key": ["k"], "clear": [NUMBER], "number": ["hash"]}, dtype="string")
    safe = vault.Vault(None, b"k" * 32)  # type: ignore[arg-type]
    assert batch.build(people, numbers, safe).rows["Họ tên"].tolist() == ["1+1"]
