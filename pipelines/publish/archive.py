"""PMTiles archives: sizes of their tiles, and several archives as one."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import tileid_to_zxy, zxy_to_tileid
from pmtiles.writer import write


def largest_tiles(path: Path) -> dict[int, int]:
    """Return the size in bytes, as stored, of the largest tile of every zoom level."""
    largest: dict[int, int] = {}
    for (zoom, _, _), tile in _tiles(path):
        largest[zoom] = max(largest.get(zoom, 0), len(tile))
    return largest


def join(parts: Iterable[tuple[Path, frozenset[int]]], target: Path, *, name: str) -> None:
    """Write one archive from several, each giving the zoom levels said beside it.

    Args:
        parts: Archives and the zoom levels to take from them; no level twice.
        target: The archive to write.
        name: Title of the tile set.
    """
    pairs = sorted(parts, key=lambda part: min(part[1]))
    with write(str(target)) as writer:
        for path, zooms in pairs:
            chosen = {zxy_to_tileid(*place): tile for place, tile in _tiles(path) if place[0] in zooms}
            for tile_id in sorted(chosen):
                writer.write_tile(tile_id, chosen[tile_id])
        writer.finalize(_header([path for path, _ in pairs]), _metadata(pairs, name))


def _tiles(path: Path) -> Iterator[tuple[tuple[int, int, int], bytes]]:
    with path.open("rb") as file:
        yield from all_tiles(MmapSource(file))


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        return reader.header(), reader.metadata()


def _header(paths: list[Path]) -> dict[str, Any]:
    headers = [_read(path)[0] for path in paths]
    header = dict(headers[-1])
    for side, pick in (("min_lon_e7", min), ("min_lat_e7", min), ("max_lon_e7", max), ("max_lat_e7", max)):
        header[side] = pick(each[side] for each in headers)
    header["center_lon_e7"] = (header["min_lon_e7"] + header["max_lon_e7"]) // 2
    header["center_lat_e7"] = (header["min_lat_e7"] + header["max_lat_e7"]) // 2
    header["center_zoom"] = min(header["max_zoom"], 12)
    return header


def _metadata(parts: list[tuple[Path, frozenset[int]]], name: str) -> dict[str, Any]:
    layers: dict[str, dict[str, Any]] = {}
    for path, zooms in parts:
        for layer in _read(path)[1].get("vector_layers", []):
            known = layers.setdefault(layer["id"], {"id": layer["id"], "fields": {}, "minzoom": 99, "maxzoom": 0})
            known["fields"] |= layer.get("fields", {})
            known["minzoom"] = min(known["minzoom"], max(layer.get("minzoom", 0), min(zooms)))
            known["maxzoom"] = max(known["maxzoom"], min(layer.get("maxzoom", 99), max(zooms)))
    return {"name": name, "format": "pbf", "type": "overlay", "vector_layers": list(layers.values())}


def zoom_of(tile_id: int) -> int:
    """Return the zoom level of a tile number."""
    return int(tileid_to_zxy(tile_id)[0])
