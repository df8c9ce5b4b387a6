"""Files from strangers: every one opens or gives one sentence, quickly."""

import copy
import gzip
import json

import pytest
from trace_examples import big_masked, speculative

from workbench.trace import Phase, Trace, WorkbenchError, decode, encode, load


def document() -> dict:
    return json.loads(encode(speculative()))


def refusal(data: bytes | dict, **options) -> str:
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(WorkbenchError) as error:
        decode(data, **options)
    sentence = str(error.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 400
    return sentence


RAW = {
    b"": "not JSON",
    b"null": "is null, but an object is needed",
    b"[1]": "is a list, but an object is needed",
    b"{": "not JSON",
    b'{"a":1,"a":2}': "the key 'a' stands twice",
    b"\xff\xfe": "not UTF-8 text (byte 0)",
    b"[" * 100_000: "nests deeper than 32 levels (byte 32)",
    b'{"a":' * 100_000: "nests deeper",
    b"[" * 100_000 + b"]" * 100_000: "nests deeper",
    b"[NaN]": "holds NaN",
    b"[-Infinity]": "holds -Infinity",
    b"1" + b"0" * 400: "more than 64 digits (byte 0)",
    b"[1." + b"5" * 100_000 + b"]": "more than 64 digits",
    b'"' + b'\\"' * 200_000: "not JSON",
    b'"' * 200_001: "not JSON",
    b'["\\ud800": ]': "not JSON",
}


@pytest.mark.parametrize("data", RAW, ids=lambda data: repr(data[:12]))
def test_raw_bytes(data):
    assert RAW[data] in refusal(data)


def test_brackets_inside_texts_are_text():
    trace = speculative()
    trace = Trace(trace.header, trace.glossary, (Phase(0, "[" * 1000 + '\\"{' * 1000),), trace.footer)
    assert decode(encode(trace)) == trace


def test_size_and_part_limits(monkeypatch):
    assert "at most 100 are read" in refusal(encode(speculative()), limit=100)
    monkeypatch.setattr("workbench.trace.codec_json.MAX_PARTS", 1000)
    assert "more than 1000 texts, lists and objects" in refusal(b"[" + b"[]," * 1001 + b"[]]")


EVENT_CASES = {
    "event 3 (propose): 'probs' has 2 entries, 'positions' has 3": (3, "probs", [0.5, 0.5]),
    "event 3 (propose): 'first' is true, but a whole number": (3, "first", True),
    "event 3 (propose): 'first' is 0.0, but a whole number": (3, "first", 0.0),
    "event 3 (propose): 'first' is a whole number of 64 bits": (3, "first", 2**63),
    "event 3 (propose): 'probs' entry 1 is true, but a number": (3, "probs", [0.5, True, 0.5]),
    "event 3 (propose): 'probs' entry 2 is '1', but a number": (3, "probs", [0.5, 0.5, "1"]),
    "event 3 (propose): 'kind' is 'guess', but one of sampled": (3, "kind", "guess"),
    "event 3 (propose): 'fills' must hold exactly one of tokens": (3, "fills", {"words": []}),
    "event 3 (propose): 'fills' tokens": (3, "fills", {"tokens": [None, 1, 2]}),
    "event 3 (propose): 'fills' 'mixed' entry 0": (3, "fills", {"mixed": [{"token": 1, "label": "x"}, 1, 1]}),
    "event 7 (observe): 'keys' entry 0 has 3 entries, 'probs' entry 0 has 2": (7, "keys", [[3, 4, 5]]),
    "event 7 (observe): 'of' must hold one kind of address": (7, "of", {"cells": [2]}),
    "event 8 (observe): 'of' must hold one kind": (8, "of", {"candidates": [0], "lanes": [0]}),
    "event 9 (judge): 'passed' entry 0 is 1, but true or false": (9, "passed", [1]),
    "event 2 (forward): 'computed' entry 0 has 3 entries, but a": (2, "computed", [[0, 1, 2]]),
    "event 1: the verb is 'explode', but one of phase": (1, "verb", "explode"),
    "event 1: the verb is null": (1, "verb", None),
    "event 1 (phase): has the unknown field 'colour'": (1, "colour", "red"),
    "event 0 (fork): 'blanks' is 1000001, but": (0, "blanks", 1_000_001),
    "event 0 (fork): 'blanks' is -1, but": (0, "blanks", -1),
}


@pytest.mark.parametrize("sentence", EVENT_CASES)
def test_events(sentence):
    index, field, value = EVENT_CASES[sentence]
    found = document()
    found["events"][index][field] = value
    refused = refusal(found)
    assert sentence.replace("'fills' tokens", "'fills' 'tokens' entry 0 is null") in refused


def test_numbers_too_large_for_a_double():
    data = encode(speculative())
    for number in (b"1e999", b"-1e999"):
        sentence = refusal(data.replace(b'"values":[0.8,', b'"values":[' + number + b","))
        assert "event 4 (score): 'values' entry 0 is not a finite number" in sentence


def change(path, value):
    found = copy.deepcopy(document())
    *parents, last = path
    inner = found
    for key in parents:
        inner = inner[key]
    if value is KeyError:
        del inner[last]
    else:
        inner[last] = value
    return found


TOP_CASES = [
    (("format",), "something", "its 'format' is 'something'"),
    (("format",), KeyError, "its 'format' is null"),
    (("version",), "2.0.0", "it has version 2.0.0, but this program reads version 1.*; update the program"),
    (("version",), "0.9.0", "but this program reads version 1.*."),
    (("version",), "1", "three numbers"),
    (("version",), 1, "three numbers"),
    (("events",), KeyError, "it lacks the field 'events'"),
    (("extra",), 1, "it has the unknown field 'extra'"),
    (("events",), {}, "events: is an object, but a list is needed"),
    (("events", 2), 5, "event 2: is 5, but an object is needed"),
    (("events", 2, "tick"), KeyError, "event 2 (forward): lacks the field 'tick'"),
    (("header", "seed"), KeyError, "header: lacks the field 'seed'"),
    (("header", "seed"), 0.5, "header: 'seed' is 0.5"),
    (("header", "knobs", "x"), [], "header: 'knobs' 'x' is a list, but true/false, a number or text"),
    (("header", "models", 0, "eos_ids"), [1, "2"], "header: 'models' entry 0 'eos_ids' entry 1 is '2'"),
    (("glossary", "rules", 0, "op"), "<<", "glossary: 'rules' entry 0 'op' is '<<', but one of <, <="),
    (("glossary", "rules", 1, "id"), "accept", "glossary: 'rules' declares the id 'accept' twice"),
    (("tokens", "07"), "x", "tokens: '07' is no token id"),
    (("tokens", "-1"), "x", "tokens: '-1' is no token id"),
    (("tokens", "7"), 5, "tokens: '7' is 5, but text is needed"),
    (("tokens", "7"), "\udc00", "tokens: '7' holds half of a surrogate pair"),
    (("partial", "7"), "e2", "partial: the token 7 is given twice"),
    (("partial", "77"), "zz", "partial: '77' is 'zz', but pairs of hex digits"),
    (("clock",), [1.0], "the clock has 1 times, the trace has 15 events"),
    (("clock", 0), "0", "clock: entry 0 is '0'"),
    (("footer", "status"), "fine", "footer: 'status' is 'fine', but one of complete"),
    (("footer", "costs", 0, "rows"), None, "footer: 'costs' entry 0 'rows' is null"),
]


@pytest.mark.parametrize(("path", "value", "sentence"), TOP_CASES)
def test_everything_else(path, value, sentence):
    assert sentence in refusal(change(path, value))


def test_a_newer_minor_version_may_know_more_fields():
    found = change(("version",), "1.9.0")
    found["news"] = found["header"]["news"] = found["events"][3]["news"] = found["footer"]["news"] = [1]
    assert decode(json.dumps(found).encode()) == speculative()
    found["events"][0]["verb"] = "explode"
    assert "the verb is 'explode'" in refusal(found)


def test_text_stays_text():
    hostile = "<script>alert(1)</script>\u2028\u202e../../etc/passwd\x00"
    found = change(("header", "title"), hostile)
    found["tokens"]["3"] = hostile
    found["header"]["knobs"]["__proto__"] = hostile
    trace = decode(json.dumps(found).encode())
    assert trace.header.title == hostile and trace.tokens[3] == hostile.encode()
    assert decode(encode(trace)) == trace


def test_a_trace_cut_anywhere_is_refused_with_a_sentence():
    data = encode(speculative())
    for stop in range(0, len(data) - 1, 7):
        refusal(data[:stop])


def test_a_small_file_cannot_ask_for_a_huge_state():
    found = document()
    found["clock"] = []
    forks = [
        {"verb": "fork", "lane": lane, "parent": 1, "kept": 10**6, "blanks": 10**6, "holds": {"tokens": []}}
        for lane in range(1, 40)
    ]
    found["events"] = [found["events"][0], *forks]
    assert "the lanes hold more than" in refusal(found)


def test_gzip_bombs_and_damaged_archives():
    with pytest.raises(WorkbenchError, match="unpacked it has more than 1000000 bytes"):
        load(gzip.compress(b" " * 5_000_000), limit=1_000_000)
    with pytest.raises(WorkbenchError, match="damaged"):
        load(b"\x1f\x8b" + b"garbage" * 10)
    with pytest.raises(WorkbenchError, match="empty"):
        load(b" \n")
    assert load(gzip.compress(encode(speculative()))) == speculative()


def test_every_single_changed_value_opens_or_gives_a_sentence():
    """Replace each value of a real trace, one at a time, by each of a few wrong ones."""
    plain = json.loads(encode(speculative()))

    def places(value, path=()):
        yield path
        children = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in children:
            if isinstance(inner, dict | list):
                yield from places(inner, (*path, key))
            else:
                yield (*path, key)

    for count, path in enumerate(p for p in places(plain) if p):
        value = [None, True, -1, 2.5, "x", [], {}, [[]], 10**18][count % 9]
        try:
            decode(json.dumps(change(path, value)).encode())
        except WorkbenchError as error:
            assert str(error).endswith(".")


def test_a_large_real_trace_is_within_the_limits():
    assert len(decode(encode(big_masked(64, 16))).events) == 97
