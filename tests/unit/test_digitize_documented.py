"""The boundary as surveyed (level 10) and as documented (level 61), kept as two shapes."""

import sqlite3

import numpy as np
import pytest
import shapely

from pipelines.digitize import documented as trace_work
from pipelines.digitize import files as digitize_files
from pipelines.digitize import run
from pipelines.load import files as load_files
from pipelines.normalize import files as normalize_files
from pipelines.package import files as package_files
from pipelines.settings import Settings
from pipelines.validate import files as validate_files
from tests.unit.test_digitize import label as stack
from tests.unit.test_digitize_labels import CRS, PROFILE, SQUARES, X, Y, line, sheet
from tests.unit.test_vectors import write_dgn

TEXTS = [("label", 8, 10, "ONT 1/400"), ("label", 28, 10, "LUC 2/400")]


def documented(*lines, texts=TEXTS, surveyed=SQUARES):
    return run([sheet(texts, lines=surveyed, others=[("documented_boundary", one) for one in lines])], PROFILE, CRS)


def areas(done):
    made = done.documented
    return dict(zip(made["so_thu_tu_thua"], made["dien_tich"].round(6), strict=True))


def test_a_line_of_documents_moves_the_common_boundary_for_both_parcels():
    done = documented(line((20, 0), (23, 10), (20, 20)))
    assert areas(done) == {"1": 430.0, "2": 370.0}
    assert done.parcels.area.round(6).tolist() == [400.0, 400.0]
    assert done.documented["feature_id"].tolist() == done.parcels["feature_id"].tolist()
    assert done.findings["code"].tolist() == []
    entry = next(entry for entry in done.ledger.entries if entry.kind == "documented_element")
    assert (entry.received, entry.accepted) == (1, 1)


def test_part_of_the_boundary_replaced_keeps_the_rest():
    done = documented(line((20, 4), (24, 4), (24, 16), (20, 16)))
    assert areas(done) == {"1": 448.0, "2": 352.0}


def test_a_ring_of_documents_round_the_parcel_cuts_its_neighbours():
    thirds = [line((0, 0), (60, 0), (60, 20), (0, 20), (0, 0)), line((20, 0), (20, 20)), line((40, 0), (40, 20))]
    texts = [*TEXTS, ("label", 48, 10, "CLN 3/400")]
    ring = line((18, 0), (42, 0), (42, 20), (18, 20), (18, 0))
    done = documented(ring, texts=texts, surveyed=thirds)
    assert areas(done) == {"1": 360.0, "2": 480.0, "3": 360.0}


def test_a_smaller_ring_leaves_a_piece_that_is_told():
    thirds = [line((0, 0), (60, 0), (60, 20), (0, 20), (0, 0)), line((20, 0), (20, 20)), line((40, 0), (40, 20))]
    texts = [*TEXTS, ("label", 48, 10, "CLN 3/400")]
    done = documented(line((22, 2), (38, 2), (38, 18), (22, 18), (22, 2)), texts=texts, surveyed=thirds)
    assert areas(done)["2"] == 256.0
    assert done.findings["code"].tolist() == ["ban_ve.documented_unmatched"]
    assert done.findings["value"].tolist() == [pytest.approx(144.0)]


def booked(done, kind):
    return [(entry.received, entry.accepted, entry.quarantined) for entry in done.ledger.entries if entry.kind == kind]


def test_a_shape_that_comes_apart_is_told_and_counted(monkeypatch):
    thirds = [line((0, 0), (60, 0), (60, 20), (0, 20), (0, 0)), line((20, 0), (20, 20)), line((40, 0), (40, 20))]
    texts = [*TEXTS, ("label", 48, 10, "CLN 3/400")]
    lines = [line((20, 0), (23, 10), (20, 20)), line((57, 0), (57, 20))]
    plain = documented(*lines, texts=texts, surveyed=thirds)
    assert areas(plain) == {"1": 430.0, "2": 370.0, "3": 340.0}
    assert booked(plain, "documented_shape") == [(4, 3, 1)]
    owners = trace_work._owners

    def far_strip_to_the_first(owner, parent, edges):
        # The strip of 60 m² at the far end goes to parcel 1, which it does not touch.
        found = owners(owner, parent, edges)
        found[(found < 0) & (parent == 2)] = 0
        return found

    monkeypatch.setattr(trace_work, "_owners", far_strip_to_the_first)
    done = documented(*lines, texts=texts, surveyed=thirds)
    assert areas(done) == {"2": 370.0, "3": 340.0}
    told = done.findings[done.findings["code"] == "ban_ve.documented_unmatched"]
    assert sorted(told["value"].round(6)) == [60.0, 430.0]
    assert set(told["other_id"]) == {"to_1.dgn#1"}
    assert (told.geometry.geom_type == "Polygon").all()
    assert booked(done, "documented_shape") == [(3, 2, 1)]


def test_a_line_of_documents_with_a_vertex_nowhere_is_told_and_counted():
    done = documented(line((20, 0), (23, 10), (20, 20)), shapely.LineString([(X + 5, Y + 5), (X + 5, np.inf)]))
    assert done.findings["code"].tolist() == ["ban_ve.bad_coordinates"]
    assert booked(done, "documented_element") == [(2, 1, 1)]


def test_a_line_of_documents_into_the_open_is_told():
    done = documented(line((20, 5), (25, 5), (25, 9)))
    assert done.findings["code"].tolist() == ["ban_ve.documented_unclosed"]
    assert done.findings["value"].tolist() == [pytest.approx(9.0)]
    assert len(done.documented) == 0


def test_lines_of_documents_never_change_the_surveyed_parcels():
    plain = run([sheet(TEXTS)], PROFILE, CRS).parcels
    done = documented(line((5, 0), (5, 20)), line((0, 10), (40, 10)), line((20, 0), (23, 10), (20, 20)))
    assert np.array_equal(shapely.to_wkb(plain.geometry.to_numpy()), shapely.to_wkb(done.parcels.geometry.to_numpy()))


def test_a_line_of_documents_over_the_surveyed_one_changes_nothing():
    done = documented(line((20, 0), (20, 20)))
    assert len(done.documented) == 0
    assert done.findings["code"].tolist() == []


def test_no_lines_of_documents_no_documented_parcels():
    done = run([sheet(TEXTS)], PROFILE, CRS)
    assert len(done.documented) == 0
    assert done.documented.crs.to_epsg() == 5897


def test_documented_shapes_become_a_layer_of_the_land_database(tmp_path):
    """From a DGN with level 61 to rows of `ranh_giay_to` in the GeoPackage, versioned as parcels are."""
    folder, home = tmp_path / "15670_goi", tmp_path / "home"
    folder.mkdir()
    levels = {"parcel_number": 13, "area": 4, "land_use": 2}
    stacks = [*stack("1", "400.0", 8, 10), *stack("2", "400.0", 28, 10)]
    texts = [(levels[role], shapely.Point(X + x, Y + y), text) for role, x, y, text in stacks]
    lines = [(10, one) for one in SQUARES] + [(61, line((20, 0), (23, 10), (20, 20)))]
    write_dgn(folder / "to_1.dgn", lines, texts)
    (folder / "package.yaml").write_text(
        'commune: "15670"\nera: E2025A\ndate: 2025-06-15\nprofile: dgn_tt26_2024\ncrs: EPSG:5897\nscale: 1000\n'
        'files:\n  - {path: to_1.dgn, role: drawing, sheet: "1", encoding: tcvn3}\n',
        encoding="utf-8",
    )
    settings = Settings(home=home)
    for step in (package_files, digitize_files, normalize_files, validate_files, load_files):
        if step is package_files:
            step.execute(folder, home, settings)
        else:
            step.execute(home, "15670", settings)
    with sqlite3.connect(home / "land.gpkg") as database:
        rows = database.execute(
            "SELECT so_thu_tu_thua, round(dien_tich_do, 1), tx_to FROM ranh_giay_to_5897 ORDER BY so_thu_tu_thua"
        ).fetchall()
    assert rows == [("1", 430.0, None), ("2", 370.0, None)]
