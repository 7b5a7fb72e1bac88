"""Change packages for tests: written as an officer writes them, read as the program reads them."""

import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import shapely
import yaml

from pipelines import store as land
from pipelines import vault as vaults
from pipelines.change import Outcome, Request, Rules, apply, read, zone_of
from pipelines.load import Delivery
from pipelines.load import run as load
from pipelines.tolerances import Tolerances
from pipelines.validate.checks import examine
from tests.unit.deliveries import EAST_M, NORTH_M, SIDE_M, ZONE, delivery

RULES = Rules(examine, Tolerances(), "acceptance")
DAY = "2025-06-20"


def name(number: int | str) -> str:
    """Return the id of a parcel of the test commune."""
    return f"15670.E2025A.1.1.{number}"


def box(west: float, east: float, south: float = 0, north: float = SIDE_M) -> str:
    """Return a rectangle in metres from the corner of the block, as WKT."""
    return str(shapely.box(EAST_M + west, NORTH_M + south, EAST_M + east, NORTH_M + north).wkt)


def child(shape: str, number: str = "auto", **values: Any) -> dict[str, Any]:
    """Return the row of a new parcel."""
    return {"so_thu_tu_thua": number, "geometry": shape, **values}


def kept(number: int, shape: str | None = None, **values: Any) -> dict[str, Any]:
    """Return the row of a parcel that keeps its number."""
    return {"thua_dat_id": name(number), **({"geometry": shape} if shape else {}), **values}


def body(store: land.Store, numbers: tuple[int, ...], **changes: Any) -> dict[str, Any]:
    """Return a change.yaml that is based on what is current."""
    current = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")["row_hash"]
    values = {
        "giao_dich_id": "TN-1",
        "loai_bien_dong": "TN",
        "ma_xa": "15670",
        "ky_dia_gioi": "E2025A",
        "ngay_hieu_luc": DAY,
        "based_on": {name(number): str(current[name(number)]) for number in numbers},
    }
    return values | changes


def written(folder: Path, content: Any) -> Path:
    """Return the folder of a package."""
    text = yaml.safe_dump(content, allow_unicode=True)
    package = folder / hashlib.sha256(text.encode()).hexdigest()[:12]
    package.mkdir(parents=True, exist_ok=True)
    (package / "change.yaml").write_text(text, encoding="utf-8")
    return package


def asked(store: land.Store, folder: Path, content: dict[str, Any]) -> Request:
    """Return what a package asks for."""
    return read(written(folder, content), lambda scope: zone_of(store, scope))


def registered(store: land.Store, folder: Path, content: dict[str, Any]) -> Outcome:
    """Register a change."""
    return apply(store, asked(store, folder, content), RULES, vault=key(folder), who="an")


def key(folder: Path) -> vaults.Vault:
    """Return the key of the test store."""
    return vaults.open_vault(folder / "holder.key")


def filled(store: land.Store, folder: Path, count: int = 4) -> None:
    """Load a commune of squares in a row, the first one at the corner of the block."""
    load(drawn(count), store, key(folder))


def drawn(count: int = 4, **changes: Any) -> Delivery:
    """Return a delivery of squares in a row, all of them of grade 1."""
    made = delivery(count, **changes)
    return dataclasses.replace(made, grades=made.grades.assign(ly_do=None))
