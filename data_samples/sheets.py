"""Map sheets: which parcel lies in which, numbers of sheets and parcels, frames."""

import math

import shapely
from shapely import MultiPolygon, Polygon, box

from data_samples.communes import Commune
from data_samples.landuse import Piece
from data_samples.model import Parcel
from data_samples.plane import SHEET_M

_FEWEST = 40
_BAND_M = 55.0


def assign(pieces: list[Piece], commune: Commune, *, single: bool) -> tuple[list[Parcel], dict[str, Polygon]]:
    """Return numbered parcels and the frame of every sheet.

    A parcel lies whole in one sheet, also where it crosses the grid. Sheets are numbered from north to south and
    west to east, parcels of a sheet in a zig-zag from the north-west (TT 26/2024).

    Args:
        pieces: The land.
        commune: The commune.
        single: One sheet for the whole commune.
    """
    groups = {(0, 0): list(pieces)} if single else _by_cell(pieces)
    order = sorted(groups, key=lambda cell: (-cell[1], cell[0]))
    parcels: list[Parcel] = []
    frames: dict[str, Polygon] = {}
    for number, cell in enumerate(order, start=1):
        to = str(number)
        for thua, piece in enumerate(_zig_zag(groups[cell]), start=1):
            spot = label_spot(piece.geometry, commune.grid_m)
            area = round(piece.geometry.area, 1)
            parcels.append(Parcel(to, str(thua), piece.code, piece.geometry, area, spot))
        frames[to] = _frame(groups[cell])
    return parcels, frames


def _by_cell(pieces: list[Piece]) -> dict[tuple[int, int], list[Piece]]:
    groups: dict[tuple[int, int], list[Piece]] = {}
    for piece in pieces:
        point = piece.geometry.centroid
        groups.setdefault((math.floor(point.x / SHEET_M), math.floor(point.y / SHEET_M)), []).append(piece)
    for cell in sorted(groups, key=lambda cell: len(groups[cell])):
        if len(groups[cell]) < _FEWEST:
            x, y = cell
            beside = [near for near in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)) if near in groups]
            groups[max(beside, key=lambda near: len(groups[near]))] += groups.pop(cell)
    _fill_islands(groups)
    return groups


def _fill_islands(groups: dict[tuple[int, int], list[Piece]]) -> None:
    """Give parcels that lie enclosed in another sheet to that sheet, so that no sheet has a hole."""
    for cell in sorted(groups):
        union = shapely.coverage_union_all([piece.geometry for piece in groups[cell]])
        shapes = list(union.geoms) if isinstance(union, MultiPolygon) else [union]
        holes = [Polygon(ring) for shape in shapes for ring in shape.interiors]
        for hole in holes:
            for other in sorted(groups):
                moved = [p for p in groups[other] if other != cell and hole.contains(p.geometry.representative_point())]
                groups[cell] += moved
                groups[other] = [piece for piece in groups[other] if piece not in moved]


def _zig_zag(pieces: list[Piece]) -> list[Piece]:
    top = max(piece.geometry.bounds[3] for piece in pieces)
    banded: dict[int, list[Piece]] = {}
    for piece in pieces:
        banded.setdefault(int((top - piece.geometry.centroid.y) // _BAND_M), []).append(piece)
    ordered: list[Piece] = []
    for turn, band in enumerate(sorted(banded)):
        row = sorted(banded[band], key=lambda piece: (piece.geometry.centroid.x, piece.geometry.centroid.y))
        ordered += row if turn % 2 == 0 else row[::-1]
    return ordered


def label_spot(polygon: Polygon, grid_m: float) -> tuple[float, float]:
    """Return the middle of the widest place of a parcel, where its label stands."""
    point = shapely.maximum_inscribed_circle(polygon, tolerance=0.5).coords[0]
    per_metre = round(1 / grid_m)
    return round(point[0] * per_metre) / per_metre, round(point[1] * per_metre) / per_metre


def _frame(pieces: list[Piece]) -> Polygon:
    x0, y0, x1, y1 = shapely.total_bounds([piece.geometry for piece in pieces])
    west, south = (math.floor(value / 10) * 10 - 10 for value in (x0, y0))
    east, north = (math.ceil(value / 10) * 10 + 10 for value in (x1, y1))
    return box(west, south, east, north)
