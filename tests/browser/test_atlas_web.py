"""The atlas in headless Chromium over a real release: map, click, search, permalink, small screen, errors."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.actions import COMMUNE, SMALL, Open, capture, centre_of, colours_on_map, heading, search, settle


def test_overview_shows_every_commune_with_its_grades(visit: Open) -> None:
    page = visit()
    assert page.title()
    expect(page.get_by_role("button", name=COMMUNE["name"])).to_be_visible()
    assert page.locator(".communes > li").count() == 4
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
