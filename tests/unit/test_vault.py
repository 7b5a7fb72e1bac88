"""Identity numbers: unreadable without the key, findable with it."""

import stat
from pathlib import Path

import pandas as pd
import pytest

from pipelines import vault
from pipelines.errors import StoreError

NUMBERS = pd.Series(["038180123456", "171234567", None, "12"], dtype=object)


def test_sealed_numbers_come_back(tmp_path: Path) -> None:
    safe = vault.open_vault(tmp_path / "holder.key")
    sealed = safe.seal(NUMBERS)
    assert safe.unseal(sealed).dropna().tolist() == NUMBERS.dropna().tolist()
    assert sealed[2] is None or pd.isna(sealed[2])
    assert b"038180123456" not in sealed[0]


def test_encryption_hides_equality_and_the_hash_shows_it(tmp_path: Path) -> None:
    safe = vault.open_vault(tmp_path / "holder.key")
    twice = pd.Series(["038180123456", "038180123456"])
    assert safe.seal(twice).nunique() == 2
    assert safe.fingerprint(twice).nunique() == 1


def test_hash_depends_on_the_key(tmp_path: Path) -> None:
    one, other = vault.open_vault(tmp_path / "one.key"), vault.open_vault(tmp_path / "other.key")
    assert one.fingerprint(NUMBERS)[0] != other.fingerprint(NUMBERS)[0]


def test_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "holder.key"
    first = vault.open_vault(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert vault.open_vault(path).check_value == first.check_value


def test_wrong_key_is_told(tmp_path: Path) -> None:
    sealed = vault.open_vault(tmp_path / "one.key").seal(NUMBERS)
    other = vault.open_vault(tmp_path / "other.key")
    with pytest.raises(StoreError, match="key for identity numbers"):
        other.unseal(sealed)
    with pytest.raises(StoreError):
        vault.check(other, vault.open_vault(tmp_path / "one.key").check_value)


@pytest.mark.parametrize("content", ["", "not a key", "00" * 31])
def test_a_file_that_is_no_key_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "holder.key").write_text(content, encoding="utf-8")
    with pytest.raises(StoreError, match="holds no key"):
        vault.open_vault(tmp_path / "holder.key")


def test_mask_shows_seven_digits_at_most() -> None:
    assert vault.mask(pd.Series(["038123451234", "171234567", "1234567", None])).tolist() == [
        "038*****1234",
        "171*****4567",
        "*****",
        pd.NA,
    ]


def test_vault_does_not_print_its_keys(tmp_path: Path) -> None:
    assert "matching_key" not in repr(vault.open_vault(tmp_path / "holder.key"))
