"""A planted population: a model that begins with random weights learns its margins, connections and groups."""

import numpy as np
import polars as pl
import pytest

from populace.data.codebook import Codebook, Variable
from populace.data.dataset import DataSet
from populace.data.files import write_dataset
from populace.models.library import load_model
from populace.scrutiny.scrutinize import scrutinize
from populace.scrutiny.verdicts import FAIL
from populace.simulation.simulate import simulate
from populace.survey.instrument import read_instrument
from populace.survey.scale import Option
from populace.training.causal import finetune as module
from populace.training.causal.finetune import finetune
from populace.training.causal.settings import Settings

WORDINGS = ("Raise taxes?", "Free doctors?", "Fewer migrants?")
ANSWERS = (Option(1, "No"), Option(2, "Yes"))
#: per question: how much it hangs on the one attitude, and from where on the answer is yes
LOADINGS, CUTS = (1.5, 1.3, -1.5), (0.3, -1.0, 0.6)
#: how far the attitude of either sex is from the middle
APART = 0.7
PANEL = 1500


def planted(n, seed):
    """One attitude, on which the sexes differ, behind three questions."""
    random = np.random.default_rng(seed)
    sex = random.integers(1, 3, n)
    attitude = random.normal(size=n) + np.where(sex == 1, APART, -APART)
    columns = {"respondent_id": np.arange(n), "sex": sex}
    for number, (loading, cut) in enumerate(zip(LOADINGS, CUTS, strict=True)):
        columns[f"q{number}"] = 1 + (loading * attitude + 0.5 * random.normal(size=n) > cut)
    variables = [Variable("sex", "Your sex?", "single", (Option(1, "Male"), Option(2, "Female")), "background")]
    variables += [Variable(f"q{k}", text, "ordinal", ANSWERS) for k, text in enumerate(WORDINGS)]
    codebook = Codebook("planted", "Planted", tuple(variables), {"years": [2020], "country": "US"})
    return DataSet(pl.DataFrame(columns), codebook)


@pytest.fixture(scope="module")
def people():
    """People of the same population whom training never saw."""
    return planted(PANEL, seed=2)


@pytest.fixture(scope="module")
def panel(people, tmp_path_factory):
    """The same people's answers as the model draws them, one after the other."""
    folder = tmp_path_factory.mktemp("planted")
    write_dataset(planted(3000, seed=1), folder / "planted")
    settings = Settings(
        method="full", steps=800, length=80, texts=32, together=64, rate=1.5e-3, groups=0.2, look_every=100, patience=8
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CALIBRATED_ON", 100)
        model = load_model(finetune("new-tiny", [folder / "planted"], folder / "model", settings))
    questions = [
        {"name": f"q{k}", "kind": "scale", "text": text, "options": ["No", "Yes"]} for k, text in enumerate(WORDINGS)
    ]
    survey = read_instrument({"id": "planted", "title": "Planted", "questions": questions})
    return simulate(survey, people, model, seed=1)


def answers(dataset):
    return np.stack([dataset.answers[f"q{k}"].to_numpy().astype(float) for k in range(3)], axis=1)


def test_margins_are_those_of_the_population(people, panel):
    """Two samples of 1,500 differ by .018 (one standard error); the rest is left to what is not learned yet."""
    assert np.abs(answers(panel).mean(0) - answers(people).mean(0)).max() < 0.08


def test_connections_are_those_of_the_population(people, panel):
    """Correlations of .6 to .7 in size: signs, order of size, and how far they are from nothing."""
    pairs = np.triu_indices(3, 1)
    true, found = (np.corrcoef(answers(one).T)[pairs] for one in (people, panel))
    assert (np.sign(true) == np.sign(found)).all()
    assert 0.75 < (true @ found) / (true @ true) < 1.15


def test_groups_differ_as_those_of_the_population(people, panel):
    male = people.answers["sex"].to_numpy() == 1
    true, found = (answers(one)[male].mean(0) - answers(one)[~male].mean(0) for one in (people, panel))
    assert (np.sign(true) == np.sign(found)).all()
    assert 0.65 < (true @ found) / (true @ true) < 1.2


def test_scrutiny_finds_no_fault_in_the_panel(people, panel):
    """But for one: shares within people's own intervals want errors below .025, for which more steps are needed."""
    report = scrutinize(panel, people, resamples=60)
    failed = {finding.check for finding in report.checks if finding.verdict == FAIL}
    assert failed <= {"coverage"}
    assert report.check("sd_ratio").value > 0.93 and report.check("correlation_of_correlations").value > 0.9
