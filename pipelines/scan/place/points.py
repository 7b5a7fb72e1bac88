"""Control points of a sheet as a file of the QGIS Georeferencer, to be corrected by an officer and taken back."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from pipelines import warping
from pipelines.control_points import Pairs
from pipelines.errors import PackageError
from pipelines.files import write_text
from pipelines.scan.model import Page, Placed, Points

_BESIDE = 0.5
"""Points may lie beside the page by this share of it: where somebody moved one there."""

_DEGREES, _EAST_M, _NORTH_M = 180.0, 100_000.0, 900_000.0
"""Of plane coordinates in Vietnam all northings are larger than that, and all eastings between."""

_HEADING = "mapX,mapY,sourceX,sourceY,enable,dX,dY,residual"


def pixels(pairs: Pairs, page: Page) -> Pairs | None:
    """Return identical points whose source are pixels of a file as pixels of its page; None where they are none of it.

    A coordinate below zero, as QGIS writes it, is that of the row. Tables of surveyors may have the rows first: pixels
    count downwards, so that one order only fits the ground without a mirror.

    Args:
        pairs: As read by `pipelines.control_points`.
        page: The page.
    """
    size, negative = np.array([page.width, page.height]) * page.shrink, (pairs.source <= 0).all(axis=0)
    orders = [pairs.source, pairs.source[:, ::-1]]
    if negative.any():
        orders = [orders[0 if negative[1] else 1] * (1.0, -1.0)]
    on_page = [
        source for source in orders
        if ((source >= -_BESIDE * size) & (source <= (1 + _BESIDE) * size)).all(axis=1).mean() > 0.5
    ]  # fmt: skip
    if not on_page:
        return None
    best = min(on_page, key=lambda source: warping.helmert_rms(source * (1.0, -1.0), pairs.target))
    return replace(pairs, source=np.ascontiguousarray(best) / page.shrink)


def check(pairs: Pairs, name: str) -> None:
    """Refuse points on the ground that are no plane coordinates in metres, or have northings before eastings.

    Raises:
        PackageError: They are degrees, or their columns are exchanged.
    """
    east, north = pairs.target.T
    if (np.abs(pairs.target) <= _DEGREES).all() and np.ptp(pairs.target, axis=0).max() < 1:
        raise PackageError(
            f"{name}: tọa độ thực địa là độ (kinh, vĩ độ), không phải mét: chuyển sang VN-2000 phẳng rồi chạy lại.",
            f"{name}: the coordinates on the ground are degrees, not metres: bring them to plane VN-2000, run again.",
        )
    if (east >= _NORTH_M).all() and (north < _NORTH_M).all() and (north > _EAST_M).all():
        raise PackageError(
            f"{name}: hai cột tọa độ thực địa bị đổi chỗ (mapX: đông, mapY: bắc): đổi lại rồi chạy lại.",
            f"{name}: the two columns on the ground are exchanged (mapX: east, mapY: north): exchange them, run again.",
        )


def fitted(source: Points, target: Points, tolerance_m: float, name: str, *, flipped: bool = True) -> warping.Warp:
    """Return the transformation of pixels to metres; of a system counted upwards where it is not `flipped`.

    Raises:
        PackageError: Fewer than three points, or all lie on one line.
    """
    try:
        return warping.fit(source, target, tolerance_m=tolerance_m, flipped=flipped)
    except ValueError as error:
        raise PackageError(
            f"{name}: các điểm khống chế thẳng hàng, trùng nhau hoặc ít hơn 3: thêm điểm ở phía khác của tờ.",
            f"{name}: the control points lie on one line, in one place, or are fewer than 3: add some beside it.",
        ) from error


def write(placed: Placed, path: Path, shrink: int = 1) -> None:
    """Write the control points of a sheet as QGIS reads them: pixels of the file with the rows below zero.

    Args:
        placed: Where it lies.
        path: The file.
        shrink: As of `Page`.

    Raises:
        StoreError: The file cannot be written; what was there before is still there.
    """
    table = placed.points
    made = placed.warp(table[["x_px", "y_px"]].to_numpy(float)) - table[["x_m", "y_m"]].to_numpy(float)
    rows = [
        f"{x_m:.4f},{y_m:.4f},{x * shrink:.4f},{-y * shrink:.4f},{int(used)},{dx:.4f},{dy:.4f},{off:.4f}"
        for x_m, y_m, x, y, used, (dx, dy), off in zip(
            table["x_m"], table["y_m"], table["x_px"], table["y_px"], table["used"], made.tolist(), table["residual_m"],
            strict=True,
        )
    ]  # fmt: skip
    write_text(path, "\n".join([_HEADING, *rows, ""]))
