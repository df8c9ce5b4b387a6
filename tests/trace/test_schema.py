"""The published schema is current, and says the same as the reader."""

import copy
import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from trace_examples import big_masked, masked, speculative

from workbench.trace import VERBS, Blend, Fork, Label, Token, Vector, encode, schema
from workbench.trace.schema import schema_text

PUBLISHED = Path(__file__).parents[2] / "docs" / "trace.schema.json"


@cache
def validator():
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_the_published_schema_is_current():
    assert PUBLISHED.read_text() == schema_text(), "write schema_text() to docs/trace.schema.json"


@pytest.mark.parametrize("make", [speculative, masked, lambda: big_masked(16, 4)])
def test_real_traces_are_valid(make):
    validator().validate(json.loads(encode(make())))


def test_every_kind_of_fill_is_valid():
    from dataclasses import replace

    kinds = Token(1), Blend((1, 2), (0.5, 0.5)), Vector((0.5,)), Label("a")
    forks = tuple(Fork(i, -1, 0, 0, (kind,)) for i, kind in enumerate(kinds))
    trace = replace(
        speculative(), events=(*forks, Fork(9, -1, 0, 0, kinds), Fork(10, -1, 0, 0, ())), clock=()
    )
    validator().validate(json.loads(encode(trace)))


def test_wrong_traces_are_not():
    good = json.loads(encode(speculative()))
    changes = [
        lambda d: d["events"][3].pop("probs"),
        lambda d: d["events"][3].update(first="0"),
        lambda d: d["events"][3].update(extra=1),
        lambda d: d["events"][0].update(verb="explode"),
        lambda d: d["events"][7].update(of={"cells": [2]}),
        lambda d: d.update(version="2.0.0"),
        lambda d: d["footer"].update(status="fine"),
        lambda d: d["tokens"].update(x="a"),
    ]
    for change in changes:
        bad = copy.deepcopy(good)
        change(bad)
        assert not validator().is_valid(bad)


def test_every_verb_is_described():
    assert {verb.__name__.lower() for verb in VERBS} <= schema()["$defs"].keys()
