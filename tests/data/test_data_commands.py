"""What `r1 data` works out: rows, figures, mixtures, the history of a row, and a push to the Hub."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from r1cli.commands import find_command
from r1cli.config.groups.data import Data
from r1cli.data import trace_mixture, trace_row
from r1cli.data.dataset_figures import count
from r1cli.data.lineage import FROM, LINEAGE, ROW, read_lineage
from r1cli.data.load import load_rows
from r1cli.data.mixture_file import read_mixture_file
from r1cli.data.push import push
from r1cli.data.show_rows import show
from r1cli.data.trace_row import trace
from r1cli.data.write_mixture import write
from r1cli.errors import R1Error
from tests.data.test_shapes import ANSWERED, ASKED, CHAT
from tests.hub_service import serving


def lines(path: Path, *rows: Any) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def request(name: str, **data: Any) -> dict[str, Any]:
    return {"data": {"dataset_name": name, **data}, "loss": {}, "tokenizer": None, "trains": "sft"}


def test_behind_the_last_row_there_is_none(tmp_path: Path) -> None:
    name = lines(tmp_path / "rows.jsonl", {"prompt": "1+1"})
    assert show({**request(name), "first": 1, "count": 3})["rows"] == []
    assert show({**request(name), "first": 9, "count": 3})["rows"] == []


def test_rows_are_shown_without_a_tokenizer(tmp_path: Path) -> None:
    name = lines(tmp_path / "rows.jsonl", {"conversations": CHAT, "source": "a"})
    found = show({**request(name), "first": 0, "count": 3})
    (row,) = found["rows"]
    assert [kind for _, kind in row["pieces"]] == ["trained", "trained"]
    assert (row["columns"], found["makes"]) == ({"source": "a"}, ["messages"])
    asked = lines(tmp_path / "asked.jsonl", {"question": "What is 1+1?", "answer": "2"})
    found = show({**request(asked, columns={"prompt": "question"}), "first": 0, "count": 1})
    assert (found["trained"], found["rows"][0]["columns"]) == (False, {"answer": "2"})
    with pytest.raises(R1Error, match="does not have the columns"):
        show({**request(asked), "first": 0, "count": 1})


def test_figures_of_a_dataset(tmp_path: Path) -> None:
    rows = [
        {"prompt": "What is one and one?", "completion": "2", "source": "a"},
        {"prompt": "what  is one and one?", "completion": "two", "source": "a"},
        {"prompt": "What is one and one?", "completion": "2", "source": "b"},
        {"prompt": None, "completion": "2", "source": "b"},
        {"prompt": "Сколько будет один и один?", "completion": "2", "source": "b"},
    ]
    found = count(request(lines(tmp_path / "rows.jsonl", *rows)))
    assert (found["rows"], found["unusable"]) == (5, 1)
    assert found["duplicates"] == {"prompts": 2, "rows": 1}
    assert found["sources"] == {"column": "source", "values": {"a": 2, "b": 2}, "others": 0}
    assert sum(found["languages"]["values"].values()) == 4
    assert found["lengths"]["prompt"]["min"] == 20
    with pytest.raises(R1Error, match="no row of the dataset can be used"):
        count(request(lines(tmp_path / "none.jsonl", {"text": None})))


def test_a_text_of_a_few_words_has_no_language(tmp_path: Path) -> None:
    pytest.importorskip("lingua")
    prompts = [
        "fizz buzz",
        "Find $x$ if $\\frac{x}{2}=3$.",
        "A train leaves at eight and arrives at noon. How long does it take to get there?",
        "一列火车八点从北京出发三小时后到达济南它的平均速度是多少",
    ]
    found = count(request(lines(tmp_path / "rows.jsonl", *({"prompt": one} for one in prompts))))
    assert found["languages"]["values"] == {"unknown": 2, "English": 1, "Chinese": 1}


@pytest.fixture
def mixture(tmp_path: Path) -> Path:
    """A file with a mixture of a dataset with messages and one of ShareGPT."""
    chats = lines(tmp_path / "chats.jsonl", *({"messages": CHAT, "id": f"c{n}"} for n in range(6)))
    shared = [{"from": "human", "value": "What is 2+2?"}, {"from": "gpt", "value": "4"}]
    other = lines(tmp_path / "shared.jsonl", *({"conversations": shared, "key": f"s{n}"} for n in range(4)))
    file = tmp_path / "mixture.yaml"
    entries = [
        {"id": chats, "weight": 0.5},
        {"id": other, "columns": {"conversations": "conversations", "id": "key"}},
    ]
    file.write_text(f"datasets: {json.dumps(entries)}\nseed: 3\n")
    return file


def mixed(file: Path, folder: Path) -> dict[str, Any]:
    data = vars(read_mixture_file(str(file)))
    return write({"data": data, "file": str(file), "folder": str(folder), "trains": "sft"})


def test_a_mixture_is_written_once(mixture: Path, tmp_path: Path) -> None:
    found = mixed(mixture, tmp_path / "out")
    assert found["rows"] == {"chats.jsonl": 3, "shared.jsonl": 4}
    assert found["hash"] == mixed(mixture, tmp_path / "again")["hash"]
    rows = load_rows(Data(dataset_name=str(tmp_path / "out")), "train")
    assert sorted(rows.column_names) == ["id", "messages", FROM, ROW]
    for row in rows:
        letter = "c" if row[FROM] == "chats.jsonl" else "s"
        assert row["id"] == f"{letter}{row[ROW]}"
        assert len(row["messages"]) == 2
    mixture.write_text(mixture.read_text().replace("seed: 3", "seed: 4"))
    assert mixed(mixture, tmp_path / "other")["hash"] != found["hash"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "rows from chats.jsonl" in card
    assert str(tmp_path) not in card + (tmp_path / "out" / LINEAGE).read_text()


def test_a_row_is_traced_through_every_step(mixture: Path, tmp_path: Path) -> None:
    mixed(mixture, tmp_path / "out")
    second = tmp_path / "second.yaml"
    second.write_text(f"data:\n  dataset_mixture:\n    datasets: [{{id: {tmp_path / 'out'}}}]\n")
    mixed(second, tmp_path / "twice")
    found = trace(str(tmp_path / "twice"), 6)
    assert [step["command"] for step in found.steps] == ["data mix", "data mix"]
    assert found.names()[FROM] == "out"
    assert found.steps[1]["inputs"][0]["hash"] == read_lineage(tmp_path / "out")["hash"]
    before = trace(str(tmp_path / "out"), found.names()[ROW])
    assert before.row["id"] == found.row["id"]
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.yaml").write_text(
        f"command: sft\npreset: null\nconfig:\n  data: {{dataset_name: {tmp_path / 'twice'}}}\n"
    )
    assert trace(str(run), 6).row == found.row
    with pytest.raises(R1Error, match="there is no row 7") as caught:
        trace(str(tmp_path / "twice"), 7)
    assert caught.value.fix == "the last one is 6"
    plain = trace(lines(tmp_path / "plain.jsonl", {"id": 5, "prompt": "a"}), 0)
    assert (plain.names(), list(plain.steps)) == ({"id": 5}, [])


def test_columns_that_differ_are_named_without_those_of_r1(tmp_path: Path) -> None:
    one = lines(tmp_path / "one.jsonl", {"prompt": "1+1", "solution": "2"})
    two = lines(tmp_path / "two.jsonl", {"prompt": "1+1", "completion": "2"})
    (tmp_path / "mix.yaml").write_text(f"datasets: [{{id: {one}}}, {{id: {two}}}]\n")
    with pytest.raises(R1Error, match="have different columns") as caught:
        mixed(tmp_path / "mix.yaml", tmp_path / "out")
    assert str(caught.value.fix).endswith("with `columns:` in each entry: columns: [prompt]")
    assert caught.value.where == str(tmp_path / "mix.yaml")


def test_rows_of_two_shapes_are_to_be_written_as_one(tmp_path: Path) -> None:
    texts = lines(tmp_path / "texts.jsonl", {"prompt": "1+1", "completion": "2"})
    chat = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}]
    chats = lines(tmp_path / "chats.jsonl", {"messages": chat})
    (tmp_path / "mix.yaml").write_text(f"datasets: [{{id: {texts}}}, {{id: {chats}}}]\n")
    with pytest.raises(R1Error, match="have different columns") as caught:
        mixed(tmp_path / "mix.yaml", tmp_path / "out")
    assert "write the rows of one as the other has them" in caught.value.fix


def test_a_dataset_of_a_mixture_names_its_columns_in_its_entry(tmp_path: Path) -> None:
    named = lines(tmp_path / "named.jsonl", {"prompt": "1+1", "completion": "2"})
    other = lines(tmp_path / "other.jsonl", {"question": "1+2", "answer": "3"})
    file = tmp_path / "mix.yaml"
    file.write_text(f"datasets:\n- id: {named}\n- id: {other}\n")
    with pytest.raises(R1Error, match="does not have the columns messages") as caught:
        mixed(file, tmp_path / "out")
    assert caught.value.where == f"{file}: datasets[1]: {other}: its columns are question, answer"
    fix = caught.value.fix.removeprefix("name them in this entry, as ")
    assert fix == "columns: {prompt: question, completion: answer}"
    file.write_text(file.read_text() + f"  {fix}\n")
    assert mixed(file, tmp_path / "out")["rows"] == {"named.jsonl": 1, "other.jsonl": 1}


def test_a_row_shows_the_steps_of_its_own_dataset(mixture: Path, tmp_path: Path) -> None:
    mixed(mixture, tmp_path / "out")
    alone, both = tmp_path / "alone.yaml", tmp_path / "both.yaml"
    rows = lines(tmp_path / "rows.jsonl", {"messages": [ASKED, ANSWERED], "id": "own"})
    alone.write_text(f"datasets: [{{id: {rows}}}]\n")
    mixed(alone, tmp_path / "made")
    both.write_text(f"datasets: [{{id: {tmp_path / 'out'}}}, {{id: {tmp_path / 'made'}}}]\n")
    mixed(both, tmp_path / "both")
    assert len(read_lineage(tmp_path / "both")["steps"]) == 3
    for number in range(8):
        found = trace(str(tmp_path / "both"), number)
        first, last = found.steps
        assert [one["name"] for one in last["inputs"]] == ["out", "made"]
        read = {one["name"] for one in first["inputs"]}
        assert read == ({"rows.jsonl"} if found.row["id"] == "own" else {"chats.jsonl", "shared.jsonl"})


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Makes the directory of a run that trained on a mixture; its rows are traced in this process."""
    monkeypatch.setattr(trace_row, "ask", lambda module, request: trace_mixture.find(request))

    def run_on(mixture: Path) -> Path:
        run = tmp_path / "trained"
        run.mkdir()
        entries = mixture.read_text().replace("\n", "\n      ")
        record = f"command: sft\npreset: null\nconfig:\n  data:\n    dataset_mixture:\n      {entries}"
        (run / "run.yaml").write_text(record)
        return run

    return run_on


@pytest.mark.parametrize("held_out", ["", "test_split_size: 2\n"])
def test_a_row_is_traced_through_the_mixture_that_a_run_read(
    held_out: str, mixture: Path, trained: Callable[[Path], Path], tmp_path: Path
) -> None:
    mixture.write_text(mixture.read_text() + held_out)
    run = trained(mixture)
    rows = load_rows(read_mixture_file(str(mixture)), "train", find_command("sft").columns)
    assert len(rows) == 7 - 2 * bool(held_out)
    for number, row in enumerate(rows):
        found = trace(str(run), number)
        name = "chats" if row["id"][0] == "c" else "shared"
        assert found.dataset == str(tmp_path / f"{name}.jsonl")
        assert found.names() == {"id": row["id"], FROM: f"{name}.jsonl", ROW: int(row["id"][1:])}
    with pytest.raises(R1Error, match=f"there is no row {len(rows)}"):
        trace(str(run), len(rows))


def test_a_row_keeps_its_number_where_a_column_was_within_another(
    trained: Callable[[Path], Path], tmp_path: Path
) -> None:
    rows = ({"prompt": f"p{n}", "reward_model": {"ground_truth": str(n)}} for n in range(6))
    columns = {"prompt": "prompt", "solution": "reward_model.ground_truth"}
    entry = {"id": lines(tmp_path / "nested.jsonl", *rows), "weight": 0.5, "columns": columns}
    (tmp_path / "nested.yaml").write_text(f"datasets: {json.dumps([entry])}\n")
    run = trained(tmp_path / "nested.yaml")
    for number in range(3):
        found = trace(str(run), number)
        assert found.row["prompt"] == f"p{found.row[ROW]}"


def test_texts_beside_chats_become_messages_that_every_reader_has(tmp_path: Path) -> None:
    asked = {"content": "What is 2+2?", "role": "user"}  # in the order of some datasets
    names = [
        lines(tmp_path / "texts.jsonl", {"prompt": ASKED["content"]}),
        lines(tmp_path / "chats.jsonl", {"prompt": [asked]}),
    ]
    file = tmp_path / "mixture.yaml"
    file.write_text(json.dumps({"datasets": [{"id": name} for name in names]}))
    mixed(file, tmp_path / "out")
    (written,) = (tmp_path / "out" / "data").iterdir()
    cells = pyarrow.parquet.read_table(written).column("prompt").to_pylist()
    assert sorted(cells, key=str) == [[ASKED], [asked]]


def test_messages_with_tools_survive_a_mixture(tmp_path: Path) -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    chat = [
        ASKED,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "2"},
    ]
    names = [
        lines(tmp_path / "tools.jsonl", {"messages": chat}),
        lines(tmp_path / "plain.jsonl", {"messages": [ASKED, ANSWERED]}),
    ]
    file = tmp_path / "mixture.yaml"
    file.write_text(json.dumps({"datasets": [{"id": name} for name in names]}))
    mixed(file, tmp_path / "out")
    rows = load_rows(Data(dataset_name=str(tmp_path / "out")), "train", (("messages",),))
    assert sorted(rows["messages"], key=len) == [CHAT, chat]
    traced = [trace(str(tmp_path / "out"), number).row["messages"] for number in range(2)]
    assert sorted(traced, key=len) == [CHAT, chat]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("model: a\n", "the file has no mixture of datasets"),
        ("datasets: [{id: a, wieght: 1}]\n", "has an unknown key 'wieght'"),
        ("[", "this is not valid YAML"),
        ("- a\n", "the file is not a mapping"),
    ],
)
def test_a_file_without_a_mixture(tmp_path: Path, text: str, what: str) -> None:
    file = tmp_path / "mixture.yaml"
    file.write_text(text)
    with pytest.raises(R1Error, match=what):
        read_mixture_file(str(file))


def test_a_mistake_in_a_mixture_file_is_on_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mixture.yaml"
    for text, line in (
        ("datasets:\n- id: a\n- b\n", 3),
        ("data:\n  dataset_mixture:\n    datasets:\n    - b\n", 4),
        ("dataset_mixture:\n  datasets:\n  - b\n_profiles:\n  p:\n    datasets:\n    - id: a\n", 3),
        ("datasets: &all\n- id: a\n  columns: *all\n", 2),
    ):
        file.write_text(text)
        with pytest.raises(R1Error) as caught:
            read_mixture_file(str(file))
        assert caught.value.where == f"{file}:{line}"


def test_a_folder_is_pushed_as_a_private_dataset(
    mixture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    mixed(mixture, tmp_path / "out")
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert push(tmp_path / "out", "me/mixed", public=False) == f"{hub.url}/datasets/me/mixed"
        pushed = hub.repositories["datasets", "me/mixed"]
        files = {
            str(path.relative_to(tmp_path / "out"))
            for path in (tmp_path / "out").rglob("*")
            if path.is_file()
        }
        assert set(pushed.files) == files
        assert pushed.files["README.md"] == (tmp_path / "out" / "README.md").read_bytes()
        assert pushed.private
        # A run that wrote it means its dataset.
        shutil.copytree(tmp_path / "out", tmp_path / "run" / "dataset")
        push(tmp_path / "run", "me/run", public=False)
        assert set(hub.repositories["datasets", "me/run"].files) == files
        # The same again changes nothing.
        push(tmp_path / "out", "me/mixed", public=True)
        assert hub.repositories["datasets", "me/mixed"].private
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(R1Error, match="the Hub cannot be reached"):
        push(tmp_path / "out", "me/mixed", public=False)
    with pytest.raises(R1Error, match="not a dataset folder of r1"):
        push(tmp_path, "me/mixed", public=False)
    with pytest.raises(R1Error, match="does not name a dataset on the Hub"):
        push(tmp_path / "out", "mixed", public=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(R1Error, match="HF_HUB_OFFLINE is set"):
        push(tmp_path / "out", "me/mixed", public=False)
