"""The evaluator runs honest one-function programs and refuses everything else."""

import pytest

from workbench.tasks import sandbox


def run(source: str, *arguments: object) -> object:
    return sandbox.call(sandbox.load(source), arguments)


def test_it_runs_plain_programs() -> None:
    assert run("def f(x): return x * 3 + 2", 4) == 14
    assert run("def f(x):\n s = 0\n for i in range(x): s += i\n return s", 5) == 10
    assert run("def f(x):\n if x < 2: return 1\n return x * f(x - 1)", 5) == 120
    assert run("def f(x):\n while x > 10: x = x // 2\n return x", 100) == 6
    assert run("def f(x): return x[::-1] * 2", "ab") == "baba"
    assert run("def f(x): return 'even' if x % 2 == 0 and not x < 0 else 'odd'", 4) == "even"


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "def f(x): import os",
        "def f(x): return __import__('os')",
        "def f(x): return x.__class__",
        "def f(x): return ().__class__.__bases__",
        "def f(x): return open('/etc/passwd')",
        "def f(x): return eval('1')",
        "def f(x): return getattr(x, 'real')",
        "def f(x): return (lambda: x)()",
        "def f(x): return [i for i in range(9)]",
        "def f(x): return f'{x!r}'",
        "def f(x): return '%1000000000d' % x",
        "def f(x): return x ** 9",
        "def f(x): return 2 << 9999",
        "def f(x): return 1.5",
        "def f(x): global y",
        "def f(x=open): return x",
        "def f(*x): return x",
        "def f(x, *, y): return x",
        "@print\ndef f(x): return x",
        "def f(x): return x\nf(1)",
        "class f: pass",
        "def f(x): return y",
        "def f(x): return sorted(x, key=abs)",
        "def f(x): return x // 0",
        "def f(x): return x + 'a'",
        "def f(x): return x[0]",
        "def f(x) return",
        "def f(x): return " + "(" * 300 + "x" + ")" * 300,
        "",
    ],
)
def test_it_refuses(source: str) -> None:
    with pytest.raises(sandbox.Refused):
        run(source, 3)


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n while x == x: x += 0\n return x",
        "def f(x):\n while True: pass",
        "def f(x): return f(x)",
        "def f(x):\n for i in range(1000):\n  for j in range(1000): x += 1\n return x",
        "def f(x):\n s = 'ab'\n while True: s = s + s\n return s",
        "def f(x): return 'a' * 999999999999",
        "def f(x): return [1] * 999999999999",
        "def f(x): return range(999999999999)",
        "def f(x):\n while True: x = x * x * 9\n return x",
        "def f(x): return sum(range(10 * 1000 * 1000 * 1000))",
    ],
)
def test_it_ends_what_would_not_end(source: str) -> None:
    with pytest.raises(sandbox.Refused):
        run(source, 3)


def test_wrong_number_of_arguments() -> None:
    with pytest.raises(sandbox.Refused, match="takes 1 arguments, not 2"):
        run("def f(x): return x", 1, 2)
