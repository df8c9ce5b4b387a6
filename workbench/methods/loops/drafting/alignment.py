"""Two tokenisations of one text: where they agree, and how one is brought up to date from the other."""

from collections.abc import Sequence
from typing import NamedTuple

from workbench.methods.run import Tokenizer


class Diagonal(NamedTuple):
    """`old[old_end - length : old_end]` equals `new[new_end - length : new_end]`."""

    old_end: int
    new_end: int
    length: int


def longest_diagonal(old: Sequence[int], new: Sequence[int]) -> Diagonal:
    """The longest run of tokens that both hold; of equals the one that ends last in `old`, then in `new`.

    Source: the alignment of transformers' assisted generation with different tokenizers.
    """
    best = Diagonal(0, 0, 0)
    before = [0] * (len(new) + 1)
    for i, token in enumerate(old, 1):
        here = [0] * (len(new) + 1)
        for j, other in enumerate(new, 1):
            if token == other:
                here[j] = before[j - 1] + 1
                if here[j] >= best.length:
                    best = Diagonal(i, j, here[j])
        before = here
    return best


def spelled(tokens: Tokenizer, ids: Sequence[int]) -> bytes:
    """The bytes of a text; control tokens are no part of it."""
    return b"".join(tokens.token_bytes(id) for id in ids if not tokens.special(id))


def valid_start(data: bytes) -> str:
    """The longest start of `data` that is text: nothing from the first broken or cut character on."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return data[: error.start].decode("utf-8")


class Update(NamedTuple):
    """A tokenisation brought up to date. aligned: length of the diagonal. replaced: old tokens dropped."""

    ids: list[int]
    aligned: int
    replaced: int


def updated(tokens: Tokenizer, old: Sequence[int], fresh: str, text: bytes, lookbehind: int) -> Update:
    """`old` changed so that it reads `text`: the end of `fresh`, tokenised, replaces what differs.

    fresh: the end of `text`, as far as it is looked at. Only the last `lookbehind` tokens of `old` are
    looked at, along the longest common diagonal. Where the result does not read `text`, byte for byte,
    the whole text is tokenised anew; a tokenizer that cannot spell it gets as near as it can.
    """
    start = max(0, len(old) - lookbehind)
    new = tokens.encode(fresh)
    found = longest_diagonal(old[start:], new)
    kept = start + found.old_end
    ids = [*old[:kept], *new[found.new_end :]]
    if found.length and spelled(tokens, ids) == text:
        return Update(ids, found.length, len(old) - kept)
    ids = tokens.encode(valid_start(text))
    same = agreement(old, ids)
    return Update(ids, same, len(old) - same)


def agreement(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts begin with in common."""
    for i, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return i
    return min(len(one), len(other))


def translated(tokens: Tokenizer, context: Sequence[int], drafted: str) -> list[int]:
    """`drafted` in these tokens, as it reads behind `context` (the last tokens of the text).

    The two are tokenised together and the context is taken off again along the diagonal. Where its last
    token merges with the draft, or bytes are lost, the draft is tokenised alone.
    """
    wanted = drafted.encode()
    window = spelled(tokens, context).decode("utf-8", errors="replace")
    together = tokens.encode(window + drafted)
    found = longest_diagonal(context, together)
    ids = together[found.new_end :]
    if found.length and found.old_end == len(context) and spelled(tokens, ids) == wanted:
        return ids
    ids = tokens.encode(drafted)
    return ids if spelled(tokens, ids) == wanted else []


class Shared(NamedTuple):
    """The intersection of two vocabularies: target id `targets[i]` and draft id `drafts[i]` read the same."""

    targets: list[int]
    drafts: list[int]


def shared(target: Tokenizer, draft: Tokenizer, target_size: int, draft_size: int) -> Shared:
    """Tokens that both spell with the same bytes (control tokens: with the same name), by target id.

    Where a vocabulary spells something twice the lowest id stands for it. Sizes: rows of the networks.
    """
    mine, theirs = _by_spelling(target, target_size), _by_spelling(draft, draft_size)
    pairs = sorted((id, theirs[key]) for key, id in mine.items() if key in theirs)
    return Shared([one for one, _ in pairs], [other for _, other in pairs])


def _by_spelling(tokens: Tokenizer, size: int) -> dict[tuple[bool, bytes], int]:
    found: dict[tuple[bool, bytes], int] = {}
    for id in range(min(size, tokens.size)):
        key = (tokens.special(id), tokens.token_bytes(id))
        if key[1]:
            found.setdefault(key, id)
    return found
