"""`package.yaml` from anywhere: one line in two languages, never a hang, never a traceback."""

from pathlib import Path

import pytest

from pipelines import manifests
from pipelines.errors import PackageError

NINE = "[" + ",".join(["*{0}"] * 9) + "]"
LAUGHS = "a: &a [x, x, x]\n" + "".join(
    f"{name}: &{name} {NINE.format(before)}\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)),
        b"a: [" + b"1," * 600_000 + b"]",
        b"[" * 3000,
        LAUGHS.encode(),
        b"!!python/object/apply:os.system ['x']",
        "commune: '15703'".encode("utf-16"),
    ],
    ids=["binary", "large", "deep", "laughs", "tag", "utf-16"],
)
def test_what_is_no_description_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        manifests.parse(content, "x/package.yaml", tmp_path)
    assert "x/package.yaml" in caught.value.vi
    assert "\n" not in caught.value.vi + caught.value.en


def test_a_byte_order_mark_and_a_plain_alias_are_read(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfa: &a {b: 1}\nc: *a\n"
    assert manifests.parse(content, "package.yaml", tmp_path) == {"a": {"b": 1}, "c": {"b": 1}}


def test_a_folder_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / manifests.MANIFEST).mkdir()
    with pytest.raises(PackageError, match="not a file"):
        manifests.read(tmp_path / manifests.MANIFEST)
