"""Points, links and the edges they make."""

import numpy as np
import pytest

from pipelines.scan.lines.network import contract, pruned, trace
from pipelines.scan.lines.ridges import network


def _edges(net):
    """Return the edges as sets of points, those at the ends first."""
    return sorted(tuple(net.path[a:b].tolist()) for a, b in zip(net.first[:-1], net.first[1:], strict=True))


def _links(*pairs):
    return np.array(pairs, dtype=np.int64)


def test_edges_run_from_junction_to_free_end():
    points = np.array([[0, 0], [1, 0], [2, 0], [3, 0], [2, 1], [2, 2]], dtype=float)
    net = trace(points, _links((0, 1), (1, 2), (2, 3), (2, 4), (4, 5)))
    assert {frozenset(edge) for edge in _edges(net)} == {frozenset({0, 1, 2}), frozenset({2, 3}), frozenset({2, 4, 5})}
    assert net.degree.tolist() == [1, 2, 3, 1, 2, 1]
    assert sorted(net.lengths()) == [1, 2, 2]
    for link, edge in zip(net.links, net.link_edge, strict=True):
        assert set(link) <= set(net.path[net.first[edge] : net.first[edge + 1]])


def test_points_of_an_edge_are_in_order():
    count = 1000
    order = np.random.default_rng(1).permutation(count)
    points = np.empty((count, 2))
    points[order] = np.column_stack([np.arange(count), np.zeros(count)])
    net = trace(points, np.column_stack([order[:-1], order[1:]]))
    steps = np.diff(points[net.path, 0])
    assert len(net.first) == 2
    assert np.all(steps == steps[0])


def test_a_ring_begins_and_ends_at_its_first_point():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
    net = trace(square, _links((0, 1), (1, 2), (2, 3), (3, 0)))
    assert (net.start.tolist(), net.end.tolist()) == ([0], [0])
    assert len(net.path) == 5
    assert net.lengths().tolist() == [4]


def test_double_links_and_links_to_themselves_are_left_out():
    net = trace(np.zeros((2, 2)), _links((0, 1), (1, 0), (1, 1)))
    assert net.links.tolist() == [[0, 1]]


def test_what_is_taken_away_joins_the_rest():
    points = np.array([[0, 0], [5, 0], [10, 0], [5, 3]], dtype=float)
    net = trace(points, _links((0, 1), (1, 2), (1, 3)))
    spur = np.isclose(net.lengths(), 3)
    assert _edges(net.without(spur)) == [(0, 1, 2)]
    assert _edges(pruned(net, 4)) == [(0, 1, 2)]
    assert len(pruned(net, 2).first) == 4


def test_pieces_free_at_both_ends_are_no_spurs():
    net = trace(np.array([[0.0, 0], [1, 0]]), _links((0, 1)))
    assert len(pruned(net, 100).links) == 1


def test_points_made_one_keep_the_links_of_all():
    points = np.array([[0, 0], [1, 0], [2, 0], [3, 0]], dtype=float)
    made, links = contract(points, _links((0, 1), (1, 2), (2, 3)), np.array([-1, 0, 0, -1]), np.array([[1.5, 0]]))
    net = trace(made, links)
    assert _edges(net) == [(0, 4, 3)]
    assert made[4].tolist() == [1.5, 0]


def test_nothing_makes_an_empty_network():
    net = trace(np.empty((0, 2)), np.empty((0, 2), dtype=np.int64))
    assert (len(net.first), len(net.path)) == (1, 0)
    assert len(network(np.zeros((5, 5), dtype=bool)).links) == 0


@pytest.mark.parametrize("width", [1, 3, 6])
def test_the_middle_of_a_cross_is_one_junction(width):
    lines = np.zeros((101, 121), dtype=bool)
    lines[50 - width // 2 : 50 + (width + 1) // 2, 10:110] = True
    lines[10:90, 60 - width // 2 : 60 + (width + 1) // 2] = True
    net = pruned(network(lines), 1.5 * width + 2)
    used = net.degree >= 3
    assert net.degree[used].tolist() == [4]
    assert np.hypot(*(net.points[used][0] - [60.5, 50.5])) < 1.5
    assert len(net.first) - 1 == 4
