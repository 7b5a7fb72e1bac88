"""What a HoSoXml holds beside rows reaches its tables, its findings and the account; nothing of it is lost."""

import json

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from pipelines.normalize import files
from pipelines.settings import Settings
from tests.unit.test_hosoxml import DOSSIER


def packed(home, register):
    base, root = home / "15670", home / "package"
    for folder in (base / "package", base / "digitize", root):
        folder.mkdir(parents=True)
    (root / "ho_so.xml").write_text(register, encoding="utf-8")
    inventory = {"commune": "15670", "era": "E2025A", "date": "2025-06-15", "profile": "shp_vbdlis", "scale": 1000}
    inventory |= {"crs": "EPSG:5897", "map_type": "1", "root": str(root)}
    inventory["files"] = [{"path": "ho_so.xml", "role": "register", "encoding": "utf-8"}]
    (base / "package" / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")
    texts = {"feature_id": "p1", "source": "thua.shp", "so_hieu_to_ban_do": "12", "so_thu_tu_thua": "345"}
    blank = dict.fromkeys(("loai_dat", "dien_tich", "dien_tich_phap_ly", "dia_chi", "ten_chu", "nhan"), pd.NA)
    table = pd.DataFrame([texts | blank]).astype("string").assign(so_nhan=1, ty_le=pd.array([pd.NA], dtype="Int64"))
    parcels = gpd.GeoDataFrame(table, geometry=[box(580000, 2190000, 580030, 2190010)], crs="EPSG:5897")
    parcels.to_parquet(base / "digitize" / "parcels.parquet")
    gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs="EPSG:5897")).to_parquet(base / "digitize" / "boundary.parquet")
    bare = gpd.GeoDataFrame(
        {"feature_id": pd.Series(dtype="string"), "dien_tich": pd.Series(dtype="float64")},
        geometry=gpd.GeoSeries([], crs="EPSG:5897"),
    )
    bare.to_parquet(base / "digitize" / "documented.parquet")
    return base / "normalize"


def test_a_dossier_goes_all_the_way(tmp_path):
    body = DOSSIER.replace("<maXa>", "<mauSac>đỏ</mauSac><maXa>")
    made = packed(tmp_path, body)
    files.execute(tmp_path, "15670", Settings(home=tmp_path))
    limits = pd.read_parquet(made / "han_che_quyen.parquet")
    assert limits[["thua_key", "so_thu_tu", "loai_han_che", "dien_tich", "han_che_mot_phan"]].to_numpy().tolist() == [
        ["15670.E2025A.1.12.345", 1, "1", 20.5, True]
    ]
    survey = pd.read_parquet(made / "tai_lieu_do_dac.parquet").iloc[0]
    assert survey[["don_vi_do_dac", "ty_le", "ngay_hoan_thanh"]].tolist() == ["Đơn vị đo đạc", 1000, "2009-12-30"]
    uses = pd.read_parquet(made / "muc_dich_su_dung.parquet")
    assert uses[["loai_dat", "dien_tich"]].to_numpy().tolist() == [["ONT", 200.0], ["CLN", 100.0]]
    couple = pd.read_parquet(made / "holders" / "vo_chong.parquet")
    assert len(couple) == 1
    found = gpd.read_parquet(made / "findings.parquet").set_index("code")["detail"].to_dict()
    assert found["so_dia_chinh.bad_date"] == "DC_HanCheQuyen.ngayBanHanh"
    assert found["so_dia_chinh.unknown_element"].endswith("DC_ThuaDat/mauSac")
    kept = {path.stem for path in (made / "holders" / "entities").glob("*.parquet")}
    assert {"DC_ThuaDat", "DC_CaNhan", "DC_HanCheQuyen", "unknown_element", "HoSoXml"} <= kept
    account = json.loads((made / "account.json").read_text(encoding="utf-8"))
    counts = {entry["kind"]: entry["received"] for entry in account["entries"]}
    assert counts["row"] == 2
    assert counts["unknown_element"] == 1
    assert counts["entity"] == sum(
        len(pd.read_parquet(path)) for path in (made / "holders/entities").glob("[DH]*.parquet")
    )


def test_tables_of_one_register_in_files_of_their_own(tmp_path):
    made = packed(tmp_path, DOSSIER)
    root, inventory = tmp_path / "package", tmp_path / "15670" / "package" / "inventory.json"
    (root / "dbo").mkdir()
    (root / "dbo" / "ThuaDat.csv").write_text("MaThuaDat;MaToBanDo;ThuaDatSo\n1;7;345\n", encoding="utf-8")
    (root / "dbo" / "ToBanDo.csv").write_text("MaToBanDo;SoTo\n7;12\n", encoding="utf-8")
    body = json.loads(inventory.read_text(encoding="utf-8"))
    body["profile"] = "elis"
    body["files"] = [{"path": f"dbo/{name}.csv", "role": "register"} for name in ("ThuaDat", "ToBanDo")]
    inventory.write_text(json.dumps(body), encoding="utf-8")
    files.execute(tmp_path, "15670", Settings(home=tmp_path))
    assert pd.read_parquet(made / "thua_dat.parquet")["co_dang_ky"].tolist() == [True]
    account = json.loads((made / "account.json").read_text(encoding="utf-8"))
    assert [entry["source"] for entry in account["entries"] if entry["kind"] == "file"] == [
        "dbo/ThuaDat.csv",
        "dbo/ToBanDo.csv",
    ]
