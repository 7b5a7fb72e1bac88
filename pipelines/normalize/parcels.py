"""Parcels of the map: keys, numbers, land use, before the register is known."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from pipelines import codes, findings, names, numbers
from pipelines.normalize import texts
from pipelines.normalize.place import Place

_TEXTS = ("so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "dia_chi", "ten_chu", "nhan")
_NUMBERS = ("dien_tich", "dien_tich_phap_ly")


@dataclass(frozen=True)
class Parcels:
    """Parcels as the map has them, normalised.

    Attributes:
        parcels: The columns of `thua_dat` that come from the map, and `mode` of the land use.
        repaired: Where a text had to be repaired.
        findings: What was found on the way.
    """

    parcels: gpd.GeoDataFrame
    repaired: pd.Series
    findings: gpd.GeoDataFrame


def normalize(drawn: gpd.GeoDataFrame, place: Place) -> Parcels:
    """Return drawn parcels with keys, areas in m² and land-use codes of TT 08/2024.

    Emits: van_ban.repaired, van_ban.undecodable, van_ban.foreign_character, so_dia_chinh.bad_number,
        thua_dat.legacy_code, thua_dat.ambiguous_code, thua_dat.unknown_code
    """
    drawn = drawn.reset_index(drop=True)
    cleaned = texts.clean(drawn, [name for name in _TEXTS if name in drawn], "feature_id", place)
    result = gpd.GeoDataFrame(cleaned.frame, geometry="geometry", crs=place.crs)
    found = [cleaned.findings]
    for column in ("so_hieu_to_ban_do", "so_thu_tu_thua"):
        result[column] = numbers.tidy_key(_text(result, column))
    result["thua_key"] = place.keys(result["so_hieu_to_ban_do"], result["so_thu_tu_thua"])
    for column in _NUMBERS:
        result[column], wrong = by_source(_text(result, column), result["source"])
        found.append(
            findings.build(
                "so_dia_chinh.bad_number",
                result.loc[wrong, "feature_id"],
                crs=place.crs,
                detail=column + "=" + _text(drawn, column)[wrong],
                source=result.loc[wrong, "source"],
                geometry=result.geometry[wrong].to_numpy(),
            )
        )
    result = result.rename(columns={"dien_tich": "dien_tich_nhan"})
    result["dia_chi"] = names.tidy(_text(result, "dia_chi"))
    result["dien_tich_do"] = shapely.area(result.geometry.to_numpy())
    result = _land_use(result, place)
    found.append(
        land_use_findings(result, result["loai_dat_ghi"], result["mode"], "feature_id", place, result["ung_vien"])
    )
    return Parcels(result, cleaned.repaired, findings.concat(found, crs=place.crs))


def land_use_findings(
    frame: pd.DataFrame, recorded: pd.Series, mode: pd.Series, ids: str, place: Place, candidates: pd.Series
) -> gpd.GeoDataFrame:
    """Return findings for land uses that are not simply a code in force; arguments as `codes.land_use` gives them.

    The detail gives the value as recorded and, where a person has to choose, what from.

    Emits: thua_dat.legacy_code, thua_dat.ambiguous_code, thua_dat.unknown_code
    """
    found = []
    for name in (codes.LEGACY, codes.AMBIGUOUS, codes.UNKNOWN):
        where = (mode == name).fillna(False).astype(bool)
        found.append(
            findings.build(
                f"thua_dat.{name}_code",
                frame.loc[where, ids],
                crs=place.crs,
                detail=(recorded[where] + (" → " + candidates[where]).fillna("")).astype("string"),
                source=frame.loc[where, "source"],
                geometry=frame.loc[where, "geometry"].to_numpy() if "geometry" in frame else None,
            )
        )
    return findings.concat(found, crs=place.crs)


def by_source(values: pd.Series, sources: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return numbers and where they are none, the decimal mark decided file by file."""
    parsed = [numbers.parse(part) for _, part in values.groupby(sources, sort=False)]
    if not parsed:
        return values.astype("float64"), pd.Series(False, index=values.index)
    value = pd.concat([part for part, _ in parsed]).reindex(values.index)
    return value, pd.concat([wrong for _, wrong in parsed]).reindex(values.index)


def _land_use(parcels: gpd.GeoDataFrame, place: Place) -> gpd.GeoDataFrame:
    recorded = _text(parcels, "loai_dat")
    if place.is_foreign:
        unknown = pd.Series(pd.NA, index=parcels.index, dtype="string")
        return parcels.assign(
            loai_dat=unknown, loai_dat_ghi=recorded, he_loai_dat=codes.UNKNOWN_SCHEME, mode=unknown, ung_vien=unknown
        )
    use = codes.land_use(recorded, urban=place.is_urban, date=place.date)
    scheme = use["scheme"].fillna(codes.UNKNOWN_SCHEME)
    parcels = parcels.assign(loai_dat=use["code"], loai_dat_ghi=recorded, he_loai_dat=scheme)
    return parcels.assign(mode=use["mode"], ung_vien=use["candidates"])


def _text(frame: pd.DataFrame, column: str) -> pd.Series:
    if column in frame:
        return frame[column].astype("string")
    return pd.Series(pd.NA, index=frame.index, dtype="string")
