"""Speed and memory: `make bench`, or python benchmarks/run.py [--json] [--tiny] [--only SECTION].

Takes a few minutes and prints one line a number beside its target (docs/speed.md says what they mean). Nothing here
fails when a target is missed: machines differ, and so does what else they are doing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

import causal_measures
import exchange_measures
import measures
import scrutiny_measures

#: people and questions of every measure; tiny is for the test that the benchmarks still run
SIZES = {
    "matrix": (2048, 128),
    "texts": (50, 4),
    "panel": ((4000, 50), (40, 4)),
    "command": ((1000, 50), (20, 3)),
    "large": ((100_000, 50), (50, 3)),
    "battery": ((2000, 60), (60, 12)),
    "battery_large": ((100_000, 100), (80, 14)),
    "libraries": ((2000, 60), (300, 10)),
    "routing": ((20_000, 300), (50, 40)),
    "import": (2000, 20),
    "spss": ((20_000, 500), (50, 5)),
    "causal": ((12, 20, "new-5m"), (3, 3, "new-tiny")),
    "finetune": ((8, 512, "new-5m"), (2, 128, "new-tiny")),
}

#: (section, number) -> target and whether it is the most or the least allowed
TARGETS = {
    ("answers", "answers_per_second"): (">=", 50_000),
    ("answers", "respondents_ratio"): ("<=", 1.1),
    ("answers", "questions_ratio"): ("<=", 1.1),
    ("command", "seconds"): ("<=", 6.0),
    ("large", "peak_megabytes"): ("<=", 1500),
    ("start_up", "help_seconds"): ("<=", 0.4),
    ("battery", "seconds"): ("<=", 120),
    ("battery", "peak_megabytes"): ("<=", 3000),
    ("battery_large", "seconds"): ("<=", 900),
    ("routing", "per_second"): (">=", 200_000),
    ("import", "seconds"): ("<=", 2.0),
    ("spss", "write_seconds"): ("<=", 10.0),
    ("spss", "read_seconds"): ("<=", 10.0),
    ("spss", "peak_megabytes"): ("<=", 1500),
    ("causal", "times_faster"): (">=", 5),
}


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--tiny", action="store_true", help="a few people and questions: does everything still run?")
    parser.add_argument("--only", action="append", metavar="SECTION", help="measure this section (may be repeated)")
    options = parser.parse_args()
    results = {}
    for name, numbers in measured(options.tiny, options.only):
        results[name] = numbers
        if not options.json:
            print("\n".join(lines_of(name, numbers)), flush=True)
    if options.json:
        print(json.dumps({"tiny": options.tiny, "results": results, "met": met(results)}, indent=1))


def measured(tiny: bool, only: list[str] | None) -> Iterator[tuple[str, dict[str, float]]]:
    """(section, numbers), one after the other; the machine's own rate comes first."""
    size = {name: sizes[tiny] for name, sizes in SIZES.items()}
    machine = measures.machine(size["matrix"])
    yield "machine", machine
    rate = machine["float32_gflops"]
    sections: dict[str, Callable[[], dict[str, float]]] = {
        "start_up": measures.start_up,
        "encoder": lambda: measures.encoder(size["texts"], max(rate, machine["bfloat16_gflops"])),
        "reading": lambda: measures.reading(size["texts"]),
        "answers": lambda: measures.answers(*size["panel"], rate),
        "command": lambda: measures.command(*size["command"]),
        "large": lambda: measures.command(*size["large"], again=False),
        "libraries": lambda: scrutiny_measures.libraries(*size["libraries"]),
        "battery": lambda: scrutiny_measures.battery(*size["battery"]),
        "battery_large": lambda: scrutiny_measures.battery(*size["battery_large"]),
        "routing": lambda: exchange_measures.routing(*size["routing"]),
        "import": lambda: exchange_measures.importing(size["import"]),
        "spss": lambda: exchange_measures.spss(*size["spss"]),
        "causal": lambda: causal_measures.scoring(*size["causal"]),
        "finetune": lambda: causal_measures.training(*size["finetune"], rate),
    }
    unknown = sorted(set(only or ()) - set(sections))
    if unknown:
        raise SystemExit(f"--only: no section {', '.join(unknown)}; expected one of {', '.join(sections)}")
    for name, measure in sections.items():
        if not only or name in only:
            yield name, measure()


def lines_of(name: str, numbers: dict[str, float]) -> Iterator[str]:
    """A section as text: a number a line, with its target."""
    yield f"{name}"
    for key, value in numbers.items():
        sign, target = TARGETS.get((name, key), ("", None))
        wanted = (
            "" if target is None else f"   target {sign} {target:,}  {'met' if reached(name, key, value) else 'MISSED'}"
        )
        yield f"  {key:<28}{shown(value):>14}{wanted}"


def met(results: dict[str, dict[str, float]]) -> dict[str, bool]:
    """Target -> was it reached, of the sections that were measured."""
    return {f"{s}.{key}": reached(s, key, results[s][key]) for s, key in TARGETS if s in results}


def reached(section: str, key: str, value: float) -> bool:
    """Is this number within its target?"""
    sign, target = TARGETS[section, key]
    return value <= target if sign == "<=" else value >= target


def shown(value: float) -> str:
    """A number with the digits that matter."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


if __name__ == "__main__":
    main()
