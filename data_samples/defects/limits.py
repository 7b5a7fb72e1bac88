"""The tolerance of areas, which decides what has to be found."""

import math


def area_limit_m2(area_m2: float, scale: int) -> float:
    """Return the allowed difference between two areas of a parcel: 0.0004 M sqrt(P), 0.1 m2 at least.

    >>> area_limit_m2(400.0, 1000)
    8.0
    """
    return max(0.1, 0.0004 * scale * math.sqrt(area_m2))
