"""A respondent model on decision and chat routes, asked by the client of another project."""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time
from collections import Counter

import httpx2
import numpy as np
import openai
import pytest
import uvicorn
from tests.models.tiny_causal import tiny_folder

from populace.app.serving.respondents import question_in, respondent_in
from populace.app.serving.server import LARGEST, server_of
from populace.errors import InputError
from populace.models.base import Told
from populace.models.fake import FakeModel
from populace.models.library import load_model
from populace.prompts.prompt import Prompt

SEX = {"question": "What is your sex?", "options": ["Male", "Female"], "answer": "Female"}
TEA = {"question": "Do you like tea?", "options": ["Yes", "A little", "No"], "answer": "No", "ordinal": True}
STATE = {"background": [SEX], "earlier": [TEA]}
COFFEE = ("Do you like coffee?", ("Yes", "A little", "No"))


class Served:
    """A server in this process, and a client for it."""

    def __init__(self, model, key=None):
        self.model = model
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(server_of(model, key), log_level="error", access_log=False))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)
        self._thread.start()
        self.client = openai.OpenAI(base_url=f"{self.url}/v1", api_key=key or "none", max_retries=0)
        while not self._server.started:
            time.sleep(0.01)

    def post(self, route, content, raw=None, **headers):
        body = raw if raw is not None else json.dumps(content).encode()
        reply = httpx2.post(self.url + route, content=body, headers={"content-type": "application/json", **headers})
        return reply.status_code, reply.json()

    def stop(self):
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def served():
    one = Served(FakeModel(seed=3))
    yield one
    one.stop()


def expected(model, ordinal, state=STATE):
    """What the model says itself."""
    history = respondent_in(state).history
    return model.open(1, history).ask(Prompt(*COFFEE, ordinal))[0]


# -- decisions -------------------------------------------------------------------------------------------------------


def choice(**more):
    return {"type": "choice", "name": "coffee", "instructions": COFFEE[0],
            "choices": [{"value": value} for value in COFFEE[1]]} | more  # fmt: skip


def test_the_openai_client_gets_the_probabilities_of_the_model(served):
    score = {"type": "score", "instructions": COFFEE[0], "levels": [{"label": label} for label in COFFEE[1]]}
    predicate = {"type": "predicate", "name": "p", "instructions": "Do you own a car?"}
    found = served.client.decisions.create(model="any", input=json.dumps(STATE), questions=[choice(), score, predicate])
    chosen, scored, said = found.answers
    shares = expected(served.model, ordinal=False)
    assert np.allclose([one.probability for one in chosen.probabilities], shares)
    assert chosen.name == "coffee" and chosen.choice == COFFEE[1][int(shares.argmax())]
    ordered = expected(served.model, ordinal=True)
    assert np.allclose([one.probability for one in scored.probabilities], ordered)
    assert scored.score == pytest.approx(ordered @ np.arange(3))
    car = served.model.open(1, respondent_in(STATE).history).ask(Prompt("Do you own a car?", ("Yes", "No")))[0]
    assert said.probability == pytest.approx(car[0])
    assert found.model == "fake"


def test_who_is_asked_makes_a_difference(served):
    somebody, other = (
        served.client.decisions.create(model="any", input=state, questions=[choice()]).answers[0].probabilities
        for state in (json.dumps(STATE), "")
    )
    assert somebody != other


def test_a_question_does_not_change_the_next(served):
    alone = served.client.decisions.create(model="any", input="", questions=[choice()])
    second = served.client.decisions.create(model="any", input="", questions=[choice(instructions="Else?"), choice()])
    assert alone.answers[0] == second.answers[1]


def test_system_one_gets_the_same(served):
    criteria = dict.fromkeys(COFFEE[1])
    status, found = served.post(
        "/v1/systemone",
        {"state": STATE, "questions": {
            "coffee": {"type": "choice", "instructions": COFFEE[0], "criteria": criteria},
            "scale": {"type": "score", "instructions": COFFEE[0], "criteria": list(COFFEE[1])},
            "car": {"type": "noul", "instructions": "Do you own a car?"},
        }},
    )  # fmt: skip
    assert status == 200
    assert np.allclose(list(found["answers"]["coffee"]["probabilities"].values()), expected(served.model, False))
    assert np.allclose(list(found["answers"]["scale"]["probabilities"].values()), expected(served.model, True))
    assert 0 < found["answers"]["car"]["noul"] < 1


def test_more_options_than_letters_are_fine(served):
    values = [f"Town {k}" for k in range(60)]
    question = choice(choices=[{"value": value} for value in values])
    (answer,) = served.client.decisions.create(model="any", input="", questions=[question]).answers
    assert len(answer.probabilities) == 60 and sum(one.probability for one in answer.probabilities) == pytest.approx(1)


# -- chat ------------------------------------------------------------------------------------------------------------


def talk(*turns, state=STATE):
    roles = ["user", "assistant"] * len(turns)
    system = [{"role": "system", "content": json.dumps(state)}] if state else []
    return system + [{"role": role, "content": text} for role, text in zip(roles, turns, strict=False)]


ASKED = "Do you like coffee?\nA. Yes\nB. A little\nC. No"


def test_answers_of_a_chat_are_drawn_with_the_chances_of_the_model(served):
    found = served.client.chat.completions.create(model="any", messages=talk(ASKED), n=1000, seed=1)
    shares = expected(served.model, ordinal=False)
    counts = Counter(one.message.content for one in found.choices)
    assert set(counts) <= {"A. Yes", "B. A little", "C. No"}
    assert np.abs([counts["A. Yes"] / 1000 - shares[0], counts["C. No"] / 1000 - shares[2]]).max() < 0.05


def test_at_temperature_zero_the_likeliest_is_said_and_log_probabilities_are_those_of_the_letters(served):
    found = served.client.chat.completions.create(
        model="any", messages=talk(ASKED), temperature=0, logprobs=True, top_logprobs=3
    )
    shares = expected(served.model, ordinal=False)
    (one,) = found.choices
    assert one.message.content.startswith("ABC"[int(shares.argmax())])
    logs = {entry.token: entry.logprob for entry in one.logprobs.content[0].top_logprobs}
    assert np.allclose([logs[letter] for letter in "ABC"], np.log(shares))


def test_the_same_seed_gives_the_same_answers(served):
    one, other = (
        [c.message.content for c in served.client.chat.completions.create(
            model="any", messages=talk(ASKED), n=20, seed=4).choices]
        for _ in range(2)
    )  # fmt: skip
    assert one == other


def test_what_was_said_before_counts(served):
    before = "Do you like tea?\nA. Yes\nB. No"
    logs = [
        served.client.chat.completions.create(
            model="any", messages=talk(before, said, ASKED), temperature=0, logprobs=True, top_logprobs=3
        ).choices[0].logprobs
        for said in ("A. Yes", "B. No")
    ]  # fmt: skip
    assert logs[0] != logs[1]


def test_questions_are_read_from_messages():
    assert question_in("Question: Tea?\nA. Yes\nB) No\nAnswer:") == ("Tea?", ["Yes", "No"])
    assert question_in("Now think.\nTea?\n\n- Yes\n* No\n- Don't know") == (
        "Now think.\nTea?", ["Yes", "No", "Don't know"],
    )  # fmt: skip


# -- models ----------------------------------------------------------------------------------------------------------


def test_the_shipped_model_is_served():
    model = load_model()
    one = Served(model)
    try:
        (answer,) = one.client.decisions.create(model="any", input=json.dumps(STATE), questions=[choice()]).answers
        told = [Told(Prompt("What is your sex?", ("Male", "Female")), np.array([1]), True)]
        told += [Told(Prompt("Do you like tea?", ("Yes", "A little", "No"), True), np.array([2]))]
        own = model.open(1, told).ask(Prompt(*COFFEE))[0]
        assert np.allclose([one.probability for one in answer.probabilities], own, atol=1e-6)
        assert one.client.models.list().data[0].id == model.name
        assert httpx2.get(one.url + "/v1/models/card").json()["intended_use"]
    finally:
        one.stop()


def test_a_language_model_is_told_a_text_about_the_respondent(tmp_path):
    one = Served(load_model(tiny_folder(tmp_path / "tiny")))
    try:
        plain, told = (
            one.client.decisions.create(model="any", input=text, questions=[choice()]).answers[0].probabilities
            for text in ("", "A farmer of 60 who likes tea.")
        )
        assert plain != told
    finally:
        one.stop()


# -- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("route", "content", "words"),
    [
        ("/v1/decisions", {"questions": []}, "questions"),
        ("/v1/decisions", {"questions": [{"type": "choice", "instructions": "Q?"}]}, "two different ones"),
        ("/v1/decisions", {"input": "A farmer.", "questions": [choice()]}, "reads answers to questions"),
        ("/v1/decisions", {"input": "{", "questions": [choice()]}, "begins as JSON and is none"),
        ("/v1/decisions", {"input": '{"who": 1}', "questions": [choice()]}, "who: Extra inputs"),
        ("/v1/decisions", {"input": json.dumps({"earlier": [TEA | {"answer": "Perhaps"}]}), "questions": [choice()]},
         "is none of its options"),
        ("/v1/systemone", {"state": {}, "questions": {"q": {"type": "magic"}}}, "must be one of"),
        ("/v1/systemone", {"state": {}, "questions": {"q": {"type": "noul"}}}, "no instructions"),
        ("/v1/chat/completions", {"messages": []}, "messages"),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hello?"}]}, "no question with options"),
        ("/v1/chat/completions", {"messages": talk(ASKED, "D. Never", ASKED)}, "expected one of its options"),
        ("/v1/chat/completions", {"messages": talk(ASKED, "A. Yes")}, "a question at the end"),
        ("/v1/chat/completions", {"messages": talk(ASKED), "stream": True}, "stream"),
        ("/v1/chat/completions", {"messages": talk(ASKED), "temperature": -1}, "temperature"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(served, route, content, words):
    status, found = served.post(route, content)
    assert status == 422
    assert words in found["error"]["message"] and "\n" not in found["error"]["message"]


def test_what_is_no_json_or_too_large_is_refused(served):
    assert served.post("/v1/decisions", None, raw=b"{")[0] == 422
    announced = http.client.HTTPConnection(served.url.removeprefix("http://"))
    announced.putrequest("POST", "/v1/decisions")
    announced.putheader("content-length", str(LARGEST + 1))
    announced.endheaders()
    assert announced.getresponse().status == 413
    announced.close()
    assert served.post("/v1/decisions", None, raw=b'{"input": ' + b"[" * 100_000)[0] in (400, 422)


def test_without_the_key_nothing_is_answered():
    one = Served(FakeModel(), key="sesame")
    try:
        assert one.client.decisions.create(model="any", input="", questions=[choice()]).answers
        for given in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Bearer sésame".encode()}):
            status, found = one.post("/v1/decisions", {"questions": [choice()]}, **given)
            assert status == 401 and "sesame" not in json.dumps(found)
        assert httpx2.get(one.url + "/health").json() == {"status": "ok"}
    finally:
        one.stop()


def test_a_state_can_be_nothing_at_all():
    assert respondent_in(None).history == respondent_in("").history == respondent_in("{}").history == []
    with pytest.raises(InputError, match="background"):
        respondent_in({"background": [{"question": "Q?"}]})


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_serves_until_it_is_stopped():
    command = [sys.executable, "-m", "populace", "serve", "fake", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stderr.readline()
            url = line.split(" on ")[1].split("/v1")[0]
            for _ in range(200):
                try:
                    routes = httpx2.get(url + "/openapi.json").json()["paths"]
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
            assert {"/v1/decisions", "/v1/systemone", "/v1/chat/completions", "/v1/models"} <= set(routes)
        finally:
            process.terminate()


def test_an_address_for_others_needs_a_key(cli, monkeypatch):
    outcome = cli("serve", "fake", "--host", "0.0.0.0")  # noqa: S104
    assert outcome.code == 2 and "can be reached by others; expected --key" in outcome.err
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    outcome = cli("serve", "fake", "--key", "NO_SUCH_KEY")
    assert outcome.code == 2 and "environment variable NO_SUCH_KEY is not set" in outcome.err
