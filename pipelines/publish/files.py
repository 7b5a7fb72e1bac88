"""Files of the step publish: a release folder that is whole before anybody sees it."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from pipelines import feed as feeds
from pipelines import reports
from pipelines import store as land
from pipelines.errors import Refusal, StoreError
from pipelines.fingerprint import fingerprint
from pipelines.publish import content, feed, findings, gate, manifest, mirror, standing, tiles
from pipelines.publish.content import Commune
from pipelines.publish.overrides import Override
from pipelines.publish.standing import MANIFEST, Former, History
from pipelines.publish.swap import beside, recover, swap
from pipelines.settings import Settings
from pipelines.store.releases import now

RELEASE = "release"

Judge = Callable[[Path, list[dict[str, Any]]], dict[str, Any]]
"""Holds a new release (its folder, its communes) against the one that stands; returns what the manifest keeps of it."""

Preview = Callable[[Path, str, Path], None]
"""Draws the map of a commune's findings: release folder, name of the commune's files, file to write."""


def execute(home: Path, settings: Settings, preview: Preview | None = None, override: Sequence[Override] = ()) -> None:
    """Write the release of everything that is current; where nothing changed, touch nothing.

    Args:
        home: Folder of the land database and of the release.
        settings: Settings; the profile gives the severity of findings, the limits say what may be lost.
        preview: Draws the offline map of findings of a commune, where wanted.
        override: Words that let a release pass that lost more than it may.

    Raises:
        Refusal: A commune lost too much of what the former release had; that one stays.
        StoreError: There is no land database, it cannot be read, or it holds no commune.
    """
    folder = home / RELEASE
    recover(folder)
    recipe = fingerprint("publish")
    with land.open_reader(settings.database) as store:
        history = feeds.communes(store)
        if not any(_standing(history)):
            raise StoreError(
                f"Cơ sở dữ liệu trong {store.place} chưa có xã nào: hãy nạp ít nhất một xã trước khi công bố.",
                f"The land database in {store.place} holds no commune yet: load at least one before publishing.",
            )
        stands = standing.manifest(folder)
        former = standing.former(folder, stands)
        if (
            former
            and former.recipe == recipe
            and former.database == _land(store)
            and former.is_whole
            and former.tells([rows[-1] for rows in history.values()])
        ):
            return
        reusable = former if former and former.recipe == recipe and former.is_whole else None
        with _written(beside(folder, "new")) as fresh:

            def judge(fresh: Path, entries: list[dict[str, Any]]) -> dict[str, Any]:
                rows = gate.compare(
                    stands, entries, folder, fresh, partial(_withheld_m2, store), land.reformed_together(store)
                )
                return gate.record(stands, rows, gate.pass_or_refuse(rows, settings, override))

            _fill(fresh, store, history, reusable, settings.profile, preview, recipe, judge)
            swap(fresh, folder)


def _withheld_m2(store: land.Store, entry: Mapping[str, Any]) -> float | None:
    """Return the area of the parcels withheld of a release; None where the database no longer has that release."""
    known = {standing.key(release): release for release in land.listing(store, entry["ma_xa"])}
    release = known.get(tuple(entry[name] for name in standing.KEY))
    return float(content.read(store, release).withheld.area.sum()) if release else None


@contextmanager
def _written(fresh: Path) -> Iterator[Path]:
    """Yield the folder of the new release; where it cannot be written, drop it and say so in one line."""
    try:
        for name in ("parcels", "findings", "tiles", feed.FOLDER):
            (fresh / name).mkdir(parents=True)
        yield fresh
    except Refusal:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    except (OSError, DataSourceError, DataLayerError, FeatureError) as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise StoreError(
            f"Không ghi được bản công bố vào {fresh.parent}: kiểm tra quyền ghi và dung lượng đĩa ({error}).",
            f"The release cannot be written to {fresh.parent}: check the rights and the disk space ({error}).",
        ) from error


def _fill(
    fresh: Path,
    store: land.Store,
    history: History,
    former: Former | None,
    profile: str,
    preview: Preview | None,
    recipe: str,
    judge: Judge,
) -> None:
    releases = _standing(history)
    names = _file_names(releases)
    entries, slim, drawn = [], [], []
    changes = _feed(fresh, store, history, names, former)
    for release in releases:
        commune = content.read(store, release)
        known = former.entries.get(standing.key(release)) if former else None
        if former and known:
            _reuse(former.folder, fresh, known)
        else:
            _write_commune(fresh, names[release.ma_xa, release.ky_dia_gioi], commune, profile)
            drawn.append(names[release.ma_xa, release.ky_dia_gioi])
        described = known or manifest.describe(commune, names[release.ma_xa, release.ky_dia_gioi])
        entries.append({**described, "feed": changes[release.ma_xa, release.ky_dia_gioi]})
        slim.append(replace(commune, parcels=tiles.needed(commune.parcels), findings=commune.findings.iloc[:0]))
    # Before tiles and maps: a release that is refused should not cost their time.
    kept = judge(fresh, entries)
    versions = _versions(fresh, store, history, former)
    _write_communes(fresh / manifest.COMMUNES, slim, entries)
    facts = pd.DataFrame([manifest.tile_facts(entry) for entry in entries])
    tiles.build(slim, facts, fresh / manifest.TILES)
    if preview:
        for name in drawn:
            preview(fresh, name, fresh / manifest.paths_of(name)["findings_map"])
    counts = {entry["downloads"]["parcels"]: entry["parcels"] for entry in entries} | {manifest.COMMUNES: len(entries)}
    ended = [_ended(history[key][-1], changes[key]) for key in sorted(history) if key not in names]
    counts |= {file["path"]: file["count"] for entry in [*entries, *ended] for file in entry["feed"]}
    files = manifest.list_files(fresh, counts | versions)
    body = manifest.compose(entries, ended, files, generated_at=now(), recipe=recipe, land=_land(store))
    body |= kept
    (fresh / MANIFEST).write_text(json.dumps(body, ensure_ascii=False, indent=1), encoding="utf-8")


def _feed(
    fresh: Path,
    store: land.Store,
    history: History,
    names: Mapping[tuple[str, str], str],
    former: Former | None,
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Write the change feed; return by commune what the manifest says of its files."""
    told: dict[tuple[str, str], list[dict[str, Any]]] = {}
    known = standing.unchanged(store, history, former)
    with feed.Database(fresh / feed.DATABASE, former.folder / feed.DATABASE if former else None) as database:
        for scope, releases in history.items():
            if former and scope in known:
                feed.link(former.folder, fresh, known[scope]["feed"])
                told[scope] = known[scope]["feed"]
                continue
            entries = feeds.read(store, releases)
            told[scope] = feed.write(fresh, names.get(scope, "_".join(scope)), entries)
            database.replace(releases, entries)
        database.finish(max(str(releases[-1].finished_at) for releases in history.values()))
    return told


def _versions(fresh: Path, store: land.Store, history: History, former: Former | None) -> dict[str, int]:
    """Write what the atlas reads of a store it cannot open; return the number of versions by the path of that file."""
    if store.manifest_path:
        return {}
    file = former.folder / mirror.DATABASE if former and former.database == mirror.DATABASE else None
    unchanged = standing.unchanged(store, history, former)
    return {mirror.DATABASE: mirror.write(fresh / mirror.DATABASE, file, store, history, unchanged)}


def _land(store: land.Store) -> str:
    """Return what the atlas reads, relative to the release."""
    return store.manifest_path or mirror.DATABASE


def _standing(history: History) -> list[land.Release]:
    """Return the newest releases of the communes that are still there, by commune."""
    return [history[key][-1] for key in sorted(history) if not land.is_emptied(history[key][-1])]


def _ended(release: land.Release, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the manifest says of a commune whose land lies in others now: readers have to hear of its end."""
    return {**dict(zip(standing.KEY, standing.key(release), strict=True)), "feed": files}


def _write_commune(fresh: Path, name: str, commune: Commune, profile: str) -> None:
    paths = manifest.paths_of(name)
    commune.parcels.to_parquet(fresh / paths["parcels"], index=False, compression="zstd")
    told, places = findings.public(commune), findings.places(commune)
    reports.write_all(told, places, [fresh / paths["findings_gpkg"], fresh / paths["findings_xlsx"]], profile)


def _write_communes(path: Path, communes: list[Commune], entries: list[dict[str, Any]]) -> None:
    outlines = pd.concat([content.displayable(commune.outline) for commune in communes], ignore_index=True)
    plain = [{name: value for name, value in entry.items() if not isinstance(value, dict | list)} for entry in entries]
    facts = pd.DataFrame(plain)
    shares = pd.DataFrame([manifest.tile_facts(entry) for entry in entries])
    frame = facts.join(shares[shares.columns.difference(facts.columns, sort=False)])
    gpd.GeoDataFrame(frame, geometry=outlines).to_parquet(path, index=False, compression="zstd")


def _file_names(releases: list[land.Release]) -> dict[tuple[str, str], str]:
    """Return the name of the files of every commune: its code, and its era where one code has several."""
    times = Counter(release.ma_xa for release in releases)
    return {
        (release.ma_xa, release.ky_dia_gioi): release.ma_xa
        if times[release.ma_xa] == 1
        else f"{release.ma_xa}_{release.ky_dia_gioi}"
        for release in releases
    }


def _reuse(old: Path, fresh: Path, entry: Mapping[str, Any]) -> None:
    """Take over the files of a commune that did not change."""
    for name in entry["downloads"].values():
        if (old / name).exists():
            os.link(old / name, fresh / name)
