"""Changes: a registered transaction is checked against the register and written as one release of its commune."""

from pipelines.change.neighbourhood import Rules
from pipelines.change.package import read
from pipelines.change.request import Edit, Reason, Request
from pipelines.change.run import Outcome, Refused, apply, check, zone_of

__all__ = ["Edit", "Outcome", "Reason", "Refused", "Request", "Rules", "apply", "check", "read", "zone_of"]
