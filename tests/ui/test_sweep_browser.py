"""The page "Many prompts" in a real browser: run a set, cancel it, go on, read its figures, open its runs."""

import json
import time
import urllib.parse
import urllib.request
from typing import Any

import pytest

pytestmark = pytest.mark.browser
DRAWN = "[data-testid=sweep-chart][data-drawn]"
FIGURE = "[data-testid=batch-chart][data-drawn={}]"
PLACE = """([name, trace, point]) => {
  const chart = document.querySelector(`[data-testid=${name}]`), line = chart.data[trace];
  chart.scrollIntoView({block: "center"});
  const box = chart.getBoundingClientRect(), {xaxis, yaxis} = chart._fullLayout;
  const row = line.type === "heatmap";
  const x = line.x[point], y = row ? line.y[0] : line.y[point];
  return [box.x + xaxis._offset + xaxis.d2p(x), box.y + yaxis._offset + yaxis.d2p(y)];
}"""
"""Where a point of a chart is on the screen; of a map, a cell of its first row."""
OVER = """() => {
  const said = document.querySelector("[data-testid=sweep-progress]").textContent;
  const over = document.querySelector("[data-testid=sweep-cancel]").disabled;
  return over && /^(Done|Cancelled)/.test(said) && said;
}"""
UNREAD = """async () => {
  const overview = await (await fetch("/sweeps/overview.json?name=fresh")).json();
  return overview.unread === 0;
}"""
BOTH = """["a", "b"].every(
  (pane) => document.querySelector(`[data-testid=method-${pane}]`).value === "METHOD")"""
TAKEN = """document.querySelector("[data-testid=sweep-prompts-said]").textContent
  === "mine.jsonl: 2 prompts, 1 with a known answer." """
WHOLE = "document.querySelector('[data-testid=sweep-done]').textContent === '12 runs'"
LEFT = "document.querySelector('[data-testid=sweep-progress]').textContent.includes('left')"


@pytest.fixture(scope="module")
def small(address: str) -> str:
    """A set of twelve runs that lies there before the page is opened."""
    asked = {"name": "small", "methods": ["fast_dllm_threshold", "llada_low_confidence", "prompt_lookup"],
             "tasks": ["shuffle"], "count": 3, "grid": "threshold=0.3,0.9", "max_tokens": 32}  # fmt: skip
    post = urllib.request.Request(f"{address}sweeps/run", json.dumps(asked).encode(), method="POST")
    urllib.request.urlopen(post).close()
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        with urllib.request.urlopen(f"{address}sweeps/progress.json") as answer:
            job = json.load(answer)["job"]
        if job["status"] != "running":
            assert job["status"] == "done"
            return "small"
    raise AssertionError("the sweep does not end")


def opened(visit: Any, query: str = "", **options: Any) -> Any:
    window = visit(**options)
    window.page.goto(f"{window.page.url.split('?')[0]}#many{query}")
    window.page.reload()
    window.find("sweep-run").wait_for(state="visible", timeout=60_000)
    return window


def asked(window: Any, name: str, count: int) -> Any:
    """Fill the form: two diffusion methods and a drafter on one task."""
    page = window.page
    window.find("sweep-name").fill(name)
    for kind in ("methods", "tasks"):
        window.find(f"sweep-{kind}").get_by_role("button", name="None").click()
    page.locator("input[name=task][value=shuffle]").check()
    for method in ("fast_dllm_threshold", "llada_low_confidence", "prompt_lookup"):
        page.locator(f"input[name=method][value={method}]").check()
    window.find("sweep-count").fill(str(count))
    window.find("sweep-grid").fill("threshold=0.3,0.9")
    return window


def over(window: Any) -> str:
    """What is said when the sweep has ended."""
    return window.page.wait_for_function(OVER, timeout=120_000).json_value()


def clicked(window: Any, chart: str, trace: int, point: int) -> None:
    """A click of the mouse on a point that the chart has noticed."""
    at = window.page.evaluate(PLACE, [chart, trace, point])
    window.page.mouse.move(at[0] - 1, at[1])
    window.page.mouse.move(*at)
    window.page.locator(f"[data-testid={chart}] .hoverlayer .hovertext").first.wait_for()
    window.page.mouse.click(*at)


def done(words: str) -> int:
    """The runs that a line such as `Cancelled; what is done stays: 30 of 160 runs` counts."""
    return int(words.split(": ")[1].split()[0])


def shown(window: Any, tab: str) -> None:
    window.find(f"batch-tab-{tab}").click()
    window.page.wait_for_selector(FIGURE.format(tab), timeout=60_000)


def test_a_set_is_run_cancelled_gone_on_with_and_opened(visit: Any) -> None:
    window = opened(visit)
    page = window.page
    if not page.locator(DRAWN).count():
        assert window.find("sweep-empty").is_visible()
    asked(window, "fresh", 40)
    window.find("sweep-run").click()
    page.wait_for_function(LEFT)
    window.find("sweep-cancel").click()
    kept = over(window)
    assert kept.startswith("Cancelled; what is done stays: ") and done(kept) > 0
    # it goes on as it was asked for, from where it was stopped
    window.find("sweep-resume").click()
    page.wait_for_function(LEFT)
    window.find("sweep-cancel").click()
    more = over(window)
    assert done(more) > done(kept)
    # a smaller set under the same name: what both share is not run again
    asked(window, "fresh", 3)
    window.find("sweep-run").click()
    assert over(window).startswith("Done: 12 of 12")
    page.wait_for_function(WHOLE, timeout=60_000)
    page.wait_for_selector(DRAWN, timeout=60_000)
    page.wait_for_function(UNREAD, timeout=60_000)
    assert window.find("sweep-list").input_value() == "fresh"
    assert window.find("sweep-resume").is_hidden() and "--tasks shuffle --n 3" in window.text("sweep-command")
    rows = page.locator("[data-testid=sweep-settings] tbody tr")
    assert rows.count() == 4 and "threshold=0.3" in rows.first.inner_text()
    # a point of the trade-off is a setting: its runs are listed, and each opens
    clicked(window, "sweep-chart", 2, 0)
    window.find("sweep-runs").wait_for(state="visible")
    assert page.locator("tr[aria-selected=true]").inner_text().startswith("llada_low_confidence")
    # a cell of the map opens its run at its round, on the Decode page
    shown(window, "passes")
    page.select_option("[data-testid=batch-setting]", "2")
    page.wait_for_function("document.querySelector('[data-testid=batch-chart]').data[0].x.length > 8")
    clicked(window, "batch-chart", 0, 4)
    page.wait_for_function("location.hash === '#decode'")
    window.find("text-a").wait_for(state="visible", timeout=60_000)
    page.wait_for_function("Workbench.player().state().clock === 'rounds'")
    assert window.state()["cursor"] == 5 and "Checked" in window.text("badge-a")
    page.wait_for_function(
        "document.querySelector('[data-testid=method-a]').value === 'llada_low_confidence'"
    )
    page.wait_for_function("document.querySelector('#prompt textarea').value.startsWith('Shuffle: ')")
    # Back leads to the figures; a difference opens both runs of its prompt
    page.go_back()
    window.find("sweep-chart").wait_for(state="visible")
    shown(window, "differences")
    assert window.text("batch-said").startswith("B − A = ") and "n = 3" in window.text("batch-said")
    page.locator(".dw-batch-table summary").last.click()
    page.locator(".dw-batch-open").last.click()
    page.wait_for_function("location.hash === '#decode'")
    window.find("text-b").wait_for(state="visible", timeout=60_000)
    page.wait_for_function(BOTH.replace("METHOD", "fast_dllm_threshold"))


def test_the_keyboard_reaches_figures_definitions_and_runs(visit: Any, small: str) -> None:
    window = opened(visit, f"?sweep={small}&figure=survival")
    page = window.page
    page.wait_for_selector(FIGURE.format("survival"), timeout=60_000)
    window.find("batch-tab-survival").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(FIGURE.format("lengths"))
    assert page.evaluate("document.activeElement.dataset.testid") == "batch-tab-lengths"
    assert "figure=lengths" in page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "target's own token is left out" in page.locator("#sweep-figure [role=tooltip]").inner_text()
    box = page.locator("[data-testid=sweep-settings] tbody tr").first.get_by_role("checkbox")
    box.focus()
    with page.expect_response(lambda answer: "figure.json" in answer.url) as told:
        page.keyboard.press("Space")
    assert told.value.json()["shown"] == [1, 2, 3]
    assert "show=1" in page.url
    page.locator("[data-testid=sweep-settings] tbody tr").first.get_by_role("button").focus()
    page.keyboard.press("Enter")
    runs = page.locator("[data-testid=sweep-runs] tbody tr")
    runs.first.wait_for(state="visible")
    assert runs.count() == 3 and runs.first.inner_text().startswith("shuffle 0")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_narrow_and_dark_pages_do_not_scroll_sideways(
    visit: Any, small: str, width: int, scheme: str
) -> None:
    window = opened(visit, f"?sweep={small}", width=width, color_scheme=scheme)
    window.page.wait_for_selector(FIGURE.format("acceptance"), timeout=60_000)
    assert window.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    window.find("tab-decode").click()
    window.drawn()
    assert not window.find("sweep-chart").is_visible()


def test_a_file_of_prompts_and_mistakes_in_the_form(visit: Any, tmp_path: Any) -> None:
    setup = {"methods": ["greedy"], "tasks": ["sort"], "count": 2, "max_tokens": 9, "models": {"target": "x"}}
    window = opened(visit, "?" + urllib.parse.urlencode({"setup": json.dumps(setup)}))
    ticked = "Array.from(document.querySelectorAll('.wb-pick-list input:checked'), (box) => box.value)"
    assert window.page.evaluate(ticked) == ["greedy", "sort"]
    assert window.find("sweep-model-target").input_value() == "x"
    assert window.find("sweep-room").input_value() == "9"
    file = tmp_path / "mine.jsonl"
    file.write_text('{"answer": 1}')
    window.find("sweep-prompts").set_input_files(file)
    window.find("sweep-complaint").wait_for(state="visible")
    assert "Line 1 of 'mine.jsonl' has no field 'prompt'" in window.text("sweep-complaint")
    file.write_text('{"prompt": "<img src=x onerror=document.title=1>", "answer": "x"}\n{"prompt": "b"}')
    window.find("sweep-prompts").set_input_files(file)
    window.page.wait_for_function(TAKEN)
    assert not window.page.locator("input[name=task]:checked").count()
    window.find("sweep-grid").fill("colour=1")
    window.find("sweep-run").click()
    window.find("sweep-complaint").wait_for(state="visible")
    assert "has the knob 'colour'" in window.text("sweep-complaint") and window.find("sweep-run").is_enabled()
    window.find("sweep-grid").fill("")
    assert not window.find("sweep-complaint").count(), "what was complained about is no longer there"


def test_the_report_opens_from_disk_and_its_choices_work(
    browser: Any, address: str, small: str, tmp_path: Any
) -> None:
    file = tmp_path / "report.html"
    with urllib.request.urlopen(f"{address}sweeps/report.html?name={small}") as answer:
        file.write_bytes(answer.read())
    context = browser.new_context(offline=True)
    page, errors, requests = context.new_page(), [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector(FIGURE.format("acceptance"), timeout=60_000)
    for tab, name, value, told in (
        ("lengths", "of", "written", "tokens written"),
        ("passes", "setting", "2", ""),
    ):
        page.get_by_test_id(f"batch-tab-{tab}").click()
        page.wait_for_selector(FIGURE.format(tab))
        page.select_option(f"[data-testid=batch-{name}]", value)
        assert page.get_by_test_id(f"batch-{name}").input_value() == value
        assert told in page.get_by_test_id("batch-chart").inner_text()
    assert page.locator(".dw-batch-summary tbody tr").count() == 4
    page.locator(".dw-batch-table summary").first.click()
    page.locator(".dw-batch-open").first.click()
    assert "traces/" in page.get_by_test_id("report-said").inner_text()
    assert not errors and requests == [file.as_uri()]
    context.close()
