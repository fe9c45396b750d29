"""What kind of question a column of wordings comes from: guessed from the answers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from populace.survey.formats.labels import look_ordered, says_exclusive, says_missing
from populace.survey.scale import Option

#: what joins several choices in one cell
_JOINTS = (";", ", ")
#: options of a closed question, at most; answers that each has on average, at least
_MOST_OPTIONS, _EACH = 40, 3.0
#: numbers with fewer different values are a scale of points
_MOST_POINTS = 11
#: share of answers that the common ones make up, where the rest is written beside "other"
_COMMON = 0.85
#: share of answers that must hold several parts
_SEVERAL = 0.03
_OTHER = "Other"
#: scales in their order, as far as they can be told by their words
_SCALES = (
    ("strongly disagree", "disagree", "somewhat disagree", "neither agree nor disagree", "neutral", "somewhat agree",
     "agree", "strongly agree"),
    ("very dissatisfied", "dissatisfied", "somewhat dissatisfied", "neither satisfied nor dissatisfied", "neutral",
     "somewhat satisfied", "satisfied", "very satisfied"),
    ("very unlikely", "unlikely", "somewhat unlikely", "neither likely nor unlikely", "neutral", "somewhat likely",
     "likely", "very likely"),
    ("never", "rarely", "seldom", "occasionally", "sometimes", "often", "usually", "frequently", "always"),
    ("never", "yearly", "monthly", "weekly", "daily", "hourly"),
    ("not at all", "a little", "somewhat", "moderately", "very", "extremely"),
    ("none", "beginner", "intermediate", "advanced", "expert"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("days", "weeks", "months", "years"),
)  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """What a column looks like."""

    #: "single", "scale", "multiple", "numeric" or "open"
    kind: str
    #: why, for the report
    words: str
    #: options, as far as there are some
    options: tuple[Option, ...] = ()
    #: answers that were written beside "other"
    others: frozenset[str] = frozenset()
    #: smallest and largest number
    limits: tuple[float, float] | None = None
    #: what is doubtful about how cells were split
    doubts: tuple[str, ...] = ()
    #: what joins the choices of a cell
    joint: str | None = None

    def normal(self, values: Sequence[str]) -> list[str]:
        """The cells in the words of the options: what was written in is "Other", parts are joined by commas."""
        if self.others:
            return [_OTHER if value in self.others else value for value in values]
        return [value.replace(";", ",") for value in values] if self.joint == ";" else list(values)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels of the options."""
        return tuple(option.label for option in self.options)


def guess(values: Sequence[str]) -> Guess:
    """What kind of question these answers come from; empty ones are none."""
    given = [" ".join(value.split()) for value in values if value.strip()]
    counts = Counter(given)
    numbers = [number for value in counts if (number := _number(value)) is not None]
    if numbers and len(numbers) == len(counts):
        return _numeric(numbers)
    several = _multiple(given, counts)
    if several is not None:
        return several
    return _closed(given, counts)


def _numeric(numbers: list[float]) -> Guess:
    low, high = min(numbers), max(numbers)
    whole = all(number.is_integer() for number in numbers)
    if whole and 3 <= high - low + 1 <= _MOST_POINTS and len(numbers) >= 3:
        points = range(int(low), int(high) + 1)
        options = tuple(Option(point, str(point)) for point in points)
        return Guess("scale", f"a scale of points: all answers are whole numbers from {low:g} to {high:g}", options)
    limits = None if low == high else (low, high)
    return Guess("numeric", f"numbers: all answers are, from {low:g} to {high:g}", limits=limits)


def _closed(given: list[str], counts: Counter[str]) -> Guess:
    common = [value for value, count in counts.most_common() if count >= _EACH]
    total = sum(counts[value] for value in common)
    rare = [value for value in counts if value not in set(common)]
    if not common or len(common) > _MOST_OPTIONS or total < _COMMON * len(given) or len(given) < 2 * len(common):
        return Guess("open", f"text: {len(counts):,} different answers of {len(given):,}")
    ordered = _in_order(common)
    labels = ordered or common
    others = frozenset(rare)
    options = tuple(Option(number, label, says_missing(label)) for number, label in enumerate(labels, 1))
    if others and _OTHER not in labels:
        options = (*options, Option(len(options) + 1, _OTHER, specify=True, off_scale=ordered is not None))
    elif others:
        options = tuple(Option(option.code, option.label, specify=option.label == _OTHER) for option in options)
    kind = "scale" if ordered is not None else "single"
    how = "in the order of their words" if ordered else "by how often they are given"
    words = f"one of {len(labels)} options, {how}" + (
        f"; {len(rare)} rare answers are taken for {_OTHER!r}" if rare else ""
    )
    return Guess(kind, words, options, others)


def _multiple(given: list[str], counts: Counter[str]) -> Guess | None:
    """Several choices in a cell: parts that come back in other company."""
    for joint in _JOINTS:
        joined = [value for value in given if joint in value]
        if len(joined) < max(_SEVERAL * len(given), 3):
            continue
        parts, doubts, several = _parts(counts, joint)
        if several < _SEVERAL * len(given):
            continue
        common = [part for part, count in parts.most_common() if count >= _EACH]
        covered = sum(parts[part] for part in common) / max(sum(parts.values()), 1)
        fewer = len(common) < len(counts) or len(counts) <= 3
        if 2 <= len(common) <= _MOST_OPTIONS and covered >= _COMMON and fewer:
            options = tuple(
                Option(number, part, exclusive=says_exclusive(part)) for number, part in enumerate(common, 1)
            )
            words = f"a multiple choice: cells hold up to {_most_parts(given, joint)} parts, joined by {joint!r}"
            rare = len(parts) - len(common)
            words += f"; {rare} rare parts are left out" if rare else ""
            return Guess("multiple", words, options, doubts=tuple(doubts), joint=joint)
    return None


def _most_parts(given: list[str], joint: str) -> int:
    return max(value.count(joint) + 1 for value in given)


def _parts(counts: Counter[str], joint: str) -> tuple[Counter[str], list[str], int]:
    """Parts of cells with their counts, doubts, and how many cells hold several.

    Parts that never come without the one before are one wording with a comma.
    """
    split = {value: [part.strip() for part in value.split(joint) if part.strip()] for value in counts}
    merged, doubts = _merged(split, counts)
    found: Counter[str] = Counter()
    several = 0
    for value, parts in split.items():
        joined = _joined(parts, merged, joint)
        several += counts[value] * (len(joined) > 1)
        for part in joined:
            found[part] += counts[value]
    words = [f"{a + joint + b!r} is taken for one wording: {b!r} never comes without {a!r}" for a, b in doubts]
    return found, words, several


def _merged(split: dict[str, list[str]], counts: Counter[str]) -> tuple[set[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs of parts that belong together."""
    total: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for value, parts in split.items():
        for part in parts:
            total[part] += counts[value]
        for before, after in pairwise(parts):
            pairs[before, after] += counts[value]
    # a wording goes on in small letters, in brackets, or never stands by itself
    together = [
        (before, after)
        for (before, after), count in pairs.items()
        if count == total[after] and count >= _EACH and (after[:1].islower() or total[before] == count)
    ]
    return set(together), together


def _joined(parts: list[str], merged: set[tuple[str, str]], joint: str) -> list[str]:
    found: list[str] = []
    last = ""
    for part in parts:
        if found and (last, part) in merged:
            found[-1] = f"{found[-1]}{joint}{part}"
        else:
            found.append(part)
        last = part
    return found


def _in_order(labels: list[str]) -> list[str] | None:
    """The labels in the order of a scale, None where their words do not give one."""
    plain = {label.lower().strip(): label for label in labels if not says_missing(label)}
    missing = [label for label in labels if says_missing(label)]
    for scale in _SCALES:
        if len(plain) >= 2 and set(plain) <= set(scale):
            return [plain[word] for word in scale if word in plain] + missing
    numbered = sorted(plain.values(), key=lambda label: _leading(label))
    return numbered + missing if look_ordered(numbered) and all(_leading(one) < 1e300 for one in numbered) else None


def _leading(label: str) -> float:
    digits = "".join(sign if sign.isdigit() or sign == "." else " " for sign in label.replace(",", "")).split()
    below = label.lower().startswith(("under", "less", "below", "<", "fewer"))
    number = _number(digits[0]) if digits else None
    return 1e301 if number is None else number - (0.5 if below else 0)


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
