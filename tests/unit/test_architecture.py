"""The shape of the house, checked: where packages come from, how long files are, what crosses a border."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("schemas", "pipelines", "atlas", "data_samples")
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts
)


@pytest.mark.parametrize("name", PACKAGES)
def test_packages_are_ours(name: str) -> None:
    """Packages of the same name exist elsewhere; ours must win however Python is started."""
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(ROOT)


def test_every_folder_with_python_is_a_package() -> None:
    folders = {path.parent for path in SOURCES} | {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_files_hold_one_subject() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def test_public_functions_are_documented_and_annotated() -> None:
    bare = []
    for path in SOURCES:
        for node in ast.parse(path.read_text("utf-8")).body:
            is_public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            if is_public and (ast.get_docstring(node) is None or node.returns is None):
                bare.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert bare == []


def test_steps_do_not_loop_over_rows() -> None:
    slow = (".iterrows(", ".itertuples(", ".apply(lambda")
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "pipelines") or path.is_relative_to(ROOT / "atlas")
        for word in slow
        if word in path.read_text("utf-8")
    ]
    assert found == []


def test_lock_file_names_no_address() -> None:
    for name in ("requirements.lock", "atlas/web/package-lock.json"):
        text = (ROOT / name).read_text("utf-8")
        assert '"resolved"' not in text, name
        assert "--index-url" not in text and "--find-links" not in text, name


def test_opencv_is_loaded_by_the_child_that_reads_a_sheet_alone() -> None:
    """Where it is loaded no child can be forked: each sheet would start Python anew, and be counted as nobody's."""
    code = "import sys, pipelines.cli.digitize, pipelines.scan.folder; print('cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
