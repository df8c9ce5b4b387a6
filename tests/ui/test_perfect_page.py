"""What would a perfect model do? It is one of the masked models of the Decode page."""

from typing import Any

import pytest

from workbench import tasks
from workbench.ui.page import _submit
from workbench.ui.share import Plan, View

QUERY = "a=llada_low_confidence&a@denoiser=oracle&a.steps={steps}&b=&task=shuffle:3&max=16"


def test_it_stands_beside_the_models_that_fill_masks(web: Any) -> None:
    told = web.get("/workbench/choices.json").json()
    (perfect,) = (each for each in told["models"] if each["name"] == "oracle")
    assert (perfect["kind"], perfect["available"], perfect["label"]) == ("masked", True, "perfect model")
    assert "right answer" in perfect["title"]


def view(task: str, prompt: str) -> View:
    plan = Plan("llada_low_confidence", {"steps": 2}, {"denoiser": "oracle"})
    return View(plan, task=task, task_seed=3, prompt=prompt, max_tokens=16)


def test_a_run_of_it_is_of_the_prompts_own_answers(place: Any) -> None:
    job = _submit(place, view("sort", tasks.make("sort", 3).prompt), "a")
    with job.changed:
        assert job.changed.wait_for(lambda: job.over, timeout=60)
    trace = place.store.get(job.id).trace()
    assert trace.header.models[0].name == "oracle:sort:3" and trace.footer.status == "complete"


@pytest.mark.parametrize(
    ("task", "prompt", "says"),
    [
        ("", "Say something.", "of a generated task only"),
        ("story", tasks.make("story", 3).prompt, "cannot be listed"),
    ],
)
def test_where_no_answers_are_known_it_says_so(place: Any, task: str, prompt: str, says: str) -> None:
    with pytest.raises(Exception, match=says):
        job = _submit(place, view(task, prompt), "a")
        with job.changed:
            assert job.changed.wait_for(lambda: job.over, timeout=60)
        raise AssertionError(job.refusal)


@pytest.mark.browser
def test_a_person_chooses_it(visit: Any) -> None:
    window = visit(QUERY.format(steps=0)).ready()
    assert window.find("model-denoiser-a").input_value() == "oracle"
    assert "perfect model" in window.text("model-denoiser-a")
    window.run("run-a").drawn()
    answer = window.text("text-a").partition("<asst>")[2].partition("<eos>")[0]
    score = tasks.score(tasks.make("shuffle", 3), answer.strip())
    assert score.right, answer
    window.page.locator("#prompt textarea").fill("Say something.")
    window.find("run-a").click()
    assert "of a generated task only" in window.complaint()
