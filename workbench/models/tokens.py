"""A tokenizer as the workbench needs it: ids, exact bytes per id, chat prompt, hash of the vocabulary."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from workbench.models.api import ModelError

SPACE = "\u2581"
"""How sentencepiece-like vocabularies write a space."""


class Tokens:
    """Over a `tokenizers.Tokenizer`; `settings` is the content of tokenizer_config.json (or {})."""

    def __init__(self, tokenizer: Tokenizer, settings: Mapping[str, Any], template: str = "") -> None:
        self._tokenizer = tokenizer
        self._settings = settings
        self.template = template or _template(settings)
        described = json.loads(tokenizer.to_str())
        added = {item["id"]: item for item in described.get("added_tokens", [])}
        self._added = {id: item["content"] for id, item in added.items()}
        self._special = frozenset(id for id, item in added.items() if item.get("special"))
        self._kind = _kind(described)
        self._bytes: dict[int, bytes] = {}  # of the tokens that were asked for
        self.size = tokenizer.get_vocab_size(with_added_tokens=True)

    @staticmethod
    def from_folder(folder: Path) -> "Tokens":
        """From a model folder with a tokenizer.json; raises ModelError if it is missing or broken."""
        path = folder / "tokenizer.json"
        if not path.is_file():
            raise ModelError(
                f"There is no tokenizer.json in {folder}: save the tokenizer in its fast format."
            )
        try:
            tokenizer = Tokenizer.from_file(str(path))
            config = folder / "tokenizer_config.json"
            settings = json.loads(config.read_text()) if config.is_file() else {}
        except Exception as error:  # the Rust library raises plain Exception
            raise ModelError(f"The tokenizer in {folder} cannot be read: {error}.") from error
        jinja = folder / "chat_template.jinja"
        return Tokens(tokenizer, settings, jinja.read_text() if jinja.is_file() else "")

    def encode(self, text: str) -> list[int]:
        """Text to ids, without any special tokens around it."""
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def encode_prompt(self, text: str) -> list[int]:
        """A user's text as the model expects it: through the chat template if there is one, else plain."""
        if not self.template:
            return self._tokenizer.encode(text, add_special_tokens=True).ids
        return self.encode(self._render([{"role": "user", "content": text}]))

    def encode_dialogue(self, prompt: str, answer: str) -> list[int]:
        """A prompt and its answer as one text: by the chat template if there is one, else in two lines."""
        if not self.template:
            return self._tokenizer.encode(f"{prompt}\n{answer}", add_special_tokens=True).ids
        said = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        return self.encode(self._render(said, answering=False))

    def decode(self, ids: Sequence[int]) -> str:
        """Ids to text: exact bytes, with U+FFFD for what is not UTF-8; special tokens are left out."""
        kept = [id for id in ids if not self.special(id)]
        raw = b"".join(map(self.token_bytes, kept))
        return raw.decode("utf-8", errors="replace")

    def token_bytes(self, id: int) -> bytes:
        """The bytes that this id stands for; b'' for an id beyond the vocabulary."""
        known = self._bytes.get(id)
        if known is None:
            known = self._bytes[id] = self._spelled(id)
        return known

    def _spelled(self, id: int) -> bytes:
        if id in self._added:
            return self._added[id].encode()
        token = self._tokenizer.id_to_token(id)
        if token is None:
            return b""
        if self._kind == "bytes":
            return (
                bytes(_BYTES[char] for char in token) if all(c in _BYTES for c in token) else token.encode()
            )
        if self._kind == "pieces":
            if re.fullmatch(r"<0x[0-9A-Fa-f]{2}>", token):
                return bytes([int(token[3:5], 16)])
            return token.replace(SPACE, " ").encode()
        if self._kind == "words":
            return token[2:].encode() if token.startswith("##") else b" " + token.encode()
        return token.encode()

    def special(self, id: int) -> bool:
        """Whether the id is a control token, not text."""
        return id in self._special

    def id(self, token: str) -> int | None:
        """The id of a token by its name, None if there is none."""
        return self._tokenizer.token_to_id(token)

    @cached_property
    def vocab_hash(self) -> str:
        """16 hex digits of SHA-256 over the sorted (id, token) pairs: equal = the same vocabulary."""
        pairs = sorted((id, token) for token, id in self._tokenizer.get_vocab(with_added_tokens=True).items())
        return hashlib.sha256(json.dumps(pairs).encode()).hexdigest()[:16]

    @cached_property
    def _chat(self) -> Any:
        """The compiled chat template; compiling takes milliseconds."""
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.filters["tojson"] = json.dumps
        return environment.from_string(self.template)

    def _render(self, messages: list[dict[str, str]], answering: bool = True) -> str:
        from jinja2.exceptions import TemplateError

        names = {key: _content(self._settings.get(key)) for key in ("bos_token", "eos_token", "pad_token")}
        try:
            return self._chat.render(messages=messages, add_generation_prompt=answering, **names)
        except TemplateError as error:
            raise ModelError(f"The chat template of this model cannot be used: {error}.") from error


def _content(token: Any) -> str:
    """A token of tokenizer_config.json is a string or a dict with its content."""
    return str(token.get("content", "")) if isinstance(token, dict) else str(token or "")


def _template(settings: Mapping[str, Any]) -> str:
    found = settings.get("chat_template") or ""
    if isinstance(found, list):  # several named templates
        found = next((item["template"] for item in found if item.get("name") == "default"), "")
    return str(found)


def _kind(described: Mapping[str, Any]) -> str:
    """How tokens spell bytes: 'bytes' (GPT-2 alphabet), 'pieces' (sentencepiece), 'words' (##), 'plain'."""
    decoder = described.get("decoder") or {}
    names = {decoder.get("type")} | {step.get("type") for step in decoder.get("decoders", [])}
    if "ByteLevel" in names:
        return "bytes"
    if names & {"ByteFallback", "Metaspace"}:
        return "pieces"
    return "words" if "WordPiece" in names else "plain"


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's printable character for each byte, reversed."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + i): byte for i, byte in enumerate(hidden)}


_BYTES = _byte_alphabet()
