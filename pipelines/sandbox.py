"""Files of strangers are read in a child process with a limit of time and of memory.

A drawing can make a reader loop, a workbook can ask for all memory, a broken archive can crash the library that reads
it. In a child the worst that happens is one `ReadError` about one file; the others go on.
"""

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pipelines.errors import CadastreError, ReadError

_GIB = 1024**3
_DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the reading of one file may take.

    Attributes:
        seconds: Wall time.
        memory_bytes: Memory beyond what the process has when it starts.
    """

    seconds: float = 300.0
    memory_bytes: int = 3 * _GIB


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call: a value, or the error that stands for it."""

    value: Any = None
    error: CadastreError | None = None

    def get(self) -> Any:
        """Return the value.

        Raises:
            CadastreError: There is none.
        """
        if self.error is not None:
            raise self.error
        return self.value


@dataclass(slots=True)
class _Child:
    number: int
    name: str
    process: BaseProcess
    pipe: Connection
    deadline: float


def call(
    function: Callable[..., Any],
    path: Path,
    *arguments: Any,
    limits: Limits | None = None,
    has_threads: bool = False,
) -> Any:
    """Return `function(path, *arguments)` as computed in a child process.

    Args:
        function: A function of a module; its result must be picklable.
        path: The file it reads; its name stands in the message.
        arguments: What else it takes.
        limits: Time and memory.
        has_threads: Whether it works with OpenCV, see `each`.

    Raises:
        ReadError: The file takes more than the limits, or its reader broke.
        CadastreError: What the function itself raised.
    """
    (outcome,) = each(function, [(path, *arguments)], limits=limits, has_threads=has_threads)
    return outcome.get()


def each(
    function: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    *,
    limits: Limits | None = None,
    workers: int | None = None,
    done: Callable[[int], None] | None = None,
    has_threads: bool = False,
) -> list[Outcome]:
    """Return the outcome of `function(*arguments)` for every call, in order, each in a child process of its own.

    Args:
        function: A function of a module; its results must be picklable.
        calls: The arguments of each call, the path of the file first.
        limits: Time and memory of each call.
        workers: How many run at once; by default one per core.
        done: Called with the number of calls that have ended, each time one ends.
        has_threads: Whether it works with OpenCV, whose threads Python does not count: a child that was forked beside
            them waited for ever, so where this process has loaded it too the child comes from a clean one.
    """
    allowed = limits or Limits()
    outcomes = [Outcome()] * len(calls)
    context, most = _context(function, has_threads=has_threads), workers or os.cpu_count() or 1
    waiting, running, ended = list(enumerate(calls))[::-1], list[_Child](), 0
    try:
        while waiting or running:
            while waiting and len(running) < most:
                running.append(_start(context, function, *waiting.pop(), allowed))
            for child in _next(running):
                outcomes[child.number] = _end(child, allowed)
                running.remove(child)
                ended += 1
                if done is not None:
                    done(ended)
    finally:
        for child in running:
            _kill(child)
    return outcomes


def _context(function: Callable[..., Any], *, has_threads: bool = False) -> BaseContext:
    """Return how children are made: by fork, which is quick, unless a thread could hold a lock meanwhile."""
    methods = multiprocessing.get_all_start_methods()
    is_alone = threading.active_count() == 1 and not (has_threads and "cv2" in sys.modules)
    if "fork" in methods and is_alone:
        return multiprocessing.get_context("fork")
    if "forkserver" not in methods:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # Imported once there, not once in every child.
    context.set_forkserver_preload([function.__module__])
    return context


def _start(
    context: BaseContext, function: Callable[..., Any], number: int, arguments: tuple[Any, ...], limits: Limits
) -> _Child:
    ours, theirs = context.Pipe(duplex=False)
    process: BaseProcess = context.Process(  # type: ignore[attr-defined]
        target=_work, args=(theirs, function, arguments, limits), daemon=True
    )
    with warnings.catch_warnings():
        # Python counts the idle threads of numeric libraries, which come to no harm; ours were looked at above.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    theirs.close()
    return _Child(number, Path(str(arguments[0])).name, process, ours, time.monotonic() + limits.seconds)


def _next(running: list[_Child]) -> Iterator[_Child]:
    """Yield the children that have answered, died, or run out of time; wait until there is one."""
    while True:
        left = min(child.deadline for child in running) - time.monotonic()
        ready = wait([child.pipe for child in running], timeout=max(0.0, left))
        now = time.monotonic()
        found = [child for child in running if child.pipe in ready or child.deadline <= now]
        if found:
            yield from found
            return


def _end(child: _Child, limits: Limits) -> Outcome:
    try:
        answer: tuple[str, Any] = child.pipe.recv() if child.pipe.poll(0) else ("late", None)
    except EOFError:
        child.process.join()
        answer = ("died", child.process.exitcode)
    finally:
        _kill(child)
    kind, payload = answer
    if kind == "value":
        return Outcome(payload)
    if kind == "error":
        error, vi, en = payload
        return Outcome(error=error(vi, en))
    if kind == "bug":
        print(payload, file=sys.stderr)
    return Outcome(error=_broke(child.name, kind, payload, limits))


def _kill(child: _Child) -> None:
    if child.process.is_alive():
        child.process.kill()
    child.process.join()
    child.pipe.close()


def _broke(name: str, kind: str, payload: Any, limits: Limits) -> ReadError:
    gib = limits.memory_bytes / _GIB
    reasons = {
        "late": (f"đọc quá {limits.seconds:.0f} giây", f"reading it takes more than {limits.seconds:.0f} s"),
        "memory": (f"cần hơn {gib:.0f} GB bộ nhớ", f"reading it takes more than {gib:.0f} GB of memory"),
        "died": (f"trình đọc bị ngắt ({payload})", f"its reader crashed ({payload})"),
        "bug": ("trình đọc gặp lỗi", "its reader failed"),
    }
    vi, en = reasons[kind]
    return ReadError(
        f"Không đọc được {name}: {vi}; mở bằng phần mềm gốc, kiểm tra rồi lưu lại.",
        f"{name} cannot be read: {en}; open it in its own software, check it and save it again.",
    )


def _work(pipe: Connection, function: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits) -> None:
    """Compute in the child and send what came out; every way to end sends something or closes the pipe."""
    _die_with_parent()
    _limit_memory(limits.memory_bytes)
    gc.freeze()
    try:
        answer: tuple[str, Any] = ("value", function(*arguments))
    except MemoryError:
        answer = ("memory", None)
    except CadastreError as error:
        answer = ("error", (type(error), error.vi, error.en))
    except Exception:  # noqa: BLE001 - told on standard error by the parent, and a finding about the file
        answer = ("bug", traceback.format_exc())
    with contextlib.suppress(BrokenPipeError):
        pipe.send(answer)
    pipe.close()
    sys.stdout.flush()
    os._exit(0)


def _die_with_parent() -> None:
    """Let the kernel end this process when the one that asked is gone, where the system can do that."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGKILL)


def _limit_memory(more_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit; time still is one.
        return
    with Path("/proc/self/statm").open(encoding="ascii") as stream:
        taken = int(stream.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
