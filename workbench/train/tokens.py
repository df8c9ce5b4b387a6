"""The tokenizer of all embedded models: how it is made, saved as a transformers tokenizer, and used.

Byte-level BPE with 1024 ids, of which 0..31 are special. Digits are single tokens, and a word is one token
with its leading space. Text that starts with a letter is given a space first, so a word has one surface form
whether it stands at the start of an answer or inside a prompt; without that, copying is not learned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from workbench import tasks
from workbench.tasks import words

PAD, BOS, EOS, MASK, USER, ASST = 0, 1, 2, 3, 4, 5
NAMED = ("<pad>", "<bos>", "<eos>", "<mask>", "<user>", "<asst>", "<sys>", "<sep>")
SPECIALS = NAMED + tuple(f"<reserved{index}>" for index in range(8, 32))
VOCABULARY = 1024
FILES = ("tokenizer.json", "tokenizer_config.json")
PIECES = r"\n| +(?!\S)| ?\p{L}+|\d| ?[^\s\p{L}\d]|\s+"
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% set space = ' ' if message['content'][:1].isalpha() else '' %}"
    "{% if message['role'] == 'user' %}{{ '<user>' + space + message['content'] }}"
    "{% elif message['role'] == 'system' %}{{ '<sys>' + space + message['content'] }}"
    "{% else %}{{ '<asst>' + space + message['content'] + eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<asst>' }}{% endif %}"
)


def spaced(text: str) -> str:
    """The text with the space that makes a first word look like every other word."""
    return f" {text}" if text[:1].isalpha() else text


def _corpus() -> Iterator[str]:
    """Text of all tasks, every word of their lists often, and some plain English for free prompts."""
    from pydoc_data.topics import topics

    lists = (getattr(words, name) for name in dir(words) if name.isupper())
    vocabulary = [word for group in lists for word in group]
    for _ in range(200):
        yield " " + " ".join(vocabulary)
    longer = {task.name for task in (*tasks.LONG, *tasks.SHOWN)}  # nothing but the same words again
    for task in (task for name, task in tasks.TASKS.items() if name not in longer):
        for seed in range(600):
            instance = task.make(seed, "train")
            yield spaced(instance.prompt)
            yield spaced(instance.answer)
    yield from list(topics.values())[:12]


def build(path: Path) -> None:
    """Train the tokenizer and save it to `path`/tokenizer.json with its transformers configuration."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(), trainer)
    _save(tokenizer, path)


def build_characters(path: Path) -> None:
    """A tokenizer without merges: one token per byte, behind the same special ids."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=len(SPECIALS) + len(alphabet),
        special_tokens=list(SPECIALS),
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator([], trainer)
    _save(tokenizer, path)


def _save(tokenizer: Tokenizer, path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<bos>",
        "eos_token": "<eos>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "additional_special_tokens": [name for name in SPECIALS if name not in NAMED[:4]],
        "model_max_length": 512,
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }
    (path / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")


def load(path: Path) -> Tokenizer:
    """The committed tokenizer of a model folder."""
    return Tokenizer.from_file(str(path / "tokenizer.json"))


def prompt_ids(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """<bos><user> prompt <asst>, as the chat template writes it."""
    return [BOS, USER, *tokenizer.encode(spaced(prompt), add_special_tokens=False).ids, ASST]


def answer_ids(tokenizer: Tokenizer, answer: str) -> list[int]:
    """The answer and the end mark."""
    return [*tokenizer.encode(spaced(answer), add_special_tokens=False).ids, EOS]


def answer_text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """Decoded text up to the first end mark, without the leading space; special tokens are dropped."""
    ids = list(ids)
    kept = ids[: ids.index(EOS)] if EOS in ids else ids
    return tokenizer.decode(kept, skip_special_tokens=True).removeprefix(" ")
