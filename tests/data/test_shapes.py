"""Chats of every common shape become r1's own, from whatever file they come."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, Features, Json, List, Value
from hypothesis import given
from hypothesis import strategies as st

from r1cli.commands import COMMANDS
from r1cli.config.groups.data import Data
from r1cli.data.chats import PROMPTS, RowError, find_shape, shaped
from r1cli.data.load import load_rows, load_train_and_test, shape_rows
from r1cli.errors import R1Error

SFT = COMMANDS["sft"].columns
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows as a file of JSON lines, and returns its name."""

    def write(*rows: Any, name: str = "rows.jsonl") -> str:
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(tmp_path / name)

    return write


def turn(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


ASKED, ANSWERED = turn("user", "What is 1+1?"), turn("assistant", "2")
CHAT = [ASKED, ANSWERED]
SYSTEM = turn("system", "Be brief.")
CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 1}}}
TOOL_CHAT = [ASKED, turn("assistant", "", tool_calls=[CALL]), turn("tool", "2", name="add"), ANSWERED]
PARTS = [{"type": "text", "text": "What is"}, {"type": "text", "text": "1+1?"}]

#: A row, and what a model with a chat template is fine-tuned on.
TRAINED = {
    "messages": ({"messages": CHAT, "source": "a"}, {"messages": CHAT}),
    "messages as JSON text": ({"messages": json.dumps(CHAT)}, {"messages": CHAT}),
    "conversations of from and value": (
        {"conversations": [{"from": "human", "value": "What is 1+1?"}, {"from": "gpt", "value": "2"}]},
        {"messages": CHAT},
    ),
    "conversations of role and content": ({"conversations": CHAT}, {"messages": CHAT}),
    "a system prompt beside conversations": (
        {"system": "Be brief.", "conversations": CHAT},
        {"messages": [SYSTEM, *CHAT]},
    ),
    "a system prompt in the chat": (
        {"system": "No.", "messages": [SYSTEM, *CHAT]},
        {"messages": [SYSTEM, *CHAT]},
    ),
    "prompt beside messages": (
        {"prompt": "What is 1+1?", "prompt_id": "7", "messages": CHAT},
        {"messages": CHAT},
    ),
    "prompt and completion": (
        {"prompt": "What is 1+1?", "completion": "2", "messages": [ANSWERED]},
        {"prompt": [ASKED], "completion": [ANSWERED]},
    ),
    "chats as prompt and completion": (
        {"prompt": [ASKED], "completion": [ANSWERED]},
        {"prompt": [ASKED], "completion": [ANSWERED]},
    ),
    "Alpaca": (
        {"instruction": "Add.", "input": "1, 1", "output": "2"},
        {"prompt": [turn("user", "Add.\n\n1, 1")], "completion": [ANSWERED]},
    ),
    "Alpaca without input": (
        {"instruction": "What is 1+1?", "input": "", "output": "2", "system": "Be brief."},
        {"prompt": [SYSTEM, ASKED], "completion": [ANSWERED]},
    ),
    "parts": (
        {"messages": [turn("user", PARTS), turn("assistant", "2.50")]},
        {"messages": [turn("user", "What is\n1+1?"), turn("assistant", "2.50")]},
    ),
    "tools": ({"messages": TOOL_CHAT, "tools": [{"name": "add"}]}, {"messages": TOOL_CHAT}),
    "tools of ShareGPT": (
        {
            "conversations": [
                {"from": "human", "value": "What is 1+1?"},
                {"from": "function_call", "value": json.dumps(CALL["function"])},
                {"from": "observation", "value": "2"},
            ]
        },
        {"messages": [ASKED, turn("assistant", "", tool_calls=[CALL]), turn("tool", "2")]},
    ),
    "text": ({"text": "1+1=2"}, {"text": "1+1=2"}),
}


@pytest.mark.parametrize(("row", "trained"), TRAINED.values(), ids=list(TRAINED))
def test_rows_of_every_shape_are_trained_on(
    write: Write, row: dict[str, Any], trained: dict[str, Any]
) -> None:
    data = Data(dataset_name=write(row, row))
    train, _ = load_train_and_test(data, wants_test=False, needed=SFT)
    rows = shape_rows(train, None, takes_chats=True, needed=SFT)
    for one in rows:
        # TRL takes any of these for the format of the rows.
        assert {
            name: one[name] for name in one if name in ("prompt", "completion", "messages", "text")
        } == trained
    assert rows[0].get("tools") == row.get("tools")


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        (
            {"prompt": [SYSTEM, ASKED], "completion": "2", "reward_model": {"ground_truth": "2"}},
            [SYSTEM, ASKED],
        ),
        ({"prompt": "What is 1+1?", "messages": CHAT}, [ASKED]),
        ({"messages": [*CHAT, ASKED, ANSWERED]}, [*CHAT, ASKED]),
        ({"messages": [SYSTEM, ASKED]}, [SYSTEM, ASKED]),
        (
            {
                "conversations": [
                    {"from": "user", "value": "What is 1+1?"},
                    {"from": "assistant", "value": "2"},
                ]
            },
            [ASKED],
        ),
        ({"instruction": "What is 1+1?", "output": "2"}, [ASKED]),
        ({"prompt": json.dumps([ASKED])}, [ASKED]),
    ],
)
def test_prompts_are_made_of_every_shape(write: Write, row: dict[str, Any], prompt: Any) -> None:
    rows = shape_rows(load_rows(Data(dataset_name=write(row)), "train", PROMPTS), None, takes_chats=True)
    assert rows[0]["prompt"] == prompt
    assert not {"completion", "messages", "conversations"} & set(rows.column_names)


def test_a_chat_keeps_the_fields_of_its_own_messages(write: Write) -> None:
    """In a table of all messages, each would have the fields of all, and calls the arguments of others."""
    other = [ASKED, turn("assistant", "", tool_calls=[{"function": {"name": "f", "arguments": {"c": 3}}}])]
    rows = load_rows(Data(dataset_name=write({"messages": TOOL_CHAT}, {"messages": other})), "train", SFT)
    assert list(rows["messages"]) == [TOOL_CHAT, other]


#: What is in a file, and what is said of it.
WRONG: dict[str, tuple[Any, Sequence[Any], str]] = {
    "no text": (SFT, [{"text": "a"}, {"text": None}], "row 1 has no text"),
    "an empty text": (SFT, [{"text": "a"}, {"text": " "}], "row 1 has no text"),
    "no completion": (SFT, [{"prompt": "a", "completion": "b"}, {"prompt": "a"}], "row 1 has no completion"),
    "no messages": (SFT, [{"messages": CHAT}, {"messages": None}], "row 1 has no messages"),
    "empty messages": (SFT, [{"messages": CHAT}, {"messages": []}], "row 1 has no messages"),
    "no content": (
        SFT, [{"messages": CHAT}, {"messages": [ASKED, turn("assistant", None)]}],
        "row 1 has no content in message 1 of messages",
    ),
    "a number": (PROMPTS, [{"prompt": "a"}, {"prompt": 5}], "row 1 has the number 5 in prompt"),
    "no role": (SFT, [{"messages": [{"content": "a"}]}], "row 0 has no role in message 0 of messages"),
    "unknown role": (
        SFT, [{"conversations": [{"from": "critic", "value": "a"}]}],
        "row 0 has the unknown role 'critic' in message 0 of conversations",
    ),
    "text as messages": (SFT, [{"messages": "1+1"}], "row 0 has text in messages that is not a chat in JSON"),
    "strings as messages": (SFT, [{"messages": ["a", "b"]}], "row 0 has a text as message 0 of messages"),
    "no prompt": (PROMPTS, [{"prompt": "a"}, {"prompt": None}], "row 1 has no prompt"),
    "an empty chat": (PROMPTS, [{"prompt": [ASKED]}, {"prompt": []}], "row 1 has no prompt"),
    "nothing but an answer": (PROMPTS, [{"messages": [ANSWERED]}], "row 0 has no question in messages"),
    "no instruction": (
        SFT, [{"instruction": "a", "output": "b"}, {"output": "b"}], "row 1 has no instruction",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("needed", "rows", "what"), WRONG.values(), ids=list(WRONG))
def test_a_cell_without_a_value_is_named(write: Write, needed: Any, rows: Sequence[Any], what: str) -> None:
    name = write(*rows)
    with pytest.raises(R1Error, match=what) as caught:
        load_rows(Data(dataset_name=name), "train", needed)
    assert caught.value.where == f"{name}:{len(rows)}"
    lenient = load_rows(Data(dataset_name=name), "train", needed, lenient=True)
    assert len(lenient) == len(rows)
    found = find_shape(list(lenient.column_names), needed)
    assert found is not None
    assert lenient[len(rows) - 1][found.makes[0]] is None


def test_a_column_of_numbers_is_text_and_a_mixed_one_is_refused(write: Write) -> None:
    numbers = load_rows(Data(dataset_name=write({"prompt": "1+1", "completion": 2})), "train", SFT)
    assert numbers[0]["completion"] == "2"
    name = write({"prompt": "a", "completion": "b"}, {"prompt": "c", "completion": 4})
    with pytest.raises(R1Error, match="row 1 has the number 4 in completion and other rows a text"):
        load_rows(Data(dataset_name=name), "train", SFT)


def test_rows_keep_their_numbers_however_they_were_drawn(write: Write) -> None:
    rows = [{"prompt": str(n), "completion": None if n == 37 else "1"} for n in range(50)]
    one, other = write(*rows), write(*rows[:10], name="other.jsonl")
    mixture = {"datasets": [{"id": other}, {"id": one, "weight": 0.99}], "seed": 3}
    with pytest.raises(R1Error, match="row 37 has no completion") as caught:
        load_rows(Data(dataset_mixture=mixture), "train", SFT)
    assert caught.value.where == f"{one}:38"
    with pytest.raises(R1Error, match="row 37 has no completion") as caught:
        load_rows(Data(dataset_name=one), "train", SFT, only=range(30, 40))
    assert caught.value.where == f"{one}:38"
    with pytest.raises(R1Error, match="row 37 has no completion"):
        load_train_and_test(Data(dataset_name=one, test_size=2.0), True, SFT)


def test_each_dataset_of_a_mixture_has_its_own_shape_and_columns(write: Write) -> None:
    chats = write(
        {"conversations": [{"from": "human", "value": "What is 1+1?"}, {"from": "gpt", "value": "2"}]}
    )
    tools = write({"messages": TOOL_CHAT}, name="tools.jsonl")
    asked = write({"question": "What is 1+1?", "level": 1}, name="asked.jsonl")
    mixture: dict[str, Any] = {"datasets": [{"id": chats}, {"id": tools}]}
    rows = load_rows(Data(dataset_mixture=mixture), "train", SFT)
    assert sorted(map(len, rows["messages"])) == [2, 4]
    entry = {"id": asked, "columns": {"prompt": "question"}}
    mixture = {"datasets": [entry, {"id": tools, "columns": ["messages"]}]}
    rows = load_rows(Data(dataset_mixture=mixture), "train", PROMPTS)
    assert rows.column_names == ["prompt"]
    mixture = {"datasets": [entry, {"id": write({"ask": "b"}, name="ask.jsonl")}]}
    renamed = Data(dataset_mixture=mixture, columns={"prompt": "ask"})
    assert sorted(load_rows(renamed, "train")["prompt"]) == ["What is 1+1?", "b"]


def test_a_column_is_taken_out_of_another(write: Write) -> None:
    rows = [
        {"prompt": [ASKED], "reward_model": {"ground_truth": str(n)}, "extra": '{"n": [5]}'} for n in range(2)
    ]
    data = Data(
        dataset_name=write(*rows), columns={"solution": "reward_model.ground_truth", "first": "extra.n.0"}
    )
    loaded = load_rows(data, "train")
    assert (list(loaded["solution"]), list(loaded["first"])) == (["0", "1"], [5, 5])
    assert loaded[0]["reward_model"] == {"ground_truth": "0"}
    missing = Data(dataset_name=data.dataset_name, columns={"solution": "reward_model.ground_truht"})
    with pytest.raises(R1Error, match="row 0 has no 'ground_truht' in the column 'reward_model'") as caught:
        load_rows(missing, "train")
    assert caught.value.fix == "did you mean ground_truth?"


def test_columns_that_swap_and_share_their_names(write: Write) -> None:
    name = write({"a": "1", "b": "2"})
    swapped = load_rows(Data(dataset_name=name, columns={"a": "b", "b": "a"}), "train")
    assert swapped[0] == {"a": "2", "b": "1"}
    shared = load_rows(Data(dataset_name=name, columns={"c": "a", "d": "a"}), "train")
    assert shared[0] == {"c": "1", "d": "1", "b": "2"}


def test_a_model_without_a_chat_template_cannot_take_chats(write: Write) -> None:
    rows = load_rows(Data(dataset_name=write({"messages": CHAT})), "train", SFT)
    with pytest.raises(R1Error, match="the model has no chat template for messages") as caught:
        shape_rows(rows, None, takes_chats=False, needed=SFT)
    assert "--data.chat_template" in caught.value.fix


def test_clean_rows_are_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    chats = Dataset.from_list([{"messages": CHAT, "n": 1}])
    with monkeypatch.context() as patched:
        patched.delattr(Dataset, "map")
        assert shape_rows(chats, None, takes_chats=True, needed=SFT)[0] == chats[0]
        texts = chats.remove_columns("messages").add_column("text", ["a"])
        assert shape_rows(texts, None, takes_chats=False, needed=SFT)[0] == texts[0]


def test_another_version_of_the_code_makes_rows_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Data(dataset_name=write({"conversations": CHAT}))
    first = load_rows(data, "train", SFT)
    assert load_rows(data, "train", SFT).cache_files == first.cache_files
    monkeypatch.setattr("r1cli.data.map_rows._code", lambda: "other")
    assert load_rows(data, "train", SFT).cache_files != first.cache_files


def test_a_text_that_was_stored_as_json_is_a_text() -> None:
    exact = Dataset.from_list(
        [{"messages": CHAT}],
        features=Features({"messages": List({"role": Value("string"), "content": Json()})}),
    )
    assert shape_rows(exact, None, takes_chats=True, needed=SFT)[0]["messages"][0] == ASKED


_CELL = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "from", "value", "tool_calls", "type", "text"]), inner
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["messages", "conversations", "prompt", "instruction", "text", "system"]), _CELL, _CELL
)
def test_any_cell_is_read_or_refused(column: str, value: Any, other: Any) -> None:
    row = {column: value, "completion": other, "output": other, "input": other}
    for needed in (SFT, PROMPTS):
        found = find_shape(list(row), needed)
        if found is None:
            continue
        try:
            made = shaped(found, row, 3, "here")
        except RowError as error:
            assert error.what.startswith("row 3 ")
            continue
        assert set(made) == set(found.makes)
        for cell in made.values():
            assert cell
            assert isinstance(cell, str) or all(isinstance(one["role"], str) for one in cell)
