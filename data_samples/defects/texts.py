"""Defects of writing: characters of other scripts, look-alikes of the letter Đ, spellings of numbers and dates."""

from datetime import date
from random import Random

from data_samples.defects.picker import Picker
from data_samples.deliveries import in_form, register_files
from data_samples.legacy import decomposed, tcvn3
from data_samples.model import Delivery, Row
from data_samples.xlsx import HEADINGS, LOST_BYTE, spelled


def foreign(picker: Picker, strange: str, count: int) -> None:
    """Put a character no Vietnamese text has at the end of a name."""
    for _ in range(count):
        parcel, row = picker.row()
        row.values["ho_ten"] += strange
        picker.answer("van_ban.foreign_character", parcel, row=row, note=f"planted: U+{ord(strange):04X} in ho_ten")


def lost_bytes(picker: Picker, count: int) -> None:
    """Put a byte that is no UTF-8 into an address of the CSV, as a cut or doubly converted file has them."""
    for _ in range(count):
        parcel, row = picker.row(lambda item: not in_form(item))
        row.values["dia_chi_chu"] += LOST_BYTE
        picker.answer("van_ban.undecodable", parcel, row=row, note="planted: byte FF in dia_chi_chu")


def misencoded(picker: Picker) -> None:
    """Leave the addresses of holders in TCVN3 in the last third of a Unicode workbook, as pasted from an old book."""
    rows = picker.delivery.rows
    for row in rows[len(rows) * 2 // 3 :]:
        if row.values.get("dia_chi_chu"):
            row.values["dia_chi_chu"] = tcvn3(row.values["dia_chi_chu"])
    picker.answer("van_ban.mixed_encoding", file=register_files(picker.delivery)[0].path, note="planted: dia_chi_chu")


def look_alikes(picker: Picker, count: int) -> None:
    """Write Ð (U+00D0) where Đ (U+0110) is meant."""
    for _ in range(count):
        _, row = picker.row()
        row.values["dia_chi"] = "\u00d0ội 5, " + row.values["dia_chi"]


def repairs(delivery: Delivery) -> list[tuple[str, int]]:
    """Return how many values of each register file a reader has to bring to precomposed Unicode."""
    counts = []
    for file in register_files(delivery):
        texts = [
            str(spelled(row.values[name])) for row in file.rows for name in HEADINGS if row.values.get(name) is not None
        ]
        is_decomposed = file.path.endswith(".csv")
        damaged = sum("\u00d0" in text or (is_decomposed and decomposed(text) != text) for text in texts)
        counts.append((file.path, damaged))
    return [(path, count) for path, count in counts if count]


def vary(picker: Picker) -> None:
    """Spell some areas and dates in the other ways clerks do; nothing changes its meaning, rows with defects stay."""
    damaged = {id(item.row) for item in picker.delivery.answers if item.row is not None}
    keys = {(item.to, item.thua) for item in picker.delivery.answers}
    for row in picker.delivery.rows:
        if id(row) not in damaged and not row.touched and row.key not in keys:
            _spell(row, picker.rng)


def _spell(row: Row, rng: Random) -> None:
    if rng.random() < 0.15:
        row.values["dien_tich"] = f"{row.values['dien_tich']:,.1f}".translate(str.maketrans(",.", ".,"))
    for column in ("ngay_cap", "ngay_sinh"):
        day = row.values.get(column)
        if not isinstance(day, date):
            continue
        draw = rng.random()
        if column == "ngay_sinh" and draw < 0.35:
            row.values[column] = str(day.year)
        elif draw < 0.45:
            row.values[column] = f"{day.day}/{day.month}/{day.year}"
        elif draw < 0.55:
            row.values[column] = f"{day:%d.%m.%Y}"
        elif draw < 0.75:
            row.values[column] = f"{day:%d/%m/%Y}"


def capitals(delivery: Delivery, rng: Random) -> None:
    """Write some names in capitals, as old registers do."""
    for row in delivery.rows:
        if row.values.get("ho_ten") and rng.random() < 0.3:
            row.values["ho_ten"] = row.values["ho_ten"].upper()
