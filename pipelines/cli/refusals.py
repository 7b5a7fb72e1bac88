"""Refusals that the land database could not log itself go into the journal of the working folder."""

import sys

from pipelines.cli.options import Asked, account
from pipelines.errors import CadastreError, SettingsError

OF_DATABASE = (
    "run", "step", "link", "load", "rollback", "change", "parcel", "history", "as-of", "diff", "feed",
    "migrate", "backup", "restore", "check-store", "reform", "publish",
)  # fmt: skip
"""Commands that ask the land database for something."""


def note_refusal(asked: Asked, error: CadastreError) -> None:
    """Write what was asked and why it was refused, where no log has it yet.

    A working folder that is not there stays so, unless the database lies on a server.
    """
    from pipelines import journal
    from pipelines.store import REFUSED
    from pipelines.store.opening import folder_of
    from pipelines.store.releases import now

    chosen, params = asked.settings, asked.params
    there = chosen.home.is_dir() or folder_of(chosen.database) is None
    if error.is_logged or not there or asked.command.partition(" ")[0] not in OF_DATABASE:
        return
    entry = {
        "luc": now(),
        "lenh": " ".join([asked.command, *([params["name"]] if asked.command == "step" else [])]),
        "nguoi_thuc_hien": params.get("who") or _account(),
        "ma_xa": params.get("commune") if isinstance(params.get("commune"), str) else None,
        "ket_qua": REFUSED,
        "ly_do": error.en,
    }
    try:
        journal.note(chosen.home, entry)
    except OSError as failed:
        reason = failed.strerror or type(failed).__name__
        print(
            f"Không ghi được nhật ký vào {chosen.home} / the journal in {chosen.home} cannot be written: {reason}",
            file=sys.stderr,
        )


def _account() -> str:
    try:
        return account()
    except SettingsError:
        return "-"
