"""The parcels before: there, current, and as the officer saw them."""

import geopandas as gpd

from pipelines import store as land
from pipelines.change.request import Reason, Request
from pipelines.store.reading import read_versions


def read(store: land.Store, request: Request, srid: int) -> tuple[gpd.GeoDataFrame, list[Reason]]:
    """Return the current versions of the parcels that a change is based on, and why it cannot be based on them.

    Inside a transaction nobody changes them meanwhile, so of two changes drawn on one version only the first is right.
    """
    table = land.layer_table("thua_dat", srid)
    wanted = list(request.based_on)
    values = {"ma_xa": request.ma_xa, "ky_dia_gioi": request.ky_dia_gioi, "ids": store.values(wanted)}
    only = f"ma_xa = :ma_xa AND ky_dia_gioi = :ky_dia_gioi AND {store.among('thua_dat_id', 'ids')}"
    every = read_versions(store, table, srid, f"WHERE {only} ORDER BY version_id", values)
    before = gpd.GeoDataFrame(every[every["tx_to"].isna()]).reset_index(drop=True)
    current = dict(zip(before["thua_dat_id"], before["row_hash"], strict=True))
    last = every.drop_duplicates("thua_dat_id", keep="last").set_index("thua_dat_id")
    releases = {release.release_id: release for release in land.listing(store, request.ma_xa)}
    reasons = []
    for name, row_hash in request.based_on.items():
        if name not in current and (now := land.keys_of(store, name)[-1]) != name:
            reasons.append(_moved(name, now))
        elif name not in last.index:
            reasons.append(_absent(name))
        elif name not in current:
            reasons.append(_retired(name, releases[int(last.loc[name, "release_to"])]))
        elif current[name] != row_hash:
            reasons.append(_changed(name, releases[int(last.loc[name, "release_from"])]))
    return before, reasons


def _absent(name: str) -> Reason:
    return Reason(
        "basis.absent",
        f"Xã không có thửa {name}: kiểm tra mã thửa ở based_on.",
        f"The commune has no parcel {name}: check the id in based_on.",
    )


def _moved(name: str, now: str) -> Reason:
    return Reason(
        "basis.moved",
        f"Sau sắp xếp đơn vị hành chính, thửa {name} là {now}: lập lại gói cho thửa đó bằng `diachinh change draft`.",
        f"Since a reform of communes parcel {name} is {now}: make the package for that with `diachinh change draft`.",
    )


def _retired(name: str, release: land.Release) -> Reason:
    vi, en = _by(release)
    return Reason(
        "basis.retired",
        f"Thửa {name} đã hết hiệu lực bởi {vi}: xem `diachinh history {name}`.",
        f"Parcel {name} was retired by {en}: see `diachinh history {name}`.",
    )


def _changed(name: str, release: land.Release) -> Reason:
    vi, en = _by(release)
    return Reason(
        "basis.changed",
        f"Thửa {name} đã thay đổi bởi {vi} sau khi bạn lấy số liệu: lập lại gói bằng `diachinh change draft`.",
        f"Parcel {name} was changed by {en} since you drew it: make the package anew with `diachinh change draft`.",
    )


def _by(release: land.Release) -> tuple[str, str]:
    number = release.release_id
    if release.giao_dich_id:
        return (
            f"biến động {release.giao_dich_id} (bản {number})",
            f"transaction {release.giao_dich_id} (release {number})",
        )
    return f"bản phát hành {number}", f"release {number}"
