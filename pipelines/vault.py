"""Identity numbers: encrypted to keep, hashed with a key to match, masked to show.

The key lies in a file of its own, readable by its owner only, and never in the database.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.errors import StoreError

_KEY_BYTES = 32
_NONCE_BYTES = 12
_SHOWN_HEAD, _SHOWN_TAIL = 3, 4
_CHECK = b"diachinh key check"


@dataclass(frozen=True, slots=True)
class Vault:
    """One key for encryption and one for matching, both derived from the key file.

    Attributes:
        cipher: AES-GCM with 256 bits.
        matching_key: Key of the HMAC-SHA256 by which equal numbers are found.
    """

    cipher: AESGCM = field(repr=False)
    matching_key: bytes = field(repr=False)

    def seal(self, numbers: pd.Series) -> pd.Series:
        """Return the numbers encrypted (nonce and ciphertext as bytes, another each time); null stays null."""
        return numbers.map(self._seal_one, na_action="ignore")

    def unseal(self, sealed: pd.Series) -> pd.Series:
        """Return the numbers in clear.

        Raises:
            StoreError: The key is not the one they were encrypted with, or the bytes were changed.
        """
        return sealed.map(self._unseal_one, na_action="ignore")

    def fingerprint(self, numbers: pd.Series) -> pd.Series:
        """Return the keyed hash of each number (64 hexadecimal digits); equal numbers have equal hashes."""
        return numbers.map(self._hash_one, na_action="ignore")

    @property
    def check_value(self) -> str:
        """A value that tells this key from another without giving it away."""
        return hmac.new(self.matching_key, _CHECK, hashlib.sha256).hexdigest()

    def _hash_one(self, number: str) -> str:
        return hmac.new(self.matching_key, number.encode(), hashlib.sha256).hexdigest()

    def _seal_one(self, number: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self.cipher.encrypt(nonce, number.encode(), None)

    def _unseal_one(self, sealed: bytes) -> str:
        try:
            return self.cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except InvalidTag as error:
            raise _wrong_key() from error


def open_vault(key_file: Path) -> Vault:
    """Return the vault of a key file; a missing file is made, with mode 0600.

    Raises:
        StoreError: The file cannot be read or written, or holds no key.
    """
    try:
        text = key_file.read_text(encoding="ascii", errors="replace") if key_file.exists() else _create(key_file)
    except OSError as error:
        raise StoreError(
            f"Không mở được tệp khóa {key_file}: kiểm tra đường dẫn và quyền đọc, hoặc đặt `key_file` trong cấu hình.",
            f"The key file {key_file} cannot be opened: check its path and rights, or set `key_file` in the settings.",
        ) from error
    secret = _parse(text, key_file)
    return Vault(AESGCM(_derive(secret, b"encrypt")), _derive(secret, b"match"))


def mask(numbers: pd.Series) -> pd.Series:
    """Return the numbers as they may be shown: `038*****1234`; short ones only as stars."""
    text = numbers.astype("string")
    hidden = text.str.len() - _SHOWN_HEAD - _SHOWN_TAIL
    shown = text.str[:_SHOWN_HEAD] + "*****" + text.str[-_SHOWN_TAIL:]
    return shown.mask((hidden < 2) & text.notna(), "*****")


def check(vault: Vault, stored: str | None) -> None:
    """Compare the key with the check value kept in the database.

    Raises:
        StoreError: The database was written with another key.
    """
    if stored is not None and not hmac.compare_digest(stored, vault.check_value):
        raise _wrong_key()


def _create(key_file: Path) -> str:
    key_file.parent.mkdir(parents=True, exist_ok=True)
    text = secrets.token_hex(_KEY_BYTES) + "\n"
    # O_EXCL: of two processes that start together, one makes the key and the other reads it.
    try:
        descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return key_file.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
    return text


def _parse(text: str, key_file: Path) -> bytes:
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) != _KEY_BYTES:
        raise StoreError(
            f"Tệp khóa {key_file} không chứa khóa: cần đúng 64 chữ số thập lục phân, hãy khôi phục từ bản sao lưu.",
            f"The key file {key_file} holds no key: it needs 64 hexadecimal digits; restore it from a backup.",
        )
    return secret


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return hmac.new(secret, b"diachinh/" + purpose, hashlib.sha256).digest()


def _wrong_key() -> StoreError:
    return StoreError(
        "Khóa mã hóa số giấy tờ không khớp với cơ sở dữ liệu: đặt `key_file` trỏ tới tệp khóa đã dùng khi nạp.",
        "The key for identity numbers does not fit the database: point `key_file` to the key used when it was loaded.",
    )
