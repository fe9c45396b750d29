"""Beside recorded language models: reading, shrinking out of fold, pooling, and the ratio of errors."""

import json

import numpy as np
import polars as pl
import pytest

from populace.app.benchmark import synthbench
from populace.app.benchmark.shares import OURS
from populace.prompts.prompt import Prompt

LABELS = ("Very good", "Fairly good", "Fairly bad", "Very bad")


def row(number, people, systems, draws=None, survey=None, kind="ordered"):
    return {
        "survey": survey or f"W{number % 6}",
        "house": "pew",
        "battery": number // 2,
        "name": f"q{number}",
        "kind": "scale",
        "ordinal": kind == "ordered",
        "pool kind": kind,
        "year": None,
        "n": synthbench.PEOPLE,
        "people": list(people),
        "systems": {"uniform": [1 / len(people)] * len(people), **{k: list(v) for k, v in systems.items()}},
        "draws": draws or {},
        "intervals": {},
        "flag": None,
    }


def planted(n=60, seed=0):
    """Truth; ours is a third wrong; one model puts everybody into the right option, another into a random one."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        people = rng.dirichlet([3, 3, 3, 3])
        sure, random = np.eye(4)[people.argmax()], np.eye(4)[rng.integers(4)]
        ours = 0.7 * people + 0.3 * rng.dirichlet([3, 3, 3, 3])
        systems = {OURS: ours, "same scale": np.full(4, 0.25), "nearest wording": rng.dirichlet([1, 1, 1, 1])}
        systems |= {"sure, raw": sure, "random, raw": random}
        rows.append(row(number, people, systems, {"sure, raw": [50, 1.0], "random, raw": [50, 1.0]}))
    return rows


def test_a_model_that_is_too_sure_is_shrunk_and_gets_better():
    rows = planted()
    synthbench.add_shrunk(rows, "sure, raw", synthbench.folds_of(rows, np.random.default_rng(1)))
    raw, shrunk = (synthbench.shares.scores(rows, name).tvd.mean() for name in ("sure, raw", "sure, raw, shrunk"))
    assert shrunk < 0.5 * raw
    assert all(sum(r["systems"]["sure, raw, shrunk"]) == pytest.approx(1) for r in rows)


def test_a_model_that_knows_nothing_is_shrunk_to_a_uniform_guess():
    rows = planted()
    synthbench.add_shrunk(rows, "random, raw", synthbench.folds_of(rows, np.random.default_rng(1)))
    shrunk = np.array([r["systems"]["random, raw, shrunk"] for r in rows])
    assert np.abs(shrunk - 0.25).max() < 0.1


def test_the_noise_of_shrunk_shares_shrinks_with_the_square():
    rows = planted()
    synthbench.add_shrunk(rows, "sure, raw", np.arange(len(rows)) % 10)
    kept = rows[0]["systems"]["sure, raw, shrunk"]
    # a share of one became w + (1 - w) / 4
    weight = (max(kept) - 0.25) / 0.75
    assert rows[0]["draws"]["sure, raw, shrunk"] == [50, pytest.approx(weight**2)]


def test_batteries_stay_in_one_fold():
    rows = planted()
    fold = synthbench.folds_of(rows, np.random.default_rng(1))
    assert len({(r["battery"], f) for r, f in zip(rows, fold, strict=True)}) == len({r["battery"] for r in rows})
    assert set(fold) == set(range(synthbench.FOLDS))


def test_what_a_question_is_told_by_its_own_fold_never_depends_on_its_answer():
    rows, changed = planted(), planted()
    fold = synthbench.folds_of(rows, np.random.default_rng(1))
    for place in np.flatnonzero(fold == 0):
        changed[place]["people"] = [0.97, 0.01, 0.01, 0.01]
    for some in (rows, changed):
        synthbench.add_shrunk(some, "sure, raw", fold)
    place = int(np.flatnonzero(fold == 0)[0])
    name = "sure, raw, shrunk"
    assert changed[place]["systems"][name] == rows[place]["systems"][name]


def test_a_model_with_twice_our_error_has_an_ear_of_two():
    rng, rows = np.random.default_rng(2), []
    for number in range(120):
        truth = rng.dirichlet([30, 30, 30, 30])
        off = rng.normal(size=4)
        off = 0.05 * (off - off.mean())
        people = rng.multinomial(synthbench.PEOPLE, truth) / synthbench.PEOPLE
        rows.append(row(number, people, {OURS: truth + off, "rival, raw": truth + 2 * off}))
        rows[-1]["systems"] |= {"rival, raw, shrunk": rows[-1]["systems"]["rival, raw"]}
        rows[-1]["systems"]["populace + several"] = rows[-1]["systems"][OURS]
        rows[-1]["draws"] = {"rival, raw": [10**9, 1.0]}
    found = {f.measure: f for f in synthbench.ratio_figures("all", rows, rng) if f.system == OURS}
    ear, square = (found[f"EAR{what} against the best prompted model"] for what in ("", " squared"))
    assert ear.value == pytest.approx(2, rel=0.05)
    assert ear.low < 2 < ear.high
    assert square.value == pytest.approx(ear.value**2)


def test_shrunk_systems_are_not_taken_for_recorded_ones():
    rows = planted()
    synthbench.add_shrunk(rows, "sure, raw", np.arange(len(rows)) % 10)
    assert synthbench.llms(rows) == ["sure, raw", "random, raw"]


def test_refusals_are_neither_asked_nor_counted():
    prompt = Prompt("Tea?", ("Yes", "Refused", "No"), False, (False, True, False))
    asked = synthbench.Question("a", "b", "c", prompt, np.array([0.6, 0.2, 0.2]), {"m": (np.array([0, 1.0, 0]), 10.0)})
    found = synthbench.substantive(asked)
    assert found.prompt.options == ("Yes", "No")
    assert found.prompt.missing == (False, False)
    assert found.people == pytest.approx([0.75, 0.25])
    # who only refused said nothing about the rest
    assert found.recorded["m"][0].tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("labels", "scale"),
    [
        (LABELS, True),
        (("Very comfortable", "Somewhat comfortable", "Somewhat uncomfortable", "Very uncomfortable"), True),
        (("Increase a lot", "Increase a little", "Stay about the same", "Decrease a little", "Decrease a lot"), True),
        (("A very good thing", "A somewhat good thing", "A very bad thing", "Neither good nor bad"), False),
        (("Ronald Reagan", "Bill Clinton", "Barack Obama"), False),
        (("Yes", "No", "Not sure"), False),
        (("Yes", "No"), False),
    ],
)
def test_scales_are_told_by_their_labels(labels, scale):
    assert synthbench.is_scale(labels, (False,) * len(labels)) is scale


def test_the_file_is_read_with_runs_pooled_by_their_draws(tmp_path):
    question = {"id": "opinionsqa/TEA_W54", "dataset": "opinionsqa", "text": "Is tea good?", "year": 2019}
    question["options"] = [
        {"code": k, "label": label, "missing": k == 2} for k, label in enumerate(("Yes", "No", "Refused"))
    ]
    question["human"] = {"Yes": 0.6, "No": 0.3, "Refused": 0.1}
    (tmp_path / "questions.jsonl").write_text(json.dumps(question) + "\n")
    told = [("yes-machine", "raw", 1, "Yes", 1.0, 30), ("yes-machine", "raw", 1, "No", 0.0, 30)]
    told += [("vendor/yes-machine", "raw", 1, "Yes", 0.0, 10), ("vendor/yes-machine", "raw", 1, "No", 1.0, 10)]
    told += [("majority", "baseline", 1, "Yes", 1.0, 30)]
    frame = pl.DataFrame(
        [("opinionsqa/TEA_W54", "opinionsqa", *line) for line in told],
        schema=["question_id", "dataset", "model", "method", "run", "option", "share", "n_samples"],
        orient="row",
    )
    frame.write_parquet(tmp_path / "llm_distributions.parquet")
    (found,) = synthbench.read_questions(tmp_path)
    assert found.survey == "W54"
    assert found.people.tolist() == pytest.approx([0.6, 0.3, 0.1])
    assert list(found.recorded) == ["yes-machine, raw"]
    shares, draws = found.recorded["yes-machine, raw"]
    assert shares.tolist() == pytest.approx([0.75, 0.25, 0])
    assert draws == 40


def test_the_recorded_answers_of_eight_families_are_read_whole(corpora):
    questions = synthbench.read_questions(corpora / "synthbench")
    assert len(questions) == 200
    assert all(q.people.sum() == pytest.approx(1) for q in questions)
    systems = {system for q in questions for system in q.recorded}
    assert len({system.split(", ")[0] for system in systems}) == 8
    assert not [s for s in systems if "baseline" in s]
