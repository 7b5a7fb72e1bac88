"""Settings: what a file may say, and where the files are that it names."""

from pathlib import Path

import pytest

from pipelines import settings
from pipelines.errors import SettingsError


@pytest.mark.parametrize("where", ["", "elsewhere"])
def test_files_named_in_a_settings_file_lie_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    path = tmp_path / "office" / "settings.yaml"
    for folder in (path.parent, tmp_path / "elsewhere"):
        folder.mkdir()
    path.write_text("".join(f"{name}: data/{name}\n" for name in settings.FILES), encoding="utf-8")
    monkeypatch.chdir(tmp_path / where)
    given = path if where else Path("office/settings.yaml")
    told = settings.load(given, home=Path())
    assert {name: getattr(told, name) for name in settings.FILES} == {
        name: path.parent / "data" / name for name in settings.FILES
    }


def test_an_absolute_path_and_one_given_otherwise_stay(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(f"key_file: {tmp_path / 'holder.key'}\nstatistics: null\n", encoding="utf-8")
    told = settings.load(path, admin_crosswalk=Path("table.csv"))
    assert (told.key_file, told.statistics) == (tmp_path / "holder.key", None)
    assert told.admin_crosswalk == Path("table.csv")


@pytest.mark.parametrize(
    "text", [b"- a\n", b"text", b"\xff\xfe\x00", b"a: [", b"1: x", b"statistics: 5", b"unknown: 1"]
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "settings.yaml").write_bytes(text)
    with pytest.raises(SettingsError):
        settings.load(tmp_path / "settings.yaml")


def test_the_store_of_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("store: gpkg:here\n", encoding="utf-8")
    assert settings.load(path).database == f"gpkg:{tmp_path / 'here'}"
    monkeypatch.setenv(settings.STORE_VARIABLE, "postgresql://me@server/land")
    assert settings.load(path).database == settings.load().database == "postgresql://me@server/land"
    for wrong, told in (("gpkg:here", "full path"), ("mysql://server/land", "'store' cannot be used")):
        monkeypatch.setenv(settings.STORE_VARIABLE, wrong)
        with pytest.raises(SettingsError, match=told):
            settings.load(path)
