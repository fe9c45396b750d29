"""How many people would decide what is undecided: the size at which the interval leaves one side of the tolerance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, inf, log, log10, sqrt

from populace.scrutiny.ceiling import LEAST_N
from populace.scrutiny.check_words import AGREEMENTS, AROUND_PEOPLE
from populace.scrutiny.findings import hidden_error, seen_error
from populace.scrutiny.report import Check
from populace.scrutiny.tolerances import MARGINS, Margin

#: more people than this are not asked
MOST_PEOPLE = 100_000
#: checks whose margins go with the number of options, which a check does not say
_WITH_OPTIONS = ("d2", "cvm")


@dataclass(frozen=True)
class Needed:
    """A sample that would decide a check."""

    #: people
    people: int
    #: does it take as many synthetic rows too, since the panel is the smaller side?
    rows_too: bool


def needed(check: Check, n: float, m: float) -> Needed | None:
    """People in place of n, against m synthetic rows, that would decide an undecided check; None for over 100,000.

    The gap g = T − C is taken to stay as it is and its half-width h to go with √(1/n + 1/m). Decided is what lies
    within δ, or within the tolerance τ and clear of the best baseline (its distance D over √2), or wholly beyond τ:
    the widest h' that does is looked for. Where no number of people would do, both sides grow. Measures that noise
    inflates are followed with the noise of the larger sample (see `hidden_error`). Rounded up to two digits; a guide,
    not a power analysis. Assumption: equal variance on both sides.
    Example: δ = .05, τ = .10, g = .02, h = .16, no baseline, n = 100, m = 10,000: h' = .08, so
    1/n' = .0101·(.08/.16)² − .0001 = .00243, 420 people.
    """
    margin = MARGINS.get((check.check, check.scope))
    if margin is None or None in (check.value, check.low, check.ceiling) or check.check in _WITH_OPTIONS:
        return None
    for rows_too in (False, True):
        found = (_noisy if check.floor else _plain)(check, margin, n, m, rows_too)
        if found is not None and found <= MOST_PEOPLE:
            return Needed(rounded_up(max(found, n, LEAST_N)), rows_too)
    return None


def as_good(check: Check, n: float, m: float) -> str | None:
    """The baseline so much like the panel that no number of people tells them apart; None for another reason."""
    if not check.baselines or needed(check, n, m) or not needed(replace(check, baselines={}), n, m):
        return None
    margin = MARGINS[check.check, check.scope]
    leads = {name: _lead(replace(check, baselines={name: value}), margin) for name, value in check.baselines.items()}
    return min(leads, key=lambda name: leads[name])


def rounded_up(people: float) -> int:
    """Two significant digits, upwards. Example: 412: 420; 57.2: 58."""
    step = 10 ** max(0, int(log10(max(people, 1))) - 1)
    return int(ceil(people / step) * step)


def _plain(check: Check, margin: Margin, n: float, m: float, rows_too: bool) -> float | None:
    judged = _judged_by(check, margin)
    half = max(abs(judged(end) - judged(check.value)) for end in (check.low, check.high) if end is not None)
    room = _room(check, margin)
    if not half > 0 or not room > 0:
        return None
    noise = (1 / n + 1 / m) * (room / half) ** 2
    rest = noise / 2 if rows_too else noise - 1 / m
    return 1 / rest if rest > 0 else None


def _room(check: Check, margin: Margin) -> float:
    """Half-width of the interval at which there would be a verdict, the gap staying as it is."""
    judged = _judged_by(check, margin)
    delta, tolerance = margin.limits()
    gap = judged(check.value) - judged(check.ceiling)
    gap = gap if margin.sided == "upper" else abs(gap)
    if gap > tolerance:
        return gap - tolerance
    return max(delta - gap, min(tolerance - gap, _lead(check, margin) / sqrt(2)))


def _lead(check: Check, margin: Margin) -> float:
    """How far the nearest baseline is from the panel, in distance from "no error"; without one, endlessly."""
    judged = _judged_by(check, margin)
    center = _center(check, margin)

    def distance(shown: float) -> float:
        return judged(shown) if margin.sided == "upper" else abs(judged(shown) - center)

    own = distance(check.value)
    return min((abs(distance(other) - own) for other in check.baselines.values()), default=inf)


def _center(check: Check, margin: Margin) -> float:
    """The judged value that means no error: 0, or 1 for slopes and ratios that are judged as they are."""
    if check.check.startswith("c2st"):
        return 0.5
    return 1.0 if margin.scale == "difference" and check.check not in AROUND_PEOPLE else 0.0


def _judged_by(check: Check, margin: Margin) -> Callable[[float], float]:
    """From the number shown to the scale of the margin."""
    if check.check.startswith("n_star"):
        return lambda shown: 1 / max(shown, 1e-9)
    if check.check in AGREEMENTS:
        return lambda shown: 1 - shown
    if margin.scale == "log":
        return lambda shown: log(max(shown, 1e-9))
    if margin.scale == "square":
        unit = 100.0 if check.check == "rmse_pp" else 1.0
        return lambda shown: (shown / unit) ** 2
    return float


def _noisy(check: Check, margin: Margin, n: float, m: float, rows_too: bool) -> float | None:
    """The same for a measure that noise inflates: by trying larger and larger samples."""
    value, floor, ceiling = (_distance(check, x) for x in (check.value, check.floor, check.ceiling))
    half = max(abs(end - check.value) for end in (check.low, check.high) if end is not None)
    error, people, lead = hidden_error(value, floor), float(n), _lead(check, margin)
    while people <= MOST_PEOPLE:
        smaller = sqrt((1 / people + 1 / (max(people, m) if rows_too else m)) / (1 / n + 1 / m))
        noise, width = floor * smaller, half * smaller
        shown = seen_error(error, noise)
        gap = shown - max(0.0, ceiling - floor + noise)
        quiet = noise <= margin.most_noise and hidden_error(shown + width, noise) <= margin.tolerance
        usable = gap + width <= margin.tolerance and lead > sqrt(2) * width
        if gap - width > margin.tolerance or (quiet and (gap + width <= margin.delta or usable)):
            return people
        people *= 1.05
    return None


def _distance(check: Check, shown: float) -> float:
    """What is shown as a distance: an agreement's lack."""
    return 1 - shown if check.check in AGREEMENTS else shown
