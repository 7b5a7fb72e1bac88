"""What is generated from the schemas, and whether the generated files are still true."""

import json
from pathlib import Path

import schemas
from schemas import ddl, postgis
from schemas.dictionary import dictionary
from schemas.resolve import resolved
from schemas.typescript import types

FOLDER = schemas.ROOT / "generated"


def outputs() -> dict[str, str]:
    """Return every generated file: name inside `schemas/generated` -> content."""
    files = {
        f"{name}.schema.json": json.dumps(resolved(name), ensure_ascii=False, indent=2) + "\n"
        for name in schemas.layers()
    }
    files["package.schema.json"] = json.dumps(schemas.package_schema(), ensure_ascii=False, indent=2) + "\n"
    files["dictionary.md"] = dictionary()
    files["land.sql"] = ddl.land_template()
    files["holders.sql"] = ddl.holders()
    files["postgis.sql"] = postgis.template()
    files["types.ts"] = types()
    return files


def build(folder: Path = FOLDER) -> list[str]:
    """Write the generated files, remove those no longer generated, and return the names of what changed."""
    changed = stale(folder)
    expected = outputs()
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in expected:
            (folder / name).write_text(expected[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()
    return changed


def stale(folder: Path = FOLDER) -> list[str]:
    """Return the names of generated files that are missing, outdated or no longer generated."""
    expected = outputs()
    present = {path.name for path in folder.glob("*")}
    differing = {
        name for name in expected.keys() & present if (folder / name).read_bytes() != expected[name].encode("utf-8")
    }
    return sorted(differing | (expected.keys() ^ present))
