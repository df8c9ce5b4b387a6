"""The named endpoints for other programs: methods, run, check."""

from typing import Any

from gradio.events import api

from workbench.trace import WorkbenchError, check, load
from workbench.ui.answer import decoded
from workbench.ui.place import Place


def publish(place: Place) -> None:
    """Add the endpoints; call inside the Blocks."""

    def methods() -> list[dict[str, Any]]:
        """Every method with its knobs, needs, guarantee and status."""
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
    ) -> dict[str, Any]:
        """Run a method to its end: id, status, text and badge; the trace is at /runs/ID/trace.json."""
        try:
            request = place.request(
                method=method, prompt=prompt, knobs=knobs or {}, models=models or {}, seed=int(seed),
                max_tokens=int(max_tokens), device=device, dtype=dtype,
            )  # fmt: skip
            job = place.runner.submit(request)
            with job.changed:
                job.changed.wait_for(lambda: job.over)
            if job.status in ("refused", "dropped"):
                return {"error": job.refusal}
            record = place.store.get(job.id)
            return {**record.described(), "text": decoded(record.trace())}
        except (WorkbenchError, ValueError, TypeError) as error:
            return {"error": str(error)}

    def check_trace(trace: str) -> dict[str, Any]:
        """Check a trace or journal given as text: whether it holds, how deep, and every problem."""
        try:
            report = check(load(trace.encode()))
        except (WorkbenchError, UnicodeEncodeError) as error:
            return {"error": str(error)}
        problems = [{"event": each.event, "sentence": each.sentence} for each in report.problems]
        return {"ok": report.ok, "depth": str(report.depth), "badge": report.badge, "problems": problems}

    api(methods, api_name="methods")
    api(run, api_name="run", concurrency_limit=4)
    api(check_trace, api_name="check", concurrency_limit=4)
