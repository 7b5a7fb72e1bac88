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
