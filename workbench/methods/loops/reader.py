"""A causal model that follows a growing text: it reads only what it has not read yet."""

from collections.abc import Sequence

from torch import Tensor

from workbench.models.api import Causal, Memory, Reading
from workbench.trace import ROOT


class Reader:
    """Keeps a model's cache in step with a text that may also lose its tail (rejected drafts)."""

    def __init__(self, model: Causal) -> None:
        self.model = model
        self.memory: Memory | None = None
        self._read: list[int] = []
        self._cached = self._base = 0
        self._chain = True

    def unread(self, text: Sequence[int]) -> list[int]:
        """The tail of `text` that is not cached, at least its last token; the cache is cut back to fit."""
        same = len(self._read)
        if (text[:same] if isinstance(text, list) else list(text[:same])) != self._read:
            same = next(i for i, token in enumerate(self._read) if i >= len(text) or text[i] != token)
        same = min(same, len(text) - 1)
        if self.memory is not None and same < len(self._read):
            self.memory = self.memory.back_to(same)
        del self._read[same:]
        return list(text[same:])

    def catch_up(self, text: Sequence[int]) -> Reading:
        """Read what is new in `text`; the belief (1, V) is about the token after it."""
        return self.extend(self.unread(text))

    def extend(self, tokens: Sequence[int]) -> Reading:
        """Read `tokens` behind what was read; the belief (1, V) is about the token after them."""
        reading = self.model.read(tokens, self.memory, want=1)
        self.memory = reading.memory
        self._read += tokens
        return reading

    def read_tree(self, text: Sequence[int], tokens: Sequence[int], parents: Sequence[int]) -> Tensor:
        """Read what is new in `text` and a tree on its end in one pass; `keep` must come next.

        `parents[i]` is a node below i, or ROOT. Logits (1 + nodes, V): after the text, after each node.
        """
        pending = self.unread(text)
        self._cached = len(self._read)
        self._base = self._cached + len(pending)
        self._chain = list(parents) == list(range(ROOT, len(tokens) - 1))
        rows = None
        if not self._chain:
            last = self._base - 1
            rows = [*range(self._cached - 1, last), *(last if p == ROOT else self._base + p for p in parents)]
        reading = self.model.read([*pending, *tokens], self.memory, parents=rows, want=1 + len(tokens))
        self.memory = reading.memory
        self._read += pending
        return reading.beliefs.logits

    def keep(self, nodes: Sequence[int], tokens: Sequence[int]) -> None:
        """Of the tree just read keep this path of nodes, which reads `tokens`; forget the others."""
        assert self.memory is not None
        if self._chain:
            self.memory = self.memory.back_to(self._base + len(nodes))
        else:
            path = [*range(self._cached, self._base), *(self._base + node for node in nodes)]
            self.memory = self.memory.keep(path)
        self._read += tokens
