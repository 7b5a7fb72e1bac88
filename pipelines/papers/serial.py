"""The serial of a certificate, read from its page; everything else that was read is forgotten here."""

import re
from dataclasses import dataclass

import numpy as np

from pipelines import certificates
from pipelines.papers import lines
from pipelines.papers.pages import Grey
from pipelines.papers.reader import texts

_SERIAL = re.compile(r"(?<![A-ZĐ0-9])([A-ZĐ]{1,2})[\s.-]{0,2}([0-9O]{8}|[0-9O]{6})(?![0-9A-Z])")
_MOST_ASPECT = 16.0
_LIKELY, _ANYWHERE = 4, 14
"""Lines asked in the corner where the forms have their serial, and on the whole of a first page."""


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial as it was read; D may stand for Đ.

    Attributes:
        text: Tidied, of a known form.
        confidence: 0 to 1.
    """

    text: str
    confidence: float


def read(grey: Grey, letters: Grey, dpi: float, *, whole: bool) -> Serial | None:
    """Return the serial that stands on a page, None where none is found.

    The forms have it in the lower right corner; lines are asked in order of their distance from it.

    Args:
        grey: (H, W) picture that stands upright, 255 = paper.
        letters: (H, W) ink of the size of letters.
        dpi: Resolution of both.
        whole: Whether to look elsewhere on the page as well.
    """
    boxes = lines.find(letters, dpi)
    boxes = boxes[boxes[:, 2] <= _MOST_ASPECT * boxes[:, 3]]
    far = np.hypot(grey.shape[1] - boxes[:, 0] - boxes[:, 2], grey.shape[0] - boxes[:, 1] - boxes[:, 3])
    boxes = boxes[np.argsort(far, kind="stable")][: _ANYWHERE if whole else _LIKELY]
    for at in range(len(boxes)):
        ((text, confidence),) = texts(lines.crops(grey, boxes[at : at + 1]))
        found = find(text)
        if found is not None:
            return Serial(found, round(confidence, 3))
    return None


def find(text: str) -> str | None:
    """Return the serial in a line of text, None where there is none of a known form.

    >>> find("Số: BĐ 99O123")
    'BĐ 990123'
    """
    match = _SERIAL.search(text.upper().replace("Ð", "Đ"))
    if match is None:
        return None
    serial = certificates.tidy_serial(match.group())
    return serial if any(re.fullmatch(form.pattern, serial) for form in certificates.forms()) else None
