"""Benchmarks: each module has `measure() -> list[dict]`, the goals of `diachinh bench NAME --json`."""

from typing import Any


def goal(
    name: str,
    value: float,
    unit: str,
    target: str,
    met: bool,
    *,
    peer: str | None = None,
    peer_value: float | None = None,
) -> dict[str, Any]:
    """Return one line of the result: what was measured, what the peer did in the same run, what was asked."""
    return {
        "name": name, "value": value, "unit": unit, "peer": peer, "peer_value": peer_value, "goal": target, "met": met,
    }  # fmt: skip
