"""``data.chat_template``."""

from pathlib import Path

import pytest

from r1cli.data.chat_template import read_chat_template
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
