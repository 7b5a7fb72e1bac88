"""What is known of a scan, and what the name of its file says."""

import re
import unicodedata
from pathlib import PurePosixPath

import pandas as pd

from pipelines import certificates

TYPES = {
    "path": "string",
    "sha256": "string",
    "kind": "string",
    "serial_named": "string",
    "state": "string",
    "pages": "Int64",
    "page": "Int64",
    "width": "Int64",
    "height": "Int64",
    "dpi": "Float64",
    "is_blank": "boolean",
    "sharpness": "Float64",
    "unreadable": "string",
    "turn": "Int64",
    "hash": "string",
    "serial_read": "string",
    "serial_confidence": "Float64",
    "qr": "string",
    "same_as": "string",
}
"""Columns of the facts, one row per page; a file without pages has one row with page 0.

`path` inside the package; `kind` is `GCN`, `GT` or null and `serial_named` the serial, as the name of the file says;
`state` is one of `STATES`; `pages` of the file; `page` from 1; `width` and `height` in pixels as scanned; `dpi` as told
or as the size of the page gives it; `sharpness` in edges per mm; `unreadable` is one of `REASONS` or null; `turn` how
far the page stands turned clockwise (0, 90, 180, 270), null where it cannot be told; `qr` is a payload as
`pipelines.qr` reads it with the fields alone that are no secret; `same_as` names another page as `path#page`.
"""

STATES = {
    "ok": ("đọc được", "read"),
    "empty": ("tệp rỗng, 0 byte", "zero bytes"),
    "broken": ("tệp hỏng hoặc bị cụt", "damaged or cut short"),
    "locked": ("có mật khẩu: lưu lại không đặt mật khẩu", "locked with a password: save it without one"),
    "no_pages": ("không có trang nào", "no page in it"),
    "too_many": ("quá nhiều trang: tách thành từng hồ sơ", "too many pages: split it by dossier"),
    "too_large": ("ảnh quá lớn: quét lại ở 300 dpi", "a picture too large: scan it again at 300 dpi"),
    "failed": ("đọc quá lâu hoặc trình đọc gặp lỗi", "reading it took too long or failed"),
}
"""What became of a file, with its name in Vietnamese and English."""

REASONS = {
    "low_resolution": ("độ phân giải thấp", "low resolution"),
    "blurred": ("nhòe", "blurred"),
    "faint": ("quá mờ nhạt", "too faint"),
    "dark": ("quá tối", "too dark"),
    "too_large": ("ảnh quá lớn", "picture too large"),
    "broken": ("trang hỏng", "page damaged"),
}
"""Why a page cannot be read."""

SUFFIXES = frozenset({".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff"})
_NAME = re.compile(r"(?P<serial>.+?)[\s._-]*(?P<kind>GCN|GT)(?:[\s._-]*\(?[0-9]{1,3}\)?)?")
_LONE_D = str.maketrans({"Đ": "D", "Ð": "D"})


def named(paths: pd.Series) -> pd.DataFrame:
    """Return `kind` and `serial_named` of files by their names (`<serial>-GCN.pdf`), null where a name says neither.

    The serial is one of a known form, in any spelling; of a name like `HD-GT.pdf` only the kind is known.
    """
    stems = paths.map(_folded)
    parts = stems.str.extract(f"^{_NAME.pattern}$").astype("string")
    return pd.DataFrame({"kind": parts["kind"], "serial_named": _known(parts["serial"])}, index=paths.index)


def is_scan(path: str) -> bool:
    """Tell whether a file is a scan of papers by its ending."""
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def spelled_alike(serials: pd.Series) -> pd.Series:
    """Return serials as they are compared: the bar of Đ is too thin for any reader to be sure of it."""
    return serials.astype("string").map(lambda text: text.translate(_LONE_D), na_action="ignore").astype("string")


def frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Return facts as a frame with the columns and types of `TYPES`."""
    return pd.DataFrame(rows, columns=list(TYPES)).astype(TYPES)


def _known(values: pd.Series) -> pd.Series:
    found = certificates.serials(values, pd.Series(pd.NA, index=values.index, dtype="string"))
    return found["serial"].where(found["form"].notna()).astype("string")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", PurePosixPath(path).stem).strip().upper()
