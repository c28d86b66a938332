"""What a model may call while it answers."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from r1cli.config.groups.code import TrainingCode
from r1cli.errors import R1Error
from r1cli.execution import current
from r1cli.execution.program import ExecutionFault, ProgramResult, ProgramVerdict
from r1cli.scoring.texts import texts
from r1cli.train.tools import Tools, load_tool
from tests.conftest import RunR1


def call(tools: Tools, code: str) -> str:
    (python,) = tools.functions
    return str(asyncio.run(python(code)))


class Nothing:
    """An executor that is opened and closed."""

    async def close(self) -> None: ...


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Tools:
    monkeypatch.setattr(current, "open_executor", lambda section: Nothing())
    return Tools(TrainingCode(tools=["python"]))


def gives(monkeypatch: pytest.MonkeyPatch, result: Any) -> None:
    async def execute(batch: list[Any]) -> list[Any]:
        return [result]

    monkeypatch.setattr(current, "execute", execute)


def test_the_model_reads_what_the_program_prints_or_why_it_failed(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    gives(monkeypatch, ProgramResult(ProgramVerdict.OK, "42\n"))
    assert call(tools, "print(42)") == "42\n"
    gives(monkeypatch, ProgramResult(ProgramVerdict.RE, "1\n", "Traceback\nValueError: no"))
    assert call(tools, "raise") == "1\n\nValueError: no"
    gives(monkeypatch, ProgramResult(ProgramVerdict.TLE))
    assert call(tools, "while 1: pass") == "stopped: it took more than 5 s"
    assert tools.faults([[{"role": "tool", "content": "42\n"}]]) == [None]


def test_a_fault_of_the_machine_masks_the_completion_that_met_it(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    gives(monkeypatch, ExecutionFault("no disk"))
    said = call(tools, "print(1)")
    chat = [{"role": "assistant", "content": ""}, {"role": "tool", "content": said}]
    assert tools.faults([chat, "text"]) == ["python tool: ExecutionFault: no disk", None]
    # Nothing else masks one, whatever a program prints.
    assert tools.faults([[{"role": "tool", "content": "the tool is not available (0)"}]]) == [None]


def test_a_tool_of_one_s_own_needs_a_docstring() -> None:
    assert load_tool("json:dumps") is json.dumps
    with pytest.raises(R1Error, match="the tool 'json:nothing' cannot be loaded"):
        load_tool("json:nothing")
    with pytest.raises(R1Error, match="not a function with a docstring"):
        load_tool("tests.train.test_tools:call")


def test_the_answer_of_a_chat_with_tools_is_what_the_model_says() -> None:
    chat = [
        {"role": "assistant", "content": "<think>", "tool_calls": [{"type": "function"}]},
        {"role": "tool", "content": "<answer>7</answer>"},
        {"role": "assistant", "content": "</think> 42"},
    ]
    assert texts([chat, "42"]) == ["<think>\n</think> 42", "42"]


@pytest.mark.soak
def test_a_model_that_calls_the_sandbox_learns_from_what_it_prints(r1: RunR1, tmp_path: Path) -> None:
    """A tiny model is taught to call the tool, and GRPO records the call, its result and the answer."""
    import pyarrow.parquet
    import trl
    from transformers.utils import get_json_schema

    from r1cli.quickstart.base_model import make_tiny

    make_tiny(tmp_path / "base", 0)
    template = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
    (tmp_path / "base" / "chat_template.jinja").write_text(template.read_text())
    config = json.loads((tmp_path / "base" / "config.json").read_text())
    (tmp_path / "base" / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 2048}))
    call = {"type": "function", "function": {"name": "python", "arguments": {"code": "print(6*7)"}}}
    (python,) = Tools(TrainingCode(tools=["python"])).functions
    chat = [
        {"role": "user", "content": "6*7"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": "python", "content": "42\n"},
        {"role": "assistant", "content": "42"},
    ]
    # The loss is about the completion alone, which a few steps teach.
    row = json.dumps({"prompt": chat[:1], "completion": chat[1:], "tools": [get_json_schema(python)]})
    (tmp_path / "sft.jsonl").write_text(f"{row}\n" * 32)
    (tmp_path / "grpo.jsonl").write_text('{"prompt": "6*7", "solution": "42"}\n' * 8)
    taught = r1(
        "sft", "--preset", "tiny-sft", "--model", "base", "--dataset", "sft.jsonl", "--output-dir", "sft",
        "--max_length", "2000", "--per_device_train_batch_size", "2", "--max_steps", "80",
        cwd=tmp_path,
    )  # fmt: skip
    assert taught.returncode == 0, taught.stderr
    done = r1(
        "grpo", "--preset", "tiny-grpo", "--model", "sft", "--dataset", "grpo.jsonl", "--output-dir", "grpo",
        "--tools", "python", "--reward", "accuracy", "--max_completion_length", "200", "--max_steps", "2",
        "--per_device_train_batch_size", "8", "--num_generations", "4",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "grpo" / "completions").glob("*.parquet"))
    recorded = [
        str(one) for file in files for one in pyarrow.parquet.read_table(file)["completion"].to_pylist()
    ]
    assert any("tool" in one and "42" in one for one in recorded), recorded[:3]
