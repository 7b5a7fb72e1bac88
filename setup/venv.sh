#!/bin/sh
# Makes .venv with every pinned package. Finds a Python of 3.12 or newer; pygeoapi needs it.
set -eu
cd "$(dirname "$0")/.."

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }

find_python() {
    for candidate in "${PYTHON:-}" python3.12 python3.13 python3.14 python3 python \
        "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3 /usr/local/bin/python3.1[2-9] /opt/python*/bin/python3; do
        [ -n "$candidate" ] || continue
        if new_enough "$candidate"; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo -n "$@"
    else return 1; fi
}

fail() {
    printf 'Lỗi: %s\nError: %s\n' "$1" "$2" >&2
    exit 2
}

uv_pin=$(sed -n 's/^\(uv==[^ ;\\]*\).*/\1/p' requirements.lock)
python=$(find_python)
if [ -z "$python" ]; then
    # uv brings an interpreter of its own where the network allows it.
    echo "Không có Python 3.12 trở lên, thử tải bằng uv / no Python 3.12 or newer here, trying uv"
    old=$(command -v python3 || true)
    if [ -z "$old" ] || ! "$old" -m venv .venv-uv || ! .venv-uv/bin/pip install -q "$uv_pin" ||
        ! .venv-uv/bin/uv python install -q --install-dir .venv-uv/python 3.12; then
        rm -rf .venv-uv
        fail "không có Python 3.12 trở lên và không tải được: cài python3.12 (apt install python3.12 python3.12-venv) rồi chạy lại, hoặc đặt PYTHON=/đường/dẫn." \
            "there is no Python 3.12 or newer and none could be fetched: install python3.12 (apt install python3.12 python3.12-venv) and run again, or set PYTHON=/path."
    fi
    python=$(find .venv-uv/python -path '*/bin/python3.12' | head -n 1)
fi
if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Cài python$version-venv / installing python$version-venv"
    { as_root apt-get update -qq && as_root apt-get install -y -qq "python$version-venv"; } >/dev/null 2>&1 ||
        fail "Python $version thiếu mô-đun venv: chạy “apt install python$version-venv” rồi chạy lại." \
            "Python $version lacks the venv module: run 'apt install python$version-venv' and run again."
fi

echo "$("$python" --version): $python"
new_enough .venv/bin/python || "$python" -m venv --clear .venv
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install -q --disable-pip-version-check "$uv_pin"
.venv/bin/uv pip sync -q --python .venv/bin/python --require-hashes requirements.lock
.venv/bin/uv pip install -q --python .venv/bin/python --no-deps --no-build-isolation --editable .
