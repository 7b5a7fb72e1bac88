"""What the package says of other layers: each row checked against its schema and the current rows, then entered."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import jsonschema
import pandas as pd

import schemas
from pipelines.certificates import tidy_serial
from pipelines.change.book import VERSION, Book, key_columns, keys, stacked
from pipelines.change.case import RIGHTS, Case
from pipelines.change.request import ADD, END, SET, Edit, Reason
from pipelines.change.why import because
from pipelines.sealing import seal
from pipelines.vault import Vault
from schemas.resolve import resolved

LAYERS = (
    "muc_dich_su_dung", "nguon_goc_dat", "han_che_quyen", "tai_san", "tai_lieu_do_dac", *RIGHTS,
    "giay_chung_nhan", "giay_to_tuy_than", "ca_nhan", "vo_chong", "ho_gia_dinh", "to_chuc", "cong_dong", "nhom_nguoi",
    "giao_dich_bao_dam", "tai_san_bao_dam", "ngan_chan", "ho_so_quet", "tep_ho_so_quet",
)  # fmt: skip
"""Layers that a package may change beside the parcels."""

_LARGEST = 2**53
"""Beyond it a number is no longer exact in JSON, and does not fit a column."""

Row = Mapping[str, Any]


def enter(case: Case, vault: Vault) -> list[Reason]:
    """Enter the edits of the package in the book of the case, ends first; return what is wrong with them.

    Nothing is entered of a layer of which something is wrong.
    """
    reasons: list[Reason] = []
    for edit in case.request.edits:
        if edit.layer not in LAYERS:
            reasons.append(because("layer.not_here", layer=edit.layer))
            continue
        fresh = [_of_commune(edit.layer, row, case) for row in edit.add]
        plain = Edit(edit.layer, *map(_plain, (fresh, edit.set, edit.end)))
        wrong = [*_broken(plain), *_doubled(plain)]
        reasons += wrong or _enter(case, plain, vault)
    return reasons


def _plain(rows: Sequence[Row]) -> list[Row]:
    return [{name: _value(name, value) for name, value in row.items()} for row in rows]


def _value(name: str, value: Any) -> Any:
    """Return a date as text, as the schema wants it, and a serial as the register writes it."""
    if isinstance(value, date):
        return value.isoformat()
    return tidy_serial(value) if name == "so_phat_hanh" and isinstance(value, str) else value


def _broken(edit: Edit) -> list[Reason]:
    """Return what breaks the schema; a reason names the column and the rule, never the value."""
    reasons = []
    for step, rows in ((ADD, edit.add), (SET, edit.set), (END, edit.end)):
        for place, row in enumerate(rows, start=1):
            for error in _validator(edit.layer, step).iter_errors(dict(row)):
                reasons.append(_told(edit.layer, f"{step} {place}", row, error))
            odd = [f"{step} {place}.{name}" for name, value in row.items() if _is_no_number(value)]
            reasons += [because("row.bad_value", odd, layer=edit.layer, rule="number")] if odd else []
    return reasons


def _told(layer: str, where: str, row: Row, error: jsonschema.ValidationError) -> Reason:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties":
        strange = sorted(map(str, set(row) - set(schema["properties"])))
        return because("row.unknown_column", f"{where}: {', '.join(strange)}", layer=layer)
    if error.validator == "required":
        lacking = [name for name in schema["required"] if name not in row]
        return because("row.no_key", where, layer=layer, rule=", ".join(lacking))
    column = ".".join(map(str, error.absolute_path))
    rule = f"{error.validator}: {schema.get('x-codelist') or schema.get(str(error.validator))}"
    return because("row.bad_value", f"{where}.{column}", layer=layer, rule=rule)


@cache
def _validator(layer: str, step: str) -> jsonschema.Draft202012Validator:
    """Return what judges the rows of a step: whole rows, a key with some values, or a key alone."""
    schema = resolved(layer)
    if step != ADD:
        schema["required"] = list(key_columns(layer))
    if step == END:
        schema["properties"] = {name: schema["properties"][name] for name in key_columns(layer)}
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def _is_no_number(value: Any) -> bool:
    if isinstance(value, float) and not math.isfinite(value):
        return True
    return isinstance(value, int | float) and abs(value) > _LARGEST


def _doubled(edit: Edit) -> list[Reason]:
    """Return rows that are named twice; a row may end and another take its key, but not change and end."""
    named = [_keys(edit.layer, rows) for rows in ((*edit.set, *edit.end), (*edit.set, *edit.add))]
    twice = [key for column in named for key in column[column.duplicated()]]
    return [because("row.twice", twice, layer=edit.layer)] if twice else []


def _keys(layer: str, rows: Sequence[Row]) -> pd.Series:
    if not rows:
        return pd.Series(dtype="string")
    return keys(layer, pd.DataFrame([{name: row.get(name) for name in key_columns(layer)} for row in rows]))


def _enter(case: Case, edit: Edit, vault: Vault) -> list[Reason]:
    book, layer = case.book, edit.layer
    added, changed, ended = (_keys(layer, rows) for rows in (edit.add, edit.set, edit.end))
    first = key_columns(layer)[0]
    book.read(layer, first, [str(row[first]) for row in (*edit.add, *edit.set, *edit.end)])
    rows = book.after(layer)
    found = keys(layer, rows)
    lost = [key for key in (*changed, *ended) if key not in set(found)]
    stays = ~found.isin(ended)
    taken = list(added[added.isin(found[stays])])
    reasons = [because("row.not_current", lost, layer=layer)] if lost else []
    reasons += [because("row.exists", taken, layer=layer)] if taken else []
    reasons += _of_other_communes(case, edit)
    if reasons:
        return reasons
    kept, names = rows[stays], found[stays]
    for place, row in enumerate(edit.set):
        kept = _with_values(book, layer, kept, names == changed.iloc[place], row, vault)
    fresh = _typed(book, layer, edit.add, vault)
    book.write(layer, stacked(kept, fresh))
    return []


def _with_values(book: Book, layer: str, rows: pd.DataFrame, there: pd.Series, row: Row, vault: Vault) -> pd.DataFrame:
    """Return rows with the values that the package sets in those that are meant."""
    values = _typed(book, layer, [row], vault)
    named = [
        column
        for name in row
        for column in values.columns
        if column == name or (column.startswith(f"{name}_") and name not in values.columns)
    ]
    return rows.assign(**{name: rows[name].mask(there, values[name].iloc[0]) for name in named})


def _typed(book: Book, layer: str, rows: Sequence[Row], vault: Vault) -> pd.DataFrame:
    sealed = seal(pd.DataFrame([dict(row) for row in rows]), book.table(layer), vault)
    return book.typed(layer, sealed.drop(columns=VERSION, errors="ignore"))


def _of_commune(layer: str, row: Row, case: Case) -> Row:
    named = {"ma_xa", "ky_dia_gioi"} & set(schemas.layer(layer)["properties"])
    return {**{name: getattr(case.request, name) for name in named}, **row}


def _of_other_communes(case: Case, edit: Edit) -> list[Reason]:
    wanted = {"ma_xa": case.request.ma_xa, "ky_dia_gioi": case.request.ky_dia_gioi}
    rows = [*edit.add, *edit.set]
    other = [any(row.get(name, value) != value for name, value in wanted.items()) for row in rows]
    names = _keys(edit.layer, rows)
    return [because("row.other_commune", names[other], layer=edit.layer)] if any(other) else []
