"""All checks across communes, one after the other."""

from collections.abc import Callable

import geopandas as gpd

from pipelines import findings
from pipelines.province.borders import check_borders
from pipelines.province.duplicates import check_certificates, check_identifiers, check_numbers
from pipelines.province.scene import Scene
from pipelines.province.totals import check_totals

CHECKS: tuple[Callable[[Scene], gpd.GeoDataFrame], ...] = (
    check_identifiers,
    check_borders,
    check_certificates,
    check_numbers,
    check_totals,
)
"""Every check takes a scene and returns a findings frame."""


def run(scene: Scene) -> gpd.GeoDataFrame:
    """Return what is wrong between communes."""
    return findings.concat([check(scene) for check in CHECKS], crs=scene.crs)
