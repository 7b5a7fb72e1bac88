"""The page of a difference in a browser: what it draws, lists and finds, at a desk and on a telephone."""

import pytest
from playwright.sync_api import expect

from pipelines import store as land
from pipelines.difference import chosen, page, tell
from tests.unit.feeds import load


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    load(f"gpkg:{home}", home / "holder.key", upto=2)
    with land.open_reader(home) as store:
        page.write(tell(store, chosen(store, "15670")), home / "page.html")
    return (home / "page.html").as_uri()


@pytest.fixture(params=[(1360, 900), (375, 740)], ids=["desk", "telephone"])
def seen(request, browser, address):
    """Open the page as a file; it may ask for nothing and fail in no script."""
    asked, broken = [], []
    context = browser.new_context(viewport=dict(zip(("width", "height"), request.param, strict=True)))
    opened = context.new_page()
    opened.on("request", lambda one: asked.append(one.url) if one.url.startswith("http") else None)
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    opened.goto(address)
    opened.wait_for_selector("body[data-ready]")
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth") <= request.param[0]
    context.close()
    assert (asked, broken) == ([], [])


def test_the_list_leads_to_the_map(seen):
    expect(seen.locator("#list button")).to_have_count(7)
    seen.locator("#list button", has_text="1/3").click()
    told = seen.locator(".leaflet-popup .told")
    expect(told).to_contain_text("LUC → ONT")
    expect(told).to_be_in_viewport()
    seen.locator("#list button", has=seen.locator("b", has_text="1/4")).click()
    expect(told).to_contain_text("15670.E2025A.1.1.9")
    expect(told).to_contain_text("theo vị trí")
    expect(seen.locator("#list [aria-current=true]")).to_have_count(1)


def test_a_click_on_the_map_tells_the_parcel(seen):
    seen.locator("#list button", has_text="1/2").first.click()
    seen.wait_for_timeout(500)  # the map moves so far that all of the popup is seen
    tip = seen.locator(".leaflet-popup-tip-container").bounding_box()
    seen.locator(".leaflet-popup-close-button").click()
    expect(seen.locator(".leaflet-popup")).to_have_count(0)
    seen.mouse.click(tip["x"] + tip["width"] / 2, tip["y"] + tip["height"])
    expect(seen.locator(".leaflet-popup .told")).to_contain_text("400,0 → 460,0")


def test_numbers_are_found_and_kinds_switched_off(seen):
    seen.fill("#search", "1/10")
    expect(seen.locator("#list button")).to_have_count(1)
    seen.press("#search", "Enter")
    expect(seen.locator(".leaflet-popup .told h4")).to_contain_text("1/10")
    seen.fill("#search", "")
    seen.locator("[data-kind=changed]").uncheck()
    expect(seen.locator("#list button")).to_have_count(3)
    seen.locator("label[for=en]").click()
    expect(seen.locator("#count")).to_contain_text("3 parcels")
