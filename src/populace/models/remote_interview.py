"""Interviews as a remote model reads them: the wordings of `populace.prompts.text`, as a chat or as one text.

system = how the survey begins, what to do, and what is known of the person; user = a question; assistant = its answer.
What all respondents share comes first, so that services can keep what they read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from populace.models.base import Told
from populace.models.decision import orders_of
from populace.prompts.context import Context
from populace.prompts.prompt import Prompt
from populace.prompts.text import Writer

#: one turn of a chat
Message = dict[str, str]


@dataclass(frozen=True)
class Interview:
    """What one respondent has said; the same for all who said the same."""

    #: (question, answer) of every background
    facts: tuple[tuple[str, str], ...] = ()
    #: (prompt, position) of every answer, in order
    answers: tuple[tuple[Prompt, int], ...] = ()

    def told(self, prompt: Prompt, choice: int) -> Interview:
        """The interview with one more answer; -1 is none."""
        return self if choice < 0 else replace(self, answers=(*self.answers, (prompt, choice)))


def interviews(n: int, history: Sequence[Told]) -> list[Interview]:
    """What each of `n` respondents has said before an interview."""
    found = [Interview()] * n
    for told in history:
        for row, choice in enumerate(told.choices.tolist()):
            if choice >= 0 and told.background:
                fact = (told.prompt.text, told.prompt.options[choice])
                found[row] = replace(found[row], facts=(*found[row].facts, fact))
            elif choice >= 0:
                found[row] = found[row].told(told.prompt, choice)
    return found


@dataclass(frozen=True)
class Wordings:
    """How interviews are written."""

    #: the template's wordings
    writer: Writer
    #: what stands before the first question
    context: Context = field(default_factory=Context)

    def messages(self, interview: Interview, prompt: Prompt, question: str, instruction: str) -> list[Message]:
        """The interview as a chat that ends with a question."""
        turns = [{"role": "system", "content": self._system(interview, prompt, instruction)}]
        for asked, choice in interview.answers:
            turns.append({"role": "user", "content": self.question(asked, orders_of(asked, 1)[0])})
            turns.append({"role": "assistant", "content": self.answer(asked, choice)})
        return [*turns, {"role": "user", "content": question}]

    def text(self, interview: Interview, prompt: Prompt, question: str, instruction: str = "") -> str:
        """The interview as one text that ends with a question; word for word what causal models are trained on."""
        return self.state(interview, prompt, instruction) + question

    def state(self, interview: Interview, prompt: Prompt, instruction: str = "") -> str:
        """The same, up to the question."""
        parts = self._beginning(interview, prompt, instruction)
        for asked, choice in interview.answers:
            order = orders_of(asked, 1)[0]
            answer, rest = self.writer.answers(asked, order)[choice], self.writer.rests(asked)[choice]
            parts.append(self.writer.question(asked, order) + answer + rest)
        return "".join(parts)

    def question(self, prompt: Prompt, order: Sequence[int]) -> str:
        """A question with its options in this order."""
        return self.writer.question(prompt, order)

    def answer(self, prompt: Prompt, choice: int) -> str:
        """What somebody says who chooses this option."""
        order = orders_of(prompt, 1)[0]
        return (self.writer.answers(prompt, order)[choice] + self.writer.rests(prompt)[choice]).strip()

    def _system(self, interview: Interview, prompt: Prompt, instruction: str) -> str:
        return "".join(self._beginning(interview, prompt, instruction)).strip()

    def _beginning(self, interview: Interview, prompt: Prompt, instruction: str) -> list[str]:
        told = [f"{instruction}\n\n"] if instruction else []
        return [self._opening(prompt), *told, self._known(interview)]

    def _opening(self, prompt: Prompt) -> str:
        return self.writer.opening(self.context, prompt.year, prompt.country)

    def _known(self, interview: Interview) -> str:
        return self.writer.known(interview.facts, self.context.persona)
