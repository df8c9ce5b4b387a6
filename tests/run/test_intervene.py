"""A person's hand in a run: what came before stays, what comes after obeys, and the trace says so."""

import json
from dataclasses import replace

import pytest
from fakes import ScriptedDice, TableCausal, TableMasked, branches, random_law, table_run
from torch import Tensor

from workbench.methods.api import Method
from workbench.methods.catalogue import catalogue
from workbench.methods.hand import BY_HAND, YOU, Hand
from workbench.methods.run import Run
from workbench.models.meter import Meter
from workbench.run.acts import parse
from workbench.run.intervene import acts, handed, refuse
from workbench.run.moment import Wish, interventions
from workbench.run.recorder import Recording
from workbench.run.request import Request
from workbench.trace import (
    Close,
    Commit,
    Fork,
    Intervention,
    Phase,
    Retract,
    Trace,
    WorkbenchError,
    check,
    encode,
    fold,
)
from workbench.trace.codec import decode, encode_events

METHODS = list(catalogue().values())
PROMPT = 5
SIZE = 9


def record(method: Method, told: tuple[Intervention, ...] = (), **how) -> Trace:
    return Recording(table_run(method, told=told, **how)).run()


def same_before(old: Trace, new: Trace, at: int) -> bool:
    return encode_events(old.events[:at]) == encode_events(new.events[:at])


def decoded(trace: Trace) -> dict[int, int]:
    """Position -> token of the answer."""
    fills = fold(trace.events).lanes[0].fills
    return {at: fill.id for at, fill in enumerate(fills) if at >= PROMPT and fill is not None}


def intervened(old: Trace, method: Method, *wishes: Wish, seed: int = 0) -> Trace:
    """The fork; complete, checked, with everything before the first intervention as it was."""
    told = interventions(old, wishes)
    new = record(method, told, seed=seed)
    assert new.footer.status == "complete", new.footer.message
    assert same_before(old, new, told[0].at)
    report = check(new)
    assert report.ok, report.problems[:3]
    assert report.underivable == 0
    assert new.header.interventions == told
    assert "1 intervention" in new.header.promise
    return new


def commits(trace: Trace) -> list[tuple[int, int, int]]:
    """(event, candidate, position) of every cell of the answer, as committed."""
    where = fold(trace.events).proposals
    found = [(at, e) for at, e in enumerate(trace.events) if isinstance(e, Commit)]
    return [(at, id, where[id].position) for at, e in found if e.lane == 0 for id in e.candidates]


MASKED = [method for method in METHODS if not acts(method)["lift"]]
NEVER = "can never say"


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.id)
def test_a_forced_token_is_written_and_a_banned_one_is_not(method: Method) -> None:
    old = record(method)
    text, written = decoded(old), commits(old)
    place = (PROMPT + max(text)) // 2
    event, candidate = next(((at, id) for at, id, where in reversed(written) if where == place), (-1, -1))
    banned = intervened(old, method, Wish("ban", event, candidate, place, text[place]))
    assert decoded(banned).get(place) != text[place]
    for token in (other for other in range(SIZE - 2) if other != text[place]):
        wish = Wish("force", event, candidate, place, token)
        if NEVER in record(method, interventions(old, [wish])).footer.message:
            continue  # a table forbids one token after every text
        assert decoded(intervened(old, method, wish))[place] == token
        return
    pytest.fail("no token could be forced")


@pytest.mark.parametrize("method", MASKED, ids=lambda m: m.id)
def test_a_mask_is_lifted_by_hand_and_put_back(method: Method) -> None:
    old = record(method)
    last = commits(old)[-1][2]
    early = next(at for at, e in enumerate(old.events) if isinstance(e, Phase) and e.level == 1)
    lifted = intervened(old, method, Wish("lift", early, -1, last, 3))
    you = [p for p in fold(lifted.events).proposals.values() if p.source == YOU.id]
    assert [(p.position, p.fill.id, p.committed) for p in you] == [(last, 3, True)]
    at, _, where = commits(old)[0]
    masked = intervened(old, method, Wish("mask", at, -1, where))
    gone = [e for e in masked.events if isinstance(e, Retract) and e.reason == BY_HAND]
    assert [e.cells.positions for e in gone] == [(where,)]
    assert where in decoded(masked), "what was emptied is written again"


def test_a_lane_is_ended_by_hand() -> None:
    method = catalogue()["beam_search"]
    old = record(method)
    lanes = [e.lane for e in old.events if isinstance(e, Fork) and e.lane > 1]
    event = next(at for at, e in enumerate(old.events) if isinstance(e, Fork) and e.lane == lanes[0])
    new = intervened(old, method, Wish("close", event, lane=lanes[0]))
    ends = [e for e in new.events if isinstance(e, Close) and e.verdict == BY_HAND]
    assert [e.lane for e in ends] == lanes[:1]


def test_nothing_is_left_of_a_law_but_what_the_edits_leave() -> None:
    """Speculative sampling under a force and a ban has exactly the law of the target edited the same way."""
    law = {"target": random_law(1, 4), "draft": random_law(2, 4)}
    told = (
        Intervention(0, "ban", -1, 3, 1),
        Intervention(0, "force", -1, 4, 2),
        Intervention(0, "ban", -1, 5, 0),
    )
    prompt, method = (0, 1, 2), catalogue()["speculative_sampling"]

    def play(dice: ScriptedDice) -> tuple[int, ...]:
        meter, hand = Meter(), Hand(told)
        models = {role: TableCausal(law[role], 4, role, meter) for role in law}
        models = handed(method, models, prompt, hand)
        run = Run(prompt, 3, models, (), dice, meter, hand=hand)
        params = method.parse({"temperature": 1.0})
        list(method.start(run, params))
        return tuple(run.answer)

    found: dict[tuple[int, ...], float] = {}
    for weight, answer in branches(play):
        found[answer] = found.get(answer, 0.0) + weight
    expected: dict[tuple[int, ...], float] = {}
    for first in (0, 2, 3):
        one = without(law["target"](prompt), 1)[first]
        after = without(law["target"]((*prompt, first, 2)), 0)
        for last in (1, 2, 3):
            expected[first, 2, last] = float(one * after[last])
    assert found == pytest.approx(expected, abs=1e-12)


def without(probs: Tensor, token: int) -> Tensor:
    """A law with one token taken out, scaled to sum to 1 again."""
    left = probs.clone()
    left[token] = 0
    return left / left.sum()


def test_what_was_done_before_stays_when_more_is_done() -> None:
    method = catalogue()["greedy"]
    old = record(method)
    at, id, where = commits(old)[2]
    one = intervened(old, method, Wish("ban", at, id, where, decoded(old)[where]))
    at, id, where = commits(one)[3]
    later = interventions(one, [Wish("ban", at, id, where, decoded(one)[where])])
    assert later[0] == one.header.interventions[0]
    assert len(later) == 2
    at, id, where = commits(one)[1]
    earlier = interventions(one, [Wish("ban", at, id, where, decoded(one)[where])])
    assert len(earlier) == 1, "what was done after the new moment belongs to another story"


@pytest.mark.parametrize(
    ("method", "told", "sentence"),
    [
        ("greedy", Intervention(10**6, "ban", -1, 7, 1), "'ban:1000000:7:1' never began: the run has only"),
        ("greedy", Intervention(20, "force", -1, 5, 1), "'force:20:5:1' changed nothing"),
        ("llada_low_confidence", Intervention(2, "mask", -1, 16, -1), "Nothing is written at position 16"),
        ("llada_low_confidence", Intervention(0, "lift", -1, 16, -1), "Nothing was guessed at position 16"),
        ("beam_search", Intervention(2, "close", 77, -1, -1), "Lane 77 is not open at event 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_ends_the_run_with_a_sentence(
    method: str, told: Intervention, sentence: str
) -> None:
    trace = record(catalogue()[method], (told,))
    assert trace.footer.status == "failed"
    assert sentence in trace.footer.message
    assert "unexpected" not in trace.footer.message


def test_a_mask_is_lifted_once_and_the_last_lane_stays() -> None:
    twice = tuple(Intervention(2, "lift", -1, 9, token) for token in (1, 2))
    assert "holds no mask at event 2" in record(catalogue()["llada_low_confidence"], twice).footer.message
    last = (Intervention(0, "close", 1, -1, -1),)
    trace = record(catalogue()["beam_search"], last, knobs={"beams": 1})
    assert "Lane 1 is the last one" in trace.footer.message


def test_the_last_token_cannot_be_rejected() -> None:
    told = tuple(Intervention(0, "ban", -1, 5, token) for token in range(SIZE))
    trace = record(catalogue()["greedy"], told)
    assert "nothing else is left there" in trace.footer.message


@pytest.mark.parametrize(
    ("method", "told", "sentence"),
    [
        ("greedy", "force:0:5:99", "the model has the ids 0 to 8"),
        ("greedy", "force:0:4:1", "the answer has the positions 5 to 16"),
        ("greedy", "ban:0:17:1", "the answer has the positions 5 to 16"),
        ("greedy", "lift:0:5:1", "has no masks to lift"),
        ("greedy", "close:0:1", "decodes one lane"),
        ("beam_search", "close:0:0", "would end the answer itself"),
        ("llada_low_confidence", "force:0:5:8", "names the mask"),
        ("llada_low_confidence", "lift:0:5:8", "names the mask"),
    ],
)
def test_what_a_run_cannot_be_told_is_refused_before_it_begins(method: str, told: str, sentence: str) -> None:
    mask = TableMasked(0, SIZE, "denoiser", Meter())
    models = (
        [mask] if method.startswith("llada") else [TableCausal(random_law(0, SIZE), SIZE, "target", Meter())]
    )
    with pytest.raises(WorkbenchError, match=sentence):
        refuse([parse(told)], catalogue()[method], PROMPT, 12, models)


@pytest.mark.parametrize(
    "text", ["", "force", "force:1:2", "force:a:b:c", "force:-1:5:5", "ban:1:2:3:4", "lift:1", "mask:1:2:3",
             "close:1:2:3", "eval:1:2", "force:1:5:99999999999999999999", "force:¹:2:3"],
)  # fmt: skip
def test_a_text_that_is_no_intervention_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(WorkbenchError, match=r"form"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["force:3:7:12", "ban:3:7:0", "lift:9:8", "lift:9:8:4", "mask:0:5", "close:40:3"]
)
def test_an_intervention_reads_back(text: str) -> None:
    assert str(parse(text)) == text


def test_a_request_refuses_a_list_that_no_run_could_follow() -> None:
    for told, sentence in (
        ((parse("ban:9:7:1"), parse("ban:3:7:1")), "in the order of their events"),
        ((replace(parse("ban:9:7:1"), at=-1),), "from 0 on"),
        ((replace(parse("ban:9:7:1"), act="eval"),), "is no act"),
        ((parse("ban:9:7:1"),) * 65, "takes 64 interventions at most"),
    ):
        with pytest.raises(WorkbenchError, match=sentence):
            Request("greedy", "x", interventions=told).checked()


def test_a_trace_keeps_its_interventions_and_an_older_file_has_none() -> None:
    method = catalogue()["speculative_sampling"]
    old = record(method)
    at, id, where = commits(old)[0]
    new = intervened(old, method, Wish("ban", at, id, where, decoded(old)[where]))
    assert decode(encode(new)).header == new.header
    raw = json.loads(encode(old))
    raw["version"] = "1.0.0"
    del raw["header"]["interventions"]
    assert decode(json.dumps(raw).encode()).header == old.header
    raw["version"] = "1.1.0"
    with pytest.raises(WorkbenchError, match="lacks the field 'interventions'"):
        decode(json.dumps(raw).encode())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"act": "eval"}, "one of force, ban, lift, mask, close is needed"),
        ({"at": 1.5}, "a whole number is needed"),
        ({"token": "1"}, "a whole number is needed"),
    ],
)
def test_a_hostile_intervention_in_a_file_is_refused(change: dict[str, object], sentence: str) -> None:
    raw = json.loads(encode(record(catalogue()["greedy"])))
    each = {"at": 3, "act": "ban", "lane": -1, "position": 6, "token": 1}
    raw["header"]["interventions"] = [each | change]
    with pytest.raises(WorkbenchError, match=sentence):
        decode(json.dumps(raw).encode())


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (Intervention(-1, "ban", -1, 6, 1), "no event after the one before it"),
        (Intervention(10**9, "ban", -1, 6, 1), "no event after the one before it"),
        (Intervention(3, "ban", -1, 2, 1), "which is not in the answer"),
        (Intervention(3, "ban", -1, 6, 444), "whose text is not in the trace"),
        (Intervention(3, "close", 0, -1, -1), "only lanes from 1 on"),
    ],
)
def test_the_check_says_what_cannot_have_been_done(told: Intervention, sentence: str) -> None:
    trace = record(catalogue()["greedy"])
    bad = replace(trace, header=replace(trace.header, interventions=(told,)))
    assert sentence in check(bad).badge
