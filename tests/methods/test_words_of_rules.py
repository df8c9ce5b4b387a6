"""Rules made for a quantity say what that quantity is."""

from workbench.methods.loops.unmasking.routing import SPAN
from workbench.methods.loops.unmasking.rules import AT_LEAST_ONE, QUOTA, by_score
from workbench.methods.loops.unmasking.scores import RANDOM


def test_a_random_order_is_not_called_sure() -> None:
    for rule in (by_score(QUOTA, RANDOM), by_score(AT_LEAST_ONE, RANDOM)):
        said = " ".join((rule.title, rule.left, rule.yes, rule.no))
        assert "sure" not in said and said.count("by random number") == 4


def test_the_length_of_a_run_of_masks_is_said_as_a_length() -> None:
    assert SPAN.no.format(left=1, right=2) == (
        "The draft is not checked: the length of its run of masks, 1, is below 2."
    )
