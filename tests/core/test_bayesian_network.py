"""The Bayesian network: cells, tables with back-off, the search, edges set by hand, given values."""

import json

import numpy as np
import pandas as pd
import pytest

from synth_core.codec import Codec
from synth_core.errors import MethodError
from synth_core.methods.bayesian_network import BayesianNetwork
from synth_core.methods.network_cells import cells_of, equal_groups
from synth_core.methods.network_edges import check_edges, find_circle, parse_edges, write_edges
from synth_core.methods.network_graph import Network
from synth_core.methods.network_tables import best_pull, learned_shares
from synth_core.table import Column, Kind, Table


def table(frame: pd.DataFrame) -> Table:
    kinds = [Kind.CATEGORY if frame[name].dtype == object else Kind.NUMBER for name in frame]
    return Table(frame, tuple(Column(name=n, kind=k) for n, k in zip(frame, kinds, strict=True)))


def chain(rows: int = 4000) -> pd.DataFrame:
    """a -> b -> c, and d on its own: c depends on a through b only."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 3, rows)
    b = np.where(rng.random(rows) < 0.8, a, rng.integers(0, 3, rows))
    c = np.where(rng.random(rows) < 0.8, b, rng.integers(0, 3, rows))
    columns = {"a": a, "b": b, "c": c, "d": rng.integers(0, 3, rows)}
    return pd.DataFrame({name: np.array(list("xyz"), dtype=object)[values] for name, values in columns.items()})


def learned(frame: pd.DataFrame, **params: object):
    return BayesianNetwork(**params).fit(table(frame), seed=0)


def pairs(network: Network) -> set[frozenset[str]]:
    return {frozenset((edge.parent, edge.child)) for edge in network.edges}


@pytest.mark.parametrize("penalty", [0.25, 1.0])
def test_a_known_network_is_found_again(penalty):
    assert pairs(learned(chain(), penalty=penalty).network) == {frozenset("ab"), frozenset("bc")}


def test_two_causes_of_one_effect_are_both_its_parents():
    rng = np.random.default_rng(1)
    a, b = rng.random(4000) < 0.5, rng.random(4000) < 0.5
    c = np.where(rng.random(4000) < 0.9, a ^ b, rng.random(4000) < 0.5)
    frame = pd.DataFrame({n: np.where(v, "yes", "no").astype(object) for n, v in (("a", a), ("b", b), ("c", c))})
    out = learned(frame, edges="a -> c").sample(8000, seed=1)
    assert ((out["a"] != out["b"]) == (out["c"] == "yes")).mean() == pytest.approx(0.95, abs=0.03)


def test_an_edge_is_as_strong_as_the_information_it_carries():
    rng = np.random.default_rng(2)
    a = rng.choice(np.array(["x", "y"], dtype=object), 4000)
    network = learned(pd.DataFrame({"a": a, "b": a})).network
    assert [edge.bits for edge in network.edges] == [pytest.approx(1.0, abs=0.01)]


def test_required_edges_are_there_and_forbidden_ones_are_not():
    network = learned(chain(), edges="d -> a, c -> b", forbidden="a -> b, b -> a").network
    assert {("d", "a"), ("c", "b")} <= {(edge.parent, edge.child) for edge in network.edges}
    assert frozenset("ab") not in pairs(network)
    assert {edge.child for edge in network.edges if edge.required} == {"a", "b"}
    order = network.nodes.index
    assert all(order(edge.parent) < order(edge.child) for edge in network.edges)


def test_more_edges_can_be_required_than_parents_are_allowed():
    network = learned(chain(), parents=1, edges="a -> d, b -> d, c -> d").network
    assert set(network.parents("d")) == {"a", "b", "c"}


def test_the_graph_has_the_edges_that_the_tables_use():
    rng = np.random.default_rng(6)
    base = rng.normal(size=(1500, 3))
    frame = pd.DataFrame(base @ rng.normal(size=(3, 8)) + rng.normal(size=(1500, 8)), columns=list("abcdefgh"))
    model = learned(frame, penalty=0.1)
    used = {(lens.column, name) for name in frame for part in model.tables[name] for lens in part.lenses}
    assert used == {(edge.parent, edge.child) for edge in model.network.edges}


def test_without_parents_columns_are_independent():
    model = learned(chain(), parents=0)
    assert model.network.edges == ()
    out = model.sample(6000, seed=1)
    assert (out["a"] == out["b"]).mean() == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"edges": "a -> b, b -> c, c -> a"}, r"runs in a circle: a -> b -> c -> a\."),
        ({"edges": "a -> a"}, "'a' cannot depend on itself"),
        ({"edges": "aa -> b"}, r"no learned column 'aa' .*Did you mean 'a'"),
        ({"forbidden": "a - b"}, "Setting 'forbidden': 'a - b' is not an edge"),
        ({"edges": "a -> b", "forbidden": "a -> b"}, "required and forbidden at once"),
        ({"edges": "[1]"}, "not a JSON list of pairs"),
    ],
)
def test_edges_that_cannot_be_are_refused_in_a_sentence(params, words):
    with pytest.raises(MethodError, match=words):
        learned(chain(60), **params)


def test_edges_are_read_as_they_are_written_whatever_the_names():
    for edges in ([("a", "b"), ("b c", "d")], [("x, y", "z")], [("p -> q", "r")], [("[a", "b")], []):
        assert parse_edges(write_edges(edges)) == edges


def test_a_circle_is_found_behind_a_long_way_and_a_diamond_is_none():
    assert find_circle([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]) == []
    circle = find_circle([("z", "a"), ("a", "b"), ("b", "c"), ("c", "b")])
    assert circle == ["b", "c", "b"]
    check_edges([("a", "b")], [("b", "a")], ["a", "b"])


def test_probabilities_are_pulled_to_what_holds_without_the_parent():
    digit = np.array([0] * 30 + [1] * 10 + [0] * 5 + [1] * 35)
    parent = np.array([0] * 40 + [1] * 40)
    prefix = np.zeros(80, dtype=np.int64)
    shares = learned_shares(prefix, digit, np.array([2]), [parent], [2], support=10)
    overall = np.array([35, 45]) / 80
    pull = best_pull(np.array([[30.0, 10.0], [5.0, 35.0]]), np.tile(overall, (2, 1)))
    np.testing.assert_allclose(shares[0], (np.array([30, 10]) + pull * overall) / (40 + pull))
    np.testing.assert_allclose(shares[1], (np.array([5, 35]) + pull * overall) / (40 + pull))


def test_few_rows_say_nothing_of_their_own():
    digit = np.array([0] * 50 + [1] * 50 + [1] * 4)
    parent = np.array([0] * 100 + [1] * 4)
    shares = learned_shares(np.zeros(104, dtype=np.int64), digit, np.array([2]), [parent], [2], support=5)
    np.testing.assert_allclose(shares[1], np.array([50, 54]) / 104)


def test_a_parent_that_says_nothing_is_pulled_away():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 2, (20, 2)).astype(float) + 5
    assert best_pull(noise, np.full((20, 2), 0.5)) > 100


def test_choices_that_a_coarser_one_does_not_have_get_no_probability():
    prefix, digit = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 0])
    shares = learned_shares(prefix, digit, np.array([3, 1]), [np.array([0, 1, 0, 1, 0])], [2], support=1)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares[2:, 0], 1)


def test_groups_hold_about_equally_many_rows():
    assert equal_groups(np.full(12, 1 / 12), 3).tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert equal_groups(np.array([0.0, 0.0, 0.0]), 2).tolist() == [0, 1, 1]
    assert equal_groups(np.array([0.9, 0.05, 0.05]), 2).tolist() == [0, 1, 1]


def numbers(rows: int = 3000) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    cost = np.where(rng.random(rows) < 0.4, 0.0, np.round(rng.lognormal(4, 1, rows), 2))
    cost[rng.random(rows) < 0.1] = np.nan
    return pd.DataFrame({"cost": cost, "twice": 2 * cost})


def test_cells_are_nested_and_lead_back_to_their_states():
    frame = numbers()
    codec = Codec.fit(table(frame), seed=0)
    encoded = codec.encode(frame)
    cells = cells_of(codec, encoded, "cost")
    made = cells.of(encoded.states["cost"], encoded.ranks["cost"])
    assert (cells.states[made] == encoded.states["cost"]).all()
    for stage in range(cells.stages):
        group = cells.levels[stage][made]
        assert (cells.firsts(stage)[group] + cells.digits(stage)[made] == cells.levels[stage + 1][made]).all()
    states, ranks = cells.draw(made, np.random.default_rng(0))
    assert (cells.of(states, ranks) == made).all()


def test_atoms_and_missing_cells_keep_their_shares_and_stay_together():
    frame = numbers()
    out = learned(frame).sample(20_000, seed=1)
    assert (out["cost"] == 0).mean() == pytest.approx((frame["cost"] == 0).mean(), abs=0.01)
    assert (out["cost"].isna() == out["twice"].isna()).mean() > 0.99
    both = out.dropna()
    assert both["cost"].corr(both["twice"], method="spearman") > 0.98


def test_given_parents_are_exact_and_given_children_move_their_parents():
    model = learned(chain(8000), edges="a -> b, b -> c")
    for given, other, exact in (("a", "b", 0.8 + 0.2 / 3), ("c", "b", 0.8 + 0.2 / 3)):
        out = model.sample(4000, seed=1, conditions=pd.DataFrame({given: np.full(4000, "z", dtype=object)}))
        assert (out[given] == "z").all()
        assert (out[other] == "z").mean() == pytest.approx(exact, abs=0.03)


def test_given_values_that_do_not_fit_are_refused_in_a_sentence():
    model = learned(chain(200))
    with pytest.raises(MethodError, match="did not learn a column 'e'"):
        model.sample(2, seed=0, conditions=pd.DataFrame({"e": ["x", "x"]}))
    with pytest.raises(MethodError, match="for 3 rows are needed, but 2"):
        model.sample(3, seed=0, conditions=pd.DataFrame({"a": ["x", "x"]}))


def test_the_network_is_saved_as_plain_json(tmp_path):
    model = learned(chain(500), edges="d -> a")
    model.save(tmp_path)
    plain = json.loads((tmp_path / "network.json").read_text(encoding="utf-8"))["network"]
    assert Network.restore(plain) == model.network
    assert [(edge["parent"], edge["child"]) for edge in plain["edges"] if edge["required"]] == [("d", "a")]


def test_rows_do_not_depend_on_the_block_they_are_made_in(monkeypatch):
    model = learned(chain(500))
    pd.testing.assert_frame_equal(model.sample(100, seed=3), model.sample(100, seed=3))
    monkeypatch.setattr("synth_core.methods.bayesian_network.BLOCK", 40)
    assert len(model.sample(100, seed=3)) == 100


def test_what_never_occurs_among_many_rows_is_hardly_ever_made():
    rng = np.random.default_rng(5)
    sex = rng.choice(np.array(["f", "m"], dtype=object), 3000)
    pregnant = np.where((sex == "f") & (rng.random(3000) < 0.3), "yes", "no").astype(object)
    out = learned(pd.DataFrame({"sex": sex, "pregnant": pregnant})).sample(50_000, seed=1)
    assert ((out["sex"] == "m") & (out["pregnant"] == "yes")).mean() < 0.001
    assert (out["pregnant"] == "yes").mean() == pytest.approx((pregnant == "yes").mean(), abs=0.02)


def test_a_rule_of_fixed_combinations_reaches_the_engine_as_one_column():
    from synth_core.constraints.enforcement import Enforcement
    from synth_core.constraints.kinds import parse

    frame = chain(600)
    frame["b"] = frame["a"].map({"x": "1", "y": "2", "z": "3"})
    rule = parse({"type": "fixed_combinations", "columns": ["a", "b"]})
    enforcement = Enforcement.prepare(table(frame), [rule])
    model = BayesianNetwork().fit(enforcement.encoded, seed=0)
    assert len(model.network.nodes) == 3
    done = enforcement.apply(lambda rows, seed: model.sample(rows, seed=seed), 2000, 0)
    assert done.acceptance == 1.0
    assert not rule.fitted(table(frame)).violations(done.frame).any()
