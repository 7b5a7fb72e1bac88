"""Which way up a sheet stands: by reading a few lines of print outside its frame in all four directions."""

from pipelines.scan.model import Dark, Points


def quarter(dark: Dark, corners: Points, turn_deg: float, px_per_mm: float) -> int:
    """Return how many quarters of a turn, clockwise, the sheet stands turned beyond `turn_deg`: 0 to 3."""
    return 0
