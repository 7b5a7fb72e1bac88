"""Numbers of a sheet in their faces: placed, held against the area of the face, the register and each other."""

from collections.abc import Sequence
from typing import Any

import cv2
import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipelines.scan.model import Dark, Faces, Ink, Labels
from pipelines.scan.numbers import alone, beside, candidates, pieces, reader
from pipelines.scan.numbers import words as word_work
from pipelines.tolerances import Tolerances

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_SURE = {True: 0.97, False: 0.99}
"""From which probability a number is sure, with a register that has it and without one."""

_HEIGHT = (0.6, 1.7)
"""A number alone is one of a parcel when its signs are about as high as those of the other numbers."""

_FEW, _USUAL = 0.05, 3
"""Fewer labels with an area than this share, or number, are chance: symbols that look like fractions."""

_OUTLINE_PX = 1.0
"""How far the outline of a face may be off all along, beside what the law allows for its area."""

_SETTLED = ("readings_differ", "no_number")
"""Doubts that the register settles where one reading alone is listed with the area of the face."""

_GUESS = 0.65
"""Below this probability a number does not make the same number of another face doubtful."""

_GROSS, _POOR = 4.0, 0.05
_BESIDE_MM = 12.0
_MM_PER_M = 1000.0


def read(
    dark: Dark,
    ink: Ink,
    faces: Faces,
    px_per_mm: float,
    listed: pd.DataFrame | None = None,
    m2_per_px2: float | None = None,
) -> Labels:
    """Return what is written in the faces of a sheet that stands upright.

    Args:
        dark: (H, W) ink.
        ink: Ink told apart.
        faces: Faces of the sheet.
        px_per_mm: Resolution.
        listed: Register of the sheet: `number`, `area`, `code`, all text.
        m2_per_px2: Ground of a pixel in m²; None where the scale is not known.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        found = pieces.of_sheet(ink, px_per_mm, dark)
        words = word_work.find(found, px_per_mm)
        polygons = faces.polygons.geometry.to_numpy()
        kinds = faces.polygons["kind"].to_numpy(dtype=object)
        readings = reader.read(dark, found, words, _of_land(words, polygons[kinds != "outside"], px_per_mm))
        says = [candidates.kind(word, reading) for word, reading in zip(words, readings, strict=True)]
        crowded = beside.crowded(dark, found, words, says)
    finally:
        cv2.setNumThreads(threads)
    told, loose = candidates.of_words(words, readings, crowded)
    area_m2 = None if m2_per_px2 is None else shapely.area(polygons) * m2_per_px2
    limit_m2 = None if m2_per_px2 is None else _limit_m2(polygons, m2_per_px2, px_per_mm)
    placed = _in_faces(told, polygons, kinds, area_m2, limit_m2, px_per_mm)
    told = _of_parcels(placed)
    rows = _chosen(candidates.proven(told), kinds)
    rows = _compared(rows, kinds, area_m2, limit_m2)
    rows = _registered(rows, told, listed, area_m2, limit_m2)
    # Of a label at the edge of the picture a digit may be missing.
    cut = faces.polygons["why"].astype("string").str.contains("cut_off", regex=False).fillna(value=False).to_numpy(bool)
    rows["why"] = rows["why"].mask(cut & rows["number"].notna(), (rows["why"] + " cut_off").str.strip())
    rows["sure"] = _is_sure(rows, kinds, listed is not None)
    return Labels(_framed(rows), candidates.with_astray(candidates.texts(words, readings, loose), placed, told, rows))


def _of_land(words: Sequence[word_work.Word], polygons: Any, px_per_mm: float) -> Flags:
    """Return which words stand in faces or near them, and are not far lower than numbers of parcels on the sheet."""
    made = np.zeros(len(words), dtype=bool)
    middles = shapely.points(np.array([word.middle for word in words]).reshape(-1, 2))
    made[shapely.STRtree(polygons).query(middles, predicate="dwithin", distance=_BESIDE_MM * px_per_mm)[0]] = True
    heights = np.array([word.height for word in words])
    numbers = heights[made & np.array([word.role == "number" for word in words], dtype=bool)]
    return made & (heights >= (_HEIGHT[0] * _HEIGHT[0] * np.median(numbers) if len(numbers) >= _USUAL else 0.0))


def _limit_m2(polygons: Any, m2_per_px2: float, px_per_mm: float) -> Floats:
    """Return how far an area that is written may be from that of the face."""
    side_m = np.sqrt(m2_per_px2)
    area_m2 = shapely.area(polygons) * m2_per_px2
    scale = round(side_m * px_per_mm * _MM_PER_M)
    return np.asarray(
        Tolerances().area_m2(area_m2, np.full(len(area_m2), scale))
        + shapely.length(polygons) * _OUTLINE_PX * m2_per_px2,
        dtype=np.float64,
    )


def _in_faces(
    told: pd.DataFrame, polygons: Any, kinds: Any, area_m2: Floats | None, limit_m2: Floats | None, px_per_mm: float
) -> pd.DataFrame:
    """Return labels with the `face` they stand in, -1 for none, and whether their area is that of the face (`fits`).

    A label larger than its parcel stands beside it: where its area is not that of its face, but of one face near it
    alone, it is taken for that one, and told.
    """
    middle = np.column_stack(
        [told[["x", "x_area"]].astype(float).mean(axis=1), told[["y", "y_area"]].astype(float).mean(axis=1)]
    ).reshape(-1, 2)
    tree = shapely.STRtree(polygons)
    place = np.full(len(told), -1, dtype=np.int64)
    spots = shapely.points(middle)
    label, face = tree.query(spots, predicate="within")
    # Of faces within each other the smaller one is meant.
    order = np.argsort(-shapely.area(polygons[face]), kind="stable")
    place[label[order]] = face[order]
    found = np.flatnonzero(place >= 0)  # a sheet may have no faces at all
    place[found[kinds[place[found]] == "outside"]] = -1
    written = pd.to_numeric(told["area"], errors="coerce").to_numpy(dtype=np.float64)
    made = told.assign(face=place, fits=pd.array([pd.NA] * len(told), dtype="boolean"), beside=False)
    if area_m2 is None or limit_m2 is None or not len(told) or not len(polygons):
        return made
    off = np.abs(written - area_m2[place])
    known = np.isfinite(written)
    fits = known & (place >= 0) & (off <= limit_m2[place])
    stray = np.flatnonzero(known & ~fits & ((place < 0) | (off > _GROSS * limit_m2[place])))
    near_label, near_face = tree.query(spots[stray], predicate="dwithin", distance=_BESIDE_MM * px_per_mm)
    same = np.abs(written[stray[near_label]] - area_m2[near_face]) <= limit_m2[near_face]
    same &= (near_face != place[stray[near_label]]) & (kinds[near_face] != "outside")
    near_label, near_face = near_label[same], near_face[same]
    single = np.bincount(near_label, minlength=len(stray)) == 1
    moved = single[near_label]
    place[stray[near_label[moved]]] = near_face[moved]
    beside = np.zeros(len(told), dtype=bool)
    beside[stray[near_label[moved]]] = True
    fits |= beside
    return made.assign(face=place, fits=pd.Series(fits, index=told.index, dtype="boolean").where(known), beside=beside)


def _of_parcels(told: pd.DataFrame) -> pd.DataFrame:
    """Return the labels that stand in faces, without those whose signs are too small or too large for a number there.

    How high numbers are is told by the labels with an area; on a sheet of numbers alone, by these.
    """
    whole = (told["kind"] != "alone") & told["area"].notna()
    is_usual = whole.sum() >= max(_USUAL, _FEW * len(told))
    usual = float(told.loc[whole if is_usual else told["number"].notna(), "height"].median())
    alike = told["height"].between(_HEIGHT[0] * usual, _HEIGHT[1] * usual)
    return told[(told["face"] >= 0) & (alike | whole)]


def _chosen(told: pd.DataFrame, kinds: Any) -> pd.DataFrame:
    """Return one row per face: the best of its labels, and whether there were several that say other things."""
    rank = told["kind"].map({"fraction": 0, "whole": 1, candidates.STACKED: 1, "alone": 2}).to_numpy()
    misfit = (told["fits"] == False).fillna(value=False).to_numpy(dtype=bool)  # noqa: E712 - null is neither
    # A label that stands in its own face comes before one taken over from beside it.
    order = np.lexsort((-told["p"].to_numpy(dtype=float), misfit, rank, told["beside"].to_numpy(dtype=bool)))
    sorted_ = told.iloc[order]
    best = sorted_.drop_duplicates("face").set_index("face")
    firm = sorted_[(sorted_["kind"] != "alone") & ~sorted_["beside"]]
    several = firm.groupby("face")["number"].nunique(dropna=False)
    rows = best.reindex(range(len(kinds)))
    rows["several"] = several.reindex(rows.index).fillna(0).gt(1)
    return rows


def _compared(rows: pd.DataFrame, kinds: Any, area_m2: Floats | None, limit_m2: Floats | None) -> pd.DataFrame:
    """Return the rows with `why`, the reasons of doubt: no number, several, one another face has, an area far off."""
    written, gross = pd.to_numeric(rows["area"], errors="coerce").to_numpy(dtype=np.float64), np.zeros(len(rows), bool)
    if area_m2 is not None and limit_m2 is not None:
        gross = np.isfinite(written) & (np.abs(written - area_m2) > _GROSS * limit_m2)
        # Where areas are written, a number alone, larger than there are parcels and ten times the area of its face, is
        # this without its point.
        has_areas = bool((rows["kind"].dropna() != "alone").any())
        is_area = (rows["kind"] == "alone") & has_areas
        lone = pd.to_numeric(rows["number"].where(is_area), errors="coerce").to_numpy(dtype=np.float64)
        gross |= (lone > (kinds == "parcel").sum()) & (np.abs(lone / 10 - area_m2) <= limit_m2)
        # Or it is the area itself, whose number was not found.
        gross |= np.abs(lone - area_m2) <= limit_m2
    # What is wrong all but surely is no reading; the register may still know it.
    poor = rows["p"].astype("float64").to_numpy() < _POOR
    rows.loc[poor, "other"] = rows.loc[poor, "other"].fillna(rows.loc[poor, "number"])
    rows.loc[poor, "number"] = None
    number = rows["number"].astype("string")
    twice = number.notna().to_numpy() & number.duplicated(keep=False).to_numpy()
    # A number alone that another face has in a whole label, and not at a guess, is no number of a parcel there.
    firm = (rows["kind"] != "alone") & (rows["p"].astype("float64") >= _GUESS)
    weak = twice & (rows["kind"] == "alone").to_numpy() & number.isin(number[firm]).to_numpy()
    rows.loc[weak, ["number", "area", "code"]] = None
    known = number.notna().to_numpy() & ~weak
    twice = known & rows["number"].astype("string").duplicated(keep=False).to_numpy() & ~_unrivalled(rows)
    parcel = kinds == "parcel"
    reasons = {
        "no_number": parcel & ~known,
        "two_numbers": rows["several"].to_numpy(dtype=bool),
        "number_twice": twice,
        "area_differs": gross,
        "beside": known & rows["beside"].astype("boolean").fillna(value=False).to_numpy(dtype=bool),
        "readings_differ": known & rows["other"].notna().to_numpy(),
        "no_area": known & alone.without_area(rows, area_m2),
    }
    why = pd.Series("", index=rows.index, dtype="string")
    for token, where in reasons.items():
        why = why.mask(where, why + " " + token)
    p = rows["p"].astype("float64").fillna(0.0).where(known, 0.0)
    return rows.assign(p=p, why=why.str.strip(), listed=pd.array([pd.NA] * len(rows), dtype="boolean"))


def _unrivalled(rows: pd.DataFrame) -> Flags:
    """Return which faces have a number beyond doubt, with the area of the face, that others have only at a guess."""
    p = rows["p"].astype("float64").fillna(0.0)
    fits = rows["fits"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    guessed = (p < _GUESS).groupby(rows["number"]).transform("sum")
    others = rows.groupby("number")["number"].transform("size") - 1
    return np.asarray((p >= _SURE[False]) & fits & (guessed == others).fillna(value=False), dtype=bool)


def _registered(
    rows: pd.DataFrame, told: pd.DataFrame, listed: pd.DataFrame | None, area_m2: Floats | None, limit_m2: Floats | None
) -> pd.DataFrame:
    """Return the rows held against the register: a number it does not have is doubtful; a reading it settles is not.

    A doubtful number is settled where exactly one of its readings is in the register with the area of the face, and no
    other face has it.
    """
    if listed is None or listed.empty:
        return rows
    area = pd.to_numeric(listed.drop_duplicates("number").set_index("number")["area"], errors="coerce")
    area = area.astype("float64")  # a register may leave an area out
    if area_m2 is not None and limit_m2 is not None:
        firm = set(rows.loc[(rows["p"] >= _SURE[True]) & rows["number"].isin(area.index), "number"])
        for face in rows.index[(rows["p"] < _SURE[True]) & (rows["number"].notna() | rows["other"].notna())]:
            readings = set(rows.loc[face, ["number", "other"]].dropna().astype(str))
            tries = [one for one in readings if one in area.index and one not in firm]
            fitting = [one for one in tries if abs(area[one] - area_m2[face]) <= limit_m2[face]]
            rivals = ((area - area_m2[face]).abs() <= limit_m2[face]) & area.index.to_series().map(
                lambda one, own=tuple(readings): any(_alike(one, other) for other in own)
            )
            if len(fitting) == 1 and int(rivals.sum()) == 1:
                rows.loc[face, ["number", "p"]] = fitting[0], 0.995
                rows.at[face, "why"] = " ".join(
                    token for token in str(rows.at[face, "why"]).split() if token not in _SETTLED
                )
    known = rows["number"].notna()
    has = rows["number"].isin(area.index)
    if area_m2 is not None and limit_m2 is not None:
        # The register gives this number another size: it is another number, or another parcel.
        off = (rows["number"].map(area).astype("float64") - area_m2).abs() > _GROSS * limit_m2
        other = off & ~rows["why"].str.contains("area_differs", regex=False)
        rows["why"] = rows["why"].mask(other, (rows["why"] + " area_differs").str.strip())
        # What the sheet does not say beside the number the register says: the area is that of the face.
        near = (rows["number"].map(area).astype("float64") - area_m2).abs() <= limit_m2
        rows["why"] = rows["why"].mask(near, rows["why"].str.replace("no_area", "").str.strip())
    rows["listed"] = has.astype("boolean").where(known)
    rows["why"] = rows["why"].mask(known & ~has, (rows["why"] + " not_listed").str.strip())
    return rows


def _alike(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) <= 1


def _is_sure(rows: pd.DataFrame, kinds: Any, has_register: bool) -> Flags:
    known = rows["number"].notna().to_numpy()
    listed = rows["listed"].fillna(value=False).to_numpy(dtype=bool)
    least = np.where(listed, _SURE[True], _SURE[False])
    sure = known & (rows["p"].to_numpy() >= least) & (rows["why"] == "").to_numpy(dtype=bool)
    if has_register:
        sure &= listed
    # A face that is no parcel and has no number leaves nothing to be confirmed.
    return np.asarray(sure | (~known & (kinds != "parcel")), dtype=bool)


def _framed(rows: pd.DataFrame) -> gpd.GeoDataFrame:
    known = rows["number"].notna().to_numpy()
    x, y = (rows[name].astype("float64").to_numpy() for name in ("x", "y"))
    spots = np.where(known, shapely.points(np.nan_to_num(x), np.nan_to_num(y)), shapely.Point())
    why = rows["why"].mask(known & (rows["p"] < _SURE[False]) & (rows["why"] == "") & ~rows["sure"], "low_confidence")
    table = pd.DataFrame(
        {
            **{name: rows[name].astype("string") for name in ("number", "area", "code")},
            "confidence": rows["p"].astype("float64"),
            "sure": rows["sure"].astype(bool),
            "why": why.astype("string"),
            "listed": rows["listed"],
        }
    )
    return gpd.GeoDataFrame(table, geometry=spots)
