"""Questions about time: the history of a parcel, and what held on a day."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.options import Home, settings
from pipelines.errors import CadastreError

if TYPE_CHECKING:
    import geopandas as gpd

    from pipelines import store as land

Json = Annotated[bool, typer.Option("--json", help="Một đối tượng JSON / one JSON object")]


def history(
    context: typer.Context,
    parcel: Annotated[str, typer.Argument(help="Mã thửa, ví dụ 15670.E2025A.1.12.345 / parcel id")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Lịch sử một thửa: khi nào, gì đổi, từ bản nào / what a parcel was, when, and by which release."""
    from pipelines.load.chain import chain, lines

    found = chain(settings(context, home), parcel)
    for line in [json.dumps(found, ensure_ascii=False)] if as_json else lines(found):
        typer.echo(line)


def as_of(
    context: typer.Context,
    day: Annotated[str, typer.Argument(metavar="DATE", help="Ngày, ví dụ 2025-07-01 / date")],
    known: Annotated[
        str | None,
        typer.Option(help="Theo những gì đã biết lúc đó (UTC) / as was known at that time", show_default=False),
    ] = None,
    commune: Annotated[str | None, typer.Option(help="Chỉ xã này / this commune only", show_default=False)] = None,
    era: Annotated[str | None, typer.Option(help="Kỳ địa giới của mã xã / era of the code", show_default=False)] = None,
    parcel: Annotated[str | None, typer.Option(help="Chỉ thửa này / this parcel only", show_default=False)] = None,
    out: Annotated[
        Path | None, typer.Option(help="Tệp GeoPackage cần ghi / GeoPackage to write", show_default=False)
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Những gì đúng vào một ngày / what held on a day, as is known now or was known at a time."""
    from pipelines import store as land

    if out and out.exists():
        raise CadastreError(
            f"Đã có tệp {out}: chọn tên khác cho --out.", f"The file {out} is there already: choose another for --out."
        )
    valid, at = _day(day), _time(known) if known else None
    with land.open_reader(settings(context, home).database) as store:
        scopes = _scopes(store, commune, era)
        keys = land.keys_of(store, parcel) if parcel else None
        answers = {
            scope: {
                srid: land.as_of_commune(store, srid, scope, valid=valid, known=at)
                if scope
                else land.as_of(store, srid, valid=valid, known=at, thua_dat_id=parcel)
                for srid in store.zones()
            }
            for scope in scopes
        }
    if keys and commune:
        answers = {
            scope: {srid: rows[rows["thua_dat_id"].isin(keys)] for srid, rows in frames.items()}
            for scope, frames in answers.items()
        }
    zones = _together(list(answers.values()))
    held = {srid: parcels for srid, parcels in zones.items() if len(parcels)}
    for srid, parcels in held.items() if out else ():
        parcels.to_file(out, layer=f"thua_dat_{srid}", driver="GPKG")
    counts = {f"EPSG:{srid}": len(parcels) for srid, parcels in held.items()}
    ids = [str(name) for parcels in held.values() for name in parcels["thua_dat_id"]]
    told = [_told(scope, frames) for scope, frames in answers.items() if scope]
    if as_json:
        body = {"valid": valid, "known": at, "parcels": len(ids), "zones": counts, "thua_dat_id": ids}
        typer.echo(json.dumps(body | ({"communes": told} if commune else {}), ensure_ascii=False))
        return
    typer.echo(f"{valid}: {len(ids)} thửa / parcels" + "".join(f" · {zone}: {n}" for zone, n in counts.items()))
    if len(told) > 1:
        typer.echo(f"Mã {commune} là nhiều xã khác nhau theo kỳ (--era) / the code is another commune in each era:")
        for each in told:
            typer.echo(
                f"  {each['ma_xa']}.{each['ky_dia_gioi']} {each['ten_xa'] or ''}: {each['parcels']} thửa / parcels"
            )
    if parcel:
        for parcels in held.values():
            shown = parcels.drop(columns="geometry").iloc[0].dropna()
            typer.echo("\n".join(f"  {name}: {value}" for name, value in shown.items()))


def _scopes(store: "land.Store", commune: str | None, era: str | None) -> list[tuple[str, str] | None]:
    """Return the communes asked for: every era of a code unless one is named; None for all communes."""
    from pipelines.store import eras_of

    if not commune:
        if era:
            raise CadastreError(
                "--era chỉ dùng cùng --commune: ghi thêm mã xã.", "--era goes with --commune: name the commune, too."
            )
        return [None]
    eras = eras_of(store, commune)
    if era and era not in eras:
        raise CadastreError(
            f"Cơ sở dữ liệu không có xã {commune} của kỳ {era}: các kỳ có là {', '.join(eras) or '-'}.",
            f"The database holds no commune {commune} of era {era}: it has {', '.join(eras) or '-'}.",
        )
    return [(commune, each) for each in ([era] if era else eras)]


def _together(answers: list[dict[int, "gpd.GeoDataFrame"]]) -> dict[int, "gpd.GeoDataFrame"]:
    """Return the parcels of several answers, each version once."""
    import pandas as pd

    zones = sorted({srid for answer in answers for srid in answer})
    return {
        srid: pd.concat([answer[srid] for answer in answers], ignore_index=True).drop_duplicates("version_id")
        for srid in zones
    }


def _told(scope: tuple[str, str], frames: dict[int, "gpd.GeoDataFrame"]) -> dict[str, Any]:
    from pipelines.communes import commune

    ids = [str(name) for parcels in frames.values() for name in parcels["thua_dat_id"]]
    return {
        "ma_xa": scope[0],
        "ky_dia_gioi": scope[1],
        "ten_xa": commune(*scope).name,
        "parcels": len(ids),
        "thua_dat_id": ids,
    }


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise CadastreError(
            f"“{text}” không phải ngày: viết như 2025-07-01.", f"'{text}' is no date: write it like 2025-07-01."
        ) from error


def _time(text: str) -> str:
    """Return a time as the database writes it; without a zone it is UTC, a date is its beginning."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CadastreError(
            f"“{text}” không phải thời điểm: viết như 2025-07-01T08:00.",
            f"'{text}' is no time: write it like 2025-07-01T08:00.",
        ) from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
