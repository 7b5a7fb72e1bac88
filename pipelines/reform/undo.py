"""A reform taken back: the new commune and the older ones are what they were before it, in one transaction."""

from dataclasses import dataclass

from pipelines import store as land
from pipelines.errors import Refusal
from pipelines.ledger import LedgerError
from pipelines.reform.scopes import Scope
from pipelines.store import keys
from pipelines.store.releases import bring_back


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back.

    Attributes:
        ma_xa: The new commune.
        ky_dia_gioi: Its era.
        undoes: The release of the reform.
        release_id: The release that took it back.
        sources: Older commune (`code.era`) → parcels it has again.
        parcels: Parcels the new commune still has.
    """

    ma_xa: str
    ky_dia_gioi: str
    undoes: int
    release_id: int
    sources: dict[str, int]
    parcels: int


def undo(store: land.Store, scope: Scope, *, who: str) -> Undone:
    """Take back the newest reform of a new commune.

    Args:
        store: The land database, open for writing.
        scope: Code and era of the new commune.
        who: The account that asks.

    Raises:
        Refusal: There is none, or one of the communes was changed since.
        LedgerError: The parcels do not add up: our defect, nothing is kept.
    """
    with store.transaction():
        reform = _newest(store, scope)
        closing = {_scope(name): int(number) for name, number in reform.counts["reform"]["closing"].items()}
        releases = {scope: reform.release_id, **closing}
        for each, number in releases.items():
            _refuse_later(store, each, number)
        before = _parcels_before(reform, scope)
        moments = {scope: _begin(store, scope, reform, who)}
        moments |= {each: _begin(store, each, reform, who, moments[scope].now) for each in closing}
        for each in closing:
            keys.forget(store, each, reform.release_id, moments[scope].release_id)
        found = {each: bring_back(store, reform.srid, releases[each] - 1, moments[each]) for each in releases}
        now = {each: counts["parcels"] for each, counts in found.items()}
        if now != before:
            raise LedgerError(f"reform undo: {before} parcels to have again, {now} in the database")
        for each, counts in found.items():
            land.finish(store, moments[each].release_id, counts | {"changed": 0, "undoes": releases[each]})
        number = moments[scope].release_id
        entry = land.Entry("reform undo", who, *scope, giao_dich_id=reform.giao_dich_id)
        land.write_log(store, entry, land.DONE, release=number)
    again = {".".join(each): count for each, count in now.items() if each != scope}
    return Undone(*scope, reform.release_id, number, again, now[scope])


def _newest(store: land.Store, scope: Scope) -> land.Release:
    """Return the newest reform of a new commune that stands."""
    row = store.execute(
        f"SELECT max(release_from) FROM khoa_thua WHERE {keys.within('thua_dat_id_moi')} AND release_to IS NULL",
        keys.span(scope),
    ).fetchone()
    if row[0] is None:
        raise Refusal(
            f"Xã {scope[0]} chưa được sắp xếp trong cơ sở dữ liệu này: không có gì để hoàn tác.",
            f"Commune {scope[0]} was not reformed in this database: there is nothing to undo.",
        )
    return next(release for release in land.listing(store, scope[0]) if release.release_id == row[0])


def _refuse_later(store: land.Store, scope: Scope, number: int) -> None:
    """Refuse where a commune has a release after that of the reform, unless it was taken back, or returned from."""
    own = [release for release in land.listing(store, scope[0]) if release.ky_dia_gioi == scope[1]]
    gone, stands = set[int](), own[-1].release_id
    for release in reversed(own):
        if release.release_id > stands:
            continue
        if "restored" in release.counts and release.release_id not in gone:
            stands = int(release.counts["restored"])
            continue
        if "undoes" in release.counts:
            gone |= {release.release_id, int(release.counts["undoes"])}
        if release.release_id in gone:
            continue
        if release.release_id != number:
            name = ".".join(scope)
            raise Refusal(
                f"Xã {name} đã thay đổi sau khi sắp xếp (bản {release.release_id}, {release.kind}): trở về bản "
                f"{number} trước bằng `diachinh rollback {scope[0]} {number}`.",
                f"Commune {name} was changed after the reform (release {release.release_id}, {release.kind}): "
                f"return to release {number} first: `diachinh rollback {scope[0]} {number}`.",
            )
        return


def _parcels_before(reform: land.Release, scope: Scope) -> dict[Scope, int]:
    sources = reform.counts["reform"]["sources"]
    told = {(each["ma_xa"], each["ky_dia_gioi"]): int(each["before"]) for each in sources if each["moved"]}
    return {scope: int(reform.counts["unchanged"]), **told}


def _begin(store: land.Store, scope: Scope, reform: land.Release, who: str, at: str | None = None) -> land.Moment:
    return land.begin(
        store, scope, kind="rollback", package_sha256=None, srid=reform.srid, valid="", nguoi_thuc_hien=who, at=at
    )


def _scope(name: str) -> Scope:
    code, _, era = name.partition(".")
    return code, era
