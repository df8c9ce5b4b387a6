"""What happens when a run breaks: its sentence is said, what was recorded is kept and can be exported."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.models.net_causal import NetCausal
from workbench.trace import check, load
from workbench.ui.live import watch

ROOT = Path(__file__).resolve().parents[2]
GREEDY = {"method": "greedy", "models": {"target": "tiny-target"}, "prompt": "Add 1+2", "max_tokens": 40}
SLOW = """
import sys, time, app
from pathlib import Path
from workbench.models.net_causal import NetCausal
from workbench.ui.place import Place, Settings
place = Place(Settings(device="cpu", folders=(Path(sys.argv[1]),), traces=Path(sys.argv[2])), app.PICTURES)
believe = NetCausal._beliefs
NetCausal._beliefs = lambda *given: time.sleep(0.01) or believe(*given)
job = place.runner.submit(place.request(
    method="greedy", models={"target": "tiny-target"}, prompt="Add 1+2", max_tokens=1000))
print(job.id, flush=True)
time.sleep(60)
"""


def break_after(passes: int, error: Exception | None, patch: pytest.MonkeyPatch) -> None:
    """After so many forward passes every logit is NaN, or the error is raised."""
    believe, seen = NetCausal._beliefs, iter(range(10_000))

    def breaking(self: NetCausal, logits: Tensor) -> Any:
        if next(seen) < passes:
            return believe(self, logits)
        if error:
            raise error
        return believe(self, logits * torch.nan)

    patch.setattr(NetCausal, "_beliefs", breaking)


def last_message(place: Any, **asked: Any) -> dict[str, Any]:
    """Run to the end, as the page does, and give its last message."""
    job = place.runner.submit(place.request(**{**GREEDY, **asked}))
    return list(watch(job, place.store, place.pictures))[-1]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, "returned a logit of nan"),
        (torch.OutOfMemoryError("CUDA out of memory"), "ran out of memory"),
        (RuntimeError("something else"), "unexpected error (RuntimeError: something else)"),
    ],
)
def test_a_run_that_breaks_keeps_what_it_recorded(
    web: Any, place: Any, monkeypatch: pytest.MonkeyPatch, error: Exception | None, said: str
) -> None:
    break_after(5, error, monkeypatch)
    last = last_message(place)
    assert (last["status"], last["tokens"]) == ("failed", 5)
    assert said in last["message"]
    assert last["badge"]["text"] == "Checked"
    about = web.get(f"/runs/{last['run']}").json()
    assert about["message"] == last["message"]
    reel = web.get(f"/runs/{last['run']}/reel").json()
    assert reel["footer"]["status"] == "failed"
    assert len(reel["born"]) == 5
    exported = load(web.get(f"/runs/{last['run']}/trace.json").content)
    assert check(exported).ok
    assert load(web.get(f"/runs/{last['run']}/trace.jsonl").content).footer == exported.footer
    with zipfile.ZipFile(io.BytesIO(web.get(f"/runs/{last['run']}/tables.zip").content)) as tables:
        assert tables.namelist()
    replay = web.get(f"/runs/{last['run']}/replay.html").text
    shown = replay.split('id="reels">')[1].split("</script>")[0]  # the trace behind it is packed: any letters
    json.loads(shown, parse_constant=pytest.fail)
    back = web.post("/runs/import", content=web.get(f"/runs/{last['run']}/trace.json").content).json()
    assert (back["status"], back["message"], back["badge"]) == ("failed", last["message"], last["badge"])


def test_a_checkpoint_of_nan_is_one_sentence(place: Any, shelf_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(shelf_folder / "tiny-target", folder)
    weights = load_file(folder / "model.safetensors")
    weights["model.embed_tokens.weight"].fill_(torch.nan)
    save_file(weights, folder / "model.safetensors")
    last = last_message(place, models={"target": str(folder)})
    assert last["status"] == "failed"
    assert "its weights or the number type are broken" in last["message"]
    assert last["upto"] == len(place.store.get(last["run"]).deltas) > 0


def test_an_impossible_device_is_one_sentence(place: Any) -> None:
    missing = "mps" if torch.cuda.is_available() else "cuda"
    last = last_message(place, device=missing)
    assert last["status"] == "refused"
    assert f"This machine has no {missing} device" in last["message"]


def test_the_number_type_is_the_one_that_was_asked_for(place: Any) -> None:
    last = last_message(place, dtype="bfloat16", max_tokens=4)
    assert place.store.get(last["run"]).trace().header.dtype == "bfloat16"


def test_a_kill_leaves_a_journal_that_opens_as_truncated(
    web: Any, shelf_folder: Path, tmp_path: Path
) -> None:
    traces = tmp_path / "traces"
    command = [sys.executable, "-c", SLOW, str(shelf_folder), str(traces)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        journal = traces / f"{running.stdout.readline().strip()}.jsonl"
        until = time.monotonic() + 60
        while time.monotonic() < until and not (journal.is_file() and journal.stat().st_size > 20_000):
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGKILL)
    trace = load(journal)
    assert trace.footer.status == "truncated"
    assert trace.events
    about = web.post("/runs/import", content=journal.read_bytes()).json()
    assert about["status"] == "truncated"
    assert about["badge"]["text"] == "Checked"
    assert web.get(f"/runs/{about['run']}/reel").json()["beats"]
