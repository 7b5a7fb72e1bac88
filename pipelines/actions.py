"""What to do first: findings gathered into actions, so that an officer begins where most is gained.

An action is one kind of finding, or one and the same value that is wrong in many places; it names the files to open,
the fullest first. What counts is its legal weight (severity, the grade it lowers parcels to), then how many parcels it
alone lifts to a better grade.
"""

import pandas as pd

import schemas
from pipelines.ids import among

SAME_VALUE = 5
"""So many findings of one code with the same value have one cause: they are one action, in whatever files they are."""

SEVERITIES = ("error", "warning")
"""Hints ask for nothing to be done."""

FILES = 3
"""Files an action names; of the others it says how many."""

_COLUMNS = ("code", "value", "files", "more_files", "severity", "grade", "findings", "parcels", "freed")


def plan(findings: pd.DataFrame, parcels: pd.DataFrame, profile: str, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the actions in the order in which to take them.

    Columns: `code`; `value` (the value that is wrong everywhere; missing where each has its own); `files` (a list) and
    `more_files` (how many beside them); `severity`; `grade` (to which the profile lowers a parcel); `findings`;
    `parcels` (concerned); `freed` (parcels that get a better grade when this action alone is done).

    Args:
        findings: Findings of all steps.
        parcels: `feature_id` of the parcels.
        profile: Name of the severity profile.
        rows: Register rows (`row_id`, `feature_id` of their parcel), so that what is wrong with a row counts for it.
    """
    rules = schemas.profile(profile)
    listed = pd.DataFrame(findings[["code", "feature_id", "other_id", "detail", "source"]]).reset_index(drop=True)
    listed["severity"] = listed["code"].map({code: rule["severity"] for code, rule in rules.items()})
    listed = listed[listed["severity"].isin(SEVERITIES)].reset_index(drop=True)
    if listed.empty:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in _COLUMNS})
    times = listed.groupby(["code", "detail"])["code"].transform("size")
    # Beside a measured value the detail is a note on its size, and two of one size have no common cause.
    is_measured = listed["code"].isin([code for code, entry in schemas.findings().items() if entry["unit"]])
    listed["shared"] = listed["detail"].where((times >= SAME_VALUE) & ~is_measured)
    listed["action"] = listed.groupby(["code", "shared"], sort=False, dropna=False).ngroup()
    grades = schemas.codelist("xep_loai")["code"].to_list()
    listed["rank"] = listed["code"].map({code: grades.index(rule["grade"]) for code, rule in rules.items()})
    links = concerned(listed, parcels, rows)
    every = listed.groupby("action", sort=False)
    told = every.agg(code=("code", "first"), severity=("severity", "first"), findings=("code", "size"))
    told["rank"] = every["rank"].first()
    told["value"] = every["shared"].first()
    told = told.join(_files(listed))
    told["parcels"] = links.groupby("action")["feature_id"].nunique().reindex(told.index).fillna(0).astype(int)
    told["freed"] = _freed(links).reindex(told.index).fillna(0).astype(int)
    told["grade"] = told["rank"].map(dict(enumerate(grades)))
    told["weight"] = told["severity"].map(SEVERITIES.index)
    order = ["weight", "rank", "freed", "parcels", "findings", "code", "value"]
    directions = [True, False, False, False, False, True, True]
    return told.sort_values(order, ascending=directions, kind="stable")[list(_COLUMNS)].reset_index(drop=True)


def concerned(findings: pd.DataFrame, parcels: pd.DataFrame, rows: pd.DataFrame | None) -> pd.DataFrame:
    """Return which finding concerns which parcel, once for each pair, with all columns of the finding.

    Both parcels of a pair are concerned, and the parcel of a register row. `feature_id` becomes that of the parcel.
    """
    columns = findings.columns.drop(["feature_id", "other_id"])
    sides = [findings[[*columns, side]].rename(columns={side: "feature_id"}) for side in ("feature_id", "other_id")]
    sides = [side.dropna(subset=["feature_id"]) for side in sides]
    if rows is not None and len(rows):
        owner = rows.dropna(subset=["feature_id"]).drop_duplicates("row_id").set_index("row_id")["feature_id"]
        sides += [side.assign(feature_id=side["feature_id"].map(owner)).dropna(subset=["feature_id"]) for side in sides]
    every = pd.concat(sides)
    every = every[among(every["feature_id"], parcels["feature_id"])]
    return every[~pd.MultiIndex.from_arrays([every.index, every["feature_id"]]).duplicated()]


def _files(listed: pd.DataFrame) -> pd.DataFrame:
    """Return per action the files with most of its findings, and how many files there are beside them."""
    counts = listed.groupby(["action", "source"], as_index=False).size()
    counts = counts.sort_values(["size", "source"], ascending=[False, True], kind="stable")
    named = counts.groupby("action").head(FILES).groupby("action")["source"].agg(list)
    more = (counts.groupby("action").size() - FILES).clip(lower=0)
    actions = pd.RangeIndex(int(listed["action"].max()) + 1)
    files = pd.Series([names if isinstance(names, list) else [] for names in named.reindex(actions)], index=actions)
    return pd.DataFrame({"files": files, "more_files": more.reindex(actions).fillna(0).astype(int)})


def _freed(links: pd.DataFrame) -> pd.Series:
    """Return per action how many parcels it alone keeps at their grade."""
    lowering = links[links["rank"] > 0]
    worst = lowering[lowering["rank"] == lowering.groupby("feature_id")["rank"].transform("max")]
    by_parcel = worst.groupby("feature_id")["action"].agg(["first", "nunique"])
    counts: pd.Series = by_parcel.loc[by_parcel["nunique"] == 1, "first"].value_counts()
    return counts
