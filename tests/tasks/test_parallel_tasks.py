"""The seventeen kinds of the parallel-decoding suite: strict and lenient scores, and why an answer fails."""

import hashlib
import random
from collections.abc import Callable

import pytest

from workbench import tasks
from workbench.tasks import Failure, grammar, overlap
from workbench.train.recipes import RECIPES

VARIANTS = tuple(task.name for task in (*tasks.LONG, *tasks.SHOWN))
LINES = (*tasks.WAITING_LINE, *VARIANTS)
KINDS = (*tasks.WAITING_LINE, *tasks.PUZZLES, *tasks.TEXTS)
SEEDS = range(40)


def test_there_are_seventeen_kinds_and_the_mix_is_what_the_models_saw() -> None:
    assert len(set(KINDS)) == 17 and len(tasks.WAITING_LINE) == 10 and len(tasks.TEXTS) == 5
    trained = {share.task for recipe in RECIPES.values() for share in recipe.mix}
    assert trained == set(tasks.MIX)


def test_the_instances_that_models_were_trained_on_never_change() -> None:
    """A model was trained on these prompts and answers: another digest means another task."""
    digest = hashlib.sha256()
    for name in tasks.MIX:
        for seed in range(300):
            for split in ("train", "held-out"):
                instance = tasks.make(name, seed, split)
                digest.update(repr((instance.prompt, instance.answer)).encode())
    assert digest.hexdigest() == "3279bbfa7fb3c15ae5bf7d0c2cbfc3a7efa52e5d9d6177fec37eb58a19478bbc"


def test_the_waiting_line_has_fifteen_items_too_and_an_example() -> None:
    assert [task.name for task in tasks.LONG] == [f"{name}_long" for name in tasks.WAITING_LINE]
    assert {task.name for task in tasks.SHOWN} == {f"{name}_shown" for name in tasks.WAITING_LINE}
    for seed in range(20):
        for task in tasks.LONG:
            given = tasks.make(task.name, seed).check["given"]
            assert len(given) == 15 == len(set(given))
        for task in tasks.SHOWN:
            instance = tasks.make(task.name, seed)
            *example, asked = instance.prompt.split("\n")
            assert len(example) == 2 and example[0] != asked and len(example[1].split()) >= 2
            assert set(instance.check["given"]) <= set(asked.split()), "it is the last prompt that is asked"
    shown = {tasks.make("copy_shown", seed).prompt.split("\n")[1] for seed in range(20)}
    assert len(shown) == 20, "the example is another one each time"


@pytest.mark.parametrize("name", (*KINDS, *VARIANTS))
def test_reference_answers_are_right_in_the_strict_reading_too(name: str) -> None:
    for seed in SEEDS:
        instance = tasks.make(name, seed)
        found = tasks.score(instance, instance.answer)
        assert found.right and found.strict and found.why is Failure.NONE, (instance, found)
        assert 0 < found.points <= 1 and (found.points == 1 or name == "paraphrase")
        empty = tasks.score(instance, "")
        assert not empty.right and not empty.strict and empty.points == 0 and empty.why is not Failure.NONE


@pytest.mark.parametrize("name", LINES)
def test_brackets_quotes_and_commas_are_forgiven_but_not_strictly(name: str) -> None:
    instance = tasks.make(name, 5)
    items = instance.answer.split()
    quoted = ", ".join(f'"{item}"' for item in items)
    for text in (f"[{quoted}]", f"Here you are: [{quoted}] .", ",".join(items), "  ".join(items)):
        found = tasks.score(instance, text)
        assert found.right and not found.strict, text


@pytest.mark.parametrize("name", [name for name in (*KINDS, *VARIANTS) if tasks.TASKS[name].answers])
def test_listed_answers_are_right_distinct_and_all_of_them(name: str) -> None:
    for seed in range(8):
        instance = tasks.make(name, seed)
        listed = tasks.answers(instance)
        assert instance.answer in listed and len(set(listed)) == len(listed)
        assert all(tasks.score(instance, answer).strict for answer in listed)
        count = len(instance.check.get("given", ()))
        kind = name.removesuffix("_long").removesuffix("_shown")
        wanted = {"insert_random": count + 1, "remove_random": count, "replace_random": count,
                  "shuffle": 119, "latin_square": 576}.get(kind, 1)  # fmt: skip
        assert len(listed) == wanted


def test_what_cannot_be_listed_has_no_answers() -> None:
    assert tasks.answers(tasks.make("story", 1)) == tasks.answers(tasks.make("shuffle_long", 1)) == ()


def swapped(items: list[str]) -> list[str]:
    return [items[1], items[0], *items[2:]]


Spoil = Callable[[list[str], list[str], str], list[str]]
"""(given, answer, new item) -> the items of a wrong answer."""
SPOILT: list[tuple[str, Spoil, Failure]] = [
    ("copy", lambda g, a, n: [a[0], a[0], *a[2:]], Failure.DUPLICATE),
    ("copy", lambda g, a, n: a[:-1], Failure.MISSING),
    ("copy", lambda g, a, n: swapped(a), Failure.ORDER),
    ("copy", lambda g, a, n: [*a[:-1], "llama"], Failure.FOREIGN),
    ("reverse", lambda g, a, n: g, Failure.NO_CHANGE),
    ("shuffle", lambda g, a, n: g, Failure.NO_CHANGE),
    ("shuffle", lambda g, a, n: [a[0], a[0], *a[2:]], Failure.DUPLICATE),
    ("shuffle", lambda g, a, n: a[:-1], Failure.MISSING),
    ("shuffle", lambda g, a, n: [*a[:-1], "llama"], Failure.FOREIGN),
    ("insert_index", lambda g, a, n: g, Failure.NO_CHANGE),
    ("insert_random", lambda g, a, n: g, Failure.NO_CHANGE),
    ("insert_random", lambda g, a, n: [n, *g, n], Failure.DUPLICATE),
    ("insert_random", lambda g, a, n: [n, *g[1:]], Failure.MISSING),
    ("insert_random", lambda g, a, n: [n, *swapped(g)], Failure.ORDER),
    ("insert_random", lambda g, a, n: ["llama", *g], Failure.FOREIGN),
    ("remove_random", lambda g, a, n: g, Failure.NO_CHANGE),
    ("remove_random", lambda g, a, n: g[2:], Failure.TWO_CHANGES),
    ("remove_random", lambda g, a, n: [g[0], g[0], *g[2:]], Failure.DUPLICATE),
    ("remove_random", lambda g, a, n: [g[1], g[0], *g[3:]], Failure.ORDER),
    ("replace_random", lambda g, a, n: g, Failure.NO_CHANGE),
    ("replace_random", lambda g, a, n: [n, n, *g[2:]], Failure.TWO_CHANGES),
    ("replace_random", lambda g, a, n: [n, g[1], g[1], *g[3:]], Failure.TWO_CHANGES),
    ("replace_random", lambda g, a, n: [g[1], *g[1:]], Failure.DUPLICATE),
    ("replace_random", lambda g, a, n: g[1:], Failure.MISSING),
    ("replace_random", lambda g, a, n: [n, *g[2:], g[1]], Failure.ORDER),
]


@pytest.mark.parametrize(("name", "spoil", "why"), SPOILT)
def test_a_wrong_list_says_why(name: str, spoil: Spoil, why: Failure) -> None:
    seed = next(s for s in SEEDS if len(tasks.make(name, s).check["given"]) >= 4)
    instance = tasks.make(name, seed)
    given = instance.check["given"]
    text = " ".join(spoil(given, instance.answer.split(), instance.check.get("new", "")))
    found = tasks.score(instance, text)
    assert not found.right and found.why is why and found.reason, (instance, text, found)


def test_every_kind_of_list_mistake_agrees_with_the_listed_answers() -> None:
    """Random lists are right exactly when they are listed, whatever they are made of."""
    rng = random.Random(1)
    for name in tasks.WAITING_LINE:
        for seed in range(6):
            instance = tasks.make(name, seed)
            listed = set(tasks.answers(instance))
            pool = [*instance.check["given"], instance.check.get("new", "fox"), "llama"]
            for _ in range(60):
                items = instance.answer.split()
                for _ in range(rng.randint(0, 2)):
                    items[rng.randrange(len(items))] = rng.choice(pool)
                text = " ".join(items[: rng.choice((len(items), len(items), -1))])
                found = tasks.score(instance, text)
                assert found.right == (text in listed), (instance, text)
                assert (found.why is Failure.NONE) == found.right


def test_latin_squares_of_symbols() -> None:
    instance = tasks.make("latin_square", 3)
    a, b, c, d = instance.check["symbols"]
    cyclic = [[a, b, c, d], [b, c, d, a], [c, d, a, b], [d, a, b, c]]
    text = "\n".join(map(",".join, cyclic))
    assert tasks.score(instance, text).strict
    loose = tasks.score(instance, f"Here:\n{text.replace(',', ', ')}\nand more")
    assert loose.right and not loose.strict
    twice = tasks.score(instance, "\n".join(map(",".join, [cyclic[0], *cyclic[:3]])))
    assert twice.why is Failure.DUPLICATE and "column 1" in twice.reason
    assert tasks.score(instance, text.replace(a, "#")).why is Failure.FORMAT
    assert tasks.score(instance, text.replace(a, "é")).why is Failure.FOREIGN


def test_the_grammar_takes_its_own_sentences_only() -> None:
    good = ("The fox sees the bell.", "The big red fox near the cave hides the map and the key in the barn.")
    bad = [
        "the fox sees the bell.",
        "The fox sees the bell",
        "The fox the bell sees.",
        "The sees fox the bell.",
        "The fox sees the bell. The",
        "The fox sees.",
        "Fox sees bell.",
        "The fox and sees the bell.",
    ]
    assert all(map(grammar.parses, good)) and not any(map(grammar.parses, bad))


def test_sentences_from_words_need_all_words_and_the_grammar() -> None:
    instance = tasks.make("words_hard", 2)
    first, second, third, last = instance.check["words"]
    other = f"The {last} sees the {third} near the {second} and the {first}."
    assert tasks.score(instance, other).right
    assert tasks.score(instance, other.replace(first, "story")).why is Failure.MISSING
    assert tasks.score(instance, other.replace("sees", "")).why is Failure.GRAMMAR


def test_a_paraphrase_is_new_words_and_the_same_meaning() -> None:
    instance = tasks.make("paraphrase", 4)
    source = instance.check["source"]
    same, reference = tasks.score(instance, source), tasks.score(instance, instance.answer)
    assert same.why is Failure.NO_CHANGE and same.points == pytest.approx(0) and reference.points > 0.2
    other = tasks.score(instance, "The llama sees the bell.")
    assert other.why is Failure.GRAMMAR and other.points == 0
    assert tasks.score(instance, "The owl sees the bell.").why in (Failure.MISSING, Failure.FOREIGN)


def test_a_summary_is_short_and_holds_the_deed() -> None:
    instance = tasks.make("summary", 4)
    hero, verb, thing = instance.check["facts"]
    longer = tasks.score(instance, f"The red {hero} {verb} the {thing}.")
    assert longer.right and 0.8 < longer.points < 1
    assert tasks.score(instance, f"The {hero} {verb} the map and the key.").why is Failure.MISSING
    padded = f"The big large little small happy glad red {hero} {verb} the {thing}."
    assert not tasks.score(instance, padded).right


def test_overlap_by_hand() -> None:
    same = ["the", "fox", "sees", "the", "bell", "."]
    assert overlap.bleu(same, same) == pytest.approx(1) and overlap.bleu([], same) == 0
    assert overlap.bleu(["no"], same) == 0
    short = ["the", "fox", "sees"]
    # 1-grams 3 of 3, 2-grams (2+1)/(2+1), 3-grams (1+1)/(1+1), 4-grams (0+1)/(0+1); brevity exp(1 - 6/3)
    assert overlap.bleu(short, same) == pytest.approx(2.718281828**-1)
    assert overlap.rouge_l(short, same) == pytest.approx(2 * 3 / 9)
    assert overlap.rouge_l(["bell", "the"], same) == pytest.approx(2 / 8)
