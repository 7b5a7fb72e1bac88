"""What a record says of a person, as texts that people read; identity numbers are masked."""

import pandas as pd

from pipelines.linkage import records

_SEX = {"0": "Nữ", "1": "Nam", "2": "Khác"}


def shown(holders: dict[str, pd.DataFrame], wanted: pd.Series | None = None) -> pd.DataFrame:
    """Return `ho_ten`, `born`, `sex` and `masked` (numbers) as texts to show, by record key, of all records or some."""
    people, papers = (
        rows.assign(key=records.keys(rows, "ca_nhan_id")) for rows in (holders["ca_nhan"], holders["giay_to_tuy_than"])
    )
    if wanted is not None:
        people, papers = (rows[rows["key"].isin(wanted)] for rows in (people, papers))
    days = pd.to_datetime(people["ngay_sinh"], format="%Y-%m-%d", errors="coerce").dt.strftime("%d/%m/%Y")
    years = pd.to_numeric(people["nam_sinh"], errors="coerce").astype("Int64").astype("string")
    frame = pd.DataFrame(
        {
            "key": people["key"],
            "ho_ten": people["ho_ten"].astype("string"),
            "born": days.astype("string").fillna(years),
            "sex": people["gioi_tinh"].astype("string").map(_SEX).astype("string"),
        }
    ).drop_duplicates("key")
    numbers = papers[["key", "so_giay_to_che"]].dropna().astype("string").drop_duplicates()
    masked = numbers.sort_values("so_giay_to_che").groupby("key")["so_giay_to_che"].agg("; ".join)
    return frame.set_index("key").join(masked.rename("masked"))
