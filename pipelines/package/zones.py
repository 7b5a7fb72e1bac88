"""Guesses about the CRS: one for the package, others for the files that are in another or have X and Y exchanged."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from shapely.geometry.base import BaseGeometry

from pipelines import crs as crs_work
from pipelines import vn2000
from pipelines.package import georef, place
from pipelines.package.candidates import Candidate
from pipelines.package.declared import epsg_of
from pipelines.package.guesses import Guess
from pipelines.package.survey import Survey

_NEAR_KM = 2.0
"""A sheet this near to the outline of its commune is not in another zone: the next one is tens of kilometres away."""


def guess(
    surveys: Sequence[Survey], province: str | None, outline: BaseGeometry | None = None
) -> tuple[Guess, dict[str, list[Guess]]]:
    """Return the guess for `crs` of the package, and for `crs` and `axes` of the files that differ, by path.

    Args:
        surveys: Every file of the package; those without points are left out.
        province: Province whose place decides between zones; None for a foreign package, whose files must say it.
        outline: Outline of the commune on WGS 84, where it is known: it decides better.
    """
    placed = {item.path: ranked for item in surveys if len(item.points) and (ranked := _rank(item, province, outline))}
    if not placed:
        return _from_words(surveys, province), {}
    plane = [ranked[0] for ranked in placed.values() if _is_plane(ranked[0])]
    if not plane:
        return _from_words(surveys, province), _differing(placed, None)
    usual = Counter(best.written for best in plane).most_common(1)[0][0]
    first = next(best for best in plane if best.written == usual)
    together = _together(surveys, placed, usual, province, outline) or first
    return Guess("crs", usual, together.vi, together.en, together.is_sure), _differing(placed, usual)


def _rank(item: Survey, province: str | None, outline: BaseGeometry | None) -> list[Candidate]:
    said = next((layer["crs"] for layer in item.layers if layer["crs"]), None)
    return georef.rank(item.points, said=epsg_of(said) or said, outline=outline, province=province)


def _together(
    surveys: Sequence[Survey],
    placed: Mapping[str, Sequence[Candidate]],
    usual: str,
    province: str | None,
    outline: BaseGeometry | None,
) -> Candidate | None:
    """Return the judgement over all files of the usual CRS at once: only together do they reach the outline.

    What the files say counts once, and only when they all say it.
    """
    alike = [item for item in surveys if item.path in placed and _is_usual(placed[item.path][0], usual)]
    told = {placed[item.path][0].crs if placed[item.path][0].origin == "said" else None for item in alike}
    said = told.pop() if len(told) == 1 else None
    points = np.concatenate([item.points for item in alike])
    ranked = georef.rank(points, said=said, outline=outline, province=province)
    found = next((one for one in ranked if one.written == usual and not one.swapped), None)
    return found if found is None or all(placed[item.path][0].is_sure or said is None for item in alike) else None


def _is_usual(best: Candidate, usual: str) -> bool:
    return best.written == usual and not best.swapped


def _is_plane(best: Candidate) -> bool:
    return bool(crs_work.parse(best.written).is_projected) and best.is_plain and best.crs != "EPSG:3857"


def _differing(placed: Mapping[str, Sequence[Candidate]], usual: str | None) -> dict[str, list[Guess]]:
    found: dict[str, list[Guess]] = {}
    for path, (best, *rest) in placed.items():
        own = next((one for one in (best, *rest) if usual is not None and _is_usual(one, usual)), None)
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
