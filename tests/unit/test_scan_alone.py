"""A number without an area is doubtful where labels have areas and its face has room for one."""

import numpy as np
import pandas as pd
import pytest

from pipelines.scan.numbers.alone import without_area


def rows(areas):
    """Return faces with a number each and these areas as written, of their face; None = nothing written."""
    fits = pd.array([None if area is None else True for area in areas], dtype="boolean")
    return pd.DataFrame({"number": [str(n) for n in range(len(areas))], "area": areas, "fits": fits})


@pytest.mark.parametrize(
    ("alone", "size", "told"),
    [
        ([None], 300.0, True),
        ([None], 20.0, False),  # among the smallest: there is no room for an area
        ([None] * 30, 300.0, False),  # a sheet that usually writes numbers alone
    ],
)
def test_a_number_alone_among_whole_labels(alone, size, told):
    whole = [f"{area}.0" for area in range(100, 500, 20)]
    table = rows([*whole, *alone])
    area = np.array([*map(float, whole), *[size] * len(alone)])
    made = without_area(table, area)
    assert not made[: len(whole)].any()
    assert made[len(whole) :].all() if told else not made.any()
    assert not without_area(table, None).any()


def test_few_labels_say_nothing_of_the_way_of_a_sheet():
    assert not without_area(rows(["100.0"] * 9 + [None]), np.full(10, 100.0)).any()
