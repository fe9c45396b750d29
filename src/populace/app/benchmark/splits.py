"""What the benchmark holds out, in code and under a version: corpora, houses, years. Results name the version.

Inside a training corpus, `training.train.hold_out` sets batteries aside and `training.corpus` people; here are whole
surveys. A house is everything that one organisation or one kind of recruitment produced, since its questions share
wording, scales and habits: a survey is new to a model only if its whole house was left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from populace.data.splits import SAME_WORDING, near_twins, tokens
from populace.errors import UsageError

#: raised whenever a split changes; part of every stored result
SPLITS_VERSION = "2"

#: houses of the training corpora
HOUSES = {
    "gss": ("gss_2006_2018", "gss_marginals_1972_2018"),
    "anes": ("anes_2012", "anes_2016", "anes_2020", "anes_pilot_2016", "anes_pilot_2018", "anes_pilot_2020"),
    "shed": ("shed_2021",),
    "538": (
        "538_flying_etiquette",
        "538_masculinity_raw",
        "538_nonvoters",
        "538_region_midwest",
        "538_region_south",
        "538_religion",
        "538_star_wars",
        "538_thanksgiving2015",
        "538_weather",
    ),
    "community": ("young_people", "food_choices", "r_community_2018", "r_community_2019", "jupyter_ux_2015"),
}
#: corpora of the shipped model: all whose licence allows it
TRAINED = tuple(name for house in HOUSES.values() for name in house)
#: houses that are left out one at a time; the GSS stays, as the backbone of every model
FOLDS = ("shed", "anes", "538", "community")
#: margin files among the corpora: counts without people
MARGIN_FILES = ("gss_marginals_1972_2018",)
#: data sets no model of ours is ever trained on: their licence forbids it, or they are for evaluation only
NEVER = (
    "displayr_burger_tracker",
    "displayr_chocolate_cbc",
    "displayr_cola",
    "displayr_eggs_cbc",
    "displayr_phone",
    "fcc_2016_part1",
    "osmi_open",
    "synthbench",
    "twin2k",
)
#: surveys with people that every model may be judged on
UNSEEN = ("displayr_burger_tracker", "displayr_cola", "displayr_phone", "fcc_2016_part1")
#: last year of material of the model that predicts drift, and the years it is judged on
DRIFT_UNTIL, DRIFT_YEARS = 2014, (2016, 2018, 2020)

#: names of the models of the benchmark
SHIPPED, BEFORE = "shipped", f"until {DRIFT_UNTIL}"


def without(house: str) -> str:
    """Name of the model that never saw a house."""
    return f"without {house}"


def corpora_of(model: str) -> tuple[str, ...]:
    """Training corpora of a model of the benchmark, by its name. Raises `UsageError` for an unknown name."""
    if model in (SHIPPED, BEFORE):
        return TRAINED
    house = model.removeprefix("without ")
    if house not in FOLDS:
        known = ", ".join((SHIPPED, BEFORE, *map(without, FOLDS)))
        raise UsageError(f"the benchmark has no model {model!r}; expected one of {known}: check the name")
    return tuple(name for other, names in HOUSES.items() if other != house for name in names)


def house_of(corpus: str) -> str | None:
    """The house of a training corpus, None for data sets that are never trained on."""
    return next((house for house, names in HOUSES.items() if corpus in names), None)


def judge_of(corpus: str) -> str:
    """Name of the model to which all of a survey is new. Raises `UsageError` where there is none."""
    house = house_of(corpus)
    if house is not None and house not in FOLDS:
        raise UsageError(f"every model has seen {corpus!r}; expected a survey of {', '.join(FOLDS)} or {UNSEEN}")
    return SHIPPED if house is None else without(house)


def worded_alike(texts: Sequence[str], trained: Sequence[str], threshold: float = SAME_WORDING) -> list[bool]:
    """For every text: is it worded almost like a trained one (Jaccard similarity of words of `threshold` or more)?"""
    exact = {" ".join(sorted(tokens(text))) for text in trained}
    alike = [" ".join(sorted(tokens(text))) in exact for text in texts]
    known = list(dict.fromkeys(trained))
    sets = [tokens(text) for text in (*texts, *known)]
    same_side = lambda one, other: (one < len(texts)) == (other < len(texts))  # noqa: E731
    for pair in near_twins(sets, threshold, same_side):
        alike[min(pair)] = True
    return alike
