"""Minutes of acceptance (biên bản nghiệm thu) as PDF: figures, verdict, what to do, the worst findings, signatures.

Vietnamese first, English beside it. The program fills in what it found; people sign.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

import schemas
from pipelines import actions, answers, reports, thumbnails
from pipelines.paper import COLOURS, INK, SOFT, Paper, both, line, more, sheets, short, small_map, table, title
from pipelines.wording import decimals, number

ACTIONS = 10
KINDS = 30
"""Kinds of findings listed; the others are one line."""
MAPS = 6

_SIGNERS = (
    ("ĐẠI DIỆN BÊN GIAO", "Handed over by"),
    ("NGƯỜI KIỂM TRA", "Checked by"),
    ("ĐẠI DIỆN BÊN NHẬN", "Received by"),
)


@dataclass(frozen=True)
class Delivery:
    """What was handed in.

    Attributes:
        name: Name of the commune, or of the files.
        facts: Vietnamese label, English label and value of what identifies the delivery.
        profile: Severity profile.
        signed: Hash of the package, shown on every page.
    """

    name: str
    facts: Sequence[tuple[str, str, str]]
    profile: str
    signed: str = ""


def render(
    delivery: Delivery,
    findings: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    summary: Mapping[str, Any],
    verdict: Mapping[str, Any],
    told: gpd.GeoDataFrame | None = None,
    planned: pd.DataFrame | None = None,
    notice: tuple[str, str] | None = None,
) -> bytes:
    """Return the minutes.

    Args:
        delivery: What was handed in.
        findings: Findings of all steps.
        parcels: Parcels in the same CRS.
        summary: Summary of the judgement.
        verdict: Verdict of the judgement.
        told: The findings described, where somebody has done that already.
        planned: What to do first, likewise.
        notice: What to say of the comparison with other communes, Vietnamese and English.
    """
    if told is None:
        told = reports.described(findings, parcels, delivery.profile)
    if planned is None:
        planned = actions.plan(findings, parcels, delivery.profile)
    with sheets(f"Biên bản nghiệm thu - {delivery.name}", delivery.signed) as paper:
        _heading(paper, delivery)
        _figures(paper, summary)
        _verdict(paper, verdict, delivery.profile)
        _actions(paper, planned)
        _kinds(paper, told)
        _answers(paper, told)
        _neighbours(paper, told, notice)
        _maps(paper, told, parcels, delivery.profile)
        _signatures(paper)
        return bytes(paper.output())


def _heading(paper: Paper, delivery: Delivery) -> None:
    line(paper, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 11, "B", align="C")
    line(paper, "Độc lập - Tự do - Hạnh phúc", 11, "B", align="C")
    middle, y = paper.w / 2, paper.get_y() + 1
    paper.set_draw_color(*INK)
    paper.line(middle - 28, y, middle + 28, y)
    paper.ln(7)
    line(paper, "BIÊN BẢN NGHIỆM THU", 16, "B", align="C")
    line(paper, f"Dữ liệu địa chính - {short(delivery.name)}", 12, "B", align="C")
    line(paper, "Minutes of acceptance of cadastral data", 9, "I", align="C", colour=SOFT)
    paper.ln(3)
    table(paper, [(both(vi, en), short(value)) for vi, en, value in delivery.facts], (62, 112), align=("L", "L"))


def _figures(paper: Paper, summary: Mapping[str, Any]) -> None:
    title(paper, "1. Số liệu", "Figures")
    severities, whole = summary["severities"], max(int(summary["parcels"]), 1)
    area_ha = float(summary["area_m2"]) / 10_000
    lines = [
        (both("Số thửa đất", "Parcels"), number(summary["parcels"], "vi"), ""),
        (both("Diện tích trên bản đồ (ha)", "Area on the map (ha)"), decimals(area_ha, 2, "vi"), ""),
        (both("Lỗi", "Errors"), number(severities["error"], "vi"), ""),
        (both("Cảnh báo", "Warnings"), number(severities["warning"], "vi"), ""),
        (both("Thông tin", "Information"), number(severities["info"], "vi"), ""),
    ]
    for grade in schemas.codelist("xep_loai").to_dict("records"):
        count = int(summary["grades"].get(grade["code"], 0))
        share = decimals(100 * count / whole, 1, "vi") + " %"
        lines.append((both(grade["name_vi"], grade["name_en"]), number(count, "vi"), share))
    table(paper, lines, (124, 25, 25), align=("L", "R", "R"))
    if summary.get("dqi") is None:
        return
    paper.ln(2)
    head = (both("Chất lượng dữ liệu", "Data quality"), both("Đạt", "Reached"), both("Yêu cầu", "Target"))
    parts = [
        (
            both(part["name_vi"], part["name_en"]),
            decimals(100 * summary["dqi_parts"][part["code"]], 1, "vi") + " %",
            decimals(100 * float(part["target"]), 0, "vi") + " %",
        )
        for part in schemas.codelist("dqi").to_dict("records")
    ]
    index = (both("Chỉ số chung (DQI)", "Index (DQI)"), decimals(100 * summary["dqi"], 1, "vi") + " %", "")
    table(paper, [head, *parts, index], (124, 25, 25), align=("L", "R", "R"), has_heading=True)


def _verdict(paper: Paper, verdict: Mapping[str, Any], profile: str) -> None:
    title(paper, "2. Kết luận", "Verdict")
    if verdict["accepted"]:
        vi, en = "Đủ điều kiện nhận vào cơ sở dữ liệu.", "Fit to be taken into the database."
    else:
        vi, en = "Chưa đủ điều kiện: cần sửa rồi nộp lại.", "Refused: correct and hand in again."
    line(paper, vi, 12, "B", colour=(46, 125, 80) if verdict["accepted"] else COLOURS["error"])
    line(paper, en, 9, "I", colour=SOFT)
    for reason in verdict["reasons"]:
        line(paper, f"- {reason['vi']}", 10)
        line(paper, f"   {reason['en']}", 8.5, "I", colour=SOFT)
    line(paper, f"Bộ quy tắc / rules: {profile}", 8.5, colour=SOFT)


def _actions(paper: Paper, planned: pd.DataFrame) -> None:
    if planned.empty:
        return
    title(paper, "3. Việc cần làm trước", "What to do first", room=48)
    catalogue = schemas.findings()
    lines: list[tuple[str, ...]] = [
        ("Việc / Action", "Nhóm / Grade", "Phát hiện / Findings", "Thửa / Parcels", "Lên nhóm / Lifted")
    ]
    for action in planned.head(ACTIONS).to_dict("records"):
        entry = catalogue[str(action["code"])]
        value = f" “{short(str(action['value']))}”" if pd.notna(action["value"]) else ""
        text = f"{entry['title_vi']}{value}: {entry['remedy_vi']}\n{entry['title_en']}: {entry['remedy_en']}"
        figures = [number(int(action[name]), "vi") for name in ("findings", "parcels", "freed")]
        lines.append((text, str(action["grade"]), *figures))
    table(paper, lines, (98, 17, 22, 18, 19), align=("L", "C", "R", "R", "R"), has_heading=True)
    more(paper, len(planned) - ACTIONS, "việc nữa", "more actions")


def _kinds(paper: Paper, told: pd.DataFrame) -> None:
    """List the kinds of findings with their numbers: however many there are of a kind, it is one line."""
    title(paper, "4. Phát hiện theo loại", "Findings by kind")
    if told.empty:
        line(paper, "Không có phát hiện nào. / Nothing was found.", 10)
        return
    catalogue = schemas.findings()
    counts = told.groupby(["severity", "code"], sort=False, as_index=False).size()
    counts["rank"] = counts["severity"].map(reports.SEVERITIES.index)
    counts = counts.sort_values(["rank", "size", "code"], ascending=[True, False, True], kind="stable")
    lines = [("Mức độ", "Loại / Kind", "Căn cứ / Legal reference", "Số lượng")]
    for kind in counts.head(KINDS).to_dict("records"):
        entry = catalogue[str(kind["code"])]
        severity = reports.SEVERITY_NAMES["vi"][str(kind["severity"])]
        name = both(entry["title_vi"], entry["title_en"])
        lines.append((severity, name, str(entry.get("legal_ref") or ""), number(kind["size"], "vi")))
    table(paper, lines, (20, 82, 52, 20), align=("L", "L", "L", "R"), has_heading=True)
    rest = counts.iloc[KINDS:]
    more(paper, len(rest), f"loại nữa ({number(int(rest['size'].sum()), 'vi')} phát hiện)", "more kinds")
    line(
        paper,
        "Toàn bộ phát hiện: findings.gpkg, fix_list.xlsx. / All findings: findings.gpkg, fix_list.xlsx.",
        8.5,
        colour=SOFT,
    )


def _answers(paper: Paper, told: pd.DataFrame) -> None:
    """Tell what the officer answered to the findings; it does not change what was found."""
    counts = answers.counted(told)
    if not any(counts.values()):
        return
    for language, begin in (("vi", "Ý kiến của cán bộ"), ("en", "Answers of the officer")):
        words = answers.STATUSES[language]
        text = "; ".join(f"{words[status]}: {number(count, language)}" for status, count in counts.items())
        line(paper, f"{begin}: {text}.", 9.5 if language == "vi" else 8.5, "" if language == "vi" else "I")


def _neighbours(paper: Paper, told: pd.DataFrame, notice: tuple[str, str] | None) -> None:
    """Tell what there is with each other commune, and of what day the comparison is."""
    if "neighbour" not in told:
        return
    title(paper, "5. Đối chiếu với các xã khác", "Beside other communes")
    if notice:
        line(paper, notice[0], 10)
        line(paper, notice[1], 8.5, "I", colour=SOFT)
    counts = told.groupby(["neighbour", "code"], as_index=False).size()
    if counts.empty:
        if not notice:
            line(paper, "Không có phát hiện nào. / Nothing was found.", 10)
        return
    catalogue = schemas.findings()
    counts = counts.sort_values(["size", "neighbour", "code"], ascending=[False, True, True], kind="stable")
    lines = [("Với xã / With", "Loại / Kind", "Số lượng")]
    for kind in counts.head(KINDS).to_dict("records"):
        entry = catalogue[str(kind["code"])]
        name = both(entry["title_vi"], entry["title_en"])
        lines.append((short(str(kind["neighbour"])), name, number(kind["size"], "vi")))
    table(paper, lines, (58, 96, 20), align=("L", "L", "R"), has_heading=True)
    more(paper, len(counts) - KINDS, "dòng nữa", "more lines")


def _maps(paper: Paper, told: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame, profile: str) -> None:
    """Draw the worst finding of each kind, three to a row."""
    grades = schemas.codelist("xep_loai")["code"].to_list()
    ranks = {code: grades.index(rule["grade"]) for code, rule in schemas.profile(profile).items()}
    worst = thumbnails.worst(told, ranks, MAPS)
    if worst.empty:
        return
    place = 6 if "neighbour" in told else 5
    title(paper, f"{place}. Phát hiện nặng nhất của từng loại", "The worst finding of each kind", room=85)
    gap, across = 5.0, 3
    side = (paper.epw - gap * (across - 1)) / across
    top, lowest = paper.get_y() + 1, paper.get_y()
    drawn = thumbnails.draw(worst.geometry.to_numpy(), parcels)
    for turn, (row, small) in enumerate(zip(worst.to_dict("records"), drawn, strict=True)):
        column = turn % across
        if column == 0 and turn:
            top = lowest + 4
        if column == 0 and top + side + 28 > paper.page_break_trigger:
            paper.add_page()
            top = paper.get_y()
        lowest = top if column == 0 else lowest
        left = paper.l_margin + column * (side + gap)
        small_map(paper, small, left, top, side, COLOURS[str(row["severity"])])
        paper.set_xy(left, top + side + 1)
        where = [row["so_hieu_to_ban_do"], row["so_thu_tu_thua"]]
        called = f"Tờ {where[0]} thửa {where[1]}: " if all(map(pd.notna, where)) else ""
        paper.set_font("body", "", 7.5)
        paper.set_text_color(*INK)
        paper.multi_cell(side, 3.4, short(called + str(row["message_vi"]), 150), align="L")
        paper.set_x(left)
        paper.set_font("body", "I", 6.5)
        paper.set_text_color(*SOFT)
        paper.multi_cell(side, 3, short(str(row["message_en"]), 130), align="L")
        lowest = max(lowest, paper.get_y())
    paper.set_xy(paper.l_margin, lowest + 2)


def _signatures(paper: Paper) -> None:
    """Leave room for three signatures, never cut by the end of a page."""
    if paper.get_y() + 58 > paper.page_break_trigger:
        paper.add_page()
    paper.ln(5)
    line(paper, "……………………, ngày …… tháng …… năm ………", 10, "I", align="R")
    paper.ln(2)
    width, top = paper.epw / len(_SIGNERS), paper.get_y()
    for place, (vi, en) in enumerate(_SIGNERS):
        for down, text, size, style in (
            (0, vi, 9.5, "B"),
            (5, en, 8, "I"),
            (9, "(Ký, ghi rõ họ tên / signature, name)", 7.5, "I"),
        ):
            paper.set_xy(paper.l_margin + place * width, top + down)
            paper.set_font("body", style, size)
            paper.set_text_color(*(INK if down == 0 else SOFT))
            paper.cell(width, 5, text, align="C")
    paper.set_y(top + 42)


def day(text: str) -> str:
    """Return a day (yyyy-mm-dd) as Vietnamese papers write it; anything else as it is."""
    try:
        return datetime.date.fromisoformat(text).strftime("%d/%m/%Y")
    except ValueError:
        return text


def today() -> str:
    """Return the day of the minutes."""
    return day(datetime.date.today().isoformat())
