"""Everything Snakemake knows: which packages there are, and the rules in the order of the data."""

import shlex
import sys
from pathlib import Path

from pipelines.fingerprint import digest, fingerprint
from pipelines.inbox import look
from pipelines.settings import load as load_settings

# The home is the working directory (`--directory`), so that Snakemake's memory moves with it.
HOME = Path.cwd()
PACKAGES = config.get("packages") or {
    code: str(path) for code, path in look(Path(config["inbox"])).packages.items()
}
SETTINGS = (
    f"--config {shlex.quote(config['settings'])} " if config.get("settings") else ""
)
DIACHINH = f"{shlex.quote(sys.executable)} -m pipelines {SETTINGS}--home ."


def package_files(path):
    """Every file of a package, so that a changed file is seen."""
    package = Path(path)
    return (
        sorted(str(file) for file in package.rglob("*") if file.is_file())
        if package.is_dir()
        else [path]
    )


def statistics_files(settings):
    """The settings and the table of statistics they name, so that a change of either is seen."""
    if not settings:
        return []
    table = load_settings(Path(settings)).statistics
    return [Path(settings), *([table] if table and table.exists() else [])]


wildcard_constraints:
    commune=r"[0-9A-Z]{5}",


include: "commune.smk"
include: "province.smk"


rule loaded:
    """All communes of the inbox are in the land database."""
    default_target: True
    input:
        expand("{commune}/load/receipt.json", commune=sorted(PACKAGES)),
