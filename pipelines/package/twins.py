"""What a file says to be in WGS 84 and may be in VN-2000: one projection, two datums, 0.2 km apart.

Drawings of VN-2000 are often labelled with the UTM zone of WGS 84, as programs offer that one first. Only the outline
of the commune can tell them apart, where it is drawn finer than they lie apart and the points reach it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from pipelines import crs as crs_work
from pipelines import vn2000
from pipelines.package.candidates import Candidate

_APART = 0.01
"""Share of points outside the commune by which one of the two must be worse."""
_TIMES = 3.0
"""How many times as many points the worse must put outside: what lies beyond by both tells nothing."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What the outline says of the two.

    Attributes:
        crs: The zone of VN-2000.
        right: Which of the two it is, or that it stays open.
        said_share: Share of the points outside the commune by what the file says; None without an outline.
        twin_share: The same by VN-2000.
        accuracy_m: How far outside a point must be to count.
    """

    crs: str
    right: Literal["said", "twin", "open"]
    said_share: float | None = None
    twin_share: float | None = None
    accuracy_m: float | None = None


@cache
def of(crs: str) -> str | None:
    """Return the VN-2000 zone with the projection of a CRS on another datum of the same ellipsoid."""
    code = vn2000.twin(crs_work.parse(crs))
    return None if code is None else f"EPSG:{code}"


def weigh(
    said: Candidate, twin: str, outside: Callable[[Candidate, float], float] | None, accuracy_m: float | None
) -> Doubt:
    """Return which of the two it is by the outline of the commune.

    Args:
        said: What the file says.
        twin: The zone of VN-2000.
        outside: Gives the share of the points farther outside the commune than some metres; None without an outline.
        accuracy_m: How far off the outline may be.
    """
    if outside is None or accuracy_m is None:
        return Doubt(twin, "open")
    shares = outside(said, accuracy_m), outside(Candidate(twin), accuracy_m)
    better, worse = sorted(shares)
    if worse - better < _APART or worse < _TIMES * better:
        return Doubt(twin, "open", *shares, accuracy_m)
    return Doubt(twin, "twin" if shares[1] < shares[0] else "said", *shares, accuracy_m)


def first(ordered: list[Candidate], doubt: Doubt) -> list[Candidate]:
    """Return the candidates with that of VN-2000 before all others, where it is the right one."""
    if doubt.right != "twin":
        return ordered
    twin = next((one for one in ordered if _is(one, doubt)), Candidate(doubt.crs))
    return [twin, *(one for one in ordered if one is not twin)]


def told(one: Candidate, said: str, doubt: Doubt) -> Candidate:
    """Return a candidate with the doubt in words; what is open is never sure.

    Args:
        one: Any candidate with its words.
        said: What the file says.
        doubt: What the outline says.
    """
    is_said = one.origin == "said"
    if not is_said and not _is(one, doubt):
        return one
    if doubt.right == "open":
        vi = f"{said} hay VN-2000 {doubt.crs} đều có thể (lệch khoảng 0,2 km), ranh giới xã không phân biệt được"
        en = f"{said} or VN-2000 {doubt.crs}, both are possible (0.2 km apart) and the outline cannot tell"
        sure = False
    else:
        outside = f"{doubt.said_share:.1%}", f"{doubt.twin_share:.1%}", f"{doubt.accuracy_m:g} m"
        vi = "tệp ghi {0}: {2} số điểm ra ngoài xã quá {4}, theo VN-2000 {1}: {3}".format(said, doubt.crs, *outside)
        en = "the file says {0}, which puts {2} of the points more than {4} outside the commune; VN-2000 {1}: {3}"
        en, sure = en.format(said, doubt.crs, *outside), one.is_sure
    return replace(one, vi=f"{one.vi}; {vi}", en=f"{one.en}; {en}", is_sure=sure)


def _is(one: Candidate, doubt: Doubt) -> bool:
    return one.crs == doubt.crs and one.is_plain and not one.swapped
