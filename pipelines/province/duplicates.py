"""What may stand once in a province and stands twice: identifiers, certificate serials, identity numbers.

Names are compared by a key and numbers by their keyed hash; neither is part of any finding.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings, geohash, geometry, names
from pipelines.communes import FOREIGN_ERA
from pipelines.province.scene import Scene, Scope, is_same_land

WORST_GRADE = "3"
_PARTS = ";"


def check_identifiers(scene: Scene) -> gpd.GeoDataFrame:
    """Report parcels whose point gives the identifier of another parcel; the one that carries it comes second.

    A parcel that was left without an identifier at loading gets the code of its point here, for the comparison only.
    Parcels of grade 3 are left out: their place is in doubt already.

    Emits: lien_xa.same_identifier
    """
    rows = pd.concat([_codes(scene, scope) for scope in sorted(scene.boxes)] or [_no_codes()], ignore_index=True)
    rows = rows[rows["code"].duplicated(keep=False)].sort_values(
        ["code", "is_given", "id"], ascending=[True, False, True]
    )
    first = rows.groupby("code")[["id", "scope"]].transform("first")
    later = (rows["id"] != first["id"]).to_numpy(dtype=bool)
    rows, first = rows[later], first[later]
    apart = ~_is_same_land(rows["scope"], first["scope"])
    rows, first = rows[apart], first[apart]
    return findings.build(
        "lien_xa.same_identifier",
        rows["id"],
        crs=scene.crs,
        other_id=first["id"],
        detail=rows["code"],
        geometry=shapely.points(rows[["x", "y"]].to_numpy(dtype=np.float64)),
    )


def check_certificates(scene: Scene) -> gpd.GeoDataFrame:
    """Report serials that two communes have, where no holder is the same by name or number.

    The finding names the parcels, not the serial: a serial leads to its holder, and findings go through many hands.

    Emits: lien_xa.certificate_twice
    """
    if not scene.holders:
        return findings.empty(scene.crs)
    serial = _layer(scene, "giay_chung_nhan", ["giay_chung_nhan_id", "so_phat_hanh"])
    rights = _layer(scene, "quyen_su_dung_dat", ["giay_chung_nhan_id", "thua_key", "chu_id"])
    held = rights.merge(serial.dropna(), on=["scope", "giay_chung_nhan_id"])
    marked = held.merge(_marks(scene), on=["scope", "chu_id"])
    columns = {"so_phat_hanh": "key", "thua_key": "feature_id"}
    pairs = contradictions(marked.rename(columns=columns))
    return findings.build(
        "lien_xa.certificate_twice",
        pairs["feature_id"],
        crs=scene.crs,
        other_id=pairs["feature_id_other"],
    )


def check_numbers(scene: Scene) -> gpd.GeoDataFrame:
    """Report identity numbers that two communes have under different names; the finding is about a parcel of each.

    Numbers that break the rules of their kind are left out: they are findings of their commune.

    Emits: lien_xa.number_twice
    """
    if not scene.holders:
        return findings.empty(scene.crs)
    rights = _layer(scene, "quyen_su_dung_dat", ["thua_key", "chu_id"]).rename(columns={"thua_key": "feature_id"})
    of_person = _members(scene).merge(rights, on=["scope", "chu_id"]).drop_duplicates(["scope", "ca_nhan_id"])
    rows = _numbers(scene).merge(_people(scene), on=["scope", "ca_nhan_id"])
    rows = rows.merge(of_person[["scope", "ca_nhan_id", "feature_id"]], on=["scope", "ca_nhan_id"], how="left")
    rows["feature_id"] = rows["feature_id"].fillna(rows["ca_nhan_id"])
    pairs = contradictions(rows.rename(columns={"number": "key", "name": "mark"}))
    return findings.build(
        "lien_xa.number_twice", pairs["feature_id"], crs=scene.crs, other_id=pairs["feature_id_other"]
    )


def contradictions(rows: pd.DataFrame) -> pd.DataFrame:
    """Return pairs of communes that have a key in common but no mark under it: `key`, `feature_id`, `feature_id_other`.

    Args:
        rows: `key`, `scope`, `mark` and `feature_id`; rows that lack one of them say nothing.
    """
    known = rows[["key", "scope", "mark", "feature_id"]].dropna()
    known = known[known.groupby("key")["scope"].transform("nunique") > 1]
    places = known.sort_values("feature_id").drop_duplicates(["key", "scope"])[["key", "scope", "feature_id"]]
    pairs = places.merge(places, on="key", suffixes=("", "_other"))
    pairs = pairs[pairs["scope"] < pairs["scope_other"]]
    marks = known[["key", "scope", "mark"]].drop_duplicates()
    alike = marks.merge(marks, on=["key", "mark"], suffixes=("", "_other"))[["key", "scope", "scope_other"]]
    joined = pairs.merge(alike.drop_duplicates(), on=["key", "scope", "scope_other"], how="left", indicator=True)
    apart = joined[joined["_merge"] == "left_only"]
    apart = apart[~_is_same_land(apart["scope"], apart["scope_other"])]
    return apart.sort_values(["feature_id", "feature_id_other", "key"], ignore_index=True)


def _codes(scene: Scene, scope: Scope) -> pd.DataFrame:
    """Return the identifier of every parcel of a commune, the given one or the one its point would give."""
    parcels = scene.read(scope)
    given = parcels["ma_dinh_danh_thua"].astype("string")
    shapes = parcels.geometry.to_numpy()
    sound = geometry.is_polygon(shapes) & geometry.is_finite(shapes) & shapely.is_valid(shapes)
    sound &= ~shapely.is_empty(shapes) & (parcels["xep_loai"] != WORST_GRADE).to_numpy(dtype=bool)
    sound &= ~parcels["la_doi_tuong_chiem_dat"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    lacking = given.isna().to_numpy(dtype=bool) & sound & (scope[1] != FOREIGN_ERA)
    made = geohash.identify(parcels.geometry[lacking])["ma_dinh_danh_thua"].astype("string")
    inner = shapely.point_on_surface(shapes)
    columns = {
        "code": given.fillna(made),
        "is_given": given.notna(),
        "id": parcels["thua_dat_id"].astype("string"),
        "scope": ".".join(scope),
        "x": shapely.get_x(inner),
        "y": shapely.get_y(inner),
    }
    return pd.DataFrame(columns).dropna(subset=["code"])


def _no_codes() -> pd.DataFrame:
    types = {"code": "string", "is_given": "bool", "id": "string", "scope": "string", "x": "float64", "y": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


def _is_same_land(one: pd.Series, other: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which pairs of communes are one place at different times."""
    pairs = list(zip(one, other, strict=True))
    known = {pair: is_same_land(_scope(pair[0]), _scope(pair[1])) for pair in set(pairs)}
    return np.fromiter((known[pair] for pair in pairs), dtype=bool, count=len(pairs))


def _scope(text: str) -> Scope:
    code, _, era = text.partition(".")
    return code, era


def _layer(scene: Scene, name: str, columns: list[str]) -> pd.DataFrame:
    """Return columns of a personal layer with the commune as one text."""
    rows = scene.holders[name]
    picked = rows[columns].astype("string")
    return picked.assign(scope=(rows["ma_xa"] + "." + rows["ky_dia_gioi"]).astype("string"))


def _people(scene: Scene) -> pd.DataFrame:
    """Return `ca_nhan_id` and `name`, the key of the name without case and accents."""
    rows = _layer(scene, "ca_nhan", ["ca_nhan_id", "ho_ten"])
    return rows.assign(name=names.loose_key(rows.pop("ho_ten")))


def _numbers(scene: Scene) -> pd.DataFrame:
    """Return `ca_nhan_id` and `number`, the keyed hash of an identity number that obeys the rules of its kind."""
    rows = _layer(scene, "giay_to_tuy_than", ["ca_nhan_id", "loai_giay_to", "so_giay_to_bam"])
    known = rows[rows["loai_giay_to"].notna() & rows["so_giay_to_bam"].notna()]
    return known.rename(columns={"so_giay_to_bam": "number"})[["scope", "ca_nhan_id", "number"]]


def _members(scene: Scene) -> pd.DataFrame:
    """Return the people behind every holder: `chu_id`, `ca_nhan_id`."""
    parts = [_layer(scene, "ca_nhan", ["ca_nhan_id"]).assign(chu_id=lambda rows: rows["ca_nhan_id"])]
    units = {
        "vo_chong": ("vo_chong_id", ["vo_id", "chong_id"]),
        "ho_gia_dinh": ("ho_gia_dinh_id", ["chu_ho_id", "vo_chong_chu_ho_id", "thanh_vien_id"]),
        "nhom_nguoi": ("nhom_nguoi_id", ["nguoi_dai_dien_id", "thanh_vien_id"]),
    }
    for layer, (key, columns) in units.items():
        rows = _layer(scene, layer, [key, *columns])
        for column in columns:
            one = rows[["scope"]].assign(chu_id=rows[key], ca_nhan_id=rows[column].str.split(_PARTS))
            parts.append(one.explode("ca_nhan_id").astype("string"))
    return pd.concat(parts, ignore_index=True).dropna().drop_duplicates(ignore_index=True)


def _marks(scene: Scene) -> pd.DataFrame:
    """Return what holders are known by: `chu_id`, `mark`, one row for each name and each number."""
    members, on = _members(scene), ["scope", "ca_nhan_id"]
    by_name = members.merge(_people(scene), on=on).assign(mark=lambda rows: "n:" + rows["name"])
    by_number = members.merge(_numbers(scene), on=on).assign(mark=lambda rows: "h:" + rows["number"])
    bodies = [_body_marks(scene, "to_chuc", "ten_to_chuc"), _body_marks(scene, "cong_dong", "ten_cong_dong")]
    every = [frame[["scope", "chu_id", "mark"]] for frame in (by_name, by_number, *bodies)]
    return pd.concat(every, ignore_index=True).dropna().drop_duplicates(ignore_index=True)


def _body_marks(scene: Scene, layer: str, column: str) -> pd.DataFrame:
    """Return what organisations or communities are known by: their name."""
    rows = _layer(scene, layer, [f"{layer}_id", column]).rename(columns={f"{layer}_id": "chu_id"})
    return rows.assign(mark="n:" + names.loose_key(rows[column]))
