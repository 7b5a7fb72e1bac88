"""A change package to begin with: the parcels as they are, what the kind needs and may do, and every row it may touch.

The folder holds names and addresses of people; numbers of people stand in it masked only.
"""

import datetime
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

import schemas
from pipelines import files
from pipelines import store as land
from pipelines.change.book import VERSION, Book, key_columns
from pipelines.change.case import MORTGAGE, RIGHTS, open_case
from pipelines.change.request import ADD, END, SET, Request
from pipelines.change.standing import HOLDERS
from pipelines.change.written import LAYERS
from pipelines.errors import SettingsError, StoreError
from pipelines.sealing import HASHED, MASKED, SEALED
from pipelines.store.reading import read_versions

CHANGE_FILE, PARCEL_FILE = "change.yaml", "thua_dat.gpkg"

_REFORM = "DH"
_COLUMNS = [
    "thua_dat_id", "loai_ban_do", "so_hieu_to_ban_do", "so_thu_tu_thua", "loai_dat", "loai_dat_ghi", "dien_tich",
    "dien_tich_phap_ly", "dia_chi", "geometry",
]  # fmt: skip
"""What an officer may say of a parcel after; the rest follows from it."""


def write(store: land.Store, kind: str, names: Sequence[str], out: Path) -> None:
    """Write the draft of a change package into a new folder.

    Args:
        store: The land database, open for reading.
        kind: Kind of transaction, a code of `loai_bien_dong`.
        names: Ids of the current parcels it is about, all of one commune.
        out: The folder; it must not be there yet.

    Raises:
        SettingsError: There is no such kind, or the folder exists.
        StoreError: A parcel is not current, the parcels are of several communes, the database cannot be read, or the
            folder cannot be written.
    """
    _require(kind, out)
    parcels = _parcels(store, list(dict.fromkeys(names)))
    srid = int(parcels.crs.to_epsg())
    with store.holders():
        book = _book(store, kind, parcels, srid)
    steps = _steps(kind)
    has_parcels = any(step.startswith("thua_dat:") for step in steps)
    text = "\n".join([*_head(kind, parcels, has_parcels), *_edits(book, steps)]) + "\n"
    with files.writing(out) as folder:
        folder.chmod(0o700)
        (folder / CHANGE_FILE).write_text(text, encoding="utf-8")
        if has_parcels:
            pyogrio.write_dataframe(parcels[_COLUMNS], folder / PARCEL_FILE, layer="thua_dat")


def _require(kind: str, out: Path) -> None:
    known = schemas.changes()["kinds"]
    if kind == _REFORM:
        raise SettingsError(
            "Loại DH là sắp xếp cả xã, không phải gói biến động: dùng `diachinh reform`.",
            "Kind DH is the reform of a whole commune and no change package: use `diachinh reform`.",
        )
    if kind not in known:
        raise SettingsError(
            f"Không có loại biến động {kind}: chọn một trong {', '.join(known)}.",
            f"There is no kind of transaction {kind}: choose one of {', '.join(known)}.",
        )
    if out.exists():
        raise SettingsError(
            f"{out} đã có: chọn thư mục khác cho gói mới, hoặc xóa nó.",
            f"{out} exists: choose another folder for the new package, or remove it.",
        )


def _parcels(store: land.Store, names: list[str]) -> gpd.GeoDataFrame:
    """Return the current parcels of these ids, in their order.

    Raises:
        StoreError: One is not current, or they are of several communes.
    """
    found = gpd.GeoDataFrame({"thua_dat_id": pd.Series(dtype="string")})
    for srid in store.zones():
        condition = f"WHERE tx_to IS NULL AND {store.among('thua_dat_id', 'names')} ORDER BY version_id"
        found = read_versions(
            store, land.layer_table("thua_dat", srid), srid, condition, {"names": store.values(names)}
        )
        if len(found):
            break
    lost = [name for name in names if name not in set(found["thua_dat_id"])]
    if lost:
        raise StoreError(
            f"Không có thửa hiện hành {', '.join(lost)}: kiểm tra mã, ví dụ 15670.E2025B.1.12.345.",
            f"There is no current parcel {', '.join(lost)}: check the id, for example 15670.E2025B.1.12.345.",
        )
    if len(found[["ma_xa", "ky_dia_gioi"]].drop_duplicates()) != 1:
        raise StoreError(
            "Các thửa thuộc nhiều xã: một gói biến động chỉ thuộc một xã.",
            "The parcels are of several communes: a change package is of one commune.",
        )
    ordered: gpd.GeoDataFrame = found.set_index("thua_dat_id", drop=False).loc[names].reset_index(drop=True)
    return ordered


def _book(store: land.Store, kind: str, parcels: gpd.GeoDataFrame, srid: int) -> Book:
    """Return every current row about the parcels, down to the papers of their holders."""
    scope = (str(parcels["ma_xa"].iloc[0]), str(parcels["ky_dia_gioi"].iloc[0]))
    based_on = dict(zip(parcels["thua_dat_id"], parcels["row_hash"], strict=True))
    request = Request("", kind, *scope, _today(), "", based_on, None)
    names, keys = parcels["thua_dat_id"].astype("string"), parcels["thua_key"].astype("string")
    same = {"thua_key_cu": keys, "thua_key_moi": keys, "thua_dat_id_cu": names, "thua_dat_id_moi": names}
    book = Book(store, scope, srid)
    open_case(book, request, pd.DataFrame(same).assign(dien_tich_chung=0.0))
    for layer in (*RIGHTS, MORTGAGE):
        for holder in HOLDERS:
            rows = book.before(layer)
            book.read(holder, key_columns(holder)[0], rows.loc[rows["loai_doi_tuong"] == holder, "chu_id"])
    members = [("vo_chong", "vo_id"), ("vo_chong", "chong_id")]
    members += [("ho_gia_dinh", "thanh_vien_id"), ("nhom_nguoi", "thanh_vien_id")]
    members += [("to_chuc", "nguoi_dai_dien_id"), ("cong_dong", "nguoi_dai_dien_id")]
    for layer, column in members:
        book.read("ca_nhan", "ca_nhan_id", book.before(layer)[column].dropna().str.split(";").explode().str.strip())
    book.read("giay_to_tuy_than", "ca_nhan_id", book.before("ca_nhan")["ca_nhan_id"])
    return book


def _steps(kind: str) -> dict[str, bool]:
    """Return the steps that a kind may take, and whether it needs them (each of them, or another in its place)."""
    rules = schemas.changes()
    needed = [step for alternatives in rules["kinds"][kind]["needs"] for step in _expanded(alternatives, rules)]
    allowed = _expanded([*rules["kinds"][kind]["may"], *rules["always"]], rules)
    return {**dict.fromkeys(allowed, False), **dict.fromkeys(needed, True)}


def _expanded(steps: Sequence[Any], rules: dict[str, Any]) -> Iterator[str]:
    """Yield `layer:action` one by one for steps as the file writes them: sets by name, several actions at once."""
    for step in steps:
        if isinstance(step, list):
            yield from _expanded(step, rules)
        elif ":" not in step:
            yield from _expanded(rules["sets"][step], rules)
        else:
            layer, _, actions = step.partition(":")
            yield from (f"{layer}:{action}" for action in actions.split(","))


def _head(kind: str, parcels: gpd.GeoDataFrame, has_parcels: bool) -> list[str]:
    name = schemas.codelist("loai_bien_dong").set_index("code").loc[kind]
    rules = schemas.changes()
    needs = [" | ".join(_expanded(alternatives, rules)) for alternatives in rules["kinds"][kind]["needs"]]
    lines = [
        f"## {kind}: {name['name_vi']} / {name['name_en']}",
        "## Dòng bắt đầu bằng ## là lời giải thích; bỏ “# ” ở đầu dòng để dùng dòng mẫu.",
        "## Lines that begin with ## explain; take the leading “# ” away to use a line.",
        *(f"## Cần một trong / needs one of: {alternatives}" for alternatives in needs),
        'giao_dich_id: ""  # mã biến động, chỉ dùng một lần / number of the transaction, used once only',
        f"loai_bien_dong: {kind}",
        f'ma_xa: "{parcels["ma_xa"].iloc[0]}"',
        f"ky_dia_gioi: {parcels['ky_dia_gioi'].iloc[0]}",
        f'ngay_hieu_luc: "{_today()}"  # ngày có hiệu lực / date it takes effect',
        '# ma_ho_so: ""',
        '# can_cu: ""  # số văn bản / legal base',
    ]
    if kind in rules["areas_may_change"]:
        lines.append('# ly_do_dien_tich: ""  # khi diện tích thay đổi / where an area changes')
    if kind not in rules["despite_mortgage"]:
        lines.append('# dong_y_the_chap: ""  # nếu đang thế chấp / where mortgaged')
    lines.append("based_on:  # thửa và phiên bản đã thấy, giữ nguyên / parcels and versions seen, leave as it is")
    seen = zip(parcels["thua_dat_id"], parcels["row_hash"], strict=True)
    lines += [f"  {_flow(name)}: {_flow(version)}" for name, version in seen]
    if has_parcels:
        lines += [
            "## Sửa tệp này trong QGIS thành các thửa sau biến động. Thửa mới: xóa thua_dat_id, số thửa ghi auto, và",
            "## xóa hoặc ghi lại dien_tich, dien_tich_phap_ly (QGIS chép của thửa cũ; để trống thì tính theo hình).",
            "## Edit this file in QGIS to the parcels after. New ones: empty thua_dat_id, `auto` as so_thu_tu_thua,",
            "## and empty or new dien_tich, dien_tich_phap_ly (QGIS copies the old ones; empty: as measured).",
            "## Bỏ dòng này nếu thửa không đổi / drop this line where no parcel changes.",
            f"thua_dat: {PARCEL_FILE}",
        ]
    return lines


def _edits(book: Book, steps: dict[str, bool]) -> Iterator[str]:
    """Yield a block for each layer that the kind may touch: its current rows, to be ended or changed."""
    yield "edits: []  # bỏ “ []” khi dùng các dòng dưới / take “ []” away when you use the lines below"
    layers = schemas.layers()
    for layer in LAYERS:
        actions = [action for action in (END, SET, ADD) if f"{layer}:{action}" in steps]
        if not actions:
            continue
        titles, needed = layers[layer], any(steps[f"{layer}:{action}"] for action in actions)
        rows, masked = _shown(book, layer)
        if not rows and ADD not in actions:
            continue
        yield f"## {titles['title']} / {titles['title:en']}{' · cần / needed' if needed else ''}: {', '.join(actions)}"
        yield from (f"##   {text}" for text in masked)
        yield f"# - layer: {layer}"
        key = key_columns(layer)
        if END in actions and rows:
            yield "#   end:"
            yield from (f"#   - {_flow({name: row[name] for name in key})}" for row in rows)
        if SET in actions and rows:
            yield "#   set:"
            yield from (f"#   - {_flow(row)}" for row in rows)
        if ADD in actions:
            yield "#   add:"
            yield f"#   - {_flow(dict.fromkeys(titles['properties']))}"


def _shown(book: Book, layer: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of a layer without their sealed numbers, and a line on each number as it may be shown."""
    rows = book.before(layer).drop(columns=VERSION)
    masked = [name for name in rows.columns if name.endswith(MASKED)]
    key = key_columns(layer)[0]
    lines = [
        f"{name.removesuffix(MASKED)} {row[key]}: {row[name]}"
        for name in masked
        for row in _plain(rows[[key, name]])
        if name in row
    ]
    truths = [name for name, kind in book.table(layer).entity if kind == "BOOLEAN"]
    rows = rows.astype(dict.fromkeys(truths, "boolean"))
    sealed = [name for name in rows.columns if name.endswith((SEALED, HASHED, MASKED))]
    return _plain(rows.drop(columns=sealed)), lines


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON takes them, without what is not known."""
    known: list[dict[str, Any]] = json.loads(pd.DataFrame(rows).to_json(orient="records", double_precision=10))
    return [{name: value for name, value in row.items() if value is not None} for row in known]


def _flow(row: Any) -> str:
    """Return a value on one line of YAML; JSON is YAML too."""
    return json.dumps(row, ensure_ascii=False)


def _today() -> str:
    return datetime.date.today().isoformat()
