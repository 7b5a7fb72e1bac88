"""The atlas over a province of 559 communes and over data from elsewhere; the parcel panel in full."""

import copy
from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect

from tests.browser.actions import COMMUNE, Open, capture, heading, search, settle

COMMUNES = 559
REAL = 4
FIRST = ("Hòa", "Đông", "Thọ", "Quảng", "Ngọc", "Xuân", "Vĩnh", "Cẩm")
SECOND = ("Bình", "Lộc", "Phú", "Sơn", "Yên", "Định", "Thành", "Giang", "Tiến")
# Nobody notices a tenth of a second; two busy cores may take three times as long.
AT_ONCE_MS = 300

MEASURE = """([where, how]) => {
    const one = document.querySelector(where);
    const start = performance.now();
    if (how === "click") one.click();
    else { one.value = how; one.dispatchEvent(new Event(one.tagName === "SELECT" ? "change" : "input")); }
    document.body.offsetHeight;
    return performance.now() - start;
}"""


def province(route: Route) -> None:
    """Answer with a manifest of many communes: the real ones and made-up neighbours of them."""
    answer = route.fetch()
    manifest = answer.json()
    names = [f"Xã {first} {second}" for first, second in product(FIRST, SECOND)]
    for number in range(COMMUNES - len(manifest["communes"])):
        manifest["communes"].append(neighbour(manifest["communes"][0], number, names[number % len(names)]))
    route.fulfill(response=answer, json={**manifest, "sample": True})


def neighbour(commune: dict[str, Any], number: int, name: str) -> dict[str, Any]:
    """Return a copy of a commune elsewhere in the province."""
    west, south = 105.0 + number % 24 * 0.05, 19.3 + number // 24 * 0.05
    grades = {"1": 3000 + number, "2a": 400, "2b": 50, "3": number}
    return copy.deepcopy(commune) | {
        "ma_xa": str(20_000 + number),
        "ten_xa": name,
        "ten_xa_en": None,
        "ten_xa_moi": None,
        "bbox": [west, south, west + 0.048, south + 0.048],
        "grades": grades,
        "parcels": sum(grades.values()),
        "dqi": 1 - number / 1000,
    }


def large(page: Page) -> None:
    page.route("**/release/manifest.json", province)


def test_province_of_many_communes_answers_at_once(visit: Open) -> None:
    page = visit(prepare=large)
    capture(page, "province")
    expect(page.locator(".facts")).to_contain_text(str(COMMUNES))
    items = page.locator(".communes > li")
    assert items.count() == COMMUNES
    kept = page.evaluate("(window.kept = document.querySelector('.communes > li:nth-child(200)')).textContent")
    assert page.evaluate(MEASURE, [".communes > li:nth-child(300) button", "click"]) < AT_ONCE_MS
    assert page.locator(".communes .details").count() == 1
    assert page.evaluate(MEASURE, ["#list-filter", "tho bi"]) < AT_ONCE_MS
    expect(page.locator(".communes > li:visible .commune").first).to_contain_text("Xã Thọ Bình")
    assert page.locator(".communes > li:visible").count() < 20
    assert page.evaluate(MEASURE, ["#list-filter", ""]) < AT_ONCE_MS
    assert page.evaluate(MEASURE, ["#list-order", "grade_3"]) < AT_ONCE_MS
    expect(items.first).to_contain_text(str(20_000 + COMMUNES - REAL - 1))
    # The cards are the same as before: chosen, sifted and sorted, not made anew.
    assert page.evaluate("window.kept.isConnected && window.kept.textContent") == kept
    expect(page.locator("#credit")).to_contain_text("Dữ liệu mẫu")


def test_search_without_commune_is_one_bounded_question(visit: Open) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        reply = route.fetch()
        page_of = reply.json()
        [first, *_] = page_of["features"]
        copies = [copy.deepcopy(first) | {"id": f"{20_000 + number}.E2025A.1.12.345"} for number in range(20)]
        route.fulfill(response=reply, json={**page_of, "features": copies, "numberMatched": COMMUNES})

    page = visit(prepare=large)
    page.route("**/api/collections/parcels/items?**", answer)
    search(page, "to 1 thua 1")
    candidates = page.locator(".candidates button")
    candidates.first.wait_for()
    assert candidates.count() == 20
    expect(page.locator("#results")).to_contain_text("559 kết quả, hiện 20 kết quả đầu")
    [question] = [parse_qs(urlsplit(address).query) for address in asked]
    assert question["limit"] == ["20"]
    assert question["filter"] == ["so_hieu_to_ban_do IN ('1') AND so_thu_tu_thua IN ('1')"]


def test_communes_of_unknown_name_have_their_code(visit: Open) -> None:
    def foreign(route: Route) -> None:
        answer = route.fetch()
        manifest = answer.json()
        unknown = {"ten_xa": None, "ten_xa_en": None, "ma_xa_moi": None, "ten_xa_moi": None}
        manifest["communes"] = [commune | unknown for commune in manifest["communes"]]
        route.fulfill(response=answer, json=manifest)

    page = visit(prepare=lambda page: page.route("**/release/manifest.json", foreign))
    expect(page.get_by_role("button", name=f"Xã {COMMUNE['ma_xa']}")).to_be_visible()
    search(page, f"1/1 {COMMUNE['ma_xa']}")
    assert heading(page) == "Tờ 1 Thửa 1"
    expect(page.locator(".heading")).to_contain_text(f"Xã {COMMUNE['ma_xa']}")


def test_panel_draws_the_parcel_with_its_lengths(visit: Open, parcel: dict) -> None:
    page = visit(f"#thua={parcel['id']}")
    heading(page)
    corners = len(parcel["geometry"]["coordinates"][0]) - 1
    assert page.locator(".sketch-corner").count() == corners
    assert page.locator(".sketch-length").count() > 2
    page.locator(".corners summary").click()
    rows = [row.split() for row in page.locator(".corners tbody tr").all_inner_texts()]
    assert len(rows) == corners
    north, east, edges = ([number(row[column]) for row in rows] for column in (1, 2, 3))
    assert abs(shoelace(east, north) - parcel["properties"]["dien_tich_do"]) < 0.5
    expect(page.locator(".plan")).to_contain_text("VN-2000, EPSG:5897")
    around = f"{sum(edges):.1f}".replace(".", ",")[:-1]
    expect(page.locator(".plan")).to_contain_text(f"Chu vi {around}")


def number(text: str) -> float:
    """Read a number as Vietnamese writes it."""
    return float(text.replace(".", "").replace(",", "."))


def shoelace(east: list[float], north: list[float]) -> float:
    """Return the area inside a ring of corners."""
    places = list(zip(east, north, strict=True))
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(places, places[1:] + places[:1], strict=True))) / 2


def test_panel_says_what_is_wrong_and_what_to_do(visit: Open, ask: Callable[..., list[dict]]) -> None:
    bad = next(one for one in ask(ma_xa=COMMUNE["ma_xa"], xep_loai="3") if one["properties"]["ly_do"])
    for lang, words in (("vi", "Cách xử lý:"), ("en", "What to do:")):
        page = visit(f"#thua={bad['id']}&lang={lang}")
        heading(page)
        reasons = page.locator(".reasons li")
        assert reasons.count() == len(bad["properties"]["ly_do"].split(","))
        expect(reasons.first).to_contain_text(words)
        assert "{" not in page.locator("#panel").inner_text()
        capture(page, f"reasons-{lang}")


def test_land_objects_say_that_they_are_no_parcels(visit: Open, ask: Callable[..., list[dict]]) -> None:
    road = ask(ma_xa=COMMUNE["ma_xa"], la_doi_tuong_chiem_dat="true")[0]
    page = visit(f"#thua={road['id']}")
    heading(page)
    expect(page.locator("#panel")).to_contain_text("Đối tượng chiếm đất không tạo thành thửa đất")


def test_words_and_search_do_not_wait_for_the_map(visit: Open, atlas_url: str) -> None:
    page = visit()
    page.route("**/assets/map-*.js", lambda route: None)
    page.goto(f"{atlas_url}/?again")
    expect(page.get_by_role("searchbox")).to_be_visible(timeout=5_000)
    expect(page.locator(".communes > li")).to_have_count(REAL)


def test_paper_shows_the_parcel_and_nothing_else(visit: Open, parcel: dict) -> None:
    page = visit(f"#thua={parcel['id']}")
    heading(page)
    settle(page)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#search")).to_be_hidden()
    expect(page.locator(".corners table")).to_be_visible()
    expect(page.locator(".printed")).to_contain_text(parcel["id"])
    capture(page, "print")
