"""In which CRS coordinates are: every candidate is tried on the points and judged by where it puts them.

A candidate is a CRS, perhaps with X and Y exchanged, a zone prefix before the easting, or in kilometres or millimetres.
The judge is the outline of the commune where it is known, else the province. What a judge can tell apart at Thanh Hoa:

==============================================  =============  ================================================
two candidates                                  lie apart by   told apart by
==============================================  =============  ================================================
neighbouring meridians (15', 30')               26 km, 52 km   the commune, always; the province, not always
TM-3 and UTM of one meridian (0.9999, 0.9996)   0.7 km         the commune, for maps that reach its outline
VN-2000 and WGS 84 in one projection            0.2 km         an outline finer than that, see `twins`; else nobody
==============================================  =============  ================================================
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from pipelines import crs as crs_work
from pipelines.errors import CrsError
from pipelines.package import place, twins
from pipelines.package.candidates import Candidate, Origin, Points, listed, named, uses

MAX_POINTS = 4_000
INSIDE = 0.5
"""Share of points inside from which a candidate is believed: frames and title blocks lie outside too."""

_COARSE_POINTS = 60
_COARSE_M = 30_000.0
_STRIP_M = 250.0
_APART = 0.05
"""Share of points inside by which a candidate must lead to be put before a more usual one."""
_SHOWN = 12
_RIVAL = 0.03
"""Share of points inside by which the first must lead for no doubt to be left."""
_NOWHERE = 1e12
"""No system on earth counts this far, not even in millimetres."""
_DEGREE_M = 111_195.0
_ORDER: dict[Origin, int] = {"declared": 0, "said": 1, "list": 2}
_USES = ("cadastre", "topographic", "survey", "gps", "geographic", "web", "legacy")


def rank(
    points: npt.ArrayLike,
    *,
    said: str | None = None,
    outline: BaseGeometry | None = None,
    province: str | None = None,
    declared: str | None = None,
    declared_swap: bool = False,
    accuracy_m: float | None = None,
) -> list[Candidate]:
    """Return the candidates that can be right, likeliest first; what was said or declared is listed wherever it falls.

    Args:
        points: (n, 2) coordinates as in the file; what is not finite is ignored. Some thousand are enough.
        said: CRS the file itself gives, WKT or code.
        outline: Outline of the commune on WGS 84.
        province: Province code: its zone comes first among equals, its box judges where there is no outline.
        declared: CRS declared for the file by a person.
        declared_swap: Whether its axes were declared as northing, easting.
        accuracy_m: How far off the outline of the commune may be; None when nobody knows.
    """
    usable = _usable(points)
    area = outline if outline is not None else place.province_outline(province) if province else None
    home = place.province_zone(province) if province else None
    wording: tuple[tuple[str | None, bool, Origin], ...] = (
        (declared, declared_swap, "declared"),
        (said, False, "said"),
    )
    told = [
        Candidate(code, swap, origin=origin)
        for text, swap, origin in wording
        if text and (code := _code(text)) is not None
    ]
    # What was both declared and said is listed once, as declared.
    told = list({(one.crs, one.swapped): one for one in reversed(told)}.values())[::-1]
    if area is None or area.is_empty or not len(usable):
        return [_with_words(one, told) for one in told]
    judge = _Judge(area)
    coarse = usable[:: max(1, len(usable) // _COARSE_POINTS)]
    others = [one for one in listed(usable) if judge.is_near(one.on_wgs84(coarse))]
    known = {(one.crs, one.swapped, one.factor, one.prefix_m) for one in told}
    others = [one for one in others if (one.crs, one.swapped, one.factor, one.prefix_m) not in known]
    judged = [judge.judged(one, usable) for one in [*told, *others]]
    judged = [one for one in judged if one.share_inside > 0 or one.origin != "list"]
    best = max((one.share_inside for one in judged), default=0.0)
    ordered = sorted(judged, key=lambda one: _order(one, best, home))
    likeliest = ordered[0] if ordered else None
    if likeliest is None or likeliest.origin != "said" or (twin := twins.of(likeliest.crs)) is None:
        return [_with_words(one, ordered) for one in ordered]
    outside = None if outline is None else lambda one, metres: judge.outside(one, usable, metres)
    doubt = twins.weigh(likeliest, twin, outside, accuracy_m)
    ordered = twins.first(ordered, doubt)
    return [twins.told(_with_words(one, ordered), likeliest.crs, doubt) for one in ordered]


def locate(points: npt.ArrayLike, crs: Any, *, swapped: bool = False) -> Points:
    """Return longitude and latitude of points in a CRS; NaN for what is nowhere on earth in it.

    Args:
        points: (n, 2) coordinates.
        crs: Their CRS.
        swapped: Whether X is the northing.
    """
    array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return Candidate(str(crs), swapped).on_wgs84(array)


def check(
    name: str,
    points: npt.ArrayLike,
    crs: str,
    province: str,
    *,
    outline: BaseGeometry | None = None,
    swapped: bool = False,
) -> None:
    """Check that a file lies in the province under its declared CRS.

    Args:
        name: Path of the file in the package.
        points: Coordinates of it.
        crs: Declared CRS.
        province: Province code.
        outline: Outline of the commune: it ranks what would fit, and refuses nothing itself.
        swapped: Whether its axes are declared as northing, easting.

    Raises:
        CrsError: It does not; the message says where it lies and what would fit.
    """
    usable, area = _usable(points), place.province_outline(province)
    if area is None or not len(usable):
        return
    where = locate(np.median(usable, axis=0), crs, swapped=swapped)[0]
    if np.isfinite(where).all() and shapely.dwithin(area, shapely.Point(where), 0.05):
        return
    ranked = rank(points, declared=crs, declared_swap=swapped, outline=outline, province=province)
    fits = [one for one in ranked if one.share_inside >= INSIDE and one.origin == "list"][:3]
    lies_vi, lies_en = "không nằm trên mặt đất", "lies nowhere on earth"
    if np.isfinite(where).all():
        lies_vi = f"nằm ở {where[0]:.3f}°Đ {where[1]:.3f}°B, ngoài tỉnh"
        lies_en = f"lies at {where[0]:.3f}°E {where[1]:.3f}°N, outside the province"
    vi, en = " hoặc ".join(named(one)[0] for one in fits), " or ".join(named(one)[1] for one in fits)
    advice_vi = f"phù hợp là {vi}; sửa `crs`" if fits else "không hệ nào trong danh mục phù hợp; hỏi nơi lập bản vẽ"
    advice_en = f"{en} would fit; mend `crs`" if fits else "no listed CRS fits; ask who made the drawing"
    raise CrsError(
        f"{name}: theo {crs} dữ liệu {lies_vi}; {advice_vi}.",
        f"{name}: by {crs} the data {lies_en}; {advice_en}.",
    )


class _Judge:
    """An outline in metres around its middle, asked about many points."""

    def __init__(self, area: BaseGeometry) -> None:
        west, south, east, north = area.bounds
        self._origin = np.array([(west + east) / 2, (south + north) / 2])
        self._scale = np.array([_DEGREE_M * math.cos(math.radians(self._origin[1])), _DEGREE_M])
        # Outlines of communes are drawn to some hundred metres; the strip keeps a sheet at the edge from looking wrong.
        self._area = shapely.transform(shapely.force_2d(area), self._metres).buffer(_STRIP_M)
        shapely.prepare(self._area)
        self._outline = shapely.transform(shapely.force_2d(area), self._metres)
        self._reach = shapely.box(*shapely.bounds(self._area)).buffer(_COARSE_M)

    def _metres(self, degrees: Points) -> Points:
        return np.asarray((degrees - self._origin) * self._scale, dtype=np.float64)

    def is_near(self, degrees: Points) -> bool:
        x, y = self._metres(degrees).T
        return bool(shapely.contains_xy(self._reach, x, y).mean() > 0.2)

    def judged(self, candidate: Candidate, points: Points) -> Candidate:
        x, y = self._metres(candidate.on_wgs84(points)).T
        on_earth = np.isfinite(x) & np.isfinite(y)
        inside = shapely.intersects_xy(self._area, np.where(on_earth, x, 0), np.where(on_earth, y, 0)) & on_earth
        away = math.inf
        if on_earth.any():
            middle = shapely.Point(float(np.median(x[on_earth])), float(np.median(y[on_earth])))
            away = shapely.distance(self._area, middle) / 1000
        return replace(candidate, share_inside=float(inside.mean()), distance_km=float(away))

    def outside(self, candidate: Candidate, points: Points, metres: float) -> float:
        """Return the share of points farther than some metres outside the outline as it is drawn."""
        x, y = self._metres(candidate.on_wgs84(points)).T
        on_earth = np.isfinite(x) & np.isfinite(y)
        shapely.prepare(self._outline)
        near = shapely.dwithin(self._outline, shapely.points(x[on_earth], y[on_earth]), metres)
        return 1 - float(near.sum()) / len(points)


def _usable(points: npt.ArrayLike) -> Points:
    array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    array = array[(np.abs(array) < _NOWHERE).all(axis=1)]  # neither is what is no number
    return array[:: max(1, -(-len(array) // MAX_POINTS))]


def _code(text: str) -> str | None:
    """Return the code of a CRS where it has one, its text where it has none, None where it is none at all."""
    try:
        parsed = crs_work.parse(text)
        if parsed.is_projected or parsed.is_geographic:
            return f"EPSG:{crs_work.srid(parsed)}"
    except CrsError:
        try:
            return str(text) if crs_work.parse(text) is not None else None
        except CrsError:
            return None
    return None


def _order(one: Candidate, best: float, home: str | None) -> tuple[float, ...]:
    """Return what sorts candidates: those as good as the best first, then by what was said and what is usual."""
    is_behind = float(one.share_inside < best - _APART or one.share_inside <= 0)
    if is_behind:
        return (1.0, -one.share_inside, one.distance_km, *_usual(one, home))
    return (0.0, 0.0, 0.0, *_usual(one, home))


def _usual(one: Candidate, home: str | None) -> tuple[float, ...]:
    use = uses().get(one.crs, "")
    return (
        float(_ORDER[one.origin]),
        float(one.swapped) + float(not one.is_plain),
        float(one.crs != home),
        float(_USES.index(use) if use in _USES else len(_USES)),
        -one.share_inside,
    )


def _rivals(one: Candidate, ordered: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that fit as well: one with a prefix lost or added is none for one that is plain."""
    alike = [other for other in ordered[1:] if other.share_inside >= one.share_inside - _RIVAL]
    return [other for other in alike if other.is_plain or not one.is_plain]


def _is_sure(one: Candidate, ordered: Sequence[Candidate]) -> bool:
    """Tell whether a candidate needs no confirmation: only the first can."""
    if one is not ordered[0] or one.share_inside < INSIDE:
        return False
    contradicted = any(other.origin != "list" for other in ordered[1:])
    rivals = _rivals(one, ordered)
    # What a person or the file says needs no proof against rivals; it only must not be disproved.
    return not contradicted and (one.origin != "list" or not rivals)


def _with_words(one: Candidate, ordered: Sequence[Candidate]) -> Candidate:
    """Return the candidate with its evidence in words."""
    vi, en = named(one)
    told_vi, told_en = {
        "declared": ("được khai ", ", as declared,"),
        "said": ("tệp ghi ", ", as the file says,"),
        "list": ("", ""),
    }[one.origin]
    if math.isnan(one.share_inside):
        return replace(one, vi=f"{told_vi}{vi}".strip(), en=f"{en}{told_en}".strip(" ,"), is_sure=one.origin != "list")
    share = f"{one.share_inside:.0%}"
    vi, en = f"{told_vi}{vi}: {share} số điểm nằm trong ranh giới", f"{en}{told_en} puts {share} of the points inside"
    if one.share_inside < INSIDE and math.isfinite(one.distance_km) and one.distance_km > 0:
        vi, en = f"{vi}, cách {one.distance_km:.1f} km", f"{en}, {one.distance_km:.1f} km away"
    rivals = [other.crs for other in _rivals(one, ordered)]
    if rivals and one is ordered[0]:
        names = ", ".join(list(dict.fromkeys(rivals))[:_SHOWN])
        vi, en = f"{vi}; không phân biệt được với {names}", f"{en}; cannot be told apart from {names}"
    return replace(one, vi=vi, en=en, is_sure=_is_sure(one, ordered))
