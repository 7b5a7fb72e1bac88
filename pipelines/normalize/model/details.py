"""What the exchange says of land uses, origins, certificates and holders beyond what a row of a register holds."""

import pandas as pd

import schemas
from pipelines import codes
from pipelines.normalize.holders import Holders
from pipelines.normalize.model.files import Files, Known, reference, told
from pipelines.normalize.place import Place
from pipelines.registers.relations import with_parent

_HOLDERS = (
    ("giay_chung_nhan", "DC_GiayChungNhan", ("giayChungNhanId",)),
    ("ca_nhan", "DC_CaNhan", ("caNhanId",)),
    ("to_chuc", "DC_ToChuc", ("kind", "toChucId")),
)


def uses(table: pd.DataFrame, files: Files, known: Known, place: Place) -> pd.DataFrame:
    """Return `muc_dich_su_dung` with the secondary and the planned use of each recorded use."""
    if "DC_MucDichSuDung" not in files.present:
        return table
    frame = with_parent(files.frames, "DC_MucDichSuDung")
    land_use = codes.land_use(frame["maMucDichSuDung"], urban=place.is_urban, date=place.date)["code"]
    said = told(frame, "DC_MucDichSuDung", "muc_dich_su_dung")[["loai_dat_phu", "loai_dat_quy_hoach"]]
    said = said.assign(thua_key=_parcel(frame, files, known), same=land_use.fillna("?" + frame["maMucDichSuDung"]))
    return _completed(table, table["loai_dat"].fillna("?" + table["loai_dat_ghi"]), said)


def origins(table: pd.DataFrame, files: Files, known: Known) -> pd.DataFrame:
    """Return `nguon_goc_dat` with the transfer each recorded origin came by, and its words."""
    if "DC_NguonGocDat" not in files.present:
        return table
    frame = with_parent(files.frames, "DC_NguonGocDat")
    use = with_parent(files.frames, "DC_MucDichSuDung")
    parcel = pd.Series(_parcel(use, files, known).to_numpy(), index=use["_id"])
    said = told(frame, "DC_NguonGocDat", "nguon_goc_dat")[["nguon_goc_chuyen_quyen", "nguon_goc_chi_tiet"]]
    said = said.assign(thua_key=frame["_parent"].map(parcel).astype("string"), same=frame["nguonGoc"])
    return _completed(table, table["nguon_goc_ghi"], said)


def complete(held: Holders, files: Files, known: Known) -> dict[str, pd.DataFrame]:
    """Return the tables of certificates, people and organisations with the columns that no register row has."""
    made = {}
    for layer, entity, columns in _HOLDERS:
        if entity not in files.present:
            continue
        frame = files.frames[entity].assign(kind=_organisation())
        ids = known.holders["chu_id"] if layer == "to_chuc" else (known.people if layer == "ca_nhan" else known.papers)
        table, key = held.tables()[layer], schemas.layer(layer)["x-key"][0]
        said = told(frame, entity, layer).drop(columns=list(table.columns), errors="ignore")
        said = said.assign(key=reference(frame, *columns).map(ids).astype("string")).dropna(subset=["key"])
        first = said.groupby("key")[[name for name in said.columns if name != "key"]].first()
        made[layer] = table.merge(first.reset_index(names=key), on=key, how="left")
    return made


def _organisation() -> str:
    kinds = schemas.codelist("phap_nhan").set_index("code")["loai_doi_tuong"]
    return str(kinds["to_chuc"])


def _parcel(frame: pd.DataFrame, files: Files, known: Known) -> pd.Series:
    parcels = files.frames["DC_ThuaDat"]
    keys = pd.Series(reference(parcels, "thuaDatId").map(known.parcels).to_numpy(), index=parcels["_id"])
    return frame["_parent"].map(keys).astype("string")


def _completed(table: pd.DataFrame, same: pd.Series, said: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in said.columns if name not in ("thua_key", "same")]
    first = (
        said.dropna(subset=["thua_key", "same"])
        .groupby(["thua_key", "same"], sort=False)[columns]
        .first()
        .reset_index()
    )
    whole = table.assign(same=same).merge(first, on=["thua_key", "same"], how="left")
    return whole.drop(columns="same").astype(dict.fromkeys(columns, "string"))
