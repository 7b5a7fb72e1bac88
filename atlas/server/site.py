"""What the app knows: the folders, the release that is published now, and pygeoapi over it."""

import logging
import threading
from collections import OrderedDict
from pathlib import Path

from pygeoapi.api import API

from atlas.server import config, manifest
from atlas.server.errors import HomeError
from atlas.server.manifest import Release

LOGGER = logging.getLogger(__name__)
_KEPT_APIS = 16


class Site:
    """One home folder, served.

    Args:
        home: Folder with `release/` in it.
        web: Folder of the built atlas.
    """

    def __init__(self, home: Path, web: Path) -> None:
        self.home = home
        self.web = web
        # not resolved: publishing may put another folder, or link, in its place
        self.folder = home.resolve() / "release"
        self._release: Release | None = None
        self._refused = ""
        self._apis: OrderedDict[tuple[str, str], API] = OrderedDict()
        self._lock = threading.Lock()

    def release(self) -> Release:
        """Return the release that is published now; a new manifest is taken up without a restart.

        While a new one is unreadable, the former one goes on being served.

        Raises:
            HomeError: Nothing is published, or it cannot be read.
        """
        current = self._release
        try:
            stamp = manifest.stamp_of(self.folder)
        except HomeError:
            if current is None:
                raise
            return current
        if current is not None and stamp in (current.stamp, self._refused):
            return current
        with self._lock:
            return self._take_up(stamp)

    def _take_up(self, stamp: str) -> Release:
        current = self._release
        if current is not None and current.stamp == stamp:
            return current
        try:
            self._release = manifest.read(self.folder)
        except HomeError as error:
            if current is None:
                raise
            LOGGER.warning("the new release is not taken up: %s", error)
            self._refused = stamp
            return current
        if current is not None:
            current.selections.clear()
        return self._release

    def api(self, release: Release, base_url: str) -> API:
        """Return pygeoapi over a release, with links below an address."""
        key = (release.stamp, base_url)
        with self._lock:
            if key not in self._apis:
                self._apis[key] = config.build(release, base_url)
                while len(self._apis) > _KEPT_APIS:
                    self._apis.popitem(last=False)
            self._apis.move_to_end(key)
            return self._apis[key]
