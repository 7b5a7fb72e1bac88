"""Assets on land, and who owns them."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipelines import findings
from pipelines.ids import identify
from pipelines.normalize.model.files import Files, Known, distinct, finding, reference, shaped, told
from pipelines.normalize.place import Place
from pipelines.registers.relations import PARENTS, with_parent

KINDS = {
    "DC_KhuChungCu": ("10", "khuChungCuId"),
    "DC_NhaChungCu": ("9", "nhaChungCuId"),
    "DC_HangMucSoHuuChung": ("9", "hangMucSoHuuChungId"),
    "DC_CanHo": ("8", "canHoId"),
    "DC_NhaRiengLe": ("7", "nhaRiengLeId"),
    "DC_CongTrinhXayDung": ("11", "congTrinhXayDungId"),
    "DC_HangMucCongTrinh": ("11", "hangMucCongTrinhId"),
    "DC_CongTrinhNgam": ("12", "congTrinhNgamId"),
    "DC_RungTrong": ("13", "rungTrongId"),
    "DC_CayLauNam": ("14", "cayLauNamId"),
}
"""Entities that are assets: code of `loai_tai_san` and the attribute that numbers them; what holds others first."""

PARCEL = "6"
"""Code of `loai_tai_san` for a parcel."""

_ITEMS = ("DC_HangMucSoHuuChung", "DC_HangMucCongTrinh")
_GENERATIONS = 2
"""An apartment stands in a building, a building on an estate."""

_BROKEN = "so_dia_chinh.broken_reference"


@dataclass(frozen=True)
class Assets:
    """Assets of a delivery.

    Attributes:
        table: `tai_san`.
        ids: `entity|_dossier|number` → `tai_san_id`.
        part_of: `tai_san_id` → `thuoc_tai_san_id`.
        parcels: `tai_san_id` → `thua_key`.
        findings: Parcels and buildings that are not there.
    """

    table: pd.DataFrame
    ids: pd.Series
    part_of: pd.Series
    parcels: pd.Series
    findings: gpd.GeoDataFrame

    def find(self, named: pd.DataFrame) -> pd.Series:
        """Return `tai_san_id` of what rows call `loaiTaiSan`, `taiSanId` and `hangMucTaiSanId`, or null."""
        kind, parts = named["loaiTaiSan"].astype("string"), named.get("hangMucTaiSanId")
        nothing = pd.Series(pd.NA, index=named.index, dtype="string")
        whole, item = nothing, nothing
        for entity, (code, _) in KINDS.items():
            number = parts if entity in _ITEMS and parts is not None else named["taiSanId"]
            at = (f"{entity}|" + named["_dossier"] + "|" + number).where(kind == code).map(self.ids).astype("string")
            if entity in _ITEMS:
                item = item.fillna(at)
            else:
                whole = whole.fillna(at)
        # The number of an item may be that of another one by chance.
        belongs = (item.map(self.part_of).astype("string") == whole).fillna(False) | whole.isna()
        return item.where(belongs).fillna(whole)


def assets(files: Files, known: Known, place: Place) -> Assets:
    """Return the assets of the files; one without a parcel on the map is kept and told.

    Emits: so_dia_chinh.broken_reference
    """
    parts, found = [], []
    for entity, (kind, key) in KINDS.items():
        frame = files.frames[entity]
        nothing = pd.Series(pd.NA, index=frame.index, dtype="string")
        frame = with_parent(files.frames, entity) if entity in PARENTS else frame.assign(_parent=nothing)
        said = told(frame, entity, "tai_san").assign(loai_tai_san=kind, entity=entity, number=frame[key])
        parts.append(said.assign(_id=frame["_id"], _parent=frame["_parent"], ref=f"{entity}|" + reference(frame, key)))
        if entity in PARENTS and PARENTS[entity][1] in frame:
            above = PARENTS[entity][1]
            lost = frame[above].notna() & frame["_parent"].isna()
            found.append(finding(_BROKEN, frame, lost, entity, above, place))
    table = pd.concat(parts, ignore_index=True).assign(ma_xa=place.ma_xa, ky_dia_gioi=place.era)
    ground, lost = _ground(files, known, place)
    table["thua_key"] = table["_id"].map(ground["thua_key"]).astype("string")
    table["thua_key_khac"] = table["_id"].map(ground["thua_key_khac"]).astype("string")
    for _ in range(_GENERATIONS):
        inherited = table["_parent"].map(table.set_index("_id")["thua_key"]).astype("string")
        table["thua_key"] = table["thua_key"].fillna(inherited)
    numbered = table["number"].fillna(table["_id"])
    table["tai_san_id"] = identify("ts-", place.scope, table["thua_key"], table["entity"], numbered)
    table["tai_san_id"] = distinct(table, "tai_san_id", also=("_id", "_parent", "ref"))
    table["thuoc_tai_san_id"] = table["_parent"].map(table.set_index("_id")["tai_san_id"]).astype("string")
    unique = table.drop_duplicates("tai_san_id").sort_values("tai_san_id", ignore_index=True)
    named = unique.set_index("tai_san_id")
    return Assets(
        table=shaped(unique, "tai_san"),
        ids=table.dropna(subset=["ref"]).drop_duplicates("ref").set_index("ref")["tai_san_id"],
        part_of=named["thuoc_tai_san_id"],
        parcels=named["thua_key"],
        findings=findings.concat([*found, lost], crs=place.crs),
    )


def _ground(files: Files, known: Known, place: Place) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return by `_id` of an asset the parcel it stands on, and further ones; and findings for those not on the map."""
    parts = [files.frames["LienKetThuaDat"].assign(_id=files.frames["LienKetThuaDat"]["_parent"], of="LienKetThuaDat")]
    parts += [
        frame.loc[frame["thuaDatId"].notna()].assign(of=entity)
        for entity, frame in ((entity, files.frames[entity]) for entity in KINDS)
        if "thuaDatId" in frame
    ]
    linked = pd.concat([part[["_id", "_dossier", "thuaDatId", "source", "_number", "of"]] for part in parts])
    linked["thua_key"] = reference(linked, "thuaDatId").map(known.parcels).astype("string")
    lost = [
        finding(_BROKEN, rows, rows["thua_key"].isna(), str(entity), "thuaDatId", place)
        for entity, rows in linked.groupby("of")
    ]
    there = linked.dropna(subset=["thua_key"]).drop_duplicates(["_id", "thua_key"])
    first = there.drop_duplicates("_id").set_index("_id")["thua_key"]
    more = there.loc[there.duplicated("_id")].groupby("_id")["thua_key"].agg(";".join)
    ground = pd.DataFrame({"thua_key": first, "thua_key_khac": more.reindex(first.index)}, dtype="string")
    return ground, findings.concat(lost, crs=place.crs)


def ownership(files: Files, known: Known, owned: Assets, place: Place) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return `quyen_so_huu_tai_san`; a right whose asset or holder is not there is told, and kept if it has the other.

    Emits: so_dia_chinh.broken_reference
    """
    entity = "DC_QuyenSoHuuTaiSanGanLienVoiDat"
    frame = files.frames[entity]
    table = frame[["_dossier"]].assign(tai_san_id=owned.find(frame))
    table[["loai_doi_tuong", "chu_id"]] = holders(frame, known)
    table["giay_chung_nhan_id"] = reference(frame, "giayChungNhanId").map(known.papers).astype("string")
    table["hinh_thuc_so_huu"] = table["tai_san_id"].map(_forms(files, owned)).astype("string")
    found = [
        finding(_BROKEN, frame, table["tai_san_id"].isna(), entity, "taiSanId", place),
        finding(_BROKEN, frame, table["chu_id"].isna(), entity, "chuId", place),
        finding(_BROKEN, frame, frame["giayChungNhanId"].notna() & table["giay_chung_nhan_id"].isna(), entity,
                "giayChungNhanId", place),
    ]  # fmt: skip
    table = table.loc[table[["tai_san_id", "chu_id"]].notna().any(axis=1)].drop(columns="_dossier").drop_duplicates()
    table["quyen_so_huu_id"] = identify(
        "sh-", place.scope, table["tai_san_id"], table["loai_doi_tuong"], table["chu_id"], table["giay_chung_nhan_id"]
    )
    table["quyen_so_huu_id"] = distinct(table, "quyen_so_huu_id")
    ordered = table.sort_values("quyen_so_huu_id", ignore_index=True)
    return shaped(ordered, "quyen_so_huu_tai_san"), findings.concat(found, crs=place.crs)


def management(files: Files, known: Known, place: Place) -> pd.DataFrame:
    """Return `quyen_quan_ly_dat` of parcels on the map; the row of any other parcel is told and kept as a row."""
    frame = files.frames["DC_QuyenQuanLyDat"]
    uses = files.frames["DC_MucDichSuDung"].assign(thu_tu=files.frames["DC_MucDichSuDung"]["soThuTuMucDichSuDung"])
    number = uses.assign(at=reference(uses, "mucDichSuDungId")).dropna(subset=["at"]).drop_duplicates("at")
    table = pd.DataFrame(
        {
            "thua_key": reference(frame, "thuaDatId").map(known.parcels).astype("string"),
            "so_thu_tu": reference(frame, "mucDichSuDungId").map(number.set_index("at")["thu_tu"]),
        }
    )
    table[["loai_doi_tuong", "chu_id"]] = holders(frame, known)
    table = table.dropna(subset=["thua_key", "chu_id"]).drop_duplicates()
    table["quyen_quan_ly_id"] = identify("ql-", place.scope, table["thua_key"], table["chu_id"], table["so_thu_tu"])
    return shaped(table.sort_values("quyen_quan_ly_id"), "quyen_quan_ly_dat")


def holders(frame: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Return `loai_doi_tuong` and `chu_id` of what rows call `loaiDoiTuong` and `chuId`."""
    found = known.holders.reindex(reference(frame, "loaiDoiTuong", "chuId").astype("object"))
    return found.set_axis(frame.index).astype("string")


def _forms(files: Files, owned: Assets) -> pd.Series:
    shared = files.frames["DC_DangKyChungRieng"]
    form = shared["suDungChung"].map({True: "chung", False: "rieng"}).astype("string")
    table = pd.DataFrame({"id": owned.find(shared), "form": form}).dropna().drop_duplicates("id")
    return table.set_index("id")["form"]
