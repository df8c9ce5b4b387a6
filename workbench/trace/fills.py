"""What can sit in a cell: a sum type, so that no reader meets a pair of maybes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Token:
    """A vocabulary entry by its id."""

    id: int


@dataclass(frozen=True, slots=True)
class Blend:
    """A weighted mixture of vocabulary entries (soft tokens); weights sum to 1."""

    ids: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Vector:
    """A latent state, projected or thinned to the few numbers worth keeping."""

    xs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A named state that is no vocabulary entry: an automaton state, a graph node."""

    text: str


Fill = Token | Blend | Vector | Label
