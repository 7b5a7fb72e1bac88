"""Rows of the registers: typed values, keys, duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipelines import certificates, codes, dates, findings, identifiers, names, numbers, qr, registers
from pipelines.normalize import coded, texts
from pipelines.normalize.parcels import by_source
from pipelines.normalize.place import Place
from pipelines.registers.read import COLUMNS

USES = ("1", "2", "3")
AREAS = ("dien_tich", *(f"dien_tich_{use}" for use in USES))
_KEYS = ("so_hieu_to_ban_do", "so_thu_tu_thua")


@dataclass(frozen=True)
class Rows:
    """Register rows after normalisation.

    Attributes:
        rows: Every row, typed, with `thua_key`, and the marks `repaired`, `no_key` and `repeats` (row id of the
            row it repeats, or null), and the states of identity numbers.
        findings: What was found in single rows.
    """

    rows: pd.DataFrame
    findings: gpd.GeoDataFrame


def stack(read: list["registers.Register"]) -> pd.DataFrame:
    """Return the rows of all registers as one frame of texts, in the order of the files."""
    empty = pd.DataFrame(columns=["row_id", "source", *COLUMNS], dtype="string")
    frames = [register.rows for register in read if len(register.rows)]
    return pd.concat(frames, ignore_index=True) if frames else empty


def doubts(read: list["registers.Register"], place: Place) -> gpd.GeoDataFrame:
    """Return one finding per register whose texts cannot be right; the detail names a better encoding.

    Emits: van_ban.undecodable
    """
    found = [register for register in read if register.doubt is not None]
    paths = [register.source for register in found]
    details = [register.doubt for register in found]
    return findings.build("van_ban.undecodable", paths, crs=place.crs, detail=details, source=paths)


def encodings(read: list["registers.Register"], place: Place) -> gpd.GeoDataFrame:
    """Return what decoding the files of the registers column by column has to tell.

    Lost values of canonical columns are told row by row when the rows are cleaned.

    Emits: van_ban.mixed_encoding, van_ban.undecodable
    """
    parts = [
        texts.encodings(reading.decoded, source, place, reading.personal, reading.canonical)
        for register in read
        for source, reading in register.readings.items()
    ]
    return findings.concat(parts, crs=place.crs)


def normalize(raw: pd.DataFrame, place: Place, doubted: Sequence[str] = ()) -> Rows:
    """Return register rows with typed values.

    Emits: van_ban.repaired, van_ban.undecodable, van_ban.foreign_character, so_dia_chinh.missing_key,
        so_dia_chinh.duplicate_row, so_dia_chinh.bad_number, so_dia_chinh.bad_date, so_dia_chinh.bad_code
    """
    cleaned = texts.clean(raw, COLUMNS, "row_id", place, doubted)
    rows = cleaned.frame
    words = rows.copy()
    rows["repaired"] = cleaned.repaired
    for column in (f"{key}{kind}" for key in _KEYS for kind in ("", "_gcn", "_cu")):
        rows[column] = numbers.tidy_key(rows[column])
    rows = _keys_from_certificate(rows)
    rows["thua_key"] = place.keys(rows["so_hieu_to_ban_do"], rows["so_thu_tu_thua"])
    rows["no_key"] = rows["thua_key"].isna() & rows[[f"{key}_cu" for key in _KEYS]].isna().any(axis=1)
    rows, bad_numbers = _areas(rows, place)
    rows, bad_dates = _dates(rows, place)
    rows = _codes(rows, place)
    rows = _people(rows)
    rows = _certificates(rows)
    rows["repeats"] = _repeats(rows)
    kept = rows["repeats"].isna()
    is_fine = set(rows.loc[kept, "row_id"])
    told = findings.concat([bad_numbers, bad_dates], crs=place.crs)
    found = [cleaned.findings, told.loc[told["feature_id"].isin(is_fine)], _marks(rows, place)]
    found.append(coded.check_rows(words, rows, place))
    return Rows(rows, findings.concat(found, crs=place.crs))


def _keys_from_certificate(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose file has no column for the map's numbers with those of the certificate."""
    bare = rows[list(_KEYS)].isna().groupby(rows["source"]).transform("all").all(axis=1)
    for key in _KEYS:
        rows[key] = rows[key].mask(bare, rows[f"{key}_gcn"])
    return rows


def _areas(rows: pd.DataFrame, place: Place) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return rows with areas in m². All area columns of a file share one decimal mark."""
    long = rows.melt(id_vars=["row_id", "source"], value_vars=list(AREAS), var_name="column", value_name="text")
    long["value"], long["wrong"] = by_source(long["text"], long["source"])
    wide = long.pivot(index="row_id", columns="column", values="value").reindex(rows["row_id"])
    for column in AREAS:
        rows[column] = wide[column].to_numpy(dtype="float64") if len(rows) else rows[column].astype("float64")
    wrong = long.loc[long["wrong"]]
    found = findings.build(
        "so_dia_chinh.bad_number",
        wrong["row_id"],
        crs=place.crs,
        detail=wrong["column"] + "=" + wrong["text"],
        source=wrong["source"],
    )
    return rows, found


def _dates(rows: pd.DataFrame, place: Place) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return rows with dates as yyyy-mm-dd and `nam_sinh`. A day of birth is personal: the finding does not say it."""
    issued, born = dates.parse(rows["ngay_cap"]), dates.parse(rows["ngay_sinh"])
    # A certificate is issued on a day; of a birth the year alone is often all that is known.
    undated = issued["bad"] | (issued["date"].isna() & issued["year"].notna())
    details = ((undated, "ngay_cap=" + rows["ngay_cap"]), (born["bad"], pd.Series("ngay_sinh", index=rows.index)))
    found = [
        findings.build(
            "so_dia_chinh.bad_date",
            rows.loc[where, "row_id"],
            crs=place.crs,
            detail=detail[where],
            source=rows.loc[where, "source"],
        )
        for where, detail in details
    ]
    rows["ngay_cap"], rows["ngay_sinh"], rows["nam_sinh"] = issued["date"], born["date"], born["year"]
    return rows, findings.concat(found, crs=place.crs)


def _codes(rows: pd.DataFrame, place: Place) -> pd.DataFrame:
    for use in USES:
        recorded = rows[f"loai_dat_{use}"].astype("string")
        land_use = codes.land_use(recorded, urban=place.is_urban, date=place.date)
        rows[f"loai_dat_{use}_ghi"], rows[f"loai_dat_{use}"] = recorded, land_use["code"]
        rows[f"mode_{use}"], rows[f"ung_vien_{use}"] = land_use["mode"], land_use["candidates"]
        rows[f"nguon_goc_{use}_ghi"] = rows[f"nguon_goc_{use}"]
        rows[f"nguon_goc_{use}"] = codes.origins(rows[f"nguon_goc_{use}"])
        rows[f"hinh_thuc_{use}"] = codes.shared_use(rows[f"hinh_thuc_{use}"])
        term = codes.terms(rows[f"thoi_han_{use}"])
        rows[f"thoi_han_{use}"], rows[f"ngay_het_han_{use}"] = term["thoi_han"], term["ngay_het_han"]
    rows["phap_nhan"], rows["vai_tro"] = codes.holder_kinds(rows["phap_nhan"]), codes.roles(rows["vai_tro"])
    return rows


def _people(rows: pd.DataFrame) -> pd.DataFrame:
    for column in ("dia_chi", "dia_chi_chu"):
        rows[column] = names.tidy(rows[column])
    # Old registers have one column of holders, organisations among them.
    moved = rows["ten_to_chuc"].isna() & codes.is_organisation(rows["ho_ten"])
    rows["ten_to_chuc"] = names.organisations(rows["ten_to_chuc"].mask(moved, rows["ho_ten"]))
    rows["ma_to_chuc"] = rows["ma_to_chuc"].mask(moved & rows["ma_to_chuc"].isna(), rows["so_giay_to"])
    rows["ho_ten"], rows["so_giay_to"] = rows["ho_ten"].mask(moved), rows["so_giay_to"].mask(moved)
    for column in ("ho_ten", "ho_ten_hien_tai"):
        rows[column] = names.people(rows[column])
    rows["gioi_tinh"] = names.sexes(rows["gioi_tinh"])
    person = identifiers.people(rows["so_giay_to"], rows["nam_sinh"], rows["gioi_tinh"])
    rows["so_giay_to"], rows["loai_giay_to"], rows["giay_to_state"] = person["number"], person["kind"], person["state"]
    rows["giay_to_trai"] = person["contradicts"]
    current = identifiers.people(rows["so_giay_to_hien_tai"])
    rows["so_giay_to_hien_tai"], rows["hien_tai_state"] = current["number"], current["state"]
    organisation = identifiers.organisations(rows["ma_to_chuc"])
    rows["ma_to_chuc"], rows["to_chuc_state"] = organisation["number"], organisation["state"]
    return rows


def _certificates(rows: pd.DataFrame) -> pd.DataFrame:
    certificate = certificates.serials(rows["so_phat_hanh"], rows["ngay_cap"])
    rows["so_phat_hanh"], rows["loai_giay_chung_nhan"] = certificate["serial"], certificate["form"]
    rows["serial_bad"], rows["serial_out"] = certificate["bad"], certificate["out_of_period"]
    rows["so_vao_so"] = certificates.tidy_book_number(rows["so_vao_so"])
    rows["qr_trai"] = qr.compare(qr.parse(rows["ma_qr"]), rows["so_phat_hanh"], rows["ngay_cap"])
    return rows


def _repeats(rows: pd.DataFrame) -> pd.Series:
    """Return the id of the row each row repeats in every value, or null for the first of its kind.

    Several persons of one parcel differ in a value; rows without any key are never called repetitions.
    """
    values = [*COLUMNS, "nam_sinh", *(f"{name}_{use}_ghi" for use in USES for name in ("loai_dat", "nguon_goc"))]
    first = rows.groupby(values, dropna=False, sort=False)["row_id"].transform("first")
    return first.where((first != rows["row_id"]) & ~rows["no_key"]).astype("string")


def _marks(rows: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    keyless, repeating = rows.loc[rows["no_key"]], rows.loc[rows["repeats"].notna()]
    found = [
        findings.build("so_dia_chinh.missing_key", keyless["row_id"], crs=place.crs, source=keyless["source"]),
        findings.build(
            "so_dia_chinh.duplicate_row",
            repeating["row_id"],
            crs=place.crs,
            other_id=repeating["repeats"],
            source=repeating["source"],
        ),
    ]
    return findings.concat(found, crs=place.crs)
