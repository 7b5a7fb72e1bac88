"""A file that breaks its reader breaks nothing else."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pipelines import sandbox
from pipelines.errors import CrsError, ReadError
from pipelines.sandbox import Limits

FILE = Path("to_1.dgn")


def echo(path, value=1):
    return path, value


def sleep(path):
    time.sleep(60)


def hog(path):
    return np.ones(4 * 1024**3 // 8).sum()


def crash(path):
    os.kill(os.getpid(), signal.SIGSEGV)


def complain(path):
    raise CrsError("sai hệ", "wrong system")


def stumble(path):
    raise ZeroDivisionError("hidden in a library")


def large(path):
    return np.arange(3_000_000)


def broken(function, **limits):
    with pytest.raises(ReadError) as caught:
        sandbox.call(function, FILE, limits=Limits(**limits))
    assert "to_1.dgn" in caught.value.vi and "to_1.dgn" in caught.value.en
    return caught.value.en


def test_a_value_comes_back():
    assert sandbox.call(echo, FILE, 7) == (FILE, 7)
    assert len(sandbox.call(large, FILE)) == 3_000_000


def test_a_reader_that_never_ends_is_ended():
    started = time.monotonic()
    assert "more than 1 s" in broken(sleep, seconds=1)
    assert time.monotonic() - started < 10


def test_a_reader_that_wants_all_memory_is_refused():
    assert "memory" in broken(hog, memory_bytes=1024**3)


def test_a_crash_is_a_sentence():
    assert "crashed (-11)" in broken(crash)


def test_a_bug_is_a_sentence_and_its_traceback_is_told(capfd):
    assert "its reader failed" in broken(stumble)
    assert "ZeroDivisionError: hidden in a library" in capfd.readouterr().err


def test_an_error_of_ours_stays_what_it_is():
    with pytest.raises(CrsError) as caught:
        sandbox.call(complain, FILE)
    assert (caught.value.vi, caught.value.en) == ("sai hệ", "wrong system")


def test_others_go_on_and_keep_their_order():
    ended = []
    calls = [(Path(f"{number}.shp"), number) for number in range(12)]
    outcomes = sandbox.each(echo, calls, done=ended.append)
    assert [outcome.get()[1] for outcome in outcomes] == list(range(12))
    assert ended == list(range(1, 13))


def test_it_works_while_other_threads_run():
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert sandbox.call(echo, FILE, 3) == (FILE, 3)
    finally:
        stop.set()
        thread.join()


def test_no_child_that_reads_pictures_is_forked_where_pictures_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet was read for ever in a child of a program that had drawn pictures before."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    assert sandbox._context(echo, has_threads=True).get_start_method() == "fork"
    monkeypatch.setitem(sys.modules, "cv2", sys)
    assert sandbox._context(echo).get_start_method() == "fork"
    assert sandbox._context(echo, has_threads=True).get_start_method() == "forkserver"
