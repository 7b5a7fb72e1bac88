"""The atlas in headless Chromium over a real release: map, click, search, permalink, small screen, errors."""

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from shapely.geometry import shape

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
LARGE = (1280, 800)
SMALL = (360, 740)
COMMUNE = {"ma_xa": "15670", "name": "Thọ Bình"}

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, atlas_url: str) -> Iterator[Open]:
    """Open the atlas at a hash; at the end no page may have asked elsewhere or failed in a script."""
    outside: list[str] = []
    broken: list[str] = []
    contexts = []

    def note(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            outside.append(address)

    def open_page(
        hash_: str = "", size: tuple[int, int] = LARGE, prepare: Callable[[Page], None] | None = None
    ) -> Page:
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="vi-VN")
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: note(request.url))
        page.on("pageerror", lambda error: broken.append(str(error)))
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


@pytest.fixture(scope="module")
def parcel(atlas_url: str) -> dict:
    """Return the public parcel 1/1 of the first commune."""
    query = urlencode({"f": "json", "ma_xa": COMMUNE["ma_xa"], "so_hieu_to_ban_do": "1", "so_thu_tu_thua": "1"})
    with urllib.request.urlopen(f"{atlas_url}/api/collections/parcels/items?{query}", timeout=30) as answer:
        features = json.load(answer)["features"]
    assert features, "the sample has no parcel 1 on sheet 1"
    return features[0]


def settle(page: Page) -> None:
    """Wait until the map has nothing left to load or draw."""
    page.wait_for_selector("body[data-ready=true]", timeout=60_000)
    page.wait_for_timeout(200)


def capture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def search(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")


def heading(page: Page) -> str:
    page.wait_for_selector("#parcel-name")
    return " ".join(page.locator("#parcel-name").inner_text().split())


def centre_of(parcel: dict) -> str:
    inside = shape(parcel["geometry"]).representative_point()
    return f"#map=18/{inside.y:.6f}/{inside.x:.6f}"


def colours_on_map(page: Page) -> int:
    """Count the colours of the map canvas as the screen shows it; a blank map has one."""
    box = page.locator("#map canvas").bounding_box()
    assert box
    picture = page.screenshot(clip={"x": box["x"] + 150, "y": 250, "width": 300, "height": 200})
    count = page.evaluate(
        """async (bytes) => {
            const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = new OffscreenCanvas(image.width, image.height);
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0);
            const data = new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer);
            return new Set(data).size;
        }""",
        list(picture),
    )
    return int(count)


def test_overview_shows_every_commune_with_its_grades(visit: Open) -> None:
    page = visit()
    assert page.title()
    expect(page.get_by_role("button", name=COMMUNE["name"])).to_be_visible()
    assert page.locator(".communes > li").count() == 3
    assert page.locator(".numbers").first.locator("li").count() == 4
    assert colours_on_map(page) > 5
    capture(page, "overview")


def test_click_on_a_parcel_opens_its_panel(visit: Open, parcel: dict) -> None:
    page = visit(centre_of(parcel))
    assert colours_on_map(page) > 5
    box = page.locator("#map canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert heading(page) == "Tờ 1 Thửa 1"
    panel = page.locator("#panel").inner_text()
    assert COMMUNE["name"] in panel
    assert re.search(r"\d,\d m²", panel)
    settle(page)
    capture(page, "parcel")
    json_link = page.get_by_role("link", name="Dữ liệu JSON").get_attribute("href")
    assert json_link
    answer = page.request.get(f"{page.url.split('/#')[0]}{json_link}")
    assert answer.json()["properties"]["thua_dat_id"] == parcel["properties"]["thua_dat_id"]


@pytest.mark.parametrize("words", ["tờ 1 thửa 1 Thọ Bình", "to 1 thua 1 tho binh", "1/1 Thọ Bình"])
def test_search_finds_the_parcel_with_and_without_diacritics(visit: Open, words: str) -> None:
    page = visit()
    search(page, words)
    assert heading(page) == "Tờ 1 Thửa 1"
    settle(page)
    assert "thua=15670." in page.url
    assert "map=" in page.url


def test_search_without_commune_offers_all(visit: Open) -> None:
    page = visit()
    search(page, "1/1")
    candidates = page.locator(".candidates button")
    candidates.first.wait_for()
    assert candidates.count() == 3
    capture(page, "candidates")
    candidates.nth(1).click()
    assert heading(page) == "Tờ 1 Thửa 1"


def test_search_says_when_nothing_is_found(visit: Open) -> None:
    page = visit()
    search(page, "tờ 999 thửa 1 Thọ Bình")
    expect(page.locator("#results")).to_contain_text("Không tìm thấy tờ 999 thửa 1")
    search(page, "tờ 1 thửa 1 Không Đâu")
    expect(page.locator("#results")).to_contain_text("Không có xã nào")


def test_permalink_restores_view_parcel_language_and_theme(visit: Open, parcel: dict) -> None:
    first = visit(f"{centre_of(parcel)}&thua={parcel['id']}&lang=en&theme=xep_loai")
    assert heading(first) == "Sheet 1 Parcel 1"
    expect(first.get_by_role("button", name="Grade", exact=True)).to_have_attribute("aria-pressed", "true")
    capture(first, "grades-en")
    first.get_by_role("button", name="Zoom in").click()
    settle(first)
    link = first.url.partition("#")[2]
    second = visit(f"#{link}")
    assert heading(second) == "Sheet 1 Parcel 1"
    assert second.url.partition("#")[2] == link
    assert second.locator("html").get_attribute("lang") == "en"


def test_back_returns_to_the_list(visit: Open) -> None:
    page = visit()
    search(page, "1/1 tho binh")
    heading(page)
    settle(page)
    page.go_back()
    expect(page.locator(".communes")).to_be_visible()


def test_small_screen_has_no_sideways_scroll(visit: Open) -> None:
    page = visit(size=SMALL)
    capture(page, "small-overview")
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL[0]
    search(page, "1/1 tho binh")
    heading(page)
    settle(page)
    capture(page, "small-parcel")
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL[0]
    assert page.evaluate("document.querySelector('#panel').scrollWidth") <= SMALL[0]


def test_keyboard_reaches_search_language_and_communes(visit: Open) -> None:
    page = visit()
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"lang-vi", "lang-en", "search-text"} <= set(reached)
    assert any(name.startswith("xa-15670") for name in reached)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_no_release_is_a_sentence(visit: Open) -> None:
    page = visit(prepare=lambda page: page.route("**/release/manifest.json", lambda route: route.fulfill(status=404)))
    expect(page.locator("#notice")).to_contain_text("Chưa có bản phát hành nào")


def test_unreachable_api_is_a_sentence_and_the_map_stays(visit: Open, parcel: dict) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    page = visit(f"{centre_of(parcel)}&thua={parcel['id']}", prepare=lambda page: page.route("**/api/**", refuse))
    expect(page.locator("#panel")).to_contain_text("không kết nối được máy chủ")
    search(page, "1/1 tho binh")
    expect(page.locator("#results")).to_contain_text("không kết nối được máy chủ")
    assert colours_on_map(page) > 5


def test_tiles_that_fail_later_are_a_sentence_until_they_come_again(visit: Open, parcel: dict) -> None:
    page = visit()
    notice = page.locator("#notice")
    expect(notice).to_be_empty()
    page.route("**/tiles/**", lambda route: route.abort())
    search(page, "1/1 tho binh")
    expect(notice).to_contain_text("Không tải được các mảnh bản đồ", timeout=20_000)
    page.unroute("**/tiles/**")
    search(page, "1/1 dan ly")
    expect(notice).to_be_empty(timeout=20_000)


def test_missing_tiles_are_a_sentence_and_search_stays(visit: Open) -> None:
    page = visit(prepare=lambda page: page.route("**/tiles/**", lambda route: route.fulfill(status=404)))
    expect(page.locator("#notice")).to_contain_text("Không tải được các mảnh bản đồ")
    search(page, "1/1 tho binh")
    assert heading(page) == "Tờ 1 Thửa 1"
