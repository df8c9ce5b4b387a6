"""Token text is shown safely, whatever bytes the tokens hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.trace import pieces, text_of


@pytest.mark.parametrize(
    ("parts", "shown", "text"),
    [
        ([b"a", b"b c"], ["a", "b c"], "ab c"),
        ([b"\xf0", b"\x9f", b"\x99", b"\x82"], ["◌", "◌", "◌", "🙂"], "🙂"),
        ([b"a\xe2", b"\x82\xac!"], ["a◌", "€!"], "a€!"),
        ([b"\xff", b"a"], ["\ufffd", "a"], "\ufffda"),
        ([b"\xf0\x9f", b"a"], ["\ufffd", "a"], "\ufffda"),
        ([b"\xf0", b"\x9f", b"a"], ["◌", "\ufffd", "a"], "\ufffda"),
        ([b"a\x80b"], ["a\ufffdb"], "a\ufffdb"),
        ([b"e", "\u0301".encode()], ["e", "\u0301"], "e\u0301"),
        ([b"e\xcc", b"\x81"], ["e◌", "\u0301"], "e\u0301"),
        ([b"x", b"\xf0\x9f"], ["x", "◌"], "x\ufffd"),
        ([b"", b"x", b""], ["", "x", ""], "x"),
        ([b"\xf0", b"", b"\x9f\x99\x82"], ["◌", "", "🙂"], "🙂"),
        ([b"\xed\xa0\x80"], ["\ufffd\ufffd\ufffd"], "\ufffd\ufffd\ufffd"),
        ([], [], ""),
    ],
)
def test_pieces(parts, shown, text):
    tokens = dict(enumerate(parts))
    assert pieces(list(tokens), tokens) == shown
    assert text_of(list(tokens), tokens) == text


def test_unknown_tokens_show_their_number():
    tokens = {1: b"\xf0\x9f", 2: b"\x99\x82"}
    assert pieces([1, 2, 7, 1], tokens) == ["◌", "🙂", "⟨7⟩", "◌"]
    assert text_of([7], tokens) == "⟨7⟩"


@settings(max_examples=50, deadline=None, database=None)
@given(st.lists(st.binary(max_size=4), max_size=8))
def test_the_pieces_put_together_are_the_text(parts):
    tokens = dict(enumerate(parts))
    whole = b"".join(parts) + b"."  # ends whole, so that nothing is still to come
    tokens[len(parts)] = b"."
    together = "".join(pieces(list(tokens), tokens)).replace("◌", "")
    assert together == text_of(list(tokens), tokens) == whole.decode("utf-8", "replace")
