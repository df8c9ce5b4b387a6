"""The rules that several parts of masked decoding share; each sentence is written once."""

from dataclasses import replace

from workbench.trace import Measure, Rule

QUOTA = Rule(
    "quota",
    "among the surest of the round",
    "<",
    "rank by confidence",
    "tokens due this round",
    "{what} is written: rank {left} by confidence is below the {right} due this round.",
    "{what} stays masked: rank {left} by confidence is not below the {right} due this round.",
    value_from="rank(proposed)",
)
THRESHOLD = Rule(
    "threshold",
    "sure enough",
    ">=",
    "confidence",
    "threshold",
    "{what} is written: confidence {left} reaches the threshold {right}.",
    "{what} stays masked: confidence {left} is below the threshold {right}.",
    value_from="proposed",
    bound_from="knob(threshold)",
)
AT_LEAST_ONE = Rule(
    "at_least_one",
    "the surest, so that every round advances",
    "<",
    "rank by confidence",
    "one",
    "{what} is written although below the threshold: it is the surest, and a round must advance.",
    "{what} stays masked: another is surer.",
    bound_from="const(1)",
)
ROUND_CAP = Rule(
    "round_cap",
    "the rounds are used up",
    ">=",
    "rounds done",
    "most rounds of a run",
    "{what} is written as it is likeliest now: {left} of {right} rounds are done.",
    "{what} waits: {left} of {right} rounds are done.",
)
UNMASK_COIN = Rule(
    "unmask_coin",
    "coin of the reverse process",
    "<",
    "u",
    "chance to be written now",
    "{what} is written: u = {left} is below its chance {right}.",
    "{what} stays masked: u = {left} is not below its chance {right}.",
)
REMASK_COIN = Rule(
    "remask_coin",
    "coin for a second thought",
    "<",
    "u",
    "chance to be masked again",
    "{what} is masked again: u = {left} is below its chance {right}.",
    "{what} stays: u = {left} is not below its chance {right}.",
)


def by_score(rule: Rule, measure: Measure) -> Rule:
    """`quota` or `at_least_one` for the ranking by another score, which need not say how sure a token is."""
    ranked = f"rank by {measure.title}"
    derived = f"rank(score:{measure.id})" if rule.value_from != "given" else "given"

    def said(sentence: str) -> str:
        for sure, first in (
            ("rank {left} by confidence", f"rank {{left}} by {measure.title}"),
            ("among the surest of the round", f"among the first of the round by {measure.title}"),
            ("the surest", f"the first by {measure.title}"),
            ("another is surer", f"another comes before it by {measure.title}"),
        ):
            sentence = sentence.replace(sure, first)
        return sentence

    return replace(
        rule,
        id=f"{rule.id}_{measure.id}",
        title=said(rule.title),
        left=ranked,
        yes=said(rule.yes),
        no=said(rule.no),
        value_from=derived,
    )
