"""Map sheets drawn from known parcels, as a scanner would give them, with the truth about every pixel of them."""

from data_samples.paper import ageing, bending
from data_samples.paper.bending import cropped, turned
from data_samples.paper.city import city
from data_samples.paper.fabric import make
from data_samples.paper.files import write
from data_samples.paper.model import Sheet
from data_samples.paper.sheet import draw
from data_samples.paper.spoilt import SPOILT, blank, photograph, two_sheets
from data_samples.paper.styles import STYLES, Style

DEGRADATIONS = {
    "skew": bending.skew, "shrink": bending.shrink, "150dpi": bending.coarse, "waves": bending.waves,
    "noise": ageing.noise, "blur": ageing.blur, "jpeg": ageing.jpeg, "bilevel": ageing.bilevel, "light": ageing.light,
    "stains": ageing.stains, "folds": ageing.folds, "stamps": ageing.stamps, "yellowed": ageing.yellowed,
    "faded": ageing.faded, "ghost": ageing.ghost, "broken": ageing.broken, "mixed": ageing.mixed,
}  # fmt: skip
"""What may happen to a sheet, each a function of a sheet and a seed; the truth follows."""

__all__ = [
    "DEGRADATIONS", "SPOILT", "STYLES", "Sheet", "Style", "blank", "city", "cropped", "draw", "make", "photograph",
    "turned", "two_sheets", "write",
]  # fmt: skip
