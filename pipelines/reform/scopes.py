"""The reform itself: from when, into which era, and which communes of the database it concerns."""

from dataclasses import dataclass

import schemas
from pipelines import eras
from pipelines import store as land
from pipelines.communes import FOREIGN_ERA
from pipelines.errors import SettingsError
from pipelines.settings import Settings

Scope = tuple[str, str]
"""Code and era of a commune."""


@dataclass(frozen=True)
class Reform:
    """A change of communes.

    Attributes:
        date: From when the new communes are (ISO 8601).
        era: Their era.
        before: The eras before it, oldest first.
        legal_ref: The document that says so.
        future: The table of communes, and the outlines of the new ones where the settings name them.
    """

    date: str
    era: str
    before: tuple[str, ...]
    legal_ref: str
    future: eras.Future

    def successors(self, scope: Scope) -> list[str]:
        """Return the codes of the communes that hold land of an older one."""
        return [found.code for found in eras.successors(*scope, self.era, self.future.crosswalk)]

    def predecessors(self, code: str) -> list[str]:
        """Return the codes of the communes a new one is made of, by the table."""
        rows = self.future.crosswalk.rows
        return sorted({str(old) for old in rows.loc[rows["new"] == code, "old"]})


def of(settings: Settings, date: str | None = None) -> Reform:
    """Return the reform that the table of communes tells, of a date where one is given.

    Raises:
        SettingsError: No such reform is known, or a file of the settings cannot be used.
        ReadError: The outlines cannot be read.
    """
    known = schemas.codelist("ky_dia_gioi")
    row = known[known["code"] == eras.TODAY].iloc[0]
    if date not in (None, row["valid_from"]):
        raise SettingsError(
            f"Không có đợt sắp xếp đơn vị hành chính nào từ ngày {date}: chỉ biết đợt từ {row['valid_from']}.",
            f"No reform of communes is known from {date}: the one known is of {row['valid_from']}.",
        )
    codes = known["code"].tolist()
    return Reform(
        date=str(row["valid_from"]),
        era=eras.TODAY,
        before=tuple(code for code in codes[: codes.index(eras.TODAY)] if code != FOREIGN_ERA),
        legal_ref=str(row["legal_ref"]),
        future=eras.Future(eras.of(settings), eras.boundaries(settings), settings.boundary_accuracy_m),
    )


@dataclass(frozen=True)
class Loaded:
    """The older communes the database holds parcels of.

    Attributes:
        sources: Their newest releases, by scope; of a code loaded for two eras the newer one.
        surpassed: Scopes whose code is loaded for a newer era too: their land is there twice, and they stay.
    """

    sources: dict[Scope, land.Release]
    surpassed: list[Scope]


def loaded(store: land.Store, reform: Reform, code: str | None = None) -> Loaded:
    """Return the older communes that hold parcels; only those a new commune is made of, where one is given."""
    wanted = set(reform.predecessors(code)) if code else None
    found: dict[Scope, land.Release] = {}
    surpassed: list[Scope] = []
    for release in reversed(land.latest(store)):
        scope = (release.ma_xa, release.ky_dia_gioi)
        if scope[1] not in reform.before or (wanted is not None and scope[0] not in wanted):
            continue
        if not land.count_current(store, land.layer_table("thua_dat", release.srid), scope):
            continue
        newer = [other for other in found if other[0] == scope[0]]
        if newer:
            surpassed.append(scope)
        else:
            found[scope] = release
    return Loaded(dict(sorted(found.items())), sorted(surpassed))
