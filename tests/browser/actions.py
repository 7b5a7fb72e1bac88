"""What a visitor of the atlas does and sees."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page
from shapely.geometry import shape

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
LARGE = (1280, 800)
SMALL = (360, 740)
SIDEWAYS = (740, 360)
COMMUNE = {"ma_xa": "15670", "name": "Thọ Bình"}

Open = Callable[..., Page]


def settle(page: Page) -> None:
    """Wait until the map has nothing left to load or draw."""
    page.wait_for_selector("body[data-ready=true]", timeout=60_000)
    page.wait_for_timeout(200)


def capture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def search(page: Page, words: str) -> None:
    page.locator("#search-text").fill(words)
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
