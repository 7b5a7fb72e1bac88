"""A code that names one commune before 1 July 2025 and another since: the date of the data says which is meant."""

import pytest

from pipelines import findings
from pipelines.package import commune

from .test_package import package, run

CODE = "goi.era_mismatch"


def told(tmp_path, **changes):
    run(package(tmp_path / "in", **changes), tmp_path)
    return findings.read(tmp_path / "home" / changes["commune"] / "package/findings.parquet").query("code == @CODE")


@pytest.mark.parametrize(
    ("code", "era", "date", "says"),
    [
        ("15271", "E2025A", "2025-07-01", "Xã Hà Trung"),
        ("15271", "E2025B", "2025-06-30", "Thị trấn Hà Trung"),
        ("15271", "E2024", "2026-03-01", "Xã Hà Trung"),
        ("15271", "E2025B", "2019-03-01", "Thị trấn Hà Trung"),
    ],
)
def test_a_code_given_again_is_told_where_the_date_is_of_the_other_era(tmp_path, code, era, date, says):
    rows = told(tmp_path, commune=code, era=era, date=date)
    assert rows["feature_id"].tolist() == [code]
    detail = rows["detail"].iloc[0]
    assert era in detail and date in detail and says in detail


@pytest.mark.parametrize(
    ("code", "era", "date"),
    [
        ("15271", "E2025A", "2025-06-30"),
        ("15271", "E2025B", "2025-07-01"),
        ("15271", "E2024", "2025-02-01"),  # codes were kept on 1 January 2025
        ("15271", "E2025A", "2019-03-01"),
        ("15670", "E2025A", "2026-03-01"),  # no commune of today has this code
    ],
)
def test_a_code_that_names_one_commune_is_none(tmp_path, code, era, date):
    assert told(tmp_path, commune=code, era=era, date=date).empty


def test_a_commune_elsewhere_has_no_era():
    assert commune.mismatch("15271", "XX", "2019-03-01") is None
