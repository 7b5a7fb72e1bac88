"""One long life of a database, step by step in both stores: they hold and say the same, to the byte."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import shapely

from tests.unit.sequences import ERA, Office, clock, commune, halves

ONE, OTHER, THIRD, NEW = "15670", "15769", "15703", "15667"
TODAY = "E2025B"
MAN = {ONE: f"{ONE}.{ERA}.c2-{ONE}", NEW: f"{NEW}.{TODAY}.c2-{ONE}"}
"""Under whose key a man stands whose name was mended in one commune only: before the reform, and after."""


@pytest.fixture
def elsewhere(database: str) -> Iterator[str]:
    """Return the address of a second empty database on the same server."""
    with psycopg.connect(database, autocommit=True) as connection:
        name = f"{connection.info.dbname}_again"
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield database.replace(connection.info.dbname, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def key(number: object, code: str = ONE, era: str = ERA, sheet: object = 1) -> str:
    return f"{code}.{era}.1.{sheet}.{number}"


class Pair:
    """Both offices: what one does the other does, and both end alike."""

    def __init__(self, offices: list[Office], monkeypatch: pytest.MonkeyPatch) -> None:
        self.offices, self.monkeypatch, self.turn = offices, monkeypatch, 0

    def do(self, step: Callable[[Office], Any], *watched: str) -> Any:
        """Let both do a step, and hold against each other what they answer and hold, and say of parcels."""
        self.turn += 1
        answers, held_, said = [], [], []
        for office in self.offices:
            clock(self.monkeypatch, self.turn)
            answers.append(step(office))
            held_.append(office.content())
            said.append(office.tells(list(watched)) if watched else {})
        assert answers[0] == answers[1]
        for one, other in (held_, said):
            assert list(one) == list(other)
            assert [(name, content) for name, content in one.items() if content != other[name]] == []
        return answers[0]


def new(shapes: list[str], **values: Any) -> list[dict[str, Any]]:
    sheet = {"loai_ban_do": "1", "so_hieu_to_ban_do": "1", "so_thu_tu_thua": "auto"} | values
    return [sheet | {"geometry": wkt} for wkt in shapes]


def split(office: Office, name: str, number: str, day: str, **more: Any) -> Any:
    sheet = name.split(".")[3]
    parts = new(halves(office.shape_of(name)), so_hieu_to_ban_do=sheet)
    return office.changes("TN", name, giao_dich_id=number, ngay_hieu_luc=day, thua_dat=parts, **more)


def discharge(office: Office) -> Any:
    mortgage = {"giao_dich_bao_dam_id": f"b3-{ONE}"}
    items = [mortgage | {"so_thu_tu": place} for place in (1, 2)]
    edits = [{"layer": "giao_dich_bao_dam", "end": [mortgage]}, {"layer": "tai_san_bao_dam", "end": items}]
    return office.changes("XC", key(10), key(11), giao_dich_id="XC-1", ngay_hieu_luc="2025-06-11", edits=edits)


def transfer(office: Office) -> Any:
    person = {"ca_nhan_id": "c9", "ho_ten": "Đỗ Văn Mua", "nam_sinh": 1991, "gioi_tinh": "1"}
    paper = {"giay_to_id": "gt9", "ca_nhan_id": "c9", "loai_giay_to": "5", "so_giay_to": "038091000777"}
    right = {"quyen_id": "q-9", "thua_key": key(1), "loai_doi_tuong": "ca_nhan", "chu_id": "c9",
             "giay_chung_nhan_id": f"g1-{ONE}", "hinh_thuc_su_dung": "rieng"}  # fmt: skip
    edits = [
        {"layer": "ca_nhan", "add": [person]}, {"layer": "giay_to_tuy_than", "add": [paper]},
        {"layer": "quyen_su_dung_dat", "end": [{"quyen_id": f"q1-{ONE}"}], "add": [right]},
    ]  # fmt: skip
    deal = {"gia_tri_hop_dong": 1}
    return office.changes("CN", key(1), giao_dich_id="CN-1", ngay_hieu_luc="2025-06-12", noi_dung=deal, edits=edits)


def merge(office: Office) -> Any:
    whole = shapely.union_all([office.shape_of(key(10)), office.shape_of(key(11))])
    day = "2025-06-13"
    return office.changes("TN", key(10), key(11), giao_dich_id="TN-2", ngay_hieu_luc=day, thua_dat=new([whole.wkt]))


def correction(office: Office) -> Any:
    edits = [{"layer": "ca_nhan", "set": [{"ca_nhan_id": f"c2-{ONE}", "ho_ten": "Lê Văn Không Có Sửa"}]}]
    rows = [{"thua_dat_id": key(2), "dia_chi": "Thôn 2"}]
    return office.changes(
        "SN", key(2), giao_dich_id="SN-1", ngay_hieu_luc="2025-06-14", thua_dat=rows, edits=edits
    )  # fmt: skip


def reform(office: Office) -> Any:
    plan = office.folder / "plan.csv"
    planned = office.says("reform", "plan", "--out", plan)
    call = ("reform", "apply", "--sheets", plan, "--commune", NEW, "--who", "an", "--json")
    return [planned, office.says(*call), office.says(*call)]


def recovery(office: Office) -> Any:
    edits = [{"layer": "quyen_su_dung_dat", "end": [{"quyen_id": f"q2-{ONE}"}]}]
    return office.changes(
        "TH", key(2, NEW, TODAY), giao_dich_id="TH-1", ngay_hieu_luc="2025-08-02", can_cu="15/QĐ", edits=edits
    )


def moved_away(office: Office) -> Any:
    """Back up, restore elsewhere and look at what is there; return also which tables are not what they were."""
    file, there = office.folder / "b.zip", office.at(office.elsewhere)
    codes = [office.says("backup", "--out", file)[0]]
    codes.append(office.says("restore", file, "--to", office.elsewhere, "--who", "an")[0])
    found, before = there.content(), office.content()
    others = [name.strip('"') for name, rows in before.items() if rows != found[name]]
    return *codes, json.loads(there.says("check-store", "--json")[1]), others


def test_both_stores_live_the_same_life(
    home: Path, database: str, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe = tmp_path / "holder.key"
    both = Pair(
        [
            Office(f"gpkg:{home}", tmp_path / "files", safe, elsewhere=f"gpkg:{tmp_path / 'again'}"),
            Office(database, tmp_path / "server", safe, elsewhere=elsewhere),
        ],
        monkeypatch,
    )
    for code, shift_m in ((ONE, 0.0), (OTHER, 500.0), (THIRD, 1000.0)):
        assert both.do(lambda office, code=code, shift_m=shift_m: office.loads(commune(code, shift_m))).is_new
    refused = both.do(lambda office: split(office, key(3), "TN-0", "2025-06-10"))
    assert refused[0] == 3 and "name the mortgagee" in refused[1]
    both.do(lambda office: split(office, key(3), "TN-1", "2025-06-10", checked=True, dong_y_the_chap="12/VB"))
    for step in (discharge, transfer):
        assert both.do(step)[0] == 0
    # The parts become the former outline: the new parcel has a code of its own.
    code, told = both.do(merge, key(12), key(3), key(1))
    assert (code, told["counts"]["identified"], told["counts"]["identity_conflicts"]) == (0, 1, 0)
    assert both.do(correction)[0] == 0

    assert both.do(lambda office: office.says("link"))[0] == 0
    assert both.do(lambda office: office.answers("same"))[0] == 0
    # An officer said that the man whose name was mended is the one of the other communes; that holds under all keys.
    linked = both.do(lambda office: office.person(MAN[ONE]))
    assert [each["ma_xa"] for each in linked["records"]] == [ONE, THIRD, OTHER]

    planned, done, again = both.do(reform, key(12), key(2, NEW, TODAY), key(12, NEW, TODAY))
    assert planned[0] == done[0] == again[0] == 0
    assert json.loads(done[1])["communes"][0]["moved"] == 18
    both.do(lambda office: office.says("link"))
    linked = both.do(lambda office: office.person(MAN[NEW]))
    assert [each["record_key"] for each in linked["records"]] == [
        MAN[NEW], f"{NEW}.{TODAY}.c2-{OTHER}", f"{THIRD}.{ERA}.c2-{THIRD}",
    ]  # fmt: skip
    assert both.do(lambda office: office.says("link", "--undo", 1))[0] == 0
    assert len(both.do(lambda office: office.person(MAN[NEW]))["records"]) == 1
    assert both.do(lambda office: split(office, key(12, NEW, TODAY), "TN-3", "2025-08-01"))[0] == 0
    # What was recovered has no right any more, and the certificate of that right is none any more.
    assert both.do(recovery, key(2, NEW, TODAY), key(12, NEW, TODAY))[0] == 0
    told = json.loads(both.do(lambda office: office.says("parcel", key(2, NEW, TODAY), "--holders", "--json"))[1])
    assert told["layers"]["giay_chung_nhan"] == []
    assert both.do(lambda office: office.holds("giay_chung_nhan", f"g2-{ONE}")) == 0

    releases = both.do(lambda office: office.numbers(NEW))
    for number in (releases[-2], releases[0]):
        assert both.do(lambda office, number=number: office.says("rollback", NEW, number))[0] == 0
    assert both.do(lambda office: office.holds("giay_chung_nhan", f"g2-{ONE}")) == 1
    assert both.do(moved_away) == (0, 0, {"sound": True, "found": []}, ["nhat_ky"])

    older = commune(THIRD, 1000.0, day="2024-01-01", count=8)
    assert "older than the database" in both.do(lambda office: office.loads(older))
    known = both.do(lambda office: office.loads(commune(THIRD, 1000.0)))
    assert (known.is_new, known.unchanged) == (False, 9)
    assert "has become 15667.E2025B" in both.do(lambda office: office.loads(commune(ONE, 0.0)))
    both.offices[0].key = both.offices[1].key = tmp_path / "other.key"
    assert "key" in both.do(lambda office: office.loads(older), key(1), key(1, NEW, TODAY))
    log = json.loads(both.offices[0].says("change", "log", "--json")[1])
    assert [entry["ly_do"] for entry in log if entry["ket_qua"] == "tu_choi"] == [
        f"mortgage.consent: {key(3)}", "load.older", "load.reformed", "load.key",
    ]  # fmt: skip
