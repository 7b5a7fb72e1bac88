import re

import shapely
from lxml import html

from pipelines import placemap
from pipelines.placemap import Placed

PROVINCE = shapely.box(104.4, 19.3, 106.1, 20.7)
COMMUNE = shapely.box(105.70, 19.78, 105.76, 19.83)
FILES = [
    Placed("to_1.dgn", "EPSG:5897", shapely.box(105.72, 19.80, 105.73, 19.81), True, "đúng", "right"),
    Placed("to_<2>.dgn", "EPSG:9209", shapely.box(105.2, 19.80, 105.21, 19.81), False),
    Placed("xa.dgn", "EPSG:2044", shapely.box(150, 1, 151, 2), False),
    Placed("khong.dgn", "EPSG:4326", None, False),
]


def test_every_file_is_listed_and_drawn_where_it_can_be(tmp_path):
    placemap.write(tmp_path / "a" / "o_dau.html", FILES, commune=COMMUNE, province=PROVINCE, title="Xã <b>")
    text = (tmp_path / "a" / "o_dau.html").read_text(encoding="utf-8")
    page = html.fromstring(text)
    assert [row[0].text for row in page.findall(".//tbody/tr")] == ["1", "2", "3", "4"]
    assert text.count("not on the map") == 2
    assert "to_&lt;2&gt;.dgn" in text and "Xã &lt;b&gt;" in text
    assert len(page.findall(".//figure")) == 2
    marks = [mark.text for mark in page.iterfind(".//text[@class='mark']")]
    assert marks == ["2", "1"]
    assert "105°30\u2032" in text
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)


def test_the_page_asks_nobody_for_anything():
    text = placemap.render(FILES, commune=COMMUNE, province=PROVINCE)
    assert not re.search(r"https?://|<script|<link|@import|url\(|src=", text)


def test_nothing_known_is_still_a_page():
    assert "<tbody></tbody>" in placemap.render([])
    assert placemap.render(FILES[:1]).count("<figure>") == 1
    assert placemap.render(FILES, province=PROVINCE).count("<figure>") == 2
    point = Placed("a.dgn", "EPSG:5897", shapely.Point(105.7, 19.8), True)
    assert placemap.render([point], commune=COMMUNE).count("<circle") == 1
