"""The collection of changes: what each release changed of the parcels, from the database that the release brings."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from atlas.server import crs
from atlas.server.collections import Code, Collection, Field, Table, Text, layer_fields
from atlas.server.words import word

ID = "changes"
SEQUENCE = "sequence"
"""Number of an entry: it grows, and `since` asks for what lies beyond one."""

_TABLE = Table(crs.LONLAT, ID, SEQUENCE, "geom", f"rtree_{ID}_geom")
_KINDS = ("added", "changed", "removed")
_LINEAGE = ("register", "place", "reform")


def database(folder: Path, manifest: Mapping[str, Any]) -> Path | None:
    """Return the database of the changes that a release names; None where it has none."""
    named = manifest.get("feed", {}).get("database")
    path = folder / str(named)
    return path if named and path.is_file() else None


def collection(parcels: Collection) -> Collection:
    """Return the collection.

    Args:
        parcels: The collection of the parcels, for extent and reference systems.
    """
    return Collection(
        id=ID,
        title=word("changes.title"),
        description=word("changes.description"),
        id_field=SEQUENCE,
        fields=_fields(),
        tables=(_TABLE,),
        release=None,
        extent=parcels.extent,
        crs=(crs.LONLAT, *(srid for srid in parcels.crs if srid != crs.LONLAT)),
        sequence=SEQUENCE,
        time="recorded_at",
    )


def _fields() -> dict[str, Field]:
    releases, transactions = layer_fields("ban_phat_hanh"), layer_fields("giao_dich")
    parcels = layer_fields("thua_dat")
    listed = [
        _plain(SEQUENCE, "integer"),
        releases["release_id"],
        _plain("recorded_at", layout="date-time"),
        _plain("valid_date", layout="date", nullable=True),
        parcels["ma_xa"],
        parcels["ky_dia_gioi"],
        releases["kind"],
        replace(transactions["loai_bien_dong"], nullable=True),
        replace(transactions["giao_dich_id"], nullable=True),
        parcels["thua_dat_id"],
        parcels["ma_dinh_danh_thua"],
        _plain("what", codes=_KINDS),
        _plain("changed"),
        _plain("values", "object"),
        _plain("predecessors"),
        _plain("successors"),
        _plain("lineage", codes=_LINEAGE, nullable=True),
    ]
    return {field.name: field for field in listed}


def _plain(
    name: str,
    kind: str = "string",
    *,
    layout: str | None = None,
    codes: tuple[str, ...] = (),
    nullable: bool = False,
) -> Field:
    named = tuple(Code(code, word(f"changes.{name}.{code}")) for code in codes)
    return Field(name, kind, layout, word(f"changes.{name}"), Text("", ""), codes=named, nullable=nullable)
