"""Every rule proved: defects of every kind in every fabric over several seeds; what was found, missed and invented.

Writes the figures into `docs/rules.md`, beside the meaning and the tolerance of each rule.
"""

from pathlib import Path
from typing import Any

import schemas
from data_samples import build
from data_samples.communes import COMMUNES
from pipelines.tolerances import Tolerances
from tests.benchmarks import fabrics, goal, planting, planting_drawing, planting_register
from tests.benchmarks.scores import Score

PARCELS, SEEDS, REGISTERS = 1_500, 5, 3
PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
RULES = tuple(sorted({*planting.RULES, *planting_register.RULES, *planting_drawing.RULES}))
"""The findings that are planted here."""

TESTS = {
    "goi.era_mismatch": "tests/unit/test_package_era.py",
    "goi.proposed": "tests/unit/test_package.py",
    "goi.control_points_rms": "tests/unit/test_placing.py",
    "goi.control_point_outlier": "tests/unit/test_placing.py",
    "goi.commune_split": "tests/unit/test_eras.py",
    "ban_quet.colour_left": "tests/unit/test_scan_review.py",
    "ban_quet.control_residual": "tests/unit/test_scan_review.py",
    "ban_quet.coordinates_contradict": "tests/unit/test_scan_review.py",
    "ban_quet.correction_lost": "tests/unit/test_scan_review.py",
    "ban_quet.cut_off": "tests/unit/test_scan_review.py",
    "ban_quet.not_placed": "tests/unit/test_scan_review.py",
    "ban_quet.number_missing": "tests/unit/test_scan_review.py",
    "ban_quet.number_unlisted": "tests/unit/test_scan_review.py",
    "ban_quet.pages_left": "tests/unit/test_scan_review.py",
    "ban_quet.scale_guessed": "tests/unit/test_scan_review.py",
    "ban_quet.other_picture": "tests/unit/test_scan_colours.py",
    "ban_quet.table_left": "tests/unit/test_scan_review.py",
    "ban_quet.title_differs": "tests/unit/test_scan_review.py",
    "ban_quet.turned": "tests/unit/test_scan_review.py",
    "ban_quet.two_sheets": "tests/unit/test_scan_review.py",
    "ban_quet.unsure_edge": "tests/unit/test_scan_review.py",
    "ban_quet.unsure_face": "tests/unit/test_scan_review.py",
    "ban_quet.unsure_number": "tests/unit/test_scan_review.py",
    "ban_quet.world_file_wrong": "tests/unit/test_scan_review.py",
    "ban_ve.elements_lost": "tests/unit/test_dgn_scan.py",
    "so_dia_chinh.broken_reference": "tests/unit/test_model.py",
    "so_dia_chinh.not_stored": "tests/unit/test_model.py",
    "lien_xa.same_identifier": "tests/unit/test_province.py",
    "lien_xa.same_ground": "tests/unit/test_province_borders.py",
    "lien_xa.border_overlap": "tests/unit/test_province_borders.py",
    "lien_xa.border_gap": "tests/unit/test_province_borders.py",
    "lien_xa.total_mismatch": "tests/unit/test_province.py",
}
"""The test of each finding that is planted neither here nor in the samples; no step makes one without any."""

LIMITS = Tolerances()
POINT = f"{float(LIMITS.point_m(LIMITS.scale)):g} m"

TESTED = {"lien_xa.same_identifier": "check_identifiers", "goi.commune_split": "future.assign"}
"""What a test names instead of the code."""

WITHIN = {
    "thua_dat.overlap": f"≥ {LIMITS.min_area_m2:g} m²",
    "thua_dat.gap": f"≥ {LIMITS.min_area_m2:g} m²; giữa đường / beside streets ≤ 1 m² or ≤ {POINT} wide",
    "thua_dat.sliver": f"< 1 m², or 2A/P < {POINT}",
    "thua_dat.spike": f"> {POINT} long, < {POINT} wide, 10 : 1",
    "thua_dat.repeated_vertex": f"< {LIMITS.vertex_m:g} m",
    "thua_dat.missing_node": f"≤ {LIMITS.node_m:g} m",
    "thua_dat.near_node": f"> {LIMITS.node_m:g} m, ≤ {POINT}",
    "thua_dat.duplicate_geometry": "< 0.1 % of the area not shared",
    "thua_dat.documented_mismatch": f"> {POINT}, or > 0.0004·M·√P m²",
    "thua_dat.outside_commune": f"> {POINT}, ≥ {LIMITS.min_area_m2:g} m²",
    "ban_ve.dangle": "> 0.05 m",
    "ban_ve.unclosed": "> 0.05 m",
    "ban_ve.snapped": "≤ 0.05 m",
    "ban_ve.edge_matched": "> 0.001 m, ≤ 0.05 m",
    "ban_ve.joined_across_sheets": "± 0.0004·M·√P m²",
    "so_dia_chinh.purpose_sum": "> 0.1 m²",
    "so_dia_chinh.contradiction": "> 0.1 m²",
    "ban_ve.edge_mismatch": f"> {POINT}, ≤ 3 times that",
    "thua_dat.area_mismatch": "> 0.0004·M·√P m², ≥ 0.1 m²",
    "thua_dat.label_mismatch": "> 0.0004·M·√P m², ≥ 0.1 m²",
    "so_dia_chinh.legal_area_mismatch": "> 0.1 m²",
}
"""Tolerances at 1:1000 of the rules that measure; the others are true or not."""


def proof(parcels: int = PARCELS, seeds: int = SEEDS, registers: int = REGISTERS) -> Score:
    """Return the score over all fabrics and seeds, and over several registers."""
    total = Score()
    for name in fabrics.KINDS:
        for seed in range(seeds):
            ground = planting.plant(fabrics.make(name, parcels, seed), seed)
            total += planting.score(ground, planting.told(ground))
    for name in planting_drawing.FABRICS:
        for seed in range(seeds):
            total += planting_drawing.score(fabrics.make(name, parcels, seed), seed)
    for seed in range(registers):
        total += planting_register.score(planting_register.groups(parcels, seed))
    return total


def proved_by() -> dict[str, str]:
    """Return for each finding of the catalogue what proves its rule: this bench, the samples, or a test by its path."""
    built = [build(commune) for commune in COMMUNES]
    sampled = {item.code for delivery in built for item in [*delivery.answers, *delivery.shared]}
    parts = {
        code: [name for name, codes in (("bench", set(RULES)), ("sample", sampled)) if code in codes]
        for code in schemas.findings()
    }
    return {code: ", ".join(named) or TESTS[code] or "nothing" for code, named in parts.items()}


def page(score: Score, about: str) -> str:
    """Return the table of all rules as Markdown."""
    listed = schemas.findings()
    lines = [
        "# Quy tắc kiểm tra / the rules and their proof",
        "",
        "Generated by `diachinh bench rules`. Defects of every kind are planted in clean parcel coverages",
        f"({', '.join(fabrics.KINDS)}),",
        "in line work of them, and in registers, just beyond each limit and within it. *within* counts the latter,",
        "which must not be told. A finding that is on no answer sheet is *invented*, whatever it says. What cannot be",
        "planted in memory stands in the answer sheets of the samples (`data_samples`, exact too) or has a test.",
        "",
        about,
        "",
        "| rule | planted | within | found | invented | recall | precision | at 1:1000 | proved by | meaning |",
        "|---|--:|--:|--:|--:|--:|--:|---|---|---|",
    ]
    by = proved_by()
    for code in sorted(listed):
        numbers = (score.planted[code], score.spared[code], score.found[code], score.invented[code])
        counted = " | ".join(f"{number:,}" for number in numbers)
        shares = f"{score.recall(code):.3f} | {score.precision(code):.3f}"
        figures = f"{counted} | {shares}" if code in RULES or score.invented[code] else " | ".join([""] * 6)
        meaning = f"{listed[code]['title_vi']} / {listed[code]['title_en']}"
        lines.append(f"| `{code}` | {figures} | {WITHIN.get(code, '')} | {by[code]} | {meaning} |")
    return "\n".join(lines) + "\n"


def measure() -> list[dict[str, Any]]:
    """Return recall and precision of every rule, and write the page."""
    score = proof()
    about = (
        f"{len(fabrics.KINDS)} fabrics, {SEEDS} seeds each of about {PARCELS:,} parcels, {REGISTERS} registers;"
        f" {sum(score.planted.values()):,} findings to be made, {sum(score.spared.values()):,} things to be left alone."
    )
    PAGE.write_text(page(score, about), encoding="utf-8")
    return [_line(code, score) for code in sorted({*RULES, *score.invented})]


def _line(code: str, score: Score) -> dict[str, Any]:
    counted = f"planted {score.planted[code]:,}, within {score.spared[code]:,}, found {score.found[code]:,}"
    told = f"{counted}, invented {score.invented[code]:,}, tolerance {WITHIN.get(code, 'none')}"
    recall, precision = score.recall(code), score.precision(code)
    name = f"{code}: {told}; precision {precision:.3f}, recall"
    return goal(name, round(recall, 4), "", "1.000 and 1.000", recall == precision == 1)
