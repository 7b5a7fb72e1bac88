"""Keeping the land database safe: backup, restore, and whether it is sound."""

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.options import Home, account, settings


def backup(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(help="Tệp sao lưu (mặc định: trong --home) / file to write", show_default=False),
    ] = None,
    verify: Annotated[
        bool, typer.Option(help="Thử khôi phục và so sánh rồi mới báo xong / try it out before saying done")
    ] = True,
    home: Home = None,
) -> None:
    """Sao lưu đất đai và chủ sử dụng cùng một thời điểm / back up land and holders of one moment."""
    from pipelines.safety import back_up
    from pipelines.store.releases import now

    chosen = settings(context, home)
    target = out or chosen.home / f"backup-{now()[:19].replace(':', '')}Z.zip"
    manifest = back_up(chosen.database, target, verify=verify)
    rows = sum(content.rows for content in manifest.tables.values())
    tried = ("đã thử khôi phục", "tried out") if verify else ("CHƯA thử khôi phục", "NOT tried out")
    typer.echo(
        f"{target}: {rows} dòng / rows, lược đồ / schema {manifest.schema_version}, {tried[0]} / {tried[1]}\n"
        "Tệp này có dữ liệu cá nhân, không có khóa: giữ tệp khóa (`key_file`, mặc định holder.key) ở nơi khác.\n"
        "This file holds personal data and no key: keep the key file (`key_file`, else holder.key) in another place."
    )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Tệp sao lưu / the backup")],
    to: Annotated[
        str | None,
        typer.Option(help="Nơi khôi phục: gpkg:THƯ_MỤC hoặc postgresql://… / where to", show_default=False),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Giữ bản đang có sang một bên / set aside what is there")
    ] = False,
    who: Annotated[
        str | None, typer.Option(help="Người thực hiện (mặc định: tài khoản máy) / who does it", show_default=False)
    ] = None,
    home: Home = None,
) -> None:
    """Khôi phục từ bản sao lưu; bản đang có không bị xóa / restore a backup; what is there is not deleted."""
    from pipelines.safety import restore as bring_back

    place = to or settings(context, home).database
    done = bring_back(file, place, replace=replace, account=who or account())
    typer.echo(f"{file} → {done.place}: bản sao lưu lúc / backup of {done.manifest.made_at}")
    if done.former:
        typer.echo(f"Bản cũ được giữ tại / the former one is kept in {done.former}")
    if done.manifest.is_older:
        typer.echo(
            f"Lược đồ {done.manifest.schema_version} cũ hơn chương trình: chạy `diachinh migrate` trước khi dùng.\n"
            f"Schema {done.manifest.schema_version} is older than the program: run `diachinh migrate` before use."
        )
        return
    _report(place, as_json=False)


def check_store(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Kết quả dạng JSON / for machines")] = False,
    home: Home = None,
) -> None:
    """Kiểm tra cơ sở dữ liệu có nguyên vẹn không / check that the database is sound."""
    _report(settings(context, home).database, as_json=as_json)


def _report(place: str, *, as_json: bool) -> None:
    """Tell what a store is found to be; end with exit code 3 where it is not sound.

    Raises:
        Exit: It is not sound.
    """
    import json
    from dataclasses import asdict

    from pipelines.safety import examine

    found = examine(place)
    is_sound = not any(defect.is_fault for defect in found)
    if as_json:
        typer.echo(json.dumps({"sound": is_sound, "found": [asdict(one) for one in found]}, ensure_ascii=False))
    else:
        for one in found:
            mark = "LỖI / FAULT" if one.is_fault else "ghi chú / note"
            shown = f" ({', '.join(one.examples)})" if one.examples else ""
            typer.echo(f"{mark} {one.code}: {one.count}: {one.vi} / {one.en}{shown}")
        typer.echo("Nguyên vẹn / sound" if is_sound else "Không nguyên vẹn / not sound")
    if not is_sound:
        raise typer.Exit(3)
