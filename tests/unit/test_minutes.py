"""Minutes of acceptance are read back from the PDF; maps, league table and report folder."""

import io
import json
import unicodedata

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pytest
import shapely
from typer.testing import CliRunner

import schemas
from pipelines import casefile, findings, league, minutes, paper, thumbnails
from pipelines.cli.app import app
from pipelines.errors import ReadError
from pipelines.findings import Finding
from pipelines.settings import Settings

CRS = "EPSG:5897"
E0, N0 = 560_000.0, 2_190_000.0
VERDICT = {"accepted": True, "profile": "acceptance", "reasons": []}
DELIVERY = minutes.Delivery("Xã Thọ Bình (15670)", [("Xã", "Commune", "Thọ Bình")], "acceptance", "sha256 0da8a933")


def fabric(count=9):
    east, north = E0 + 20.0 * (np.arange(count) % 3), N0 + 20.0 * (np.arange(count) // 3)
    numbers = {"so_hieu_to_ban_do": "12", "so_thu_tu_thua": [str(n + 1) for n in range(count)]}
    shapes = shapely.box(east, north, east + 20, north + 20)
    return gpd.GeoDataFrame({"feature_id": [f"p{n}" for n in range(count)]} | numbers, geometry=shapes, crs=CRS)


def summary(parcels=9, dqi=0.5, **severities):
    parts = {code: None if dqi is None else dqi for code in schemas.codelist("dqi")["code"]}
    return {
        "parcels": parcels,
        "area_m2": 12_345_600.0,
        "severities": {"error": 0, "warning": 0, "info": 0} | severities,
        "grades": {"1": parcels, "2a": 0, "2b": 0, "3": 0},
        "dqi": dqi,
        "dqi_parts": parts,
    }


def read(document):
    pages = pypdf.PdfReader(io.BytesIO(document)).pages
    return " ".join("\n".join(page.extract_text() for page in pages).split()), pages


def overlap(value=3.5):
    return Finding("thua_dat.overlap", "p0", "p1", value, 0.01, geometry=shapely.box(E0 + 19, N0, E0 + 21, N0 + 20))


def test_the_minutes_have_figures_verdict_and_signatures_with_every_accent():
    told = findings.of([overlap()], crs=CRS)
    text, _ = read(minutes.render(DELIVERY, told, fabric(), summary(error=1234), VERDICT))
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "BIÊN BẢN NGHIỆM THU",
        "Xã Thọ Bình (15670)",
        "1.234,56",
        "Lỗi / Errors 1.234",
        "Đủ điều kiện nhận vào cơ sở dữ liệu.",
        "50,0 %",
        "Chồng lấn: Thống nhất một ranh chung cho hai thửa",
        "Tờ 12 thửa 1: Chồng lấn 3,50 m²",
        "ĐẠI DIỆN BÊN NHẬN",
        "sha256 0da8a933",
        "Trang / page 1/",
    ):
        assert words in text, words


def test_a_refusal_tells_its_reasons():
    verdict = VERDICT | {
        "accepted": False,
        "reasons": [{"vi": "60% số thửa thuộc nhóm 3.", "en": "60% are of grade 3."}],
    }
    text, _ = read(minutes.render(DELIVERY, findings.empty(CRS), fabric(), summary(), verdict))
    assert "Chưa đủ điều kiện" in text
    assert "60% số thửa thuộc nhóm 3." in text
    assert "60% are of grade 3." in text
    assert "Không có phát hiện nào" in text


def test_every_letter_of_vietnamese_is_in_every_style():
    vowels = [v + m for v in "aăâeêioôơuưy" for m in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")]
    letters = unicodedata.normalize("NFC", "".join(vowels)) + "đ"
    letters += letters.upper() + "²“”…·"
    with paper.sheets("chữ", "") as sheet:
        for style in ("", "B", "I"):
            paper.line(sheet, letters, 10, style)
            assert {ord(letter) for letter in letters} <= set(sheet.current_font.cmap)


def test_a_hundred_thousand_findings_of_one_kind_are_one_line():
    parcels = fabric()
    ids = np.resize(parcels["feature_id"].to_numpy(), 100_000)
    details = [f"X{n}" for n in range(100_000)]
    told = findings.build("thua_dat.unknown_code", ids, crs=CRS, detail=details, source="to.shp")
    document = minutes.render(DELIVERY, told, parcels, summary(error=100_000), VERDICT)
    text, pages = read(document)
    assert len(pages) <= 3
    assert len(document) < 500_000
    assert "danh mục / Unknown land-use code" in text
    assert "100.000" in text
    assert "findings.gpkg" in text


def test_what_people_wrote_cannot_spoil_the_page():
    detail = "\x00\u202e 漢字 **x** " + unicodedata.normalize("NFD", "Đất ở") + "W" * 10_000
    told = findings.of([Finding("thua_dat.unknown_code", f"p{n}", detail=detail) for n in range(9)], crs=CRS)
    text, pages = read(minutes.render(DELIVERY, told, fabric(), summary(), VERDICT))
    assert "Đất ở" in text
    assert len(pages) <= 4


def test_nothing_at_all_has_minutes_too():
    nothing = fabric().iloc[:0]
    text, _ = read(minutes.render(DELIVERY, findings.empty(CRS), nothing, summary(0, None), VERDICT))
    assert "Số thửa đất / Parcels 0" in text


def test_the_worst_finding_of_each_kind_is_shown_gravest_kind_first():
    items = [
        overlap(1.0),
        overlap(9.0),
        Finding("thua_dat.gap", "p2", value=99.0, geometry=shapely.box(E0, N0, E0 + 1, N0 + 1)),
        Finding("goi.missing_file", "a.dgn"),
        Finding("thua_dat.sliver", "p3", geometry=shapely.Point(np.inf, 0)),
    ]
    told = findings.of(items, crs=CRS).assign(severity=["error", "error", "warning", "error", "error"])
    worst = thumbnails.worst(told, {"thua_dat.overlap": 3, "thua_dat.gap": 1}, 6)
    assert worst["code"].tolist() == ["thua_dat.overlap", "thua_dat.gap"]
    assert worst["value"].tolist() == [9.0, 99.0]


SHAPES = {
    "area": shapely.box(E0 + 19, N0, E0 + 21, N0 + 20),
    "line": shapely.LineString([(E0, N0), (E0 + 5, N0)]),
    "point": shapely.Point(E0, N0),
    "points": shapely.MultiPoint([(E0, N0), (E0 + 9, N0)]),
    "collection": shapely.GeometryCollection([shapely.Point(E0, N0), shapely.box(E0, N0, E0 + 5, N0 + 5)]),
    "bow tie": shapely.Polygon([(E0, N0), (E0 + 5, N0 + 5), (E0 + 5, N0), (E0, N0 + 5)]),
    "ring with z": shapely.from_wkt(
        "POLYGON Z ((560000 2190000 1, 560005 2190000 1, 560005 2190005 1, 560000 2190000 1))"
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_map_shows_the_finding_and_the_parcels_around(shape):
    parcels = fabric()
    shapes = parcels.geometry.to_numpy().copy()
    shapes[7:] = None, SHAPES["bow tie"]
    parcels = parcels.set_geometry(shapes, crs=CRS)
    [small] = thumbnails.draw(np.array([shape], dtype=object), parcels)
    places = np.concatenate([np.asarray(part) for part in small.marked])
    assert ((places > -0.01) & (places < 1.01)).all()
    assert len(small.around) >= 1
    assert "1" in [text for _, _, text in small.numbers]


def entry(code, dqi):
    return league.Entry(code, f"Xã {code}", summary(dqi=dqi), True, None, None)


def test_equal_communes_share_a_place_and_those_without_index_come_last():
    order = league.ranked([entry("00004", None), entry("00003", 0.9), entry("00002", 0.9), entry("00001", 0.8)])
    assert [(place, each.commune) for place, each in order] == [(1, "00002"), (1, "00003"), (3, "00001"), (4, "00004")]


def two_communes(folder):
    for code in ("15670", "15703"):
        commune = folder / code
        for step in ("package", "normalize", "validate"):
            (commune / step).mkdir(parents=True)
        inventory = {"era": "E2025A", "date": "2025-06-15", "crs": CRS, "scale": 1000, "sha256": "ab" * 32}
        bodies = {"package/inventory": inventory, "validate/verdict": VERDICT}
        bodies["validate/summary"] = summary(dqi=0.9 if code == "15703" else 0.7, error=1)
        for name, body in bodies.items():
            (commune / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
        fabric().to_parquet(commune / "normalize/thua_dat.parquet")
        rows = pd.DataFrame({"row_id": ["so#1"], "feature_id": ["p3"], "ho_ten": ["Nguyễn Văn A"]})
        rows.to_parquet(commune / "normalize/dang_ky.parquet")
        told = findings.of([overlap(), Finding("giay_to.missing", "so#1")], crs=CRS)
        findings.write(told, commune / "validate/findings.parquet")
    (folder / "15712").mkdir()
    failure = {"step": "package", "vi": "Gói hỏng.", "en": "Broken package.", "exit_code": 2}
    (folder / "15712/failure.json").write_text(json.dumps(failure), encoding="utf-8")


def two_reports(folder):
    two_communes(folder)
    assert CliRunner().invoke(app, ["--home", str(folder), "report"]).exit_code == 0


@pytest.fixture
def home(tmp_path, once):
    return once(two_communes, tmp_path)


def test_the_command_writes_what_an_officer_works_with(home):
    done = CliRunner().invoke(app, ["--home", str(home), "report"])
    assert done.exit_code == 0, done.output
    folder = home / "15670/report"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"report.html", "minutes.pdf", "findings.gpkg", "fix_list.xlsx"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Xã Thọ Bình (15670)" in page
    assert "Nguyễn Văn A" not in page
    table = (home / casefile.LEAGUE).read_text(encoding="utf-8")
    assert table.index("Dân Lý") < table.index("Thọ Bình")
    assert "15703/report/report.html" in table
    assert "Gói hỏng." in table
    assert "Chồng lấn" in table
    assert "://" not in table


def test_only_new_results_are_told_again_unless_asked(home):
    for code in ("15670", "15703"):
        casefile.write(home, code, Settings(home=home))
    assert "report\n" not in CliRunner().invoke(app, ["--home", str(home), "report"]).output
    (home / "15670/validate/verdict.json").touch()
    again = CliRunner().invoke(app, ["--home", str(home), "report"]).output
    assert "15670/report" in again
    assert "15703/report" not in again


def test_a_commune_that_was_not_checked_is_said_so(home):
    with pytest.raises(ReadError, match="diachinh run"):
        casefile.write(home, "15712", Settings(home=home))
