"""What happens to the other layers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from pipelines import store as land
from pipelines import vault as vaults
from pipelines.change.request import Reason, Request


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the layers beside the parcels.

    Attributes:
        differences: What is written.
        reasons: Why it is refused.
    """

    differences: Sequence[land.Difference] = ()
    reasons: list[Reason] = field(default_factory=list)


def plan(store: land.Store, request: Request, heirs: pd.DataFrame, *, vault: vaults.Vault) -> Plan:
    """Return no differences."""
    return Plan()
