"""The commune code and its era: the codes of 2025-07-01 are codes of other, older communes too."""

from pathlib import Path

import schemas
from pipelines.errors import PackageError
from pipelines.findings import Finding

FOREIGN_ERA = "XX"
"""Era of packages from elsewhere, whose codes are in no list of ours."""


def check(code: str, era: str, where: Path) -> None:
    """Check that a commune of this code exists in the era.

    Raises:
        PackageError: It does not; the message says in which era it does, and the code it has in the declared one.
    """
    if era == FOREIGN_ERA:
        return
    units = schemas.codelist("admin_units")
    known = units[units["code"] == code]
    # The list of 2024 is not published with the crosswalk; a code of early 2025 was mostly valid before too.
    eras = set(known["era"]) | ({"E2024"} if "E2025A" in set(known["era"]) else set())
    if era in eras:
        return
    if known.empty:
        raise PackageError(
            f"{where}: không có xã nào mang mã {code}; kiểm tra khóa `commune`.",
            f"{where}: no commune has the code {code}; check the key `commune`.",
        )
    vi, en = _advice(code, era)
    raise PackageError(f"{where}: {vi}.", f"{where}: {en}.")


def mismatch(code: str, era: str, date: str) -> Finding | None:
    """Return the finding of a code that names another commune in the era in which the date of the data lies.

    Only where a list of communes came into being anew: a code that was kept, or is of one list alone, names one commune
    whatever the date.

    Args:
        code: Commune code, one of the declared era.
        era: Declared era.
        date: Date of the data, yyyy-mm-dd.

    Emits: goi.era_mismatch
    """
    listed = schemas.codelist("ky_dia_gioi")
    dated = listed[listed["valid_from"].ne("") | listed["valid_to"].ne("")]
    then = dated[dated["valid_from"].le(date) & (dated["valid_to"].eq("") | dated["valid_to"].ge(date))]["code"]
    other = str(then.iloc[0]) if len(then) else era
    name, other_name = names(code, era), names(code, other)
    if era == FOREIGN_ERA or other_name is None or _list_of(era) == _list_of(other):
        return None
    detail = f"{code} {era} {name}; {date}: {other} {other_name}"
    return Finding("goi.era_mismatch", code, detail=detail)


def _list_of(era: str) -> str:
    """Return the era whose list of communes counts: that of 2024 is not published, and its codes were kept."""
    return "E2025A" if era == "E2024" else era


def names(code: str, era: str) -> str | None:
    """Return the name of a commune in an era; None when it is not in the list."""
    units = schemas.codelist("admin_units")
    found = units[(units["code"] == code) & (units["era"] == _list_of(era))]
    return str(found["name"].iloc[0]) if len(found) else None


def eras(code: str) -> list[str]:
    """Return the eras in which a code is listed, oldest first."""
    units = schemas.codelist("admin_units")
    return sorted(units.loc[units["code"] == code, "era"].unique())


def _advice(code: str, era: str) -> tuple[str, str]:
    crosswalk = schemas.codelist("admin_crosswalk")
    if era == "E2025B":
        new = sorted(crosswalk.loc[crosswalk["old_code"] == code, "new_code"].unique())
        listed_vi, listed_en = " hoặc ".join(new), " or ".join(new)
        return (
            f"{code} là mã trước 01/7/2025; từ 01/7/2025 là {listed_vi}: sửa `commune` hoặc `era`",
            f"{code} is a code from before 2025-07-01; since 2025-07-01 it is {listed_en}: mend `commune` or `era`",
        )
    old = sorted(crosswalk.loc[crosswalk["new_code"] == code, "old_code"].unique())
    return (
        f"{code} là mã từ 01/7/2025; trước đó là {', '.join(old)}: sửa `commune` hoặc `era`",
        f"{code} is a code since 2025-07-01; before it was {', '.join(old)}: mend `commune` or `era`",
    )
