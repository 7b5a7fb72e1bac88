"""The command `diachinh`: a thin front that turns paths into calls of the steps.

Heavy modules are imported inside the commands, so that `--help` answers at once.
"""

from pipelines.cli.app import main

__all__ = ["main"]
