"""The draft of a package: what it shows, what it hides, and that its lines can be used as they stand."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import jsonschema
import pytest
import typer
import yaml
from typer.testing import CliRunner

import schemas
from pipelines import store as land
from pipelines.change.draft import write
from pipelines.change.written import LAYERS
from pipelines.cli.change_draft import draft
from pipelines.errors import SettingsError, StoreError
from pipelines.vault import Vault
from tests.unit.deliveries import ZONE
from tests.unit.held import ask, fill, key, planned


@pytest.fixture
def filled(url: str, safe: Vault) -> str:
    fill(url, safe)
    return url


def used(text: str) -> dict[str, Any]:
    """Return the content with every line of the pattern in use."""
    lines = [line.removeprefix("# ") for line in text.splitlines() if not line.startswith("##")]
    body: dict[str, Any] = yaml.safe_load("\n".join(lines).replace("edits: []", "edits:"))
    return body


def test_a_draft_is_a_package_but_for_its_number(filled: str, safe: Vault, tmp_path: Path) -> None:
    with land.open_reader(filled) as store:
        write(store, "TN", [key(3), key(1)], tmp_path / "new" / "goi")
        versions = land.current(store, "thua_dat", ZONE).set_index("thua_dat_id")["row_hash"]
    folder = tmp_path / "new" / "goi"
    assert folder.stat().st_mode & 0o077 == 0
    body = yaml.safe_load((folder / "change.yaml").read_text("utf-8"))
    assert body["based_on"] == {key(3): versions[key(3)], key(1): versions[key(1)]}
    problems = list(jsonschema.Draft202012Validator(schemas.change_schema()).iter_errors(body))
    assert {tuple(error.absolute_path) for error in problems} == {("giao_dich_id",)}
    shapes = gpd.read_file(folder / body["thua_dat"])
    assert shapes.crs.to_epsg() == ZONE
    assert shapes["thua_dat_id"].tolist() == [key(3), key(1)]
    assert shapes.area.tolist() == [400.0, 400.0]


def test_every_line_of_every_kind_can_be_used(filled: str, tmp_path: Path, safe: Vault) -> None:
    numbers = range(1, 10)
    for kind in schemas.changes()["kinds"]:
        with land.open_reader(filled) as store:
            write(store, kind, [key(number) for number in numbers], tmp_path / kind)
        text = (tmp_path / kind / "change.yaml").read_text("utf-8")
        assert "038180123456" not in text and "038099654321" not in text
        # The lines that set say what is there already: used as they stand they change nothing and break no form.
        edits = {edit["layer"]: {"set": edit["set"]} for edit in used(text)["edits"] or () if "set" in edit}
        assert set(edits) <= set(LAYERS)
        with land.open_store(filled, srid=ZONE) as store:
            found = planned(store, ask("SN", *numbers, edits=edits), safe)
        assert [(kind, reason.code, reason.en) for reason in found.reasons] == []
        assert found.differences == []


def test_numbers_are_masked_and_people_are_told(filled: str, tmp_path: Path) -> None:
    with land.open_reader(filled) as store:
        write(store, "DT", [key(6)], tmp_path / "goi")
    text = (tmp_path / "goi" / "change.yaml").read_text("utf-8")
    assert "gt1: 038*****3456" in text and "Trịnh Thị Hư Cấu" in text
    assert "038180123456" not in text
    assert not (tmp_path / "goi" / "thua_dat.gpkg").exists()


def test_what_cannot_be_drafted_is_told_in_one_sentence(filled: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    cases = [
        ("DH", [key(1)], "new", SettingsError, "diachinh reform"),
        ("ZZ", [key(1)], "new", SettingsError, "no kind of transaction ZZ"),
        ("CN", [key(1)], "there", SettingsError, "exists"),
        ("CN", [key(1), "15670.E2025B.1.1.99"], "new", StoreError, "no current parcel 15670.E2025B.1.1.99"),
        ("CN", [key(1)], "file/new", StoreError, "cannot be written"),
    ]
    with land.open_reader(filled) as store:
        for kind, names, out, error, sentence in cases:
            with pytest.raises(error, match=sentence):
                write(store, kind, names, tmp_path / out)
    assert not (tmp_path / "new").exists()


def test_the_command_writes_the_folder(filled: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(json.dumps({"store": filled}), encoding="utf-8")
    app = typer.Typer()
    app.command()(draft)
    context = {"config": tmp_path / "s.yaml"}
    told = CliRunner().invoke(app, ["CN", key(1), key(2), "--out", str(tmp_path / "goi")], obj=context)
    assert told.exit_code == 0, told.output
    assert told.stdout.strip() == str(tmp_path / "goi" / "change.yaml")
