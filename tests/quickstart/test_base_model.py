"""The tiny start model."""

from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("torch")]


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from r1cli.quickstart.base_model import make_tiny

    path = tmp_path_factory.mktemp("tiny")
    make_tiny(path, seed=0)
    return path


def test_it_is_an_ordinary_model_directory(model_dir: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(model_dir)
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    assert 100_000 < model.num_parameters() < 1_000_000
    text = "<think>\n1+2=3\n</think>\n<answer>\n3\n</answer>"
    # The loaded tokenizer must keep the line breaks: the format reward lives by them.
    assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "1+2"}], tokenize=False, add_generation_prompt=True
    )
    assert chat == "<|im_start|>user\n1+2<|im_end|>\n<|im_start|>assistant\n"
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
