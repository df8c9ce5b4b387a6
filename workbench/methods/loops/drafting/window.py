"""A window of guesses at the next tokens, which the target answers all at once (Jacobi decoding)."""

from collections.abc import Generator

import torch

from workbench.methods.loops.drafters import chain
from workbench.methods.loops.verification import Draft, Outcome
from workbench.methods.run import Run
from workbench.trace import DraftKind, Event, Source

WINDOW = Source("window", "the window of guesses", "draft")


def from_prompt(run: Run, count: int) -> list[int]:
    """Guesses where nothing is known yet: tokens drawn from the prompt."""
    uniform = torch.full((len(run.prompt),), 1 / len(run.prompt), dtype=torch.float64)
    return [run.prompt[run.dice.pick(uniform).index] for _ in range(count)]


class Window:
    """Guesses of the next tokens; after a pass they are the target's own answers to the last guesses."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.guesses: list[int] = []

    def draft(self, run: Run, room: int) -> Generator[Event, None, Draft]:
        """A chain of points."""
        size = min(self.size, room)
        self.guesses += from_prompt(run, size - len(self.guesses))
        tokens = self.guesses[:size]
        if not tokens:
            return Draft()
        proposed = run.chain(WINDOW.id, len(run.text), tokens, [1.0] * size, DraftKind.POINT)
        yield proposed
        return chain(proposed.ids, tokens)

    def learn(self, run: Run, draft: Draft, outcome: Outcome) -> None:
        """Keep the answers beyond the token that was just committed."""
        self.guesses = outcome.choices[len(outcome.path) + 1 :]
