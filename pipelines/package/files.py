"""Files of this step: the package on one side, `<home>/<commune>/package` on the other."""

import json
import shutil
import tempfile
from pathlib import Path

from pipelines import files, findings
from pipelines.errors import PackageError
from pipelines.manifests import MANIFEST
from pipelines.package.manifest import read as read_manifest
from pipelines.package.propose import propose, root_of
from pipelines.package.stock import Stock, run
from pipelines.settings import Settings

_UNPACKED = "unpacked"


def execute(package: Path, home: Path, settings: Settings) -> str:
    """Take stock of a package folder or archive and return the commune code.

    Args:
        package: Folder or .zip with `package.yaml`; without one, its contents must leave no doubt.
        home: Folder of everything that is made.
        settings: Province the data must lie in.

    Raises:
        PackageError: The package cannot be understood as a whole.
        CrsError: The declared CRS is unknown or puts the data outside the province.
    """
    if not package.exists():
        raise PackageError(
            f"Không có {package}: kiểm tra đường dẫn đến gói dữ liệu.",
            f"There is no {package}: check the path to the package.",
        )
    if package.is_dir():
        stock = _stock(package, package, settings)
        return _write(stock, home, None)
    if package.suffix.lower() != ".zip":
        raise PackageError(
            f"{package} không phải thư mục hay tệp .zip: gói dữ liệu của xã là một trong hai.",
            f"{package} is neither a folder nor a .zip: a commune package is one of the two.",
        )
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".unpack-") as folder:
        files.unzip(package, Path(folder))
        root = root_of(Path(folder))
        return _write(_stock(root, package, settings), home, root)


def _stock(root: Path, package: Path, settings: Settings) -> Stock:
    if (root / MANIFEST).exists():
        return run(root, read_manifest(root), settings.province, limits=settings.limits)
    proposal = propose(root, settings)
    if proposal.doubtful:
        keys = ", ".join(dict.fromkeys(guess.key for guess in proposal.doubtful))
        command = f"diachinh inspect {package} --write"
        raise PackageError(
            f"{package} không có {MANIFEST} và còn điều chưa chắc ({keys}): chạy `{command}`, xem lại rồi chạy tiếp.",
            f"{package} has no {MANIFEST} and leaves doubt ({keys}): run `{command}`, check it, run again.",
        )
    return run(root, proposal.manifest, settings.province, evidence=proposal.evidence(), surveys=proposal.surveys)


def _write(stock: Stock, home: Path, unpacked: Path | None) -> str:
    code = str(stock.inventory["commune"])
    target = home / code / "package"
    with files.writing(target) as new:
        inventory = dict(stock.inventory)
        if unpacked is not None:
            shutil.copytree(unpacked, new / _UNPACKED)
            inventory["root"] = str((target / _UNPACKED).resolve())
        findings.write(stock.findings, new / "findings.parquet")
        stock.ledger.write(new / "account.json")
        text = json.dumps(inventory, ensure_ascii=False, indent=1, default=str)
        (new / "inventory.json").write_text(text, encoding="utf-8")
    return code
