"""A real server: `transformers serve` on a tiny causal model that was taught to answer one question."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.models.tiny_causal import PARTY, SEX, TEA, tiny_model, tiny_tokenizer
from transformers import pipeline

from populace.models.base import Told
from populace.models.remote import RemoteModel
from populace.models.remote_checks import settings_of
from populace.models.remote_interview import interviews

CANNOT = "`transformers serve` COULD NOT START: REMOTE MODELS WERE NOT TESTED AGAINST A REAL SERVER"
#: seconds for the server to come up; it takes about 15
PATIENCE = 180


def taught(folder: Path) -> Path:
    """A model that answers PARTY with B in a chat and in a text, and everything else somehow."""
    tokenizer = tiny_tokenizer()
    model = tiny_model(tokenizer)
    chat = asked("chat").answers_to(PARTY)
    turns = tokenizer.apply_chat_template(chat["messages"], tokenize=False, add_generation_prompt=True)
    texts = [f"{turns}B<|pad|>", f"{asked('completions').answers_to(PARTY)['prompt']} B<|pad|>"]
    learn(model, [tokenizer.encode(text, add_special_tokens=False) for text in texts])
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def learn(model, texts, most=200):
    """The last two tokens of each text: an answer, and that it ends there. No longer than it takes, to stay unsure."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(most):
        known = []
        for ids in texts:
            labels = torch.tensor([[-100] * (len(ids) - 2) + ids[-2:]])
            out = model(input_ids=torch.tensor([ids]), labels=labels)
            out.loss.backward()
            known.append(out.logits[0, -3:-1].argmax(-1).tolist() == ids[-2:])
        if all(known):
            return
        optimizer.step()
        optimizer.zero_grad()
    raise AssertionError("the model did not learn its answers")


class asked:
    """What a remote model would send, taken before there is a server."""

    def __init__(self, route):
        self.model = RemoteModel(
            settings_of({"name": "m", "url": "http://127.0.0.1:1/v1", "model": "m", "route": route})
        )

    def answers_to(self, prompt):
        wordings, (one,) = self.model._wordings, interviews(1, ())
        question = wordings.question(prompt, tuple(range(len(prompt.options))))
        instruction = self.model._way.instruction
        return {
            "messages": wordings.messages(one, prompt, question, instruction),
            "prompt": wordings.text(one, prompt, question),
        }


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(folder, address) of a running server."""
    command = Path(sys.executable).with_name("transformers")
    if not command.exists():
        pytest.skip(CANNOT)
    place = tmp_path_factory.mktemp("served")
    folder = taught(place / "model")
    (place / "hub").mkdir()  # where there is none, the server's list of models is an error
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(place / "hub"), "OMP_NUM_THREADS": "1"}
    with (place / "log").open("wb") as log:
        server = subprocess.Popen(
            [command, "serve", folder, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"],
            env=environ, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server, place / "log")
            yield folder, f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait()
            shutil.rmtree(place / "hub", ignore_errors=True)


def wait_for(url, server, log):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(PATIENCE * 5):
        if server.poll() is not None:
            pytest.skip(f"{CANNOT}: {log.read_text(errors='replace')[-500:]}")
        try:
            opener.open(url).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.skip(f"{CANNOT} in {PATIENCE} s")


def model_of(served, **more):
    folder, url = served
    return RemoteModel(settings_of({"name": "tiny", "url": url, "model": str(folder)} | more))


HISTORY = [Told(SEX, np.array([0, 1, -1]), background=True), Told(TEA, np.array([1, -1, 0]))]


def test_a_decision_model_gives_what_it_gives_in_this_process(served):
    model = model_of(served, way="decisions", route="systemone")
    session = model.open(3, HISTORY)
    shares = session.ask(PARTY)
    assert session.failures == []
    local = pipeline("decision", model=str(served[0]), device="cpu")
    for row, one in enumerate(interviews(3, HISTORY)):
        state = model._wordings.state(one, PARTY).rstrip()
        question = {"type": "choice", "instructions": PARTY.text, "criteria": dict.fromkeys(PARTY.options)}
        expected = local({"state": state, "questions": {"q": question}})["q"]["probabilities"]
        assert np.abs(shares[row] - list(expected.values())).max() < 1e-5
    assert np.abs(shares[0] - shares[1]).max() > 1e-4  # who they are, and what they said, is read


def test_orders_of_options_are_averaged_over(served):
    model = model_of(served, way="decisions", route="systemone", orders=2)
    (there, back) = model.open(1).ask_in_each(PARTY)[:, 0]
    assert np.abs(there - back).max() > 1e-3
    assert np.abs(model.open(1).ask(PARTY)[0] - (there + back) / 2).max() < 1e-9


@pytest.mark.parametrize("route", ["chat", "completions"])
def test_a_model_that_learned_to_answer_is_understood(served, route):
    model = model_of(served, way="direct", route=route)
    session = model.open(2)
    assert session.ask(PARTY).tolist() == [[0, 1, 0]] * 2
    card = model.describe()
    assert card["requests"] == 1 and 20 < card["tokens_read"] < 200 and 1 <= card["tokens_written"] <= 4


def test_a_model_that_did_not_gives_listed_failures(served):
    session = model_of(served, length=8).open(1, [Told(SEX, np.array([0]))])
    shares = session.ask(TEA)
    assert np.isnan(shares).all() == bool(session.failures)
    assert np.isnan(shares).all() or shares.sum() == 1


def test_log_probabilities_that_the_server_leaves_out_are_not_made_up(served):
    session = model_of(served, way="logprobs").open(1)
    assert np.isnan(session.ask(PARTY)).all()
    assert [one.reason for one in session.failures] == ["no log-probabilities"]
