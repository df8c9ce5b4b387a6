"""What the page "see what breaks" asks the server."""

from typing import Any

import pytest

ASKED = {"rule": "ratio", "mistake": "resample_from_target", "seed": "1", "size": "3"}


def test_everything_that_can_be_chosen_has_its_words(web: Any) -> None:
    options = web.get("/lab/options.json").json()
    rules = {each["id"]: each for each in options["rules"]}
    assert {"ratio", "block", "multipath_block", "multiround", "recursive", "point_mass"} <= rules.keys()
    assert options["sizes"] == [3, 4]
    for each in rules.values():
        assert each["title"] and each["sentence"] and each["drafts"]
        assert all(one["wrong"] and one["tempting"] and one["right"] for one in each["mistakes"])


def test_the_law_of_a_mistake(web: Any) -> None:
    found = web.get("/lab/law.json", params=ASKED).json()
    assert found["variation"] == pytest.approx(0.1967, abs=1e-4)
    rows = found["laws"][1]["rows"]
    assert len(rows) == 9 and rows[0]["text"] == "a a"
    assert sum(row["target"] for row in rows) == pytest.approx(1)
    assert 0.5 * sum(abs(row["target"] - row["output"]) for row in rows) == pytest.approx(
        found["laws"][1]["variation"]
    )


def test_a_law_that_is_never_noticed_says_so_in_json(web: Any) -> None:
    found = web.get("/lab/law.json", params={"rule": "block"}).json()
    assert found["samples"] is None and found["variation"] < 1e-9


def test_the_recorded_run_opens_as_any_other(web: Any) -> None:
    seen = web.get("/lab/caught.json", params=ASKED).json()
    assert seen["check"]["ok"] and seen["parts"] > 0
    opened = web.post("/lab/open", params=ASKED).json()
    assert opened["event"] == seen["parts"]
    about = web.get(f"/runs/{opened['run']}").json()
    assert about["method"] == "lab" and about["knobs"]["mistake"] == "resample_from_target"
    assert web.get(f"/runs/{opened['run']}/reel").json()["beats"]
    assert web.post("/lab/open", params=ASKED).json() == opened


def test_a_caught_mistake_has_a_badge_that_says_where(web: Any) -> None:
    asked = {"rule": "point_mass", "mistake": "not_struck"}
    opened = web.post("/lab/open", params=asked).json()
    badge = web.get(f"/runs/{opened['run']}").json()["badge"]
    assert badge["state"] == "mismatch" and badge["event"] == opened["event"]


@pytest.mark.parametrize("route", ["/lab/law.json", "/lab/caught.json", "/lab/open"])
@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "no rule ''"),
        ({"rule": "ratio", "seed": "x"}, "seed = 'x' is not a whole number"),
        ({"rule": "ratio", "seed": "1.5"}, "not a whole number"),
        ({"rule": "ratio", "size": "50"}, "choose 3 or 4"),
        ({"rule": "ratio", "temperature": "nan"}, "temperature = nan"),
        ({"rule": "ratio", "mistake": "<b>"}, "no mistake '<b>'"),
    ],
)
def test_refusals_are_one_sentence(web: Any, route: str, asked: dict[str, str], sentence: str) -> None:
    method = web.post if route.endswith("open") else web.get
    answer = method(route, params=asked)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_another_site_cannot_fill_the_store(web: Any) -> None:
    answer = web.post("/lab/open", params=ASKED, headers={"origin": "http://elsewhere.example"})
    assert answer.status_code == 403
