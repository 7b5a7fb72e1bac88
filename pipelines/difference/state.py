"""Which two states of a commune are meant: by release numbers, by days, or the last two."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines import store as land
from pipelines.errors import StoreError


@dataclass(frozen=True, slots=True)
class State:
    """Two states of one commune and era.

    Attributes:
        first: The earlier release; None for the time before the first.
        last: The later one.
    """

    first: land.Release | None
    last: land.Release

    @property
    def numbers(self) -> tuple[int, int]:
        """Numbers of both releases; 0 for the time before the first."""
        return (self.first.release_id if self.first else 0), self.last.release_id


def chosen(
    store: land.Store,
    ma_xa: str,
    numbers: tuple[int | None, int | None] = (None, None),
    days: tuple[str | None, str | None] = (None, None),
) -> State:
    """Return the two states that are meant.

    Args:
        store: The land database.
        ma_xa: Commune code.
        numbers: Release numbers, earlier and later; 0 is the time before the first, and what is left out is the newest
            and the one before it.
        days: In place of numbers: what the database held at the end of two days (UTC), ISO 8601.

    Raises:
        StoreError: There is no such release, or the two are not of one era and zone in this order.
    """
    known = land.listing(store, ma_xa)
    if not known:
        raise StoreError(
            f"Cơ sở dữ liệu không có bản phát hành nào của xã {ma_xa}: kiểm tra mã xã (lệnh `status`).",
            f"The database holds no release of commune {ma_xa}: check the code (command `status`).",
        )
    if any(days):
        last = _on(known, ma_xa, days[1] or "9999-12-31")
        first = _before(known, last, days[0]) if days[0] else _former(known, last)
    else:
        last = known[-1] if numbers[1] is None else _numbered(known, ma_xa, numbers[1])
        first = _former(known, last)
        if numbers[0] is not None:
            first = _numbered(known, ma_xa, numbers[0]) if numbers[0] else None
    _require_order(first, last)
    return State(first, last)


def _numbered(known: Sequence[land.Release], ma_xa: str, number: int) -> land.Release:
    found = next((release for release in known if release.release_id == number), None)
    if found is None:
        listed = ", ".join(str(release.release_id) for release in known)
        raise StoreError(
            f"Xã {ma_xa} không có bản phát hành {number}: chọn trong các số {listed}.",
            f"Commune {ma_xa} has no release {number}: choose from {listed}.",
        )
    return found


def _former(known: Sequence[land.Release], last: land.Release) -> land.Release | None:
    earlier = [release for release in known if release.release_id < last.release_id]
    return next((release for release in reversed(earlier) if release.ky_dia_gioi == last.ky_dia_gioi), None)


def _on(known: Sequence[land.Release], ma_xa: str, day: str) -> land.Release:
    then = [release for release in known if release.started_at[:10] <= day]
    if not then:
        raise StoreError(
            f"Đến ngày {day} xã {ma_xa} chưa có bản phát hành nào; bản đầu tiên là ngày {known[0].started_at[:10]}.",
            f"Commune {ma_xa} had no release by {day}; its first is of {known[0].started_at[:10]}.",
        )
    return then[-1]


def _before(known: Sequence[land.Release], last: land.Release, day: str) -> land.Release | None:
    then = [
        release for release in known if release.ky_dia_gioi == last.ky_dia_gioi and release.started_at[:10] <= day
    ]  # fmt: skip
    return then[-1] if then else None


def _require_order(first: land.Release | None, last: land.Release) -> None:
    if first is None:
        return
    if first.release_id > last.release_id:
        raise StoreError(
            f"Bản {first.release_id} mới hơn bản {last.release_id}: ghi bản cũ trước, bản mới sau.",
            f"Release {first.release_id} is newer than {last.release_id}: name the older one first.",
        )
    if (first.ky_dia_gioi, first.srid) != (last.ky_dia_gioi, last.srid):
        raise StoreError(
            f"Bản {first.release_id} và bản {last.release_id} khác kỳ địa giới hoặc khác múi: chọn hai bản cùng kỳ.",
            f"Releases {first.release_id} and {last.release_id} are of two eras or zones: choose two of one.",
        )
