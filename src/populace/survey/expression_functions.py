"""The functions of the expression language: what they take, what they give, what they mean.

One table, `FUNCTIONS`. Reading, checking and evaluation ask it what an argument may be, and the reference in
`docs/expressions.md` lists the same functions (a test compares the two).
"""

from __future__ import annotations

from dataclasses import dataclass

from populace.survey.names import did_you_mean, shown

#: what an argument may be: the first three and the last two must stand as such in the text, others may be computed
ARGUMENTS = {
    "name": "a name",
    "code": "a code",
    "digits": "a whole number from 0 to 10",
    "number": "a number",
    "text": "a text",
    "truth": "a condition",
    "any": "a value",
    "pattern": "a text in quotes of at most 200 characters",
}


@dataclass(frozen=True)
class Function:
    """One function of the language."""

    #: how it is called
    name: str
    #: kinds of the arguments it must have, keys of `ARGUMENTS`
    arguments: tuple[str, ...]
    #: "number", "text", "truth", or "any" for what the arguments are
    result: str
    #: one line for authors
    meaning: str
    #: kind of further arguments, any number of them; None = no more
    more: str | None = None
    #: kind of one further argument that may be left away
    optional: str | None = None

    def kinds(self, count: int) -> tuple[str, ...]:
        """The kind of each of `count` arguments."""
        further = self.more or self.optional
        return (self.arguments + (further,) * (count - len(self.arguments)))[:count] if further else self.arguments

    def count_problem(self, count: int) -> str | None:
        """Why `count` arguments are too few or too many, or None."""
        least = len(self.arguments)
        most = None if self.more else least + bool(self.optional)
        if count >= least and (most is None or count <= most):
            return None
        expected = f"{least} or more" if most is None else str(least) if most == least else f"{least} or {most}"
        return f"{self.name}() has {count} argument{'s' * (count != 1)}; expected {expected}: {self.meaning}"


#: the registry: one entry per function
FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in (
        Function("answered", ("name",), "truth", "is there an answer?"),
        Function("shown", ("name",), "truth", "was the question put?"),
        Function("selected", ("name", "code"), "truth", "is one of these codes chosen?", more="code"),
        Function("count", ("name",), "number", "how many codes are chosen, or questions answered", more="name"),
        Function("label", ("name",), "text", "the wording of the option chosen"),
        Function("if", ("truth", "any", "any"), "any", "the second value where the condition holds, else the third"),
        Function("sum", ("number",), "number", "the numbers there are, added up", more="number"),
        Function("mean", ("number",), "number", "the mean of the numbers there are", more="number"),
        Function("min", ("number",), "number", "the smallest of the numbers there are", more="number"),
        Function("max", ("number",), "number", "the largest of the numbers there are", more="number"),
        Function("round", ("number",), "number", "the nearest number of so many decimals", optional="digits"),
        Function("floor", ("number",), "number", "the whole number below"),
        Function("ceil", ("number",), "number", "the whole number above"),
        Function("abs", ("number",), "number", "the number without its sign"),
        Function("length", ("text",), "number", "how many characters the text has"),
        Function("lower", ("text",), "text", "the text in small letters"),
        Function("contains", ("text", "text"), "truth", "does the second text stand in the first?"),
        Function("startswith", ("text", "text"), "truth", "does the first text begin with the second?"),
        Function("matches", ("text", "pattern"), "truth", "is the text like the pattern (* any, ? one character)?"),
        Function("unsupported", ("pattern",), "truth", "a condition of another program that could not be translated"),
    )
}


def function_problem(name: object) -> str | None:
    """Why there is no function of that name, or None."""
    if name in FUNCTIONS:
        return None
    hint = did_you_mean(name, FUNCTIONS) if isinstance(name, str) and len(name) <= 40 else ""
    return f"there is no function {shown(name)}{hint}; expected one of {', '.join(FUNCTIONS)}"
