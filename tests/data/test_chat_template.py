"""``data.chat_template``."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from r1cli.data.chat_template import CHATML, find_prefill, give_chat_template, read_chat_template
from r1cli.errors import R1Error

TEMPLATE = (
    "{%- for message in messages %}\n{% generation %}{{ message.content | trim }}{%- endgeneration -%}"
    "{% if loop.last %}{% break %}{% endif %}\n{% endfor %}"
)


def test_a_text_and_a_file_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("chat.jinja").write_text(TEMPLATE)
    assert read_chat_template(TEMPLATE, "here") == TEMPLATE
    assert read_chat_template("chat.jinja", "here") == TEMPLATE
    with pytest.raises(R1Error, match="cannot read the chat template") as caught:
        read_chat_template("chta.jinja", "here")
    assert caught.value.fix == "did you mean chat.jinja?"


def test_what_is_no_jinja_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "chat.jinja"
    file.write_text("{% for message in messages %}\n{{ message.content }\n{% endfor %}")
    with pytest.raises(R1Error, match="not valid Jinja") as caught:
        read_chat_template(str(file), "flag --chat_template")
    assert caught.value.where == f"{file}, line 2 of the template"
    with pytest.raises(R1Error, match="not valid Jinja"):
        read_chat_template("{% generation %}{{ messages }}", "here")


@pytest.mark.parametrize("opened", ["", "<think>\n"])
def test_what_the_template_writes_for_the_model_to_continue(opened: str) -> None:
    template = (
        "{% for message in messages %}<{{ message.role }}>{{ message.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{{ opened }}{% endif %}"
    )

    def render(messages: Any, *, chat_template: str, tokenize: bool, **variables: Any) -> str:
        assert not tokenize
        return jinja2.Environment().from_string(chat_template).render(messages=messages, **variables)

    tokenizer = SimpleNamespace(apply_chat_template=render, chat_template=template)
    # A model of images has a processor around its tokenizer.
    processor = SimpleNamespace(tokenizer=tokenizer, chat_template=template)
    chat = [{"role": "user", "content": "2+2?"}]
    for either in (tokenizer, processor):
        assert find_prefill(either, chat, opened=opened) == f"<assistant>{opened}"
        assert find_prefill(either, "2+2?") is None
    assert find_prefill(SimpleNamespace(chat_template=None), chat) is None


@pytest.mark.parametrize(
    ("vocabulary", "end"), [({"<|im_end|>": 1, "<eos>": 2}, "<|im_end|>"), ({"<eos>": 2}, "<eos>")]
)
def test_what_ends_a_turn_of_chatml_ends_a_completion(vocabulary: dict[str, int], end: str) -> None:
    tokenizer = SimpleNamespace(get_vocab=lambda: vocabulary, eos_token="<eos>", chat_template=None)
    give_chat_template(tokenizer, CHATML, "here")
    assert tokenizer.eos_token == end
    chat = [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]
    template = jinja2.Environment().from_string(tokenizer.chat_template)
    opened = f"<|im_start|>user\n2+2?{end}\n<|im_start|>assistant\n"
    assert template.render(messages=chat, eos_token=end) == f"{opened}4{end}\n"
    assert template.render(messages=chat[:1], eos_token=end, add_generation_prompt=True) == opened


def test_chatml_is_refused_where_no_token_ends_a_turn() -> None:
    tokenizer = SimpleNamespace(get_vocab=dict, eos_token=None, chat_template=None)
    with pytest.raises(R1Error, match="no token that ends a turn"):
        give_chat_template(tokenizer, CHATML, "here")
