"""What the words of a sheet may say of parcels: one candidate for each label, with its parts and how sure they are."""

import re
from collections.abc import Collection, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from pipelines.scan.numbers import arrangement, codes
from pipelines.scan.numbers.reader import Reading
from pipelines.scan.numbers.words import Word

Row = dict[str, Any]
COLUMNS = ("number", "area", "code", "x", "y", "x_area", "y_area", "p", "agrees", "other", "kind", "height")
"""Number, area and code as texts; where the number stands and, where it has one, its area; probability of the number;
whether both readers agree; what the other one reads; `fraction`, `whole`, `stacked` or `alone`; height of its signs in
pixels."""

_NUMBER = re.compile(r"[1-9]\d{0,4}")
_AREA = re.compile(r"\d{1,7}\.\d")
_AGREED, _ALONE = 0.02, 0.6
"""Share of the doubt that stays where both readers agree; most that one is believed against the other."""


STACKED = "stacked"
"""Kind of a number over its area without a bar."""

_LOPSIDED = 0.3
"""How far a number may stand beside the middle of its area, in heights of its signs; half a digit is 0.3."""

_BESIDE = 4.0
"""Within how many heights of a number alone other signs may belong to it."""

_DUST = 0.45
"""Words lower than this share of the tallest of their label are dust; codes and areas are hardly lower than numbers."""


def of_words(
    words: Sequence[Word], readings: Sequence[Reading], crowded: Collection[int] = ()
) -> tuple[pd.DataFrame, list[int]]:
    """Return the labels that words make up (`COLUMNS`), and the rows of the words that belong to none.

    Args:
        words: Words of a sheet.
        readings: What each says.
        crowded: Words that may have lost a sign to what is drawn beside them.
    """
    labels = dict[int, list[int]]()
    for at, word in enumerate(words):
        labels.setdefault(word.label, []).append(at)
    rows, free = list[Row](), list[int]()
    for members in labels.values():
        made = _fraction(members, words, readings, crowded)
        if made is None:
            free += _written(members, words)
        else:
            rows.append(made)
    without, loose = _free(free, words, readings, crowded)
    return pd.DataFrame([*rows, *without], columns=list(COLUMNS)), loose


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


def texts(words: Sequence[Word], readings: Sequence[Reading], loose: Sequence[int]) -> gpd.GeoDataFrame:
    """Return what was read and belongs to no label; of letters alone, which may be a name, only where they stand."""
    text = pd.Series([readings[at].text for at in loose], dtype="string")
    boxes = []
    for at in loose:
        u0, u1, v0, v1 = words[at].box
        cos, sin = np.cos(words[at].turn), np.sin(words[at].turn)
        corners = np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)]) @ np.array([[cos, sin], [-sin, cos]])
        boxes.append(shapely.Polygon(corners))
    rows = {"text": text.mask(~text.str.contains(r"\d", regex=True).fillna(False).astype(bool)),
            "confidence": [readings[at].sure for at in loose]}  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=np.array(boxes, dtype=object))


def _doubt_fragments(rows: Sequence[Row], loose: Sequence[Word]) -> None:
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
            _doubt(row)


def _doubt(row: Row) -> None:
    row["p"] = min(row["p"], _ALONE)


def _fraction(
    members: Sequence[int], words: Sequence[Word], readings: Sequence[Reading], crowded: Collection[int]
) -> Row | None:
    """Return what a number over its area says."""
    at = {words[one].role: one for one in members if words[one].role in ("number", "area") and not words[one].of_row}
    if len(at) < 2:
        return None
    area = _area(readings[at["area"]])
    found = [code for one in members if words[one].role == "code" if (code := codes.land_use(readings[one].text))]
    row = _row(words[at["number"]], readings[at["number"]], "fraction", words[at["area"]])
    row |= {"area": area, "code": found[0] if found else None}
    if _is_lopsided(words[at["number"]], words[at["area"]]) or at["number"] in crowded:
        _doubt(row)
    return row


def _is_lopsided(number: Word, area: Word) -> bool:
    """Tell whether a number does not stand in the middle over its area: a digit of one of them was lost or is dirt."""
    middles = [(word.box[0] + word.box[1]) / 2 for word in (number, area)]
    return abs(middles[0] - middles[1]) > _LOPSIDED * number.height


def _written(members: Sequence[int], words: Sequence[Word]) -> list[int]:
    """Return the words of a label without dust beside it, which is much lower than its signs."""
    height = max(words[one].height for one in members)
    return [one for one in members if words[one].height >= _DUST * height]


def _free(
    free: Sequence[int], words: Sequence[Word], readings: Sequence[Reading], crowded: Collection[int]
) -> tuple[list[Row], list[int]]:
    """Return what words without a bar between them say, as they stand to each other, and those that say nothing."""
    kinds = {one: what for one in free if (what := kind(words[one], readings[one]))}
    known = list(kinds)
    table = pd.DataFrame(
        [(what, *word.middle, word.width, word.height, word.turn, word.label, id(word.pieces))
         for word, what in ((words[one], what) for one, what in kinds.items())],
        columns=["type", "x", "y", "width", "height", "turn", "label", "row"],
    )  # fmt: skip
    pairs = arrangement.joined(table)
    below = set(pairs.loc[pairs["type"] == "number", "other"])
    rows = {at: _row(words[one], readings[one], "alone", None)
            for at, one in enumerate(known) if table["type"][at] == "number" and at not in below}  # fmt: skip
    for number, other, what in zip(pairs["number"], pairs["other"], pairs["type"], strict=True):
        row, word, reading = rows[number], words[known[other]], readings[known[other]]
        if what == "code":
            row["code"] = codes.land_use(reading.text)
            continue
        row["x_area"], row["y_area"] = word.middle
        is_whole = _AREA.fullmatch(reading.text) is not None
        row["kind"] = STACKED if what == "number" else "whole"
        row["area"] = _area(reading) if is_whole else reading.text if reading.text.isdigit() else None
    used = {known[at] for at in (*rows, *pairs["other"])}
    for at, row in rows.items():
        if known[at] in crowded:
            _doubt(row)
    loose = [one for one in free if one not in used]
    made = list(rows.values())
    _doubt_fragments(made, [words[one] for one in loose])
    return made, loose


def kind(word: Word, reading: Reading) -> str | None:
    """Return what a word may be: `number` (or an area without decimals), `area`, `code`; None where it says nothing."""
    if _AREA.fullmatch(reading.text) or word.role == "area":
        return "area"
    if _NUMBER.fullmatch(reading.text):
        return "number"
    return "code" if word.role in ("code", "free") and codes.land_use(reading.text) else None


def _area(reading: Reading) -> str | None:
    """Return an area with its one decimal, by the surer of two readings."""
    if _AREA.fullmatch(reading.text) and reading.sure > _ALONE and reading.second in (None, reading.text):
        return reading.text
    second = (reading.second or "").removesuffix("m2")
    return second if _AREA.fullmatch(second) and reading.second_sure > _ALONE else None


def _row(word: Word, reading: Reading, kind: str, area: Word | None) -> Row:
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
