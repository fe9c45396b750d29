"""Causal language models on disk: what is loaded, what is refused, and why."""

import json
import shutil

import numpy as np
import pytest
import torch
from tests.models.tiny_causal import TEA, tiny_folder, tiny_model, tiny_tokenizer

from populace.errors import ModelError
from populace.models.causal_files import hash_of, load_causal, weights_hash
from populace.models.decision import Decision, read_decision, write_decision
from populace.models.library import load_model


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return tiny_folder(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "tiny")


def test_a_folder_of_hugging_face_is_a_model(folder):
    model = load_model(folder)
    assert model.name == "tiny" and model.hash.startswith("sha256:")
    expected = tiny_model(tiny_tokenizer())
    assert all(torch.equal(a, b) for a, b in zip(model.model.parameters(), expected.parameters(), strict=True))
    card = model.describe()
    assert card["kind"] == "causal" and card["context"] == 1024 and card["template"] == "survey-1"


def test_the_hash_is_that_of_weights_tokenizer_and_calibration(folder):
    before = hash_of(folder)
    assert before == hash_of(folder)
    write_decision(Decision(temperature={"binary": 2.0, "ordered": 1.0, "list": 1.0}), "AB", folder)
    assert hash_of(folder) != before


def test_calibration_is_kept_beside_the_weights_and_hugging_face_reads_it(folder):
    from transformers.decision import DecisionConfig

    bias = {"ordered": {"first": -0.25, "missing": 0.5}}
    wanted = Decision(temperature={"binary": 2.0, "ordered": 0.5, "list": 1.0}, bias=bias, orders=3, chat=True)
    write_decision(wanted, "ABCD", folder)
    assert read_decision(folder) == wanted
    theirs = DecisionConfig.from_pretrained(str(folder))
    assert theirs.temperature == {"noul": 2.0, "score": 0.5, "choice": 1.0}
    assert theirs.labels["choice"] == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "config.json").unlink(), "neither config.json nor adapter_config.json"),
        (lambda f: (f / "model.safetensors").unlink(), "has no weights; expected \\*.safetensors"),
        (lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"), "only pickled weights .*which can run"),
        (lambda f: (f / "model.safetensors").write_bytes(b"cut off"), "cannot be loaded"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be loaded"),
        (lambda f: [p.unlink() for p in f.glob("tokenizer*")], "has no tokenizer"),
        (lambda f: (f / "tokenizer.json").write_text("[]"), "tokenizer of .* cannot be loaded"),
        (lambda f: (f / "decision.json").write_text("[1]"), "decision.json cannot be read"),
        (lambda f: (f / "card.json").write_text("{"), "card.json is not JSON"),
        (lambda f: (f / "adapter_config.json").write_text("{"), r"adapter_config.json cannot be read"),
        (lambda f: (f / "decision.json").write_text('{"temperature": {"score": -1}}'), "expected positive numbers"),
        (lambda f: (f / "decision.json").write_text('{"populace": {"template": "../x"}}'), "there is no template"),
        (
            lambda f: (f / "decision.json").write_text('{"populace": {"template_hash": "sha256:0"}}'),
            "trained with another wording of template 'survey-1'",
        ),
    ],
)  # fmt: skip
def test_what_is_broken_is_refused_in_one_line(folder, spoil, words):
    spoil(folder)
    with pytest.raises(ModelError, match=words) as raised:
        load_causal(folder)
    assert "\n" not in str(raised.value)


def test_code_that_comes_with_weights_is_not_run(folder, tmp_path):
    config = json.loads((folder / "config.json").read_text())
    ran = tmp_path / "ran"
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')")
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_causal(folder)
    assert not ran.exists()


def test_nothing_is_fetched_unasked():
    with pytest.raises(ModelError, match=r"'nobody/nothing' is no folder, and was not fetched before: .* --online"):
        load_causal("nobody/nothing")


# -- adapters --------------------------------------------------------------------------------------------------------


@pytest.fixture
def adapter(folder, tmp_path):
    """A LoRA whose weights are not zero, on the tiny model."""
    from peft import LoraConfig, get_peft_model

    model = load_causal(folder)
    put = get_peft_model(model.model, LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"))
    torch.manual_seed(1)
    for name, parameter in put.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(std=0.5)
    put.save_pretrained(tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": "../tiny"}))
    write_decision(Decision(base=weights_hash(folder)), "ABC", tmp_path / "adapter")
    return tmp_path / "adapter"


def test_an_adapter_is_put_on_the_base_it_names(adapter, folder):
    with_it, without = load_causal(adapter), load_causal(folder)
    assert with_it.hash != without.hash
    assert np.abs(with_it.open(1).ask(TEA) - without.open(1).ask(TEA)).max() > 1e-4


def test_an_adapter_is_refused_on_another_base(adapter, tmp_path):
    other = tiny_folder(tmp_path / "other", seed=5)
    with pytest.raises(ModelError, match=r"was trained on weights sha256:.*: give the base it was trained on"):
        load_causal(adapter, base=other)


def test_an_adapter_without_its_base_says_so(adapter, folder):
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match=r"the base of adapter .* is not there"):
        load_causal(adapter)


def test_an_adapter_that_names_no_hash_is_refused(adapter):
    write_decision(Decision(), "ABC", adapter)
    with pytest.raises(ModelError, match="does not name its base by hash"):
        load_causal(adapter)
