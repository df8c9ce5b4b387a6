"""Two vocabularies over one text: alignment, translation, and the exact law of what comes out."""

import dataclasses
import itertools
import random
from collections import defaultdict
from pathlib import Path

import pytest
import torch
from fakes import TableCausal, branches, random_law
from test_guarantees import EXACT, distance, reference

from viz.analysis import analyse
from viz.figure import draw
from viz.tables import summary
from workbench import tasks
from workbench.methods.catalogue import catalogue
from workbench.methods.loops.drafting import alignment, translated
from workbench.methods.run import Run, Spelling
from workbench.methods.speculative import universal_assisted
from workbench.models.meter import Meter
from workbench.models.net import Config, Net
from workbench.models.shelf import EMBEDDED, Shelf
from workbench.models.tokens import Tokens
from workbench.run.prepare import prepare, usual_model
from workbench.run.recorder import Recording
from workbench.run.request import DEFAULT_MODELS, Request
from workbench.trace import Label, Propose, Score, Trace, WorkbenchError, fold
from workbench.trace.check import check
from workbench.train.folders import write_weights
from workbench.train.tokens import build_characters

BY_TEXT, SHARED = {"translation": "by text"}, {"translation": "shared tokens"}


class Pieces:
    """A tokenizer that takes the longest piece that fits; id i is the i-th piece."""

    def __init__(self, *pieces: str, special: int = -1) -> None:
        self.pieces, self.size, self._special = pieces, len(pieces), special

    def encode(self, text: str) -> list[int]:
        ids = []
        while text:
            fits = [p for i, p in enumerate(self.pieces) if text.startswith(p) and not self.special(i)]
            if not fits:
                text = text[1:]
                continue
            best = max(fits, key=len)
            ids.append(self.pieces.index(best))
            text = text[len(best) :]
        return ids

    def decode(self, ids) -> str:
        return alignment.spelled(self, ids).decode()

    def token_bytes(self, id: int) -> bytes:
        return self.pieces[id].encode()

    def special(self, id: int) -> bool:
        return id == self._special


CHARACTERS = Pieces("b", "a", "c")
MERGED = Pieces("a", "b", "ab", "c")


# -- alignment ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_the_longest_diagonal_is_the_longest(seed: int) -> None:
    rng = random.Random(seed)
    old, new = ([rng.randrange(3) for _ in range(rng.randrange(9))] for _ in range(2))
    found = alignment.longest_diagonal(old, new)
    runs = [
        (i, j, k)
        for i, j in itertools.product(range(len(old) + 1), range(len(new) + 1))
        for k in range(1, min(i, j) + 1)
        if old[i - k : i] == new[j - k : j]
    ]
    longest = max((k for *_, k in runs), default=0)
    assert found.length == longest
    if longest:
        assert (found.old_end, found.new_end, longest) == max(run for run in runs if run[2] == longest)


def test_a_text_is_brought_up_to_date_behind_the_diagonal() -> None:
    old = CHARACTERS.encode("abcab")
    update = alignment.updated(CHARACTERS, old, "abcaca", b"abcaca", 10)
    assert (CHARACTERS.decode(update.ids), update.aligned, update.replaced) == ("abcaca", 4, 1)


def test_a_misleading_diagonal_is_not_believed() -> None:
    """Seen through a window of two tokens, the repetition fits in the wrong place; the bytes tell."""
    old = CHARACTERS.encode("aaaab")
    update = alignment.updated(CHARACTERS, old, "aa", b"aaaacaa", 3)
    assert CHARACTERS.decode(update.ids) == "aaaacaa"


def test_a_piece_that_merges_with_the_prompt_is_tokenised_alone() -> None:
    assert alignment.translated(MERGED, MERGED.encode("ca"), "bc") == MERGED.encode("bc")
    assert alignment.translated(MERGED, MERGED.encode("cb"), "abc") == MERGED.encode("abc")
    assert alignment.translated(MERGED, [], "ab") == [2]
    assert alignment.translated(MERGED, MERGED.encode("ca"), "bz") == [], "what cannot be spelled is no draft"


def test_real_tokenizers_never_lose_a_byte(tmp_path: Path) -> None:
    build_characters(tmp_path)
    target, draft = Tokens.from_folder(EMBEDDED / "ar-target"), Tokens.from_folder(tmp_path)
    text = " Grüße, 12+34=46; naïve → ok\n{'a': [1, 2]}"
    ids = target.encode(text)
    held: list[int] = []
    for end in range(1, len(ids) + 1):
        said = alignment.spelled(target, ids[:end])
        fresh = alignment.spelled(target, ids[max(0, end - 4) : end]).decode("utf-8", errors="ignore")
        held = alignment.updated(draft, held, fresh, said, 6).ids
        assert alignment.spelled(draft, held) == alignment.valid_start(said).encode()
        rest = text.encode()[len(said) :]
        if alignment.valid_start(said).encode() == said:
            again = alignment.translated(target, ids[max(0, end - 4) : end], rest.decode())
            assert alignment.spelled(target, again) == rest


def test_shared_vocabulary_goes_by_bytes_and_by_name() -> None:
    one, other = Pieces("a", "</s>", "b", "a", special=1), Pieces("b", "x", "a", "</s>", special=3)
    assert alignment.shared(one, other, 4, 4) == ([0, 1, 2], [2, 3, 0])
    assert alignment.shared(one, Pieces("</s>"), 4, 4) == ([], []), "a control token is no text of its name"
    assert alignment.shared(one, other, 2, 4) == ([0, 1], [2, 3]), "rows that the network lacks"


# -- the law -----------------------------------------------------------------------------------------

PROMPT = (0, 3)
LAWS = {
    "random": (random_law(71, 4), random_law(72, 3)),
    "another seed": (random_law(73, 4, sharpness=3), random_law(74, 3, sharpness=3)),
    "zeros in both": (random_law(75, 4, zeros=2), random_law(76, 3, zeros=1)),
    "zeros in the draft": (random_law(77, 4), random_law(78, 3, zeros=2)),
}


def law_of(knobs: dict, case: str, tokens: int = 3, eos=()) -> dict:
    """The exact law of the answer: a target with the pieces a, b, ab, c and a drafter with b, a, c."""
    target, draft = LAWS[case]
    method = catalogue()["universal_assisted"]
    params = method.parse({"temperature": 1.0, "draft_length": 2, **knobs})
    prompt = tuple(CHARACTERS.encode("ac"))
    spellings = {"target": Spelling(MERGED, PROMPT), "draft": Spelling(CHARACTERS, prompt)}

    def play(dice) -> tuple[int, ...]:
        meter = Meter()
        models = {
            "target": TableCausal(target, 4, "target", meter, eos),
            "draft": TableCausal(draft, 3, "draft", meter, (2,) if eos else ()),
        }
        run = Run(PROMPT, tokens, models, eos, dice, meter, False, spellings)
        list(method.start(run, params))
        return tuple(run.answer)

    law = defaultdict(float)
    for weight, answer in branches(play):
        law[answer] += weight
    return law


def truth(case: str, tokens: int = 3, eos=(), **sampling) -> dict:
    target = LAWS[case][0]
    return reference(lambda text: target((*PROMPT, *text[2:])), tokens, eos, **sampling)


@pytest.mark.parametrize("case", LAWS)
@pytest.mark.parametrize("way", [BY_TEXT, SHARED], ids=["text", "shared"])
def test_the_law_is_the_targets_across_vocabularies(way: dict, case: str) -> None:
    for window in (10, 1):
        knobs = {**way, "target_lookbehind": window, "draft_lookbehind": window}
        found = law_of(knobs, case)
        assert abs(sum(found.values()) - 1) < EXACT
        assert distance(found, truth(case)) < EXACT


@pytest.mark.parametrize("way", [BY_TEXT, SHARED], ids=["text", "shared"])
def test_the_law_holds_after_processing_and_with_an_end_of_text(way: dict) -> None:
    found = law_of({**way, "temperature": 0.7, "top_k": 3, "top_p": 0.8}, "random", eos=(3,))
    expected = truth("random", 3, (3,), temperature=0.7, top_k=3, top_p=0.8)
    assert distance(found, expected) < EXACT


def test_a_draft_that_is_not_renormalised_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probability before restricting to the shared tokens is not what the token was drawn with."""

    def unscaled(ids, tokens, drawn_from=()):
        return translated_chain(ids, tokens, [law * 0.7 for law in drawn_from])

    translated_chain = translated.chain
    monkeypatch.setattr(translated, "chain", unscaled)
    assert distance(law_of(SHARED, "random"), truth("random")) > 1e-3


def test_drawing_again_after_a_mismatch_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(run, draft, rows):
        outcome = yield from right(run, draft, rows)
        return dataclasses.replace(outcome, drawn=None)

    right = universal_assisted.MATCH.verify
    monkeypatch.setattr(
        universal_assisted, "MATCH", dataclasses.replace(universal_assisted.MATCH, verify=again)
    )
    assert distance(law_of(BY_TEXT, "random"), truth("random")) > 1e-3


# -- real models -------------------------------------------------------------------------------------


def character_model(folder: Path, positions: int) -> Path:
    build_characters(folder)
    torch.manual_seed(0)
    size = Tokens.from_folder(folder).size
    shape = Config(size, 32, 2, 4, 4, 8, 64, max_positions=positions)
    net = Net.empty(shape, torch.device("cpu"), torch.float32)
    for weight in net.parameters():
        weight.data.normal_(0, 0.3) if weight.ndim > 1 else weight.data.fill_(1)
    write_weights(net, "causal", folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shelf")
    character_model(root / "tiny-char", 512)
    character_model(root / "short-char", 48)
    return root


@pytest.fixture(scope="module")
def shelf(folder: Path) -> Shelf:
    return Shelf((EMBEDDED, folder))


def record(shelf: Shelf, method: str = "universal_assisted", **how) -> tuple[Trace, list[int]]:
    prepared = prepare(Request(method, tasks.make("json", 1).prompt, max_tokens=24, **how), shelf)
    trace = Recording(prepared).run()
    assert trace.footer.status == "complete", trace.footer.message
    return trace, prepared.run.answer


@pytest.mark.parametrize("draft", ["tiny-char", "short-char", "ar-drafter"])
@pytest.mark.parametrize("way", [BY_TEXT, SHARED], ids=["text", "shared"])
def test_greedy_text_with_any_drafter(shelf: Shelf, way: dict, draft: str) -> None:
    trace, answer = record(shelf, knobs=way, models={"draft": draft})
    assert answer == record(shelf, "greedy")[1]
    report = check(trace)
    assert report.ok and report.underivable == 0, report.problems[:3]


@pytest.mark.parametrize("way", [BY_TEXT, SHARED], ids=["text", "shared"])
def test_the_drafters_lane_reads_as_the_answer_does(shelf: Shelf, way: dict) -> None:
    trace, answer = record(shelf, knobs={**way, "temperature": 1.0}, models={"draft": "tiny-char"}, seed=4)
    lane = fold(trace.events).lanes[1]
    prompt = len(Tokens.from_folder(shelf.open("tiny-char").entry.folder).encode_prompt(trace.header.prompt))
    shown = "".join(fill.text for fill in lane.fills[prompt:] if isinstance(fill, Label))
    target = Tokens.from_folder(EMBEDDED / "ar-target")
    assert shown and target.decode(answer).startswith(shown)
    told = [event for event in trace.events if isinstance(event, Score)]
    assert {"aligned", "replaced"} <= {event.measure for event in told}
    if way is SHARED:
        unmapped = [value for event in told if event.measure == "unmapped" for value in event.values]
        assert unmapped and all(0 <= value <= 1 for value in unmapped)
        assert next(event.values for event in told if event.measure == "shared") == (288,)


@pytest.mark.parametrize("way", [BY_TEXT, SHARED], ids=["text", "shared"])
def test_the_summary_counts_the_targets_tokens_not_the_drafters(shelf: Shelf, way: dict) -> None:
    trace, answer = record(shelf, knobs=way, models={"draft": "ar-char"})
    told = summary(trace)
    offered = [event for event in trace.events if isinstance(event, Propose) and event.lane == 0]
    drafted = sum(len(event.ids) for event in offered if event.source in ("draft", "translation"))
    own = sum(len(event.ids) for event in offered) - drafted  # what the target wrote itself
    assert told["num_draft_tokens"] == told["num_proposed_tokens"] == drafted
    assert told["tokens"] == len(answer)
    assert told["num_accepted_tokens"] == len(answer) - own > 0


@pytest.mark.parametrize("way", [BY_TEXT, SHARED], ids=["text", "shared"])
def test_the_tree_of_a_round_holds_the_targets_tokens_alone(shelf: Shelf, way: dict) -> None:
    trace, _ = record(shelf, knobs=way, models={"draft": "ar-char"})
    built, lane = analyse(trace), fold(trace.events).proposals
    trees = built.forest.all()
    assert trees and "all" not in trees
    assert all(lane[id].lane == 0 for tree in trees.values() for id in tree["ids"])
    read = {int(key): len(tree["ids"]) for key, tree in draw(trace, "mask").spec["trees"].items()}
    assert all(built.lines()[at]["drafted"] == rows for at, rows in read.items())


def test_only_methods_that_say_so_take_another_tokenizer(shelf: Shelf) -> None:
    with pytest.raises(WorkbenchError, match="vocabularies"):
        record(shelf, "speculative_sampling", models={"draft": "tiny-char"})


def test_the_default_drafter_is_its_own_where_it_is_on_the_shelf(folder: Path, tmp_path: Path) -> None:
    method = catalogue()["universal_assisted"]
    assert usual_model(method, "draft", Shelf((folder,))) == DEFAULT_MODELS["draft"]
    character_model(tmp_path / "ar-char", 64)
    assert usual_model(method, "draft", Shelf((tmp_path,))) == "ar-char"
    assert usual_model(method, "target", Shelf((tmp_path,))) == DEFAULT_MODELS["target"]
