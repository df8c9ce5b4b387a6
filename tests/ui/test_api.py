"""The named endpoints through gradio_client and as MCP tools, over the guards; the documented examples."""

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.trace import decode

ROOT = Path(__file__).resolve().parents[2]
USUAL = "http://127.0.0.1:7860/"
MCP = importlib.util.find_spec("mcp") is not None
TINY = {"method": "greedy", "models": {"target": "tiny-target"}}
DRAFTED = {"method": "speculative_sampling", "models": {"target": "tiny-target", "draft": "tiny-draft"}}


@pytest.fixture(scope="module")
def served(shelf_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The program as a person starts it, with MCP where its package is here."""
    command = [
        sys.executable,
        "app.py",
        "--no-open",
        "--port",
        "0",
        "--device",
        "cpu",
        *(["--mcp"] if MCP else []),
    ]
    command += ["--models", str(shelf_folder), "--traces", str(tmp_path_factory.mktemp("served"))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        yield program.stdout.readline().split(" at ")[1].split()[0]
        program.terminate()


@pytest.fixture(scope="module")
def client(served: str) -> Any:
    from gradio_client import Client

    return Client(served, verbose=False)


def examples() -> list[str]:
    text = ROOT.joinpath("docs", "API.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.S)


def test_the_documentation_names_every_endpoint_and_no_other(web: Any) -> None:
    text = ROOT.joinpath("docs", "API.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, flags=re.M))
    assert {f"/{name}" for name in documented} == set(web.get("/gradio_api/info").json()["named_endpoints"])


def test_run_check_and_export(client: Any) -> None:
    run = client.predict("greedy", "Add 1+2", {}, {"target": "tiny-target"}, max_tokens=6, api_name="/run")
    assert run["tokens"] == run["costs"]["target"]["passes"] == 6
    assert client.predict(run["run"], api_name="/check")["ok"] is True
    file = client.predict(run["run"], api_name="/export")
    trace = decode(file["content"].encode())
    assert (trace.header.method, file["encoding"]) == ("greedy", "text")
    found = json.loads(file["content"])
    at = next(i for i, event in enumerate(found["events"]) if "judge" in json.dumps(event).lower())
    found["events"][at] = json.loads(json.dumps(found["events"][at]).replace("true", "false"))
    report = client.predict(json.dumps(found), api_name="/check")
    assert report["ok"] is False
    assert report["problems"][0]["event"] == at
    notebook = client.predict(run["run"], "notebook.ipynb", api_name="/export")
    assert client.predict(notebook["content"], api_name="/check")["ok"] is True
    assert client.predict(run["run"], "replay.gif", api_name="/export")["encoding"] == "base64"


def test_a_run_can_be_told_what_to_do(client: Any) -> None:
    given = ("greedy", "Add 1+2", {}, {"target": "tiny-target"})
    run = client.predict(*given, max_tokens=6, api_name="/run")
    trace = decode(client.predict(run["run"], api_name="/export")["content"].encode())
    act = f"force:0:{len(trace.header.prompt_ids) + 2}:5"
    told = client.predict(*given, max_tokens=6, interventions=[act], api_name="/run")
    again = decode(client.predict(told["run"], api_name="/export")["content"].encode())
    assert [str(each) for each in again.header.interventions] == [act]
    assert f"--intervene {act}" in told["command"]
    assert "1 intervention" in told["badge"]["text"]
    for wrong, said in ((["jump:0:1"], "is no intervention"), (["force:0:1:5"], "is about position 1")):
        assert said in client.predict(*given, interventions=wrong, api_name="/run")["error"]


def test_compare_says_where_answers_part(client: Any) -> None:
    same = client.predict(TINY, DRAFTED | {"knobs": {"temperature": 0}}, "Add 1+2", 0, 8, api_name="/compare")
    assert same["a"]["text"] == same["b"]["text"]
    assert same["first_divergence"] is None
    assert same["link"] == f"/?arun={same['a']['run']}&brun={same['b']['run']}"
    hot = {"method": "sampling", "models": {"target": "tiny-target"}, "knobs": {"temperature": 2}}
    other = client.predict(TINY, hot, "Add 1+2", 1, 8, api_name="/compare")
    assert 0 <= other["first_divergence"] < 8


@pytest.mark.parametrize(
    ("endpoint", "given", "said"),
    [
        ("/run", ("nothing", "x"), "There is no method 'nothing'"),
        ("/run", ("greedy", ""), "The prompt is empty"),
        ("/compare", ({"knobs": {}}, TINY, "x"), "A side is an object"),
        ("/compare", (TINY | {"more": 1}, TINY, "x"), "not 'more'"),
        ("/check", ("{",), "cannot be opened"),
        ("/check", ("unknown-run",), "not on this machine"),
        ("/export", ("unknown-run",), "not on this machine"),
        ("/export", ("example-tree", "trace.mp4"), "There is no format"),
        ("/export", ("example-tree", "replay.gif", "example-greedy"), "holds one run"),
        ("/run", ("greedy", 5), "prompt = 5 is not a text"),
        ("/run", ("greedy", "x", [1]), "knobs = [1] is not an object"),
        ("/run", ("greedy", "x", {}, {"target": 5}), "target = 5 is not a text"),
        ("/run", ("greedy", "x", {}, {}, "many"), "seed = many is not a whole number"),
        ("/run", ("greedy", "x", {}, {}, 0, 2.5), "max_tokens = 2.5 is not a whole number"),
        ("/run", ("greedy", "x", {}, {}, 0, 2, 5), "device = 5 is not a text"),
        ("/compare", (TINY, TINY, None), "prompt = None is not a text"),
        ("/check", (5,), "trace = 5 is not a text"),
        ("/export", ("x", 5), "format = 5 is not a text"),
        ("/export", ("x", "trace.json", "", "puce"), "theme = 'puce' is not one of: light, dark"),
    ],
)
def test_what_cannot_be_is_one_sentence(client: Any, endpoint: str, given: Any, said: str) -> None:
    error = client.predict(*given, api_name=endpoint)["error"]
    assert said in error
    assert "\n" not in error


def test_the_documented_client_runs(served: str, capsys: Any) -> None:
    done = _run(examples()[0].replace(USUAL, served), capsys)
    assert "first difference: None" in done
    assert "True Derived:" in done
    assert "speculative_sampling-" in done


@pytest.mark.skipif(not MCP, reason="the package mcp is not here (requirements-mcp.txt)")
def test_the_documented_mcp_client_runs(served: str, capsys: Any) -> None:
    done = _run(examples()[1].replace(USUAL, served), capsys)
    assert "['check', 'compare', 'export', 'methods', 'run']" in done
    assert "'status': 'complete'" in done


@pytest.mark.skipif(not MCP, reason="the package mcp is not here (requirements-mcp.txt)")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"host": "evil.example"}, 400),
    ],
)
def test_the_guards_stand_before_the_tools(served: str, headers: dict[str, str], status: int) -> None:
    import httpx

    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    assert httpx.post(f"{served}gradio_api/mcp/", json=ask, headers=accept).status_code == 200
    assert httpx.post(f"{served}gradio_api/mcp/", json=ask, headers=accept | headers).status_code == status


def test_without_its_package_the_mode_says_what_to_install(monkeypatch: Any, tmp_path: Path) -> None:
    import app
    from workbench.trace import WorkbenchError
    from workbench.ui import serve
    from workbench.ui.place import Settings

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))  # what `build` sets is taken back after the test
    monkeypatch.setattr(serve.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WorkbenchError, match="pip install -r"):
        serve.build(Settings(traces=tmp_path, mcp=True), app.PICTURES, ["localhost"], str(tmp_path))


def test_the_documented_recorder_runs(capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    code = examples()[2].replace("assisted.json", str(tmp_path / "assisted.json"))
    assert "verdicts recomputed" in _run(code, capsys)
    trace = decode((tmp_path / "assisted.json").read_bytes())
    assert trace.header.family == "imported"


def _run(code: str, capsys: Any) -> str:
    """What an example prints."""
    capsys.readouterr()
    exec(compile(code, "docs/API.md", "exec"), {"__name__": "__main__"})
    return capsys.readouterr().out
