"""Progress: what is printed, and how often."""

import io

import pytest

from populace.simulation.progress import Progress


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def run(stream, steps, total=1000, answers=20):
    """Feed (second, done) pairs to a progress."""
    clock = Clock()
    progress = Progress(stream, clock)
    progress.start(total, answers)
    for clock.now, done in steps:
        progress.update(done, total)
    progress.close()
    return stream.getvalue()


def test_lines_give_count_rate_and_time_left():
    lines = run(io.StringIO(), [(0, 0), (10, 250), (40, 1000)]).splitlines()
    assert lines == [
        "250 of 1,000 respondents, 500 answers/s, 25 respondents/s, 30 s left",
        "1,000 of 1,000 respondents, 500 answers/s, 25 respondents/s",
    ]


def test_there_is_a_line_every_two_seconds_at_most():
    steps = [(second / 10, second) for second in range(100)]
    assert len(run(io.StringIO(), steps).splitlines()) == 5


def test_what_a_resumed_run_found_done_does_not_count_as_speed():
    assert "10 respondents/s, 40 s left" in run(io.StringIO(), [(0, 500), (10, 600)])


@pytest.mark.parametrize(("rate", "words"), [(10, "1 min 39 s left"), (0.1, "0.1 respondents/s, 2 h 45 min left")])
def test_long_times_are_given_in_minutes_and_hours(rate, words):
    assert words in run(io.StringIO(), [(0, 0), (1 / rate * 10, 10)])


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_that_ends_with_the_run():
    shown = run(Terminal(), [(0, 0), (1, 500), (2, 1000)])
    assert "1,000 of 1,000 respondents" in shown


def test_a_run_that_breaks_off_gives_the_terminal_back():
    assert run(Terminal(), [(0, 0), (1, 500)]).endswith("\x1b[?25h")  # the cursor is back


def test_a_note_stands_on_a_line_of_its_own():
    stream = io.StringIO()
    Progress(stream).note("3 of 4 respondents have no given answers")
    assert stream.getvalue() == "note: 3 of 4 respondents have no given answers\n"
