"""The deliveries as folders: drawings, shapefiles or a scanned sheet, registers, package.yaml."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from data_samples import dgn, dxf, exchange, on_paper, shp, xlsx
from data_samples.model import Delivery, Row

_DATE = "2025-06-15"


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """Which rows of the register stand in which file.

    Attributes:
        path: Path inside the delivery.
        above: Number of rows above the first record, headings and titles included.
        rows: The records in file order.
    """

    path: str
    above: int
    rows: list[Row]


def register_files(delivery: Delivery) -> list[RegisterFile]:
    """Return the register files of a delivery; every row stands in one of them."""
    profile = delivery.commune.profile
    if profile == "dgn_tt26_2024":
        return [RegisterFile("so_dia_chinh.xlsx", 4, delivery.rows)]
    if profile == "shp_vbdlis":
        return [RegisterFile("so_dia_chinh.dbf", 1, delivery.rows)]
    homes = [row for row in delivery.rows if in_form(row)]
    others = [row for row in delivery.rows if not in_form(row)]
    return [RegisterFile("so_dia_chinh.csv", 1, others), RegisterFile("PL3-01.xlsx", 6, homes)]


def in_form(row: Row) -> bool:
    """Return whether a row stands in the campaign form: home lots do, the rest is in the old book."""
    return str(row.values.get("loai_dat_1")).startswith("O")


def write(delivery: Delivery, inbox: Path) -> None:
    """Write the delivery of a commune into its folder."""
    folder = inbox / delivery.commune.folder
    folder.mkdir(parents=True, exist_ok=True)
    write_all = _paper if delivery.commune.on_paper else _WRITERS[delivery.commune.profile]
    files = write_all(delivery, folder)
    for path, content in delivery.scans.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
        files.append({"path": path, "role": "document"})
    package = {
        "commune": delivery.commune.code,
        "era": "E2025A",
        "date": _DATE,
        "profile": delivery.commune.profile,
        "crs": "EPSG:5897",
        "scale": delivery.commune.scale,
        "map_type": "1",
        "files": files,
    }
    text = yaml.safe_dump(package, allow_unicode=True, sort_keys=False, default_flow_style=False, width=120)
    (folder / "package.yaml").write_text(text, encoding="utf-8")


def _drawings(delivery: Delivery, folder: Path) -> list[dict[str, Any]]:
    sheets = dgn.write(delivery, folder / "ban_do")
    (register,) = register_files(delivery)
    xlsx.write_register(delivery, register.rows, folder / register.path)
    (folder / "ghi_chu.txt").write_text("Bản vẽ xuất từ phần mềm biên tập ngày 15/06/2025.\n", encoding="utf-8")
    scale = delivery.commune.scale
    files: list[dict[str, Any]] = [
        {"path": f"ban_do/{name}", "role": "drawing", "sheet": to, "scale": scale, "encoding": "tcvn3"}
        for name, to in sheets
    ]
    return [*files, {"path": register.path, "role": "register", "encoding": "utf-8"}]


def _paper(delivery: Delivery, folder: Path) -> list[dict[str, Any]]:
    on_paper.write(delivery, folder / on_paper.PICTURE)
    (register,) = register_files(delivery)
    xlsx.write_register(delivery, register.rows, folder / register.path)
    return [
        {"path": on_paper.PICTURE, "role": "scan", "sheet": on_paper.SHEET, "scale": delivery.commune.scale},
        {"path": register.path, "role": "register", "encoding": "utf-8"},
    ]


def _shapefiles(delivery: Delivery, folder: Path) -> list[dict[str, Any]]:
    sheets = shp.write(delivery, folder / "shp")
    (register,) = register_files(delivery)
    shp.write_register(register.rows, folder / register.path, ("ma_xa", *xlsx.columns()))
    exchange.write(delivery.dossiers, folder / "ho_so.xml")
    (folder / "shp" / "ranh_gioi_xa.shx").unlink()  # Told by `goi.file_note`; the shapes are read all the same.
    scale = delivery.commune.scale
    files: list[dict[str, Any]] = [
        {"path": f"shp/{name}", "role": "parcels", "sheet": to, "scale": scale, "encoding": "tcvn3"}
        for name, to in sheets
    ]
    return [
        *files,
        {"path": "shp/ranh_gioi_xa.shp", "role": "boundary", "encoding": "tcvn3"},
        {"path": register.path, "role": "register", "encoding": "tcvn3"},
        {"path": "ho_so.xml", "role": "register", "encoding": "utf-8"},
        {"path": "van_ban/bien_ban_ban_giao.pdf", "role": "document", "encoding": "utf-8"},
    ]


def _campaign(delivery: Delivery, folder: Path) -> list[dict[str, Any]]:
    name = f"ban_do/{delivery.commune.slug}.dxf"
    dxf.write(delivery, folder / name)
    book, form = register_files(delivery)
    xlsx.write_csv(book.rows, folder / book.path)
    xlsx.write_form(delivery, form.rows, folder / form.path)
    xlsx.write_renumbering(delivery.renumbered, folder / "bang_doi_so.csv")
    to = next(iter(delivery.frames))
    return [
        {"path": name, "role": "drawing", "sheet": to, "scale": delivery.commune.scale, "encoding": "utf-8"},
        {"path": book.path, "role": "register", "encoding": "utf-8"},
        {"path": form.path, "role": "register", "encoding": "utf-8"},
        {"path": "bang_doi_so.csv", "role": "renumbering", "encoding": "utf-8"},
    ]


_WRITERS: dict[str, Callable[[Delivery, Path], list[dict[str, Any]]]] = {
    "dgn_tt26_2024": _drawings,
    "shp_vbdlis": _shapefiles,
    "dxf_pl3_01": _campaign,
}
