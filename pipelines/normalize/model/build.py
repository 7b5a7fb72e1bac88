"""All layers that come from entities of the exchange."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipelines import findings
from pipelines.normalize.model import assets, deals, secured
from pipelines.normalize.model.files import Files, Known
from pipelines.normalize.place import Place

SOURCES = {
    "tai_san": tuple(assets.KINDS),
    "quyen_so_huu_tai_san": ("DC_QuyenSoHuuTaiSanGanLienVoiDat",),
    "quyen_quan_ly_dat": ("DC_QuyenQuanLyDat",),
    "giao_dich": ("DC_GiaoDich",),
    "noi_dung_giao_dich": ("DC_GiaoDich",),
    "pha_he_thua": ("DC_GiaoDich",),
    "giao_dich_bao_dam": ("DC_GiaoDichBaoDam",),
    "tai_san_bao_dam": ("DC_GiaoDichBaoDam",),
    "ngan_chan": ("DC_ThongTinNganChan",),
    "ho_so_quet": ("DC_HoSoQuet",),
    "tep_ho_so_quet": ("DC_HoSoQuet", "DC_ChiTietHoSoQuet"),
}
"""Layers and the entities they come from. A delivery without any of them says nothing about the layer."""

LAND = ("tai_san", "giao_dich", "pha_he_thua")
"""Layers that are not personal."""


@dataclass(frozen=True)
class Entities:
    """Layers of a delivery, only those it says something about, and what was found.

    Attributes:
        land: Layers of the land database.
        holders: Layers of the holder store.
        findings: What was found.
    """

    land: dict[str, pd.DataFrame]
    holders: dict[str, pd.DataFrame]
    findings: gpd.GeoDataFrame


def build(files: Files, known: Known, place: Place) -> Entities:
    """Return the layers that come from entities.

    Emits: so_dia_chinh.broken_reference, so_dia_chinh.not_stored, so_dia_chinh.status_conflict
    """
    if not files.present:
        return Entities({}, {}, findings.empty(place.crs))
    owned = assets.assets(files, known, place)
    rights, lost_rights = assets.ownership(files, known, owned, place)
    registered, bare = deals.deals(files, known, place)
    by_number = registered.dropna(subset=["ref"]).drop_duplicates("ref").set_index("ref")
    mortgages, lost_mortgages = secured.mortgages(files, known, owned, by_number, place)
    blocked, lost_blocks = secured.blocks(files, known, owned, place)
    scanned, lost_files = deals.dossiers(files, known, registered, place)
    made = {
        "tai_san": owned.table,
        "quyen_so_huu_tai_san": rights,
        "quyen_quan_ly_dat": assets.management(files, known, place),
        "pha_he_thua": deals.lineage(files, known, registered, place),
        "ngan_chan": blocked,
        **deals.layers(registered),
        **mortgages,
        **scanned,
    }
    said = {name: table for name, table in made.items() if files.present.intersection(SOURCES[name])}
    found = [owned.findings, lost_rights, bare, lost_mortgages, lost_blocks, lost_files]
    return Entities(
        land={name: table for name, table in said.items() if name in LAND},
        holders={name: table for name, table in said.items() if name not in LAND},
        findings=findings.concat(found, crs=place.crs),
    )
