"""Timing two ways of doing the same, turn by turn, on a machine that may be busy."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Paired:
    """Seconds of two things that were timed turn by turn; `cpu_*` is the processor time of this process."""

    first: tuple[float, ...]
    second: tuple[float, ...]
    cpu_first: tuple[float, ...]
    cpu_second: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median over the turns of first / second: how many times as long the first takes."""
        return statistics.median(a / b for a, b in zip(self.first, self.second, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """The same of the processor time, which other processes disturb less."""
        return statistics.median(a / b for a, b in zip(self.cpu_first, self.cpu_second, strict=True))

    def line(self, name: str) -> str:
        """One line for people."""
        medians = [1000 * statistics.median(times) for times in (self.first, self.second)]
        return (
            f"{name}: {medians[0]:.1f} ms against {medians[1]:.1f} ms, ratio {self.ratio:.3f} "
            f"(processor time {self.cpu_ratio:.3f}; {len(self.first)} turns)"
        )


def alternate(first: Callable[[], object], second: Callable[[], object], turns: int, warm: int = 1) -> Paired:
    """Run both `warm` times unmeasured, then `turns` times each, swapping which one begins."""
    for _ in range(warm):
        first()
        second()
    times: tuple[list[float], ...] = ([], [], [], [])
    for turn in range(turns):
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        for which in order:
            wall, cpu = timed((first, second)[which])
            times[which].append(wall)
            times[2 + which].append(cpu)
    return Paired(*map(tuple, times))


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall and on the processor; garbage is collected before, not during."""
    gc.collect()
    gc.disable()
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        act()
        return time.perf_counter() - wall, time.process_time() - cpu
    finally:
        gc.enable()
