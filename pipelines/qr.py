"""QR code of the certificate of 2025: eight fields, read, checked, compared with what is recorded.

The fields are: printed at, issuing unit, software, dossier of the procedure, serial, code of the certificate, edited
at, security code. A code that is not of this form is told apart from one that contradicts the certificate.
"""

import re

import pandas as pd

from pipelines import certificates
from pipelines.text import map_unique

FIELDS = ("in_luc", "ma_don_vi", "phan_mem", "ma_ho_so", "so_phat_hanh", "ma_gcn", "sua_luc", "ma_bao_mat")
"""The fields in their order in the code."""

QR_FORM = "98"
_STAMP, _STAMP_FORMAT = re.compile(r"\d{2}-\d{2}-\d{4}-\d{2}-\d{2}-\d{2}", re.ASCII), "%d-%m-%Y-%H-%M-%S"
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)


def parse(payloads: pd.Series) -> pd.DataFrame:
    """Return `FIELDS` of each code as texts (times as yyyy-mm-ddThh:mm:ss), and `bad` with the name of the first fault.

    `bad` is null for a good code and for none. The serial is brought to the form of `certificates.tidy_serial`. Times
    and the security code may be empty where the software leaves them so, but not malformed; the serial may not.
    """
    text = payloads.astype("string").str.strip().str.removeprefix("\ufeff")
    text = text.mask(text == "")
    parts = text.str.split("|", expand=True).reindex(columns=range(max(len(FIELDS), 9)))
    frame: pd.DataFrame = parts.iloc[:, : len(FIELDS)].set_axis(list(FIELDS), axis=1).astype("string")
    for column in FIELDS:
        stripped = frame[column].str.strip()
        frame[column] = stripped.mask(stripped == "")
    right_count = text.str.count(r"\|") == len(FIELDS) - 1
    bad = pd.Series(pd.NA, index=text.index, dtype="string")
    for column in ("in_luc", "sua_luc"):
        stamped = frame[column].map(lambda value: _STAMP.fullmatch(value) is not None, na_action="ignore")
        times = pd.to_datetime(frame[column].where(stamped == True), format=_STAMP_FORMAT, errors="coerce")  # noqa: E712
        bad = bad.mask(bad.isna() & frame[column].notna() & times.isna(), column)
        frame[column] = times.dt.strftime("%Y-%m-%dT%H:%M:%S").astype("string")
    frame["so_phat_hanh"] = map_unique(frame["so_phat_hanh"], certificates.tidy_serial).astype("string")
    pattern = next(form.pattern for form in certificates.forms() if form.code == QR_FORM)
    is_serial = frame["so_phat_hanh"].str.fullmatch(pattern).fillna(False).astype(bool)
    bad = bad.mask(bad.isna() & ~is_serial, "so_phat_hanh")
    is_number = frame["ma_bao_mat"].map(lambda value: _INTEGER.fullmatch(value) is not None, na_action="ignore")
    bad = bad.mask(bad.isna() & (is_number == False).fillna(False), "ma_bao_mat")  # noqa: E712
    bad = bad.mask(~right_count.fillna(False), "so_truong").mask(text.isna())
    for column in FIELDS:
        frame[column] = frame[column].mask(bad.notna())
    frame["bad"] = bad
    return frame


def compare(codes: pd.DataFrame, serials: pd.Series, dates: pd.Series) -> pd.Series:
    """Return which recorded values a code contradicts, as column names joined by commas; null where none.

    Args:
        codes: As `parse` returns them.
        serials: Serials as recorded, tidied.
        dates: Days of issue (yyyy-mm-dd). A certificate issued before codes were printed at all cannot have this one.
    """
    other_serial = codes["so_phat_hanh"].notna() & serials.notna() & (codes["so_phat_hanh"] != serials)
    first_day = next(form.first_day for form in certificates.forms() if form.code == QR_FORM)
    too_old = codes["so_phat_hanh"].notna() & dates.notna() & (dates < first_day)
    names = pd.Series("", index=codes.index, dtype="string")
    for where, name in ((codes["bad"].notna(), "ma_qr"), (other_serial, "so_phat_hanh"), (too_old, "ngay_cap")):
        names = names.mask(where.fillna(False).astype(bool), names + "," + name)
    names = names.str.strip(",")
    return names.mask(names == "")


def compose(fields: pd.Series) -> str:
    """Return the code of one certificate from `FIELDS` as texts, times as in the code."""
    return "|".join(str(fields[name]) if pd.notna(fields[name]) else "" for name in FIELDS)
