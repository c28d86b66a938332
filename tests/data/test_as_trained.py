"""The loss mask that `r1 data show` paints is the one that TRL trains with."""

import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.commands import COMMANDS
from r1cli.data.as_trained import CONTEXT, CUT, TRAINED, Loss, tokens_of
from tests.data.test_shapes import ANSWERED, ASKED, CHAT, SYSTEM

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("torch")]

ROWS: list[tuple[dict[str, Any], Loss]] = [
    ({"messages": [SYSTEM, *CHAT, ASKED, ANSWERED]}, Loss()),
    ({"messages": [SYSTEM, *CHAT, ASKED, ANSWERED]}, Loss(assistant_only=True)),
    ({"messages": CHAT}, Loss(max_length=9)),
    ({"prompt": [SYSTEM, ASKED], "completion": [ANSWERED]}, Loss()),
    ({"prompt": [ASKED], "completion": [ANSWERED]}, Loss(completion_only=False)),
    ({"prompt": "What is 1+1?", "completion": " 2"}, Loss()),
    ({"text": "1+1=2"}, Loss()),
]
GENERATION = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['role'] == 'assistant' %}{% generation %}"
    "{{ m['content'] }}<|im_end|>{% endgeneration %}{% else %}{{ m['content'] }}<|im_end|>{% endif %}\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.mark.slow
def test_the_mask_is_that_of_trl(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    tokenizer = AutoTokenizer.from_pretrained(tiny / "model")
    tokenizer.chat_template = GENERATION
    model = AutoModelForCausalLM.from_pretrained(tiny / "model")
    for row, loss in ROWS:
        arguments = SFTConfig(
            output_dir=str(tmp_path), report_to="none", bf16=False, use_cpu=True, max_length=loss.max_length,
            assistant_only_loss=loss.assistant_only, completion_only_loss=loss.completion_only,
        )  # fmt: skip
        trainer = SFTTrainer(
            model, arguments, processing_class=tokenizer, train_dataset=Dataset.from_list([row])
        )
        (trained,) = trainer.train_dataset
        tokens = tokens_of(row, tokenizer, loss)
        used = [(one, kind) for one, kind in zip(tokens.ids, tokens.kinds, strict=True) if kind != CUT]
        assert [one for one, _ in used] == trained["input_ids"], row
        assert [kind == TRAINED for _, kind in used] == [label != -100 for label in trained["labels"]], row
        text = "".join(piece for piece, _ in tokens.pieces(tokenizer))
        assert text == tokenizer.decode(tokens.ids)


@pytest.mark.slow
def test_rows_and_figures_with_a_tokenizer(tiny: Path, tmp_path: Path) -> None:
    from r1cli.data.dataset_figures import count
    from r1cli.data.show_rows import show

    file = tmp_path / "rows.jsonl"
    file.write_text(
        "".join(json.dumps({"prompt": f"{n}+1?", "completion": str(n + 1)}) + "\n" for n in range(5))
    )
    request = {
        "data": {"dataset_name": str(file)}, "loss": {}, "tokenizer": str(tiny / "model"), "trains": "sft",
    }  # fmt: skip
    shown = show({**request, "first": 3, "count": 9})
    assert [row["number"] for row in shown["rows"]] == [3, 4]
    assert [kind for _, kind in shown["rows"][0]["pieces"]] == [CONTEXT, TRAINED]
    assert "4" in shown["rows"][0]["pieces"][1][0]
    assert count(request)["lengths"]["prompt"]["sum"] > 20
    prompts = show(
        {**request, "data": {**request["data"], "prompt_template": "{prompt}"}, "first": 0, "count": 1}
    )
    assert prompts["makes"] == ["prompt", "completion"]
    assert COMMANDS["sft"].columns
