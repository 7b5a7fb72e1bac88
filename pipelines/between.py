"""What the province found between one commune and its neighbours, told from the side of that commune.

The check across communes speaks of parcels by their ids in the land database; here they become the parcels of the
commune again, with the neighbour named.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from pipelines import communes, crs, findings
from pipelines.files import left_by_a_step, read_object
from pipelines.stored import is_loadable, with_identity

FOLDER = "province"

CURRENT, OLDER, ABSENT, NOT_LOADED = "current", "older", "absent", "not_loaded"
STATES = {
    OLDER: (
        "Phần đối chiếu với xã khác cũ hơn lần kiểm tra này của xã: chạy lại `diachinh run` để có kết quả mới.",
        "What stands between communes is older than this check: let `diachinh run` compare them again.",
    ),
    ABSENT: (
        "Chưa đối chiếu với các xã khác: chạy `diachinh run` cho cả tỉnh để có phần này.",
        "Not compared with other communes yet: let `diachinh run` go over the province.",
    ),
    NOT_LOADED: (
        "Chưa đối chiếu với các xã khác vì xã chưa có trong cơ sở dữ liệu đất đai.",
        "Not compared with other communes, since this one is not in the land database.",
    ),
}
"""What to say of a comparison that is not of today's data."""

_UNKNOWN = "xã khác"
_ID = r"^(?P<code>[^.]+)\.(?P<era>[^.]+)(?:\.[^.]*\.(?P<sheet>[^.]+)\.(?P<number>[^~]+)(?:~\d+)?)?$"
"""Id of a parcel, or of a whole commune (code and era)."""


@dataclass(frozen=True)
class Between:
    """Findings between a commune and others.

    Attributes:
        found: Findings about parcels of the commune, in its CRS, with `neighbour` (name and code of the other one;
            missing where there is no other).
        abroad: The parcels of the neighbours that are spoken of: `feature_id` and their numbers, without a place.
        state: How the comparison stands to the check of the commune.
    """

    found: gpd.GeoDataFrame
    abroad: gpd.GeoDataFrame
    state: str

    @property
    def notice(self) -> tuple[str, str] | None:
        """What to say of the state in Vietnamese and English; None where all is current."""
        return STATES.get(self.state)


def read(home: Path, commune: str, era: str, parcels: gpd.GeoDataFrame) -> Between:
    """Return the findings between a commune and its neighbours, each once.

    Args:
        home: Folder of all communes.
        commune: Code of the commune.
        era: Its era.
        parcels: Parcels of the commune as they were normalized.
    """
    rows, state = _rows(home, commune, era), _state(home, commune, era)
    if rows.empty:
        found = findings.empty(parcels.crs).assign(neighbour=pd.Series(dtype="string"))
        return Between(found, _abroad(pd.Series(dtype="string"), parcels), state)
    is_ours = _is_of(rows["feature_id"], commune, era)
    ours = rows["feature_id"].where(is_ours, rows["other_id"])
    theirs = rows["other_id"].where(is_ours, rows["feature_id"])
    loaded = with_identity(gpd.GeoDataFrame(parcels[is_loadable(parcels)]).reset_index(drop=True))
    known = loaded.set_index("thua_dat_id")["feature_id"]
    told = rows.assign(
        feature_id=ours.map(known).fillna(_whole(ours)).astype("string"),
        other_id=_whole(theirs),
        neighbour=_names(theirs).mask(theirs.isna()),
    )
    placed = told.set_geometry(crs.reproject(told.geometry, parcels.crs))
    return Between(placed.reset_index(drop=True), _abroad(theirs, parcels), state)


def mark(home: Path, commune: str, era: str) -> str:
    """Return a short text that changes when what stands between this commune and others does."""
    rows = _rows(home, commune, era)
    hashed = pd.util.hash_pandas_object(pd.DataFrame(rows.drop(columns="geometry")), index=False).to_numpy()
    return f"{_state(home, commune, era)} {len(rows)} {int(hashed.sum(dtype=np.uint64)):x}"


def _state(home: Path, commune: str, era: str) -> str:
    summary = home / FOLDER / "summary.json"
    if not summary.exists() or not (home / FOLDER / "findings.parquet").exists():
        return ABSENT
    if f"{commune}.{era}" not in read_object(summary, "communes")["communes"]:
        return NOT_LOADED
    judged = home / commune / "validate" / "verdict.json"
    return CURRENT if summary.stat().st_mtime_ns >= judged.stat().st_mtime_ns else OLDER


def _rows(home: Path, commune: str, era: str) -> gpd.GeoDataFrame:
    """Return the findings of the province in which the commune is one of the two sides."""
    path = home / FOLDER / "findings.parquet"
    if not path.exists():
        return findings.empty(None)
    every = _whole_province(path, path.stat().st_mtime_ns)
    mine: gpd.GeoDataFrame = every[
        _is_of(every["feature_id"], commune, era) | _is_of(every["other_id"], commune, era)
    ].reset_index(drop=True)
    return mine


@lru_cache(1)
def _whole_province(path: Path, _changed: int) -> gpd.GeoDataFrame:
    with left_by_a_step(path):
        return findings.read(path)


def _is_of(ids: pd.Series, commune: str, era: str) -> pd.Series:
    scope = f"{commune}.{era}"
    return ((ids == scope) | ids.str.startswith(f"{scope}.")).fillna(False).astype(bool)


def _names(ids: pd.Series) -> pd.Series:
    """Return name and code of the commune that each id begins with."""
    parts = ids.str.extract(_ID)
    scopes = parts[["code", "era"]].dropna().drop_duplicates().to_numpy().tolist()
    known = {f"{code}.{era}": f"{communes.commune(code, era).name or ''} ({code})".strip() for code, era in scopes}
    named: pd.Series = (parts["code"] + "." + parts["era"]).map(known).fillna(_UNKNOWN).astype("string")
    return named


def _whole(ids: pd.Series) -> pd.Series:
    """Return ids of whole communes as their names; those of parcels as they are."""
    is_whole = ids.str.count(r"\.") == 1
    return ids.mask(is_whole.fillna(False).astype(bool), _names(ids)).astype("string")


def _abroad(ids: pd.Series, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    parts = ids.astype("string").str.extract(_ID)
    rows = {"feature_id": ids, "so_hieu_to_ban_do": parts["sheet"], "so_thu_tu_thua": parts["number"]}
    frame = pd.DataFrame(rows).dropna().drop_duplicates("feature_id").reset_index(drop=True)
    return gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs=parcels.crs)
