"""What may go together: the mechanism on a small example, and every composition of the workbench, exactly."""

import dataclasses
import itertools
import json
from dataclasses import dataclass

import pytest
from fakes import ScriptedDice, random_law, table_run
from test_guarantees import EXACT, distance, law_of, play, reference

from workbench.methods.api import Guarantee, Method, Promise, knob, method
from workbench.methods.catalogue import catalogue
from workbench.methods.loops.drafting import menu
from workbench.methods.loops.verification import VERIFICATIONS
from workbench.models.shelf import Shelf
from workbench.run.prepare import prepare
from workbench.run.request import Request
from workbench.trace import Value, WorkbenchError
from workbench.ui.forms import selection_json

SPECULATIVE = catalogue()["speculative"]


# -- the mechanism -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cake:
    base: str = knob("flour", help="the base", choices=("flour", "nuts"))
    icing: str = knob("sugar", help="the icing", choices=("sugar", "cream", "none"))
    cold: bool = knob(False, help="served cold")
    layers: int = knob(1, 1, 9, 1, "layers")


def edible(cake: Cake) -> str:
    if cake.icing == "cream" and not cake.cold:
        return "Cream melts; serve it cold."
    if cake.base == "nuts" and cake.icing == "sugar":
        return "Sugar does not stick to nuts; take cream or none."
    return "Nine layers fall over." if cake.layers == 9 else ""


@method(
    id="cake",
    title="Cake",
    family="kitchen",
    year=0,
    paper="",
    needs={},
    guarantee=Guarantee(Promise.OTHER_TARGET, "", "It is a cake."),
    params=Cake,
    legal=edible,
)
def cake(run, p):
    """A cake."""
    yield from ()


CAKE: Method = cake


def test_an_illegal_combination_is_refused_with_its_reason() -> None:
    assert CAKE.parse({"icing": "cream", "cold": True}).icing == "cream"
    with pytest.raises(WorkbenchError, match=r"^Cream melts; serve it cold\.$"):
        CAKE.parse({"icing": "cream"})
    assert CAKE.values({"icing": "cream"}).icing == "cream", "values alone are in range"


def test_blocked_names_single_choices_that_the_rest_rules_out() -> None:
    assert CAKE.blocked(Cake()) == {
        "base": {"nuts": "Sugar does not stick to nuts; take cream or none."},
        "icing": {"cream": "Cream melts; serve it cold."},
    }
    assert CAKE.blocked(Cake(icing="cream", cold=True)) == {"cold": {False: "Cream melts; serve it cold."}}
    assert catalogue()["greedy"].blocked(catalogue()["greedy"].values({})) == {}


def test_nearest_changes_as_little_as_it_can_and_what_is_declared_last_first() -> None:
    assert CAKE.nearest(Cake()) == Cake()
    assert CAKE.nearest(Cake(icing="cream"), keep=["icing"]) == Cake(icing="cream", cold=True)
    assert CAKE.nearest(Cake(base="nuts"), keep=["base"]) == Cake(base="nuts", icing="none")
    assert CAKE.nearest(Cake(layers=9)) is None, "numbers stay as they are"


def test_nearest_asks_for_nothing_twice() -> None:
    """Whole lists of choices can be illegal, and the page waits."""
    asked: list[tuple] = []

    def never(params) -> str:
        asked.append((params.base, params.icing, params.cold))
        return "No."

    assert dataclasses.replace(CAKE, legal=never).nearest(Cake()) is None
    assert len(asked) == len(set(asked)) == 2 * 3 * 2


def test_nearest_tries_only_what_a_refusal_has_looked_at() -> None:
    asked: list[str] = []

    def cold_only(params) -> str:
        asked.append("asked")
        return "" if params.cold else "Too warm."

    assert dataclasses.replace(CAKE, legal=cold_only).nearest(Cake()) == Cake(cold=True)
    assert len(asked) == 2


def test_the_page_is_told_what_else_would_change() -> None:
    told = selection_json("speculative", {"siblings": "likeliest"})
    assert told["problem"].startswith("Speculative sampling needs drafts drawn")
    told = selection_json("speculative", {})
    assert (told["problem"], told["guarantee"]) == ("", "same distribution")
    found = {each["choice"]: each for each in told["blocked"]["verification"]}
    assert found["point_mass"]["instead"] == {"siblings": "likeliest"}
    assert found["greedy"]["instead"] is None
    assert selection_json("speculative", {"verification": "typical"})["guarantee"] == "lossy"
    json.dumps(told)


def test_a_refused_pair_is_one_sentence_before_any_model_runs() -> None:
    knobs: dict[str, Value] = {"shape": "dynamic tree", "siblings": "likeliest", "verification": "ratio"}
    with pytest.raises(WorkbenchError) as refused:
        prepare(Request("speculative", "Add 1+2", knobs), Shelf())
    assert str(refused.value) == "Speculative sampling judges a chain, not a tree."


# -- every composition -------------------------------------------------------------------------------

LISTS = [each for each in SPECULATIVE.knobs if each.choices]
NAMES = [each.name for each in LISTS]
EVERY = [dict(zip(NAMES, v, strict=True)) for v in itertools.product(*(each.choices for each in LISTS))]
LEGAL = [each for each in EVERY if not SPECULATIVE.legal(SPECULATIVE.values(each))]
EXACTLY = [each for each in LEGAL if VERIFICATIONS[each["verification"]].lossless]
SMALL = {"depth": 2, "branch": 2, "total": 4}
SMALLER = {menu.POOLED: {"depth": 1}, menu.OPTIMAL: {"total": 3}}
"""A pool drafts in time if its n-grams are pairs; three nodes have more than one best tree."""


SOON = menu.Habits(grams=(1, 2, 2), simulations=3, calibration=1)
"""Few draws before the first draft, so that all can be enumerated, and a memory that soon knows."""


@pytest.fixture
def drafted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens were judged in every round that follows, by drafters with these habits."""
    counts: list[int] = []
    make = menu.drafter

    def noting(run, p):
        drafter = make(run, p, SOON)
        draft = drafter.draft

        def noted(run, room):
            made = yield from draft(run, room)
            counts.append(len(made.tokens) - made.looked)
            return made

        drafter.draft = noted  # type: ignore[method-assign]
        return drafter

    monkeypatch.setattr(menu, "drafter", noting)
    return counts


def small(each: dict) -> dict:
    return {**each, **SMALL, **SMALLER.get(each["drafter"], {}), **SMALLER.get(each["shape"], {})}


def named(each: dict) -> str:
    return "-".join(map(str, each.values())).replace(" ", "_")


def test_every_part_is_used_somewhere() -> None:
    for name, each in zip(NAMES, LISTS, strict=True):
        missing = set(each.choices) - {found[name] for found in LEGAL}
        assert missing <= {"greedy"}, "greedy goes with temperature 0 alone"
    cold = [SPECULATIVE.values({**each, "temperature": 0.0}) for each in EVERY]
    assert any(p.verification == "greedy" and not SPECULATIVE.legal(p) for p in cold)


def test_every_refusal_is_a_sentence() -> None:
    for each in EVERY:
        reason = SPECULATIVE.legal(SPECULATIVE.values(each))
        assert not reason or (reason[0].isupper() and reason.endswith(".") and "\n" not in reason), reason


@pytest.mark.parametrize("each", EXACTLY, ids=named)
def test_what_is_legal_and_lossless_has_the_targets_law(each: dict, drafted: list[int]) -> None:
    """Drawn trees have many branches: fewer seeds, and two symbols where the target draws at every node."""
    wide = each["shape"] != menu.CHAINED and each["siblings"] != menu.LIKELIEST
    size = 2 if wide and each["verification"] == "sample_match" else 3
    for seed in (81,) if wide else (81, 83):
        laws = {"target": random_law(seed, size), "draft": random_law(seed + 1, size)}
        found = law_of(SPECULATIVE, small(each), laws, size, 3)
        assert distance(found, reference(laws["target"], 3)) < EXACT
    assert any(drafted), "who never drafts is exact for nothing"


@pytest.mark.parametrize("each", LEGAL, ids=named)
def test_at_temperature_zero_all_write_the_greedy_text(each: dict) -> None:
    laws = {"target": random_law(5, 6), "draft": random_law(6, 6)}
    greedy = play(catalogue()["greedy"], {}, laws, 6, 16, ScriptedDice([]), (5,))
    knobs = {**small(each), "temperature": 0.0}
    assert play(SPECULATIVE, knobs, laws, 6, 16, ScriptedDice([]), (5,)) == greedy


def test_what_is_called_lossy_is() -> None:
    laws = {"target": random_law(81, 3), "draft": random_law(82, 3)}
    found = law_of(SPECULATIVE, {"verification": "typical", **SMALL}, laws, 3, 3)
    assert distance(found, reference(laws["target"], 3)) > 1e-3
    assert table_run(SPECULATIVE, {"verification": "typical"}).header.guarantee == "lossy"
    assert SPECULATIVE.promise(SPECULATIVE.values({})) == SPECULATIVE.guarantee


@pytest.mark.parametrize(
    ("shape", "siblings", "verification"),
    [
        ("independent paths", "with replacement", "recursive"),
        ("independent paths", "with replacement", "multiround"),
    ],
)
def test_a_refused_pair_would_bend_the_law(shape: str, siblings: str, verification: str) -> None:
    """With the refusal switched off these run, and are wrong."""
    each = {"shape": shape, "siblings": siblings, "verification": verification}
    assert SPECULATIVE.legal(SPECULATIVE.values(each))
    free = dataclasses.replace(SPECULATIVE, legal=lambda params: "")
    laws = {"target": random_law(81, 3), "draft": random_law(82, 3)}
    found = law_of(free, {**each, **SMALL}, laws, 3, 3)
    assert distance(found, reference(laws["target"], 3)) > 1e-3


@pytest.mark.parametrize(
    ("branch", "depth", "total", "expected"),
    [
        (2, 4, 16, [2, 2, 1, 1]),
        (1, 5, 3, [1] * 5),
        (3, 2, 64, [3, 3]),
        (8, 3, 4, [1, 1, 1]),
        (2, 3, 6, [2, 1, 1]),
    ],
)
def test_a_static_tree_keeps_to_its_nodes(branch: int, depth: int, total: int, expected: list[int]) -> None:
    assert menu.widths(branch, depth, total) == expected


def test_the_menu_and_the_catalogue_of_rules_agree() -> None:
    assert set(LISTS[NAMES.index("verification")].choices) == set(VERIFICATIONS)
    assert set(menu.TAKES) == set(menu.MAKERS)
    assert all(set(shapes) <= set(menu.SHAPES) for shapes in menu.TAKES.values())
