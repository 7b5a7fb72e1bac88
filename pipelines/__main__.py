"""`python -m pipelines` is the same as `diachinh`."""

from pipelines.cli import main

main()
