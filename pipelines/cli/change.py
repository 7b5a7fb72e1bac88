"""`diachinh change`: registered transactions, checked and written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.change_draft import draft
from pipelines.cli.options import Home, account, settings

if TYPE_CHECKING:
    from pipelines.change import Outcome, Request, Rules
    from pipelines.settings import Settings
    from pipelines.store import Store

change = typer.Typer(no_args_is_help=True, help="Biến động đã đăng ký / registered changes", rich_markup_mode=None)
change.command("draft")(draft)

Package = Annotated[Path, typer.Argument(help="Gói biến động: thư mục, .zip hoặc .yaml / change package")]
Json = Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")]


@change.command("check")
def check_change(context: typer.Context, package: Package, home: Home = None, as_json: Json = False) -> None:
    """Xem gói có ghi được không, không ghi gì / say whether a package may be written, write nothing."""
    from pipelines import change as changes
    from pipelines import store as land
    from pipelines.load.files import KEY_FILE
    from pipelines.vault import open_vault

    chosen = settings(context, home)
    with land.open_reader(chosen.database) as store, _told(as_json):
        request = _request(store, package, chosen)
        vault = open_vault(chosen.key_file or chosen.home / KEY_FILE)
        _tell(changes.check(store, request, _rules(chosen), vault=vault), as_json)


@change.command("apply")
def apply_change(
    context: typer.Context,
    package: Package,
    who: Annotated[str | None, typer.Option(help="Người thực hiện / who registers it", show_default=False)] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Ghi biến động thành một bản phát hành của xã / write a change as one release of its commune."""
    from pipelines import change as changes
    from pipelines import store as land
    from pipelines.load.files import KEY_FILE
    from pipelines.vault import open_vault

    chosen, name = settings(context, home), who or account()
    with land.open_reader(chosen.database) as reader:
        request = _request(reader, package, chosen)
        srid = changes.zone_of(reader, request.scope)
    vault = open_vault(chosen.key_file or chosen.home / KEY_FILE)
    with land.open_store(chosen.database, srid=srid) as store, _told(as_json):
        _tell(changes.apply(store, request, _rules(chosen), vault=vault, who=name), as_json)


@change.command("log")
def log(
    context: typer.Context,
    commune: Annotated[str | None, typer.Option(help="Chỉ xã này / this commune only", show_default=False)] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Nhật ký: ai xin ghi gì, kết quả ra sao / the log: who asked for what, and what became of it."""
    from pipelines import journal
    from pipelines import store as land

    chosen = settings(context, home)
    entries = journal.read(chosen.home, commune)
    try:
        with land.open_reader(chosen.database) as store:
            entries += land.read_log(store, commune)
    finally:
        # A database that cannot be opened is what the journal is for.
        _tell_log(sorted(entries, key=lambda entry: entry["luc"]), as_json)


def _tell_log(entries: "list[dict[str, Any]]", as_json: bool) -> None:
    from pipelines import store as land

    if as_json:
        typer.echo(json.dumps(entries, ensure_ascii=False))
        return
    for entry in entries:
        when = entry["luc"][:16].replace("T", " ")
        outcome = f"bản / release {entry['release_id']}" if entry["ket_qua"] == land.DONE else "từ chối / refused"
        told = [when, entry["nguoi_thuc_hien"], entry["lenh"], entry["ma_xa"], entry["giao_dich_id"], outcome]
        typer.echo(" · ".join(str(value) for value in [*told, entry["ly_do"]] if value))


def _request(store: "Store", package: Path, chosen: "Settings") -> "Request":
    from pipelines import change as changes

    return changes.read(package, lambda scope: changes.zone_of(store, scope), limits=chosen.limits)


def _rules(chosen: "Settings") -> "Rules":
    from pipelines.change import Rules
    from pipelines.tolerances import Tolerances
    from pipelines.validate.checks import examine

    return Rules(examine, Tolerances(min_area_m2=chosen.min_area_m2), chosen.profile)


@contextmanager
def _told(as_json: bool) -> Iterator[None]:
    """Tell the reasons of a refusal as one JSON object, before the command ends with its exit code."""
    from pipelines.change import Refused

    try:
        yield
    except Refused as error:
        if as_json:
            body = {"accepted": False, "reasons": [asdict(reason) for reason in error.reasons]}
            typer.echo(json.dumps(body, ensure_ascii=False))
        raise


def _tell(outcome: "Outcome", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"accepted": True, **asdict(outcome)}, ensure_ascii=False))
        return
    number, release = outcome.giao_dich_id, outcome.release_id
    if release is None:
        typer.echo(f"{number}: ghi được / may be written")
    elif outcome.is_new:
        typer.echo(f"{number}: đã ghi thành bản {release} / written as release {release}")
    else:
        typer.echo(f"{number}: đã đăng ký trước đây, bản {release} / already registered as release {release}")
    if outcome.counts:
        told = outcome.counts
        typer.echo(
            f"thửa mới / new {told['added']} · đổi / changed {told['changed']} · hết hiệu lực / ended {told['removed']}"
        )
    for code, count in outcome.findings.items():
        typer.echo(f"cảnh báo mới / new finding {code}: {count}")
