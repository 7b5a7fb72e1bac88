"""One long life of a database, step by step in both stores: what they hold and what they say is the same to the byte."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from pipelines import store as land
from tests.unit.deliveries import ZONE
from tests.unit.sequences import ERA, Office, clock, commune, halves

ONE, OTHER, THIRD, NEW = "15670", "15769", "15703", "15667"
TODAY = "E2025B"


def key(number: object, code: str = ONE, era: str = ERA, sheet: object = 1) -> str:
    return f"{code}.{era}.1.{sheet}.{number}"


class Pair:
    """Both offices; what one does the other does, and both end alike."""

    def __init__(self, offices: list[Office], monkeypatch: pytest.MonkeyPatch) -> None:
        self.offices, self.monkeypatch, self.turn = offices, monkeypatch, 0
        self.watched: list[str] = []

    def do(self, step: Callable[[Office], Any]) -> Any:
        """Let both do a step, hold against each other what they answer, hold and say; return the answer."""
        self.turn += 1
        answers = []
        for office in self.offices:
            clock(self.monkeypatch, self.turn)
            answers.append(step(office))
        assert answers[0] == answers[1]
        held = [office.content() for office in self.offices]
        assert list(held[0]) == list(held[1])
        for table, rows in held[0].items():
            assert rows == held[1][table], table
        told = [office.tells(self.watched) for office in self.offices]
        for question, said in told[0].items():
            assert said == told[1][question], question
        return answers[0]


def shape_of(office: Office, name: str) -> Any:
    with land.open_reader(office.url) as store:
        current = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")
    return shapely.geometry.Polygon(current.geometry[name].exterior)


def new(shapes: list[str], sheet: int = 1) -> list[dict[str, Any]]:
    return [
        {"loai_ban_do": "1", "so_hieu_to_ban_do": str(sheet), "so_thu_tu_thua": "auto", "geometry": wkt}
        for wkt in shapes
    ]


def test_both_stores_live_the_same_life(
    home: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe = tmp_path / "holder.key"
    offices = [Office(f"gpkg:{home}", tmp_path / "files", safe), Office(database, tmp_path / "server", safe)]
    both = Pair(offices, monkeypatch)
    for code, shift_m in ((ONE, 0.0), (OTHER, 500.0), (THIRD, 1000.0)):
        both.do(lambda office, code=code, shift_m=shift_m: office.loads(commune(code, shift_m)))
    both.watched = [key(3), key(1)]
    split = lambda office: office.changes(
        "TN", key(3), giao_dich_id="TN-1", ngay_hieu_luc="2025-06-10", thua_dat=new(halves(shape_of(office, key(3)))),
        dong_y_the_chap="12/VB",
    )
    print(both.do(split))
    both.watched += [key(10), key(11)]
    print(both.do(lambda office: office.changes(
        "XC", key(10), key(11), giao_dich_id="XC-1", ngay_hieu_luc="2025-06-11",
        edits=[{"layer": "giao_dich_bao_dam", "end": [{"giao_dich_bao_dam_id": f"b3-{ONE}"}]},
               {"layer": "tai_san_bao_dam", "end": [{"giao_dich_bao_dam_id": f"b3-{ONE}", "so_thu_tu": n} for n in (1, 2)]}])))
    print(both.do(lambda office: office.changes(
        "CN", key(1), giao_dich_id="CN-1", ngay_hieu_luc="2025-06-12", noi_dung={"gia_tri_hop_dong": 1},
        edits=[{"layer": "ca_nhan", "add": [{"ca_nhan_id": "c9", "ho_ten": "Đỗ Văn Mua", "nam_sinh": 1991, "gioi_tinh": "1"}]},
               {"layer": "giay_to_tuy_than", "add": [{"giay_to_id": "gt9", "ca_nhan_id": "c9", "loai_giay_to": "5", "so_giay_to": "038091000777"}]},
               {"layer": "quyen_su_dung_dat", "end": [{"quyen_id": f"q1-{ONE}"}],
                "add": [{"quyen_id": "q-9", "thua_key": key(1), "loai_doi_tuong": "ca_nhan", "chu_id": "c9", "giay_chung_nhan_id": f"g1-{ONE}", "hinh_thuc_su_dung": "rieng"}]}])))
    merge = lambda office: office.changes(
        "TN", key(10), key(11), giao_dich_id="TN-2", ngay_hieu_luc="2025-06-13",
        thua_dat=new([shapely.union_all([shape_of(office, key(10)), shape_of(office, key(11))]).wkt]))
    print(both.do(merge))
    both.watched += [key(12)]
    print(both.do(lambda office: office.changes(
        "SN", key(2), giao_dich_id="SN-1", ngay_hieu_luc="2025-06-14",
        thua_dat=[{"thua_dat_id": key(2), "dia_chi": "Thôn 2"}],
        edits=[{"layer": "ca_nhan", "set": [{"ca_nhan_id": f"c2-{ONE}", "ho_ten": "Lê Văn Không Có Sửa"}]}])))
    print(both.do(lambda office: office.says("link")))
    print(both.do(lambda office: office.answers("same")))
    print(both.do(lambda office: office.says("link", "--person", f"{ONE}.{ERA}.lan-{ONE}", "--json")))
    def reform(office: Office) -> Any:
        plan = office.folder / "plan.csv"
        return [office.says("reform", "plan", "--out", plan), office.says("reform", "apply", "--sheets", plan, "--commune", NEW, "--who", "an", "--json")]
    print(both.do(reform))
    print(both.do(lambda office: office.says("link", "--person", f"{NEW}.{TODAY}.lan-{ONE}", "--json")))
    print(both.do(lambda office: office.says("link")))
    print(both.do(lambda office: office.says("link", "--person", f"{NEW}.{TODAY}.lan-{ONE}", "--json")))
    print(both.do(lambda office: office.says("link", "--undo", 1)))
    print(both.do(lambda office: office.says("link", "--person", f"{NEW}.{TODAY}.lan-{ONE}", "--json")))
    with land.open_reader(offices[0].url) as store:
        print(land.current(store, "thua_dat", ZONE)[["thua_dat_id","ma_dinh_danh_thua"]].to_string())
