"""`python -m atlas`: serve a home folder, or draw the findings of one commune."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["preview"]:
        from atlas import preview

        return int(preview.main(given[1:]) or 0)
    parser = argparse.ArgumentParser(prog="python -m atlas", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("preview", help="vẽ cảnh báo của một xã / draw the findings of one commune", add_help=False)
    serve = commands.add_parser("serve", help="mở atlas và API / serve the atlas and the API")
    serve.add_argument("--home", type=Path, default=Path("build"), help="thư mục dữ liệu / folder of the data")
    serve.add_argument("--host", default="127.0.0.1", help="địa chỉ lắng nghe / address to listen on")
    serve.add_argument("--port", type=int, default=8000, help="cổng / port")
    serve.add_argument("--workers", type=int, default=1, help="số tiến trình / processes")
    return _serve(parser.parse_args(given))


def _serve(options: argparse.Namespace) -> int:
    # Drawing the help text must not load the server.
    import uvicorn

    from atlas.server import manifest
    from atlas.server.errors import HomeError

    alone = options.workers == 1
    os.environ[manifest.HOME_VARIABLE] = str(options.home.resolve())
    try:
        # The parent of several workers serves nothing itself: looking at the release is enough, and far quicker.
        app: Any = _app(options.home) if alone else manifest.read(options.home / "release")
    except HomeError as error:
        print(f"{error.vi}\n{error.en}", file=sys.stderr)
        return 2
    print(f"Atlas: http://{options.host}:{options.port}/  ·  API: http://{options.host}:{options.port}/api", flush=True)
    uvicorn.run(
        app if alone else "atlas.server.app:from_environment",
        factory=not alone,
        host=options.host,
        port=options.port,
        workers=options.workers,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    return 0


def _app(home: Path) -> Any:
    from atlas.server.app import create

    return create(home)


if __name__ == "__main__":
    sys.exit(main())
