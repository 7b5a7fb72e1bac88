from schemas.__main__ import main
from schemas.build import build, outputs, stale


def test_generated_files_are_fresh():
    assert stale() == []


def test_build_writes_what_check_wants_and_removes_what_is_gone(tmp_path):
    (tmp_path / "old.sql").write_text("x", encoding="utf-8")
    changed = build(tmp_path)
    assert set(changed) == {"old.sql", *outputs()}
    assert stale(tmp_path) == []
    assert not (tmp_path / "old.sql").exists()
    assert build(tmp_path) == []


def test_check_names_what_is_stale(tmp_path, monkeypatch, capsys):
    build(tmp_path)
    (tmp_path / "land.sql").write_text("-- edited\n", encoding="utf-8")
    (tmp_path / "types.ts").unlink()
    monkeypatch.setattr("schemas.__main__.stale", lambda: stale(tmp_path))
    assert main(["check"]) == 1
    told = capsys.readouterr().err
    assert "land.sql" in told
    assert "types.ts" in told
    assert "holders.sql" not in told


def test_dictionary_names_every_finding_and_typescript_every_land_use():
    import schemas

    files = outputs()
    assert all(f"`{code}`" in files["dictionary.md"] for code in schemas.findings())
    lines = files["dictionary.md"].splitlines()
    laws = {code: entry["legal_ref"] for code, entry in schemas.findings().items()}
    assert all(any(f"`{code}`" in line and f"| {law} |" in line for line in lines) for code, law in laws.items())
    assert all(f'"{code}":' in files["types.ts"] for code in schemas.codelist("land_use_new")["code"])
