"""What the benches of amounts measure is the work itself: clean rows, all checks, in a process of their own."""

import pandas as pd
import pytest

from pipelines.cli import bench
from pipelines.tolerances import Tolerances
from pipelines.validate.checks import CHECKS, examine
from tests.benchmarks import amounts


@pytest.mark.parametrize("what", ["words", "rows", "file"])
def test_an_amount_is_measured_in_a_process_of_its_own(what, tmp_path):
    path = tmp_path / "grid.parquet"
    amounts.written("2000", str(path))
    told = amounts.run(what, path if what == "file" else 2_000)
    assert told["seconds"] > 0
    assert told["megabytes"] > 50


def test_the_checks_of_words_are_the_last_of_all():
    assert CHECKS[-len(amounts.WORDS) :] == amounts.WORDS


def test_the_grid_of_the_bench_has_overlaps_and_nothing_broken():
    codes = examine(amounts.layer(amounts.grid(4_000)), Tolerances())["code"]
    assert "thua_dat.overlap" in set(codes)
    assert not {"thua_dat.invalid", "thua_dat.empty", "thua_dat.spike"} & set(codes)


def test_only_what_measures_is_a_benchmark(capsys):
    bench.bench("")
    listed = capsys.readouterr().out.split()
    assert {"rules", "topology", "pipeline"} <= set(listed)
    assert not {"fabrics", "planting", "peers", "amounts"} & set(listed)


def test_copies_of_register_rows_tell_nothing(monkeypatch):
    made = []
    monkeypatch.setattr(amounts.register, "examine", lambda *args, **named: made.append(real(*args, **named)))
    amounts.rows("3000")
    assert isinstance(made[0], pd.DataFrame)
    assert made[0].empty


real = amounts.register.examine
