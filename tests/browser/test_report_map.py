"""The map in the report of a commune, opened as a file: click, keyboard, list and back, small screen, print."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from pipelines import findings, htmlreport
from pipelines.findings import Finding
from pipelines.tolerances import Tolerances
from tests.browser.actions import LARGE, SCREENSHOTS

CRS = "EPSG:5897"
E0, N0 = 560_000.0, 2_190_000.0
PHONE = (375, 740)
READY = ".folium-map[data-ready=true]"

Look = Callable[..., Page]


def report(side_m: float, count: int = 100) -> str:
    """Return a page about a block of parcels: an overlap in its middle, a gap, and thirty slivers along a side."""
    east, north = E0 + side_m * (np.arange(count) % 10), N0 + side_m * (np.arange(count) // 10)
    numbers = {"so_hieu_to_ban_do": "12", "so_thu_tu_thua": [str(n + 1) for n in range(count)]}
    parcels = gpd.GeoDataFrame(
        {"feature_id": [f"p{n}" for n in range(count)]} | numbers,
        geometry=shapely.box(east, north, east + side_m, north + side_m),
        crs=CRS,
    )
    middle = shapely.box(E0 + 90, N0 + 90, E0 + 110, N0 + 110)
    items = [
        Finding("thua_dat.overlap", "p44", "p55", 1234.5, 0.01, geometry=middle),
        Finding("thua_dat.gap", "p9", value=2.0, limit=0.01, geometry=shapely.Point(E0 + 190, N0 + 10)),
        *[Finding("thua_dat.sliver", f"p{n}", value=float(n), limit=40.0) for n in range(60, 90)],
    ]
    return htmlreport.render(
        findings.of(items, crs=CRS),
        parcels,
        profile="acceptance",
        names=["Xã Thọ Bình (15670)"],
        grades={"1": count, "2a": 0, "2b": 0, "3": 0},
        tolerances=Tolerances(1000, 0.01),
        files=("findings.gpkg", "fix_list.xlsx"),
    )


@pytest.fixture
def look(browser: Browser, tmp_path: Path) -> Iterator[Look]:
    """Open the report as a file; it may ask for nothing, break no rule of its own and fail in no script."""
    path = tmp_path / "report.html"
    asked: list[str] = []
    told: list[str] = []
    contexts = []

    def open_page(size: tuple[int, int] = LARGE, side_m: float = 20.0) -> Page:
        path.write_text(report(side_m), encoding="utf-8")
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="vi-VN")
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda message: told.append(message.text))
        page.goto(path.as_uri())
        page.wait_for_selector(READY)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [address for address in asked if not address.startswith(("file:", "data:", "blob:"))] == []
    assert told == []


def click_middle(page: Page) -> None:
    page.locator(READY).scroll_into_view_if_needed()
    box = page.locator(READY).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


@pytest.mark.parametrize("size", [LARGE, PHONE])
def test_at_first_the_whole_commune_is_seen(look: Look, size: tuple[int, int]) -> None:
    page = look(size, side_m=2000.0)
    assert page.evaluate("report.map.getBounds().contains([[0, 0], [20000, 20000]])")
    page.locator("[data-step='1']").click()
    assert not page.evaluate("report.map.getBounds().contains([[0, 0], [20000, 20000]])")
    page.locator("#whole").click()
    assert page.evaluate("report.map.getBounds().contains([[0, 0], [20000, 20000]])")


@pytest.mark.parametrize("size", [LARGE, PHONE])
def test_a_click_on_a_finding_tells_about_it(look: Look, size: tuple[int, int]) -> None:
    page = look(size)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    click_middle(page)
    popup = page.locator(".leaflet-popup-content")
    for words in ("Chồng lấn", "1.234,50 m²", "0,01 m²", "12/45", "thua_dat.overlap", "STT 1"):
        expect(popup).to_contain_text(words)
    box, around = page.locator(".leaflet-popup").bounding_box(), page.locator(READY).bounding_box()
    assert box and around
    page.wait_for_timeout(400)
    assert around["x"] <= box["x"] and box["x"] + box["width"] <= around["x"] + around["width"]
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"report-{size[0]}.png", full_page=True)


def test_every_finding_can_be_reached_by_the_keyboard(look: Look) -> None:
    page = look()
    page.locator("[data-step='1']").focus()
    seen = set()
    for turn in range(1, 33):
        page.keyboard.press("Enter")
        expect(page.locator("#shown .vi")).to_have_text(f"{turn}/32")
        seen.add(page.locator(".told dd:visible").first.inner_text())
    assert {"12/45", "12/10", *(f"12/{n + 1}" for n in range(60, 90))} == seen


def test_the_list_leads_to_the_map_and_the_map_to_the_list(look: Look) -> None:
    page = look()
    card = page.locator("[id='k-thua_dat.gap']")
    card.locator("summary").click()
    card.get_by_text("bản đồ").click()
    expect(page.locator(".told")).to_contain_text("Khe hở")
    page.locator(".told a:visible").click()
    assert re.search(r"#f\d+$", page.url)
    expect(page.locator(":target")).to_be_visible()


def test_a_finding_beyond_the_list_leads_to_its_kind(look: Look) -> None:
    page = look()
    page.locator("[data-step='-1']").click()
    target = page.locator(".told a").get_attribute("href")
    assert target
    page.locator(".told a:visible").click()
    expect(page.locator(":target")).to_be_in_viewport()


def test_the_map_speaks_the_language_of_the_page(look: Look) -> None:
    page = look()
    page.get_by_text("English", exact=True).click()
    click_middle(page)
    expect(page.locator(".told").get_by_text("1,234.50 m²", exact=True)).to_be_visible()
    expect(page.locator("#switches").get_by_text("Errors")).to_be_visible()
    expect(page.locator("#switches").get_by_text("Lỗi")).to_be_hidden()


def test_kinds_can_be_switched_off_and_come_back_when_asked_for(look: Look) -> None:
    page = look()
    page.locator("#switches label", has_text="Lỗi").click()
    click_middle(page)
    expect(page.locator(".told")).to_have_count(0)
    page.locator("[data-step='1']").click()
    expect(page.locator(".told")).to_be_visible()


def test_on_paper_there_is_the_whole_map_and_nothing_to_press(look: Look, tmp_path: Path) -> None:
    page = look()
    page.locator("[data-step='1']").click()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator(".told")).to_have_count(0)
    for name in (".steps", "#switches", "nav", ".leaflet-control-zoom"):
        expect(page.locator(name)).to_be_hidden()
    assert page.evaluate("report.map.getBounds().contains([[0, 0], [200, 200]])")
    # Parcels and findings are on one canvas: of two the upper hides the lower in Chromium's PDF.
    expect(page.locator(".folium-map canvas")).to_have_count(1)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    box = page.locator(READY).bounding_box()
    assert box and box["width"] > 900
