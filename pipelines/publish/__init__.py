"""Publish: what may leave the house, as files anybody can read."""

from pipelines.publish.content import Commune, read
from pipelines.publish.tiles import build

__all__ = ["Commune", "build", "read"]
