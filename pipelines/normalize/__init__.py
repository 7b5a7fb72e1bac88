"""normalize: encodings, columns, codes, names, numbers and identifiers brought to the schema."""

from pipelines.normalize.place import Place
from pipelines.normalize.run import Normalized, run

__all__ = ["Normalized", "Place", "run"]
