"""What a change does to everything beside the parcels: judged as a whole, and written as differences of the tables."""

from dataclasses import dataclass

import pandas as pd

from pipelines import store as land
from pipelines.change import papers, people, secured, standing, uses, written
from pipelines.change.book import Book
from pipelines.change.carry import carry
from pipelines.change.case import open_case
from pipelines.change.request import Reason, Request
from pipelines.change.why import because
from pipelines.vault import Vault


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the layers beside the parcels.

    Attributes:
        differences: What their tables have to become; empty where there is a reason.
        reasons: Why the change is refused.
    """

    differences: list[land.Difference]
    reasons: list[Reason]


def plan(store: land.Store, request: Request, heirs: pd.DataFrame, *, vault: Vault) -> Plan:
    """Return what a change does to rights, holders, certificates, mortgages, blocks, uses; nothing is written.

    Args:
        store: The land database, inside a transaction over the commune.
        request: What is asked for; its parcels carry `thua_dat_id`, and its edits are such as the kind may make.
        heirs: One row for each parcel before and parcel after that takes its ground: thua_key_cu, thua_key_moi,
            thua_dat_id_cu, thua_dat_id_moi, dien_tich_chung (m²). A kept parcel maps to itself; a parcel that ends
            without successor has null in thua_key_moi and thua_dat_id_moi.
        vault: Seals the numbers of people.

    Returns:
        The differences of all layers but thua_dat, canh_bao, giao_dich and pha_he_thua, or the reasons against them.
    """
    newest = land.newest(store, request.scope)
    if newest is None:
        return Plan([], [because("commune.unknown", request.ma_xa)])
    case = open_case(Book(store, request.scope, newest.srid), request, heirs)
    # A row that cannot be read makes all that follows from it untrue.
    if reasons := written.enter(case, vault):
        return Plan([], reasons)
    judged = [
        *standing.of_these_parcels(case),
        *standing.pointing(case),
        *secured.blocks(case),
        *secured.consent(case),
        *secured.mortgages(case),
        *people.households(case),
        *people.fixed(case),
        *people.transfers(case),
        *people.identities(case),
        *papers.check(case),
        *uses.purpose(case),
        *uses.extension(case),
    ]
    judged += carry(case)
    papers.withdraw(case)
    papers.follow(case)
    judged += [*standing.nothing_left_behind(case), *uses.areas(case)]
    return Plan([] if judged else case.book.differences(), judged)
