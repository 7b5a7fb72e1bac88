"""Findings about the entities of an exchange file, which are no rows: their ids name file, entity and number in it."""

from typing import Any

import geopandas as gpd
import pandas as pd

from pipelines import findings


def entities(code: str, source: str, entity: Any, number: pd.Series, detail: Any, crs: Any) -> gpd.GeoDataFrame:
    """Return one finding for each number.

    Args:
        code: Finding code.
        source: Path of the file.
        entity: Name of the entity, or one for each number.
        number: `_id` of each entity a finding is about.
        detail: A text, or one for each number.
        crs: CRS of the package.
    """
    ids = f"{source}#" + pd.Series(entity, index=number.index, dtype="string") + "/" + number.astype("string")
    return findings.build(code, ids, crs=crs, detail=detail, source=[source] * len(ids))
