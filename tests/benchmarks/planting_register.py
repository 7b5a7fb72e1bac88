"""A register without any defect, and what is planted in its rows, beyond a limit or within it.

`planting_words` has what `normalize` tells, this module what the checks of the register tell.

The rows go through `normalize`, as those of a delivery do. Rows that belong together stand in groups; in a group with
a defect exactly one finding has to be about one of its rows, in the others none.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.normalize.numbering import Numbering
from pipelines.papers import model
from pipelines.registers.renumbering import COLUMNS
from pipelines.validate.papers import Papers
from pipelines.validate.scans import Scans, spelled
from tests.benchmarks.planting_words import BODY, FELLOW, WORDS, Row
from tests.benchmarks.scores import Score
from tests.unit.registers import judged
from tests.unit.test_normalize import PLACE, register

SCANS = Scans(frozenset({"co-gcn.pdf", "co-gcn", "hong.jpg", "hong"}), frozenset({"hong.jpg", "hong"}))
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Đỗ")
WIFE: Row = {"sex": 1, "gioi_tinh": "Nữ", "vai_tro": "Vợ", "phap_nhan": "Vợ chồng", "person": 1}
HUSBAND: Row = {"phap_nhan": "Vợ chồng", "vai_tro": "Chồng"}
STRANGER: Row = {"person": 1}
HOUSE: Row = {"phap_nhan": "Hộ gia đình", "vai_tro": "Chủ hộ", "form": "CĐ", "so_vao_so": "CS00001"}
YOUNG: Row = {"ngay_sinh": "2013", "born": 2013}
NEW: Row = {"form": "AA", "so_vao_so": "CN00001"}

FORMER = "99"
"""A sheet that is on no map any more."""

CASES: dict[str, tuple[Sequence[Sequence[Row]], Sequence[Sequence[Row]]]] = {
    **WORDS,
    "giay_chung_nhan.impossible_date": (
        [[{**NEW, "ngay_cap": "16/06/2025", "so_vao_so": None}]],
        [[{**NEW, "ngay_cap": "15/06/2025", "so_vao_so": None}]],
    ),
    "giay_chung_nhan.before_birth": ([[YOUNG]], [[{"ngay_sinh": "2012", "born": 2012}]]),
    "giay_chung_nhan.bad_book_number": ([[{"so_vao_so": "??"}]], [[{"so_vao_so": "CH 00.123"}]]),
    "giay_chung_nhan.book_number_period": (
        [[{"so_vao_so": "H00123"}], [{"so_vao_so": "CS00123"}]],
        [[{"so_vao_so": "123/QSDĐ/2001"}]],
    ),
    "giay_chung_nhan.serial_reused": ([[{}, {**STRANGER, "parcel": 1}]], [[{}, {"parcel": 1}]]),
    "giay_chung_nhan.contradiction": ([[{}, {"parcel": 1, "ngay_cap": "02/02/2012"}]], [[{}, {"parcel": 1}]]),
    "giay_chung_nhan.several_for_parcel": (
        [[{}, {**STRANGER, "paper": 1}]], [[{**FELLOW}, {**FELLOW, **STRANGER, "paper": 1}]],
    ),
    "giay_chung_nhan.household_after_law": (
        [[{**HOUSE, "ngay_cap": "01/08/2024"}]], [[{**HOUSE, "ngay_cap": "31/07/2024"}]],
    ),
    "giay_chung_nhan.scan_missing": ([[{"ten_file": "mat-GCN.pdf"}]], [[{"ten_file": "quet/CO-gcn.PDF"}]]),
    "giay_chung_nhan.scan_unreadable": ([[{"ten_file": "co-GCN;hong.jpg"}]], [[{"ten_file": " ; "}]]),
    "giay_chung_nhan.scan_blank_page": ([[{"scan": {"is_blank": True}}]], [[{"scan": {"is_blank": False}}]]),
    "giay_chung_nhan.scan_turned": ([[{"scan": {"turn": 180}}]], [[{"scan": {"turn": 0}}]]),
    "giay_chung_nhan.scan_page_unreadable": ([[{"scan": {"unreadable": "dark"}}]], [[{"scan": {"sharpness": 1.1}}]]),
    "giay_chung_nhan.scan_duplicate": ([[{"scan": {"same_as": "quet/1-GCN.pdf#1"}}]], [[{"scan": {}}]]),
    "giay_chung_nhan.scan_other_serial": (
        [[{"scan": {"serial_read": "AB 999999", "serial_confidence": 0.95}}]],
        [[{"scan": {"serial_read": "AB 999999", "serial_confidence": 0.85}}]],
    ),
    "giay_chung_nhan.scan_qr_mismatch": ([[{"scan": {"qr": '{"so_phat_hanh": "AA 99999999"}'}}]], [[{"scan": {}}]]),
    "so_dia_chinh.term_ended": (
        [[{**BODY, "loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 14/06/2025"}],
         [{"loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 15/10/2013"}]],
        [[{**BODY, "loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 15/06/2025"}],
         [{"loai_dat_1": "LUC", "thoi_han_1": "Đến ngày 15/10/2013"}]],
    ),
    "so_dia_chinh.term_mismatch": (
        [[{"loai_dat_1": "CLN"}], [{"loai_dat_1": "LUC", "thoi_han_1": "70 năm"}]],
        [[{**BODY, "loai_dat_1": "CLN"}], [{"loai_dat_1": "LUC", "thoi_han_1": "20 năm"}]],
    ),
    "so_dia_chinh.residential_code": ([[{"loai_dat_1": "ODT"}]], [[{"loai_dat_1": "ONT"}]]),
    "so_dia_chinh.other_commune": ([[{"ma_xa": "15664"}]], [[{"ma_xa": "15670"}]]),
    "so_dia_chinh.holder_kind": (
        [[{"vai_tro": "Vợ"}], [HUSBAND], [{"phap_nhan": "Hộ gia đình", "vai_tro": "Thành viên"}]],
        [[HUSBAND, WIFE], [{"phap_nhan": "Hộ gia đình", "vai_tro": "Chủ hộ"}]],
    ),
    "so_dia_chinh.duplicate_row": ([[{}, {}]], [[FELLOW, {**FELLOW, **STRANGER}]]),
    "so_dia_chinh.repeated_holder": ([[{}, {"thoi_han_1": "50 năm"}]], [[{}, {"parcel": 1, "thoi_han_1": "50 năm"}]]),
    "giay_to.incomplete": ([[{"gioi_tinh": None}]], [[{"gioi_tinh": None}, {"parcel": 1}]]),
    "giay_to.shared_number": (
        [[{}, {"parcel": 1, "paper": 1, "ho_ten": "Vũ Văn Khác"}]],
        [[{}, {"parcel": 1, "paper": 1, "is_upper": True}]],
    ),
    "giay_to.two_numbers": (
        [[{}, {"parcel": 1, "paper": 1, "number": 1}]],
        [[{}, {"parcel": 1, "paper": 1, "number": 1, "is_year": True}]],
    ),
    "giay_to.expired": (
        [[{**NEW, "ngay_cap": "02/01/2025", "is_old_card": True}]],
        [[{**HOUSE, "phap_nhan": "Cá nhân", "vai_tro": "Cá nhân", "ngay_cap": "31/12/2023", "is_old_card": True}]],
    ),
}  # fmt: skip
"""Groups of rows by the finding each has to cause, and groups like them that must cause none."""


RULES = tuple(CASES)
"""The findings that are planted."""


def groups(count: int, seed: int) -> list[tuple[str | None, Sequence[Row]]]:
    """Return groups of rows in random order: so many clean ones of one row, and every case as often as fits."""
    random = np.random.default_rng([seed, 11])
    cases: list[tuple[str | None, Sequence[Row]]] = [
        (code if is_defect else None, rows)
        for code, sides in CASES.items() for is_defect, side in zip((True, False), sides, strict=True) for rows in side
    ]  # fmt: skip
    every = [*cases * max(1, count // (4 * len(cases))), *[(None, ({},))] * count]
    return [every[at] for at in random.permutation(len(every))]


def rows_of(made: Sequence[tuple[str | None, Sequence[Row]]]) -> pd.DataFrame:
    """Return the register rows of groups, with their `group`."""
    rows = []
    for number, (_, group) in enumerate(made):
        for change in group:
            person = 2 * number + change.get("person", 0)
            card = person + 500_000 * change.get("number", 0)
            born = pd.Timestamp("1950-01-02") + pd.Timedelta(days=person % 11_000)
            year = change.get("born", born.year)
            digit = (0 if year < 2000 else 2) + change.get("sex", 0)
            name = f"{FAMILY[person % 5]} Văn Mẫu"
            form, paper = change.get("form", "BK"), 2 * number + change.get("paper", 0)
            usual = {
                "group": number,
                "is_lost": change.get("is_lost", False),
                "cites": change.get("cites", -1),
                "in_other_file": change.get("in_other_file", False),
                "ma_xa": PLACE.ma_xa,
                "so_hieu_to_ban_do": str(12 + change.get("parcel", 0)),
                "so_thu_tu_thua": f"{'00' if 'zeros' in change else ''}{number + 1}",
                "dien_tich": "100,0",
                "dien_tich_1": "100,0",
                "loai_dat_1": "ONT",
                "hinh_thuc_1": "Sử dụng riêng",
                "thoi_han_1": "Lâu dài",
                "ho_ten": name.upper() if change.get("is_upper") else name,
                "ngay_sinh": str(born.year) if "is_year" in change or born.day_of_year == 1 else f"{born:%d/%m/%Y}",
                "gioi_tinh": "Nam",
                "so_giay_to": _identity(change, f"{digit}{(year + change.get('year', 0)) % 100:02d}{card:06d}", card),
                "dia_chi_chu": "Thôn 1",
                "phap_nhan": "Cá nhân",
                "vai_tro": "Cá nhân",
                "so_phat_hanh": _serial(form, paper).replace(" ", "" if "is_tight" in change else " "),
                "ngay_cap": "01/02/2012",
                "so_vao_so": "CH00001",
            }  # fmt: skip
            if "scan" in change:
                usual |= {"ten_file": f"quet/{number}-GCN.pdf", "scan": change["scan"]}
            if "qr" in change:
                named = _serial(form, paper + 700_000 * change["qr"])
                usual["ma_qr"] = f"03-02-2025-08-30-00|1|TEST|HS1|{named}|1||1"
            rows.append({**usual, **{name: value for name, value in change.items() if name in _WRITTEN}})
    return pd.DataFrame(rows)


def _identity(change: Row, rest: str, card: int) -> str:
    if "is_old_card" in change:
        return f"{171_000_000 + card}"
    return ("999" if "is_far" in change else "38" if "is_short" in change else "038") + rest


def _serial(form: str, paper: int) -> str:
    return f"{form} {100 + paper:08d}" if form == "AA" else f"{form} {100_000 + paper:06d}"


_WRITTEN = frozenset(
    {"so_thu_tu_thua", "dien_tich", "dien_tich_1", "dia_chi", "dia_chi_chu",
     "ma_xa", "loai_dat_1", "hinh_thuc_1", "thoi_han_1", "ho_ten", "ngay_sinh", "gioi_tinh", "so_giay_to", "phap_nhan",
     "vai_tro", "so_phat_hanh", "ngay_cap", "so_vao_so", "ten_to_chuc", "ma_to_chuc", "ten_file"}
)  # fmt: skip


def told(rows: pd.DataFrame) -> pd.DataFrame:
    """Return code and group of every finding about the rows or their parcels, of all steps."""
    number = rows["group"].add(1).astype("string")
    land = rows.assign(so_thu_tu_thua=number)[~rows["is_lost"]].drop_duplicates(["so_hieu_to_ban_do", "group"])
    columns = ["so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat"]
    parcels = land.rename(columns={"loai_dat_1": "loai_dat"})[columns].to_dict("records")
    cited = rows[rows["cites"] == 1]
    table = pd.DataFrame(
        {
            "so_hieu_to_ban_do": cited["so_hieu_to_ban_do"],
            "so_thu_tu_thua": number[cited.index],
            "so_hieu_to_ban_do_cu": FORMER,
            "so_thu_tu_thua_cu": number[cited.index],
        }
    )
    written = rows.drop(columns=["group", "is_lost", "cites", "in_other_file", "scan"], errors="ignore")
    papers = _papers(rows)
    written.loc[cited.index, "so_hieu_to_ban_do"] = FORMER
    files = [
        register(*written[where].to_dict("records"), source=name)
        for name, where in (("so.xlsx", ~rows["in_other_file"]), ("so_khac.xlsx", rows["in_other_file"]))
    ]
    numbering = Numbering(table.reindex(columns=list(COLUMNS)).astype("string"))
    found = judged(parcels, files, PLACE, scanned=_scans(papers), numbering=numbering, papers=papers)
    ids = pd.concat([file.rows["row_id"] for file in files], ignore_index=True)
    order = [*rows.index[~rows["in_other_file"]], *rows.index[rows["in_other_file"]]]
    of_row = dict(zip(ids, rows["group"].loc[order], strict=True))
    of_parcel = {f"to_12.dgn#{at + 1}": group for at, group in enumerate(land["group"])}
    return pd.DataFrame({"code": found["code"], "group": found["feature_id"].map({**of_row, **of_parcel})})


def _papers(rows: pd.DataFrame) -> Papers:
    """Return one page of each scan that a row brings with it."""
    brought = rows.reindex(columns=["ten_file", "scan"]).dropna()
    usual = {"kind": "GCN", "state": "ok", "pages": 1, "page": 1, "is_blank": False}
    pages = [{**usual, "path": path, "sha256": path, **facts} for path, facts in brought.itertuples(index=False)]
    return Papers(model.frame(pages), pd.DataFrame())


def _scans(papers: Papers) -> Scans:
    return Scans(SCANS.names | spelled([path.rsplit("/", 1)[1] for path in papers.pages["path"]]), SCANS.broken)


def score(made: Sequence[tuple[str | None, Sequence[Row]]]) -> Score:
    """Hold what is found in groups of rows against what was planted in them."""
    planted = {(code, group) for group, (code, _) in enumerate(made) if code is not None}
    found = list(told(rows_of(made)).itertuples(index=False, name=None))
    invented = Counter(found) - Counter(planted)
    result = Score(
        planted=Counter(code for code, _ in planted),
        found=Counter(code for code, _ in planted & set(found)),
        spared=Counter(
            code for code, (_, within) in CASES.items() for group in within for _, rows in made if rows is group
        ),
        wrong=[f"register: missed {code} {made[group][1]}" for code, group in planted - set(found)],
    )
    for (code, group), times in invented.items():
        result.invented[code] += times
        result.wrong.append(f"register: invented {code} {made[int(group)] if group == group else ''}")
    return result
