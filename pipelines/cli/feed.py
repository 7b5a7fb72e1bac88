"""`diachinh feed`: what changed of the parcels since, for other machines of the house."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, settings
from pipelines.errors import CadastreError

if TYPE_CHECKING:
    from pipelines.store import Store


def feed(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Tệp .ndjson hoặc .ndjson.gz cần ghi / file to write", show_default=False)],
    since: Annotated[int, typer.Option(min=0, help="Chỉ sau số này / only after this number")] = 0,
    commune: Annotated[str | None, typer.Option(help="Chỉ xã này / this commune only", show_default=False)] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Nhiều nhất bao nhiêu mục / at most so many entries", show_default=False)
    ] = None,
    home: Home = None,
) -> None:
    """Biến động thửa đất từ một số thứ tự / the changes of parcels since a number, one JSON object a line."""
    from pipelines import store as land
    from pipelines.files import writable

    if out.exists():
        raise CadastreError(
            f"Đã có tệp {out}: chọn tên khác cho --out.", f"The file {out} is there already: choose another for --out."
        )
    if not out.name.endswith((".ndjson", ".ndjson.gz")):
        raise CadastreError(
            f"Không ghi được “{out.name}”: đặt đuôi tệp là .ndjson hoặc .ndjson.gz.",
            f"Cannot write {out.name!r}: end the file name in .ndjson or .ndjson.gz.",
        )
    with land.open_reader(settings(context, home).database) as store, writable(out):
        count, last = _write(store, out, since, commune, limit)
    typer.echo(f"{count:,} mục / entries · --since {max(last, since)}")


def _write(store: "Store", out: Path, since: int, commune: str | None, limit: int | None) -> tuple[int, int]:
    """Write the entries of all communes in one order; return how many there are, and the number of the last."""
    import gzip
    import heapq
    import tempfile
    from contextlib import ExitStack
    from itertools import islice

    from pipelines import feed as feeds

    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".feed") as folder, ExitStack() as opened:
        # A file for each commune, and then all of them at once: no province has to fit into memory.
        runs = [opened.enter_context(path.open("rb")) for path in _runs(store, Path(folder), since, commune)]
        merged = islice(heapq.merge(*runs, key=feeds.number_of), limit)
        partial = Path(folder) / out.name
        made = gzip.GzipFile(partial, "wb", mtime=0) if out.suffix == ".gz" else partial.open("wb")
        count, last = 0, 0
        with made as written:
            for line in merged:
                written.write(line)
                count, last = count + 1, feeds.number_of(line)
        partial.replace(out)
    return count, last


def _runs(store: "Store", folder: Path, since: int, commune: str | None) -> Iterator[Path]:
    from pipelines import feed as feeds

    for (ma_xa, era), releases in feeds.communes(store, commune).items():
        if releases[-1].release_id < since // feeds.PLACES:
            continue
        entries = feeds.read(store, releases)
        path = folder / f"{ma_xa}.{era}"
        path.write_bytes(b"".join(feeds.lines(entries[entries["sequence"] > since])))
        yield path
