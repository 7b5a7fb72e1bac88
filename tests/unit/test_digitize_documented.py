"""The boundary as surveyed (level 10) and as documented (level 61), kept as two shapes."""

import numpy as np
import pytest
import shapely

from pipelines.digitize import run
from tests.unit.test_digitize_labels import CRS, PROFILE, SQUARES, line, sheet

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
