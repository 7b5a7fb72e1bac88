"""An officer at the command line, over a store of either kind."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.cli import main
from tests.unit.states import state


class Desk:
    """An officer at the command line."""

    def __init__(self, url: str, folder: Path, monkeypatch: Any, capsys: Any) -> None:
        self.url, self.folder, self.home = url, folder, folder / "home"
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.home.mkdir(exist_ok=True)
        self.settings(folder / "holder.key")

    def settings(self, key_file: Path) -> None:
        """Work with a key."""
        text = yaml.safe_dump({"home": str(self.home), "store": self.url, "key_file": str(key_file)})
        (self.folder / "s.yaml").write_text(text, encoding="utf-8")

    def says(self, *words: object) -> tuple[int, str, str]:
        """Return how a command ends, and both of its outputs."""
        call = ["diachinh", "--config", str(self.folder / "s.yaml"), *map(str, words)]
        self.monkeypatch.setattr(sys, "argv", call)
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        told = self.capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    def logged(self) -> list[dict[str, Any]]:
        """Return the log, as far as it can be read."""
        entries: list[dict[str, Any]] = json.loads(self.says("change", "log", "--json")[1])
        return entries

    def land(self) -> dict[str, Any]:
        """Return what the store holds, without its log."""
        return {table: content for table, content in state(self.url).items() if "nhat_ky" not in table}
