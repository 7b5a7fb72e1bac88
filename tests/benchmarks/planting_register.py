"""A register without any defect, and what is planted in its rows, beyond a limit or within it.

The rows go through `normalize`, as those of a delivery do. Rows that belong together stand in groups; in a group with
a defect exactly one finding has to be about one of its rows, in the others none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines import normalize
from pipelines.normalize.place import Place
from pipelines.tolerances import Tolerances
from pipelines.validate import run
from pipelines.validate.scans import Scans
from tests.benchmarks.scores import Score
from tests.unit.test_normalize import drawn, register

Row = Mapping[str, Any]
PLACE = Place("15670", "E2025A", "1", "EPSG:5897", "2025-06-15", frozenset({"DGT", "DTL", "SON", "MNC"}))
SCANS = Scans(frozenset({"co-gcn.pdf", "co-gcn", "hong.jpg", "hong"}), frozenset({"hong.jpg", "hong"}))
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Đỗ")
WIFE: Row = {"sex": 1, "gioi_tinh": "Nữ", "vai_tro": "Vợ", "phap_nhan": "Vợ chồng", "person": 1}
HUSBAND: Row = {"phap_nhan": "Vợ chồng", "vai_tro": "Chồng"}
STRANGER: Row = {"person": 1}
JOINT: Row = {"hinh_thuc_1": "Sử dụng chung", "phap_nhan": "Đồng sử dụng", "vai_tro": "Thành viên"}
COMPANY: Row = {
    **dict.fromkeys(("ho_ten", "so_giay_to", "ngay_sinh", "gioi_tinh", "vai_tro")),
    "phap_nhan": "Tổ chức", "ten_to_chuc": "Công ty TNHH Mẫu", "ma_to_chuc": "0100109106",
}  # fmt: skip
HOUSE: Row = {"phap_nhan": "Hộ gia đình", "vai_tro": "Chủ hộ", "form": "CĐ", "so_vao_so": "CS00001"}
YOUNG: Row = {"ngay_sinh": "2013", "born": 2013}
NEW: Row = {"form": "AA", "so_vao_so": "CN00001"}

CASES: dict[str, tuple[Sequence[Sequence[Row]], Sequence[Sequence[Row]]]] = {
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
        [[{}, {**STRANGER, "paper": 1}]], [[{**JOINT}, {**JOINT, **STRANGER, "paper": 1}]],
    ),
    "giay_chung_nhan.household_after_law": (
        [[{**HOUSE, "ngay_cap": "01/08/2024"}]], [[{**HOUSE, "ngay_cap": "31/07/2024"}]],
    ),
    "giay_chung_nhan.scan_missing": ([[{"ten_file": "mat-GCN.pdf"}]], [[{"ten_file": "quet/CO-gcn.PDF"}]]),
    "giay_chung_nhan.scan_unreadable": ([[{"ten_file": "co-GCN;hong.jpg"}]], [[{"ten_file": " ; "}]]),
    "so_dia_chinh.term_ended": (
        [[{**COMPANY, "loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 14/06/2025"}],
         [{"loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 15/10/2013"}]],
        [[{**COMPANY, "loai_dat_1": "TMD", "thoi_han_1": "Đến ngày 15/06/2025"}],
         [{"loai_dat_1": "LUC", "thoi_han_1": "Đến ngày 15/10/2013"}]],
    ),
    "so_dia_chinh.term_mismatch": (
        [[{"loai_dat_1": "CLN"}], [{"loai_dat_1": "LUC", "thoi_han_1": "70 năm"}]],
        [[{**COMPANY, "loai_dat_1": "CLN"}], [{"loai_dat_1": "LUC", "thoi_han_1": "20 năm"}]],
    ),
    "so_dia_chinh.residential_code": ([[{"loai_dat_1": "ODT"}]], [[{"loai_dat_1": "ONT"}]]),
    "so_dia_chinh.other_commune": ([[{"ma_xa": "15664"}]], [[{"ma_xa": "15670"}]]),
    "so_dia_chinh.holder_kind": (
        [[{"vai_tro": "Vợ"}], [HUSBAND], [{"phap_nhan": "Hộ gia đình", "vai_tro": "Thành viên"}]],
        [[HUSBAND, WIFE], [{"phap_nhan": "Hộ gia đình", "vai_tro": "Chủ hộ"}]],
    ),
    "so_dia_chinh.duplicate_row": ([[{}, {}]], [[JOINT, {**JOINT, **STRANGER}]]),
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
                "ma_xa": PLACE.ma_xa,
                "so_hieu_to_ban_do": str(12 + change.get("parcel", 0)),
                "so_thu_tu_thua": str(number + 1),
                "dien_tich": "100,0",
                "dien_tich_1": "100,0",
                "loai_dat_1": "ONT",
                "hinh_thuc_1": "Sử dụng riêng",
                "thoi_han_1": "Lâu dài",
                "ho_ten": name.upper() if change.get("is_upper") else name,
                "ngay_sinh": str(born.year) if "is_year" in change or born.day_of_year == 1 else f"{born:%d/%m/%Y}",
                "gioi_tinh": "Nam",
                "so_giay_to": f"{171_000_000 + card}" if change.get("is_old_card")
                else f"038{digit}{year % 100:02d}{card:06d}",
                "dia_chi_chu": "Thôn 1",
                "phap_nhan": "Cá nhân",
                "vai_tro": "Cá nhân",
                "so_phat_hanh": f"{form} {100 + paper:08d}" if form == "AA" else f"{form} {100_000 + paper:06d}",
                "ngay_cap": "01/02/2012",
                "so_vao_so": "CH00001",
            }  # fmt: skip
            rows.append({**usual, **{name: value for name, value in change.items() if name in _WRITTEN}})
    return pd.DataFrame(rows)


_WRITTEN = frozenset(
    {"ma_xa", "loai_dat_1", "hinh_thuc_1", "thoi_han_1", "ho_ten", "ngay_sinh", "gioi_tinh", "so_giay_to", "phap_nhan",
     "vai_tro", "so_phat_hanh", "ngay_cap", "so_vao_so", "ten_to_chuc", "ma_to_chuc", "ten_file"}
)  # fmt: skip


def told(rows: pd.DataFrame) -> pd.DataFrame:
    """Return code and group of every finding about the rows or their parcels, of all steps."""
    land = rows.drop_duplicates(["so_hieu_to_ban_do", "so_thu_tu_thua"])
    columns = ["so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat"]
    parcels = land.rename(columns={"loai_dat_1": "loai_dat"})[columns].to_dict("records")
    nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=PLACE.crs))
    done = normalize.run(drawn(*parcels), nothing, [register(*rows.drop(columns="group").to_dict("records"))], PLACE)
    found = run(
        done.thua_dat,
        Tolerances(),
        profile="acceptance",
        prior=done.findings,
        purposes=done.muc_dich_su_dung,
        rows=done.dang_ky,
        date=PLACE.date,
        scanned=SCANS,
    ).findings
    of_row = {f"so.xlsx#{at + 2}": group for at, group in enumerate(rows["group"])}
    of_parcel = {f"to_12.dgn#{at + 1}": group for at, group in enumerate(land["group"])}
    made = pd.DataFrame({"code": found["code"], "group": found["feature_id"].map({**of_row, **of_parcel})})
    return made[made["code"] != "goi.commune_split"]


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
