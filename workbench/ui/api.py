"""The named endpoints for other programs, over HTTP and as MCP tools: methods, run, compare, check, export.

What they answer is plain JSON; a refusal is {"error": one sentence}. docs/API.md has an example of each way.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from gradio.events import api

from workbench.exchange import Format, open_any
from workbench.run.acts import parse
from workbench.run.answer import answer_ids
from workbench.run.request import Request
from workbench.trace import Intervention, Trace, WorkbenchError
from workbench.trace import check as recompute
from workbench.ui.answer import decoded
from workbench.ui.exports import content
from workbench.ui.place import Place
from workbench.ui.replies import file_name
from workbench.ui.store import Record

Answer = dict[str, Any]
REFUSALS = (WorkbenchError, ValueError, TypeError)
SIDE = ("method", "knobs", "models")
THEMES = ("light", "dark")
CALLED = {str: "a text", dict: "an object"}


def publish(place: Place) -> None:
    """Add the endpoints; call inside the Blocks. Their docstrings are what MCP clients are told."""

    def methods() -> list[dict[str, Any]]:
        """List every decoding method with its knobs, the models it needs, its guarantee and its status."""
        return place.choices()["methods"]

    def run(
        method: str,
        prompt: str,
        knobs: dict[str, Any] | None = None,
        models: dict[str, str] | None = None,
        seed: int = 0,
        max_tokens: int = 64,
        device: str = "",
        dtype: str = "",
        interventions: list[str] | None = None,
    ) -> dict[str, Any]:
        """Decode a prompt to its end and record every decision.

        Args:
            method: id of a method, as `methods` lists them
            prompt: the text to continue
            knobs: settings of the method by name; what is left out has its usual value
            models: a model for each role by name; what is left out has its usual model
            seed: of every random draw
            max_tokens: the most tokens that are decoded
            device: auto, cpu, cuda or mps; empty for the program's own
            dtype: auto, float32, bfloat16 or float16; empty for the program's own
            interventions: what is done to the run, in the order of its events, each a text:
                force:EVENT:POSITION:TOKEN, ban:EVENT:POSITION:TOKEN, lift:EVENT:POSITION:TOKEN (without
                TOKEN: what was guessed there last), mask:EVENT:POSITION or close:EVENT:LANE

        Returns:
            run (its id, for `export`), status, text, badge of the check, and costs by source
        """

        def made() -> Answer:
            _are(str, method=method, device=device, dtype=dtype)
            side = {"method": method, "knobs": knobs, "models": models}
            numbers = {"seed": _whole("seed", seed), "max_tokens": _whole("max_tokens", max_tokens)}
            rest = {"device": device, "dtype": dtype, "interventions": _interventions(interventions)}
            return told(_recorded(place, _request(place, side, prompt, numbers | rest)))

        return said(made)

    def compare(
        a: dict[str, Any], b: dict[str, Any], prompt: str, seed: int = 0, max_tokens: int = 64
    ) -> dict[str, Any]:
        """Decode one prompt twice and say where the answers part and what each cost.

        Args:
            a: {"method": id, "knobs": {...}, "models": {...}}; knobs and models may be left out
            b: the same for the second run
            prompt: the text to continue, for both
            seed: of both runs
            max_tokens: the most tokens that each decodes

        Returns:
            a and b as `run` answers them, the index of the first token that differs (null if none does),
            and a link that shows both beside each other
        """

        def both() -> Answer:
            given = {"seed": _whole("seed", seed), "max_tokens": _whole("max_tokens", max_tokens)}
            asked = [_request(place, side, prompt, given) for side in (a, b)]
            one, two = (_recorded(place, request) for request in asked)
            parted = divergence(one.trace(), two.trace())
            link = f"/?arun={one.id}&brun={two.id}"
            return {"a": told(one), "b": told(two), "first_divergence": parted, "link": link}

        return said(both)

    def check(trace: str) -> dict[str, Any]:
        """Recompute every verdict of a recorded trace.

        Args:
            trace: a trace or journal as text, a replay or notebook that carries one, or the id of a run

        Returns:
            ok, depth of the check, badge in words, and every problem with its event
        """

        def checked() -> Answer:
            _are(str, trace=trace)
            report = recompute(_trace(place, trace))
            problems = [{"event": each.event, "sentence": each.sentence} for each in report.problems]
            return {"ok": report.ok, "depth": str(report.depth), "badge": report.badge, "problems": problems}

        return said(checked)

    def export(
        run: str, format: str = "trace.json", beside: str = "", theme: str = "light"
    ) -> dict[str, Any]:
        """Give a recorded run as a file.

        Args:
            run: id of a run, as `run` and `compare` answer it
            format: trace.json, trace.jsonl, tables.zip, replay.html, replay.gif, timeline.json,
                notebook.ipynb
            beside: id of a second run, for formats that hold two
            theme: light or dark, for the GIF

        Returns:
            name, media type, encoding (text or base64) and content of the file
        """

        def made() -> Answer:
            _are(str, run=run, format=format, beside=beside)
            if theme not in THEMES:
                raise WorkbenchError(f"theme = '{str(theme)[:40]}' is not one of: {', '.join(THEMES)}.")
            kind = _format(place, format)
            if beside and not kind.pair:
                raise WorkbenchError(f"A {kind.title} file holds one run; leave 'beside' empty.")
            records = [place.store.get(each) for each in (run, beside) if each]
            name = file_name(records[0], kind.ending)
            return {"name": name, "media": kind.media, **lettered(content(place, kind, records, theme))}

        return said(made)

    api(methods, api_name="methods")
    api(run, api_name="run", concurrency_limit=4)
    api(compare, api_name="compare", concurrency_limit=2)
    api(check, api_name="check", concurrency_limit=4)
    api(export, api_name="export", concurrency_limit=4)


def said(make: Callable[[], Answer]) -> Answer:
    """What `make` answers, or one sentence."""
    try:
        return make()
    except REFUSALS as error:
        return {"error": str(error)}


def told(record: Record) -> Answer:
    """A finished run as the endpoints describe it."""
    trace = record.trace()
    costs = {each.source: {"passes": each.passes, "rows": each.rows} for each in trace.footer.costs}
    text = {"text": decoded(trace), "tokens": len(answer_ids(trace))}
    return {**record.described(), **text, "costs": costs}


def divergence(a: Trace, b: Trace) -> int | None:
    """Index, after the prompt, of the first token in which two answers differ; None if they agree."""
    left, right = answer_ids(a), answer_ids(b)
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return at
    return None if len(left) == len(right) else min(len(left), len(right))


def lettered(data: bytes) -> Answer:
    """A file as JSON can hold it."""
    try:
        return {"encoding": "text", "content": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"encoding": "base64", "content": base64.b64encode(data).decode("ascii")}


def _request(place: Place, side: Mapping[str, Any], prompt: str, given: Mapping[str, Any]) -> Request:
    if not isinstance(side, dict) or not isinstance(side.get("method"), str):
        raise WorkbenchError(
            'A side is an object such as {"method": "greedy"}; knobs and models may be left out.'
        )
    if unknown := set(side) - set(SIDE):
        raise WorkbenchError(f"A side has method, knobs and models, not '{min(unknown)}'.")
    knobs, models = side.get("knobs") or {}, side.get("models") or {}
    _are(str, prompt=prompt)
    _are(dict, knobs=knobs, models=models)
    _are(str, **models)
    return place.request(method=side["method"], prompt=prompt, knobs=knobs, models=models, **given)


def _are(kind: type, /, **given: object) -> None:
    """Refuse what JSON can carry here and the endpoint cannot take."""
    for name, value in given.items():
        if not isinstance(value, kind):
            raise WorkbenchError(f"{name} = {str(value)[:40]} is not {CALLED[kind]}.")


def _whole(name: str, value: Any) -> int:
    try:
        if int(value) == float(value):
            return int(value)
    except (TypeError, ValueError, OverflowError):
        pass  # said below
    raise WorkbenchError(f"{name} = {str(value)[:40]} is not a whole number.")


def _interventions(given: object) -> tuple[Intervention, ...]:
    """Interventions from their texts."""
    if not isinstance(given, list | None) or not all(isinstance(each, str) for each in given or []):
        raise WorkbenchError('Interventions are a list of texts, such as ["force:12:30:45"].')
    return tuple(parse(each) for each in given or [])


def _recorded(place: Place, request: Request) -> Record:
    """The run, when it is over."""
    job = place.runner.submit(request)
    with job.changed:
        job.changed.wait_for(lambda: job.over)
    if job.status in ("refused", "dropped"):
        raise WorkbenchError(job.refusal)
    return place.store.get(job.id)


def _trace(place: Place, said: str) -> Trace:
    if len(said) <= 40 and said.strip() and "{" not in said:
        return place.store.get(said.strip()).trace()
    opened = open_any(said.encode())
    if opened.counts:
        raise WorkbenchError(
            f"These are counts of {opened.counts.source}, not a trace; there is nothing to check."
        )
    return opened.traces[0]


def _format(place: Place, name: str) -> Format:
    formats = {kind.file: kind for kind in place.pictures.formats}
    if name not in formats:
        raise WorkbenchError(f"There is no format '{name[:40]}'; there are: {', '.join(formats)}.")
    return formats[name]
