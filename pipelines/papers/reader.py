"""The readers of text: which way up a line stands, and what it says. Both run offline, on one core."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from pipelines.papers.pages import Grey

_UPSIDE_DOWN = "180"


def upside_down(pictures: Sequence[Grey]) -> npt.NDArray[np.float64]:
    """Return for each picture of text how likely it stands upside down, 0 to 1."""
    likely = []
    for picture in pictures:
        ((label, score),) = _engine()(_coloured(picture), use_det=False, use_cls=True, use_rec=False).cls_res
        likely.append(float(score) if label == _UPSIDE_DOWN else 1 - float(score))
    return np.array(likely)


def texts(pictures: Sequence[Grey]) -> list[tuple[str, float]]:
    """Return what each picture of one line says, and how sure that is (0 to 1)."""
    read = []
    for picture in pictures:
        answer = _engine()(_coloured(picture), use_det=False, use_cls=False, use_rec=True)
        said = zip(answer.txts or ("",), answer.scores or (0.0,), strict=True)
        read += [(str(text), float(score)) for text, score in said]
    return read


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(params={**one, "Global.log_level": "error"})


def _coloured(picture: Grey) -> Any:
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_GRAY2BGR)
