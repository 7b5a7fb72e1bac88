"""Invented people as the holder file would hold them, over many communes, with what is true known.

Few family names cover most people, and families live together, so homonyms are neighbours. A share of the people has a
double: another person of the same name, birth year and commune. No identity number exists here, only hashes of
invented ones.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

import schemas
from pipelines.text import fold, map_unique

ERA = "E2025B"
HAMLETS = 26
"""Hamlets of a commune: Thanh Hoa has about 4,350 in 166 communes."""

SHARE_OLD = 0.18
"""Records from before the campaign of 2025, without the new number: as many holders as one city reported unmatched."""

SHARE_DOUBLES = 0.03
RECORDS_OF_A_PERSON = (0.48, 0.28, 0.14, 0.07, 0.03)
"""How many of the people have one record, two, three, …"""

# Shares as counted for the country; the rest is spread over the less common ones.
_FAMILIES = {
    "Nguyễn": 30, "Lê": 18, "Trần": 9, "Phạm": 8, "Hoàng": 5, "Trịnh": 5, "Đỗ": 3, "Vũ": 3, "Bùi": 3, "Hà": 2.5,
    "Ngô": 2, "Lương": 2, "Đặng": 2, "Mai": 1.5, "Cao": 1.5, "Phan": 1, "Dương": 1, "Đinh": 0.6, "Lưu": 0.6,
    "Tống": 0.4, "Thiều": 0.3, "Khương": 0.2, "Quách": 0.2, "Lò": 0.2,
}  # fmt: skip
_MIDDLES_M = {
    "Văn": 42, "Đình": 8, "Hữu": 7, "Xuân": 7, "Đức": 5, "Bá": 5, "Trọng": 4, "Ngọc": 5, "Quang": 4, "Viết": 3,
    "Minh": 3, "Công": 3, "Thế": 2, "Sỹ": 1, "Huy": 1,
}  # fmt: skip
_MIDDLES_F = {"Thị": 74, "Thị Ngọc": 5, "Thị Thu": 5, "Thị Thanh": 5, "Thị Kim": 3, "Ngọc": 4, "Thị Minh": 2, "Lệ": 2}
_GIVEN_M = (
    "Hùng Dũng Tuấn Sơn Thắng Bình Hải Lâm Tùng Cường Thọ Quý Khánh Toàn Đạt Nghĩa Minh Long Nam Trung Hưng Huy Thành "
    "Hòa Tâm Tân Thịnh Phúc Lộc An Chung Chiến Tiến Dương Đông Giang Hà Hậu Hiếu Hoàn Khoa Kiên Lương Luân Lực Mạnh "
    "Nhân Phong Phú Phương Quân Quang Quyền Quyết Sáng Sinh Tài Thái Thao Thiện Thông Thuận Tình Tới Trí Trường Tú Vinh"
)
_GIVEN_F = (
    "Hoa Lan Hương Thủy Hằng Nga Yến Loan Tuyết Phượng Huệ Mỹ Thúy Xuân Hiền Nhung Hà Hạnh Bình Thanh Mai Dung Thảo "
    "Trang Linh Liên Lý Minh Ngọc Nguyệt Oanh Phương Quyên Sen Tâm Thơm Thu Vân Vinh Chinh Cúc Duyên Đào Giang Hải "
    "Hậu Hiên Hòa Hồng Huyền Khuyên Lài Lệ Lựu Lương Luyến Nhàn Nhạn Ninh Thêu Thoa Tình Tươi Ước Vui Xoan Chiên Dậu"
)
_HASH = {"2": "cmnd", "5": "cccd"}


@dataclass(frozen=True)
class Crowd:
    """Invented people.

    Attributes:
        holders: The personal layers as the land database gives them.
        truth: Number of the person behind every row of `ca_nhan`.
    """

    holders: dict[str, pd.DataFrame]
    truth: np.ndarray[Any, Any]


def crowd(records: int, seed: int = 20261128, share_old: float = SHARE_OLD) -> Crowd:
    """Return about so many person records, the same for the same seed."""
    rng = np.random.default_rng(seed)
    mean = float(np.dot(RECORDS_OF_A_PERSON, range(1, len(RECORDS_OF_A_PERSON) + 1)))
    people = _people(int(records / mean), rng)
    # A couple is written down as two records, one of them behind each name.
    held = rng.choice(range(1, 1 + len(RECORDS_OF_A_PERSON)), size=len(people), p=RECORDS_OF_A_PERSON)
    person = rng.permutation(np.repeat(np.arange(len(people)), held))
    rows = _records(people, person, rng, share_old)
    wed = np.flatnonzero((people["spouse"].to_numpy()[person] >= 0) & (rng.random(len(person)) < 0.27))
    partners = _records(people, people["spouse"].to_numpy()[person[wed]], rng, share_old, beside=rows.iloc[wed])
    every = pd.concat([rows, partners], ignore_index=True)
    every["ca_nhan_id"] = [f"cn-{number:07d}" for number in range(len(every))]
    pairs = np.column_stack([wed, len(rows) + np.arange(len(wed))])
    return Crowd(_layers(every, pairs, rng), every["person"].to_numpy())


def _people(count: int, rng: np.random.Generator) -> pd.DataFrame:
    male = rng.random(count) < 0.5
    communes = schemas.codelist("admin_units").query("era == @ERA and province == '38'")["code"].to_numpy(dtype=object)
    home = rng.integers(len(communes), size=count)
    hamlet = rng.integers(1, HAMLETS + 1, size=count)
    family = _chosen(_FAMILIES, count, rng)
    # In every hamlet one family is the largest: three of ten people there bear its name.
    seats = _chosen(_FAMILIES, len(communes) * (HAMLETS + 1), rng)
    family = np.where(rng.random(count) < 0.3, seats[home * (HAMLETS + 1) + hamlet], family)
    middle = np.where(male, _chosen(_MIDDLES_M, count, rng), _chosen(_MIDDLES_F, count, rng))
    given = np.where(male, _zipf(_GIVEN_M, count, rng), _zipf(_GIVEN_F, count, rng))
    year = np.clip(np.round(rng.normal(1966, 15, size=count)), 1925, 2004).astype(int)
    day = rng.integers(365, size=count)
    people = pd.DataFrame(
        {"family": family, "middle": middle, "given": given, "male": male, "home": home, "hamlet": hamlet,
         "year": year, "day": day}
    )  # fmt: skip
    doubles = rng.choice(count, size=int(count * SHARE_DOUBLES), replace=False)
    models = rng.choice(count, size=len(doubles))
    same = ["family", "middle", "given", "male", "home", "year"]
    people.loc[doubles, same] = people.loc[models, same].to_numpy()
    people["name"] = people["family"] + " " + people["middle"] + " " + people["given"]
    people["commune"] = communes[people["home"].to_numpy(dtype=int)]
    people["spouse"] = _couples(people, rng)
    # The younger half of couples lives where the other does; a widow's move is among those who moved.
    married = people["spouse"].to_numpy() >= 0
    follows = married & (np.arange(count) > people["spouse"].to_numpy())
    people.loc[follows, "hamlet"] = people["hamlet"].to_numpy()[people["spouse"].to_numpy()[follows]]
    return people


def _couples(people: pd.DataFrame, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Return the number of everybody's husband or wife, -1 for the unmarried."""
    spouse = np.full(len(people), -1)
    order = people.assign(tie=rng.random(len(people))).sort_values(["home", "year", "tie"])
    men, women = (order[order["male"].astype(bool) == sex] for sex in (True, False))
    turn = [side.groupby("home").cumcount() for side in (men, women)]
    couples = pd.DataFrame({"home": men["home"], "turn": turn[0], "man": men.index}).merge(
        pd.DataFrame({"home": women["home"], "turn": turn[1], "woman": women.index}), on=["home", "turn"]
    )
    couples = couples[rng.random(len(couples)) < 0.75]
    spouse[couples["man"]], spouse[couples["woman"]] = couples["woman"], couples["man"]
    return spouse


def _records(
    people: pd.DataFrame,
    person: np.ndarray[Any, Any],
    rng: np.random.Generator,
    share_old: float,
    beside: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what is written down of people: each time a little otherwise."""
    count = len(person)
    known = people.iloc[person].reset_index(drop=True)

    def happens(share: float) -> np.ndarray[Any, Any]:
        return rng.random(count) < share

    away = happens(0.4)
    elsewhere = people["commune"].to_numpy()[rng.integers(len(people), size=count)]
    land = np.where(away, elsewhere, known["commune"]) if beside is None else beside["ma_xa"].to_numpy()
    is_old = happens(share_old) if beside is None else beside["is_old"].to_numpy()
    frame = pd.DataFrame({"person": person, "ma_xa": land, "is_old": is_old})
    frame["ho_ten"] = _written(known["name"], happens, rng)
    year, day = known["year"].to_numpy(copy=True), known["day"].to_numpy()
    slip = happens(0.008)
    year[slip] += rng.choice([-1, 1, -10, 10], size=int(slip.sum()))
    dates = pd.to_datetime(pd.Series(year).astype(str) + "-01-01") + pd.to_timedelta(day, unit="D")
    text = dates.dt.strftime("%Y-%m-%d")
    swapped = dates.dt.strftime("%Y-%d-%m").where(dates.dt.day <= 12, text)
    text = text.where(~happens(0.01), swapped)
    no_birth = happens(0.02)
    frame["ngay_sinh"] = text.mask(happens(0.6) | no_birth).astype("string")
    frame["nam_sinh"] = pd.Series(year, dtype="Int64").mask(no_birth)
    male = known["male"].to_numpy(dtype=bool) ^ happens(0.002)
    frame["gioi_tinh"] = pd.Series(np.where(male, "1", "0"), dtype="string").mask(happens(0.06))
    moved = happens(0.10)
    commune = np.where(moved, people["commune"].to_numpy()[rng.integers(len(people), size=count)], known["commune"])
    hamlet = np.where(moved, rng.integers(1, HAMLETS + 1, size=count), known["hamlet"])
    names = dict(_communes())
    place = pd.Series(commune).map(names)
    told = "Thôn " + pd.Series(hamlet).astype(str) + ", " + place
    frame["dia_chi"] = told.where(~happens(0.1), place).mask(happens(0.06)).astype("string")
    old_number = np.where(is_old, happens(0.75), happens(0.3))
    new_number = ~is_old & happens(0.94)
    for kind, has, typing in (("2", old_number, 0.005), ("5", new_number, 0.002)):
        wrong = np.where(happens(typing), rng.integers(1, 1 << 40, size=count), 0)
        keys = pd.Series(person).astype(str) + "/" + pd.Series(wrong).astype(str) + "/" + kind
        frame[_HASH[kind]] = keys.map(_hashed).where(has).astype("string")
    # One number for husband and wife.
    if beside is not None:
        taken = happens(0.002)
        frame["cccd"] = frame["cccd"].where(~taken, beside["cccd"].reset_index(drop=True))
    return frame


def _written(names: pd.Series, happens: Any, rng: np.random.Generator) -> pd.Series:
    """Return names without accents, with a letter too few or two exchanged, in capitals, as clerks write them."""
    bare, slip, loud = happens(0.03), happens(0.012), happens(0.3)
    written = names.astype(object).copy()
    written[bare] = map_unique(names[bare], lambda name: fold(name).title())
    places = rng.random(len(names))
    spoilt = [_slip(name, place) for name, place in zip(written[slip], places[slip], strict=True)]
    written[slip] = pd.Series(spoilt, index=written.index[slip], dtype=object)
    written[loud] = written[loud].str.upper()
    return written.astype("string")


def _slip(name: str, place: float) -> str:
    at = 1 + int(place * (len(name) - 2))
    return name[:at] + (name[at + 1] + name[at] + name[at + 2 :] if at % 2 else name[at + 1 :])


def _layers(rows: pd.DataFrame, pairs: np.ndarray[Any, Any], rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    ids, scope = rows["ca_nhan_id"], {"ma_xa": rows["ma_xa"].astype("string"), "ky_dia_gioi": ERA}
    papers = [
        pd.DataFrame({"ca_nhan_id": ids, "loai_giay_to": kind, "so_giay_to_bam": rows[name], **scope})
        for kind, name in _HASH.items()
    ]
    first, second = pairs.T
    is_wife = (rows["gioi_tinh"] == "0").fillna(False).to_numpy(dtype=bool)[first]
    one, other = ids.to_numpy()[first], ids.to_numpy()[second]
    couples = pd.DataFrame(
        {
            "vo_chong_id": [f"vc-{number:07d}" for number in range(len(pairs))],
            "vo_id": np.where(is_wife, one, other),
            "chong_id": np.where(is_wife, other, one),
            "ma_xa": rows["ma_xa"].to_numpy()[first],
            "ky_dia_gioi": ERA,
        }
    )
    # The one certificate of a couple; half of the certificates stand in two registers of their commune, the older one
    # and the form of the campaign.
    serial = np.arange(len(rows))
    serial[second] = serial[first]
    person = rows["person"].to_numpy()
    again = pd.Series(serial).groupby([person, rows["ma_xa"].to_numpy()]).transform("first").to_numpy()
    serial = np.where(rng.random(len(rows)) < 0.5, again, serial)
    paper = "gcn-" + pd.Series(serial).astype(str)
    rights = pd.DataFrame({"chu_id": ids, "thua_key": "t-" + paper, "giay_chung_nhan_id": paper, **scope})
    certificates = rights[["giay_chung_nhan_id", "ma_xa", "ky_dia_gioi"]].drop_duplicates()
    certificates = certificates.assign(so_phat_hanh="BĐ " + certificates["giay_chung_nhan_id"].str[4:].str.zfill(7))
    people = rows[["ca_nhan_id", "ho_ten", "ngay_sinh", "nam_sinh", "gioi_tinh", "dia_chi"]].assign(**scope)
    households = pd.DataFrame(columns=["ho_gia_dinh_id", "chu_ho_id", "vo_chong_chu_ho_id", "ma_xa", "ky_dia_gioi"])
    return {
        "ca_nhan": people,
        "giay_to_tuy_than": pd.concat(papers, ignore_index=True).dropna(subset="so_giay_to_bam", ignore_index=True),
        "vo_chong": couples,
        "ho_gia_dinh": households.astype("string"),
        "nhom_nguoi": pd.DataFrame(
            columns=["nhom_nguoi_id", "nguoi_dai_dien_id", "thanh_vien_id", "ma_xa", "ky_dia_gioi"], dtype="string"
        ),
        "quyen_su_dung_dat": rights,
        "giay_chung_nhan": certificates,
    }


def _communes() -> list[tuple[str, str]]:
    units = schemas.codelist("admin_units").query("era == @ERA and province == '38'")
    return list(zip(units["code"], units["name"], strict=True))


def _hashed(text: str) -> str:
    return blake2b(text.encode(), digest_size=32).hexdigest()


def _chosen(shares: dict[str, float], count: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    weights = np.array(list(shares.values()), dtype=float)
    return rng.choice(np.array(list(shares), dtype=object), size=count, p=weights / weights.sum())


def _zipf(listed: str, count: int, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    names = listed.split()
    weights = 1 / (np.arange(len(names)) + 6.0)
    return rng.choice(np.array(names, dtype=object), size=count, p=weights / weights.sum())
