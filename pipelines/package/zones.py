"""Guesses about the CRS: one for the package, others for the files that are in another or have X and Y exchanged."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
from shapely.geometry.base import BaseGeometry

from pipelines import crs as crs_work
from pipelines import vn2000
from pipelines.package import georef, place, twins
from pipelines.package.candidates import Candidate
from pipelines.package.declared import epsg_of
from pipelines.package.guesses import Guess
from pipelines.package.survey import Survey

_NEAR_KM = 2.0
"""A sheet this near to the outline of its commune is not in another zone: the next one is tens of kilometres away."""


def guess(
    surveys: Sequence[Survey],
    province: str | None,
    outline: BaseGeometry | None = None,
    accuracy_m: float | None = None,
) -> tuple[Guess, dict[str, list[Guess]]]:
    """Return the guess for `crs` of the package, and for `crs` and `axes` of the files that differ, by path.

    Args:
        surveys: Every file of the package; those without points are left out.
        province: Province whose place decides between zones; None for a foreign package, whose files must say it.
        outline: Outline of the commune on WGS 84, where it is known: it decides better.
        accuracy_m: How far off that outline may be.
    """
    rank = partial(georef.rank, outline=outline, province=province, accuracy_m=accuracy_m)
    placed = {item.path: ranked for item in surveys if len(item.points) and (ranked := _rank(item, rank))}
    if not placed:
        return _from_words(surveys, province), {}
    plane = [ranked[0] for ranked in placed.values() if _is_plane(ranked[0])]
    if not plane:
        return _from_words(surveys, province), _differing(placed, None)
    usual = Counter(best.written for best in plane).most_common(1)[0][0]
    first = next(best for best in plane if best.written == usual)
    together = _together(surveys, placed, usual, rank) or first
    usual = together.written
    return Guess("crs", usual, together.vi, together.en, together.is_sure), _differing(placed, usual)


_Rank = Callable[..., list[Candidate]]


def _rank(item: Survey, rank: _Rank) -> list[Candidate]:
    said = next((layer["crs"] for layer in item.layers if layer["crs"]), None)
    return rank(item.points, said=epsg_of(said) or said)


def _together(
    surveys: Sequence[Survey], placed: Mapping[str, Sequence[Candidate]], usual: str, rank: _Rank
) -> Candidate | None:
    """Return the judgement over all files of the usual CRS at once: only together do they reach the outline.

    What the files say counts once, and only when they all say it. It may be another than the usual one: together they
    can show that what each says to be WGS 84 is VN-2000.
    """
    alike = [item for item in surveys if item.path in placed and _is_alike(placed[item.path], usual)]
    told = {_said(placed[item.path]) for item in alike}
    said = told.pop() if len(told) == 1 else None
    points = np.concatenate([item.points for item in alike])
    ranked = rank(points, said=said)
    twin = None if said is None else twins.of(said)
    if ranked and twin is not None and (ranked[0].is_sure or _is_usual(ranked[0], twin)):
        return ranked[0]
    found = next((one for one in ranked if one.written == usual and not one.swapped), None)
    return found if found is None or all(placed[item.path][0].is_sure or said is None for item in alike) else None


def _said(ranked: Sequence[Candidate]) -> str | None:
    """Return what a file says of its CRS where that is believed, or may be mistaken for what is."""
    said = next((one.crs for one in ranked if one.origin == "said"), None)
    return said if said is not None and ranked[0].crs in {said, twins.of(said)} else None


def _is_alike(ranked: Sequence[Candidate], usual: str) -> bool:
    """Tell whether a file is in the usual CRS, or in that which it is mistaken for."""
    said, best = _said(ranked), ranked[0]
    both = {said, twins.of(said)} if said is not None else set()
    return _is_usual(best, usual) or (best.is_plain and not best.swapped and usual in both)


def _is_usual(best: Candidate, usual: str) -> bool:
    return best.written == usual and not best.swapped


def _is_plane(best: Candidate) -> bool:
    return bool(crs_work.parse(best.written).is_projected) and best.is_plain and best.crs != "EPSG:3857"


def _differing(placed: Mapping[str, Sequence[Candidate]], usual: str | None) -> dict[str, list[Guess]]:
    found: dict[str, list[Guess]] = {}
    for path, (best, *rest) in placed.items():
        own = next((one for one in (best, *rest) if usual is not None and _is_usual(one, usual)), None)
        twin = next((twins.of(one.crs) for one in (best, *rest) if one.origin == "said"), None)
        if own is not None and twin is not None and twin == usual:
            # Without a word about it, what the file says would be believed.
            found[path] = [Guess(f"files[{path}].crs", own.written, own.vi, own.en, is_sure=False)]
            continue
        if best.origin != "said" and own is not None and own.distance_km <= _NEAR_KM:
            continue  # a sheet at the edge of the commune, in the zone of all others
        about = []
        if best.written != usual and (best.share_inside >= georef.INSIDE or best.origin == "said"):
            about.append(Guess(f"files[{path}].crs", best.written, best.vi, best.en, best.is_sure))
        if best.swapped:
            about.append(Guess(f"files[{path}].axes", "ne", best.vi, best.en, best.is_sure))
        if about:
            found[path] = about
    return found


def _from_words(surveys: Sequence[Survey], province: str | None) -> Guess:
    """Return the guess by what the files say, where no coordinates can be judged."""
    told = {layer["crs"] for item in surveys for layer in item.layers if layer["crs"]}
    codes = sorted({code for text in told if (code := epsg_of(text)) is not None})
    plane = [code for code in codes if crs_work.parse(code).is_projected]
    if plane:
        shown = ", ".join(plane)
        return Guess("crs", plane[0], f"các tệp ghi {shown}", f"the files say {shown}", len(plane) == 1)
    home = (place.province_zone(province) if province else None) or f"EPSG:{vn2000.GEOGRAPHIC}"
    vi, en = "không tệp nào ghi, không múi nào hợp", "no file says it and no candidate zone fits"
    return Guess("crs", home, vi, en, is_sure=False)
