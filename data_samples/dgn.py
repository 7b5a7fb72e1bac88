"""DGN v7 files, one a sheet, texts in TCVN3."""

from pathlib import Path
from typing import Any

import fiona
import numpy as np
import shapely

from data_samples import linework
from data_samples.legacy import tcvn3
from data_samples.linework import Element
from data_samples.model import Delivery, Mark

SCHEMA = {
    "geometry": "Unknown",
    "properties": {
        "Type": "int32:2",
        "Level": "int32:2",
        "GraphicGroup": "int32:4",
        "ColorIndex": "int32:3",
        "Weight": "int32:2",
        "Style": "int32:1",
        "EntityNum": "int32",
        "MSLink": "int32",
        "Text": "str",
    },
}
_LINE, _TEXT = 4, 17
_RESOLUTION_M = 0.01


def write(delivery: Delivery, folder: Path) -> list[tuple[str, str]]:
    """Write a drawing for every sheet; return (file name, sheet number)."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for to in delivery.frames:
        name = f"to_{int(to):02d}.dgn"
        _write_file(folder / name, elements(delivery, to))
        written.append((name, to))
    return written


def elements(delivery: Delivery, to: str) -> list[Element]:
    """Return everything in the drawing of a sheet."""
    parcels = [parcel for parcel in delivery.parcels if parcel.to == to]
    found = linework.sheet(delivery, to) + linework.separate_labels(parcels)
    for mark in delivery.marks:
        if mark.to == to and mark.role == "label":
            found += _loose(mark)
    return found + linework.places(delivery, to) + linework.frame(delivery, to)


def _loose(mark: Mark) -> list[Element]:
    if len(mark.text) == 1:
        return [Element(linework.NUMBER, mark.geometry, mark.text[0])]
    code, thua, area = mark.text
    return linework.label_at((mark.geometry.x, mark.geometry.y), code, thua, float(area))


def _write_file(path: Path, found: list[Element]) -> None:
    path.unlink(missing_ok=True)  # GDAL does not write over a DGN.
    with fiona.open(path, "w", driver="DGN", schema=SCHEMA) as target:
        target.writerecords(_record(element) for element in found)


def _centred(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Move points by half a unit of resolution: GDAL cuts coordinates off towards the middle of its design plane."""
    return points - _RESOLUTION_M / 2


def _record(element: Element) -> dict[str, Any]:
    is_text = bool(element.text)
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(shapely.transform(element.geometry, _centred)),
        "properties": {
            "Type": _TEXT if is_text else _LINE,
            "Level": element.level,
            "GraphicGroup": 0,
            "ColorIndex": linework.COLOURS.get(element.level, 0),
            "Weight": 0,
            "Style": 0,
            "EntityNum": 0,
            "MSLink": 0,
            "Text": tcvn3(element.text) if is_text else None,
        },
    }
