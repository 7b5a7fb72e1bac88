"""Scanned certificates: what is read of a page, which page is which other, which row a file belongs to."""

import io
import json
import re
from random import Random

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter

from data_samples import certificate
from pipelines import normalize, stored
from pipelines.normalize.model import papers
from pipelines.papers import linked, look, model
from pipelines.papers.read import survey
from pipelines.papers.serial import find
from pipelines.validate.papers import Papers, check
from tests.unit.certificates import CODE, NAME, NUMBER, again, certificate_pages, facts_of, hand_in
from tests.unit.registers import PLACE, drawn, register


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Return the facts of one package that has everything, the files it was made of, and its folder."""
    old, coded = (
        certificate_pages("BD 990123", 1),
        certificate_pages("AA 99000001", 2, qr=CODE.format(serial="AA 99000001")),
    )
    files = {
        "BD 990123-GCN.pdf": old,
        "a/aa99000001_gcn (2).PDF": coded,
        "BD990124-GCN.pdf": [*certificate_pages("BD 990124", 3), certificate.blank()],
        "BD990125-GCN.pdf": [page.rotate(-90 * turn, expand=True) for turn, page in enumerate([*old, *coded])],
        "BD990126-GT.pdf": [again(page) for page in coded],
        "BD990127-GCN.pdf": [certificate_pages("BD 990199", 4)[0]],
        "so tay.pdf": [certificate_pages("BD 990150", 5)[0]],
    }
    folder = tmp_path_factory.mktemp("papers")
    return facts_of(folder, files), files, folder


def test_serials_are_read_and_codes_without_their_secrets(read):
    facts = read[0]
    first = facts.xs(1, level="page")
    assert first["serial_read"].dropna().to_dict() == {
        "BD 990123-GCN.pdf": "BD 990123", "BD990124-GCN.pdf": "BD 990124", "BD990127-GCN.pdf": "BD 990199",
        "BD990125-GCN.pdf": "BD 990123", "a/aa99000001_gcn (2).PDF": "AA 99000001", "so tay.pdf": "BD 990150",
    }  # fmt: skip
    assert (first["serial_confidence"].dropna() > 0.9).all()
    assert json.loads(first.loc["a/aa99000001_gcn (2).PDF", "qr"]) == {
        "in_luc": "2025-02-15T08:30:00", "ma_don_vi": "38.15670", "so_phat_hanh": "AA 99000001",
        "sua_luc": "2025-02-15T08:30:00",
    }  # fmt: skip


def test_identity_papers_are_looked_at_and_never_read(read):
    deeds = read[0].loc["BD990126-GT.pdf"]
    assert deeds["serial_read"].isna().all() and deeds["qr"].isna().all()
    assert deeds["hash"].notna().all() and (deeds["turn"] == 0).all()


def test_pages_tell_how_they_stand_and_whether_they_are_blank(read):
    facts = read[0]
    assert facts.loc["BD990125-GCN.pdf", "turn"].tolist() == [0, 90, 180, 270]
    assert facts.index[facts["is_blank"]].tolist() == [("BD990124-GCN.pdf", 3)]
    assert facts["unreadable"].isna().all() and (facts["sharpness"].dropna() > 1.5).all()


def test_second_scans_are_found_and_other_certificates_of_the_form_are_not(read):
    same = read[0]["same_as"].dropna().to_dict()
    coded = "a/aa99000001_gcn (2).PDF"
    assert same == {
        ("BD990125-GCN.pdf", 1): "BD 990123-GCN.pdf#1",
        ("BD990125-GCN.pdf", 2): "BD 990123-GCN.pdf#2",
        (coded, 1): "BD990125-GCN.pdf#3",
        (coded, 2): "BD990125-GCN.pdf#4",
        ("BD990126-GT.pdf", 1): "BD990125-GCN.pdf#3",
        ("BD990126-GT.pdf", 2): "BD990125-GCN.pdf#4",
    }


def test_names_say_serial_and_kind_in_any_spelling(read):
    first = read[0].xs(1, level="page")
    assert first["serial_named"].loc["a/aa99000001_gcn (2).PDF"] == "AA 99000001"
    assert first["kind"].isna().to_dict()["so tay.pdf"]
    names = pd.Series(
        ["x/BĐ 000001-GCN.pdf", "bđ000001_gt-2.jpg", "HD-GT.pdf", "GCN.pdf", "ban do.pdf"], dtype="string"
    )
    told = model.named(names)
    assert told["kind"].fillna("").tolist() == ["GCN", "GT", "GT", "", ""]
    assert told["serial_named"].fillna("").tolist() == ["BĐ 000001", "BĐ 000001", "", "", ""]


def test_a_second_run_reads_the_new_file_alone(read):
    _, _, folder = read
    notes = {path: path.stat().st_mtime_ns for path in (folder / "kept").iterdir()}
    hand_in(folder / "package", {"BD990130-GCN.pdf": [certificate_pages("BD 990130", 9)[0]]})
    paths = [path.relative_to(folder / "package").as_posix() for path in (folder / "package").rglob("*.*")]
    facts = survey(folder / "package", paths, folder / "kept")
    assert facts["path"].nunique() == 8
    now = {path: path.stat().st_mtime_ns for path in (folder / "kept").iterdir()}
    assert {path: now[path] for path in notes} == notes and len(now) == len(notes) + 1


def test_nothing_of_what_stands_on_a_page_is_kept(read):
    _, _, folder = read
    kept = "\n".join(path.read_text(encoding="utf-8") for path in (folder / "kept").iterdir())
    assert "990123" in kept
    words = {NUMBER, *NAME.split(), "Giau", "PhanMem", "H38.15", "123456"}
    assert [word for word in words if word.lower() in kept.lower()] == []
    facts = read[0].to_csv()
    assert [word for word in words if word.lower() in facts.lower()] == []


def test_a_code_of_an_identity_card_is_forgotten(tmp_path):
    card = f"{NUMBER}|123456789|{NAME}|01011970|Nam|Thôn 1, Xã Mẫu|01012022"
    facts = facts_of(tmp_path, {"BD990123-GCN.pdf": certificate_pages("BD 990123", qr=card)})
    assert facts["qr"].isna().all() and facts["serial_read"].notna().any()
    kept = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "kept").iterdir())
    assert NUMBER not in kept


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda page: page.filter(ImageFilter.GaussianBlur(5)), "blurred"),
        (lambda page: page.point(lambda value: int(246 - (246 - value) * 0.2)), "faint"),
        (lambda page: page.point(lambda value: value // 5), "dark"),
        (lambda page: page.resize((620, 877), Image.Resampling.BILINEAR), "low_resolution"),
        (lambda page: page, None),
        (lambda page: page.filter(ImageFilter.GaussianBlur(1)), None),
        (lambda page: page.resize((930, 1315), Image.Resampling.BILINEAR), None),
    ],
)
def test_why_a_page_cannot_be_read(spoil, reason):
    page = np.asarray(spoil(certificate_pages()[1]))
    dpi = 150 * page.shape[1] / 1240
    seen = look.look(page, dpi, dpi)
    assert (seen.unreadable, seen.is_blank) == (reason, False)


def test_an_empty_back_with_dust_is_blank_and_one_line_is_not():
    empty = np.asarray(certificate.scanned(certificate.blank(), Random(1))).copy()
    empty[300:303, 400:402] = 0
    assert look.look(empty, 150, 150).is_blank
    page = np.asarray(certificate_pages()[1]).copy()
    page[200:] = 245
    assert not look.look(page, 150, 150).is_blank


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("Số: BĐ 99O123", "BĐ 990123"),
        ("AA 99000001", "AA 99000001"),
        ("K 123456", "K 123456"),
        ("CMND 038070990001", None),
        ("S6 dinh danh: 038070990001", None),
        ("TT 10/2024", None),
        ("ABC 123456", None),
        ("", None),
    ],
)
def test_a_serial_is_told_from_other_numbers(text, serial):
    assert find(text) == serial


def page(path="BĐ000001-GCN.pdf", number=1, **facts):
    usual = {"sha256": path, "kind": "GCN", "serial_named": "BĐ 000001", "state": "ok", "pages": 1, "is_blank": False}
    return {"path": path, "page": number, **usual, **facts}


ROWS = pd.DataFrame(
    {
        "row_id": ["so#1", "so#2"],
        "so_phat_hanh": ["BĐ 000001", "AA 00000002"],
        "ngay_cap": ["2012-05-07", "2025-02-03"],
        "ten_file": [None, "anh 7.jpg"],
    },
    dtype="string",
)
CODED = '{"in_luc": "2025-02-03T08:30:00", "so_phat_hanh": "%s"}'


def told(*pages, rows=ROWS, aside=None):
    found = check(Papers(model.frame(list(pages)), pd.DataFrame() if aside is None else aside), rows, "EPSG:5897")
    return [(code.partition("scan_")[2], about) for code, about in zip(found["code"], found["feature_id"], strict=True)]


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([page()], []),
        ([page(serial_read="BD 000001", serial_confidence=0.99)], []),
        ([page(serial_read="BD 000009", serial_confidence=0.99)], [("other_serial", "so#1")]),
        ([page(serial_read="BD 000009", serial_confidence=0.7)], []),
        ([page(qr=CODED % "AA 00000009")], [("qr_mismatch", "so#1")]),
        ([page("anh 7.jpg", kind=None, serial_named=None, qr=CODED % "AA 00000002")], []),
        ([page("anh 7.jpg", kind=None, serial_named=None, qr=CODED % "AA 00000003")], [("qr_mismatch", "so#2")]),
        ([page("AA00000003-GT.pdf", kind="GT", serial_named="AA 00000003")], [("unlisted", "AA00000003-GT.pdf")]),
        ([page("la.pdf", kind=None, serial_named=None)], []),
        ([page(), page(number=2, is_blank=True), page(number=3, is_blank=True)], [("blank_page", "so#1")]),
        ([page(turn=90)], [("turned", "so#1")]),
        ([page(unreadable="dark")], [("page_unreadable", "so#1")]),
        ([page(number=0, state="broken")], []),
        ([], []),
    ],
)
def test_what_is_told_of_scans(pages, expected):
    assert told(*pages) == expected


def test_without_a_register_no_scan_is_of_no_row_and_rows_not_taken_name_scans_too():
    assert told(page("AA00000003-GCN.pdf", serial_named="AA 00000003"), rows=None) == []
    aside = pd.DataFrame({"so_phat_hanh": ["AA 00000003"], "ten_file": [None]}, dtype="string")
    assert told(page("AA00000003-GCN.pdf", serial_named="AA 00000003"), aside=aside) == []
    assert told(page(turn=180), rows=None) == [("turned", "BĐ000001-GCN.pdf")]


def test_pages_of_one_kind_are_one_finding_that_counts_them():
    pages = [page(number=number, is_blank=True) for number in range(1, 9)]
    found = check(Papers(model.frame(pages), pd.DataFrame()), ROWS, "EPSG:5897")
    assert found[["value", "detail"]].to_numpy().tolist() == [[8.0, "1, 2, 3, 4, 5"]]


def test_a_file_belongs_to_the_row_that_names_it_before_the_one_with_its_serial():
    rows = pd.DataFrame({"so_phat_hanh": ["BĐ 000001", None], "ten_file": [None, "quet\\bđ000001-gcn"]}, dtype="string")
    files = linked.files(model.frame([page(), page("x.pdf", serial_named=None, serial_read="BD 000001",
                                                   serial_confidence=0.95)]))  # fmt: skip
    assert linked.rows_of(files, rows).tolist() == [1, 0]
    assert linked.rows_of(files, rows.iloc[:0]).tolist() == [-1, -1]


def test_samples_of_certificates_are_the_same_bytes_at_any_time():
    made = [certificate.pdf(certificate_pages()) for _ in range(2)]
    assert made[0] == made[1] and len(made[0]) < 200_000
    assert not re.search(rb"Nguy", made[0])


def test_pictures_of_all_formats_and_telephones_are_read(tmp_path):
    front = certificate_pages()[0]
    files = {}
    for ending, options in (("jpg", {"quality": 60}), ("png", {}), ("tif", {"compression": "tiff_lzw"})):
        out = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = 3  # the telephone was held upside down
        picture = front.rotate(180) if ending == "jpg" else front
        picture.copy().save(out, {"jpg": "JPEG", "png": "PNG", "tif": "TIFF"}[ending], dpi=(150, 150), **options,
                            **({"exif": exif} if ending == "jpg" else {}))  # fmt: skip
        files[f"BD990123-GCN.{ending}"] = out.getvalue()
    facts = facts_of(tmp_path, files)
    assert facts["serial_read"].tolist() == ["BD 990123"] * 3 and (facts["turn"] == 0).all()
    assert facts["dpi"].round().tolist() == [150] * 3
    assert facts["same_as"].notna().sum() == 2
    assert len(list((tmp_path / "kept").iterdir())) == 3


def test_a_certificate_knows_its_scan_and_a_listed_file_its_hash():
    rows = {"so_hieu_to_ban_do": "12", "so_thu_tu_thua": "1", "ho_ten": "Lê Văn Mẫu", "so_phat_hanh": "BĐ 000001"}
    drawn_parcels = drawn({"loai_dat": "LUC"})
    nothing = gpd.GeoDataFrame(geometry=gpd.GeoSeries([], crs=PLACE.crs))
    pages = model.frame([page("quet/BĐ000001-GCN.pdf", pages=3), page("HD-GT.pdf", kind="GT", serial_named=None),
                         page("hong-GCN.pdf", number=0, state="broken")])  # fmt: skip
    done = normalize.run(drawn_parcels, nothing, [register(rows)], PLACE, pages=pages)
    files = done.entities.holders["tep_ho_so_quet"].set_index("ten_file")
    assert sorted(files.index) == ["HD-GT.pdf", "quet/BĐ000001-GCN.pdf"]
    mine = files.loc["quet/BĐ000001-GCN.pdf"]
    assert mine["giay_chung_nhan_id"] == done.holders.giay_chung_nhan["giay_chung_nhan_id"].iloc[0]
    assert (mine["so_trang"], mine["tep_sha256"], mine["la_giay_chung_nhan"]) == (3, "quet/BĐ000001-GCN.pdf", True)
    assert mine["thua_key"] == done.thua_dat["thua_key"].iloc[0]
    assert files.loc["HD-GT.pdf", ["giay_chung_nhan_id", "thua_key"]].isna().all()
    again_done = papers.complete(done.entities.holders, pages, done.dang_ky, done.holders, PLACE)["tep_ho_so_quet"]
    assert len(again_done) == 2


def test_no_name_of_a_scan_reaches_the_land_database():
    pages = [page(same_as="BĐ000009-GCN.pdf#1"), page("AA00000003-GT.pdf", serial_named="AA 00000003", turn=90)]
    found = check(Papers(model.frame(pages), pd.DataFrame()), ROWS, "EPSG:5897")
    assert len(found) == 3 and found["source"].notna().all()
    parcels = pd.DataFrame({"feature_id": ["x"], "thua_dat_id": ["x"]}, dtype="string")
    kept = stored.finding_rows(found, parcels, ("15670", "E2025A"))
    assert kept["feature_id"].tolist() == ["15670", "so#1", "15670"]
    assert kept[["source", "other_id", "detail"]].isna().all(axis=None)
