"""Beliefs, the meter, and the tokenizer wrapper."""

import math
from pathlib import Path

import pytest
import torch
from small_models import write_tokenizer
from tokenizers import Tokenizer, decoders, models

from workbench.models.api import Beliefs, ModelError, NonFinite
from workbench.models.meter import Cancelled, Meter, spans
from workbench.models.tokens import Tokens


def test_beliefs_may_be_changed_in_place() -> None:
    from small_models import tiny_net

    from workbench.models.net_causal import NetCausal

    beliefs = NetCausal(tiny_net(), "n", "target", Meter()).read([5, 6]).beliefs
    beliefs.logits[0, 1] = 0.0  # no inference tensor


@pytest.mark.parametrize("bad", [[math.nan, 0.0], [math.inf, 0.0], [-math.inf, -math.inf]])
def test_broken_logits_are_one_sentence(bad: list[float]) -> None:
    with pytest.raises(NonFinite, match=r"'small' returned a logit of .* in row 1"):
        Beliefs(torch.tensor([[1.0, -math.inf], bad]), "small")


def test_meter_ticks_totals_and_cancel() -> None:
    asked = False
    meter = Meter(lambda: asked)
    meter.count("target", ((0, 3),), (), ((0, 2),))
    with meter.together():
        meter.count("target", ((3, 4),), ((0, 3),), ((0, 2),))
        with meter.together():
            meter.count("draft", ((3, 4), (9, 10)), ((0, 3),), ((0, 1), (3, 4)))
    with meter.together():
        pass
    meter.count("draft", ((4, 5),), (), ((0, 1),))
    assert [one.tick for one in meter.pending] == [0, 1, 1, 2]
    assert meter.totals == {"target": (2, 4, 8), "draft": (2, 3, 5)}
    assert len(meter.drain()) == 4 and not meter.pending
    asked = True
    with pytest.raises(Cancelled):
        meter.count("target", ((0, 1),), (), ((0, 1),))
    assert not meter.pending and meter.totals["target"].passes == 2


def test_spans() -> None:
    assert spans([]) == () and spans(range(0)) == () and spans(range(2, 5)) == ((2, 5),)
    assert spans([5, 0, 1, 2]) == ((0, 3), (5, 6))


def test_byte_level_tokens_are_exact(tmp_path: Path) -> None:
    write_tokenizer(tmp_path, 260)
    tokens = Tokens.from_folder(tmp_path)
    ids = tokens.encode("né €\n")
    assert b"".join(map(tokens.token_bytes, ids)) == "né €\n".encode() and tokens.decode(ids) == "né €\n"
    assert tokens.special(2) and not tokens.special(4) and tokens.token_bytes(2) == b"<eos>"
    assert tokens.token_bytes(9999) == b"" and tokens.decode([2, *ids, 2]) == "né €\n"
    assert tokens.size == 260 and tokens.id("<mask>") == 3
    write_tokenizer(tmp_path, 259)
    assert Tokens.from_folder(tmp_path).vocab_hash != tokens.vocab_hash


def test_chat_template_and_plain_prompt(tmp_path: Path) -> None:
    write_tokenizer(tmp_path, 260)
    plain = Tokens.from_folder(tmp_path)
    assert plain.encode_prompt("ab") == plain.encode("ab")
    (tmp_path / "tokenizer_config.json").write_text(
        '{"bos_token": "<bos>", "chat_template": "{{ bos_token }}{{ messages[0][\'content\'] }}<mask>"}'
    )
    chat = Tokens.from_folder(tmp_path)
    assert chat.encode_prompt("ab") == [1, *plain.encode("ab"), 3]
    (tmp_path / "tokenizer_config.json").write_text(
        '{"chat_template": "{{ messages.__class__.__mro__ }}{% bad"}'
    )
    with pytest.raises(ModelError, match="chat template"):
        Tokens.from_folder(tmp_path).encode_prompt("ab")


def test_sentencepiece_and_character_tokens() -> None:
    pieces = Tokenizer(models.BPE(vocab={"▁a": 0, "b": 1, "<0xE2>": 2}, merges=[]))
    pieces.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback()])  # pyright: ignore
    tokens = Tokens(pieces, {})
    assert [tokens.token_bytes(i) for i in range(3)] == [b" a", b"b", b"\xe2"]
    letters = Tokens(Tokenizer(models.WordLevel(vocab={"a": 0, "é": 1}, unk_token="a")), {})
    assert letters.token_bytes(1) == "é".encode()
