"""Files placed by identical points: how well the points agree, for the inventory and as findings.

A table that is of no use is the matter of the one file that needs it: that file is refused, all others go on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from pipelines import control_points, sandbox
from pipelines.control_points import Pairs
from pipelines.errors import CadastreError, PackageError, Reason
from pipelines.findings import Finding
from pipelines.package import commune, georef
from pipelines.package.survey import Survey
from pipelines.sandbox import Limits
from pipelines.warping import Warp, limit_m

_ABSURD = 100.0
"""Limits of the scale by which an RMS may exceed: beyond (15 m at 1:1000), parcels would lie on their neighbours."""


def place(
    root: Path,
    entries: list[dict[str, Any]],
    surveys: Mapping[str, Survey],
    manifest: Mapping[str, Any],
    province: str,
    limits: Limits | None = None,
) -> tuple[list[Finding], dict[str, Reason]]:
    """Write into the inventory how each file with identical points was placed.

    Args:
        root: Folder of the package.
        entries: Files of the inventory; those with identical points get `placed`.
        surveys: What was seen in the files, by path.
        manifest: Content of `package.yaml`: `crs`, `era`.
        province: Code of the province the placed files must lie in.
        limits: What the reading of one table may take.

    Emits:
        goi.control_points_rms, goi.control_point_outlier

    Returns:
        The findings, and for each file whose identical points are of no use the reason, by path.
    """
    found, refused = list[Finding](), dict[str, Reason]()
    wanted = [entry for entry in entries if entry["control_points"] and entry["layers"]]
    calls = [(root / str(entry["control_points"]), root, entry) for entry in wanted]
    for entry, outcome in zip(wanted, sandbox.each(_fitted, calls, limits=limits), strict=True):
        try:
            pairs, warp = outcome.get()
            told, about = _told(entry, pairs, warp)
            seen = surveys[entry["path"]].points
            if manifest["era"] != commune.FOREIGN_ERA:
                # Local coordinates lie nowhere: judged is where their identical points have put them.
                placed = warp(seen[:, ::-1] if entry["axes"] == "ne" else seen)
                georef.check(entry["path"], placed, entry["crs"] or manifest["crs"], province)
        except CadastreError as error:
            refused[entry["path"]] = Reason(error.en, error.vi)
        else:
            entry["placed"] = told
            found += about
    return found, refused


def _fitted(table: Path, root: Path, entry: Mapping[str, Any]) -> tuple[Pairs, Warp]:
    """Return the identical points of a file and the transformation they give.

    Raises:
        ReadError: The table is not what its name says.
        PackageError: The table is missing or outside the package, or its points are too few or contradict each other.
    """
    if not table.is_file() or not table.resolve().is_relative_to(root.resolve()):
        name = entry["control_points"]
        raise PackageError(
            f"không có bảng điểm trùng {name} trong gói: bổ sung tệp hoặc sửa `control_points`.",
            f"the package has no table of identical points {name}: add it or mend `control_points`.",
        )
    scale = int(entry["scale"])
    pairs, warp = control_points.warp(table, scale)
    most = _ABSURD * limit_m(scale)
    if not warp.rms_m <= most:
        raise PackageError(
            f"{table.name}: các điểm trùng mâu thuẫn nhau, sai số {warp.rms_m:.0f} m: kiểm tra cột, số hiệu và tọa độ.",
            f"{table.name}: the identical points contradict each other by {warp.rms_m:.0f} m: "
            "check columns, names and coordinates.",
        )
    return pairs, warp


def _told(entry: Mapping[str, Any], pairs: Pairs, warp: Warp) -> tuple[dict[str, Any], list[Finding]]:
    """Return what the inventory says of the identical points of a file, and the findings.

    Emits:
        goi.control_points_rms, goi.control_point_outlier
    """
    table, limit = str(entry["control_points"]), limit_m(int(entry["scale"]))
    told = {
        "table": table,
        "method": warp.method,
        "points": int(warp.used.sum()),
        "outliers": [pairs.ids[position] for position in np.flatnonzero(~warp.used)],
        "ignored_rows": pairs.ignored,
        "rms_m": round(warp.rms_m, 4),
        "left_out_rms_m": round(warp.left_out_rms_m, 4),
        "limit_m": limit,
        "northing_first": list(pairs.northing_first),
        "reason_vi": warp.reason_vi,
        "reason_en": warp.reason_en,
    }
    found = [
        Finding(
            "goi.control_point_outlier",
            f"{table}:{pairs.ids[position]}",
            None,
            round(float(warp.residuals_m[position]), 3),
            limit,
            pairs.ids[position],
            table,
            shapely.Point(pairs.target[position]),
        )
        for position in np.flatnonzero(~warp.used)
    ]
    if warp.rms_m > limit:
        detail = f"{warp.method}, n={told['points']}"
        found.append(Finding("goi.control_points_rms", entry["path"], None, round(warp.rms_m, 4), limit, detail, table))
    return told, found
