"""`diachinh inspect` of a package of 100 files and 500 MB: time, and memory of the command and its children."""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_samples.dgn import SCHEMA
from tests.benchmarks import goal

FILES, MEGABYTES = 100, 500
ORIGIN = np.array([560_000.0, 2_195_000.0])
NAMES = ("Nguyễn Thị Hòa", "Lê Văn Đức", "Trịnh Thị Thủy", "Phạm Đình Bảng", "Đỗ Thị Mỹ")


def measure() -> list[dict[str, Any]]:
    """Return the seconds and the peak of memory."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "15670_goi"
        root.mkdir()
        size = _package(root)
        started = time.perf_counter()
        peak = _run(root)
        seconds = time.perf_counter() - started
        read = time.perf_counter()
        subprocess.run([sys.executable, "-c", _PEER, str(root)], check=True, stdout=subprocess.DEVNULL)
        theirs = time.perf_counter() - read
    told = f"{FILES} files, {size / 1e6:.0f} MB"
    return [
        goal(f"inspect, {told}", round(seconds, 1), "s", "< 60 s", seconds < 60,
             peer="pyogrio reads the same maps once, one core", peer_value=round(theirs, 1)),
        goal(f"memory, {told}", round(peak / 1e6), "MB", "< 1,000 MB", peak < 1e9),
    ]  # fmt: skip


_PEER = """
import pathlib, sys, pyogrio, warnings
warnings.simplefilter("ignore")
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.suffix in (".dgn", ".shp"):
        pyogrio.raw.read(path, encoding={".shp": "ISO-8859-1", ".dgn": "latin-1"}.get(path.suffix))
"""


def _package(root: Path) -> int:
    """Write drawings, shapefiles, a GeoPackage and registers until the package has its size; return the bytes."""
    made = root.parent / "made"
    made.mkdir()
    kinds = [_drawing(made / "a.dgn"), _shapefile(made / "b.shp"), _register(made / "c.xlsx"), _text(made / "d.csv")]
    for number in range(FILES):
        # Of a commune's files three in five are drawings.
        kind = kinds[(0, 0, 0, 1, 2 if number % 2 else 3)[number % 5]]
        for part in made.glob(f"{kind.stem}.*"):
            shutil.copy(part, root / f"to_{number:03d}{part.suffix}")
    return sum(path.stat().st_size for path in root.iterdir())


def _grid(count: int) -> Any:
    side = int(np.ceil(np.sqrt(count)))
    column, row = np.divmod(np.arange(count), side)
    return shapely.box(column * 20.0, row * 15.0, column * 20.0 + 20.0, row * 15.0 + 15.0)


def _placed(geometries: Any) -> Any:
    return shapely.transform(geometries, lambda xy: xy + ORIGIN)


def _drawing(path: Path) -> Path:
    cells = _grid(15_000)
    lines = _placed(np.concatenate([shapely.get_exterior_ring(shapely.segmentize(cells, 7.5))]))
    points = _placed(shapely.centroid(cells))
    empty = {"GraphicGroup": 0, "ColorIndex": 0, "Weight": 0, "Style": 0, "EntityNum": None, "MSLink": None}
    texts = [str(number + 1) for number in range(len(cells))]
    with fiona.open(path, "w", driver="DGN", schema=SCHEMA, encoding="latin-1") as target:
        target.writerecords(
            {"geometry": shapely.geometry.mapping(line), "properties": {**empty, "Type": 4, "Level": 10, "Text": None}}
            for line in lines
        )
        for level, words in ((13, texts), (4, [f"{300 + number % 90}.5" for number in range(len(texts))])):
            target.writerecords(
                {
                    "geometry": shapely.geometry.mapping(point),
                    "properties": {**empty, "Type": 17, "Level": level, "Text": word},
                }
                for point, word in zip(points, words, strict=True)
            )
    return path


def _shapefile(path: Path) -> Path:
    cells = _placed(shapely.segmentize(_grid(12_000), 5.0))
    number = np.arange(len(cells))
    rows = {"SoHieuToBa": "1", "SoThuTuThu": number + 1, "TenChu": np.resize(NAMES, len(cells)), "DienTich": 300.0}
    gpd.GeoDataFrame(rows, geometry=cells, crs="EPSG:5897").to_file(path, encoding="utf-8")
    return path


def _rows(count: int) -> pd.DataFrame:
    number = np.arange(count)
    generator = np.random.default_rng(38)
    return pd.DataFrame(
        {
            "Số tờ": number // 500 + 1,
            "Số thửa": number % 500 + 1,
            "Họ tên": np.resize(NAMES, count),
            "Diện tích": generator.integers(1_000, 90_000, count) / 10,
            "Loại đất": np.resize(["ONT", "LUC", "CLN"], count),
            "Địa chỉ": "Thôn 3, xã Thọ Bình",
            **{f"Ghi chú {column}": generator.integers(0, 10**9, count) for column in range(8)},
        }
    )


def _register(path: Path) -> Path:
    _rows(35_000).to_excel(path, index=False)
    return path


def _text(path: Path) -> Path:
    _rows(40_000).to_csv(path, index=False, encoding="utf-8")
    return path


def _run(root: Path) -> int:
    """Run the command and return the most memory it and its children held together, in bytes."""
    command = [sys.executable, "-m", "pipelines", "inspect", str(root), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak, stop = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.05):
            peak = max(peak, _memory(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    stop.set()
    watcher.join()
    if code:
        raise subprocess.CalledProcessError(code, command)
    return peak


def _memory(pid: int) -> int:
    """Return the memory of a process and its children; pages they share count once (PSS)."""
    total = 0
    for each in (pid, *_children(pid)):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:  # it has just ended
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [int(child) for child in listed if Path(f"/proc/{child}").exists()]
