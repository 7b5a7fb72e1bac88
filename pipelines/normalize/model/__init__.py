"""Entities of the exchange as layers: assets, rights, transactions, mortgages, blocks, dossiers."""

from pipelines.normalize.model import details, papers
from pipelines.normalize.model.build import Entities, build
from pipelines.normalize.model.files import Files, known, stack

__all__ = ["Entities", "Files", "build", "details", "known", "papers", "stack"]
