"""What grows and stands where: blocks between the roads are divided into parcels with land-use codes."""

from dataclasses import dataclass
from random import Random

import shapely
from shapely import Polygon

from data_samples import curves
from data_samples.communes import Commune
from data_samples.network import Ground


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of land.

    Attributes:
        code: Land-use code(s) of TT 08/2024, joined by "+".
        geometry: Its area.
    """

    code: str
    geometry: Polygon


_VILLAGE_PLACES = ("TSC", "DGD", "DTT", "DKV", "DYT", "DCH")
_HAMLET_PLACES = ("DKV", "TIN")
_PLACE_M2 = {"TSC": 2600, "DGD": 4600, "DTT": 5200, "DKV": 700, "DYT": 1300, "DCH": 2300, "TIN": 600, "TON": 2200}


def divide(ground: Ground, commune: Commune, rng: Random) -> list[Piece]:
    """Divide every block into parcels by what lies there: village, hill or field."""
    pieces: list[Piece] = []
    fields: list[Polygon] = []
    in_village: list[list[Polygon]] = [[] for _ in ground.villages]
    for block in ground.blocks:
        point = block.representative_point()
        home = next((n for n, village in enumerate(ground.villages) if village.contains(point)), None)
        if home is not None:
            in_village[home].append(block)
        elif ground.hill is not None and ground.hill.contains(point):
            pieces += _forest(block, ground.hill, rng)
        else:
            fields.append(block)
    for number, blocks in enumerate(in_village):
        places = _VILLAGE_PLACES if number == 0 else _HAMLET_PLACES
        pieces += _village(blocks, ground.villages[number], places, rng)
    return pieces + _fields(fields, ground, rng)


def _village(blocks: list[Polygon], village: Polygon, places: tuple[str, ...], rng: Random) -> list[Piece]:
    pieces: list[Piece] = []
    blocks = sorted(blocks, key=lambda block: block.distance(village.centroid))
    waiting = list(places)
    for block in blocks:
        rest = [block]
        while waiting and rest and rest[-1].area > 0.8 * _PLACE_M2[waiting[0]] and block.area > 900:
            code = waiting.pop(0)
            cuts = sorted(curves.halve(rest.pop(), _PLACE_M2[code], rng, spread=0.1), key=lambda piece: piece.area)
            pieces.append(Piece(code, cuts.pop()))
            rest += cuts
            if rng.random() < 0.7:
                break
        for part in rest:
            lots = curves.halve(part, 390.0, rng, spread=0.45)
            pieces += [Piece(_lot_code(lot, rng), lot) for lot in lots]
    return pieces


def _lot_code(lot: Polygon, rng: Random) -> str:
    draw = rng.random()
    if draw < 0.03:
        return "CLN"
    if draw < 0.05 and lot.area > 250:
        return "NTS"
    if draw < 0.07:
        return "TMD"
    return "ONT" if lot.area < 230 or draw < 0.17 else "ONT+CLN"


def _forest(block: Polygon, hill: Polygon, rng: Random) -> list[Piece]:
    core = hill.buffer(-55.0)
    pieces = []
    for cell in curves.cells(block, 6200.0, rng):
        inner = cell.centroid.distance(core) == 0
        if inner:
            pieces.append(Piece("RSX" if rng.random() < 0.93 else "DCS", cell))
        else:
            pieces += [Piece("CLN" if rng.random() < 0.7 else "HNK", part) for part in curves.halve(cell, 2300.0, rng)]
    return pieces


def _fields(blocks: list[Polygon], ground: Ground, rng: Random) -> list[Piece]:
    pieces: list[Piece] = []
    homes = shapely.union_all(ground.villages)
    plots = [plot for block in blocks for plot in curves.halve(block, 8200.0, rng, spread=0.3)]
    water = shapely.union_all([strip for code, strip in ground.strips if code == "SON"])
    special = {number: code for code, number in _special_plots(plots, homes, rng)}
    for number, plot in enumerate(plots):
        if number in special:
            pieces.append(Piece(special[number], plot))
        elif plot.area < 900:
            pieces.append(Piece("BCS" if rng.random() < 0.15 else "HNK", plot))
        else:
            pieces += _field(plot, plot.distance(homes), plot.distance(water), rng)
    return pieces


def _field(plot: Polygon, to_village_m: float, to_water_m: float, rng: Random) -> list[Piece]:
    draw = rng.random()
    if to_village_m < 25 and draw < 0.22:
        return [Piece("NTS", pond) for pond in curves.halve(plot, 2600.0, rng)]
    if to_village_m < 60 and draw < 0.45:
        return [Piece("HNK", bed) for bed in curves.strips(plot, 9.0, rng)]
    if to_water_m < 12 and draw < 0.4:
        return [Piece("HNK", bed) for bed in curves.strips(plot, 13.0, rng)]
    kind = "LUC" if draw < 0.93 else "LUK"
    return [Piece(kind, bed) for bed in curves.strips(plot, rng.uniform(11.0, 17.0), rng)]


def _special_plots(plots: list[Polygon], homes: Polygon, rng: Random) -> list[tuple[str, int]]:
    """Choose the fields that are no fields: two cemeteries, a workshop, a pond of the commune, a pagoda."""
    free = [n for n, plot in enumerate(plots) if 2500 < plot.area < 9000]
    far = sorted(free, key=lambda n: -plots[n].distance(homes))
    near = sorted(free, key=lambda n: plots[n].distance(homes))
    chosen: list[tuple[str, int]] = []
    for code, pool in (("NTD", far), ("NTD", far), ("MNC", near), ("SKC", near), ("TON", near)):
        left = [n for n in pool[: max(6, len(pool) // 3)] if n not in {number for _, number in chosen}]
        if left:
            chosen.append((code, rng.choice(left)))
    return chosen
