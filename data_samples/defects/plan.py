"""Which defects each delivery gets, how many and how large."""

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

from data_samples import on_paper
from data_samples.defects import drawings, nodes, plane, province, records, rights, scans, sheets, tables, texts
from data_samples.defects.picker import Picker
from data_samples.model import Delivery

_CODES = {
    "XYZ": ("HNK", "thua_dat.unknown_code"),
    "ABX": ("LUC", "thua_dat.unknown_code"),
    "BHK": ("HNK", "thua_dat.legacy_code"),
    "NHK": ("HNK", "thua_dat.legacy_code"),
    "T": ("ONT", "thua_dat.legacy_code"),
    "DCK": ("HNK", "thua_dat.ambiguous_code"),
    "SKX": ("LUC", "thua_dat.ambiguous_code"),
}


def plant(delivery: Delivery, rng: Random) -> None:
    """Plant the defects of a delivery and write its answer sheet."""
    picker = Picker(delivery, rng)
    if delivery.commune.on_paper:
        _on_paper(picker)
        return
    _PLANS[delivery.commune.profile](picker)
    _records(picker)
    for path, count in texts.repairs(delivery):
        picker.answer("van_ban.repaired", file=path, value=float(count), note="planted: number of values")


def _drawings(picker: Picker) -> None:
    plane.overlaps(picker, (2.5, 6.0, 14.0), across_sheets=True)
    plane.gaps(picker, (2.0, 5.0, 11.0), across_sheets=True)
    plane.annexes(picker, 2)
    drawings.slivers(picker, 3, 0.13)
    drawings.openings(picker, 2)
    drawings.overshoots(picker, 4)
    drawings.unlabelled(picker, 3)
    drawings.twice_labelled(picker, 3)
    drawings.notes(picker, ("?15", "so cu 7"))
    drawings.labels_outside(picker, 3, whole=False)
    sheets.doubled(picker, 2)
    sheets.documents(picker, 2)
    sheets.stray_documents(picker)
    sheets.edges_redrawn(picker, 2)
    sheets.parts_on_sheets(picker, 2)
    picker.answer("goi.unlisted_file", file="ghi_chu.txt")


def _tables(picker: Picker) -> None:
    plane.overlaps(picker, (2.0, 4.5, 9.0, 22.0), across_sheets=False)
    plane.gaps(picker, (1.5, 4.0, 9.0, 16.0), across_sheets=False)
    plane.strays(picker, 3)
    tables.slivers(picker, 3)
    tables.crossings(picker, 3)
    tables.several_parts(picker, 2)
    tables.shapeless(picker, 2)
    tables.copies(picker, 2)
    tables.numberless(picker, 2)
    nodes.spikes(picker, 2)
    nodes.repeated_vertices(picker, 2)
    nodes.missing_nodes(picker, 2)
    nodes.nodes_beside(picker, 2)
    nodes.covered(picker, 1)
    picker.answer("goi.missing_file", file="van_ban/bien_ban_ban_giao.pdf")


def _campaign(picker: Picker) -> None:
    plane.annexes(picker, 2)
    drawings.slivers(picker, 3, 0.27)
    drawings.openings(picker, 2)
    drawings.overshoots(picker, 4)
    drawings.unlabelled(picker, 3)
    drawings.twice_labelled(picker, 3)
    drawings.notes(picker, ("xem tờ 3", "đang tranh chấp"))
    drawings.misspelt(picker, 2)
    drawings.labels_outside(picker, 3, whole=True)
    sheets.doubled(picker, 2)
    sheets.nowhere(picker)
    sheets.labels_beside(picker, 2)


def _on_paper(picker: Picker) -> None:
    """Let the register say other things than a sheet that is well drawn and can be read."""
    records.register_areas(picker, (3.5,))
    records.lost_rows(picker, 2)
    records.surplus_rows(picker, 1)
    records.bad_values(picker, "ngay_cap", ("31/02/2011",), "so_dia_chinh.bad_date")
    for planted in list(picker.delivery.answers):
        place: dict[str, Any] = {"to": planted.to, "thua": planted.thua}
        place["note"] = f"consequence of {planted.code}"
        if planted.code == "thua_dat.without_record":
            picker.answer("ban_quet.number_unlisted", **place)
            picker.answer("ban_quet.unsure_number", **place)
        if planted.code == "so_dia_chinh.without_parcel":
            picker.answer("ban_quet.number_missing", **place | {"file": on_paper.PICTURE})


def _records(picker: Picker) -> None:
    is_dbf = picker.delivery.commune.profile == "shp_vbdlis"
    is_book = picker.delivery.commune.profile == "dgn_tt26_2024"
    records.number_twice(picker, 2)
    records.register_areas(picker, (1.6, 3.5, -4.0, 6.0))
    records.label_areas(picker, (2.0, -3.4))
    records.label_uses(picker, (("LUC", "HNK"), ("HNK", "CLN")))
    records.odd_codes(picker, _CODES)
    records.lost_rows(picker, 4)
    records.surplus_rows(picker, 3)
    records.repeated_rows(picker, 3)
    records.keyless_rows(picker, 2)
    records.sums(picker, (5.0, -12.5, 30.0))
    records.bad_values(picker, "dien_tich", ("12o,5", "~350"), "so_dia_chinh.bad_number")
    records.bad_values(picker, "ngay_cap", ("31/02/2011", "00/00/2014"), "so_dia_chinh.bad_date")
    number = picker.delivery.commune.first_number
    records.serials(
        picker,
        (f"BK {number}", f"K1 99{number}", f"QSDĐ {number // 100}"),
        ((f"AA 99{number}00", date(2012, 5, 5)), (f"BK 99{number}", date(2003, 3, 14))),
    )
    records.papers(picker, numeric=is_book)
    records.wrong_addresses(picker)
    texts.foreign(picker, "Û" if is_dbf else "а", 2)  # noqa: RUF001 a Cyrillic letter is the defect
    records.contradicting_rows(picker, 2)
    if not is_dbf:
        drawings.undershoots(picker, 3, 0.03 if is_book else 0.06)
    if picker.delivery.commune.profile == "dxf_pl3_01":
        texts.lost_bytes(picker, 2)
    if is_dbf:
        texts.capitals(picker.delivery, picker.rng)
    else:
        texts.look_alikes(picker, 3)
    _rights(picker)
    province.plant(picker)
    if is_book:
        texts.misencoded(picker)
        texts.vary(picker)


def _rights(picker: Picker) -> None:
    profile = picker.delivery.commune.profile
    rights.written_areas(picker, 2)
    rights.uses(picker)
    rights.terms(picker)
    rights.holders(picker)
    rights.dates(picker)
    rights.book_numbers(picker)
    rights.one_paper(picker)
    rights.two_papers(picker, 2)
    rights.numbers(picker)
    rights.qr_codes(picker)
    if profile == "dgn_tt26_2024":
        rights.scans_of_none(picker, 2)
        picker.answer("giay_chung_nhan.scan_missing", file="so_dia_chinh.xlsx", value=2.0)
    else:
        rights.other_communes(picker, 2)
    if profile == "dxf_pl3_01":
        scans.plant(picker)
        rights.old_numbers(picker, 3)
    if profile == "shp_vbdlis":
        rights.dossiers(picker)
        picker.answer("goi.file_note", file="shp/ranh_gioi_xa.shp", note="planted: no index")


_PLANS: dict[str, Callable[[Picker], None]] = {
    "dgn_tt26_2024": _drawings,
    "shp_vbdlis": _tables,
    "dxf_pl3_01": _campaign,
}
