"""The atlas for everybody: axe-core, the keyboard, fingers, a phone on its side, a browser without WebGL."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import COMMUNE, SIDEWAYS, SMALL, Open, capture, heading, search, settle

AXE = Path(__file__).parents[2] / "atlas" / "web" / "node_modules" / "axe-core" / "axe.min.js"
FINGER_PX = 44

NO_WEBGL = """
const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : get.call(this, kind, ...rest);
};
"""

# What can be tapped and is on the screen; links inside text are exempt (WCAG 2.5.8).
TARGETS = """() => [...document.querySelectorAll("button, input, select, summary, a.button, .links a")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 0)
    .map((one) => ({ what: one.id || one.className || one.textContent, box: one.getBoundingClientRect() }))
    .map(({ what, box }) => [what, Math.round(box.width), Math.round(box.height)])"""


def complaints(page: Page) -> list[dict[str, Any]]:
    """Return what axe-core finds serious or critical."""
    assert AXE.exists(), "axe-core is not installed: run `make setup`"
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    return [{"id": one["id"], "where": [node["target"] for node in one["nodes"]][:5]} for one in grave]


def test_axe_finds_nothing_serious(visit: Open, parcel: dict) -> None:
    page = visit()
    assert complaints(page) == []
    page.locator("#xa-15670\\.E2025A").click()
    search(page, "1/1")
    page.locator(".candidates button").first.wait_for()
    assert complaints(page) == []
    page = visit(f"#thua={parcel['id']}")
    heading(page)
    page.locator(".corners summary").click()
    assert complaints(page) == []
    page = visit(f"#thua={parcel['id']}&theme=xep_loai", size=SMALL)
    heading(page)
    assert complaints(page) == []


def test_keyboard_alone_leads_from_search_to_panel_and_back(visit: Open) -> None:
    page = visit()
    page.get_by_role("searchbox").focus()
    page.keyboard.type("1/1")
    page.keyboard.press("Enter")
    page.locator(".candidates button").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement === document.querySelector('.candidates button')")
    page.keyboard.press("Enter")
    assert heading(page) == "Tờ 1 Thửa 1"
    assert page.evaluate("document.querySelector('#panel').contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(page.locator(".communes")).to_be_visible()
    assert page.evaluate("document.activeElement.className") == "commune"


def test_results_and_states_are_announced(visit: Open) -> None:
    page = visit()
    expect(page.locator("#results")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#notice")).to_have_attribute("role", "status")


def test_fingers_meet_everything_on_a_phone(visit: Open, parcel: dict) -> None:
    for page in (visit(size=SMALL), visit(f"#thua={parcel['id']}", size=SMALL)):
        settle(page)
        small = [target for target in page.evaluate(TARGETS) if target[2] < FINGER_PX]
        assert small == []


def test_panel_is_drawn_by_hand_and_by_tap(visit: Open) -> None:
    page = visit(size=SMALL)
    handle, panel = page.locator(".handle"), page.locator("#panel")

    def height() -> float:
        box = panel.bounding_box()
        assert box
        return box["height"]

    def drag(to: int) -> None:
        box = handle.bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + 20
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 6):
            page.mouse.move(x, y + (to - y) * step / 5)
        page.wait_for_timeout(150)
        page.mouse.up()
        page.wait_for_timeout(50)

    assert height() < 120
    drag(to=330)
    expect(handle).to_have_attribute("aria-expanded", "true")
    assert 360 < height() < 460
    drag(to=120)
    assert height() > 560
    controls = page.locator("#search form").bounding_box()
    assert controls and SMALL[1] - height() >= controls["y"] + controls["height"]
    drag(to=720)
    assert height() < 120
    handle.click()
    assert 360 < height() < 460
    handle.press("Enter")
    assert height() < 120


def test_results_on_a_phone_lie_above_the_panel(visit: Open, parcel: dict) -> None:
    page = visit(f"#thua={parcel['id']}", size=SMALL)
    search(page, "1/1")
    candidates = page.locator(".candidates button")
    candidates.last.wait_for()
    capture(page, "small-candidates")
    candidates.last.click()
    heading(page)
    expect(page.locator("body")).to_have_attribute("data-sheet", "half")


def test_a_phone_on_its_side_shows_panel_and_map(visit: Open) -> None:
    page = visit(size=SIDEWAYS)
    assert page.evaluate("document.documentElement.scrollWidth") == SIDEWAYS[0]
    search(page, "1/1 tho binh")
    heading(page)
    settle(page)
    capture(page, "sideways-parcel")
    box = page.locator("#map").bounding_box()
    assert box and box["width"] >= 360 and box["height"] == SIDEWAYS[1]


def test_without_webgl_search_and_panel_still_work(visit: Open) -> None:
    page = visit(prepare=lambda page: page.add_init_script(NO_WEBGL))
    expect(page.locator("#notice")).to_contain_text("thiếu WebGL 2")
    search(page, "1/1 tho binh")
    assert heading(page) == "Tờ 1 Thửa 1"
    expect(page.locator("svg.sketch")).to_be_visible()


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_parcel_that_is_no_more_is_a_sentence(visit: Open, lang: str) -> None:
    page = visit(f"#thua={COMMUNE['ma_xa']}.E2025A.1.999.999&lang={lang}")
    words = {"vi": "Không có thửa đất 15670.E2025A.1.999.999", "en": "There is no parcel 15670.E2025A.1.999.999"}
    expect(page.locator("#panel")).to_contain_text(words[lang])
    page.locator(".back").click()
    expect(page.locator(".communes")).to_be_visible()
