"""Processes that die, or find the disk full, at a chosen moment of what they do to a store.

They are forked from a server that has everything imported, so that a death costs a tenth of a second.
"""

import _sqlite3
import ctypes
import errno
import multiprocessing
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines import safety, vault
from pipelines import store as land
from pipelines.errors import CadastreError
from pipelines.load import run
from pipelines.store import copying, postgis_store
from tests.unit.deliveries import ZONE, delivery

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])

REFUSED, KILLED = 2, -signal.SIGKILL
_WATCHED = ("pipelines/safety/", "pipelines/store/recovery.py")


def load(place: str, folder: str) -> None:
    wanted = delivery(30, sha256="c" * 64)
    # Both files change.
    wanted.holders["ca_nhan"] = wanted.holders["ca_nhan"].assign(dia_chi="Thôn 2")
    with land.open_store(place, srid=ZONE) as store:
        run(wanted, store, vault.open_vault(Path(folder) / "holder.key"))


def roll_back(place: str, folder: str) -> None:
    with land.open_store(place, srid=ZONE) as store:
        land.rollback(store, "15670", 1)


def migrate(place: str, folder: str) -> None:
    with land.open_as_it_is(place) as store:
        land.migrate(store)


def back_up(place: str, folder: str) -> None:
    safety.back_up(place, Path(folder) / "new.zip", verify=place.startswith("gpkg:"))


def restore(place: str, folder: str) -> None:
    safety.restore(Path(folder) / "saved.zip", place, replace=True, account="tester")


def load_other(place: str, folder: str) -> None:
    with land.open_store(place, srid=ZONE) as store:
        run(delivery(30, ma_xa="15704", shift_m=5000), store, vault.open_vault(Path(folder) / "holder.key"))


def at_moment(
    action: Callable[[str, str], None], place: str, folder: Path, where: str = "statement", moment: int = 0
) -> tuple[int, list[str]]:
    """Let a process do something and die at a moment; return its exit code and the moments it came through.

    Args:
        action: One of the functions above.
        place: Address of the store.
        folder: Folder of keys and backups.
        where: What is counted: `statement`, `commit` (system calls of SQLite from the commit on), `write` (all of
            them; they fail for want of space), `call` (calls inside the packages that move files).
        moment: Which of them, from 1; 0 for none.
    """
    receiver, sender = _processes.Pipe(duplex=False)
    process = _processes.Process(target=_act, args=(action, place, str(folder), where, moment, sender))
    process.start()
    sender.close()
    try:
        passed = receiver.recv()
    except EOFError:
        passed = []
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode, passed


def beside(action: Callable[..., None], *arguments: object) -> Any:
    """Start a process that does something while others do, too."""
    process = _processes.Process(target=action, args=arguments)
    process.start()
    return process


def _act(action: Callable[[str, str], None], place: str, folder: str, where: str, moment: int, sender: Any) -> None:
    passed: list[str] = []

    def reached(name: str) -> bool:
        passed.append(name)
        return len(passed) == moment if where != "write" else 0 < moment <= len(passed)

    {"statement": _by_statement, "commit": _by_system, "write": _by_system, "call": _by_call}[where](
        reached, where == "commit"
    )
    try:
        action(place, folder)
    except CadastreError as error:
        assert error.vi and error.en
        sys.setprofile(None)
        sender.send([error.en])
        os._exit(REFUSED)
    sys.setprofile(None)
    sender.send(passed)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _by_statement(reached: Callable[[str], bool], _: bool) -> None:
    def note(statement: str) -> None:
        if reached(statement):
            _die()

    _traced(note)
    execute, write = postgis_store.PostGIS._execute, copying._Sink.write

    def counted(store: Any, sql: str, values: Any = None) -> Any:
        if sql == "COMMIT" and reached("COMMIT sent"):
            # Sent, and nobody there any more to hear the answer.
            store.connection.pgconn.send_query(b"COMMIT")
            store.connection.pgconn.flush()
            _die()
        note(sql)
        return execute(store, sql, values)

    def copied(sink: Any, block: Any) -> int:
        note("COPY")
        return write(sink, block)

    postgis_store.PostGIS._execute, copying._Sink.write = counted, copied  # type: ignore[method-assign]


def _traced(note: Callable[[str], None]) -> None:
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(note)
        return connection

    sqlite3.connect = traced  # type: ignore[assignment]


def _by_call(reached: Callable[[str], bool], _: bool) -> None:
    def profile(frame: Any, event: str, argument: Any) -> None:
        if event not in {"call", "c_call"}:
            return
        files = [part.f_code.co_filename for part in (frame, frame.f_back) if part is not None]
        if any(name in file for file in files for name in _WATCHED):
            name = argument.__name__ if event == "c_call" else frame.f_code.co_name
            if reached(name):
                _die()

    sys.setprofile(profile)


class _Vfs(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_int) for name in ("iVersion", "szOsFile", "mxPathname")),
        *((name, ctypes.c_void_p) for name in ("pNext", "zName", "pAppData")),
        *((f"method_{number}", ctypes.c_void_p) for number in range(13)),
        *((name, ctypes.c_void_p) for name in ("xSetSystemCall", "xGetSystemCall", "xNextSystemCall")),
    ]


_SHAPES = {
    b"write": (ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t),
    b"pwrite": (ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_longlong),
    b"pwrite64": (ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_longlong),
    b"ftruncate": (ctypes.c_int, ctypes.c_int, ctypes.c_longlong),
    b"unlink": (ctypes.c_int, ctypes.c_char_p),
}
_kept: list[Any] = []


def _by_system(reached: Callable[[str], bool], from_commit: bool) -> None:
    """Put our own functions in the place of those by which SQLite writes, as SQLite offers it for tests."""
    armed = [not from_commit]

    def note(statement: str) -> None:
        armed[0] = armed[0] or statement == "COMMIT"

    _traced(note)
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None)
    get = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Vfs), ctypes.c_char_p)(vfs.contents.xGetSystemCall)
    put = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Vfs), ctypes.c_char_p, ctypes.c_void_p)(
        vfs.contents.xSetSystemCall
    )
    for name, shape in _SHAPES.items():
        if address := get(vfs, name):
            kind = ctypes.CFUNCTYPE(*shape, use_errno=True)
            function = kind(_instead(kind(address), name.decode(), reached, armed, from_commit))
            _kept.append(function)
            put(vfs, name, ctypes.cast(function, ctypes.c_void_p))


def _instead(
    original: Any, name: str, reached: Callable[[str], bool], armed: list[bool], kills: bool
) -> Callable[..., int]:
    def called(*arguments: Any) -> int:
        if armed[0] and (kills or "write" in name) and reached(name):
            if kills:
                _die()
            ctypes.set_errno(errno.ENOSPC)
            return -1
        result: int = original(*arguments)
        return result

    return called
