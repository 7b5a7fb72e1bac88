"""Every counterexample goes the way of a delivery and causes its finding, and no other."""

import json

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import shape

import schemas
from pipelines import normalize, validate
from pipelines.normalize.numbering import Numbering
from pipelines.normalize.place import Place
from pipelines.normalize.uses import RESTRICTION_COLUMNS
from pipelines.papers import model
from pipelines.registers import entities
from pipelines.registers.read import COLUMNS, KEYS, RESTRICTIONS, Register
from pipelines.registers.renumbering import COLUMNS as RENUMBERING
from pipelines.tolerances import Tolerances
from pipelines.validate.papers import Papers
from pipelines.validate.scans import Scans
from tests.contract.test_counterexamples import documented

BODIES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for folder in ("counterexamples", "examples")
    for path in sorted((schemas.ROOT / folder).glob("*.json"))
    if '"expect"' in path.read_text(encoding="utf-8")
}
TEXTS = ("feature_id", "source", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "dien_tich", "dia_chi")
GROUND = frozenset({"DGT", "DTL", "SON", "MNC"})


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_counterexample_causes_its_finding_and_no_other(name):
    body = BODIES[name]
    outline = shape(body["outline"])
    boundary = gpd.GeoDataFrame(geometry=[outline], crs=body["crs"])
    place = Place(body["commune"], body["era"], "1", body["crs"], body["date"], GROUND)
    table = pd.DataFrame(body.get("renumbering", []), columns=list(RENUMBERING), dtype="string")
    done = normalize.run(drawn(body), boundary, [register(body)], place, numbering=Numbering(table))
    judged = validate.run(
        done.thua_dat,
        Tolerances(scale=body["scale"]),
        profile="acceptance",
        prior=done.findings,
        outline=outline,
        purposes=done.muc_dich_su_dung,
        rows=done.dang_ky,
        documented=documented(body),
        date=body["date"],
        scanned=scans(body),
        papers=papers(body),
    )
    assert set(judged.findings["code"]) == ({body["expect"]} if body["expect"] else set())


def drawn(body):
    """Return the parcels as `digitize` hands them on: what was drawn, as text."""
    parcels = pd.DataFrame(body["parcels"])
    label = parcels["dien_tich_nhan"].map(str, na_action="ignore")
    frame = parcels.assign(loai_dat=parcels["loai_dat_ghi"], dien_tich=label)[[*TEXTS, "ty_le"]]
    frame[list(TEXTS)] = frame[list(TEXTS)].astype("string")
    frame = frame.assign(dien_tich_phap_ly=pd.NA, ten_chu=pd.NA, nhan=pd.NA, so_nhan=1)
    return gpd.GeoDataFrame(frame, geometry=[shape(text) for text in parcels["geometry"]], crs=body["crs"])


def register(body):
    """Return the register as read."""
    rows = pd.DataFrame(body["register"]).reindex(columns=["row_id", "source", *COLUMNS]).astype("string")
    unknown = body.get("unknown_elements")
    types = {"path": "string", "count": "int64", "value": "string"}
    extra = {"unknown_element": pd.DataFrame(unknown).astype(types)} if unknown else {}
    records = {
        name: [{"_id": at, "_dossier": 0, "_before": False} | row for at, row in enumerate(rows)]
        for name, rows in body.get("entities", {}).items()
    }
    document = entities.Document({name: entities.frame(name, rows) for name, rows in records.items()}, pd.DataFrame())
    extra |= entities.typed(document).frames
    if "restrictions" in body:
        said = pd.DataFrame(body["restrictions"]).reindex(columns=[*RESTRICTION_COLUMNS, *KEYS])
        kinds = RESTRICTION_COLUMNS | {"loai_han_che": "Int64", "loai_van_ban_han_che": "Int64"}
        said = said.drop(columns=["thua_key", "so_thu_tu"])
        extra[RESTRICTIONS] = said.astype({name: kinds.get(name, "string") for name in said})
    return Register("so_dia_chinh.xlsx", rows, present=frozenset(COLUMNS), extra=extra)


def scans(body):
    """Return the scans of the package, None where the body does not speak of them."""
    there = body.get("scans")
    return Scans(frozenset(there["names"]), frozenset(there["broken"])) if there else None


def papers(body):
    """Return the pages of scanned papers, None where the body does not speak of them."""
    pages = body.get("papers")
    return Papers(model.frame(pages), pd.DataFrame()) if pages else None
