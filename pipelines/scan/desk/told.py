"""Findings about a scanned sheet: its place, its doubtful edges, faces and numbers, and what its register says."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipelines import findings
from pipelines.findings import Finding
from pipelines.scan.desk.reasons import words
from pipelines.scan.desk.review import DOUBT, doubtful, said
from pipelines.scan.picture import clean
from pipelines.scan.sheet import Sheet

_SHOWN = 0.01
_KINDS = {
    "edge_removed": ("xóa cạnh", "an edge struck out"),
    "edge_added": ("vẽ cạnh", "an edge drawn"),
    "edge_confirmed": ("xác nhận cạnh", "an edge confirmed"),
    "corner_moved": ("dời đỉnh", "a corner moved"),
    "face": ("thửa", "a face"),
}


def ids(sheet: Sheet, path: str) -> pd.Series:
    """Return the id of each face: the path and its number, from 1."""
    return path + "#" + pd.Series(np.arange(1, len(sheet.faces.polygons) + 1)).astype("string")


def about(
    sheet: Sheet, path: str, listed: pd.DataFrame | None, pages: int = 1, *, number: str | None = None
) -> gpd.GeoDataFrame:
    """Return everything that is to be told, in the CRS of the sheet (none, and its pixels, without a place).

    Args:
        sheet: The sheet.
        path: How its file is called.
        listed: Rows of its register (`number`), where there is one.
        pages: Pages of its file, where nobody said which of them to read.
        number: Number of the sheet in the commune as it is used, whoever says it.

    Emits:
        ban_quet.not_placed, ban_quet.coordinates_contradict, ban_quet.world_file_wrong, ban_quet.control_residual,
        ban_quet.turned, ban_quet.two_sheets, ban_quet.pages_left, ban_quet.colour_left, ban_quet.cut_off,
        ban_quet.scale_guessed, ban_quet.table_left, ban_quet.title_differs, ban_quet.unsure_number,
        ban_quet.number_unlisted, ban_quet.number_missing, ban_quet.unsure_edge, ban_quet.unsure_face,
        ban_quet.correction_lost, ban_ve.face_without_label, ban_ve.label_outside, ban_ve.label_doubled
    """
    crs = sheet.ground.crs
    frames = [
        findings.of(_whole(sheet, path, pages, _used(number, listed)), crs=crs),
        _edges(sheet, path, crs),
        _faces(sheet, path, crs),
        *_numbers(sheet, path, listed, crs),
        *_astray(sheet, path, crs),
        _lost(sheet, path, crs),
    ]
    return findings.concat(frames, crs=crs)


def _whole(sheet: Sheet, path: str, pages: int, number: str | None) -> list[Finding]:
    """Return what concerns the sheet as a whole, each code once with all its details."""
    frame, told = sheet.frame, list[tuple[str, str]]()
    if frame is not None:
        quarters = round(frame.turn_deg / 90) % 4
        if quarters:
            told.append(("ban_quet.turned", f"{90 * quarters}°"))
        if frame.others:
            told.append(("ban_quet.two_sheets", str(frame.others + 1)))
        if np.isnan(frame.corners).any():
            told.append(("ban_quet.cut_off", f"{int(np.isfinite(frame.corners).all(axis=1).sum())}/4"))
    if pages > 1:
        told.append(("ban_quet.pages_left", f"{sheet.page.number}/{pages}"))
    if sheet.colour_left > 0:
        share = f"{sheet.colour_left:.0%}" if sheet.colour_left >= _SHOWN else f"< {_SHOWN:.0%}"
        told.append(("ban_quet.colour_left", share.replace("%", " %")))
    dpi = sheet.px_per_mm * clean.MM_PER_INCH
    if clean.is_guessed(sheet.page):
        told.append(("ban_quet.scale_guessed", f"{dpi:.0f} dpi"))
    elif sheet.page.dpi is not None and abs(sheet.page.dpi / dpi - 1) > clean.WRONG:
        told.append(("ban_quet.scale_guessed", f"{dpi:.0f} dpi ≠ {sheet.page.dpi:.0f} dpi"))
    told += [("ban_quet.title_differs", detail) for detail in _title(sheet, number)]
    faces = sheet.faces.polygons
    if cells := int(((faces["kind"] == "outside") & faces["why"].str.split().map(lambda why: "table" in why)).sum()):
        told.append(("ban_quet.table_left", str(cells)))
    told += [("ban_quet.not_placed", path)] if sheet.placed is None else sheet.placed.told
    details: dict[str, list[str]] = {}
    for code, detail in told:
        details.setdefault(code, []).append(detail)
    return [Finding(code, path, detail="; ".join(said), source=path) for code, said in details.items()]


def _used(number: str | None, listed: pd.DataFrame | None) -> str | None:
    """Return the number a sheet goes by: as somebody says it, else that of the only sheet of its register."""
    if number is not None or listed is None or "sheet" not in listed:
        return number
    sheets = listed["sheet"].dropna().unique()
    return str(sheets[0]) if len(sheets) == 1 else None


def _title(sheet: Sheet, number: str | None) -> list[str]:
    """Return what the title of a sheet says otherwise than what it is taken for."""
    if sheet.printed is None:
        return []
    rows = (
        ("số tờ / sheet", "", sheet.printed.number, number),
        ("tỷ lệ / scale", "1:", sheet.printed.scale, sheet.scale),
    )
    return [
        f"{name} {sign}{said} ≠ {sign}{used}"
        for name, sign, said, used in rows
        if said is not None and used is not None and str(said) != str(used)
    ]


def _edges(sheet: Sheet, path: str, crs: Any) -> gpd.GeoDataFrame:
    """Return a finding for each doubtful edge, named by the faces on its two sides."""
    edges, face = sheet.faces.edges, ids(sheet, path).to_numpy(dtype=object)
    rows = edges[edges["confidence"].to_numpy(dtype=np.float64) < DOUBT]
    # What lies outside is no parcel that could be named.
    named = np.append(np.where(sheet.faces.polygons["kind"] == "outside", -1, np.arange(len(face))), -1)
    left, right = named[rows["left"].to_numpy()], named[rows["right"].to_numpy()]
    first, second = np.where(left >= 0, left, right), np.where(left >= 0, right, -1)
    token = rows["why"] if "why" in rows else rows["kind"].where(rows["kind"].isin(["bridge", "dashed"]), "faint")
    face = np.array([*face, None], dtype=object)
    return findings.build(
        "ban_quet.unsure_edge",
        pd.Series(face[first], dtype="string").fillna(path),
        crs=crs,
        other_id=face[second],
        value=rows["confidence"].to_numpy(dtype=np.float64),
        limit=DOUBT,
        detail=_both(token.where(token.fillna("") != "", "weak_edge")),
        source=path,
        geometry=sheet.ground.moved(rows.geometry.to_numpy()),
    )


def _faces(sheet: Sheet, path: str, crs: Any) -> gpd.GeoDataFrame:
    """Return a finding for each face whose form is doubtful though no edge of it is."""
    faces, edges = sheet.faces.polygons, sheet.faces.edges
    weak = edges.loc[edges["confidence"] < DOUBT, ["left", "right"]].to_numpy().ravel()
    own = doubtful(sheet)["form"].to_numpy() & ~np.isin(np.arange(len(faces)), weak)
    rows = faces[own]
    return findings.build(
        "ban_quet.unsure_face",
        ids(sheet, path)[own],
        crs=crs,
        value=rows["confidence"].to_numpy(dtype=np.float64),
        limit=DOUBT,
        detail=_both(rows["why"].astype("string").fillna("").replace("", "odd_form")),
        source=path,
        geometry=sheet.ground.moved(rows.geometry.to_numpy()),
    )


def _numbers(sheet: Sheet, path: str, listed: pd.DataFrame | None, crs: Any) -> list[gpd.GeoDataFrame]:
    labels, face = said(sheet), ids(sheet, path)
    places = sheet.ground.moved(labels["point"].to_numpy())
    own = doubtful(sheet)["number"].to_numpy() & labels["number"].notna().to_numpy()
    shown = labels["number"].fillna("?") + " (" + (labels["confidence"] * 100).round().astype(int).astype(str) + " %"
    why = _both(labels["why"])
    shown = shown + (", " + why).where(why != "", "") + ")"
    unlisted = (labels["listed"] == False).fillna(value=False).to_numpy()  # noqa: E712 - null is neither
    made = [
        findings.build(
            "ban_quet.unsure_number",
            face[own],
            crs=crs,
            value=labels["confidence"][own],
            detail=shown[own],
            source=path,
            geometry=places[own],
        ),
        findings.build(
            "ban_quet.number_unlisted",
            face[unlisted],
            crs=crs,
            detail=labels["number"][unlisted],
            source=path,
            geometry=places[unlisted],
        ),
    ]
    bare = (labels["number"].isna() & (sheet.faces.polygons["kind"] == "parcel").to_numpy()).to_numpy()
    shapes = sheet.ground.moved(sheet.faces.polygons.geometry.to_numpy()[bare])
    area = shapely.area(shapes)
    made.append(
        findings.build("ban_ve.face_without_label", face[bare], crs=crs, value=area, source=path, geometry=shapes)
    )
    if listed is not None and len(listed):
        numbers = pd.Series(listed["number"].astype("string").dropna().unique(), dtype="string")
        missing = numbers[~numbers.isin(labels["number"].dropna())]
        made.append(
            findings.build("ban_quet.number_missing", path + "#" + missing + "?", crs=crs, detail=missing, source=path)
        )
    return made


def _astray(sheet: Sheet, path: str, crs: Any) -> list[gpd.GeoDataFrame]:
    """Return the numbers of parcels whose boundary was not found; those an officer has given a face since are none."""
    loose = sheet.labels.loose
    rows = loose[(loose["why"] != "") & ~loose["text"].isin(said(sheet)["number"].dropna())]
    return [
        findings.build(
            f"ban_ve.label_{why}",
            np.full(len(own), path, dtype=object),
            crs=crs,
            detail=own["text"],
            source=path,
            geometry=sheet.ground.moved(own.geometry.to_numpy()),
        )
        for why in ("outside", "doubled")
        for own in (rows[rows["why"] == why],)
    ]


def _lost(sheet: Sheet, path: str, crs: Any) -> gpd.GeoDataFrame:
    lost = sheet.lost
    kinds = {kind: f"{vi} / {en}" for kind, (vi, en) in _KINDS.items()}
    detail = lost["kind"].map(kinds) + (" " + lost["number"]).fillna("")
    return findings.build(
        "ban_quet.correction_lost",
        np.full(len(lost), path, dtype=object),
        crs=crs,
        detail=detail,
        source=path,
        geometry=sheet.ground.moved(lost.geometry.to_numpy()),
    )


def _both(tokens: pd.Series) -> pd.Series:
    """Return the words of tokens in both languages."""
    vi, en = words(tokens, "vi"), words(tokens, "en")
    return (vi + " / " + en).where(vi != "", "").astype("string")
