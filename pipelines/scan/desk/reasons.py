"""Why something on a sheet is doubtful, in the words of the officer."""

import re
from functools import cache

import pandas as pd

WORDS = {
    "gap_bridged": ("nối qua chỗ đứt nét", "a gap in the line was bridged"),
    "cut_off": ("ảnh cắt ngang thửa", "the picture cuts the face off"),
    "no_area": (
        "chỉ đọc được số, không thấy diện tích như các thửa khác",
        "a number alone, where other labels have an area",
    ),
    "table": ("ô của bảng kẻ, không phải thửa", "a cell of a ruled table, not a parcel"),
    "gap_closed": ("đóng qua chỗ hở rộng, hai bên đều có chữ", "closed over a wide gap: both sides are written in"),
    "bridged": ("nối qua chỗ đứt nét", "a gap in the line was bridged"),
    "bridge": ("nối qua chỗ đứt nét", "a gap in the line was bridged"),
    "dashed": ("nét đứt", "a dashed line"),
    "thin_edge": ("nét quá mảnh", "the line is very thin"),
    "faint": ("nét mờ", "the line is faint"),
    "faint_edge": ("nét mờ", "the line is faint"),
    "weak_edge": ("cạnh yếu", "a weak edge"),
    "little_ink": ("ít mực dọc cạnh", "little ink along the edge"),
    "small_face": ("thửa rất nhỏ", "a very small face"),
    "narrow_face": ("thửa rất hẹp", "a very slim face"),
    "small": ("thửa rất nhỏ", "a very small face"),
    "slim": ("thửa rất hẹp", "a very slim face"),
    "odd_form": ("hình lạ", "an odd form"),
    "no_number": ("không thấy số thửa", "no number found"),
    "two_numbers": ("có hai số trong thửa", "two numbers in the face"),
    "unlisted": ("số không có trong sổ của tờ", "the number is not in the register"),
    "not_listed": ("số không có trong sổ của tờ", "the number is not in the register"),
    "doubled": ("số đã có ở thửa khác", "another face has this number"),
    "number_twice": ("số đã có ở thửa khác", "another face has this number"),
    "readings_differ": ("hai cách đọc cho hai kết quả", "two readings differ"),
    "area_differs": ("diện tích ghi khác diện tích hình", "the written area differs from that of the face"),
    "beside": ("nhãn nằm ngoài thửa", "the label stands beside the face"),
    "low_confidence": ("đọc không rõ", "not read clearly"),
    "officer": ("cán bộ đã xác nhận", "confirmed by an officer"),
}
"""Token of a stage to the words in Vietnamese and English."""


@cache
def _said(tokens: str, language: int) -> str:
    found = [token for token in re.split(r"[\s,;|]+", tokens) if token]
    return ", ".join(dict.fromkeys(WORDS.get(token, (token.replace("_", " "),) * 2)[language] for token in found))


def words(tokens: pd.Series, language: str) -> pd.Series:
    """Return what tokens mean; empty text where there is none.

    Args:
        tokens: Tokens of the stages, several parted by blanks, commas or semicolons.
        language: `vi` or `en`.
    """
    place = 0 if language == "vi" else 1
    distinct = {text: _said(text, place) for text in tokens.fillna("").astype(str).unique()}
    return tokens.fillna("").astype(str).map(distinct).astype("string")
