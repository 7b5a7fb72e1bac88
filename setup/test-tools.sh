#!/bin/sh
# Installs what the tests drive from outside: a browser, and PostGIS: the second store, and an independent judge of topology.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$missing postgis postgresql-postgis"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then root="sudo -n"
else
    printf 'Lỗi: cần quyền root để cài:%s\nError: root is needed to install:%s\n' "$missing" "$missing" >&2
    exit 2
fi
export DEBIAN_FRONTEND=noninteractive
echo "Cài / installing:$missing"
$root apt-get update -qq
# shellcheck disable=SC2086 # the names are words
$root apt-get install -y -qq --no-install-recommends $missing >/dev/null
