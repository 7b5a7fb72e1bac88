"""`Emits:` in a docstring is a promise: the code exists, and every code in the sources is promised somewhere."""

import ast
import re
from pathlib import Path

import pytest

import schemas

PIPELINES = schemas.ROOT.parent / "pipelines"
CODE = re.compile(r"\b(?:goi|ban_ve|ban_quet|van_ban|thua_dat|so_dia_chinh|giay_chung_nhan|giay_to|dia_chi|lien_xa)\.[a-z_]+\b")
CATALOGUE = frozenset(schemas.findings())


def emits(docstring):
    """Return the codes of the `Emits:` paragraph of a docstring."""
    _, mark, rest = docstring.partition("Emits:")
    return set(CODE.findall(rest.split("\n\n")[0])) if mark else set()


def documented(tree):
    """Return the codes promised by the docstrings of a module."""
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, nodes)]
    return set().union(*map(emits, texts))


def strings(tree):
    """Return the string constants of a module that are codes, without its docstrings."""
    constants = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {text for text in constants if text in CATALOGUE}


def sources():
    return [path for path in sorted(PIPELINES.rglob("*.py")) if path.parent.name != "cli"]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(PIPELINES).as_posix())
def test_promised_codes_exist(path: Path):
    assert documented(ast.parse(path.read_text(encoding="utf-8"))) <= CATALOGUE


def test_every_code_in_the_sources_is_promised_by_a_docstring():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sources()]
    promised = set().union(*map(documented, trees))
    assert set().union(*map(strings, trees)) - promised == set()


def test_the_reader_of_docstrings_sees_codes_over_two_lines():
    text = "Do.\n\nEmits: thua_dat.overlap,\n    thua_dat.gap\n\nRaises:\n    KeyError: thua_dat.empty"
    assert emits(text) == {"thua_dat.overlap", "thua_dat.gap"}
