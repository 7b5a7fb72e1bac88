"""One DXF for the whole commune: named layers, labels as one text such as "ONT 25/120.5"."""

from pathlib import Path

import ezdxf
from ezdxf.document import Drawing

from data_samples import linework
from data_samples.linework import Element
from data_samples.model import Delivery

_LAYERS = {
    linework.PARCEL: "RANH_THUA",
    linework.ROAD: "RANH_DUONG",
    linework.RIVER: "RANH_NUOC",
    linework.CANAL: "RANH_KENH",
    linework.OUTLINE: "DIA_GIOI_XA",
    linework.WALL: "TUONG_NHA",
    linework.PLACE: "DIA_DANH",
    linework.FRAME: "KHUNG",
}
_LABELS = "NHAN_THUA"
_TEXT_HEIGHT_M = 2.0


def write(delivery: Delivery, path: Path) -> None:
    """Write the drawing of a commune with one sheet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Otherwise the file would hold the time of writing and two random identifiers.
    ezdxf.options.write_fixed_meta_data_for_testing = True
    document = ezdxf.new("R2010", setup=False)
    document.header["$INSUNITS"] = 6
    for level, name in _LAYERS.items():
        document.layers.add(name, color=linework.COLOURS.get(level, 0) or 7)
    document.layers.add(_LABELS, color=2)
    to = next(iter(delivery.frames))
    for element in [*linework.sheet(delivery, to), *linework.places(delivery, to), *linework.frame(delivery, to)]:
        _add(document, element)
    for parcel in delivery.parcels:
        if parcel.labelled:
            _label(document, parcel.spot, f"{parcel.code} {parcel.thua}/{parcel.area_m2:.1f}")
    for mark in delivery.marks:
        if mark.role == "label":
            text = mark.text[0] if len(mark.text) == 1 else f"{mark.text[0]} {mark.text[1]}/{mark.text[2]}"
            _label(document, (mark.geometry.x, mark.geometry.y), text)
    document.saveas(path)


def _add(document: Drawing, element: Element) -> None:
    space = document.modelspace()
    layer = {"layer": _LAYERS[element.level]}
    if element.text:
        text = space.add_text(element.text, height=_TEXT_HEIGHT_M, dxfattribs=layer)
        text.set_placement((element.geometry.x, element.geometry.y))
        return
    points = [(x, y) for x, y in element.geometry.coords]
    closed = points[0] == points[-1]
    space.add_lwpolyline(points[:-1] if closed else points, close=closed, dxfattribs=layer)


def _label(document: Drawing, spot: tuple[float, float], text: str) -> None:
    entity = document.modelspace().add_text(text, height=_TEXT_HEIGHT_M, dxfattribs={"layer": _LABELS})
    entity.set_placement(spot)
