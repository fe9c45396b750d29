"""How synthetic respondents answer each kind of question.

A model says with which probability each of several options is chosen. Everything else is made of such choices here:
several options by yes and no with the number that is allowed, rankings and sets of best and worst by choosing one
after the other (Plackett-Luce; maximum difference as in Marley and Louviere 2005, J. Math. Psychol. 49: the worst is
chosen with the reciprocal strengths), sums by shares that scatter and are rounded as people round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from populace.errors import ModelError
from populace.models.base import Session
from populace.prompts.bins import Bins
from populace.prompts.prompt import Prompt
from populace.prompts.render import bins_of, prompt_of
from populace.simulation.chance import choose, uniforms
from populace.simulation.heaping import heaped, weights_of
from populace.survey.item import Item
from populace.survey.kinds import option_column, row_column, sides
from populace.survey.question import Question
from populace.survey.walk import Visit

#: how far from one the probabilities of a row may sum
_TOLERANCE = 1e-6
#: how closely the parts of a sum follow the shares they are drawn around (concentration of a Dirichlet distribution),
#: and how many people round to tenths, to twentieths and not at all. From 364 people who shared 100 among four brands
#: (displayr_phone, question 30): moments of the brands give 1.7 to 2.8; 63 % have tens only, 90 % fives only, some of
#: them by chance
_CONCENTRATION = 2.0
_ROUNDED = (0.53, 0.37, 0.10)
#: the strength of an option that the model gives no chance: it still has a place in a ranking, and parts of a sum
_LEAST = 1e-12


@dataclass(frozen=True)
class Interviewing:
    """A batch of interviews: who is asked, and where chance and prompts come from."""

    #: the model's side
    session: Session
    #: (n,) keys of the random numbers
    keys: np.ndarray
    #: year of fieldwork and country, as far as they are known
    year: int | None
    country: str | None
    #: items that are not asked: known beforehand, or left out
    settled: frozenset[str]
    #: how often the question was put to these respondents before
    attempt: int = 0
    #: may the model fail to answer, with a row of NaN?
    may_fail: bool = False

    def prompt(self, item: Item) -> tuple[Prompt | None, Bins | None]:
        """How an item is put, and its bins; no prompt where there is nothing to choose."""
        bins = bins_of(item) if item.numeric else None
        return (
            None if len(item.options) == 1 and bins is None else prompt_of(item, self.year, self.country, bins)
        ), bins

    def probabilities(self, prompt: Prompt, rows: np.ndarray) -> np.ndarray:
        """(m, K) what the model says of these respondents (places in the batch)."""
        everybody = len(rows) == self.session.n
        asked = self.session.ask(prompt) if everybody else self.session.ask(prompt, rows)
        return _checked(asked, len(rows), prompt, self.may_fail)

    def tell(self, prompt: Prompt, rows: np.ndarray, positions: np.ndarray) -> None:
        """Record what these respondents said."""
        if len(rows) == self.session.n:
            self.session.tell(prompt, positions)
        elif len(rows):
            self.session.tell(prompt, positions, rows)

    def numbers(self, name: str, rows: np.ndarray, purpose: str = "answer") -> np.ndarray:
        """(m,) random numbers in [0, 1)."""
        return uniforms(self.keys[rows], name, f"{purpose}, attempt {self.attempt}" if self.attempt else purpose)


#: column -> (m,) answers, floats with NaN for nothing or objects with None
Answers = dict[str, np.ndarray]


def answers_to(visit: Visit, question: Question, group: np.ndarray, asking: Interviewing) -> Answers:
    """Answers of some respondents of a visit, who read the question in these words."""
    part = _part(visit, question, group)
    return _KINDS.get(question.kind, _by_item)(part, asking)


def prompts_of(question: Question, asking: Interviewing) -> list[Prompt]:
    """How the items of a question are put, for a model that reads texts ahead."""
    if question.kind in ("rank", "sum", "best_worst"):
        items: tuple[Item, ...] = (Item(question.name, question.text, question.options),)
    else:
        items = () if question.kind == "choice_task" else question.items()
    prompts = (asking.prompt(item)[0] for item in items if not item.open)
    return [prompt for prompt in prompts if prompt is not None]


@dataclass(frozen=True)
class _Part:
    """A question, as some respondents of a visit read it."""

    #: the question in their words
    question: Question
    #: appended to the names of its columns
    suffix: str
    #: (m,) the respondents (places in the batch)
    rows: np.ndarray
    #: (m, K) which options are offered, None = all
    offered: np.ndarray | None
    #: (m, R) which rows are shown, None = all
    lines: np.ndarray | None
    #: (m,) version of sets or tasks
    versions: np.ndarray | None

    def nobody(self) -> np.ndarray:
        """(m,) no answers."""
        return np.full(len(self.rows), np.nan)

    def some(self, who: np.ndarray) -> _Part:
        """The same question, as some of them (m,) read it."""
        cut = (None if one is None else one[who] for one in (self.offered, self.lines, self.versions))
        return _Part(self.question, self.suffix, self.rows[who], *cut)


#: how a kind of question is answered
_Kind = Callable[[_Part, Interviewing], Answers]


def _part(visit: Visit, question: Question, group: np.ndarray) -> _Part:
    several = (visit.offered, visit.lines, visit.versions)
    if len(group) == len(visit.rows):
        return _Part(question, visit.place.suffix, visit.rows, *several)
    cut = (None if one is None else one[group] for one in several)
    return _Part(question, visit.place.suffix, visit.rows[group], *cut)


# -- one item after the other ----------------------------------------------------------------------------------------


def _by_item(part: _Part, asking: Interviewing) -> Answers:
    """Single choices, scales, grids, numbers: every item is put by itself, in the context of those before."""
    answers: Answers = {}
    line_of = {row_column(part.question, row): place for place, row in enumerate(part.question.rows)}
    for item in part.question.items():
        name = item.name + part.suffix
        if name in asking.settled or item.open:
            continue
        shown = _shown(part, line_of.get(item.name))
        offered = None if part.offered is None else part.offered[shown]
        values = _one(replace(item, name=name), part.rows[shown], offered, asking, part.question.decimals)
        answers[name] = _spread(values, shown)
    return answers


def _shown(part: _Part, line: int | None) -> np.ndarray:
    """(m,) to whom a row of the question is shown."""
    return np.ones(len(part.rows), dtype=bool) if part.lines is None or line is None else part.lines[:, line]


def _one(
    item: Item, rows: np.ndarray, offered: np.ndarray | None, asking: Interviewing, decimals: int | None
) -> np.ndarray:
    """(m,) answers to one item; what was drawn is told to the model."""
    prompt, bins = asking.prompt(item)
    if prompt is None:
        return _codes(item, np.zeros(len(rows), dtype=np.int64))
    positions = np.zeros(0, dtype=np.int64)
    if bins is not None and offered is not None:  # conditions are those of the options beside the number
        offered = np.column_stack([np.ones((len(rows), len(bins.labels)), dtype=bool), offered])
    if len(rows):
        probabilities = _offered(asking.probabilities(prompt, rows), offered)
        positions = _chosen(probabilities, asking.numbers(item.name, rows))
        asking.tell(prompt, rows, positions)
    if bins is None:
        return _codes(item, positions)
    return _number(item, bins, positions, asking.numbers(item.name, rows, "within the bin"), decimals)


def _offered(probabilities: np.ndarray, offered: np.ndarray | None) -> np.ndarray:
    """The probabilities of what is offered; evenly where the model expects none of it."""
    if offered is None:
        return probabilities
    left = np.where(offered, probabilities, 0.0)
    evenly = np.where(_failed(probabilities)[:, None], np.nan, offered)
    return np.where(left.sum(axis=1, keepdims=True) > 0, left, evenly)


def _failed(probabilities: np.ndarray) -> np.ndarray:
    """(m,) for whom the model has no answer."""
    return np.isnan(probabilities).any(axis=1)


def _chosen(probabilities: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """(m,) positions drawn; -1 for whom the model has no answer: nothing is drawn in its place."""
    return np.where(_failed(probabilities), -1, choose(probabilities, numbers))


def _codes(item: Item, positions: np.ndarray) -> np.ndarray:
    """Codes of these positions, as the state of an interview keeps them; nothing at -1."""
    codes = [option.code for option in item.options]
    kept = [*codes, None] if isinstance(codes[0], str) else [*codes, np.nan]
    return np.array(kept, dtype=object if isinstance(codes[0], str) else np.float64)[positions]


def _number(item: Item, bins: Bins, positions: np.ndarray, numbers: np.ndarray, decimals: int | None) -> np.ndarray:
    """Numbers within the bins drawn; codes where the position is that of "don't know"."""
    count = len(bins.edges) - 1
    within = np.clip(positions, 0, count - 1)
    values = bins.draw(within, numbers)
    if (unit := _unit(item, decimals)) and (weights := weights_of(item)):
        round_ones = heaped(item, weights, unit, bins.edges, within, numbers)
        values = np.where(np.isnan(round_ones), values, round_ones)
    if item.numeric.step is not None:
        start = item.numeric.minimum or 0.0
        step, most = item.numeric.step, np.inf if item.numeric.maximum is None else item.numeric.maximum
        # a hair below the last step, for limits such as 0.3 in steps of 0.1
        steps = np.minimum(np.round((values - start) / step), np.floor((most - start) / step + 1e-9))
        values = np.round(start + steps * step, 9)
    elif decimals is not None:
        values = _to_decimals(values, decimals, *bins.edges[:: len(bins.edges) - 1])
    for place, option in enumerate(item.options):
        # a word cannot stand in a column of numbers: it is no answer there
        code = np.nan if isinstance(option.code, str) else float(option.code)
        values = np.where(positions == count + place, code, values)
    return np.where(positions < 0, np.nan, values)


def _unit(item: Item, decimals: int | None) -> float | None:
    """What answers are multiples of; None = nothing."""
    if item.numeric.step is not None:
        return item.numeric.step
    return 1.0 if item.numeric.integer else None if decimals is None else 10.0**-decimals


def _to_decimals(values: np.ndarray, decimals: int, low: float, high: float) -> np.ndarray:
    """The nearest numbers of so many decimals within the limits; as they are where there are none."""
    unit = 10.0**decimals
    least, most = np.ceil(low * unit - 1e-9), np.floor(high * unit + 1e-9)
    return values if least > most else np.clip(np.round(values * unit), least, most) / unit


# -- several options -------------------------------------------------------------------------------------------------


def _multiple(part: _Part, asking: Interviewing) -> Answers:
    """Yes or no for every option, with as many as are allowed.

    The exclusive options are put first, and who selects one is not asked the others: they are "Not selected". An
    exclusive option so keeps the probability the model gives it, and the others are drawn knowing that it was not
    selected.
    """
    question = part.question
    items = {item.name: item for item in question.items() if item.options}
    columns = [(items[option_column(question, option)], option, place) for place, option in enumerate(question.options)]
    return _selected(part, columns, part.offered, np.ones(len(part.rows), dtype=bool), asking)


def _grid_multiple(part: _Part, asking: Interviewing) -> Answers:
    question, answers = part.question, {}
    items = {item.name: item for item in question.items()}
    for line, row in enumerate(question.rows):
        columns = [
            (items[f"{row_column(question, row)}_{option.code}"], option, place)
            for place, option in enumerate(question.options)
        ]
        answers |= _selected(part, columns, part.offered, _shown(part, line), asking)
    return answers


def _selected(
    part: _Part, columns: list, offered: np.ndarray | None, shown: np.ndarray, asking: Interviewing
) -> Answers:
    """1 and 0 for whoever is shown the options, nothing for what is not offered, or failed."""
    m, question = len(part.rows), part.question
    columns = [one for one in columns if one[0].name + part.suffix not in asking.settled]
    columns.sort(key=lambda one: not one[1].exclusive)
    there = np.tile(shown[:, None], (1, len(columns)))
    if offered is not None:
        there &= offered[:, [place for _, _, place in columns]]
    prompts = [prompt_of(item, asking.year, asking.country) for item, _, _ in columns]
    chosen = np.zeros((m, len(columns)), dtype=bool)
    free = np.ones(m, dtype=bool)
    ahead = _chances(part, there, prompts, asking) if question.at_least or question.at_most is not None else None
    apart = np.array([option.exclusive for _, option, _ in columns], dtype=bool)
    for number, (item, option, _) in enumerate(columns):
        asked = np.flatnonzero(free & there[:, number])
        if len(asked):
            chances = asking.probabilities(prompts[number], part.rows[asked])
            there[asked[_failed(chances)], number] = False  # from here on as if it were not offered
            if ahead is not None and not option.exclusive:
                ordinary = there & ~apart
                least = np.minimum(question.at_least or 0, ordinary[asked].sum(axis=1))
                left = ordinary[asked, number + 1 :].sum(axis=1)
                limits = least, np.inf if question.at_most is None else question.at_most
                yes = _allowed(chances[:, 1], chosen[asked].sum(axis=1), ahead[asked, number + 1 :], left, limits)
                chances = np.column_stack([1 - yes, yes])
            draws = asking.numbers(item.name + part.suffix, part.rows[asked])
            chosen[asked, number] = _chosen(chances, draws) == 1
        positions = np.where(there[:, number], chosen[:, number].astype(np.int64), -1)
        asking.tell(prompts[number], part.rows, positions)
        if option.exclusive:
            free &= ~chosen[:, number]
    values = np.where(there, chosen.astype(np.float64), np.nan)
    return {item.name + part.suffix: values[:, number] for number, (item, _, _) in enumerate(columns)}


def _chances(part: _Part, there: np.ndarray, prompts: list[Prompt], asking: Interviewing) -> np.ndarray:
    """(m, K) how likely each option is before any is drawn; 0 for what is not offered, and no longer is if it fails."""
    found = np.zeros(there.shape)
    for number, prompt in enumerate(prompts):
        asked = np.flatnonzero(there[:, number])
        if len(asked):
            chances = asking.probabilities(prompt, part.rows[asked])
            there[asked[_failed(chances)], number] = False
            found[asked, number] = np.nan_to_num(chances[:, 1])
    return found


def _allowed(
    yes: np.ndarray,
    so_far: np.ndarray,
    later: np.ndarray,
    left: np.ndarray,
    limits: tuple[np.ndarray, float],
) -> np.ndarray:
    """(m,) the probability of yes, given that in the end at least and at most so many are selected.

    By Bayes: the probability that the number comes out right after a yes, against that after a no, the options still
    to come taken as independent. Where the model thinks neither possible, the number decides; `left` are still to come.
    """
    least, most = limits
    counts = _count_distribution(later)
    right = [_within(counts, so_far + more, limits) for more in (0, 1)]
    odds = yes * right[1], (1 - yes) * right[0]
    total = odds[0] + odds[1]
    allowed = np.where(total > 0, odds[0] / np.where(total > 0, total, 1), yes)
    return np.where(so_far >= most, 0.0, np.where(so_far + left < least, 1.0, allowed))


def _count_distribution(chances: np.ndarray) -> np.ndarray:
    """(m, K + 1) probability of every number of successes in K independent trials."""
    counts = np.zeros((len(chances), chances.shape[1] + 1))
    counts[:, 0] = 1
    for column in chances.T:
        counts[:, 1:] = counts[:, 1:] * (1 - column[:, None]) + counts[:, :-1] * column[:, None]
        counts[:, 0] *= 1 - column
    return counts


def _within(counts: np.ndarray, so_far: np.ndarray, limits: tuple[np.ndarray, float]) -> np.ndarray:
    """(m,) probability that the number to come brings the total within the limits."""
    least, most = limits
    totals = so_far[:, None] + np.arange(counts.shape[1])
    return (counts * ((totals >= least[:, None]) & (totals <= most))).sum(axis=1)


# -- strengths of options --------------------------------------------------------------------------------------------


def _strengths(part: _Part, asking: Interviewing) -> tuple[Prompt | None, np.ndarray]:
    """(m, K) how likely each option is to be the one that is named, more than 0 wherever it is offered."""
    question = part.question
    if len(question.options) == 1:
        return None, np.ones((len(part.rows), 1))
    item = Item(question.name, question.text, question.options)
    prompt = prompt_of(item, asking.year, asking.country)
    offered = np.ones((1, 1), dtype=bool) if part.offered is None else part.offered
    return prompt, np.where(offered, np.maximum(asking.probabilities(prompt, part.rows), _LEAST), 0.0)


def _named(part: _Part, purpose: str, asking: Interviewing) -> np.ndarray:
    """(m, K) one random number for every option."""
    name = part.question.name + part.suffix
    return np.column_stack(
        [asking.numbers(f"{name} {option.code}", part.rows, purpose) for option in part.question.options]
    )


def _by_strength(draw: Callable[[_Part, Prompt | None, np.ndarray, Interviewing], Answers]) -> _Kind:
    """A kind of question that is drawn from strengths; nothing for whom the model has none."""

    def answers(part: _Part, asking: Interviewing) -> Answers:
        prompt, strengths = _strengths(part, asking)
        good = ~_failed(strengths)
        if good.all():
            return draw(part, prompt, strengths, asking)
        drawn = draw(part.some(good), prompt, strengths[good], asking)
        return {name: _spread(values, good) for name, values in drawn.items()}

    return answers


def _rank(part: _Part, prompt: Prompt | None, strengths: np.ndarray, asking: Interviewing) -> Answers:
    """One option after the other, each among those left in proportion to its strength.

    Drawn at once: the order of log strength plus Gumbel noise is a draw from Plackett-Luce (Yellott 1977).
    """
    question = part.question
    noise = -np.log(-np.log(np.clip(_named(part, "rank", asking), 1e-300, 1 - 1e-16)))
    with np.errstate(divide="ignore"):
        order = np.argsort(-(np.log(strengths) + noise), axis=1, kind="stable")
    if prompt is not None:
        asking.tell(prompt, part.rows, order[:, 0])
    places = np.argsort(order, axis=1, kind="stable") + 1.0
    there = strengths > 0
    places[~there | (places > (question.ranked or len(question.options)))] = np.nan
    return {
        option_column(question, option) + part.suffix: places[:, number]
        for number, option in enumerate(question.options)
    }


def _sum(part: _Part, prompt: Prompt | None, strengths: np.ndarray, asking: Interviewing) -> Answers:
    """Parts of the total around the strengths of the options, rounded as people round."""
    from scipy.stats import gamma

    question = part.question
    shares = strengths / strengths.sum(axis=1, keepdims=True)
    shape = np.where(shares > 0, np.maximum(shares * _CONCENTRATION, 1e-3), 1.0)
    drawn = np.where(shares > 0, gamma.ppf(np.clip(_named(part, "sum", asking), 1e-12, 1 - 1e-12), shape), 0.0)
    drawn = np.where(drawn.sum(axis=1, keepdims=True) > 0, drawn, shares)
    name = question.name + part.suffix
    step = _rounding(question, asking.numbers(name, part.rows, "rounding"))
    values = rounded_parts(drawn / drawn.sum(axis=1, keepdims=True), float(question.total), step)
    offered = strengths > 0
    return {
        option_column(question, option) + part.suffix: np.where(offered[:, number], values[:, number], np.nan)
        for number, option in enumerate(question.options)
    }


def _rounding(question: Question, numbers: np.ndarray) -> np.ndarray:
    """(m,) what each respondent rounds to: tenths, twentieths or hundredths of the total, in whole numbers."""
    total = float(question.total)
    steps = np.array([total / 10, total / 20, total / 100])
    if total.is_integer() and not question.decimals:
        steps = np.where(steps % 1 == 0, steps, 1.0)
    elif question.decimals:
        steps = np.maximum(np.round(steps, question.decimals), 10.0**-question.decimals)
    return steps[np.searchsorted(np.cumsum(_ROUNDED)[:2], numbers)]


def rounded_parts(shares: np.ndarray, total: float, step: np.ndarray) -> np.ndarray:
    """(m, K) multiples of `step` (m,) that add up to the total, as near to the shares as can be (largest remainder)."""
    units = np.round(total / step)
    exact = shares * units[:, None]
    whole = np.floor(exact + 1e-9)
    left = np.round(units - whole.sum(axis=1)).astype(np.int64)
    ranks = np.argsort(np.argsort(-(exact - whole), axis=1, kind="stable"), axis=1, kind="stable")
    values = (whole + (ranks < left[:, None])) * step[:, None]
    # where steps do not divide the total, the largest part takes the rest
    rest = total - values.sum(axis=1)
    values[np.arange(len(values)), values.argmax(axis=1)] += rest
    return values


def _best_worst(part: _Part, prompt: Prompt | None, strengths: np.ndarray, asking: Interviewing) -> Answers:
    """In every set the best by strength, then the worst of the others by the reciprocal of strength."""
    question = part.question
    if prompt is not None:
        asking.tell(prompt, part.rows, np.full(len(part.rows), -1))
    codes = [option.code for option in question.options]
    place_of = {code: place for place, code in enumerate(codes)}
    items = {item.name: item for item in question.items()}
    answers: Answers = {}
    for number in range(len(question.sets[0])):
        together = np.zeros(strengths.shape, dtype=bool)
        for version, sets in enumerate(question.sets):
            together[np.ix_(part.versions == version, [place_of[code] for code in sets[number]])] = True
        together &= strengths > 0
        several = together.sum(axis=1) > 1  # of one there is no best and no worst
        together[~several] = True
        best = _drawn(strengths * together, f"{question.name}_{number + 1}_best{part.suffix}", part, asking)
        together[np.arange(len(together)), best] = False
        weakness = together / np.maximum(strengths, _LEAST)
        worst = _drawn(weakness, f"{question.name}_{number + 1}_worst{part.suffix}", part, asking)
        for end, positions in (("best", best), ("worst", worst)):
            name = f"{question.name}_{number + 1}_{end}"
            answers[name + part.suffix] = _spread(_codes(items[name], positions)[several], several)
    return answers


def _drawn(weights: np.ndarray, name: str, part: _Part, asking: Interviewing) -> np.ndarray:
    return choose(weights / weights.sum(axis=1, keepdims=True), asking.numbers(name, part.rows))


def _choice_task(part: _Part, asking: Interviewing) -> Answers:
    """Every task is put as a single choice among its cards, in the words of the cards."""
    question, tasks = part.question, part.question.tasks
    items = question.items()
    answers = {item.name + part.suffix: part.nobody() for item in items}
    for number, item in enumerate(items):
        name = item.name + part.suffix
        for version in np.unique(part.versions):
            here = part.versions == version
            count = len(tasks.versions[version][number])
            cards = tuple(tasks.wording(int(version), number, place) for place in range(count))
            codes = [*range(1, count + 1), *([0] if tasks.none else [])]
            # cards may be alike; which is which is a matter of their place
            prompt = Prompt(
                question.text, (*cards, *([tasks.none] if tasks.none else [])), False, (), asking.year, asking.country
            )
            positions = _chosen(asking.probabilities(prompt, part.rows[here]), asking.numbers(name, part.rows[here]))
            asking.tell(prompt, part.rows[here], positions)
            answers[name][here] = np.array([*codes, np.nan], dtype=np.float64)[positions]
    return answers


def _side_by_side(part: _Part, asking: Interviewing) -> Answers:
    """The questions of its columns, one after the other."""
    answers: Answers = {}
    for side in sides(part.question):
        answers |= _KINDS.get(side.kind, _by_item)(replace(part, question=side, offered=None), asking)
    return answers


_KINDS: Mapping[str, _Kind] = {
    "multiple": _multiple,
    "grid_multiple": _grid_multiple,
    "rank": _by_strength(_rank),
    "sum": _by_strength(_sum),
    "best_worst": _by_strength(_best_worst),
    "choice_task": _choice_task,
    "side_by_side": _side_by_side,
}


# -- shared ----------------------------------------------------------------------------------------------------------


def _spread(values: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """(m,) the values where something was shown, nothing elsewhere."""
    if shown.all():
        return values
    found = nothing_like(values, len(shown))
    found[shown] = values
    return found


def nothing_like(values: np.ndarray, m: int) -> np.ndarray:
    """(m,) no answers, in a column of the same kind."""
    return np.full(m, None, dtype=object) if values.dtype == object else np.full(m, np.nan)


def _checked(probabilities: np.ndarray, n: int, prompt: Prompt, may_fail: bool = False) -> np.ndarray:
    """The probabilities if they are any; drawing from something else would pass unnoticed.

    may_fail: a row that is NaN throughout is a failure of the model, which it has to list.
    """
    probabilities = np.asarray(probabilities, dtype=np.float64)
    expected = (n, len(prompt.options))
    if probabilities.shape != expected:
        raise ModelError(
            f"the model answered {prompt.text!r} with an array of shape {probabilities.shape}; expected {expected}, "
            "one probability per respondent and option: mend the model"
        )
    given = probabilities[~np.isnan(probabilities).all(axis=1)] if may_fail else probabilities
    if not (given >= 0).all() or not (np.abs(given.sum(axis=1) - 1) <= _TOLERANCE).all():
        raise ModelError(
            f"the model answered {prompt.text!r} with probabilities that are negative, undefined, or do not sum to "
            "one: mend the model"
        )
    return probabilities
