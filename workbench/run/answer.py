"""What a recorded run decoded: the answer's tokens, up to the first end of text."""

from workbench.trace import Token, Trace, fold

ANSWER = 0
"""The lane of the answer."""


def answer_ids(trace: Trace) -> list[int]:
    """The tokens of the answer so far, without the prompt, empty cells, and the end of text and after."""
    lane = fold(trace.events).lanes.get(ANSWER)
    ends = {id for card in trace.header.models for id in card.eos_ids}
    ids: list[int] = []
    for fill in [] if lane is None else lane.fills[len(trace.header.prompt_ids) :]:
        if not isinstance(fill, Token):
            continue
        if fill.id in ends:
            break
        ids.append(fill.id)
    return ids
