"""The text encoder: the pretrained network as it is, and vectors that depend on nothing but their text."""

import sqlite3

import numpy as np
import pytest
import torch

from populace.errors import ModelError
from populace.models import encoder, minilm
from populace.models.encoder import TextEncoder
from populace.prompts.prompt import Prompt

AGREE = ("Strongly agree", "Agree", "Disagree", "Strongly disagree")
TRAINS = Prompt("There should be more night trains.", AGREE)
LONG = Prompt("Thinking of the last twelve months, " * 6 + "how often did you travel by train?", ("Never", "Daily"))
OTHERS = [Prompt(f"How satisfied are you with {thing}?", ("Very", "Not at all")) for thing in ("trains", "tea", "rain")]


def reference(precision):
    """transformers' own class over the same weights."""
    from transformers.models.bert.modeling_bert import BertModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    network = BertModel.from_pretrained(encoder.folder(), add_pooling_layer=False, local_files_only=True).eval()

    def run(ids, seen):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
            return network(input_ids=ids, attention_mask=seen).last_hidden_state.float()

    return run


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float32])
def test_the_forward_pass_is_that_of_transformers_to_the_last_bit(precision):
    theirs = reference(precision)
    ours = minilm.MiniLM.read(encoder.folder() / encoder.WEIGHTS, precision)
    random = torch.Generator().manual_seed(0)
    for length in (16, 48, 112):
        ids = torch.randint(1000, 30000, (2, length), generator=random)
        seen = torch.ones(2, length, dtype=torch.long)
        seen[1, length // 2 :] = 0
        assert (ours(ids, seen) == theirs(ids, seen)).all()


def vectors_of(prompts, **keywords):
    return TextEncoder(**keywords).encode(prompts)


def test_vectors_have_length_one_and_one_row_per_option():
    (found,) = vectors_of([TRAINS])
    assert found.options.shape == found.labels.shape == (4, 384)
    rows = np.concatenate([found.question[None], found.options, found.labels])
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(9), abs=1e-3)


def test_a_vector_does_not_depend_on_what_it_is_read_with():
    (alone,) = vectors_of([TRAINS])
    among = vectors_of([*OTHERS, LONG, TRAINS])[-1]
    for part in ("question", "options", "labels"):
        assert (getattr(alone, part) == getattr(among, part)).all()


def test_an_option_is_read_in_the_light_of_its_question_and_its_label_alone():
    one, two = vectors_of([TRAINS, Prompt("Milk is good for children.", AGREE)])
    assert (one.labels == two.labels).all()
    assert not np.allclose(one.options, two.options, atol=0.01)


def test_each_text_is_read_once(tmp_path, monkeypatch):
    cache = tmp_path / "texts.sqlite"
    first = vectors_of([TRAINS, *OTHERS, TRAINS], cache=cache)
    with sqlite3.connect(cache) as db:
        # 4 questions, 4 + 2 labels
        assert db.execute("SELECT count(*) FROM vectors").fetchone() == (10,)
    db.close()
    monkeypatch.setattr(encoder, "_network", lambda: pytest.fail("the network was loaded"))
    again = vectors_of([TRAINS, *OTHERS], cache=cache)
    assert (first[0].question == again[0].question).all()
    assert (first[0].labels == again[0].labels).all()


def test_a_question_with_more_options_than_fit_is_refused_with_the_most_that_do():
    with pytest.raises(ModelError, match=r"has 300 options, too many for one reading: at most 190"):
        vectors_of([Prompt("Which of these?", tuple(f"number {i}" for i in range(300)))])
