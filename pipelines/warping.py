"""Transformations between two plane systems by identical points: Helmert, affine, projective, thin-plate; checked.

The error that counts is that of points which did not take part: each is left out once (leave-one-out), which costs
nothing extra for these models. Helmert keeps shapes and is taken unless another is clearly better on points left out;
a projective one is what a camera does to a sheet that it does not look at squarely.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

import schemas

Points = npt.NDArray[np.float64]
Method = Literal["helmert", "affine", "projective", "thin_plate"]

LEAST_POINTS = 3
_LEAST: dict[Method, int] = {"helmert": 3, "affine": 5, "projective": 8, "thin_plate": 10}
_FREE: dict[Method, int] = {"helmert": 2, "affine": 3, "projective": 4, "thin_plate": 3}
"""Points that a model goes through whatever they say."""

_MOST_FOR_PLATE = 2_000
_GAIN: dict[Method, float] = {"helmert": 1.0, "affine": 0.9, "projective": 0.8, "thin_plate": 0.8}
_NAMES: dict[Method, tuple[str, str]] = {
    "helmert": ("Helmert 4 tham số", "Helmert (4 parameters)"),
    "affine": ("affine 6 tham số", "affine (6 parameters)"),
    "projective": ("phối cảnh 8 tham số", "projective (8 parameters)"),
    "thin_plate": ("tấm mỏng (thin-plate)", "thin-plate"),
}
_NOTHING_M = 1e-4
"""A tenth of a millimetre on the ground is no gain."""

_TRIALS = 500
_SIGMAS = 4.0
_SMOOTHING = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
_CHUNK = 20_000
_ROUNDS = 6
_LEAST_SEEN = 12
_LEAST_DIVISOR = 0.2
"""A sheet seen so aslant that one end is drawn five times smaller than its middle is not placed that way."""


@dataclass(frozen=True)
class Warp:
    """A fitted transformation.

    Attributes:
        method: Model.
        rms_m: RMS of position in metres: of the residuals with their degrees of freedom; left out for thin-plate.
        left_out_rms_m: RMS over points each of which was left out once, in metres.
        used: Which points took part; the others are outliers.
        residuals_m: Distance of each point from where it should be, in metres; outliers too.
        reason_vi: Why this model, in Vietnamese.
        reason_en: The same in English.
    """

    method: Method
    rms_m: float
    left_out_rms_m: float
    used: npt.NDArray[np.bool_]
    residuals_m: Points
    reason_vi: str
    reason_en: str
    _origin: Points
    _scale: float
    _weights: Points
    _knots: Points
    _flipped: bool = False

    def __call__(self, points: npt.ArrayLike) -> Points:
        """Return (n, 2) points of the source in the target system."""
        array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        array = array * (1.0, -1.0) if self._flipped else array
        made = [self._apply(array[start : start + _CHUNK]) for start in range(0, len(array), _CHUNK)]
        return np.concatenate(made) if made else array

    def _apply(self, points: Points) -> Points:
        terms = _terms((points - self._origin) / self._scale, self.method, self._knots)
        made = np.asarray(terms @ self._weights, dtype=np.float64)
        return made[:, :2] / made[:, 2:] if self.method == "projective" else made.reshape(-1, 2)


def limit_m(scale: int) -> float:
    """Return the limit for a boundary point against the nearest control point at a scale, in metres."""
    rows = schemas.codelist("tolerances")
    scales = rows["scale"].astype(int).to_numpy()
    order = np.argsort(scales)
    place = min(int(np.searchsorted(scales[order], scale)), len(order) - 1)
    return float(rows["boundary_point_m"].astype(float).to_numpy()[order][place])


def fit(
    source: Points, target: Points, *, tolerance_m: float, method: Method | None = None, flipped: bool = False
) -> Warp:
    """Return the transformation from source to target, without the points that contradict the others.

    Args:
        source: (n, 2) points, finite, at least `LEAST_POINTS`.
        target: The same points in metres.
        tolerance_m: Below this no point is an outlier.
        method: Model; None chooses by the error of points left out.
        flipped: The second coordinate of the source counts downwards, as in pictures.

    Raises:
        ValueError: Fewer than three points are given, or all lie in one place or on one line.
    """
    if len(source) < LEAST_POINTS or len(source) != len(target):
        raise ValueError(f"{len(source)} points")
    source = source * (1.0, -1.0) if flipped else source
    spread = np.linalg.svd(source - source.mean(axis=0), compute_uv=False)
    if spread[0] == 0 or spread[1] / spread[0] < 1e-6:
        raise ValueError("points on one line")
    used = _agreeing(source, target, tolerance_m)
    count = int(used.sum())
    tried: dict[Method, Warp] = {
        name: _fitted(source, target, used, name)
        for name, least in _LEAST.items()
        if method in (None, name) and (count >= least or name == method)
        if name != "thin_plate" or count <= _MOST_FOR_PLATE
    }
    best = next(iter(tried.values()))
    for name, warp in tried.items():
        if warp.left_out_rms_m < best.left_out_rms_m * _GAIN[name] - _NOTHING_M:
            best = warp
    shown = {name: f"{warp.left_out_rms_m:.3f} m" for name, warp in tried.items()}
    vi = ", ".join(f"{_NAMES[name][0]} {value}" for name, value in shown.items())
    en = ", ".join(f"{_NAMES[name][1]} {value}" for name, value in shown.items())
    return replace(
        best,
        _flipped=flipped,
        reason_vi=f"{_NAMES[best.method][0]}; sai số các điểm để riêng: {vi}",
        reason_en=f"{_NAMES[best.method][1]}; error of points left out: {en}",
    )


def helmert_rms(source: Points, target: Points) -> float:
    """Return the median residual of a Helmert transformation, in metres: large where one system is mirrored."""
    z, w = _complex(source), _complex(target)
    z, w = z - z.mean(), w - w.mean()
    size = float(np.vdot(z, z).real)
    if not size:
        return float("inf")
    return float(np.median(np.abs(w - np.vdot(z, w) / size * z))) + 1e-9


def _fitted(source: Points, target: Points, used: npt.NDArray[np.bool_], method: Method) -> Warp:
    origin = source[used].mean(axis=0)
    scale = float(np.sqrt(((source[used] - origin) ** 2).sum(axis=1).mean()))
    unit = (source[used] - origin) / scale
    knots = unit if method == "thin_plate" else np.empty((0, 2))
    if method == "thin_plate":
        weights, left_out = _plate(unit, target[used])
    elif method == "projective":
        weights, left_out = _projective(unit, target[used])
    else:
        design = _terms(unit, method, knots)
        goal = target[used].ravel() if method == "helmert" else target[used]
        weights, left_out = _linear(design, goal)
    warp = Warp(method, 0.0, _rms(left_out), used, np.empty(0), "", "", origin, scale, weights, knots)
    residuals = np.hypot(*(warp(source) - target).T)
    pairs = int(used.sum())
    free = pairs - _FREE[method]
    rms = float(np.sqrt((residuals[used] ** 2).sum() / free)) if free > 0 else warp.left_out_rms_m
    return replace(warp, residuals_m=residuals, rms_m=warp.left_out_rms_m if method == "thin_plate" else rms)


def _terms(unit: Points, method: Method, knots: Points) -> Points:
    """Return the design matrix: two rows for each point in the Helmert model, one in the others."""
    x, y = unit.T
    one, zero = np.ones(len(unit)), np.zeros(len(unit))
    if method == "helmert":
        rows = np.stack([np.column_stack([x, -y, one, zero]), np.column_stack([y, x, zero, one])], axis=1)
        return rows.reshape(-1, 4)
    flat = np.column_stack([one, x, y])
    return np.hstack([_kernel(unit, knots), flat]) if method == "thin_plate" else flat


def _linear(design: Points, goal: Points) -> tuple[Points, Points]:
    """Return least-squares weights and the (n, 2) errors of points left out, both coordinates of a point at once."""
    weights = np.linalg.lstsq(design, goal, rcond=None)[0]
    residuals = goal - design @ weights
    basis = np.linalg.qr(design)[0]
    if goal.ndim == 2:
        left = 1 - (basis**2).sum(axis=1)
        return weights, np.asarray(residuals / np.maximum(left, 1e-9)[:, None], dtype=np.float64)
    blocks = basis.reshape(-1, 2, basis.shape[1])
    hats = np.eye(2) - blocks @ blocks.transpose(0, 2, 1) + 1e-12 * np.eye(2)
    return weights, np.linalg.solve(hats, residuals.reshape(-1, 2, 1))[:, :, 0]


def _projective(unit: Points, goal: Points) -> tuple[Points, Points]:
    """Return the (3, 3) weights of a projective transformation, its divisor last, and the errors of points left out.

    Each round is a linear fit around the one before; the errors left out are those of the last round.
    """
    flat, middle = np.column_stack([np.ones(len(unit)), unit]), goal.mean(axis=0)
    size = float(np.abs(goal - middle).max()) or 1.0
    there, zero = (goal - middle) / size, np.zeros_like(flat)
    tilt, left_out = np.zeros(2), np.full_like(goal, np.inf)
    weights = np.eye(3)
    for _ in range(_ROUNDS):
        divisor = 1 + unit @ tilt
        if (divisor < _LEAST_DIVISOR).any():
            return weights, np.full_like(goal, np.inf)
        scaled = flat / divisor[:, None]
        rows = [np.hstack([scaled, zero, -there[:, :1] * scaled[:, 1:]]),
                np.hstack([zero, scaled, -there[:, 1:] * scaled[:, 1:]])]  # fmt: skip
        found, left_out = _linear(np.stack(rows, axis=1).reshape(-1, 8), (there / divisor[:, None]).ravel())
        tilt = found[6:]
        divisors = np.array([1.0, *tilt])
        weights = np.column_stack([size * found[:6].reshape(2, 3).T + np.outer(divisors, middle), divisors])
    return weights, left_out * size


def _plate(unit: Points, goal: Points) -> tuple[Points, Points]:
    """Return the weights of the thin plate whose smoothing errs least on points left out, and those errors."""
    count = len(unit)
    flat = np.column_stack([np.ones(count), unit])
    kernel = _kernel(unit, unit)
    size = float(np.abs(kernel).mean()) or 1.0
    best: tuple[Points, Points] | None = None
    for share in _SMOOTHING:
        whole = np.block([[kernel + share * size * count * np.eye(count), flat], [flat.T, np.zeros((3, 3))]])
        inverse = np.linalg.pinv(whole) if share == 0 else np.linalg.inv(whole)
        weights = inverse @ np.vstack([goal, np.zeros((3, 2))])
        diagonal = np.diag(inverse)[:count]
        if (np.abs(diagonal) < 1e-12).any():
            continue  # the same point twice: without smoothing no plate goes through both
        left_out = weights[:count] / diagonal[:, None]
        if best is None or _rms(left_out) < _rms(best[1]):
            best = weights, left_out
    return best if best is not None else (np.zeros((count + 3, 2)), np.full((count, 2), np.inf))


def _kernel(points: Points, knots: Points) -> Points:
    square = ((points[:, None, :] - knots[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(0.5 * square * np.log(np.where(square > 0, square, 1.0)), dtype=np.float64)


def _agreeing(source: Points, target: Points, tolerance_m: float) -> npt.NDArray[np.bool_]:
    """Return which points agree with the majority: least median of squares over transformations of few points."""
    count = len(source)
    if count < 4:
        return np.ones(count, dtype=bool)
    # From eight points on, shrunken paper may pull one axis more than the other (affine); before, only turn and scale.
    # What fits four times better aslant was photographed; paper that is only bent does not.
    sizes = [3 if count >= 8 else 2, *([4] if count >= _LEAST_SEEN else [])]
    size, best, middle = 0, np.empty(0), np.inf
    for tried, clear in zip(sizes, (1.0, 0.25), strict=False):
        errors = _errors(source, target, tried)
        half = (count + tried + 1) // 2
        middles = np.partition(errors, half - 1, axis=1)[:, half - 1] if len(errors) else np.array([np.inf])
        if middles.min() < clear * middle:
            size, best, middle = tried, errors[int(middles.argmin())], float(middles.min())
    if not size:
        return np.ones(count, dtype=bool)
    sigma = 1.4826 / np.sqrt(2) * (1 + 5 / max(count - size, 1)) * middle
    agrees = best <= max(_SIGMAS * sigma, tolerance_m)
    return np.asarray(agrees if agrees.sum() >= LEAST_POINTS else np.ones(count, dtype=bool))


def _errors(source: Points, target: Points, size: int) -> Points:
    """Return (trials, n) how far points are off by transformations through `size` of them: turned, affine, aslant."""
    z, w = _complex(source) - source.mean(axis=0) @ np.array([1, 1j]), _complex(target - target.mean(axis=0))
    picks = np.random.default_rng(0).random((_TRIALS, len(z))).argsort(axis=1)[:, :size]
    if size == 4:
        return _seen_errors(np.column_stack([z.real, z.imag]) / np.abs(z).max(), w, picks)
    design = np.stack([z, np.ones(len(z)), np.conj(z)][:size], axis=1)
    square = design[picks]
    firm = np.abs(np.linalg.det(square)) > 1e-9 * np.abs(z).max() ** (size - 1)
    weights = np.linalg.solve(square[firm], w[picks[firm]][:, :, None])[:, :, 0]
    return np.asarray(np.abs(weights @ design.T - w), dtype=np.float64)


def _seen_errors(unit: Points, w: npt.NDArray[np.complex128], picks: npt.NDArray[np.int64]) -> Points:
    """Return (trials, n) how far points are off by projective transformations through four of them each."""
    flat, size = np.column_stack([np.ones(len(unit)), unit]), float(np.abs(w).max()) or 1.0
    zero, there = np.zeros_like(flat), np.column_stack([w.real, w.imag]) / size
    rows = np.stack([np.hstack([flat, zero, -there[:, :1] * unit]), np.hstack([zero, flat, -there[:, 1:] * unit])], 1)
    square = rows[picks].reshape(-1, 8, 8)
    firm = np.abs(np.linalg.det(square)) > 1e-9
    weights = np.linalg.solve(square[firm], there[picks[firm]].reshape(-1, 8, 1))[:, :, 0]
    divisor = 1 + weights[:, 6:] @ unit.T
    made = (weights[:, :3] + 1j * weights[:, 3:6]) @ flat.T / np.maximum(divisor, _LEAST_DIVISOR) * size
    return np.asarray(np.where(divisor > _LEAST_DIVISOR, np.abs(made - w), np.inf), dtype=np.float64)


def _complex(points: Points) -> npt.NDArray[np.complex128]:
    return np.asarray(points[:, 0] + 1j * points[:, 1], dtype=np.complex128)


def _rms(errors: Points) -> float:
    return float(np.sqrt((errors**2).sum(axis=1).mean()))
