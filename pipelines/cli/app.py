"""The command line: its commands, its options that recur, and how errors end."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.cli import (
    bench,
    change,
    demo,
    diff,
    digitize,
    feed,
    inspect,
    link,
    parcel,
    reform,
    register,
    repair,
    report,
    run,
    safety,
    serve,
    status,
    step,
    times,
    validate,
)
from pipelines.cli.refusals import note_refusal
from pipelines.errors import CadastreError

HELP = """Địa chính: từ gói dữ liệu của xã đến cơ sở dữ liệu đất đai toàn tỉnh.

From a commune's land office files to a province-wide land database.

Mã thoát / exit codes: 0 xong / done · 2 đầu vào hỏng / broken input · 3 từ chối / refused · 1 lỗi phần mềm / our bug.
"""

app = typer.Typer(
    name="diachinh",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("inspect")(inspect.inspect)
app.command("run")(run.run)
app.command("digitize")(digitize.digitize)
app.command("validate")(validate.validate)
app.command("repair")(repair.repair)
app.command("status")(status.status)
app.command("report")(report.report)
app.command("answers")(report.answers)
app.command("link")(link.link)
app.command("load")(register.load)
app.command("rollback")(register.rollback)
app.add_typer(change.change, name="change")
app.command("parcel")(parcel.parcel)
app.command("history")(times.history)
app.command("as-of")(times.as_of)
app.command("diff")(diff.diff)
app.command("feed")(feed.feed)
app.command("migrate")(register.migrate)
app.command("backup")(safety.backup)
app.command("restore")(safety.restore)
app.command("check-store")(safety.check_store)
app.add_typer(reform.app, name="reform")
app.command("publish")(register.publish)
app.command("serve")(serve.serve)
app.command("bench")(bench.bench)
app.command("step")(step.step)


@app.callback()
def home_option(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Thư mục làm việc (build) / working folder", envvar="DIACHINH_HOME", show_default=False),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Tệp cấu hình YAML / settings file", envvar="DIACHINH_CONFIG", show_default=False),
    ] = None,
) -> None:
    """Keep the options that every command shares."""
    context.ensure_object(dict).update(home=home, config=config)


def main() -> None:
    """Run the command; end with 2 or 3 and one bilingual line when the world, not the program, is wrong."""
    shared: dict[str, Any] = {}
    try:
        app(obj=shared)
    except CadastreError as error:
        print(f"Lỗi: {error.vi}\nError: {error.en}", file=sys.stderr)
        if asked := shared.get("asked"):
            note_refusal(asked, error)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # The reader of our output (`head`, `less`) went away; that is no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
