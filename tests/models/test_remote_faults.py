"""Every way in which a service can go wrong ends in a right answer after another attempt, or in a listed failure."""

import asyncio

import numpy as np
import pytest
from tests.models.remote_server import FAULTS, running
from tests.models.tiny_causal import PARTY

from populace.errors import ModelError
from populace.models.base import Told
from populace.models.remote import RemoteModel
from populace.models.remote_checks import settings_of
from populace.models.remote_failure import REASONS
from populace.prompts.prompt import Prompt

#: fault -> reason of a failure that another attempt may mend
MENDED = {
    "429": "busy", "429, Retry-After in seconds": "busy", "429, Retry-After as a date": "busy",
    "429, Retry-After nonsense": "busy", "500": "server error", "502": "server error", "503": "server error",
    "504": "server error", "hang": "time limit", "slow drip": "time limit", "cut body": "no connection",
    "closed connection": "no connection", "broken gzip": "no connection",
}  # fmt: skip
#: fault -> reason of a failure that is final
FINAL = {
    "429, Retry-After an hour": "busy", "429, no credit": "quota",
    "400": "request refused", "401": "request refused", "403": "request refused", "404": "request refused",
    "422": "request refused", "redirect": "redirected", "huge reply": "too large", "HTML": "not JSON",
    "wrong content type": "not JSON", "empty body": "not JSON", "invalid JSON": "not JSON",
    "JSON that is a list": "not JSON", "deep JSON": "not JSON", "wrong encoding": "not JSON", "NaN in JSON": "not JSON",
    "infinite number": "not JSON", "error with status 200": "request refused", "missing fields": "incomplete",
    "no choices": "incomplete", "duplicate choices": "incomplete", "choice that is a text": "incomplete",
    "null message": "incomplete", "null content": "empty", "empty content": "empty", "content of parts": "incomplete",
    "number as content": "incomplete", "no finish_reason": "incomplete", "cut off": "cut off",
    "content filter": "filtered", "tool call": "incomplete", "refusal field": "refusal",
    "wrong model": "another model", "no model": "another model", "off-list letter": "off the list",
    "off-list words": "off the list", "lower-case letter": "off the list", "several letters": "several answers",
    "several lines": "several answers", "letter and other wording": "ambiguous", "explanation": "off the list",
    "refusal text": "refusal", "As an AI": "refusal", "a digit": "off the list", "lone surrogate": "off the list",
}  # fmt: skip
#: fault -> the answer is right all the same; what the server says of tokens is not believed
HARMLESS = ("usage missing", "usage negative", "usage of a billion", "usage in words")
LOGPROBS = {
    "no logprobs": "no log-probabilities", "no top_logprobs": "no log-probabilities",
    "logprobs without letters": "letters not listed", "logprobs with few letters": "letters not listed",
    "logprobs above one": "not one in sum", "positive logprobs": "incomplete", "logprobs in words": "incomplete",
}  # fmt: skip
DECISIONS = {
    "probabilities sum to 2": "not one in sum", "negative probability": "incomplete", "extra option": "off the list",
    "missing option": "off the list", "probability true": "incomplete", "probability in words": "incomplete",
    "answer of another kind": "incomplete", "no answer to the question": "incomplete",
}  # fmt: skip
EMBEDDINGS = {
    "embeddings short": "incomplete", "embeddings of an index twice": "incomplete",
    "embeddings of different size": "incomplete", "embedding of zeros": "incomplete", "embedding as text": "incomplete",
}  # fmt: skip

#: the wordings of these replies speak of tea
TEA = Prompt("How much do you like tea?", ("Very much", "A little", "Not at all"), True)


@pytest.fixture
def server():
    with running() as found:
        yield found


class Pauses(list):
    """Keeps how long was to be waited, and does not wait."""

    async def __call__(self, seconds):
        self.append(seconds)
        await asyncio.sleep(0)


def model_at(server, sleep=None, attempts=3, **more):
    limits = {"attempts": attempts, "side_by_side": 4} | more.pop("limits", {})
    settings = {"name": "m", "url": server.url, "model": "tiny", "limits": limits} | more
    return RemoteModel(settings_of(settings), sleep=Pauses() if sleep is None else sleep)


def failed(model, prompt=TEA):
    """The one failure of one question to one respondent."""
    session = model.open(1)
    assert np.isnan(session.ask(prompt)).all()
    (failure,) = session.failures
    assert failure.row == 0 and failure.question == prompt.text and failure.lost
    assert model.service.account.lost == {failure.reason: 1}
    return failure


def short(fault):
    """Time limits for faults that never end; the others have time enough on any machine."""
    return {"seconds": 0.4} if fault in ("hang", "slow drip") else {"seconds": 60}


def test_every_fault_is_tried_and_there_are_more_than_forty():
    tried = {*MENDED, *FINAL, *HARMLESS, *LOGPROBS, *DECISIONS, *EMBEDDINGS}
    assert tried == set(FAULTS) and len(tried) > 40
    assert {*MENDED.values(), *FINAL.values(), *LOGPROBS.values(), *DECISIONS.values()} <= set(REASONS)


@pytest.mark.parametrize("fault", MENDED)
def test_what_another_attempt_may_mend_is_asked_again(server, fault):
    server.script = [fault]
    pauses = Pauses()
    model = model_at(server, pauses, attempts=5, limits=short(fault))
    assert model.open(1).ask(TEA).tolist() == [[0, 1, 0]]
    assert len(server.seen) >= 2 and len(pauses) == len(server.seen) - 1
    assert server.seen[0].body == server.seen[1].body


@pytest.mark.parametrize("fault", MENDED)
def test_what_no_attempt_mends_is_a_listed_failure(server, fault):
    server.always = fault
    model = model_at(server, attempts=2, limits=short(fault))
    assert failed(model).reason == MENDED[fault]
    assert len(server.seen) == 2


@pytest.mark.parametrize("fault", FINAL)
def test_what_no_attempt_would_mend_is_asked_once(server, fault):
    server.script = [fault]
    model = model_at(server)
    failure = failed(model)
    assert failure.reason == FINAL[fault]
    assert len(server.seen) == 1
    failure.reply.encode()  # whatever came, it can be written down


@pytest.mark.parametrize("fault", HARMLESS)
def test_counts_that_cannot_be_are_not_believed(server, fault):
    server.script = [fault]
    model = model_at(server)
    assert model.open(1).ask(TEA).tolist() == [[0, 1, 0]]
    card = model.describe()
    assert card["counts_not_believed"] == 1
    assert 0 < card["tokens_read"] < 1000 and card["tokens_written"] == 64


@pytest.mark.parametrize("fault", LOGPROBS)
def test_log_probabilities_that_say_nothing_sure_are_a_failure(server, fault):
    server.script = [fault]
    assert failed(model_at(server, way="logprobs")).reason == LOGPROBS[fault]


@pytest.mark.parametrize("fault", DECISIONS)
def test_probabilities_that_are_none_are_a_failure(server, fault):
    server.script = [fault]
    assert failed(model_at(server, way="decisions", route="systemone"), PARTY).reason == DECISIONS[fault]


@pytest.mark.parametrize("fault", EMBEDDINGS)
def test_embeddings_that_are_none_are_a_failure(server, fault):
    def says(body):
        server.always = fault  # from the first request for embeddings on
        return "A little, when it rains"

    server.says = says
    assert failed(model_at(server, way="similarity", similarity={"model": "vectors"})).reason == EMBEDDINGS[fault]
    assert [one.path for one in server.seen] == ["/v1/chat/completions", "/v1/embeddings"]


def test_pauses_are_what_the_server_asks_for_else_they_double(server):
    server.script = ["429, Retry-After in seconds", "503", "500", "500"]
    pauses = Pauses()
    assert model_at(server, pauses, attempts=5).open(1).ask(TEA)[0, 1] == 1
    assert pauses[:2] == [3.0, 1.0]
    assert 1.5 <= pauses[2] <= 2.5 and 3.0 <= pauses[3] <= 5.0  # third and fourth: 2 s and 4 s, spread by a quarter


def test_nobody_there_is_a_listed_failure():
    with running() as gone:
        url = gone.url
    model = RemoteModel(
        settings_of({"name": "m", "url": url, "model": "tiny", "limits": {"attempts": 2}}), sleep=Pauses()
    )
    assert failed(model).reason == "no connection"


def test_one_bad_reply_among_many_costs_one_answer(server):
    server.says = lambda body: "Purple" if "Female" in body["messages"][0]["content"] else "B"
    sex = Prompt("What is your sex?", ("Male", "Female"))
    model = model_at(server)
    session = model.open(4, [Told(sex, np.array([0, 1, 0, -1]), background=True)])
    shares = session.ask(TEA)
    assert np.isnan(shares).any(axis=1).tolist() == [False, True, False, False]
    assert [(one.row, one.reason) for one in session.failures] == [(1, "off the list")]
    assert len(server.seen) == 3  # two respondents of whom the same is known are asked about once


def test_a_server_that_only_fails_stops_the_run(server):
    server.always = "401"
    model = model_at(server, limits={"failures_in_a_row": 3, "side_by_side": 1})
    session = model.open(5, [told_town()])
    with pytest.raises(
        ModelError, match=r"the last 3 requests to http://127.0.0.1:\d+/v1 failed, the last one by request"
    ):
        session.ask(TEA)
    assert len(server.seen) == 3


def told_town():
    return Told(Prompt("Town?", tuple("abcde")), np.arange(5), background=True)


def test_a_model_that_only_declines_does_not(server):
    server.always = "As an AI"
    session = model_at(server, limits={"failures_in_a_row": 3, "side_by_side": 1}).open(5, [told_town()])
    assert np.isnan(session.ask(TEA)).all()
    assert len(session.failures) == 5
