"""The checks, in their order: later ones skip what earlier ones found broken."""

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from pipelines import findings, geometry
from pipelines.tolerances import Tolerances
from pipelines.validate.attributes import (
    check_code,
    check_key,
    check_label,
    check_number,
    check_record,
    check_recorded_area,
    check_written_areas,
)
from pipelines.validate.documented import check_documented
from pipelines.validate.gaps import check_gaps, check_outline
from pipelines.validate.nodes import check_nodes
from pipelines.validate.overlaps import check_duplicates, check_overlaps
from pipelines.validate.rings import check_repeated_vertex, check_spike
from pipelines.validate.scene import Check, Scene
from pipelines.validate.shape import check_empty, check_single_part, check_sliver, check_valid
from pipelines.validate.sheets import check_sheet_edges

CHECKS: tuple[Check, ...] = (
    check_empty,
    check_valid,
    check_duplicates,
    check_single_part,
    check_sliver,
    check_overlaps,
    check_gaps,
    check_nodes,
    check_repeated_vertex,
    check_spike,
    check_outline,
    check_sheet_edges,
    check_documented,
    check_number,
    check_key,
    check_recorded_area,
    check_label,
    check_written_areas,
    check_code,
    check_record,
)
"""Every check there is."""

TELLING = frozenset(
    {"thua_dat.empty", "thua_dat.invalid", "thua_dat.duplicate_geometry", "thua_dat.overlap", "thua_dat.gap"}
)
"""Findings that change what later checks look at."""


def examine(
    parcels: gpd.GeoDataFrame,
    tolerances: Tolerances,
    *,
    outline: BaseGeometry | None = None,
    purposes: pd.DataFrame | None = None,
    prior: gpd.GeoDataFrame | None = None,
    has_register: bool = False,
    fills_plane: bool = False,
    documented: gpd.GeoDataFrame | None = None,
    checks: tuple[Check, ...] = CHECKS,
) -> gpd.GeoDataFrame:
    """Return the findings of all checks, sorted by code and feature.

    Neither the order of the parcels nor where a ring begins changes the result.

    Args:
        parcels: `feature_id`, `source`, geometry in a projected CRS with metres, and any columns of `thua_dat`.
        tolerances: What is allowed.
        outline: Boundary of the commune in the same CRS.
        purposes: Land uses of the register (`thua_key`, `loai_dat`).
        prior: Findings of earlier steps.
        has_register: Whether there is a register in which parcels could be missing.
        fills_plane: Whether roads and water are parcels too, so that every hole is a gap.
        documented: Parcels as their documents have them: `feature_id` and geometry.
        checks: The checks to run.
    """
    plain = parcels.set_geometry(geometry.polygonal(geometry.flat(parcels.geometry.to_numpy())), crs=parcels.crs)
    scene = Scene(
        parcels=plain.reset_index(drop=True),
        tolerances=tolerances,
        outline=outline,
        purposes=purposes,
        prior=findings.empty(parcels.crs) if prior is None else prior,
        has_register=has_register,
        fills_plane=fills_plane,
        documented=documented,
    )
    found: list[gpd.GeoDataFrame] = []
    for check in checks:
        made = check(scene)
        found.append(made)
        if made["code"].isin(TELLING).any():
            scene = scene.knowing(made)
    order = ["code", "feature_id", "other_id", "value"]
    return findings.concat(found, crs=parcels.crs).sort_values(order, kind="stable", ignore_index=True)
