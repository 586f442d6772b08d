"""Timing commands against each other, and the table of what came out."""

import dataclasses
import os
import statistics
import subprocess
import sys
import time


@dataclasses.dataclass
class Contestant:
    """One tool in one operation. `prepare` runs before each round and is not timed; `peak`, where
    given, tells the peak memory (KiB) of a daemon that did the work."""
    name: str
    command: list
    prepare: object = lambda: None
    peak: object = None
    environment: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Result:
    operation: str
    workload: str
    tool: str
    seconds: list
    cpu: list  # seconds of user and system time, of a daemon without
    peak_kib: int

    @property
    def median(self):
        return statistics.median(self.seconds)

    def as_json(self):
        return {"operation": self.operation, "workload": self.workload, "tool": self.tool,
                "seconds": [round(value, 4) for value in self.seconds],
                "cpu": [round(value, 4) for value in self.cpu],
                "median": round(self.median, 4), "peak_kib": self.peak_kib}


class Stage:
    """Where commands run: with one environment and one log, which shows why one failed."""

    def __init__(self, log, environment):
        self.log = log
        self.environment = environment

    def run(self, command, environment=None):
        """Runs a command to its end; its seconds, those of the processor, and peak resident memory in KiB."""
        # Linux counts a child's pages from its parent's on, and Python has more than some contestants: GNU time,
        # which is small, starts the command and tells its peak.
        peak = self.log.with_suffix(".peak")
        watch = ["time", "--quiet", "--format", "%M", "--output", peak]
        with open(self.log, "wb") as log:
            start = time.perf_counter()
            child = subprocess.Popen([str(word) for word in [*watch, *command]], stdin=subprocess.DEVNULL, stdout=log,
                                     stderr=log, env={**self.environment, **(environment or {})})
            _, status, usage = os.wait4(child.pid, 0)
            seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(map(str, command))}: exit {child.returncode}\n{tail}")
        return seconds, usage.ru_utime + usage.ru_stime, int(peak.read_text())


def compete(stage, operation, workload, contestants, rounds):
    """Every contestant once per round, in turn; one that fails is left out, with its reason on stderr."""
    seconds = {contestant.name: [] for contestant in contestants}
    cpu = {contestant.name: [] for contestant in contestants}
    peaks = {contestant.name: 0 for contestant in contestants}
    failed = set()
    for number in range(rounds):
        for contestant in contestants:
            if contestant.name in failed:
                continue
            try:
                contestant.prepare()
                os.sync()  # nobody pays for the writes of the one before
                took, worked, peak = stage.run(contestant.command, contestant.environment)
            except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
                print(f"{operation} {workload} {contestant.name}: left out: {error}", file=sys.stderr)
                failed.add(contestant.name)
                continue
            if contestant.peak:
                peak = max(peak, contestant.peak())
            seconds[contestant.name].append(took)
            cpu[contestant.name].append(worked)
            peaks[contestant.name] = max(peaks[contestant.name], peak)
            print(f"{operation} {workload} {contestant.name} {number + 1}/{rounds}: {took:.3f} s",
                  file=sys.stderr)
    return [Result(operation, workload, contestant.name, seconds[contestant.name], cpu[contestant.name],
                   peaks[contestant.name])
            for contestant in contestants if contestant.name not in failed]


def row(result, own, target):
    times = f"{result.median:.3f}"
    spread = f"{min(result.seconds):.3f} to {max(result.seconds):.3f}"
    ratio = f"{result.median / own.median:.2f}" if own else ""
    return (f"| {result.operation} | {result.workload} | {result.tool} | {times} | {spread} | {ratio} | "
            f"{statistics.median(result.cpu):.3f} | {result.peak_kib / 1024:.0f} | {target} |")


def table(results, targets):
    """Markdown. `targets`: (operation, workload) → what stamp must reach."""
    lines = ["| operation | workload | tool | median s | min to max s | × stamp | cpu s | peak MiB | target |",
             "|---|---|---|---|---|---|---|---|---|"]
    own = {(result.operation, result.workload): result for result in results if result.tool == "stamp"}
    for result in results:
        key = (result.operation, result.workload)
        target = targets.get(key, "") if result.tool == "stamp" else ""
        lines.append(row(result, own.get(key), target))
    return "\n".join(lines)
