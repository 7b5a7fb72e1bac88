"""Red division lines and blue canals: lost like stamps and told, or lines like all others where somebody says so."""

import json

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner

from pipelines.cli.app import app
from pipelines.digitize import scanned
from pipelines.package.files import execute as package
from pipelines.scan import folder
from pipelines.scan.picture import coloured, colours
from pipelines.settings import Settings

RED, BLUE = (200, 30, 40), (40, 80, 200)


def land(path):
    """Write six black parcels, two of which are divided by a red line, and a blue canal through a third; 150 dpi."""
    picture = np.full((700, 900, 3), 250, dtype=np.uint8)
    for left in (60, 320, 580):
        for top in (60, 350):
            cv2.rectangle(picture, (left, top), (left + 260, top + 290), (20, 20, 20), 2)
    for colour, left in ((RED, 190), (RED, 450), (BLUE, 700)):
        cv2.line(picture, (left, 60), (left, 350), colour, 2)
    Image.fromarray(picture).save(path, dpi=(150, 150))
    return path


def test_coloured_lines_are_told_as_left_out_and_divide_parcels_when_asked_for(tmp_path):
    picture = land(tmp_path / "to_1.jpg")
    left = folder.make(picture, tmp_path / "out", folder.Wanted())
    drawn = folder.make(picture, tmp_path / "out", folder.Wanted(colours_are_ink=True))
    again = folder.make(picture, tmp_path / "out", folder.Wanted())
    assert (left.figures["faces"], drawn.figures["faces"], again.figures["faces"]) == (6, 9, 6)
    assert left.figures["findings"]["ban_quet.colour_left"] == 1
    assert "ban_quet.colour_left" not in drawn.figures["findings"]


@pytest.mark.parametrize(
    ("given", "are_ink"), [({}, False), ({"colours": "ink"}, True), ({"colours": "stamps"}, False)]
)
def test_a_package_says_what_the_colours_of_a_scan_are(tmp_path, given, are_ink):
    root, home = tmp_path / "in", tmp_path / "home"
    root.mkdir()
    land(root / "to_1.png")
    body = {"commune": "15670", "era": "E2025A", "date": "2025-06-15", "profile": "dxf_pl3_01", "crs": "EPSG:5897"}
    body["files"] = [{"path": "to_1.png", "role": "scan"} | given]
    (root / "package.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")
    settings = Settings(home=home)
    package(root, home, settings)
    inventory = json.loads((home / "15670" / "package" / "inventory.json").read_text(encoding="utf-8"))
    (traced,) = scanned.read_all(home / "15670", inventory, settings).traced
    codes = {code for found in traced.findings for code in found["code"]}
    assert ("ban_quet.colour_left" in codes) is not are_ink


def test_another_picture_under_the_same_name_is_told_and_what_was_corrected_stays(tmp_path):
    root, home = tmp_path / "in", tmp_path / "home"
    root.mkdir()
    land(root / "to_1.png")
    inventory = {"root": str(root), "crs": "EPSG:5897", "scale": 1000, "profile": "dxf_pl3_01"}
    inventory["files"] = [{"path": "to_1.png", "role": "scan"}]
    assert not scanned.read_all(home, inventory, Settings(home=home)).findings
    (there,) = (home / scanned.FOLDER).iterdir()
    held = {path.name: path.read_bytes() for path in there.iterdir()}
    picture = np.asarray(Image.open(root / "to_1.png")).copy()
    Image.fromarray(picture // 2).save(root / "to_1.png", dpi=(150, 150))
    again = scanned.read_all(home, inventory, Settings(home=home))
    assert [(one.code, one.detail) for one in again.findings] == [("ban_quet.other_picture", f"scans/{there.name}")]
    assert not again.traced
    assert sum(entry.quarantined for entry in again.entries) == 1
    assert {path.name: path.read_bytes() for path in there.iterdir()} == held
    # Without the review file the corrections alone say whose they are.
    (there / "review.gpkg").unlink()
    assert [one.code for one in scanned.read_all(home, inventory, Settings(home=home)).findings] == [
        "ban_quet.other_picture"
    ]
    there.rename(tmp_path / "kept")
    assert not scanned.read_all(home, inventory, Settings(home=home)).findings


@pytest.mark.parametrize(("said", "are_ink"), [([], False), (["--colours"], True)])
def test_the_command_says_it_too(tmp_path, monkeypatch, said, are_ink):
    asked = []

    def apart(path, out, wanted, limits):
        asked.append(wanted.colours_are_ink)
        return folder.make(path, out, wanted)

    monkeypatch.setattr(folder, "make_apart", apart)
    done = CliRunner().invoke(app, ["digitize", str(land(tmp_path / "to_1.png")), "--json", *said])
    assert done.exit_code == 0, done.output
    assert asked == [are_ink]


def seal(picture, x, y, radius=106):
    """Draw a round red seal of 36 mm at 150 dpi, with letters around and a star in its middle."""
    for size, width in ((radius, 5), (int(0.7 * radius), 2)):
        cv2.circle(picture, (x, y), size, RED, width)
    for turn in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        at = (int(x + 0.85 * radius * np.cos(turn)) - 6, int(y + 0.85 * radius * np.sin(turn)) + 6)
        cv2.putText(picture, "A", at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, RED, 2, cv2.LINE_AA)
    cv2.circle(picture, (x, y), radius // 4, RED, -1)


def signature(picture, x, y):
    turn = np.linspace(0, 1, 200)
    points = np.column_stack([x + 170 * turn + 30 * np.sin(40 * turn), y + 40 * np.sin(33 * turn)])
    cv2.polylines(picture, [np.round(points).astype(np.int32)], isClosed=False, color=BLUE, thickness=2)


def numbers(picture, *_):
    for row in range(5):
        cv2.putText(picture, str(row), (300, 300 + 60 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, RED, 2, cv2.LINE_AA)


def told(*things):
    """Return the share of coloured drawing on a black sheet with things drawn on it."""
    picture = np.full((900, 1200, 3), 255, dtype=np.uint8)
    for row in range(6):
        cv2.line(picture, (60, 100 + 140 * row), (1140, 110 + 140 * row), (20, 20, 20), 2)
    for draw in things:
        draw(picture)
    tones = colours.tones(picture.transpose(2, 0, 1)[:, ::3, ::3], are_ink=False)
    left = colours.Left.of(*picture.shape[:2])
    left.add(0, picture.transpose(2, 0, 1), tones)
    assert left.share > 0.001
    return coloured.drawn(left.coarse, None, 150 / 25.4 / left.step, left.share)


def test_a_seal_a_signature_across_it_and_a_wash_are_no_drawing():
    assert told(lambda page: seal(page, 700, 500)) == 0
    assert told(lambda page: seal(page, 700, 500), lambda page: signature(page, 620, 520)) == 0
    assert told(lambda page: cv2.rectangle(page, (300, 300), (500, 340), (250, 160, 60), -1)) == 0


@pytest.mark.parametrize(
    "drawn",
    [
        lambda page: cv2.line(page, (300, 245), (340, 400), RED, 2),
        lambda page: cv2.polylines(
            page, [np.column_stack([np.arange(60, 1100, 5), 300 + 40 * np.sin(np.arange(208) / 9)]).astype(np.int32)],
            isClosed=False, color=BLUE, thickness=2,
        ),
        lambda page: cv2.circle(page, (700, 500), 100, BLUE, 2),
        numbers,
    ],
)  # fmt: skip
def test_a_line_a_creek_a_round_pond_and_numbers_are_told_beside_a_seal_too(drawn):
    assert told(drawn) > 0
    assert told(drawn, lambda page: seal(page, 950, 720)) > 0


def test_what_is_outside_the_frame_bounds_no_parcel():
    left = np.zeros((400, 400), dtype=np.uint8)
    left[20, 50:350] = 1
    corners = np.array([(40, 40), (360, 40), (360, 360), (40, 360)], dtype=np.float64)
    assert coloured.drawn(left, corners, 3.0, 0.2) == 0
    assert coloured.drawn(left, None, 3.0, 0.2) == pytest.approx(0.2)
    assert coloured.drawn(left, corners * np.nan, 3.0, 0.2) == pytest.approx(0.2)
