import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

import schemas
from pipelines import communes, eras
from pipelines.errors import ReadError, SettingsError
from pipelines.normalize import future
from pipelines.normalize.place import Place
from pipelines.settings import Settings

OLD = schemas.codelist("admin_units").query("era == 'E2025A'")["code"].tolist()


def outlines():
    """Two new communes side by side, the line between them at x = 1000."""
    areas = [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)]
    return gpd.GeoDataFrame({"code": ["15271", "15286"]}, geometry=areas, crs="EPSG:5897")


def parcels(*eastings):
    frame = pd.DataFrame({"feature_id": [f"a#{n}" for n in range(len(eastings))], "source": "a"}, dtype="string")
    return gpd.GeoDataFrame(frame, geometry=[box(x, 500, x + 10, 510) for x in eastings], crs="EPSG:5897")


def place(code, era="E2025A"):
    return Place(code, era, "1", "EPSG:5897", None, frozenset())


def test_every_commune_of_early_2025_reaches_one_of_today():
    now = set(schemas.codelist("admin_units").query("era == 'E2025B'")["code"])
    found = {code: eras.successors(code, "E2025A") for code in OLD}
    assert all(found.values())
    assert {item.code for items in found.values() for item in items} == now
    assert {code for code, items in found.items() if len(items) > 1} == eras.built_in().split
    assert len(eras.built_in().split) == 10
    assert {item.source for items in found.values() for item in items} == {eras.BUILT_IN}


def test_the_table_of_another_publisher_reaches_the_same_communes(shared_data):
    table = eras.read(shared_data("admin/thanh_hoa_crosswalk_549_to_166.csv"))
    assert len(set(table.rows["old"])) == 549 and len(table.split) == 12
    for code in OLD:
        mine = {item.code for item in eras.successors(code, "E2025A")}
        theirs = eras.successors(code, "E2025A", crosswalk=table)
        assert {item.source for item in theirs} == {"thanh_hoa_crosswalk_549_to_166.csv"}
        assert mine <= {item.code for item in theirs}, code
    only_there = set(table.rows["old"]) - set(OLD)
    assert all(eras.successors(code, "E2024", crosswalk=table) for code in only_there)


def test_no_name_of_that_table_is_swapped_with_its_twin(shared_data):
    rows = pd.read_csv(shared_data("admin/thanh_hoa_crosswalk_549_to_166.csv"), dtype="string")
    known = rows.loc[rows["old_id"].isin(OLD)].drop_duplicates("old_id")
    for code, name, district in zip(known["old_id"], known["old_name"], known["old_district"], strict=True):
        found = [item.code for item in communes.find(name, "E2025A", district)]
        assert found in ([code], []), name


def test_twins_differ_by_accents_and_are_ambiguous_without():
    one, other = communes.find("Hoằng Phú", "E2025A"), communes.find("xã hoằng phụ", "E2025A")
    assert len(one) == len(other) == 1 and one != other
    assert {item.code for item in communes.find_alike("Hoang Phu", "E2025A")} == {one[0].code, other[0].code}
    assert communes.find("Hoang Phu", "E2025A") == ()


@pytest.mark.parametrize("code", OLD[::25])
def test_every_commune_is_found_by_its_own_name(code):
    unit = communes.commune(code, "E2025A")
    assert [item.code for item in communes.find(unit.name, "E2025A", unit.district)] == [code]


def test_eras_go_forward_only():
    assert [item.code for item in eras.successors("15670", "E2024", "E2025A")] == ["15670"]
    assert eras.successors("16387", "E2024", "E2025A") == []
    assert eras.successors("15667", "E2025B", "E2025A") == []
    assert eras.successors("15667", "XX") == eras.successors("99999", "E2025A") == []
    assert [item.code for item in eras.successors("15667", "E2025B")] == ["15667"]


@pytest.mark.parametrize("header", ["old_code,new_code,split", "old_ward_code,new_ward_code,is_partial"])
def test_tables_are_read_under_every_known_heading(tmp_path, header):
    path = tmp_path / "t.csv"
    path.write_text(header + "\n15670,15667,0\n15271,15271,1\n15271,15286,1\n", encoding="utf-8")
    table = eras.of(Settings(admin_crosswalk=path))
    assert table.split == {"15271"}
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        eras.read(path)
    with pytest.raises(SettingsError):
        eras.read(tmp_path / "none.csv")


def test_outlines_that_are_missing_or_broken_say_so(tmp_path):
    assert eras.boundaries(Settings()) is None
    with pytest.raises(ReadError):
        eras.boundaries(Settings(commune_boundaries=tmp_path / "none.gpkg"))


def test_a_parcel_near_the_line_stays_open():
    shapes = parcels(100, 850, 1150, 1900, 5000).geometry
    found = eras.by_geometry(shapes, ["15271", "15286"], outlines(), 100.0)
    assert found.tolist() == ["15271", "15271", "15286", "15286", pd.NA]
    assert eras.by_geometry(shapes, ["15271", "15286"], outlines(), 200.0).tolist()[1] is pd.NA
    assert eras.by_geometry(shapes, ["15271", "99999"], outlines(), 1.0).isna().all()
    empty = gpd.GeoSeries([Point(), None], crs="EPSG:5897")
    assert eras.by_geometry(empty, ["15271", "15286"], outlines(), 1.0).isna().all()


def test_parcels_of_a_split_commune_are_decided_by_place():
    known = eras.Future(boundaries=outlines(), accuracy_m=100.0)
    frame, found = future.assign(parcels(100, 995, 1500), place("15271"), known)
    assert frame["ma_xa_moi"].tolist() == ["15271", pd.NA, "15286"]
    assert frame["can_cu_xa_moi"].tolist() == ["vi_tri", "chua_ro", "vi_tri"]
    assert found["feature_id"].tolist() == ["a#1"] and "15271 / 15286" in found["detail"].iloc[0]


def test_without_outlines_a_split_commune_is_one_finding():
    frame, found = future.assign(parcels(100, 995), place("15271"), eras.Future())
    assert frame["ma_xa_moi"].isna().all() and found["value"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("code", "era", "new", "basis"),
    [("15670", "E2025A", "15667", "bang"), ("15667", "E2025B", pd.NA, pd.NA), ("25354", "XX", pd.NA, pd.NA)],
)
def test_parcels_of_other_communes_follow_the_table(code, era, new, basis):
    frame, found = future.assign(parcels(100), place(code, era), eras.Future())
    assert (frame["ma_xa_moi"].tolist(), frame["can_cu_xa_moi"].tolist(), len(found)) == ([new], [basis], 0)


def test_real_outlines_decide_most_of_a_split_commune(shared_data):
    path = shared_data("admin/thanh_hoa_166_communes_2025.gpkg")
    now = eras.boundaries(Settings(commune_boundaries=path))
    area = now.loc[now["code"] == "15271"].to_crs("EPSG:5897").geometry.iloc[0]
    inside = gpd.GeoSeries([area.buffer(-1000).representative_point()], crs="EPSG:5897")
    assert eras.by_geometry(inside, ["15271", "15286"], now, 300.0).tolist() == ["15271"]
