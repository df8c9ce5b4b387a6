"""The page: controls on the left, the player on the right; gradio carries controls, queue and API."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import gradio as gr

from workbench import tasks
from workbench.run.request import DETAILS, FULL
from workbench.trace import WorkbenchError
from workbench.ui import share
from workbench.ui.answer import Known
from workbench.ui.api import publish
from workbench.ui.fork import forker
from workbench.ui.lab import NAV, part
from workbench.ui.news import news
from workbench.ui.place import Place
from workbench.ui.store import command
from workbench.ui.sweep import part as sweep_part
from workbench.ui.waiting import when_loaded

log = logging.getLogger(__name__)

TITLE = "Decoding workbench"
LEAD = "Run a decoding method step by step, see what it did and why, and check that the picture is true."
UNEXPECTED = "Something unexpected happened ({}); the log of the program says more."
HEAD = (
    '<link rel="stylesheet" href="/player/player.css"><link rel="stylesheet" href="/workbench/page.css">'
    '<link rel="stylesheet" href="/lab/lab.css"><link rel="stylesheet" href="/sweeps/sweep.css">'
    '<script src="/player/player.js"></script><script src="/workbench/page.js"></script>'
)
FREE = [("Free text", share.FREE)]
START_TASK, START_SEED, START_TOKENS = "math", 3, 64
PLAN = "async (plan, ...rest) => [await window.Workbench.plan('{}', {}), ...rest]"
"""Runs in the browser when a button is pressed: the page's own settings join gradio's."""
STAGE = when_loaded(
    "window.Workbench.stage(element.querySelector('.wb-stage') || element, props, watch, "
    "(run) => trigger('picked', {run}), (asked) => trigger('forked', asked));"
)


def page(place: Place) -> gr.Blocks:
    """The whole page; nothing here loads a model or torch."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(
            f"<header class='wb-top'><h1>{TITLE}</h1><p>{LEAD}</p>{NAV}</header>",
            elem_id="top",
            apply_default_css=False,
        )
        with gr.Row(elem_id="layout"):
            with gr.Column(elem_id="settings", min_width=300):
                part("controls")
                sweep_part("controls")
                with gr.Group(elem_classes="wb-group"):
                    controls, known = _prompt()
                    controls += _limits()
                    _advanced()
                plan = gr.Textbox(visible=False)
                _setup("a")
                _setup("b")
                buttons = _buttons()
            with gr.Column(elem_id="stage-column", min_width=300):
                part("figure")
                sweep_part("figure")
                stage = gr.HTML(
                    html_template='<div class="wb-stage"></div>',
                    js_on_load=STAGE,
                    elem_id="stage",
                    apply_default_css=False,
                    feed_a="", feed_b="", shared="", opened="", said="",
                )  # fmt: skip
        _wire(place, blocks, stage, plan, controls, known, buttons)
        publish(place)
    return blocks


# -- parts -------------------------------------------------------------------------------------------


def _prompt() -> tuple[list[Any], gr.Textbox]:
    instance = Known(START_TASK, START_SEED).instance()
    with gr.Row(elem_classes="wb-row"):
        names = [
            (task.title if task.in_mix else f"{task.title} (unknown to the embedded models)", name)
            for name, task in tasks.TASKS.items()
        ]
        task = gr.Dropdown(
            FREE + names, value=START_TASK, label="Prompt", elem_id="task", scale=3, min_width=120
        )
        seed = gr.Number(START_SEED, label="No.", elem_id="task-seed", min_width=80)
    prompt = gr.Textbox(
        instance.prompt, show_label=False, label="Prompt text", lines=2, max_lines=8, elem_id="prompt",
        placeholder="Type a prompt, or choose a task above.",
    )  # fmt: skip
    known = gr.Textbox(instance.answer, label="Known answer", interactive=False, max_lines=4, elem_id="known")
    return [prompt, task, seed], known


def _setup(pane: str) -> None:
    gr.HTML(
        html_template='<div class="wb-setup-root"></div>',
        js_on_load=when_loaded(
            f"window.Workbench.setup(element.querySelector('.wb-setup-root') || element, '{pane}');"
        ),
        elem_id=f"setup-{pane}",
        apply_default_css=False,
    )


def _limits() -> list[Any]:
    """Gradio is told no bounds: it would refuse a number before our own sentence about it is reached."""
    with gr.Row(elem_classes="wb-row"):
        tokens = gr.Number(START_TOKENS, label="Max tokens", elem_id="max-tokens", min_width=80)
        seed = gr.Number(0, label="Seed", elem_id="seed", min_width=70)
        detail = gr.Dropdown(list(DETAILS), value=FULL, label="Recorded", elem_id="detail", min_width=90)
    return [tokens, seed, detail]


def _advanced() -> None:
    """Device and number type; the script knows which of them this machine has."""
    gr.HTML(
        html_template='<div class="wb-advanced-root"></div>',
        js_on_load=when_loaded(
            "window.Workbench.advanced(element.querySelector('.wb-advanced-root') || element);"
        ),
        elem_id="advanced",
        apply_default_css=False,
    )


def _buttons() -> dict[str, gr.Button]:
    with gr.Row(elem_id="actions"):
        return {
            "both": gr.Button("Run both", variant="primary", elem_id="run-both", min_width=80),
            "a": gr.Button("Run A", elem_id="run-a", min_width=60),
            "b": gr.Button("Run B", elem_id="run-b", min_width=60),
            "cancel": gr.Button("Cancel", variant="stop", elem_id="cancel", min_width=60),
            "link": gr.Button("Copy link", elem_id="link", min_width=60),
        }


# -- wiring ------------------------------------------------------------------------------------------


def _wire(
    place: Place,
    blocks: gr.Blocks,
    stage: gr.HTML,
    plan: gr.Textbox,
    controls: list[Any],
    known: gr.Textbox,
    buttons: dict[str, gr.Button],
) -> None:
    prompt, task, task_seed = controls[:3]
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    for pane in share.PANES:
        run = _runner(place, pane)
        for name, both in ((pane, "false"), ("both", "true")):
            asked = buttons[name].click(
                run, [plan, *controls], stage, js=PLAN.format(pane, both), concurrency_limit=8,
                concurrency_id=f"run-{pane}", trigger_mode="multiple", **private,
            )  # fmt: skip
            asked.failure(None, js=f"() => window.Workbench.lost('{pane}')", api_visibility="private")
    buttons["cancel"].click(None, js="() => window.Workbench.cancel()", api_visibility="private")
    linked = buttons["link"].click(
        _linker(place),
        [plan, *controls],
        stage,
        js="(plan, ...rest) => [window.Workbench.view(), ...rest]",
        **private,
    )
    asked_for = [task, task_seed, prompt], [prompt, known, task_seed, stage]
    rest = [chosen.input(_task, *asked_for, **private) for chosen in (task, task_seed)]
    rest.append(blocks.load(_opened, None, [*controls, known, stage], **private))
    rest.append(stage.picked(_picker(place), None, [*controls, known], **private))
    for event in (linked, *rest):
        event.failure(None, js="() => window.Workbench.failed()", api_visibility="private")
    forked = stage.forked(
        forker(place), None, stage, concurrency_limit=8, concurrency_id="run-b", trigger_mode="multiple",
        **private,
    )  # fmt: skip
    forked.failure(None, js="() => window.Workbench.lost('b')", api_visibility="private")


def _runner(place: Place, pane: str) -> Any:
    """The handler of one pane's run buttons: yields small messages, never the run itself."""

    def run(plan: str, *controls: Any) -> Iterator[Any]:
        prop = f"feed_{pane}"

        def tell(message: dict[str, Any]) -> Any:
            return gr.HTML(**{prop: news(message)})  # type: ignore[arg-type]

        try:
            from workbench.ui.live import watch

            found = json.loads(plan)
            where = {name: found.get(name) for name in ("device", "dtype")}
            view = _view(json.dumps({pane: found, **where}), *controls)
            for message in watch(_submit(place, view, pane), place.store, place.pictures):
                yield tell(message)
        except WorkbenchError as error:
            yield tell({"run": "", "pane": pane, "status": "refused", "message": str(error), "upto": 0})
        except Exception as error:
            log.exception("A run of pane %s failed", pane)
            message = UNEXPECTED.format(type(error).__name__)
            yield tell({"run": "", "pane": pane, "status": "refused", "message": message, "upto": 0})

    run.__name__ = f"run_{pane}"
    return run


def _submit(place: Place, view: share.View, pane: str) -> Any:
    plan: share.Plan = getattr(view, pane)
    if not plan.method:
        raise WorkbenchError(f"No method is chosen for {pane.upper()}; choose one and run again.")
    models = place.meant(plan.models, view.task, view.task_seed)
    request = place.request(
        method=plan.method, prompt=view.prompt, knobs=plan.knobs, models=models, seed=view.seed,
        max_tokens=view.max_tokens, detail=view.detail, device=view.device, dtype=view.dtype,
    )  # fmt: skip
    return place.runner.submit(request, Known(view.task, view.task_seed) if view.task else None)


def _view(
    plans: str, prompt: Any, task: Any, task_seed: Any, tokens: Any, seed: Any, detail: Any
) -> share.View:
    """The page's settings as a view; a task whose prompt was edited is free text."""
    prompt, task = str(prompt or ""), str(task or share.FREE)
    number = _whole("the example number", task_seed) if task else 0
    if task and Known(task, number).instance().prompt != prompt:
        task = share.FREE
    return share.view_from_page(
        json.loads(plans), prompt=prompt, task=task, task_seed=number, detail=str(detail),
        max_tokens=_whole("max_tokens", tokens), seed=_whole("seed", seed),
    )  # fmt: skip


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int | float) or value != int(value):
        raise WorkbenchError(f"{name} is not a whole number; give one.")
    return int(value)


def _linker(place: Place) -> Any:
    """The handler of Copy link: the link, and the command line of each pane."""

    def link(plans: str, *controls: Any) -> Any:
        try:
            view = _view(plans, *controls)
            commands = [_command(place, view, pane) for pane in share.PANES]
            return gr.HTML(shared=news({"query": share.query(view), "commands": commands}))  # type: ignore[arg-type]
        except WorkbenchError as error:
            return gr.HTML(shared=news({"error": str(error)}))  # type: ignore[arg-type]

    return link


def _command(place: Place, view: share.View, pane: str) -> dict[str, Any]:
    """The pane's command line; of the run that it shows, where a person took part in it."""
    try:
        header = place.store.get(getattr(view, pane).run).trace().header
    except WorkbenchError:  # it shows none, or one that is gone
        return {"pane": pane, "text": share.command(view, pane), "acts": 0}
    acts = len(header.interventions)
    return {"pane": pane, "text": command(header) if acts else share.command(view, pane), "acts": acts}


def _task(task: str, seed: Any, prompt: str) -> tuple[Any, ...]:
    """The prompt and the known answer of the chosen task."""
    try:
        if not task:
            return prompt, gr.Textbox("", visible=False), gr.Number(visible=False), gr.skip()
        instance = Known(task, _whole("the example number", seed)).instance()
        return instance.prompt, gr.Textbox(instance.answer, visible=True), gr.Number(visible=True), gr.skip()
    except WorkbenchError as error:
        said = news({"text": str(error), "kind": "error"})
        return gr.skip(), gr.skip(), gr.skip(), gr.HTML(said=said)  # type: ignore[arg-type]


def _picker(place: Place) -> Any:
    """The handler that sets the controls to what an example was recorded with."""

    def picked(event: gr.EventData) -> tuple[Any, ...]:
        try:
            record = place.store.get(str((event._data or {}).get("run", "")))
        except WorkbenchError:
            return (gr.skip(),) * 7
        header, known = record.trace().header, record.known
        view = share.View(
            task=known.task if known else share.FREE, task_seed=known.seed if known else 0,
            prompt=header.prompt, max_tokens=header.max_tokens, seed=header.seed, detail=header.detail,
        )  # fmt: skip
        return _controls(view)

    return picked


def _controls(view: share.View) -> tuple[Any, ...]:
    """The values of gradio's controls, and of the known answer."""
    answer = Known(view.task, view.task_seed).instance().answer if view.task else ""
    return (
        view.prompt, view.task, gr.Number(view.task_seed, visible=bool(view.task)), view.max_tokens,
        view.seed, view.detail, gr.Textbox(answer, visible=bool(view.task)),
    )  # fmt: skip


def _opened(request: gr.Request) -> tuple[Any, ...]:
    """What the address of the page asks for."""
    said = dict(request.query_params)
    strange = share.strange(said)
    try:
        view, lack = share.view_of(said), {"strange": strange}
    except WorkbenchError as error:
        view, lack = None, {"error": f"{error} {strange}".strip()}
    if view is None:
        return (*[gr.skip()] * 7, gr.HTML(opened=json.dumps(lack) if any(lack.values()) else ""))  # type: ignore[arg-type]
    plans = {
        pane: {"method": plan.method, "knobs": plan.knobs, "models": plan.models, "run": plan.run}
        for pane, plan in (("a", view.a), ("b", view.b))
    }
    where = {"device": view.device, "dtype": view.dtype}
    opened = json.dumps({**plans, **where, "clock": view.clock, "cursor": view.cursor, "strange": strange})
    return (*_controls(view), gr.HTML(opened=opened))  # type: ignore[arg-type]
