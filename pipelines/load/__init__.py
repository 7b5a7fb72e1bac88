"""Load: one transaction, one release of one commune."""

from pipelines.load.delivery import Delivery
from pipelines.load.files import rollback
from pipelines.load.run import Receipt, run

__all__ = ["Delivery", "Receipt", "rollback", "run"]
