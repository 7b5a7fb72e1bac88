"""`diachinh run`: Snakemake over an inbox, or over one package."""

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import Home, config_file, settings
from pipelines.cli.process import command, environment
from pipelines.errors import CadastreError, PackageError
from pipelines.files import read_object

if TYPE_CHECKING:
    from pipelines.inbox import Inbox
    from pipelines.settings import Settings

RULES = Path(__file__).parent.parent / "rules" / "pipeline.smk"


def run(
    context: typer.Context,
    inbox: Annotated[Path, typer.Argument(help="Hộp thư đến, hoặc một gói / inbox folder, or one package")],
    home: Home = None,
    cores: Annotated[int, typer.Option(min=1, help="Số lõi / processor cores")] = 2,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going/--stop-at-first", help="Xã hỏng không dừng xã khác / go on after a broken commune"),
    ] = True,
    publish: Annotated[bool, typer.Option(help="Công bố sau khi nạp / publish after loading")] = True,
    profile: Annotated[str | None, typer.Option(help="Snakemake profile (slurm, …)", show_default=False)] = None,
) -> None:
    """Chạy cả dây chuyền: gói → cơ sở dữ liệu → bản công bố / packages all the way to the release."""
    failures = run_inbox(
        inbox,
        settings(context, home),
        config=config_file(context),
        cores=cores,
        keep_going=keep_going,
        publish=publish,
        profile=profile,
    )
    if failures:
        raise SystemExit(failures)


def run_inbox(
    inbox: Path,
    chosen: "Settings",
    *,
    config: Path | None = None,
    cores: int = 2,
    keep_going: bool = True,
    publish: bool = True,
    profile: str | None = None,
) -> int:
    """Run the pipeline and print what came of every commune.

    Returns:
        0 when every commune came through; the highest exit code of those that did not (2 broken, 3 refused).

    Raises:
        CadastreError: There is nothing to run.
    """
    from pipelines.inbox import look

    started = time.monotonic()
    found = _understand(look(inbox), chosen)
    for path, error in found.broken:
        print(f"Lỗi: {path.name}: {error.vi}\nError: {path.name}: {error.en}", file=sys.stderr)
    if not found.packages:
        if len(found.broken) == 1:
            return found.broken[0][1].exit_code
        raise PackageError(
            f"Không có gói nào chạy được trong {inbox}: mỗi gói cần một package.yaml (tạo bằng `diachinh inspect`).",
            f"No package in {inbox} can be run: each needs a package.yaml (make one with `diachinh inspect`).",
        )
    from pipelines.cli.status import show
    from pipelines.store import is_there

    chosen.home.mkdir(parents=True, exist_ok=True)
    _forget_receipts_without_database(chosen)
    _notice_reviews(chosen.home, found)
    options = _configuration(found, chosen, config)
    # Two files are written by one at a time; a server keeps only those apart who write the same commune.
    writers = 1 if chosen.database.startswith("gpkg:") else cores
    common = ["--cores", str(cores), "--resources", f"store={writers}", *(["--profile", profile] if profile else [])]
    code = _snakemake(["loaded"], options, [*common, *(["--keep-going"] if keep_going else [])], chosen, found)
    if is_there(chosen.database):
        # What communes have against each other keeps nobody from publishing, nor does a refusal hide it.
        whole = ["province", *(["publish"] if publish else [])]
        code = max(code, _snakemake(whole, options, [*common, "--keep-going"], chosen, found))
    show(chosen.home, sorted(found.packages))
    print(f"{len(found.packages)} xã / communes · {time.monotonic() - started:.0f} s")
    return max([code, *(error.exit_code for _, error in found.broken)])


def _understand(found: "Inbox", settings: "Settings") -> "Inbox":
    """Give folders without `package.yaml` the commune that the inspection proposes."""
    if found.undeclared:
        from pipelines.package import inspect

        for path in found.undeclared:
            try:
                proposed = inspect(path, settings)
            except CadastreError as error:
                found.broken.append((path, error))
                continue
            code = proposed.get("commune")
            if code:
                found.packages[str(code)] = path
            else:
                found.broken.append((path, _undeclared(path)))
    return found


def _undeclared(path: Path) -> PackageError:
    return PackageError(
        f"{path} không có package.yaml và không đoán được mã xã: chạy `diachinh inspect {path} --write` rồi bổ sung.",
        f"{path} has no package.yaml and its commune cannot be guessed: run `diachinh inspect {path} --write`.",
    )


def _forget_receipts_without_database(chosen: "Settings") -> None:
    """Let everything be loaded again when somebody removed the database."""
    from pipelines.store import is_there

    if not is_there(chosen.database):
        for receipt in chosen.home.glob("*/load/receipt.json"):
            receipt.unlink()


def _notice_reviews(home: Path, found: "Inbox") -> None:
    """Let a commune be digitized again when an officer has worked on one of its scanned sheets since."""
    for code in found.packages:
        made, stock = home / code / "digitize" / "parcels.parquet", home / code / "package" / "inventory.json"
        if not (made.exists() and stock.exists()):
            continue
        edited = [*home.glob(f"{code}/scans/*/review.gpkg*"), *home.glob(f"{code}/scans/*/control.points")]
        if any(path.stat().st_mtime > made.stat().st_mtime for path in edited):
            stock.touch()


def _configuration(found: "Inbox", chosen: "Settings", config: Path | None) -> Path:
    """Write what Snakemake is told; a file, since paths of packages may hold any character."""
    import yaml

    body = {
        "packages": {code: str(path.resolve()) for code, path in sorted(found.packages.items())},
        "settings": str(config.resolve()) if config else None,
    }
    path = chosen.home / "run.yaml"
    path.write_text(yaml.safe_dump(body, allow_unicode=True), encoding="utf-8")
    return path


def _snakemake(targets: list[str], options: Path, extra: list[str], chosen: "Settings", found: "Inbox") -> int:
    """Run Snakemake to its targets, show the progress, and say which commune failed and why."""
    from pipelines.cli.status import live

    log = chosen.home / "logs" / f"snakemake-{targets[-1]}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    call = command(
        "snakemake", *targets, "--snakefile", RULES, "--configfile", options.resolve(),
        "--directory", chosen.home.resolve(), "--quiet", "all", "--nocolor", "--rerun-incomplete", *extra,
    )  # fmt: skip
    with log.open("w", encoding="utf-8") as sink:
        process = subprocess.Popen(call, stdout=sink, stderr=subprocess.STDOUT, env=environment())
        live(chosen.home, sorted(found.packages), process)
    if process.returncode == 0:
        return 0
    return _explain(chosen.home, sorted(found.packages) if targets == ["loaded"] else targets, log)


def _explain(home: Path, names: list[str], log: Path) -> int:
    """Print the one line each failed commune or common step left; a failure without a line is a bug: show the log."""
    codes = []
    for name in names:
        failure = home / name / "failure.json"
        if failure.exists():
            body = read_object(failure, "vi", "en", "exit_code")
            print(f"Lỗi: {name}: {body['vi']}\nError: {name}: {body['en']}", file=sys.stderr)
            codes.append(int(body["exit_code"]))
    if codes:
        return max(codes)
    print(log.read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)
    logs = sorted(home.glob("*/logs/*.log"), key=lambda path: path.stat().st_mtime)
    logs += [home / "logs" / "province.log", home / "logs" / "publish.log"]
    for path in (
        path for path in logs if path.exists() and "Traceback" in path.read_text(encoding="utf-8", errors="replace")
    ):
        print(f"--- {path}\n{path.read_text(encoding='utf-8', errors='replace')[-3000:]}", file=sys.stderr)
    return 1
