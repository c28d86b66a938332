"""From presets, files, variables and flags to one config."""

import os
import threading
from pathlib import Path
from unittest import mock

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from r1cli.commands import COMMANDS
from r1cli.config.config import Config, from_tree
from r1cli.config.presets import preset_paths
from r1cli.config.record import provenance, record_of
from r1cli.config.resolve import Request, resolve
from r1cli.config.schema import Schema, schema_of
from r1cli.config.settings import Setting, read_yaml
from r1cli.errors import R1Error
from r1cli.train.schema import grpo_schema, sft_schema
from r1cli.yaml12 import to_yaml
from tests.command_line import flags_of

GRPO = grpo_schema()


def flags(*words: str) -> tuple[Setting, ...]:
    return flags_of(*words)


def grpo(
    *words: str,
    preset: str | None = "tiny-grpo",
    files: tuple[Path, ...] = (),
    profile: str | None = None,
) -> Config:
    return resolve(GRPO, Request(preset, files, flags(*words), profile=profile))


@pytest.mark.parametrize(
    "key", ["training.learning_rate", "learning_rate", "learning-rate", "training.learning-rate"]
)
def test_one_leaf_has_many_spellings(key: str) -> None:
    assert grpo(f"--{key}", "1e-5").get("training.learning_rate") == 1e-5


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("model", "model.model_name_or_path"),
        ("dataset", "data.dataset_name"),
        ("data", "data.dataset_name"),
        ("reward", "rewards.reward_funcs"),
        ("output_dir", "training.output_dir"),
        ("gpus", "launch.gpus"),
        ("vllm_mode", "vllm.vllm_mode"),
        ("report_to", "tracking.report_to"),
        ("data.columns.prompt", "data.columns.prompt"),
        ("columns.prompt", "data.columns.prompt"),
        ("sbatch.reservation", "slurm.sbatch.reservation"),
        ("rewards.cosine.max_len", "rewards.cosine.max_len"),
    ],
)
def test_short_names_and_groups(key: str, path: str) -> None:
    assert GRPO.locate(key) == path


def test_flags_are_written_with_space_equals_or_bare() -> None:
    config = grpo("--max_steps", "7", "--beta=0.1", "--gradient_checkpointing")
    assert config.get("training.max_steps") == 7
    assert config.get("training.beta") == 0.1
    assert config.get("training.gradient_checkpointing") is True


def test_negative_numbers_are_values_and_not_options() -> None:
    assert grpo("--max_steps", "-1").get("training.max_steps") == -1


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(R1Error) as caught:
        grpo("--learning_rat", "1", "--max_steps", "many", "--bf16", "perhaps")
    found = [(error.what, error.where) for error in caught.value.all()]
    assert found == [
        ("unknown key 'learning_rat'", "flag --learning_rat"),
        ("training.max_steps: expected integer, found 'many'", "flag --max_steps"),
        ("training.bf16: expected boolean or null, found 'perhaps'", "flag --bf16"),
    ]
    assert "learning_rate" in caught.value.fix


def test_sources_override_each_other_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("training:\n  max_steps: 1\n  beta: 0.1\n  seed: 1\n")
    second.write_text("beta: 0.2\nseed: 2\n")
    monkeypatch.setenv("R1_TRAINING__SEED", "3")
    config = grpo("--seed", "4", files=(first, second))
    assert (config.get("training.max_steps"), config.get("training.beta")) == (1, 0.2)
    assert config.get("training.seed") == 4
    assert config.origins["training.max_steps"] == f"{first}:2"
    assert config.origins["training.beta"] == f"{second}:1"
    assert config.origins["training.seed"] == "flag --seed"
    assert config.origins["training.num_generations"].startswith("preset tiny-grpo:")
    assert grpo(files=(first, second)).origins["training.seed"] == "environment R1_TRAINING__SEED"


def test_a_variable_of_another_command_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("R1_EVALUATE__TEMPERATURE", "0.5")
    assert "sampling.temperature" not in grpo().values
    monkeypatch.setenv("R1_TRAINING__LEARNING_RAT", "1")
    with pytest.raises(R1Error, match="unknown key"):
        grpo()
    monkeypatch.delenv("R1_TRAINING__LEARNING_RAT")
    monkeypatch.setenv("R1_REWARDS__BREVITY__TARGET", "3")
    assert grpo().values["rewards.brevity.target"] == 3
    resolve(sft_schema(), Request())


def test_yaml_reads_exponents_as_numbers_and_no_as_a_word(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("learning_rate: 1e-5\neval_strategy: no\ngradient_checkpointing: true\n")
    config = grpo(files=(file,))
    assert config.get("training.learning_rate") == 1e-5
    assert config.get("training.eval_strategy") == "no"


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("training: [1\n", "this is not YAML", ":2"),
        ("seed: 1\nseed: 2\n", "'seed' is set twice", ":1 and :2"),
        ("seed: !!foo 3\n", "this is not YAML", ":1"),
        ("- a\n", "a config file is a mapping", ""),
        ("seed: 1\nlearning_rat: 2\n", "unknown key 'learning_rat'", ":2"),
        ("training:\n  seed: x\n", "training.seed: expected integer", ":2"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, what: str, line: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(R1Error) as caught:
        grpo(files=(file,))
    assert what in caught.value.what
    assert caught.value.where.endswith(f"config.yaml{line}")


def test_the_default_preset_completes_what_names_no_dataset(tmp_path: Path) -> None:
    def preset_of(request: Request) -> str | None:
        return resolve(GRPO, request, default_preset="tiny-grpo").preset

    file = tmp_path / "config.yaml"
    file.write_text("seed: 1\n")
    assert preset_of(Request()) == "tiny-grpo"
    assert preset_of(Request(flags=flags("--learning_rate", "1"))) == "tiny-grpo"
    assert preset_of(Request(flags=flags("--model", "m"))) == "tiny-grpo"
    assert preset_of(Request(files=(file,))) == "tiny-grpo"
    for chosen in (flags("--dataset", "d"), flags("--data.dataset_name", "d")):
        assert preset_of(Request(flags=chosen)) is None
    file.write_text("dataset_mixture: {datasets: [{id: a/b}]}\n")
    assert preset_of(Request(files=(file,))) is None


def test_what_is_asked_for_is_not_silenced_by_a_weaker_source(tmp_path: Path) -> None:
    config = grpo("--training.epochs", "0.5", profile="dev")
    assert config.get("training.num_train_epochs") == 0.5
    assert config.get("training.max_steps") == -1
    assert (
        "profile dev: max_steps 20 gives way to flag --training.epochs (as training.epochs)"
        in config.warnings
    )
    config = grpo("--save_steps", "5", profile="dev")
    assert (config.get("training.save_strategy"), config.get("training.save_steps")) == ("steps", 5)
    # One source may say both, and then knows what it says; a stronger one silences again.
    assert grpo("--num_train_epochs", "2", "--max_steps", "7").get("training.max_steps") == 7
    file = tmp_path / "epochs.yaml"
    file.write_text("num_train_epochs: 2\n")
    assert grpo(files=(file,), profile="dev").get("training.max_steps") == 20


def test_groups_with_nothing_in_them_are_empty(tmp_path: Path) -> None:
    file = tmp_path / "empty.yaml"
    groups = "training:\n  batch_size:\nrewards:\n  cosine:\nproject:\nsystem:\ncallbacks:\n  reward_trend:\n"
    file.write_text(groups)
    plain = grpo("--output-dir", "x").values
    assert grpo("--output-dir", "x", files=(file,)).values == plain
    assert grpo("--output-dir", "x", profile="default").values == plain


def test_a_preset_of_another_command_is_refused() -> None:
    with pytest.raises(R1Error, match="preset tiny-sft is for `r1 sft`, not for `r1 grpo`"):
        grpo(preset="tiny-sft")


def test_a_copied_preset_is_a_config_file(tmp_path: Path) -> None:
    copy = tmp_path / "mine.yaml"
    copy.write_text(preset_paths()["tiny-grpo"].read_text())
    assert grpo(preset=None, files=(copy,)).get("training.num_generations") == 8


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("format.tags", "plan,code", ["plan", "code"]),
        ("format.tags", "answer", ["answer"]),
        ("cosine.max_len", "1e3", 1000),
        ("cosine.max_value_wrong", "0", 0.0),
        ("accuracy.unparsable_gold", "null", None),
        # Text stays what it is, also where YAML would read something else in it.
        ("reasoning_steps.pattern", r"Step \d+:", r"Step \d+:"),
        ("reasoning_steps.pattern", "### ", "### "),
        ("judge.model", "7", "7"),
    ],
)
def test_parameters_of_rewards_are_of_their_types(key: str, text: str, value: object) -> None:
    assert grpo(f"--rewards.{key}", text).values[f"rewards.{key}"] == value


def test_parameters_of_a_function_in_a_file_are_of_their_types(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "def own(completions, *, marker: str = '', share: 'float | None' = 1, other=2, **kwargs): 0\n"
    )
    reward = ("--reward", f"{file}:own")
    given = {"marker": ("7", "7"), "share": ("1", 1.0), "other": ("7", 7)}
    for name, (text, value) in given.items():
        assert grpo(*reward, f"--rewards.own.{name}", text).values[f"rewards.own.{name}"] == value
    with pytest.raises(R1Error, match=r"rewards\.own\.share: expected number or null, found 'much'"):
        grpo(*reward, "--rewards.own.share", "much")


def test_parameters_without_annotations_are_of_the_types_of_their_defaults(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "SIZE = 3\n"
        "def own(completions, *, n=200, share=0.5, on=False, word='', size=SIZE, none=None, **kwargs): 0\n"
    )
    reward = ("--reward", f"{file}:own")
    for name, text, value in (
        ("n", "7", 7), ("n", "0.5", 0.5), ("share", "1", 1.0), ("on", "yes", True), ("word", "7", "7"),
        # Nothing is known of None, or of what is not a constant.
        ("size", "7", 7), ("none", "7", 7),
    ):  # fmt: skip
        read = grpo(*reward, f"--rewards.own.{name}", text).values[f"rewards.own.{name}"]
        assert (read, type(read)) == (value, type(value))
    with pytest.raises(R1Error) as caught:
        grpo(*reward, "--rewards.own.n", "abc", "--rewards.own.on", "maybe")
    assert [error.what for error in caught.value.all()] == [
        "rewards.own.n: expected number, found 'abc'",
        "rewards.own.on: expected boolean, found 'maybe'",
    ]


def test_rewards_come_with_weights_of_their_own() -> None:
    assert grpo("--reward", "accuracy,format:0.5").nested()["rewards"] == {
        "reward_funcs": ["accuracy", "format"],
        "reward_weights": [1.0, 0.5],
    }
    both = grpo("--reward_weights", "2,3", "--reward", "accuracy,format")
    assert both.get("rewards.reward_weights") == [2.0, 3.0]


def test_weights_of_a_file_do_not_outlive_its_rewards(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("reward_weights: [1, 2, 3]\nreward_funcs: [a, b, c]\n")
    assert grpo(files=(file,)).get("rewards.reward_weights") == [1.0, 2.0, 3.0]
    assert grpo("--reward", "accuracy", files=(file,)).get("rewards.reward_weights") == [1.0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--reward", "a,b", "--reward_weights", "1"), "2 rewards (a, b) and 1 reward_weights"),
        (("--reward", "a:2,b", "--reward_weights", "1,2"), "both after the names"),
        (("--reward", "a,a"), "named twice"),
        (("--reward", "a,b", "--reward_weights", "1,x"), "reward_weights: expected numbers, found 'x'"),
    ],
)
def test_rewards_and_weights_that_do_not_match_are_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(R1Error) as caught:
        grpo(*words)
    assert message in caught.value.what


def test_a_function_is_no_weight() -> None:
    assert grpo("--reward", "pkg.mod:fn:0.5,accuracy").get("rewards.reward_funcs") == [
        "pkg.mod:fn",
        "accuracy",
    ]


def test_secrets_deep_in_a_value_are_refused_and_tokens_of_text_are_not() -> None:
    with pytest.raises(R1Error, match="is a secret"):
        grpo("--generation_kwargs", '{"a": {"api_key": "hf_secret"}}')
    with pytest.raises(R1Error, match="is a secret"):
        grpo("--rewards.judge.api_key", "hf_secret")
    sft = sft_schema()
    assert resolve(sft, Request(flags=flags("--eos_token", "<|im_end|>"))).get("training.eos_token")
    assert grpo("--rewards.judge.max_tokens", "5").values["rewards.judge.max_tokens"] == 5


def test_a_path_in_a_run_means_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").touch()
    config = grpo("--dataset", "rows.jsonl", "--model", "owner/name")
    assert config.get("data.dataset_name") == str(tmp_path / "rows.jsonl")
    assert config.get("model.model_name_or_path") == "owner/name"


@pytest.mark.parametrize(
    ("command", "path", "written"),
    [
        ("sft", "model.model_name_or_path", "{folder}"),
        ("sft", "data.dataset_name", "{file}"),
        ("sft", "data.chat_template", "{file}"),
        ("sft", "launch.accelerate", "{file}"),
        ("sft", "training.chat_template_path", "{file}"),
        ("sft", "training.accelerator_config", "{file}"),
        ("sft", "training.deepspeed", "{file}"),
        ("sft", "training.fsdp_config", "{file}"),
        ("sft", "data.dataset_mixture", '{{"datasets": [{{"id": "{file}"}}]}}'),
        ("grpo", "rewards.reward_funcs", "[{file}:reward, accuracy]"),
        ("grpo", "rewards.cf_code.testlib", "{file}"),
        ("generate", "generate.pipeline", "{file}"),
        ("generate", "generate.pipeline", "{file}:build"),
        ("generate", "generate.examples", "{file}"),
        ("evaluate", "evaluate.data_dir", "{folder}"),
        ("filter-pass-rate select", "pass_rate.measurements", "[{folder}, {file}]"),
        ("decontaminate", "decontaminate.allow_list", "{file}"),
        ("decontaminate", "decontaminate.data_dir", "{folder}"),
        ("decontaminate", "decontaminate.against", "[gpqa:diamond, {file}:problem]"),
    ],
)
def test_every_path_of_a_config_is_one_from_the_root(
    command: str, path: str, written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.py").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "gpqa").mkdir()  # a benchmark stays one
    value, root = written.format(file="here.py", folder="folder"), f"{tmp_path}/"
    words = flags_of(f"--{path}", value, command=command)
    config = resolve(schema_of(COMMANDS[command]), Request(flags=words))
    assert config.values[path] == yaml.safe_load(
        written.format(file=f"{root}here.py", folder=f"{root}folder")
    )


def test_a_word_is_no_path_whatever_lies_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zero2").touch()
    (tmp_path / "python").touch()
    config = grpo("--launch.accelerate", "zero2", "--reward", "code", "--rewards.code.language", "python")
    assert config.get("launch.accelerate") == "zero2"
    assert config.values["rewards.code.language"] == "python"


@pytest.mark.parametrize(
    "key", ["hub_token", "--training.hub_token", "model_init_kwargs.token", "wandb_api_key"]
)
def test_secrets_are_never_taken(key: str) -> None:
    with pytest.raises(R1Error) as caught:
        grpo(f"--{key.removeprefix('--')}", "hf_secret")
    assert "secret" in caught.value.what
    assert "hf_secret" not in str(caught.value)


def test_every_preset_resolves() -> None:
    assert {"tiny-sft", "tiny-grpo", "qwen1.5b-math", "openr1-distill-7b"} <= set(preset_paths())
    for name, path in preset_paths().items():
        command = yaml.safe_load(path.read_text())["command"]
        schema: Schema = schema_of(COMMANDS[command])
        assert resolve(schema, Request(name)).preset == name
        assert path.read_text().startswith(f"# r1 {command} --preset {name}")


# --- what is written is what is read -----------------------------------------------------------------------


def _values(leaf_types: tuple[str, ...]) -> st.SearchStrategy[object]:
    by_type: dict[str, st.SearchStrategy[object]] = {
        "boolean": st.booleans(),
        "integer": st.integers(-(10**6), 10**6),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "string": st.text(st.characters(codec="utf-8", exclude_categories=["C"])),
        "array": st.lists(st.text(alphabet="abc", min_size=1), max_size=3),
        "object": st.dictionaries(st.text(alphabet="abc", min_size=1), st.integers(0, 9), max_size=3),
        "null": st.none(),
    }
    # What a string alternative would make of a text is the leaf's own business: see test_values.
    useful = [name for name in leaf_types if name != "string"] or ["string"]
    return st.one_of([by_type[name] for name in useful])


_FREE = [
    leaf
    for leaf in GRPO.leaves.values()
    if not leaf.choices and not leaf.path.startswith("rewards.") and leaf.path != "training.output_dir"
]


#: Weakest first.
_SOURCES = ("run", "preset", "file 1", "file 2", "profile", "GRPO_ variable", "R1_ variable", "flag")


@st.composite
def _settings(draw: st.DrawFn) -> dict[str, object]:
    chosen = draw(st.lists(st.sampled_from(_FREE), unique_by=lambda leaf: leaf.path, max_size=8))
    values = {leaf.path: draw(_values(leaf.types)) for leaf in chosen}
    if "data.columns" in values:
        values["data.columns"] = draw(
            st.dictionaries(st.text("abc", min_size=1), st.text("abc1", min_size=1))
        )
    return values


@settings(max_examples=60, deadline=None)
@given(_settings())
def test_any_config_survives_writing_and_reading_and_overriding(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, object]
) -> None:
    base = tuple(Setting(path, value, "test") for path, value in values.items())
    config = resolve(GRPO, Request(base=base))
    file = tmp_path_factory.mktemp("written") / "config.yaml"
    file.write_text(to_yaml(config.nested()), encoding="utf-8")
    # As `r1 rerun` reads it, and as a user's own file.
    again = resolve(GRPO, Request(base=from_tree(yaml.safe_load(file.read_text(encoding="utf-8")), "run")))
    assert again.values == config.values
    assert resolve(GRPO, Request(files=(file,))).values == config.values
    overridden = resolve(GRPO, Request(files=(file,), flags=flags("--training.seed", "7")))
    assert overridden.values == {**config.values, "training.seed": 7}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 10**6), min_size=len(_SOURCES), max_size=len(_SOURCES), unique=True),
    st.sets(st.sampled_from(_SOURCES), min_size=1),
)
def test_the_strongest_source_wins(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], given_by: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("sources")
    values = {name: number for name, number in zip(_SOURCES, numbers, strict=True) if name in given_by}
    files = []
    for name in ("file 1", "file 2"):
        files.append(folder / f"{name}.yaml")
        profile = f"_profiles: {{mine: {{max_steps: {values['profile']}}}}}\n" if "profile" in values else ""
        files[-1].write_text(profile + (f"max_steps: {values[name]}\n" if name in values else ""))
    variables = {
        "GRPO_TRAINING_MAX_STEPS": values.get("GRPO_ variable"),
        "R1_TRAINING__MAX_STEPS": values.get("R1_ variable"),
    }
    request = Request(
        preset="tiny-grpo" if "preset" in values else None,
        files=tuple(files),
        flags=flags("--max_steps", str(values["flag"])) if "flag" in values else (),
        base=(Setting("max_steps", values["run"], "run"),) if "run" in values else (),
        profile="mine" if "profile" in values else None,
    )
    with mock.patch.dict(os.environ, {name: str(value) for name, value in variables.items() if value}):
        config = resolve(GRPO, request)
    strongest = max(given_by, key=_SOURCES.index)
    # The preset says 120.
    assert config.get("training.max_steps") == (120 if strongest == "preset" else values[strongest])


def test_read_yaml_names_each_line(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("# a comment\nmodel: some/model\ntraining:\n  seed: 1\n")
    assert read_yaml(file, "a", GRPO.groups.__contains__).settings == [
        Setting("model", "some/model", "a:2", "a", "some/model"),
        Setting("training.seed", 1, "a:4", "a", "1"),
    ]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("--lr", "--learning_rate"),
        ("--epochs", "--num_train_epochs"),
        ("--bs", "--per_device_train_batch_size"),
        ("--steps", "--max_steps"),
        ("--wandb", "--report_to wandb"),
    ],
)
def test_what_people_say_for_a_key_is_understood(said: str, meant: str) -> None:
    with pytest.raises(R1Error) as caught:
        grpo(said, "1")
    assert caught.value.fix == f"did you mean {meant}?"


def test_a_file_may_be_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_text, args=("seed: 7\nmodel: a/b\n",)).start()
    # It names no dataset, so that everything is read again with the default preset.
    config = resolve(GRPO, Request(files=(pipe,)), "tiny-grpo")
    assert (config.get("training.seed"), config.preset) == (7, "tiny-grpo")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"seed: 1\n---\nseed: 2\n", "the file has several documents"),
        ("system_prompt: caf\u00e9\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(R1Error, match=what):
        grpo(files=(tmp_path / "a.yaml",))


def test_a_file_that_is_nearly_there_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("seed: 1\n")
    with pytest.raises(R1Error) as caught:
        grpo(files=(tmp_path / "recipe.yml",))
    assert caught.value.fix == "did you mean recipe.yaml?"


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("sft", "r1 config show sft --preset NAME"),
        ("grpo", "r1 config show grpo --preset NAME"),
        ("probe", "r1 config show grpo --preset NAME"),
        ("evaluate", "r1 config show evaluate"),
    ],
)
def test_a_missing_file_names_what_prints_one_for_the_command(
    tmp_path: Path, command: str, printed: str
) -> None:
    with pytest.raises(R1Error) as caught:
        resolve(schema_of(COMMANDS[command]), Request(files=(tmp_path / "none.yaml",)))
    assert caught.value.fix == f"name a YAML file: `{printed}` prints one"


def test_the_record_of_a_run_is_a_config_too(tmp_path: Path) -> None:
    run = tmp_path / "my run"
    recorded = grpo("--temperature", "0.7", "--output-dir", str(run))
    run.mkdir()
    record = run / "run.yaml"
    record.write_text(to_yaml(record_of(recorded) | provenance()))
    for command in ("grpo", "probe"):
        flags = flags_of("--seed", "7")
        config = resolve(schema_of(COMMANDS[command]), Request(files=(record,), flags=flags))
        assert config.get("training.temperature") == 0.7
        assert config.get("training.seed") == 7
        assert config.get("training.output_dir") != str(run)
        line = record.read_text().partition("    temperature:")[0].count("\n") + 1
        assert config.origins["training.temperature"] == f"{record}:{line}"
    with pytest.raises(R1Error, match="grpo"):
        resolve(schema_of(COMMANDS["sft"]), Request(files=(record,)))
