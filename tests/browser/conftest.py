"""A browser, a visit that must stay at home, and one parcel of the samples."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.actions import COMMUNE, LARGE, Open, settle


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, atlas_url: str) -> Iterator[Open]:
    """Open the atlas at a hash; no page may ask elsewhere, break its own policy or fail in a script."""
    outside: list[str] = []
    broken: list[str] = []
    contexts = []

    def note(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            outside.append(address)

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Permissions policy" in message.text:
            broken.append(message.text)

    def open_page(
        hash_: str = "",
        size: tuple[int, int] = LARGE,
        prepare: Callable[[Page], None] | None = None,
        touch: bool = False,
    ) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, locale="vi-VN", has_touch=touch, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: note(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", hear)
        if prepare:
            prepare(page)
        page.goto(f"{atlas_url}/{hash_}")
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert outside == []
    assert broken == []


@pytest.fixture(scope="session")
def ask(atlas_url: str) -> Callable[..., list[dict]]:
    """Return the parcels of the API that have certain properties."""

    def features(**wanted: str) -> list[dict]:
        query = urlencode({"f": "json", "limit": "100", **wanted})
        with urllib.request.urlopen(f"{atlas_url}/api/collections/parcels/items?{query}", timeout=30) as answer:
            return list(json.load(answer)["features"])

    return features


@pytest.fixture(scope="session")
def parcel(ask: Callable[..., list[dict]]) -> dict:
    """Return the public parcel 1/1 of the first commune."""
    features = ask(ma_xa=COMMUNE["ma_xa"], so_hieu_to_ban_do="1", so_thu_tu_thua="1")
    assert features, "the sample has no parcel 1 on sheet 1"
    return features[0]
