"""What the world does to a store: processes that die, disks that fill, servers that go, clocks that are set back.

After each of it the last state that was committed is there exactly, or the next one whole; the next command works, and
who ran the command that failed was told in one sentence.
"""

import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pyogrio
import pytest

from pipelines import safety, vault
from pipelines import store as land
from pipelines.errors import StoreError
from pipelines.load import run
from pipelines.store import releases
from tests.postgis import running
from tests.stores import in_files, on_a_server
from tests.unit import deaths
from tests.unit.deliveries import ZONE, delivery
from tests.unit.states import held, state

ACTIONS = (deaths.load, deaths.roll_back, deaths.migrate)


@pytest.fixture
def filled(url: str, safe: vault.Vault) -> str:
    with land.open_store(url, srid=ZONE) as store:
        run(delivery(20), store, safe)
        run(delivery(18, sha256="b" * 64), store, safe)
    return url


def prepare(action: Callable[..., None], place: str) -> None:
    if action is deaths.migrate:
        with land.open_as_it_is(place) as store:
            store.execute("UPDATE luoc_do SET version = 2")


def some(count: int, wanted: int) -> list[int]:
    """Return moments spread over all of them, and the last two."""
    return sorted({*range(1, count, max(1, count // wanted)), count - 1, count})


def around(passed: list[str]) -> list[int]:
    """Return moments of a commit: around every file that is removed, and some of those that write."""
    removals = [number for number, name in enumerate(passed, start=1) if name == "unlink"]
    near = {number + by for number in removals for by in (0, 1)}
    return sorted(number for number in {*near, *some(len(passed), 3)} if number <= len(passed))


def after(place: str, before: dict[str, object], action: Callable[..., None], folder: Path) -> bool:
    """Check that a store is as it was, or whole in the next state, and that the next command works; tell which."""
    found = state(place)
    if changed := found != before:
        tables = {name for name in found if found[name] != before.get(name)}
        assert tables >= ({"luoc_do"} if action is deaths.migrate else {"ban_phat_hanh", "thua_dat_5897"})
        assert safety.examine(place) == []
    action(place, str(folder))
    assert safety.examine(place) == []
    return changed


@in_files
@pytest.mark.parametrize("where", ["statement", "commit"])
@pytest.mark.parametrize("action", ACTIONS)
def test_files_survive_a_death_at_any_moment(
    filled: str, home: Path, tmp_path: Path, action: Callable[..., None], where: str
) -> None:
    prepare(action, filled)
    before = state(filled)

    code, passed = deaths.at_moment(action, _copied(home, tmp_path), tmp_path, where, 0)
    assert code == 0
    ends, journals = set(), set()
    for moment in some(len(passed), 3) if where == "statement" else around(passed):
        place = _copied(home, tmp_path)
        code, _ = deaths.at_moment(action, place, tmp_path, where, moment)
        assert code == deaths.KILLED
        copy = tmp_path / "copy"
        if (copy / "land.gpkg").read_bytes() != (home / "land.gpkg").read_bytes():
            journals.add(len(list(copy.glob("*-journal"))))
        ends.add(after(place, before, action, tmp_path))
        assert list(copy.glob("*-journal")) == []
    # Dying inside a commit leads to either end.
    assert False in ends
    if where == "commit":
        assert ends == {False, True}
        # One file was written and both could still be undone; and one was done with, the other still had its journal.
        assert journals >= ({1, 2} if action is deaths.load else {1})


def _copied(home: Path, tmp_path: Path) -> str:
    shutil.rmtree(tmp_path / "copy", ignore_errors=True)
    shutil.copytree(home, tmp_path / "copy")
    return f"gpkg:{tmp_path / 'copy'}"


@on_a_server
@pytest.mark.parametrize("action", ACTIONS)
def test_a_server_survives_the_death_of_its_client(filled: str, tmp_path: Path, action: Callable[..., None]) -> None:
    ends = set()
    for moment in (1, 9, 20, 50, 150):
        prepare(action, filled)
        before = state(filled)
        code, _ = deaths.at_moment(action, filled, tmp_path, "statement", moment)
        if code == 0:
            break
        assert code == deaths.KILLED
        _until_alone(filled)
        ends.add(after(filled, before, action, tmp_path))
        with land.open_store(filled, srid=ZONE) as store:
            land.rollback(store, "15670", 2)
    assert False in ends


@on_a_server
def test_a_commit_that_nobody_hears_of_is_kept_whole(filled: str, tmp_path: Path) -> None:
    with land.open_store(filled, srid=ZONE) as store:
        before = land.listing(store)
    deaths.load(filled, str(tmp_path))
    _, passed = deaths.at_moment(deaths.roll_back, filled, tmp_path, "statement", 0)
    deaths.load(filled, str(tmp_path))
    sent = [number for number, name in enumerate(passed, start=1) if name == "COMMIT sent"]
    code, _ = deaths.at_moment(deaths.roll_back, filled, tmp_path, "statement", sent[-1])
    assert code == deaths.KILLED
    _until_alone(filled)
    with land.open_store(filled, srid=ZONE) as store:
        assert len(land.listing(store)) - len(before) == 4
    assert safety.examine(filled) == []


def _until_alone(place: str) -> None:
    """Wait until the server noticed that its client is dead."""
    with psycopg.connect(place, autocommit=True) as owner:
        for _ in range(100):
            others = owner.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            ).fetchall()
            if not others:
                return
            time.sleep(0.1)
    raise AssertionError("the server still serves somebody")


def test_a_backup_that_dies_leaves_no_backup_and_the_next_one_clears_up(filled: str, tmp_path: Path) -> None:
    before = state(filled)
    code, passed = deaths.at_moment(deaths.back_up, filled, tmp_path, "call", 0)
    assert code == 0
    for moment in some(len(passed), 4 if filled.startswith("gpkg:") else 2):
        (tmp_path / "new.zip").unlink(missing_ok=True)
        code, _ = deaths.at_moment(deaths.back_up, filled, tmp_path, "call", moment)
        assert code == deaths.KILLED
        if (tmp_path / "new.zip").exists():
            with safety.archive.opened(tmp_path / "new.zip") as (_, manifest):
                assert manifest.tables == before
    (tmp_path / "new.zip").unlink(missing_ok=True)
    deaths.back_up(filled, str(tmp_path))
    assert state(filled) == before
    assert list(tmp_path.glob(".*part-*")) == []


@in_files
def test_a_restore_that_dies_leaves_the_former_or_the_new_store_whole(filled: str, home: Path, tmp_path: Path) -> None:
    safety.back_up(filled, tmp_path / "saved.zip")
    wanted = state(filled)
    deaths.load(filled, str(tmp_path))
    before = state(filled)
    _, passed = deaths.at_moment(deaths.restore, _copied(home, tmp_path), tmp_path, "call", 0)
    first = max(number for number, name in enumerate(passed) if name == "_held")
    ends = set()
    for moment in [*some(first, 3), *range(first, len(passed) + 1, 7)]:
        place = _copied(home, tmp_path)
        code, _ = deaths.at_moment(deaths.restore, place, tmp_path, "call", moment)
        assert code == deaths.KILLED
        found = state(place)
        if found != before:
            assert {**found, "nhat_ky": None} == {**wanted, "nhat_ky": None}
            (former,) = (tmp_path / "copy").glob("former-*")
            assert held(str(former), place) == before
        ends.add(found == before)
        deaths.restore(place, str(tmp_path))
        assert {**state(place), "nhat_ky": None} == {**wanted, "nhat_ky": None}
    assert ends == {False, True}


@on_a_server
def test_a_restore_on_a_server_that_dies_leaves_the_former_or_the_new_store_whole(filled: str, tmp_path: Path) -> None:
    safety.back_up(filled, tmp_path / "saved.zip", verify=False)
    wanted = state(filled)
    deaths.load(filled, str(tmp_path))
    before = state(filled)
    _, passed = deaths.at_moment(deaths.restore, filled, tmp_path, "call", 0)
    deaths.load(filled, str(tmp_path))
    before = state(filled)
    plays = [number for number, name in enumerate(passed, start=1) if name in {"_run", "snapshot_contents"}]
    for moment in plays:
        code, _ = deaths.at_moment(deaths.restore, filled, tmp_path, "call", moment)
        assert code == deaths.KILLED
        _until_alone(filled)
        found = state(filled)
        assert found == before or {**found, "nhat_ky": None} == {**wanted, "nhat_ky": None}
    deaths.restore(filled, str(tmp_path))
    assert {**state(filled), "nhat_ky": None} == {**wanted, "nhat_ky": None}


@in_files
@pytest.mark.parametrize("action", [*ACTIONS, deaths.back_up])
def test_a_full_disk_is_told_and_nothing_is_half_written(
    filled: str, home: Path, tmp_path: Path, action: Callable[..., None]
) -> None:
    prepare(action, filled)
    before = state(filled)
    _, passed = deaths.at_moment(action, _copied(home, tmp_path), tmp_path, "write", 0)
    (tmp_path / "new.zip").unlink(missing_ok=True)
    for moment in some(len(passed), 4):
        place = _copied(home, tmp_path)
        code, told = deaths.at_moment(action, place, tmp_path, "write", moment)
        assert code == deaths.REFUSED
        assert "the disk space" in told[0]
        assert state(place) == before
    assert not (tmp_path / "new.zip").exists()


def _with_little_room(place: str, folder: str) -> None:
    """Load where no file may get larger than a little: the kernel itself says no."""
    size = max(path.stat().st_size for path in Path(place.removeprefix("gpkg:")).iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, size + 4096))
    with land.open_store(place, srid=ZONE) as store:
        run(delivery(3000, sha256="c" * 64), store, vault.open_vault(Path(folder) / "holder.key"))


@in_files
def test_a_file_that_may_not_grow_is_told(filled: str, tmp_path: Path) -> None:
    before = state(filled)
    code, told = deaths.at_moment(_with_little_room, filled, tmp_path)
    assert (code, "check the rights and the disk space" in told[0]) == (deaths.REFUSED, True)
    assert state(filled) == before
    deaths.load(filled, str(tmp_path))
    assert safety.examine(filled) == []


@in_files
def test_a_database_that_may_not_grow_is_told(filled: str, safe: vault.Vault) -> None:
    before = state(filled)
    with land.open_store(filled, srid=ZONE) as store:
        pages = store.execute("PRAGMA page_count").fetchone()[0]
        store.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="the disk space"):
            run(delivery(3000, sha256="c" * 64), store, safe)
        store.execute("PRAGMA max_page_count = 1000000")
        assert state(filled) == before
        assert run(delivery(30, sha256="c" * 64), store, safe).is_new


@on_a_server
@pytest.mark.parametrize("code", ["53100", "40001"])
def test_what_a_server_refuses_in_the_middle_is_told(filled: str, safe: vault.Vault, code: str) -> None:
    before = state(filled)
    with psycopg.connect(filled, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
        )
        owner.execute("CREATE TRIGGER fail BEFORE INSERT ON land.dinh_danh EXECUTE FUNCTION public.fail()")
        with land.open_store(filled, srid=ZONE) as store, pytest.raises(StoreError):
            run(delivery(30, sha256="c" * 64), store, safe)
        assert state(filled) == before
        owner.execute("DROP TRIGGER fail ON land.dinh_danh")
    with land.open_store(filled, srid=ZONE) as store:
        assert run(delivery(30, sha256="c" * 64), store, safe).is_new
    assert safety.examine(filled) == []


@on_a_server
def test_a_session_that_was_idle_too_long_is_told(filled: str, safe: vault.Vault) -> None:
    before = state(filled)
    with land.open_store(filled, srid=ZONE) as store:
        store.execute("SET idle_in_transaction_session_timeout = '50ms'")
        with pytest.raises(StoreError, match="was lost, nothing is half-written"), store.transaction():
            store.execute("DELETE FROM canh_bao_5897")
            time.sleep(0.5)
            store.execute("SELECT 1")
    assert state(filled) == before


@pytest.fixture
def own_server() -> Iterator[str]:
    """Return the address of a server that may be stopped."""
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        pytest.skip("no PostgreSQL on this machine: sh setup/test-tools.sh")
    with running() as address:
        yield f"postgresql://postgres@/postgres?host={psycopg.conninfo.conninfo_to_dict(address)['host']}"


def test_a_server_that_crashes_in_the_middle_comes_back_as_it_was(
    own_server: str, safe: vault.Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with land.open_store(own_server, srid=ZONE) as store:
        run(delivery(20), store, safe)
    before = state(own_server)
    folder = Path(own_server.partition("host=")[2])
    control = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
    account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    restart = [*account, control, "-D", folder / "data", "-w", "-l", folder / "log", "-m", "immediate", "restart"]

    def crash(*_: object, **__: object) -> None:
        subprocess.run(restart, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with monkeypatch.context() as patch, land.open_store(own_server, srid=ZONE) as store:
        patch.setattr("pipelines.store.settle", crash)
        with pytest.raises(StoreError, match="was lost, nothing is half-written"):
            run(delivery(30, sha256="c" * 64), store, safe)
    assert state(own_server) == before
    with land.open_store(own_server, srid=ZONE) as store:
        assert run(delivery(30, sha256="c" * 64), store, safe).is_new
    assert safety.examine(own_server) == []


def _become_nobody(folder: str) -> None:
    """Give up every right; what Python imports only when it is asked for has to be there before."""
    with tempfile.TemporaryDirectory() as other, land.open_store(Path(other), srid=ZONE) as store:
        run(delivery(2), store, vault.open_vault(Path(folder) / "holder.key"))
        land.current(store, "thua_dat", ZONE)
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def _write_as_nobody(place: str, folder: str) -> None:
    _become_nobody(folder)
    deaths.load(place, folder)


def _read_as_nobody(place: str, folder: str) -> None:
    _become_nobody(folder)
    with land.open_reader(place) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 20


def test_files_that_may_not_be_written_are_told_and_can_be_read(safe: vault.Vault, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="diachinh-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        with land.open_store(home, srid=ZONE) as store:
            run(delivery(20), store, safe)
        shutil.copy(tmp_path / "holder.key", folder)
        (Path(folder) / "holder.key").chmod(0o644)
        Path(folder).chmod(0o755)
        for path in home.iterdir():
            path.chmod(0o444)
        home.chmod(0o555)
        before = state(f"gpkg:{home}")
        code, told = deaths.at_moment(_write_as_nobody, f"gpkg:{home}", Path(folder))
        assert (code, "cannot be written: check the rights" in told[0]) == (deaths.REFUSED, True)
        code, _ = deaths.at_moment(_read_as_nobody, f"gpkg:{home}", Path(folder))
        assert code == 0
        assert state(f"gpkg:{home}") == before
        home.chmod(0o755)


def test_a_clock_set_back_does_not_break_the_order(
    filled: str, safe: vault.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(releases, "now", lambda: "2001-01-01T00:00:00.000000Z")
    with land.open_store(filled, srid=ZONE) as store:
        run(delivery(25, sha256="c" * 64), store, safe)
        land.rollback(store, "15670", 1)
        told = land.listing(store)
        assert [one.started_at for one in told] == sorted({one.started_at for one in told})
        assert all(one.finished_at and one.finished_at >= one.started_at for one in told)
        assert len(land.as_of(store, ZONE, valid="2025-07-01", known=told[2].started_at)) == 25
        assert len(land.as_of(store, ZONE, valid="2025-07-01")) == 20
    assert safety.examine(filled) == []


def test_two_who_write_at_once_come_one_after_the_other(filled: str, tmp_path: Path) -> None:
    writers = [deaths.beside(action, filled, str(tmp_path)) for action in (deaths.load, deaths.load_other)]
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert safety.examine(filled) == []
    with land.open_reader(filled) as store:
        assert len(land.current(store, "thua_dat", ZONE)) == 60


def _look(path: str, until: str) -> None:
    """Read the layer of current parcels again and again, as a map program does; each time it is whole."""
    seen = set()
    while not Path(until).exists():
        seen.add(len(pyogrio.read_dataframe(path, layer="thua_dat_5897_hien_hanh")))
    assert seen <= {18, 20, 30}
    Path(f"{until}.seen").write_text(str(len(seen)), encoding="ascii")


@in_files
def test_a_map_program_reads_while_a_load_commits(filled: str, home: Path, safe: vault.Vault, tmp_path: Path) -> None:
    reader = deaths.beside(_look, str(home / "land.gpkg"), str(tmp_path / "stop"))
    for _ in range(3):
        deaths.load(filled, str(tmp_path))
        with land.open_store(filled, srid=ZONE) as store:
            land.rollback(store, "15670", 1)
    (tmp_path / "stop").touch()
    reader.join(60)
    assert reader.exitcode == 0
    assert safety.examine(filled) == []


@in_files
def test_a_map_program_that_stopped_in_the_middle_of_reading_is_named(
    filled: str, home: Path, safe: vault.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.store.database.WAIT_MS", 100)
    reader = sqlite3.connect(home / "land.gpkg")
    rows = reader.execute("SELECT * FROM thua_dat_5897")
    rows.fetchone()
    before = state(filled)
    with land.open_store(filled, srid=ZONE) as store:
        with pytest.raises(StoreError, match="close it"):
            run(delivery(30, sha256="c" * 64), store, safe)
        rows.fetchall()
        assert state(filled) == before
        assert run(delivery(30, sha256="c" * 64), store, safe).is_new
    reader.close()
