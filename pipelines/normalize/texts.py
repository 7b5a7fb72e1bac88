"""Texts of a frame brought to one Unicode form, and what could not be brought there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from pipelines import findings, text
from pipelines.encodings import Decoded, told
from pipelines.normalize.place import Place


@dataclass(frozen=True)
class Texts:
    """A frame with clean texts.

    Attributes:
        frame: The frame, its text columns in NFC.
        repaired: Where at least one text of a row had to be repaired.
        findings: What was repaired, per file, and what cannot be read, per value.
    """

    frame: pd.DataFrame
    repaired: pd.Series
    findings: gpd.GeoDataFrame


def clean(frame: pd.DataFrame, columns: Sequence[str], ids: str, place: Place, doubted: Sequence[str] = ()) -> Texts:
    """Return a frame with the texts of some columns in NFC, look-alikes of Đ replaced, invisible characters gone.

    Args:
        frame: Rows with `source`.
        columns: Text columns to clean.
        ids: Column whose value names the row in findings.
        place: The commune; foreign texts are brought to NFC but not judged.
        doubted: Files whose whole encoding is in doubt; that is told once, not for each value.

    Emits: van_ban.repaired, van_ban.undecodable, van_ban.foreign_character
    """
    result = frame.copy()
    repaired = pd.DataFrame(False, index=frame.index, columns=list(columns))
    found = []
    for column in columns:
        result[column], repaired[column] = text.repair(frame[column])
        if not place.is_foreign:
            found += _unreadable(result, column, ids, place)
    found = [part.loc[~part["source"].isin(doubted)] for part in found]
    found.append(_repairs(result, repaired, place))
    return Texts(result, repaired.any(axis=1), findings.concat(found, crs=place.crs))


def encodings(
    decoded: Decoded, source: str, place: Place, personal: Iterable[str] = (), counted: Iterable[str] = ()
) -> gpd.GeoDataFrame:
    """Return what decoding a file column by column has to tell; arguments as in `pipelines.encodings.told`.

    Emits: van_ban.mixed_encoding, van_ban.undecodable
    """
    return findings.of(told(decoded, source, personal, counted), crs=place.crs)


def _repairs(frame: pd.DataFrame, repaired: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return one finding per file: how many values were repaired, and in which columns."""
    counts = repaired.groupby(frame["source"], sort=True).sum()
    counts = counts.loc[counts.sum(axis=1) > 0]
    if counts.empty:
        return findings.empty(place.crs)
    named = counts.gt(0).melt(ignore_index=False, var_name="column")
    columns = named.loc[named["value"]].groupby(level=0, sort=True)["column"].agg(", ".join)
    return findings.build(
        "van_ban.repaired",
        counts.index.to_numpy(),
        crs=place.crs,
        value=counts.sum(axis=1).astype("float64"),
        detail=columns,
        source=counts.index.to_numpy(),
    )


def _unreadable(frame: pd.DataFrame, column: str, ids: str, place: Place) -> list[gpd.GeoDataFrame]:
    """Return findings for values with lost bytes or with characters no Vietnamese text has.

    The detail names the column and the characters, never the value, which may be a name.
    """
    strange = text.foreign(frame[column])
    if strange.isna().all():
        return []
    lost = strange.str.contains(text.UNDECODABLE, regex=False).fillna(False).astype(bool)
    foreign = strange.notna() & ~lost
    points = text.map_unique(strange, lambda value: " ".join(f"U+{ord(letter):04X}" for letter in value))
    return [
        findings.build(
            code,
            frame.loc[where, ids],
            crs=place.crs,
            detail=column if code.endswith("undecodable") else column + ": " + points[where].astype("string"),
            source=frame.loc[where, "source"],
            geometry=frame.loc[where, "geometry"].to_numpy() if "geometry" in frame else None,
        )
        for code, where in (("van_ban.undecodable", lost), ("van_ban.foreign_character", foreign))
        if where.any()
    ]
