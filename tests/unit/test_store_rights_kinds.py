"""Each kind of package: one that goes through, one that is refused for its reason, on both stores."""

from typing import Any

import pytest

import schemas
from pipelines import store as land
from pipelines.vault import Vault
from tests.unit.deliveries import ZONE
from tests.unit.held import AREA_M2, Edits, ask, fill, ground, heirs, key, planned


def use(number: int, chu: str, kind: str = "ca_nhan", paper: str | None = None) -> dict[str, Any]:
    """Return a right of use."""
    row = {"quyen_id": f"q{number}-{chu}", "thua_key": key(number), "loai_doi_tuong": kind, "chu_id": chu}
    return row | ({"giay_chung_nhan_id": paper} if paper else {})


def ends(*ids: str) -> list[dict[str, str]]:
    """Return the keys of rights."""
    return [{"quyen_id": name} for name in ids]


def passes(ended: list[str], *added: dict[str, Any], **more: Any) -> Edits:
    """Return edits by which rights of use end and others begin."""
    return {"quyen_su_dung_dat": {"end": ends(*ended), "add": list(added)}, **more}


def serial(number: str, day: str = "2026-03-01", kind: str = "98") -> dict[str, Any]:
    """Return a new certificate."""
    return {"giay_chung_nhan_id": "gn", "loai_giay_chung_nhan": kind, "so_phat_hanh": number, "ngay_cap": day}


def own(asset: str, chu: str) -> dict[str, Any]:
    """Return a right of ownership."""
    return {"quyen_so_huu_id": f"o-{chu}", "tai_san_id": asset, "loai_doi_tuong": "ca_nhan", "chu_id": chu}


def row(number: int, **values: Any) -> dict[str, Any]:
    """Return the first row of a parcel in a layer that numbers them."""
    return {"thua_key": key(number), "so_thu_tu": 1, **values}


def person(number: str) -> dict[str, Any]:
    """Return a new person with a paper."""
    return {
        "ca_nhan": {"add": [{"ca_nhan_id": "c9", "ho_ten": "Ngô Thị Giả", "nam_sinh": 1985, "gioi_tinh": "0"}]},
        "giay_to_tuy_than": {
            "add": [{"giay_to_id": "gt9", "ca_nhan_id": "c9", "loai_giay_to": "5", "so_giay_to": number}]
        },
    }


def mortgage(by: str) -> Edits:
    """Return a new mortgage of parcel 1."""
    one = {"giao_dich_bao_dam_id": "b1"}
    return {
        "giao_dich_bao_dam": {"add": [one | {"ben_the_chap_id": by, "loai_doi_tuong": "to_chuc", "chu_id": "t1"}]},
        "tai_san_bao_dam": {"add": [one | {"so_thu_tu": 1, "loai_tai_san": "6", "thua_key": key(1)}]},
    }


def changed(**values: str) -> Any:
    """Return parcel 1 with another land use."""
    as_recorded = {"loai_dat": "ONT", "loai_dat_ghi": "ONT", "he_loai_dat": "TT08/2024"}
    return ground(_1=AREA_M2).assign(**(as_recorded | values))


ONE = [{"giao_dich_bao_dam_id": "b3"}]
ITEM = [{"giao_dich_bao_dam_id": "b3", "so_thu_tu": 1}]
RESIDENTIAL = {"muc_dich_su_dung": {"set": [row(1, loai_dat="ONT", loai_dat_ghi="ONT")]}}
ALL_OF_1: Edits = passes(["q1"], muc_dich_su_dung={"end": [row(1)]}, nguon_goc_dat={"end": [row(1)]})
HALVES = {"after": ground(_101=200.0, _102=200.0)}


def halves(number: int) -> Any:
    """Return two new parcels that share the ground of one."""
    return heirs((number, 101, 200.0), (number, 102, 200.0))


NEW_PAPER: Edits = {
    "giay_chung_nhan": {"add": [serial("AA 00000001")], "end": [{"giay_chung_nhan_id": "g1"}]},
    "quyen_su_dung_dat": {"set": [{"quyen_id": "q1", "giay_chung_nhan_id": "gn"}]},
}

CASES: list[tuple[str, str, tuple[int, ...], Edits, dict[str, Any]]] = [
    ("CL", "", (1,), NEW_PAPER, {}),
    ("CL", "paper.serial", (1,), NEW_PAPER | {"giay_chung_nhan": {"add": [serial("BD 000077")]}}, {}),
    ("CL", "paper.serial_used", (1,),
     NEW_PAPER | {"giay_chung_nhan": {"add": [serial("BD 000002", "2015-05-05", "11")]}}, {}),
    ("CL", "paper.unused", (1,), {"giay_chung_nhan": {"add": [serial("AA 00000001")]}}, {}),
    ("TL", "", (9,), passes([], use(9, "c3")), {}),
    ("TL", "holder.household", (9,), passes([], use(9, "h1", "ho_gia_dinh")), {}),
    ("CT", "", (1,), passes([], use(1, "c2")), {}),
    ("CT", "row.points_nowhere", (1,), passes([], use(1, "nobody")), {}),
    ("BN", "", (9,), {"quyen_so_huu_tai_san": {"end": [{"quyen_so_huu_id": "o9"}], "add": [own("a9-1", "c2")]}}, {}),
    ("BN", "row.other_parcel", (9,), {"quyen_so_huu_tai_san": {"add": [own("a5", "c2")]}}, {}),
    ("CN", "", (1,), passes(["q1"], use(1, "c2", paper="g1")), {}),
    ("CN", "transfer.same_holder", (1,), passes(["q1"], use(1, "c1")), {}),
    ("CD", "", (1, 2), passes(["q1", "q2"], use(1, "c2"), use(2, "c1")), {}),
    ("CD", "transfer.nobody_receives", (1, 2), passes(["q1", "q2"], use(1, "c2")), {}),
    ("CP", "", (9,), passes(["q9"], use(9, "t2", "to_chuc")), {}),
    ("CP", "transfer.nobody_gives", (9, 1), passes(["q9"], use(9, "t2", "to_chuc"), use(1, "t2", "to_chuc")), {}),
    ("DC", "", (5,), passes(["q5"], use(5, "t2", "to_chuc")), {}),
    ("DC", "transfer.same_holder", (5,), passes(["q5"], use(5, "h1", "ho_gia_dinh")), {}),
    ("GK", "", (4,), passes(["q4"], use(4, "c2")), {}),
    ("GK", "holder.missing", (4,), passes(["q4"], {"quyen_id": "qn", "thua_key": key(4)}), {}),
    ("GT", "", (4,), passes(["q4"], use(4, "c2")), {}),
    ("GT", "row.not_current", (4,), passes(["q4", "q0"], use(4, "c2")), {}),
    ("XN", "", (3,), passes(["q3"], use(3, "c2"), giao_dich_bao_dam={"end": ONE}, tai_san_bao_dam={"end": ITEM}), {}),
    ("XN", "row.points_nowhere", (3,), passes(["q3"], use(3, "c2"), giao_dich_bao_dam={"end": ONE}), {}),
    ("DG", "", (1,), passes(["q1"], use(1, "t2", "to_chuc")), {}),
    ("DG", "holder.household", (1,), passes(["q1"], use(1, "h1", "ho_gia_dinh")), {}),
    ("GA", "", (4,), passes(["q4"], use(4, "c3")), {}),
    ("GA", "row.twice", (4,), passes(["q4", "q4"], use(4, "c3")), {}),
    ("TQ", "", (6,), passes(["q6a", "q6b"], use(6, "c1")), {}),
    ("TQ", "transfer.same_holder", (6,), passes(["q6a", "q6b"], use(6, "c1"), use(6, "c2")), {}),
    ("VC", "", (6,), passes(["q6a", "q6b"], use(6, "v1", "vo_chong")), {}),
    ("VC", "row.points_nowhere", (6,), passes(
        ["q6a", "q6b"], use(6, "v2", "vo_chong"),
        vo_chong={"add": [{"vo_chong_id": "v2", "vo_id": "c1", "chong_id": "c8"}]},
    ), {}),
    ("TA", "", (3,), passes(["q3"], use(3, "c2")), {"dong_y_the_chap": "12/CV"}),
    ("TA", "mortgage.consent", (3,), passes(["q3"], use(3, "c2")), {}),
    ("TK", "", (1,), passes(["q1"], use(1, "c9"), **person("038185000001")), {}),
    ("TK", "identity.bad", (1,), passes(["q1"], use(1, "c9"), **person("038285000001")), {}),
    ("TK", "identity.kind", (1,), passes(["q1"], use(1, "c9"), **person("171234567")), {}),
    ("GP", "", (1,), passes([], use(1, "t2", "to_chuc")), {}),
    ("GP", "block", (4,), passes([], use(4, "t2", "to_chuc")), {}),
    ("XV", "", (6,), passes(["q6b"]), {}),
    ("XV", "parcel.no_right", (1,), passes(["q1"]), {}),
    ("XT", "", (6,), passes(["q6a"]), {}),
    ("XT", "parcel.no_right", (9,), passes(["q9"]), {}),
    ("TG", "", (1,), {"nguon_goc_dat": {"set": [row(1, nguon_goc="CNQ-CTT")]}}, {}),
    ("TG", "row.bad_value", (1,), {"nguon_goc_dat": {"set": [row(1, nguon_goc="CNQ-XYZ")]}}, {}),
    ("CM", "", (1,), RESIDENTIAL, {"after": changed()}),
    ("CM", "use.unchanged", (1,), RESIDENTIAL, {}),
    ("CM", "use.unchanged", (1,), {}, {"after": changed()}),
    ("CM", "use.differs", (1,), RESIDENTIAL, {"after": changed(loai_dat="ODT")}),
    ("CM", "use.not_valid", (1,), RESIDENTIAL, {"after": changed(he_loai_dat="TT25/2014")}),
    ("GH", "", (1,), {"muc_dich_su_dung": {"set": [row(1, ngay_het_han="2080-01-01")]}}, {}),
    ("GH", "term.not_later", (1,), {"muc_dich_su_dung": {"set": [row(1, ngay_het_han="2029-01-01")]}}, {}),
    ("SN", "", (1,), {"ca_nhan": {"set": [{"ca_nhan_id": "c1", "ho_ten": "Trịnh Thị Hư Cấu Hai"}]}}, {}),
    ("SN", "row.unknown_column", (1,), {"ca_nhan": {"set": [{"ca_nhan_id": "c1", "hoten": "X"}]}}, {}),
    ("TD", "", (1,), {"muc_dich_su_dung": {"set": [row(1, dien_tich=402.0)]}, "nguon_goc_dat": {
        "set": [row(1, dien_tich=402.0)]}}, {"after": ground(_1=402.0)}),
    ("TD", "area.sum", (1,), {}, {"after": ground(_1=402.0)}),
    ("SA", "", (1,), ALL_OF_1, {"takes": heirs((1, None, 0.0))}),
    ("SA", "area.sum", (1,), {}, {"after": ground(_1=390.0)}),
    ("TN", "", (1,), {}, HALVES | {"takes": halves(1)}),
    ("TN", "asset.where", (5,), {}, HALVES | {"takes": halves(5)}),
    ("TN", "restriction.where", (2,), {}, HALVES | {"takes": halves(2)}),
    ("TN", "area.sum", (1,), {}, {"after": ground(_101=150.0, _102=250.0), "takes": halves(1)}),
    ("TH", "", (1,), ALL_OF_1, {"takes": heirs((1, None, 0.0))}),
    ("TH", "row.left_behind", (1,), passes(["q1"]), {"takes": heirs((1, None, 0.0))}),
    ("LK", "", (1,), {"han_che_quyen": {"add": [row(1, loai_han_che="1", dien_tich=20.0)]}}, {}),
    ("LK", "area.beyond", (1,), {"han_che_quyen": {"add": [row(1, loai_han_che="1", dien_tich=401.0)]}}, {}),
    ("LK", "row.exists", (2,), {"han_che_quyen": {"add": [row(2, loai_han_che="1")]}}, {}),
    ("HC", "", (4,), {"ngan_chan": {"end": [{"ngan_chan_id": "x4"}]}}, {}),
    ("HC", "row.other_parcel", (1,), {"ngan_chan": {"end": [{"ngan_chan_id": "x4"}]}}, {}),
    ("DT", "", (1,), {"ca_nhan": {"set": [{"ca_nhan_id": "c1", "dia_chi": "Thôn 2"}]}}, {}),
    ("DT", "row.bad_value", (1,), {"ca_nhan": {"set": [{"ca_nhan_id": "c1", "gioi_tinh": "nam"}]}}, {}),
    ("TS", "", (1,), {"tai_san": {"add": [{"tai_san_id": "a1", "thua_key": key(1), "loai_tai_san": "7"}]}}, {}),
    ("TS", "row.other_commune", (1,), {
        "tai_san": {"add": [{"tai_san_id": "a1", "thua_key": key(1), "ma_xa": "15703"}]}}, {}),
    ("TC", "", (1,), mortgage("c1"), {}),
    ("TC", "mortgage.not_holder", (1,), mortgage("c2"), {}),
    ("TC", "mortgage.nothing", (1,), {"giao_dich_bao_dam": mortgage("c1")["giao_dich_bao_dam"]}, {}),
    ("XC", "", (3,), {"giao_dich_bao_dam": {"end": ONE}, "tai_san_bao_dam": {"end": ITEM}}, {}),
    ("XC", "mortgage.nothing", (3,), {"giao_dich_bao_dam": {"set": [ONE[0] | {"so_dang_ky": "1"}]},
                                      "tai_san_bao_dam": {"end": ITEM}}, {}),
    ("CL", "holder.fixed", (1,), {"quyen_su_dung_dat": {"set": [{"quyen_id": "q1", "chu_id": "c2"}]}}, {}),
    ("SN", "", (1,), {"quyen_su_dung_dat": {"set": [{"quyen_id": "q1", "chu_id": "c2"}]}}, {}),
    ("DT", "holder.fixed", (1, 2), {"quyen_su_dung_dat": {"set": [{"quyen_id": "q1", "thua_key": key(2)}]}}, {}),
    ("XC", "row.points_nowhere", (3,), {"giao_dich_bao_dam": {"end": ONE}}, {}),
]  # fmt: skip
"""Kind, reason (none where it goes through), parcels, edits, and what else the request says."""

SECRETS = ("Trịnh", "Hư Cấu", "Ngô Thị", "038185", "038285", "171234567", "BD 0000")


@pytest.fixture
def store(url: str, safe: Vault) -> Any:
    """Return the filled store; a plan writes nothing, so all cases share it."""
    fill(url, safe)
    with land.open_store(url, srid=ZONE) as opened:
        yield opened


def test_each_kind_goes_through_and_is_refused_for_its_reason(store: land.Store, safe: Vault) -> None:
    wrong = []
    for kind, code, numbers, edits, more in CASES:
        said = dict(more)
        takes = said.pop("takes", None)
        found = planned(store, ask(kind, *numbers, edits=edits, **said), safe, takes)
        told = [reason.code for reason in found.reasons]
        is_as_wanted = (code in told and not found.differences) if code else not told
        if not is_as_wanted:
            wrong.append((kind, code, told))
        for reason in found.reasons:
            assert not any(secret in reason.vi + reason.en for secret in SECRETS), reason
    assert wrong == []


def test_every_kind_of_package_is_among_the_cases() -> None:
    kinds = set(schemas.changes()["kinds"])
    assert {kind for kind, code, *_ in CASES if not code} == kinds
    assert {kind for kind, code, *_ in CASES if code} == kinds
