"""QR codes on certificates: read, parsed, and reduced to what names no person and is no secret."""

import json

import cv2
import pandas as pd
import zxingcpp

from pipelines import qr
from pipelines.papers.pages import Grey

PUBLIC = ("in_luc", "ma_don_vi", "so_phat_hanh", "sua_luc")
"""Fields that are kept: of the others one is a secret, and some are written freely by the software."""

_COARSE_DPI = 160.0
_UNIT = r"[0-9A-Z.]{1,16}"


def read(grey: Grey, dpi: float, *, closely: bool) -> str | None:
    """Return the fields of the certificate's code on a page as JSON, None where there is no such code.

    Other codes, as identity cards have them, are forgotten.

    Args:
        grey: (H, W) picture, 255 = paper, at any turn.
        dpi: Its resolution.
        closely: Whether to look a second time, in a larger picture, where the first is coarse.
    """
    found = _fields(grey)
    if found is None and closely and dpi < _COARSE_DPI:
        found = _fields(cv2.resize(grey, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    return found


def parse(kept: pd.Series) -> pd.DataFrame:
    """Return the fields of `pipelines.qr` of what `read` returned; those that are not kept are null."""
    told = pd.DataFrame([json.loads(text) if isinstance(text, str) else {} for text in kept], index=kept.index)
    return told.reindex(columns=[*qr.FIELDS, "bad"]).astype("string")


def _fields(grey: Grey) -> str | None:
    codes = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCode)
    if not codes:
        return None
    parsed = qr.parse(pd.Series([code.text for code in codes], dtype="string"))
    parsed["ma_don_vi"] = parsed["ma_don_vi"].where(parsed["ma_don_vi"].str.fullmatch(_UNIT))
    good = parsed.loc[parsed["bad"].isna() & parsed["so_phat_hanh"].notna(), list(PUBLIC)]
    if good.empty:
        return None
    return json.dumps(good.iloc[0].dropna().to_dict(), ensure_ascii=False, sort_keys=True)
