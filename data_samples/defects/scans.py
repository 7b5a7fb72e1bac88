"""Scanned certificates: one as it should be, and one for each thing that goes wrong between the paper and its file."""

from datetime import date
from random import Random

from PIL import Image, ImageFilter

from data_samples import certificate
from data_samples.defects.grants import ISSUED, grant, is_home
from data_samples.defects.picker import Picker
from data_samples.model import Parcel, Row

_CODED = date(2025, 2, 3)


def plant(picker: Picker) -> None:
    """Name scans by their serials in the form, and hand in all of them but one."""
    _good(picker)
    _no_pictures(picker)
    _pages(picker)
    _serials(picker)
    _coded(picker)
    _unlisted(picker)


def _good(picker: Picker) -> None:
    _, row = _named(picker)
    _hand_in(picker, row, _drawn(row))


def _no_pictures(picker: Picker) -> None:
    for content, finding in ((None, "scan_missing"), (b"not a scan\n", "scan_unreadable")):
        parcel, row = _named(picker)
        path = row.values["ten_file"]
        if content:
            picker.delivery.scans[path] = content
        _answer(picker, finding, parcel, row, 1.0)
    picker.answer(
        "goi.unreadable_file", file=path, note="consequence of giay_chung_nhan.scan_unreadable: a text, not a PDF"
    )


def _pages(picker: Picker) -> None:
    """Scan an empty back, a page upside down, a page out of focus, and a page twice."""
    for finding in ("scan_blank_page", "scan_turned", "scan_page_unreadable", "scan_duplicate"):
        parcel, row = _named(picker)
        front, inside = _drawn(row)
        second = {
            "scan_blank_page": certificate.blank(),
            "scan_turned": inside.transpose(Image.Transpose.ROTATE_180),
            "scan_page_unreadable": inside.filter(ImageFilter.GaussianBlur(6)),
            "scan_duplicate": front,
        }[finding]
        _hand_in(picker, row, [front, second])
        _answer(picker, finding, parcel, row, 1.0)


def _serials(picker: Picker) -> None:
    """Put the scan of another certificate behind a name."""
    parcel, row = _named(picker)
    other = f"{row.values['so_phat_hanh'][:3]}99{picker.fresh_number():04d}"
    _hand_in(picker, row, _drawn(row, serial=other)[:1])
    _answer(picker, "scan_other_serial", parcel, row)


def _coded(picker: Picker) -> None:
    """Print the code of the certificate on one, and that of another on the next."""
    for right in (True, False):
        parcel, row = _named(picker, _CODED)
        serial = row.values["so_phat_hanh"] if right else f"AA 99{picker.fresh_number():04d}02"
        code = f"03-02-2025-08-30-00|1|TEST|HS1|{serial}|1||1"
        _hand_in(picker, row, _drawn(row, qr=code)[:1])
        if not right:
            _answer(picker, "scan_qr_mismatch", parcel, row)


def _unlisted(picker: Picker) -> None:
    """Hand in a scan that no row names."""
    _, row = _named(picker)
    serial = f"BK 99{picker.fresh_number():04d}"
    path = f"quet/{serial.replace(' ', '')}-GCN.pdf"
    picker.delivery.scans[path] = _pdf(_drawn(row, serial=serial)[:1], serial)
    del row.values["ten_file"]
    picker.answer("giay_chung_nhan.scan_unlisted", file=path)


def _named(picker: Picker, issued: date = ISSUED) -> tuple[Parcel, Row]:
    parcel, row = grant(picker, issued=issued, fits=is_home)
    row.values["ten_file"] = f"quet/{row.values['so_phat_hanh'].replace(' ', '')}-GCN.pdf"
    return parcel, row


def _drawn(row: Row, *, serial: str | None = None, qr: str | None = None) -> list[Image.Image]:
    said = row.values
    own = serial or said["so_phat_hanh"]
    return certificate.pages(own, said["ho_ten"], said["so_giay_to"], Random(own), qr=qr)


def _hand_in(picker: Picker, row: Row, pages: list[Image.Image]) -> None:
    picker.delivery.scans[row.values["ten_file"]] = _pdf(pages, row.values["so_phat_hanh"])


def _pdf(pages: list[Image.Image], seed: str) -> bytes:
    rng = Random(seed)
    return certificate.pdf([certificate.scanned(page, rng) for page in pages])


def _answer(picker: Picker, finding: str, parcel: Parcel, row: Row, value: float | None = None) -> None:
    picker.answer(f"giay_chung_nhan.{finding}", parcel, row=row, value=value)
