"""What the words of a sheet may say of parcels: one candidate for each label, with its parts and how sure they are."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

import schemas
from pipelines import label_text
from pipelines.scan.numbers.reader import Reading
from pipelines.scan.numbers.words import Word

COLUMNS = ("number", "area", "code", "x", "y", "x_area", "y_area", "p", "agrees", "other", "kind", "height")
"""Number, area and code as texts; where the number stands and, where it has one, its area; probability of the number;
whether both readers agree; what the other one reads; `fraction`, `whole`, `stacked` or `alone`; height of its signs in
pixels."""

_NUMBER = re.compile(r"[1-9]\d{0,4}")
_AREA = re.compile(r"\d{1,7}\.\d")
_SWAPS = {"O": "DĐQ", "D": "ĐO", "Đ": "D", "5": "S", "S": "5", "8": "B", "B": "8", "2": "Z", "Z": "2", "6": "G",
          "G": "C", "C": "G", "V": "Y", "U": "V", "M": "N", "N": "M", "T": "I", "I": "T"}  # fmt: skip
"""Signs that are taken for each other."""

_AGREED, _ALONE = 0.02, 0.6
"""Share of the doubt that stays where both readers agree; most that one is believed against the other."""


STACKED = "stacked"
"""Kind of a number over its area without a bar."""

_ASIDE, _ROWS = 1.2, (0.8, 2.6)
"""How far the middles of two rows of a label are beside and below each other, in heights of the lower signs."""

_LOPSIDED = 0.3
"""How far a number may stand beside the middle of its area, in heights of its signs; half a digit is 0.3."""

_BESIDE = 4.0
"""Within how many heights of a number alone other signs may belong to it."""

_DUST = 0.45
"""Words lower than this share of the tallest of their label are dust; codes and areas are hardly lower than numbers."""


def of_words(words: Sequence[Word], readings: Sequence[Reading]) -> tuple[pd.DataFrame, list[int]]:
    """Return the labels that words make up (`COLUMNS`), and the rows of the words that belong to none.

    Args:
        words: Words of a sheet.
        readings: What each says.
    """
    labels = dict[int, list[int]]()
    for at, word in enumerate(words):
        labels.setdefault(word.label, []).append(at)
    rows, loose = list[dict[str, object]](), list[int]()
    for members in labels.values():
        made = _fraction(members, words, readings) or _free(members, words, readings)
        if made is None:
            loose += members
        else:
            rows.append(made)
    _doubt_fragments(rows, [words[one] for one in loose])
    return stacked(pd.DataFrame(rows, columns=list(COLUMNS))), loose


def stacked(told: pd.DataFrame) -> pd.DataFrame:
    """Return the labels with whole numbers right below one another as a number over its area, written without a bar.

    Only that the area is the face's can tell the two apart from two numbers: until then the label is in doubt.
    """
    alone = np.flatnonzero((told["kind"] == "alone").to_numpy() & told["number"].notna().to_numpy())
    if len(alone) < 2:
        return told
    x, y, high = (told[name].to_numpy(dtype=np.float64)[alone] for name in ("x", "y", "height"))
    near = cKDTree(np.column_stack([x, y])).query_pairs(
        float(np.hypot(_ASIDE, _ROWS[1]) * high.max()), output_type="ndarray"
    )
    over, under = np.where((y[near[:, 0]] <= y[near[:, 1]])[:, None], near, near[:, ::-1]).T
    usual, tall = np.minimum(high[over], high[under]), np.maximum(high[over], high[under])
    down = (y[under] - y[over]) / usual
    is_over = (np.abs(x[under] - x[over]) < _ASIDE * usual) & (down > _ROWS[0]) & (down < _ROWS[1])
    is_over &= tall < usual / _DUST
    over, under = over[is_over], under[is_over]
    # Of three in a column nobody knows which are two.
    is_pair = np.bincount(np.concatenate([over, under]), minlength=len(alone)) == 1
    of_two = is_pair[over] & is_pair[under]
    over, under = alone[over[of_two]], alone[under[of_two]]
    told = told.copy()
    for column, source in (("area", "number"), ("x_area", "x"), ("y_area", "y")):
        told.loc[told.index[over], column] = told[source].to_numpy()[under]
    told.loc[told.index[over], "kind"] = STACKED
    left: pd.DataFrame = told.drop(index=told.index[under]).reset_index(drop=True)
    return left


def proven(told: pd.DataFrame) -> pd.DataFrame:
    """Return the labels in their faces, in doubt those of which only the area tells number from area, and does not."""
    is_open = (told["kind"] == STACKED) & ~told["fits"].astype("boolean").fillna(value=False)
    return told.assign(p=told["p"].astype("float64").clip(upper=_ALONE).where(is_open, told["p"]), row=told.index)


def with_astray(
    loose: gpd.GeoDataFrame, placed: pd.DataFrame, told: pd.DataFrame, rows: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return the texts that belong to no face with the labels that found none of their own (`why`).

    Such a label speaks of a parcel whose boundary was not found: it is `outside` all faces, or the face has another
    label (`doubled`).

    Args:
        loose: Texts that belong to no label.
        placed: All labels with the `face` they stand in.
        told: Those of them that can be labels of parcels.
        rows: The label of each face.
    """
    is_whole = (placed["kind"] != "alone") & placed["number"].notna() & (placed["p"] >= _ALONE)
    outside = placed[is_whole & (placed["face"] < 0)]
    chosen = rows["number"].reindex(told["face"]).to_numpy()
    is_other = ~told.index.isin(rows["row"].dropna()) & (told["number"] != chosen).to_numpy()
    least = (told["kind"] == "alone").map({True: 1 - _AGREED, False: _ALONE})
    doubled = told[is_other & told["number"].notna() & (told["p"] >= least)]
    found = pd.concat([outside.assign(why="outside"), doubled.assign(why="doubled")])
    spots = shapely.points(found[["x", "y"]].to_numpy(dtype=np.float64))
    astray = gpd.GeoDataFrame(
        {"text": found["number"].to_numpy(), "confidence": found["p"].to_numpy(), "why": found["why"].to_numpy()},
        geometry=spots,
    )
    whole = pd.concat([loose.assign(why=""), astray], ignore_index=True)
    return gpd.GeoDataFrame(whole, geometry="geometry").astype({"text": "string", "why": "string"})


def _doubt_fragments(rows: Sequence[dict[str, object]], loose: Sequence[Word]) -> None:
    """Make numbers alone doubtful that stand by other signs as high: they may be what is left of an area or a name."""
    alone = [row for row in rows if row["kind"] == "alone"]
    if not alone or not loose:
        return
    high = np.array([row["height"] for row in alone], dtype=np.float64)
    other = np.array([word.height for word in loose])
    places = np.array([(row["x"], row["y"]) for row in alone], dtype=np.float64)
    around = cKDTree([word.middle for word in loose]).query_ball_point(places, _BESIDE * high)
    for row, own, at in zip(alone, high.tolist(), around, strict=True):
        if ((other[at] > _DUST * own) & (other[at] < own / _DUST)).any():
            row["p"] = min(float(row["p"]), _ALONE)  # type: ignore[arg-type]


def _fraction(members: Sequence[int], words: Sequence[Word], readings: Sequence[Reading]) -> dict[str, object] | None:
    """Return what a number over its area says."""
    at = {words[one].role: one for one in members if words[one].role in ("number", "area")}
    if len(at) < 2:
        return None
    area = _area(readings[at["area"]])
    codes = [code for one in members if words[one].role == "code" if (code := land_use(readings[one].text))]
    row = _row(words[at["number"]], readings[at["number"]], "fraction", words[at["area"]])
    row |= {"area": area, "code": codes[0] if codes else None}
    if _is_lopsided(words[at["number"]], words[at["area"]]):
        row["p"] = min(float(row["p"]), _ALONE)  # type: ignore[arg-type]
    return row


def _is_lopsided(number: Word, area: Word) -> bool:
    """Tell whether a number does not stand in the middle over its area: a digit of one of them was lost or is dirt."""
    middles = [(word.box[0] + word.box[1]) / 2 for word in (number, area)]
    return abs(middles[0] - middles[1]) > _LOPSIDED * number.height


def _written(members: Sequence[int], words: Sequence[Word]) -> list[int]:
    """Return the words of a label without dust beside it, which is much lower than its signs."""
    height = max(words[one].height for one in members)
    return [one for one in members if words[one].height >= _DUST * height]


def _free(members: Sequence[int], words: Sequence[Word], readings: Sequence[Reading]) -> dict[str, object] | None:
    """Return what words without a bar between them say: all of a label in a row or more, or a number alone."""
    members = _written(members, words)
    text = "\n".join(readings[one].text for one in members)
    said = label_text.parse(text, "label")
    if said is not None and "number" in said and _NUMBER.fullmatch(said["number"]):
        code = land_use(said["code"]) if "code" in said else None
        if "code" not in said or code:
            row = _row(words[members[0]], readings[members[0]], "whole", None)
            # The readers are not asked for a number within a longer text: it stays with the network.
            sure = float(np.prod([readings[one].sure for one in members]))
            if not _AREA.fullmatch(said.get("area") or ""):
                sure = min(sure, _ALONE)  # without a whole area nothing tells that the number is whole
            return row | {"number": said["number"], "area": said.get("area"), "code": code, "p": sure, "agrees": False}
    numbers = [one for one in members if _NUMBER.fullmatch(readings[one].text)]
    codes = [code for one in members if one not in numbers and (code := land_use(readings[one].text))]
    if len(numbers) == 1 and len(numbers) + len(codes) == len(members):
        return _row(words[numbers[0]], readings[numbers[0]], "alone", None) | {"code": codes[0] if codes else None}
    return None


def _area(reading: Reading) -> str | None:
    """Return an area with its one decimal, by the surer of two readings."""
    if _AREA.fullmatch(reading.text) and reading.sure > _ALONE and reading.second in (None, reading.text):
        return reading.text
    second = (reading.second or "").removesuffix("m2")
    return second if _AREA.fullmatch(second) and reading.second_sure > _ALONE else None


def _row(word: Word, reading: Reading, kind: str, area: Word | None) -> dict[str, object]:
    p, text = _believed(reading)
    (x, y), (x_area, y_area) = word.middle, (area.middle if area is not None else (np.nan, np.nan))
    return {
        "number": text, "area": None, "code": None, "x": x, "y": y, "x_area": x_area, "y_area": y_area, "p": p,
        "agrees": reading.agrees, "other": None if reading.agrees else reading.second, "kind": kind,
        "height": word.height,
    }  # fmt: skip


def _believed(reading: Reading) -> tuple[float, str | None]:
    """Return the number that two readings make, and its probability."""
    text = reading.text if _NUMBER.fullmatch(reading.text) else None
    if reading.second is None:
        return (min(reading.sure, _ALONE), text) if text else (0.0, None)
    if reading.agrees and text:
        return 1 - _AGREED * (1 - reading.sure) * (2 - reading.second_sure), text
    if _NUMBER.fullmatch(reading.second) and (text is None or reading.sure < reading.second_sure - 0.3):
        return _ALONE * reading.second_sure, reading.second
    return (min(_ALONE, reading.sure), text) if text else (0.0, None)


@cache
def land_use(text: str) -> str | None:
    """Return the land-use code or codes that a reading stands for; None where it stands for none, or for several."""
    parts = [part for part in text.upper().strip("+").split("+") if part]
    found = [_one(part) for part in parts]
    return "+".join(code for code in found if code) if found and all(found) else None


def _one(part: str) -> str | None:
    known = _codes()
    # The reader has one sign for 0 and O, and one for 1 and I.
    part = part if part in known else part.replace("0", "O").replace("1", "I")
    if part in known:
        return part
    if len(part) > 4:
        return None
    # One sign may be taken for another it looks like; where that leaves several codes, none is read.
    tries = {
        "".join(made)
        for made in product(*((sign, *_SWAPS.get(sign, "")) for sign in part))
        if sum(one != other for one, other in zip(made, part, strict=True)) == 1
    }
    fitting = tries & known
    return fitting.pop() if len(fitting) == 1 else None


@cache
def _codes() -> frozenset[str]:
    lists = (schemas.codelist(name)["code"] for name in ("land_use_new", "land_use_old"))
    shorthand = schemas.codelist("land_use_crosswalk")["old_code"]
    return frozenset(str(code).upper() for codes in (*lists, shorthand) for code in codes.dropna())
