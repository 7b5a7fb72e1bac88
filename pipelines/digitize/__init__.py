"""Digitize: drawings to faces with their labels, polygon layers to parcels, sheets to one commune."""

from pipelines.digitize.model import Source
from pipelines.digitize.run import Digitized, run

__all__ = ["Digitized", "Source", "run"]
