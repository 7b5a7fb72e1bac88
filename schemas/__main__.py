"""`python -m schemas build | check`."""

import argparse
import sys

from schemas.build import build, stale


def main(arguments: list[str] | None = None) -> int:
    """Build or check the generated files; return the exit code (1: something is stale)."""
    parser = argparse.ArgumentParser(prog="python -m schemas", description=__doc__)
    parser.add_argument("command", choices=("build", "check"))
    if parser.parse_args(arguments).command == "build":
        for name in build():
            print(f"schemas/generated/{name}")
        return 0
    names = stale()
    for name in names:
        print(
            f"schemas/generated/{name}: đã cũ, hãy chạy `python -m schemas build` / "
            "is stale, run `python -m schemas build`",
            file=sys.stderr,
        )
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
