"""The person behind a record, as an officer reads it and as a program does."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

import schemas
from pipelines.communes import commune
from pipelines.linkage.person import CHANGED, GONE, SAME, UNLINKED, Person
from pipelines.linkage.run import ALONE, BY_LIKENESS, BY_NUMBER, BY_OFFICER

_WHY = {
    BY_NUMBER: "trùng số giấy tờ / by number",
    BY_LIKENESS: "giống nhau / by likeness",
    BY_OFFICER: "cán bộ xác nhận / by an officer",
    ALONE: "chưa thấy hồ sơ khác / no other record",
}
_STATE = {
    CHANGED: "đã thay đổi sau lần nối, không tính / changed since the run, not counted",
    GONE: "không còn trong cơ sở dữ liệu / no longer in the database",
    UNLINKED: "chưa được nối / not linked yet",
}
_MOST_COMMUNES = 5


def body(person: Person) -> dict[str, Any]:
    """Return the person as one JSON object; areas in m²."""
    run = person.run and {"id": person.run.id, "luc": person.run.luc}
    return {
        "nguoi_id": person.nguoi_id,
        "is_current": person.is_current,
        "run": run,
        "communes_since": person.newer,
        "decisions_since": person.decisions,
        "records": _objects(person.records),
        "parcels": _objects(person.parcels),
    }


def lines(person: Person) -> Iterator[str]:
    """Yield the person as text: what holds, what may be out of date, and under each record its land."""
    land = person.parcels.dropna(subset="thua_key").drop_duplicates(["thua_key", "thua_dat_id"])
    since = f" · lần nối / run {person.run.id}, {person.run.luc[:16]}Z" if person.run else ""
    yield (
        f"{person.nguoi_id or person.records['record_key'].iloc[0]}: {len(person.records)} hồ sơ / records · "
        f"{person.records['ma_xa'].nunique()} xã / communes · {len(land)} thửa / parcels{since}"
    )
    if not person.is_current:
        yield f"Có thể đã cũ, chạy `diachinh link` / may be out of date, run `diachinh link`: {_since(person)}"
    parcels = dict(iter(person.parcels.groupby("record_key")))
    for record in _objects(person.records):
        said = [record[name] for name in ("record_key", "ho_ten", "born", "sex", "masked", "dia_chi")]
        told = [_WHY.get(record["why"]) if record["state"] == SAME else _STATE[record["state"]]]
        yield " · ".join(str(text) for text in said + told if text)
        if record["record_key"] in parcels:
            yield from (f"  {_parcel(row)}" for row in _objects(parcels[record["record_key"]]))


def _since(person: Person) -> str:
    if person.run is None:
        return "chưa nối lần nào / never linked"
    listed = ", ".join(person.newer[:_MOST_COMMUNES]) + (", …" if len(person.newer) > _MOST_COMMUNES else "")
    communes = f"{len(person.newer)} xã có bản mới hơn / communes with newer releases ({listed})"
    decisions = f"{person.decisions} quyết định mới / new decisions"
    return " · ".join(text for text, is_told in ((communes, person.newer), (decisions, person.decisions)) if is_told)


def _parcel(row: dict[str, Any]) -> str:
    place = commune(row["ma_xa"], row["ky_dia_gioi"]).name_short or row["ma_xa"]
    area = row["dien_tich"] if row["dien_tich"] is not None else row["dien_tich_do"]
    parts = [
        f"{place} tờ / sheet {row['so_hieu_to_ban_do']} thửa / parcel {row['so_thu_tu_thua']}"
        if row["thua_key"]
        else f"{place}, không ghi thửa nào / names no parcel",
        "không có trên bản đồ / not on the map" if row["thua_key"] and not row["thua_dat_id"] else None,
        None if area is None else f"{area:,.1f} m²",
        row["loai_dat"],
        _holder(row["loai_doi_tuong"]),
        row["so_phat_hanh"] and f"GCN / certificate {row['so_phat_hanh']}",
    ]
    return " · ".join(str(part) for part in parts if part)


def _holder(code: str | None) -> str | None:
    names = schemas.codelist("phap_nhan").set_index("code")
    return f"{names['name_vi'][str(code)]} / {names['name_en'][str(code)]}" if code in names.index else code


def _objects(rows: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", force_ascii=False, double_precision=10))
    return found
