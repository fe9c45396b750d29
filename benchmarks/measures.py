"""What is measured. Every measure returns plain numbers; nothing here judges them.

Rates of different machines, or of one machine under different loads, do not compare. Each measure therefore stands
beside the matrix rate of the same run, and scaling is a ratio of two times of the same run.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from material import prompts_of, questionnaire, strangers
from timing import best, once, run_python


def machine(size: int) -> dict[str, float]:
    """Billions of multiplications and additions a second in a square matrix product, in two precisions."""
    import torch

    rates = {}
    for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        left, right = torch.rand(size, size).to(kind), torch.rand(size, size).to(kind)
        rates[f"{name}_gflops"] = 2 * size**3 / best(lambda a=left, b=right: a @ b) / 1e9
    busy = {"load_average": os.getloadavg()[0]} if hasattr(os, "getloadavg") else {}
    return {"processors": os.cpu_count() or 1, "threads": torch.get_num_threads(), **busy, **rates}


def encoder(questions: int, rate: float) -> dict[str, float]:
    """Tokens a second of the text encoder without its cache, and its share of the machine's matrix rate."""
    from populace.models import encoder as module
    from populace.survey.instrument import read_instrument

    prompts = prompts_of(read_instrument(questionnaire(questions)))
    module.TextEncoder().encode(prompts[:1])  # loads the network
    seconds = best(lambda: module.TextEncoder().encode(prompts))
    labels = {label for prompt in prompts for label in prompt.options}
    passes = [module.question_pass(p.text, p.options) for p in prompts] + [module._label_pass(x) for x in labels]
    tokens = sum(len(one.tokens) for one in passes)
    return {
        "questions": questions,
        "tokens": tokens,
        "seconds": seconds,
        "tokens_per_second": tokens / seconds,
        "share_of_matrix_rate": tokens * ENCODER_WORK / seconds / 1e9 / rate,
    }


#: multiplications and additions of one token in six layers of MiniLM, attention itself left aside
ENCODER_WORK = 2 * 6 * (4 * 384**2 + 2 * 384 * 1536)


def answers(people: int, questions: int, rate: float) -> dict[str, float]:
    """Answers a second drawn inside the process with the shipped model, texts read beforehand."""
    from populace.models.library import load_model

    model = load_model("default")
    panels = {
        "whole": _panel(model, people, questions),
        "half the people": _panel(model, people // 2, questions),
        "half the questions": _panel(model, people, questions // 2),
    }
    # in turn, so that a busy minute does not fall on one of them alone
    rounds = [{name: once(panel) for name, panel in panels.items()} for _ in range(4)]
    seconds = {name: min(times[name] for times in rounds) for name in panels}
    processor = once(panels["whole"], time.process_time)
    work = 4 * model.parameters.width**2  # belief along a direction, and its update, for one direction
    return {
        "people": people,
        "questions": questions,
        "seconds": seconds["whole"],
        "answers_per_second": people * questions / seconds["whole"],
        # all threads together, and without what other programs took
        "answers_per_processor_second": people * questions / processor,
        "share_of_matrix_rate": people * questions * work / seconds["whole"] / 1e9 / rate,
        # 1 = twice as many take twice as long
        "respondents_ratio": seconds["whole"] / seconds["half the people"] / 2,
        "questions_ratio": seconds["whole"] / seconds["half the questions"] / 2,
    }


def _panel(model: Any, people: int, questions: int) -> Callable[[], object]:
    """simulate(), in memory, for people of whom nothing is known; texts are read here and now."""
    from populace.simulation.simulate import simulate
    from populace.survey.instrument import read_instrument

    instrument, asked = read_instrument(questionnaire(questions)), strangers(people)
    model.prepare(prompts_of(instrument))
    return lambda: simulate(instrument, asked, model)


def reading(questions: int) -> dict[str, float]:
    """Seconds to turn texts into choice parameters, vectors at hand: what a new questionnaire costs besides reading."""
    from populace.models.library import load_model
    from populace.survey.instrument import read_instrument

    prompts = prompts_of(read_instrument(questionnaire(questions)))
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "texts.sqlite"
        load_model("default", cache).prepare(prompts)

        def read() -> None:
            model.prepare(prompts)

        times = []
        for _ in range(3):
            model = load_model("default", cache)
            times.append(best(read, enough=0))
    return {"questions": questions, "seconds": min(times), "milliseconds_per_question": 1000 * min(times) / questions}


def command(people: int, questions: int, again: bool = True) -> dict[str, float]:
    """Seconds and peak memory of the whole command `populace simulate`, its texts never read before; then once more."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "instrument.json").write_text(json.dumps(questionnaire(questions)), encoding="utf-8")
        arguments = ["-m", "populace", "simulate", "instrument.json", "--audience", "us-adults", "-n", str(people)]
        cost = run_python([*arguments, "--out", "first.parquet"], folder)
        known = run_python([*arguments, "--out", "again.parquet"], folder)["seconds"] if again else None
    return {
        "people": people,
        "questions": questions,
        **cost,
        **({"seconds_texts_known": known} if again else {}),
        "answers_per_second": people * questions / cost["seconds"],
    }


def start_up() -> dict[str, float]:
    """Seconds of `populace --help`, and of what no command can do without once it asks a model."""
    model = "from populace.models.library import load_model; load_model('default')"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return {
            "help_seconds": min(run_python(["-m", "populace", "--help"], folder)["seconds"] for _ in range(5)),
            "import_torch_seconds": min(run_python(["-c", "import torch"], folder)["seconds"] for _ in range(3)),
            "open_model_seconds": min(run_python(["-c", model], folder)["seconds"] for _ in range(3)),
        }
