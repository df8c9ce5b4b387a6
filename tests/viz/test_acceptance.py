"""Acceptance: every number by hand, on drafts whose fates are known."""

import fake_traces as fakes
from fake_traces import DraftKind

from viz.acceptance import by_position, by_rank
from viz.analysis import analyse
from viz.summary import DEFINITIONS
from viz.tables import frame, summary
from workbench.trace import ROOT, Candidates, Cells, Commit, Phase, Propose, Rule, Trace

INSIDE = Rule(
    "inside", "inside the block", "<=", "place", "last", "Accepted {what}: {left} {right}.", "No {what}."
)


def chains(*passed: tuple[int, ...]) -> Trace:
    """Rounds of three drafts; `passed[r]` are how the tests of round r went until the first failure."""
    s = fakes.Scribe()
    at = fakes.begin(s)
    for number, good in enumerate(passed):
        s.say(Phase(0, f"Round {number + 1}"))
        s.forward("draft", (at - 1, at))
        ids = s.propose("draft", [at, at + 1, at + 2], [1, 2, 3], [ROOT, s.next_id, s.next_id + 1], [0.5] * 3)
        s.forward("target", (at, at + 4))
        for id, ok in zip(ids, good, strict=False):
            s.say(fakes.ACCEPT.judge(Candidates((id,)), [0.1 if ok else 0.9], [0.5]))
        kept = tuple(ids[: sum(good)])
        if kept:
            s.say(Commit(0, kept))
        own = s.propose("residual" if 0 in good else "target", [at + len(kept)], [7], ROOT, [0.5])
        s.say(Commit(0, tuple(own)))
        at += len(kept) + 1
    return s.trace("Chains", "speculative")


def test_rates_by_position_by_hand() -> None:
    told = summary(chains((1, 1, 1), (1, 0), (0,), (1, 1, 0)))
    assert told["num_drafts"] == 4 and told["num_draft_tokens"] == 12 and told["num_accepted_tokens"] == 6
    assert told["num_accepted_tokens_per_pos"] == [3, 2, 1]
    assert told["acceptance_rate_per_pos"] == [0.75, 0.5, 0.25]
    assert told["conditional_acceptance_rate_per_pos"] == [0.75, 0.6667, 0.5]
    assert told["acceptance_histogram"] == [1, 1, 1, 1]
    assert told["draft_acceptance_rate"] == 0.5
    assert told["mean_acceptance_length"] == 2.5 and told["mean_accepted_drafts"] == 1.5
    assert set(told) <= set(DEFINITIONS)


def test_siblings_are_counted_by_depth_and_rank() -> None:
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    s.propose("draft", [at, at, at + 1, at + 1], [1, 2, 3, 4], [ROOT, ROOT, 0, 1], [0.5] * 4)
    s.forward("target", (at, at + 5))
    for id, ok in ((0, 0), (1, 1), (3, 1)):
        s.say(fakes.ACCEPT.judge(Candidates((id,)), [0.1 if ok else 0.9], [0.5]))
    s.say(Commit(0, (1, 3)))
    built = analyse(s.trace("Tree", "speculative"))
    ranks = by_rank(built.drafts())
    assert {key: (every.accepted, every.tried, tried.tried) for key, (every, tried) in ranks.items()} == {
        (1, 1): (0, 1, 1), (1, 2): (1, 1, 1), (2, 1): (1, 2, 1)
    }  # fmt: skip
    assert [(share.accepted, given.tried) for share, given in by_position(built.drafts())] == [(1, 1), (1, 1)]


def test_a_rescued_node_is_committed_and_its_failed_test_stays() -> None:
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Round 1"))
    ids = s.propose("draft", [at, at + 1, at + 2], [1, 2, 3], [ROOT, 0, 1], [0.5] * 3)
    s.forward("target", (at, at + 4))
    of = Candidates(tuple(ids))
    s.say(fakes.ACCEPT.judge(of, [0.9, 0.1, 0.9], [0.5] * 3), INSIDE.judge(of, [1, 2, 3], [2] * 3))
    s.say(Commit(0, (0, 1)), Commit(0, tuple(s.propose("residual", [at + 2], [7], ROOT, [0.5]))))
    trace = s.trace("Block", "speculative")
    assert list(frame(trace, "candidates")["status"]) == ["committed", "committed", "rejected", "committed"]
    verdicts = frame(trace, "verdicts")
    assert list(verdicts[verdicts["id"] == 0]["passed"]) == [False, True]
    assert summary(trace)["num_accepted_tokens_per_pos"] == [1, 1, 0]


def overlapped() -> Trace:
    """Two rounds as overlapped drafting runs them: three of four drafts are judged one round later."""
    s = fakes.Scribe()
    at = fakes.begin(s)
    s.say(Phase(0, "Pre-verify 1"))
    s.forward("target", (0, at))
    s.propose("draft", [at, at + 1, at + 2], [1, 2, 3], [ROOT, 0, 1], [0.5] * 3)
    s.observe("target", Cells(0, (at,)), [(1, 0.9)])
    s.say(fakes.ACCEPT.judge(Candidates((0,)), [0.1], [0.5]), Commit(0, (0,)))
    s.say(Phase(0, "Post-verify 2"))
    s.forward("target", (at, at + 3))
    s.say(Propose(3, "draft", 0, (at + 3,), (fakes.Token(4),), (2,), (0.5,), DraftKind.SAMPLED))
    s.next_id = 4
    s.observe("target", Candidates((0,)), [(2, 0.9)])
    s.say(
        fakes.ACCEPT.judge(Candidates((1,)), [0.1], [0.5]), fakes.ACCEPT.judge(Candidates((2,)), [0.9], [0.5])
    )
    s.say(Commit(0, (1,)), Commit(0, tuple(s.propose("residual", [at + 2], [7], ROOT, [0.5]))))
    return s.trace("Overlapped", "speculative")


def test_drafts_that_wait_are_settled_in_the_round_that_judges_them() -> None:
    trace = overlapped()
    assert list(frame(trace, "candidates")["status"]) == [
        "committed", "committed", "rejected", "unexamined", "committed"
    ]  # fmt: skip
    rows = frame(trace, "rounds")
    assert list(rows["drafted"]) == [3, 1] and list(rows["accepted"]) == [1, 1]
    assert list(rows["rejected"]) == [0, 1] and list(rows["unexamined"]) == [0, 1]
    told = summary(trace)
    assert told["num_accepted_tokens_per_pos"] == [2, 0], "what no pass has read is no position of the draft"
    assert (told["num_draft_tokens"], told["num_proposed_tokens"]) == (3, 4)
    trees = analyse(trace).forest.all()
    assert trees["1"]["ids"] == [1, 2, 3, 4], (
        "drafts that wait stand in the tree of the round that judges them"
    )
