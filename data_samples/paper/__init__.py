"""Map sheets drawn from known parcels, as a scanner would give them, with the truth about every pixel of them."""

from data_samples.paper.fabric import make
from data_samples.paper.model import Sheet
from data_samples.paper.sheet import draw
from data_samples.paper.styles import STYLES, Style

__all__ = ["STYLES", "Sheet", "Style", "draw", "make"]
