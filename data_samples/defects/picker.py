"""Where defects go: no two on the same or on neighbouring parcels, so that each stands for itself."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import shapely
from shapely import Polygon
from shapely.strtree import STRtree

from data_samples.model import Delivery, Parcel, Planted, Row
from data_samples.sheets import label_spot

Node = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Edge:
    """A boundary segment of a parcel.

    Attributes:
        parcel: The parcel, which has it in its ring from `start` to `end`.
        beside: The parcel on the other side; None on the outline of the commune.
        start: First node.
        end: Last node.
    """

    parcel: Parcel
    beside: Parcel | None
    start: Node
    end: Node

    @property
    def length_m(self) -> float:
        """Length in metres."""
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))


class Picker:
    """Chooses untouched parcels, edges and rows, in an order given by the seed."""

    def __init__(self, delivery: Delivery, rng: Random) -> None:
        self.delivery = delivery
        self.rng = rng
        self.grid_m = delivery.commune.grid_m
        self._clean = list(delivery.parcels)
        self._tree = STRtree([parcel.geometry for parcel in self._clean])
        self._order = rng.sample(self._clean, len(self._clean))
        self._edges = self._all_edges()
        self._rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in delivery.rows:
            self._rows[row.key].append(row)
        self._number = delivery.commune.first_number + delivery.commune.numbers
        self._free = {to: sum(parcel.to == to for parcel in self._clean) for to in delivery.frames}

    def parcel(self, fits: Callable[[Parcel], bool] = lambda _: True, *, alone: bool = True) -> Parcel:
        """Return a parcel with one register row that nothing touches yet; with `alone` its neighbours are kept free."""
        found = next((parcel for parcel in self.free() if fits(parcel)), None)
        if found is None:
            raise LookupError(f"no parcel left in {self.delivery.commune.code}")
        self.touch(found, around=alone)
        return found

    def free(self) -> Iterator[Parcel]:
        """Yield the parcels with one register row that nothing touches yet."""
        yield from (parcel for parcel in self._order if self._usable(parcel))

    def row(self, fits: Callable[[Row], bool] = lambda _: True) -> tuple[Parcel, Row]:
        """Return a parcel and its only row, for a defect that lives in the register alone."""
        parcel = self.parcel(
            lambda item: "ho_ten" in self._rows[item.key][0].values and fits(self._rows[item.key][0]), alone=False
        )
        return parcel, self._rows[parcel.key][0]

    def rows(self, parcel: Parcel) -> list[Row]:
        """Return the rows made for a parcel."""
        return self._rows[parcel.key]

    def edge(self, fits: Callable[[Edge], bool], *, on_outline: bool = False) -> Iterator[Edge]:
        """Yield edges of untouched parcels of one row; the caller touches what it takes."""
        for edge in self._edges:
            sides = [edge.parcel, *([edge.beside] if edge.beside else [])]
            if (edge.beside is None) == on_outline and all(self._usable(side) for side in sides) and fits(edge):
                yield edge

    def touch(self, *parcels: Parcel, around: bool = True) -> None:
        """Mark parcels, and their neighbours, as taken."""
        for parcel in parcels:
            parcel.touched = True
            if around and parcel.geometry is not None:
                for number in self._tree.query(shapely.buffer(parcel.geometry, 0.5), predicate="intersects"):
                    self._clean[number].touched = True

    def number(self, to: str) -> str:
        """Return the next free parcel number of a sheet."""
        self._free[to] += 1
        return str(self._free[to])

    def fresh_number(self) -> int:
        """Return a number for a person or certificate that no clean row has."""
        self._number -= 1
        return self._number

    def add(self, like: Parcel, geometry: Any, *, area_m2: float) -> Parcel:
        """Add a parcel with a number, a label and a row of its own, everything else as its model has it."""
        spot = label_spot(geometry, self.grid_m) if isinstance(geometry, Polygon) else like.spot
        fresh = Parcel(like.to, self.number(like.to), like.code, geometry, area_m2, spot, touched=True)
        self.delivery.parcels.append(fresh)
        row = self.copy_row(self.rows(like)[0], like.to, fresh.thua)
        resize_row(row, area_m2)
        self.delivery.captions[fresh.key] = self.delivery.captions.get(like.key, ("", ""))
        return fresh

    def copy_row(self, row: Row, to: str, thua: str) -> Row:
        """Insert a copy of a row with another parcel number below it."""
        names = {
            "so_hieu_to_ban_do": to,
            "so_thu_tu_thua": thua,
            "so_hieu_to_ban_do_gcn": to,
            "so_thu_tu_thua_gcn": thua,
        }
        values = {**row.values, **{name: value for name, value in names.items() if name in row.values}}
        fresh = Row(values, (to, thua), touched=True)
        self.delivery.rows.insert(self.delivery.rows.index(row) + 1, fresh)
        self._rows[fresh.key].append(fresh)
        return fresh

    def resize(self, parcel: Parcel) -> None:
        """Bring area, label place and register of a parcel to its geometry."""
        parcel.area_m2 = round(parcel.shape.area, 1)
        if isinstance(parcel.geometry, Polygon):
            parcel.spot = label_spot(parcel.geometry, self.grid_m)
        for row in self.rows(parcel):
            resize_row(row, parcel.area_m2)

    def answer(self, code: str, parcel: Parcel | None = None, **details: Any) -> None:
        """Write a line of the answer sheet; the place is the label of the parcel unless given."""
        if parcel is not None:
            details = {"to": parcel.to, "thua": parcel.thua, "at": parcel.spot, **details}
        self.delivery.answers.append(Planted(code, **details))

    def on_grid(self, x: float, y: float) -> Node:
        """Return a point on the grid of the drawing."""
        per_metre = round(1 / self.grid_m)
        return round(x * per_metre) / per_metre, round(y * per_metre) / per_metre

    def _usable(self, parcel: Parcel) -> bool:
        return not parcel.touched and not parcel.is_ground and len(self._rows[parcel.key]) == 1

    def _all_edges(self) -> list[Edge]:
        sides: dict[tuple[Node, Node], Parcel] = {}
        for parcel in self._clean:
            ring = list(shapely.normalize(parcel.geometry).exterior.coords)
            sides |= {(start, end): parcel for start, end in itertools.pairwise(ring)}
        edges = [Edge(parcel, sides.get((end, start)), start, end) for (start, end), parcel in sides.items()]
        return self.rng.sample(edges, len(edges))


def resize_row(row: Row, area_m2: float) -> None:
    """Set the area of a row; the last land use takes what the first leaves."""
    parts = [name for name in ("dien_tich_1", "dien_tich_2") if name in row.values]
    if len(parts) == 2 and row.values["dien_tich_1"] >= area_m2:
        row.values["dien_tich_1"] = round(area_m2 / 2, 1)
    row.values["dien_tich"] = area_m2
    row.values[parts[-1]] = round(area_m2 - sum(row.values[name] for name in parts[:-1]), 1)


def bulge(edge: Edge, depth_m: float, picker: Picker, *, outward: bool) -> tuple[Polygon, Polygon]:
    """Return a parcel with one edge pushed out (or in), and the ground between old and new edge.

    The ends of the edge stay, so that no other boundary moves. A parcel's ring runs clockwise (`normalize`),
    its outside is on the left.
    """
    (x0, y0), (x1, y1) = edge.start, edge.end
    ux, uy = (x1 - x0) / edge.length_m, (y1 - y0) / edge.length_m
    side = depth_m if outward else -depth_m
    nx, ny = -uy * side, ux * side
    inset = 0.12 * edge.length_m
    first = picker.on_grid(x0 + ux * inset + nx, y0 + uy * inset + ny)
    second = picker.on_grid(x1 - ux * inset + nx, y1 - uy * inset + ny)
    ring = list(shapely.normalize(edge.parcel.geometry).exterior.coords)
    at = next(n for n in range(len(ring) - 1) if ring[n] == edge.start and ring[n + 1] == edge.end)
    pushed = Polygon([*ring[: at + 1], first, second, *ring[at + 1 :]])
    return pushed, Polygon([edge.start, first, second, edge.end])
