"""Round trips, byte stability and size of the JSON format."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trace_examples import big_masked, header, masked, speculative

from workbench.trace import (
    Blend,
    Candidates,
    Cells,
    Close,
    Commit,
    DraftKind,
    Footer,
    Fork,
    Forward,
    Glossary,
    Judge,
    Label,
    Lanes,
    Layers,
    Observe,
    Phase,
    Propose,
    Retract,
    Score,
    Token,
    Trace,
    Vector,
    WorkbenchError,
    decode,
    encode,
    encode_events,
)

whole = st.integers(-1, 2**53 - 1)
small = st.integers(-1, 500)
number = st.floats(allow_nan=False, allow_infinity=False)
word = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def row(item, size):
    return st.lists(item, min_size=size, max_size=size).map(tuple)


def column(item):
    return st.lists(item, max_size=4).map(tuple)


@st.composite
def blends(draw):
    size = draw(st.integers(0, 3))
    return Blend(draw(row(whole, size)), draw(row(number, size)))


fill = st.builds(Token, whole) | blends() | st.builds(Vector, column(number)) | st.builds(Label, word)


@st.composite
def refs(draw, size):
    ids = draw(row(whole, size))
    return draw(st.sampled_from([Candidates(ids), Lanes(ids), Layers(ids), Cells(draw(small), ids)]))


@st.composite
def events(draw):
    n = draw(st.integers(0, 4))
    widths = draw(row(st.integers(0, 3), n))
    spans = column(st.tuples(small, small))
    options = [
        st.builds(Phase, small, word),
        st.builds(Forward, word, whole, spans, spans, spans),
        st.builds(
            Observe,
            word,
            refs(n),
            word,
            st.tuples(*(row(whole, w) for w in widths)),
            st.tuples(*(row(number, w) for w in widths)),
            row(number, n),
        ),
        st.builds(
            Propose,
            whole,
            word,
            small,
            row(whole, n),
            row(fill, n) | row(st.builds(Vector, column(number)), n),
            row(whole, n),
            row(number, n),
            st.sampled_from(DraftKind),
        ),
        st.builds(Score, word, refs(n), row(number, n)),
        st.builds(Judge, word, refs(n), row(number, n), row(number, n), row(st.booleans(), n)),
        st.builds(Commit, small, column(whole)),
        st.builds(Retract, st.builds(Cells, small, column(whole)), word),
        st.builds(Fork, small, small, small, st.integers(0, 50), column(fill)),
        st.builds(Close, small, word, small),
    ]
    return draw(st.one_of(options))


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(
    st.lists(events(), max_size=3).map(tuple),
    st.dictionaries(st.integers(0, 9999), st.binary(max_size=5), max_size=5),
    st.dictionaries(word, st.booleans() | whole | number | word, max_size=4),
)
def test_any_trace_comes_back_equal_and_byte_stable(events, tokens, knobs):
    trace = Trace(header(knobs=knobs), Glossary.of(), events, Footer("failed", "x", ()), tokens)
    data = encode(trace)
    again = decode(data)
    assert again == trace
    assert [type(v) for v in again.header.knobs.values()] == [type(v) for v in knobs.values()]
    assert encode(again) == data


@pytest.mark.parametrize("make", [speculative, masked])
def test_fixture_round_trip(make):
    trace = make()
    assert decode(encode(trace)) == trace
    assert encode(decode(encode(trace))) == encode(trace)


def test_the_clock_can_be_left_out_and_events_have_bytes_of_their_own():
    trace = speculative()
    assert decode(encode(trace, clock=False)).clock == ()
    late = replace(trace, clock=tuple(t + 1 for t in trace.clock))
    assert encode(trace, clock=False) == encode(late, clock=False)
    assert encode_events(trace.events) == encode_events(list(decode(encode(trace)).events))
    assert encode_events(trace.events) != encode_events(trace.events[:-1])


def test_128_positions_by_64_steps_stay_well_under_a_megabyte():
    data = encode(big_masked())
    assert len(data) < 700_000
    assert len(decode(data).events) == 385


def test_the_format_is_compact_and_readable():
    events = json.loads(encode(speculative()))["events"]
    assert events[3]["fills"] == {"tokens": [3, 4, 5]}
    assert events[7]["of"] == {"cells": [2], "lane": 0}
    assert events[8]["of"] == {"candidates": [0]}
    assert events[11] == {"verb": "commit", "lane": 0, "candidates": [0]}


def test_tokens_that_are_no_text_travel_as_hex():
    trace = replace(speculative(), tokens={1: b"\xe2", 2: "é</script>".encode()})
    found = json.loads(encode(trace))
    assert found["partial"] == {"1": "e2"} and found["tokens"] == {"2": "é</script>"}
    assert decode(encode(trace)).tokens == trace.tokens


class Half(float):
    """Stands for a numpy number: a float by duck typing only."""


def test_numbers_of_other_libraries_are_written_as_plain_ones():
    class Index:
        def __index__(self):
            return 5

    trace = speculative()
    odd = Judge("accept", Candidates((Index(),)), (Half(0.5),), (1,), (True,))
    assert encode_events([odd]) == encode_events([Judge("accept", Candidates((5,)), (0.5,), (1.0,), (True,))])
    assert decode(encode(replace(trace, events=(odd,), clock=()))).events[0].bounds == (1.0,)


@pytest.mark.parametrize(
    ("event", "part"),
    [
        (Score("m", Candidates((1,)), (float("nan"),)), "event 0 (score): 'values' entry 0 is not a finite"),
        (Score("m", Candidates((1, 2)), (0.5,)), "event 0 (score): 'values' has 1 entries, 'of' has 2"),
        (
            Score("m", Candidates((True,)), (0.5,)),
            "event 0 (score): 'of' 'candidates' entry 0 is not a whole",
        ),
        (Commit(2**53, ()), "event 0 (commit): 'lane' is a whole number of 54 bits"),
        (Phase(0, "\ud800"), "event 0 (phase): 'title' holds half of a surrogate pair"),
        ("nonsense", "event 0: is 'nonsense', which is no verb"),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_place(event, part):
    trace = replace(speculative(), events=(event,), clock=())
    with pytest.raises(WorkbenchError) as error:
        encode(trace)
    assert part in str(error.value)
