"""One long life of a database, step by step in both stores: what they hold and say is the same to the byte."""

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


def key(number, code=ONE, era=ERA):
    return f"{code}.{era}.1.1.{number}"


class Pair:
    """Both offices; what one does the other does, and both end alike."""

    def __init__(self, offices: list[Office], monkeypatch: pytest.MonkeyPatch) -> None:
        self.offices, self.monkeypatch, self.turn = offices, monkeypatch, 0

    def do(self, step: Callable[[Office], Any]) -> Any:
        """Let both do a step, and hold against each other what they answer and hold; return the answer."""
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
        return answers[0]

    def says(self, *words: object, code: int = 0) -> str:
        """Let both run a command that ends with a code; return what it says."""
        ended, said = self.do(lambda office: office.says(*words))
        assert ended == code, said
        return str(said)

    def changes(self, kind: str, *ids: str, **content: Any) -> dict[str, Any]:
        """Let both hand in a change that is accepted; values that are functions are asked of each office."""

        def asked(office: Office) -> Any:
            return office.changes(kind, *ids, **{n: v(office) if callable(v) else v for n, v in content.items()})

        ended, said = self.do(asked)
        assert ended == 0, said
        return dict(said)

    def alike(self, *watched: str) -> None:
        """Hold everything against each other that the commands say about the communes and some parcels."""
        told = [office.tells(list(watched)) for office in self.offices]
        for question, said in told[0].items():
            assert said == told[1][question], question


@pytest.fixture
def both(home: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    safe = tmp_path / "holder.key"
    files = Office(f"gpkg:{home}", tmp_path / "files", safe)
    return Pair([files, Office(database, tmp_path / "server", safe, twin=files.folder)], monkeypatch)


def shape_of(office: Office, name: str) -> Any:
    with land.open_reader(office.url) as store:
        current = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")
    return shapely.geometry.Polygon(current.geometry[name].exterior)


def anew(shapes: list[str]) -> list[dict[str, Any]]:
    number = {"loai_ban_do": "1", "so_hieu_to_ban_do": "1", "so_thu_tu_thua": "auto"}
    return [{**number, "geometry": wkt} for wkt in shapes]


def sale() -> list[dict[str, Any]]:
    right = {"quyen_id": "q-9", "thua_key": key(1), "loai_doi_tuong": "ca_nhan", "chu_id": "c9"}
    right |= {"giay_chung_nhan_id": f"g1-{ONE}", "hinh_thuc_su_dung": "rieng"}
    buyer = {"ca_nhan_id": "c9", "ho_ten": "Đỗ Văn Mua", "nam_sinh": 1991, "gioi_tinh": "1"}
    paper = {"giay_to_id": "gt9", "ca_nhan_id": "c9", "loai_giay_to": "5", "so_giay_to": "038091000777"}
    return [
        {"layer": "ca_nhan", "add": [buyer]},
        {"layer": "giay_to_tuy_than", "add": [paper]},
        {"layer": "quyen_su_dung_dat", "end": [{"quyen_id": f"q1-{ONE}"}], "add": [right]},
    ]


def test_both_stores_live_the_same_life(both: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    for code, shift_m in ((ONE, 0.0), (OTHER, 500.0), (THIRD, 1000.0)):
        both.do(lambda office, code=code, shift_m=shift_m: office.loads(commune(code, shift_m)))
    both.changes(
        "TN", key(3), giao_dich_id="TN-1", ngay_hieu_luc="2025-06-10", dong_y_the_chap="12/VB",
        thua_dat=lambda office: anew(halves(shape_of(office, key(3)))),
    )  # fmt: skip
    pledged = [{"giao_dich_bao_dam_id": f"b3-{ONE}", "so_thu_tu": number} for number in (1, 2)]
    both.changes(
        "XC", key(10), key(11), giao_dich_id="XC-1", ngay_hieu_luc="2025-06-11",
        edits=[{"layer": "giao_dich_bao_dam", "end": [{"giao_dich_bao_dam_id": f"b3-{ONE}"}]},
               {"layer": "tai_san_bao_dam", "end": pledged}],
    )  # fmt: skip
    both.changes(
        "CN", key(1), giao_dich_id="CN-1", ngay_hieu_luc="2025-06-12", noi_dung={"gia_tri_hop_dong": 1}, edits=sale()
    )
    both.changes(
        "TN", key(10), key(11), giao_dich_id="TN-2", ngay_hieu_luc="2025-06-13",
        thua_dat=lambda office: anew(
            [shapely.union_all([shape_of(office, key(10)), shape_of(office, key(11))]).wkt]
        ),
    )  # fmt: skip
    both.alike(key(3), key(1), key(12))
    both.says("link")
    both.do(lambda office: office.answers("same"))
    both.says("link")
    assert OTHER in both.says("link", "--person", f"{ONE}.{ERA}.c2-{ONE}", "--json")
    both.do(lambda office: office.says("reform", "plan", "--out", office.folder / "plan.csv"))
    both.do(
        lambda office: office.says(
            "reform", "apply", "--sheets", office.folder / "plan.csv", "--commune", NEW, "--who", "an", "--json"
        )
    )
    both.says("link")
    both.says("link", "--person", f"{NEW}.{TODAY}.c2-{ONE}", "--json")
    both.says("link", "--undo", 1)
    both.alike(key(3), key(1), key(1, NEW, TODAY))
