"""Writing a sentence: from words (easy, medium, hard), in other words, or as a summary.

Many answers are right; a small grammar decides what is a sentence. No embedded model was trained on these.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from . import grammar
from .base import Draft, Failure, Score, Task, right, wrong
from .overlap import bleu, rouge_l
from .words import ANIMALS, PLACES, THINGS

NO_SENTENCE = wrong("it is no sentence of the grammar", Failure.GRAMMAR)


def _from_words(answer: list[str], given: list[str]) -> Draft:
    return Draft(f"Write a sentence with: {' '.join(given)}", grammar.written(answer), {"words": given})


def _easy(rng: random.Random) -> Draft:
    """A hero, a deed, a thing and a place, in the order of the sentence."""
    given = [rng.choice(each) for each in (ANIMALS, grammar.VERBS, THINGS, PLACES)]
    return _from_words(grammar.simple(rng, *given), given)


def _medium(rng: random.Random) -> Draft:
    """The same kinds of words in any order."""
    words = [rng.choice(each) for each in (ANIMALS, grammar.VERBS, THINGS, PLACES)]
    return _from_words(grammar.simple(rng, *words), rng.sample(words, len(words)))


def _hard(rng: random.Random) -> Draft:
    """Four names that have nothing to do with each other; the deed has to be found."""
    given = rng.sample((*grammar.NOUNS, *PLACES), 4)
    first, second, third, last = given
    verb, link = rng.choice(grammar.VERBS), rng.choice(("and", "near", "in"))
    answer = ["the", first, "near", "the", second, verb, "the", third, link, "the", last, "."]
    return _from_words(answer, given)


def _check_words(check: Mapping[str, Any], text: str) -> Score:
    """All given words, in a sentence of the grammar."""
    missing = [word for word in check["words"] if word not in grammar.words(text)]
    if missing:
        return wrong(f"missing: {' '.join(missing)}", Failure.MISSING)
    return right() if grammar.parses(text) else NO_SENTENCE


def _draw_paraphrase(rng: random.Random) -> Draft:
    """Every word that has a twin may be swapped for it; the verb is."""
    verb = rng.choice(grammar.VERBS)
    source = grammar.simple(rng, rng.choice(ANIMALS), verb, rng.choice(THINGS), rng.choice(PLACES))
    twins = {a: b for pair in grammar.SYNONYMS for a, b in (pair, pair[::-1])}
    other = [twins.get(word, word) if word != verb and rng.random() < 0.5 else word for word in source]
    other[other.index(verb)] = twins[verb]
    given = grammar.written(source)
    return Draft(f"Say in other words: {given}", grammar.written(other), {"source": given})


def _meaning(text: str) -> Counter[str]:
    return Counter(grammar.MEANING.get(word, word) for word in grammar.words(text))


def _check_paraphrase(check: Mapping[str, Any], text: str) -> Score:
    """Another sentence of the same meaning; points are (1 - BLEU) times the share of the meaning kept."""
    source = check["source"]
    if not grammar.parses(text):
        return NO_SENTENCE
    mine, theirs = _meaning(text), _meaning(source)
    kept = 2 * (mine & theirs).total() / (mine.total() + theirs.total())
    points = (1 - bleu(grammar.words(text), grammar.words(source))) * kept
    if grammar.words(text) == grammar.words(source):
        return wrong("it is the sentence that was given", Failure.NO_CHANGE, points)
    if mine != theirs:
        lost = sorted((theirs - mine) or (mine - theirs))
        why = Failure.MISSING if theirs - mine else Failure.FOREIGN
        return wrong(f"the meaning is another one at: {' '.join(lost)}", why, points)
    return right("the same meaning in other words", points)


def _draw_summary(rng: random.Random) -> Draft:
    """What a hero does, twice, and where; the summary is the first deed without its trimmings."""
    hero, place = rng.choice(ANIMALS), rng.choice(PLACES)
    thing, other = rng.sample(THINGS, 2)
    verb, deed = rng.sample(grammar.VERBS, 2)
    text = [grammar.simple(rng, hero, verb, thing, place), grammar.simple(rng, hero, deed, other)]
    short = grammar.written(["the", hero, verb, "the", thing, "."])
    given = " ".join(map(grammar.written, text))
    return Draft(f"Sum up: {given}", short, {"facts": [hero, verb, thing], "reference": short})


def _check_summary(check: Mapping[str, Any], text: str) -> Score:
    """One short sentence with hero, deed and thing; points are ROUGE-L against the reference."""
    if not grammar.parses(text):
        return NO_SENTENCE
    found, reference = grammar.words(text), grammar.words(check["reference"])
    points = rouge_l(found, reference)
    missing = [word for word in check["facts"] if word not in found]
    if missing:
        return wrong(f"missing: {' '.join(missing)}", Failure.MISSING, points)
    if len(found) > 2 * len(reference):
        return wrong("it is too long for a summary", Failure.NO_CHANGE, points)
    return right("the main deed in one sentence", points)


def _is_written(text: str) -> bool:
    return grammar.written(grammar.words(text)) == text


def _task(
    name: str,
    title: str,
    draw: Callable[[random.Random], Draft],
    check: Callable[[Mapping[str, Any], str], Score],
) -> Task:
    return Task(name, title, draw, check, _is_written, in_mix=False)


WRITING = (
    _task("words_easy", "Sentence from words, easy", _easy, _check_words),
    _task("words_medium", "Sentence from words, medium", _medium, _check_words),
    _task("words_hard", "Sentence from words, hard", _hard, _check_words),
    _task("paraphrase", "Paraphrase", _draw_paraphrase, _check_paraphrase),
    _task("summary", "Summary", _draw_summary, _check_summary),
)
