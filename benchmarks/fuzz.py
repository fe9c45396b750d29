"""Fuzz the readers of questionnaires: `python benchmarks/fuzz.py --each 5000 FOLDER_OF_SAMPLES`.

Every mutant is read or refused in one line within ten seconds; anything else is printed and ends with exit code 1.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from mutants import mutants

from populace.confined import Limits
from populace.confined.run import run
from populace.survey.formats.registry import FORMATS

#: mutants of one process
BATCH = 250
#: suffixes of files that any text could be
UNSURE = (".txt", ".md", ".pdf")
#: seconds that one file may take
SLOW = 10.0


def fuzz(sample: Path, format: str, count: int, seed: int) -> tuple[Counter[str], list[str], float]:
    """(ends, errors in words, slowest) of `count` mutants of a file."""
    ends: Counter[str] = Counter()
    errors: list[str] = []
    slowest = 0.0
    content = sample.read_bytes()
    for start in range(0, count, BATCH):
        size = min(BATCH, count - start)
        made = mutants(content, size // 2, seed + start, structured=False)
        made += mutants(content, size - len(made), seed + start + 1, structured=True)
        with tempfile.TemporaryDirectory() as folder:
            batch = Path(folder) / "batch.json"
            batch.write_text(json.dumps([base64.b64encode(one).decode() for one in made]))
            limits = Limits(seconds=600, written=1 << 28, memory=2 << 30)
            arguments = {"format": format, "suffix": sample.suffix.lower()}
            answer = run("mutants:read_all", batch, arguments, limits, places=[str(Path(__file__).parent)])
        for number, result in enumerate(answer.value, start):
            ends[result["end"]] += 1
            slowest = max(slowest, result["seconds"])
            if result["end"] == "error":
                errors.append(f"{sample.name}, mutant {number} of seed {seed}: {result['words']}")
            if result["seconds"] > SLOW:
                errors.append(f"{sample.name}, mutant {number} of seed {seed}: took {result['seconds']:.1f} s")
    return ends, errors, slowest


def samples(folder: Path) -> list[tuple[Path, str]]:
    """Files in a folder that a format recognises by its content; plain texts are not taken for questionnaires."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix.lower() not in UNSURE]
    found = ((path, _format_of(path)) for path in files)
    return [(path, format) for path, format in found if format is not None]


def _format_of(path: Path) -> str | None:
    fitting = (one for one in FORMATS.values() if path.suffix.lower() in one.suffixes)
    return next((one.name for one in fitting if one.module.recognises(path)), None)


def main() -> None:
    """Fuzz all samples of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=1000, help="mutants of each sample")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one format")
    chosen = parser.parse_args()
    total: Counter[str] = Counter()
    failed = []
    for path, format in samples(chosen.folder):
        if chosen.only in (None, format):
            ends, errors, slowest = fuzz(path, format, chosen.each, chosen.seed)
            total += ends
            failed += errors
            counts = ", ".join(f"{end} {count:,}" for end, count in sorted(ends.items()))
            print(f"{format:<12} {path.name:<45} {counts}; slowest {slowest:.2f} s", flush=True)
            for words in list(dict.fromkeys(errors))[:10]:
                print("   ", words, flush=True)
    print(f"{sum(total.values()):,} mutants: {dict(total)}; {len(failed):,} failures")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
