"""Command: write the samples."""

import argparse
from pathlib import Path

from data_samples.generate import SEED, generate


def main() -> None:
    """Read the arguments and write the samples."""
    parser = argparse.ArgumentParser(prog="python -m data_samples", description="Write the synthetic communes.")
    parser.add_argument("out", nargs="?", type=Path, default=Path("build/samples"), help="folder to write into")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--communes", help="commune codes, joined by commas; all by default")
    arguments = parser.parse_args()
    generate(arguments.out, arguments.seed, arguments.communes.split(",") if arguments.communes else None)


if __name__ == "__main__":
    main()
