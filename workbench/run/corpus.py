"""The texts that a retrieving method may copy from: solved tasks of the training split.

Held-out prompts are disjoint from them by construction (`tasks.split_of`), and the text of the very
prompt that a run is asked is left out. Everything is generated, so the same prompt and the same
tokenizer always give the same texts.
"""

from functools import lru_cache

from workbench import tasks
from workbench.methods.run import Corpus
from workbench.models.tokens import Tokens

TEXTS_PER_TASK = 40


def corpus(tokens: Tokens, asked: str) -> Corpus:
    """Prompt and right answer as token ids of the target, the tasks taken in turn; without `asked`'s."""
    own = [number for number, (prompt, _) in enumerate(texts()) if prompt.strip() == asked.strip()]
    encoded = _encoded(tokens)
    return tuple(ids for number, ids in enumerate(encoded) if number not in own) if own else encoded


@lru_cache(maxsize=1)
def texts() -> tuple[tuple[str, str], ...]:
    """(prompt, answer) of the first instances of every task, a round of all tasks after another."""
    rounds = ((name, seed) for seed in range(TEXTS_PER_TASK) for name in tasks.MIX)
    made = (tasks.make(name, seed, "train") for name, seed in rounds)
    return tuple((instance.prompt, instance.answer) for instance in made)


@lru_cache(maxsize=2)
def _encoded(tokens: Tokens) -> Corpus:
    return tuple(tuple(tokens.encode_dialogue(prompt, answer)) for prompt, answer in texts())
