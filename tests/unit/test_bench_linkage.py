"""What measures the linkage: the invented people are what they are said to be, and precision and recall are counted."""

import numpy as np
import pandas as pd

from pipelines.linkage import link
from pipelines.linkage.records import LAYERS
from tests.benchmarks.linkage import febrl_holders, quality
from tests.benchmarks.people import crowd


def test_the_same_seed_makes_the_same_people() -> None:
    one, other = crowd(500, seed=5), crowd(500, seed=5)
    assert (one.truth == other.truth).all()
    for layer in LAYERS:
        pd.testing.assert_frame_equal(one.holders[layer], other.holders[layer])
    assert not crowd(500, seed=6).holders["ca_nhan"].equals(one.holders["ca_nhan"])


def test_there_are_namesakes_of_one_commune_and_year() -> None:
    people = crowd(20_000)
    rows = people.holders["ca_nhan"].assign(truth=people.truth, ho_ten=lambda rows: rows["ho_ten"].str.lower())
    alike = rows.groupby(["ho_ten", "nam_sinh", "ma_xa"])["truth"].nunique()
    assert (alike > 1).sum() > 50


def test_few_families_are_most_people() -> None:
    families = crowd(20_000).holders["ca_nhan"]["ho_ten"].str.lower().str.split().str[0]
    assert families.value_counts(normalize=True).iloc[:4].sum() > 0.5


def test_precision_and_recall_count_pairs() -> None:
    truth = np.array([1, 1, 1, 2, 2])
    assert quality(pd.Series(list("aaabb")), truth) == (1.0, 1.0)
    assert quality(pd.Series(list("aabbb")), truth) == (0.5, 0.5)
    assert quality(pd.Series(list("abcde")), truth) == (1.0, 0.0)


def test_sets_of_febrl_are_read_as_personal_layers() -> None:
    row = {
        "rec_id": "rec-1-org",
        "given_name": "ruby",
        "surname": "riding",
        "street_number": "7",
        "address_1": "elm st",
        "suburb": "ceduna",
        "postcode": "5690",
        "date_of_birth": "19650725",
        "soc_sec_id": "123",
    }
    rows = pd.DataFrame([row, {**row, "rec_id": "rec-1-dup-0", "surname": "ridding", "given_name": np.nan}])
    without, with_number = (link(febrl_holders(rows, numbered=numbered)) for numbered in (False, True))
    assert without.records.rows["year"].tolist() == [1965, 1965]
    assert without.links["person"].nunique() == 2
    assert with_number.links["person"].nunique() == 1
