"""Labels: number, area and land-use texts of a drawing put together and given to faces.

A parcel's label is one text (`ONT 25/120.5`) or a stack of texts on levels of their own (13, 4, 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from pipelines import numbers as numbers_of
from pipelines.digitize import anchors
from pipelines.digitize.snapping import Array
from pipelines.label_text import BAR, NODE, SAID, parse

LABEL_ROLES = ("parcel_number", "area", "land_use", "legal_land_use", "label", NODE, *SAID)
"""Roles whose texts are part of a label."""

REACH_MM = 15.0
"""How far on paper a text may stand from the number it belongs to."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Parsed labels.

    Attributes:
        numbers: One row per parcel number: `text`, `number`, `area`, `code`, `face` (-1 = outside), `geometry`, and
            of a node `sheet`, `address`, `owner`; index = index of the text.
        unparsed: Texts that cannot be read, with `face`.
        loose: Texts of a part alone that belong to no number, with `part` (`area`, `code` or one of `SAID`), `text`,
            `face`.
        extra: Texts beside a better one of the same kind for the same number.
        moved: Index of the numbers that were given to the face their text stands in, not to that of their anchor.
    """

    numbers: pd.DataFrame
    unparsed: pd.DataFrame
    loose: pd.DataFrame
    extra: pd.DataFrame
    moved: pd.Index


def read(texts: pd.DataFrame, faces: Array, scale: int, node: Sequence[str] = ()) -> Labels:
    """Return the labels of one sheet.

    Args:
        texts: `role`, decoded `text`, points as `geometry`, and where known `height` (m) and `rotation` (degrees).
        faces: Polygons of the sheet.
        scale: Denominator of the sheet.
        node: What the lines of a node say, from the profile.
    """
    texts = texts.assign(
        text=texts["text"].astype("string").str.strip(), face=locate(texts["geometry"].to_numpy(), faces)
    )
    parsed = _parse(texts, node)
    parsed = parsed[parsed["part"].isna() | (parsed["part"] != BAR)]
    numbers = parsed[parsed["number"].notna()]
    better = anchors.moved(numbers, faces, scale)
    numbers = numbers.assign(face=better.reindex(numbers.index).fillna(numbers["face"]).astype("int64"))
    unparsed = parsed[parsed["part"].isna()]
    loose = parsed[parsed["number"].isna() & parsed["part"].notna()]
    reach_m = REACH_MM * scale / 1000.0
    area_m2 = pd.Series(shapely.area(faces))
    area, extra, left_areas = _attach(numbers, loose[loose["part"] == "area"], reach_m, area_m2)
    code, more, left_codes = _attach(numbers, loose[loose["part"] == "code"], reach_m, None)
    numbers = numbers.assign(area=numbers["area"].fillna(area), code=numbers["code"].fillna(code))
    numbers, further, left_over = _said(numbers, loose, reach_m)
    beside = loose.loc[extra.union(more).union(further)]
    # The land use in documents (level 29) beside that on the ground (level 2) is no second label.
    beside = beside[beside["role"] != "legal_land_use"]
    return Labels(numbers, unparsed, loose.loc[left_areas.union(left_codes).union(left_over)], beside, better.index)


def locate(points: Array, faces: Array) -> Array:
    """Return the number of the face each point lies in, -1 outside; on a shared line the first face."""
    face = np.full(len(points), -1, dtype=np.int64)
    if len(faces) and len(points):
        point, inside = shapely.STRtree(faces).query(points, predicate="intersects")
        order = np.lexsort((inside, point))[::-1]
        face[point[order]] = inside[order]
    return face


def choose(numbers: pd.DataFrame, faces: Array) -> pd.DataFrame:
    """Return one label per labelled face, the one whose area is nearest to the face's, with `so_nhan`.

    The index is the number of the face; `kept` is the index of the text.
    """
    inside = numbers[numbers["face"] >= 0]
    face_area = shapely.area(faces)[inside["face"].to_numpy()] if len(inside) else np.empty(0)
    difference = (area_value(inside["area"]) - face_area).abs().fillna(np.inf)
    ranked = pd.DataFrame(inside.drop(columns="geometry")).assign(
        difference=difference, kept=inside.index, order=np.arange(len(inside))
    )
    ranked = ranked.sort_values(["face", "difference", "order"])
    best = ranked.drop_duplicates("face").set_index("face")
    return best.assign(so_nhan=ranked.groupby("face").size()).drop(columns=["difference", "order"])


def area_value(texts: pd.Series) -> pd.Series:
    """Return area texts as numbers in square metres, decimal and thousands mark told apart by all of them together.

    Null where there is none, or where nothing tells what a mark means.
    """
    return numbers_of.parse(texts)[0]


def as_drawn(code: pd.Series, number: pd.Series, area: pd.Series) -> pd.Series:
    """Return the label in one line, `ONT 25/120.5`, of the parts there are; null when there is none."""
    fraction = number.fillna("") + ("/" + area).fillna("")
    line = (code.fillna("") + " " + fraction).str.strip()
    return line.mask(line == "").astype("string")


def _parse(texts: pd.DataFrame, node: Sequence[str]) -> pd.DataFrame:
    """Add `part` (what the text holds; null = unreadable), and the parts: `number`, `area`, `code`, those of a node.

    The text of a part that stands alone becomes the part itself, without its unit or blanks.
    """
    distinct = texts[["role", "text"]].drop_duplicates()
    found = [parse(str(text), str(role), node) or {} for role, text in zip(*distinct.to_numpy().T, strict=True)]
    columns = ["part", "number", "area", "code", *SAID]
    known = pd.DataFrame(found, columns=columns, dtype="string").set_index(pd.MultiIndex.from_frame(distinct))
    parts = known.reindex(pd.MultiIndex.from_frame(texts[["role", "text"]])).set_axis(texts.index)
    alone = parts["area"].where(parts["part"] == "area").fillna(parts["code"].where(parts["part"] == "code"))
    result = texts.assign(**{str(name): parts[name] for name in columns}, text=alone.fillna(texts["text"]))
    is_stack = result["part"].isin(["area", "code"])
    return result.assign(area=result["area"].mask(is_stack), code=result["code"].mask(is_stack))


def _said(numbers: pd.DataFrame, loose: pd.DataFrame, reach_m: float) -> tuple[pd.DataFrame, pd.Index, pd.Index]:
    """Give the texts on levels of their own to the numbers; return also those beside a nearer one, and those left."""
    further = left = loose.index[:0]
    for part in SAID:
        found, more, over = _attach(numbers, loose[loose["part"] == part], reach_m, None)
        numbers = numbers.assign(**{part: numbers[part].fillna(found)})
        further, left = further.union(more), left.union(over)
    return numbers, further, left


def _attach(
    numbers: pd.DataFrame, texts: pd.DataFrame, reach_m: float, area_m2: pd.Series | None
) -> tuple[pd.Series, pd.Index, pd.Index]:
    """Give texts to numbers: the best in the same face, else the nearest number within reach that has none.

    The second rule is for labels whose parts stand on both sides of a boundary.
    Returns the text per number, the index of texts beside a better one, and the index of texts left over.
    """
    if texts.empty or numbers.empty:
        return pd.Series(dtype="string"), texts.index[:0], texts.index
    inside = _same_face(numbers, texts, reach_m)
    ranked = inside.assign(rank=_rank(inside, numbers, texts, area_m2)).sort_values(["number_id", "rank", "text_id"])
    best = ranked.drop_duplicates("number_id")
    astray = _within_reach(numbers, texts[~texts.index.isin(best["text_id"])], best["number_id"], reach_m)
    given = pd.concat([best, astray], ignore_index=True)
    taken = pd.Index(given["text_id"])
    extra = pd.Index(inside["text_id"]).difference(taken)
    left = texts.index.difference(taken).difference(extra)
    found = texts["text"].reindex(given["text_id"]).set_axis(given["number_id"])
    return found.astype("string"), extra, left


def _rank(pairs: pd.DataFrame, numbers: pd.DataFrame, texts: pd.DataFrame, area_m2: pd.Series | None) -> pd.Series:
    """Return what decides between texts of one number: the area of the face, else the distance.

    The land use as it is (level 2) goes before the one in documents (level 29).
    """
    if area_m2 is None:
        legal = texts["role"].reindex(pairs["text_id"]).eq("legal_land_use").to_numpy()
        return pairs["distance"] + np.where(legal, 1e6, 0.0)
    written = area_value(texts["text"].reindex(pairs["text_id"]))
    face = numbers["face"].reindex(pairs["number_id"])
    difference = np.abs(written.to_numpy() - area_m2.reindex(face).to_numpy())
    return pd.Series(difference, index=pairs.index).fillna(np.inf)


def _same_face(numbers: pd.DataFrame, texts: pd.DataFrame, reach_m: float) -> pd.DataFrame:
    """Return each text with the nearest number in its face."""
    left = pd.DataFrame({"face": texts["face"], "text_id": texts.index})
    right = pd.DataFrame({"face": numbers["face"], "number_id": numbers.index})
    alone = ~right["face"].duplicated(keep=False)
    pairs = left[left["face"] >= 0].merge(right[alone], on="face").drop(columns="face")
    # A sheet whose boundary is missing is one face with thousands of numbers: there only what stands near counts.
    crowd = left[left["face"].isin(right.loc[~alone & (right["face"] >= 0), "face"])]
    if crowd.empty:
        return _nearest_first(pairs, numbers, texts).drop_duplicates("text_id")
    near = _pairs_within(numbers, texts.loc[crowd["text_id"]], reach_m)
    own = numbers["face"].reindex(near["number_id"]).to_numpy() == texts["face"].reindex(near["text_id"]).to_numpy()
    both = pd.concat([pairs, near[own]], ignore_index=True)
    return _nearest_first(both, numbers, texts).drop_duplicates("text_id")


def _within_reach(numbers: pd.DataFrame, texts: pd.DataFrame, served: pd.Series, reach_m: float) -> pd.DataFrame:
    """Return texts with the nearest number that is not served yet, each text and number once."""
    pairs = _pairs_within(numbers[~numbers.index.isin(served)], texts, reach_m)
    ranked = _nearest_first(pairs, numbers, texts)
    return ranked.drop_duplicates("text_id").drop_duplicates("number_id")


def _pairs_within(numbers: pd.DataFrame, texts: pd.DataFrame, reach_m: float) -> pd.DataFrame:
    """Return all pairs of a text and a number at most this far apart."""
    first, second = shapely.STRtree(numbers["geometry"].to_numpy()).query(
        texts["geometry"].to_numpy(), predicate="dwithin", distance=reach_m
    )
    return pd.DataFrame({"text_id": texts.index[first], "number_id": numbers.index[second]})


def _nearest_first(pairs: pd.DataFrame, numbers: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    here = texts["geometry"].reindex(pairs["text_id"]).to_numpy()
    there = numbers["geometry"].reindex(pairs["number_id"]).to_numpy()
    return pairs.assign(distance=shapely.distance(here, there)).sort_values(["distance", "text_id", "number_id"])
