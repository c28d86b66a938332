"""A command line is parsed once: each rule, over drawn keys, values and orders."""

from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r1cli.commands import COMMANDS, Command, visible_commands
from r1cli.config.arguments import ANY_NUMBER, OwnOption, Parsed, Rules, parse, parse_command
from r1cli.config.schema import schema_of
from r1cli.config.settings import Setting
from r1cli.errors import R1Error

OPTIONS = {
    "--config": OwnOption(takes_value=True, may_repeat=True),
    "--preset": OwnOption(takes_value=True),
    "--dry-run": OwnOption(),
    "--set": OwnOption(takes_value=True, may_repeat=True),
}
VISIBLE = {row.name: row for row in visible_commands()}

WORD = st.from_regex(r"[a-z][a-z0-9_./]{2,8}", fullmatch=True).filter(
    lambda word: word not in ("true", "false", *VISIBLE)
)
SINGLE = st.sampled_from(["--model", "--learning_rate", "--max-steps", "--dtype", "--training.seed"])
LIST = st.sampled_from(["--reward", "--reward_funcs", "--lora_target_modules", "--report-to"])
SWITCH = st.sampled_from(["--offline", "--bf16", "--use_peft", "--no_wandb", "--load-in-4bit"])


def rules(name: str) -> Rules:
    row = COMMANDS[name]
    return Rules((schema_of(row),), OPTIONS, 0 if row.positional is None else ANY_NUMBER)


def read(name: str, words: Sequence[str]) -> Parsed:
    return parse(words, rules(name))


def keys(parsed: Parsed) -> dict[str, object]:
    return {setting.key: setting.value for setting in parsed.settings}


@given(SINGLE, WORD, st.booleans())
def test_any_other_key_takes_the_next_word(key: str, value: str, equals: bool) -> None:
    words = [f"{key}={value}"] if equals else [key, value]
    assert keys(read("grpo", words)) == {key[2:]: value}


@given(LIST, st.lists(WORD, min_size=1, max_size=4), SWITCH)
def test_a_list_takes_several_words_where_none_stands_alone(key: str, values: list[str], end: str) -> None:
    parsed = read("grpo", [key, *values, end])
    expected = values[0] if len(values) == 1 else values
    assert keys(parsed) == {key[2:]: expected, end[2:]: True}


@given(st.lists(WORD, min_size=1, max_size=4))
def test_a_list_takes_one_word_where_others_stand_alone(words: list[str]) -> None:
    parsed = read("evaluate", ["--reward", *words])
    assert keys(parsed) == {"reward": words[0]}
    assert parsed.words == words[1:]


@given(st.lists(st.lists(WORD, min_size=1, max_size=3), min_size=2, max_size=3), st.booleans())
def test_a_repeated_list_adds(parts: list[list[str]], commas: bool) -> None:
    calls = [["--reward", ",".join(part)] if commas else ["--reward", *part] for part in parts]
    parsed = read("grpo", [*chain(*calls)])
    assert keys(parsed) == {"reward": [*chain(*parts)]}
    assert not parsed.notes


def test_two_names_of_a_list_add_too() -> None:
    assert keys(read("grpo", ["--reward", "accuracy", "--reward_funcs", "format:0.2"])) == {
        "reward": ["accuracy", "format:0.2"]
    }


@given(SINGLE, WORD, WORD)
def test_of_a_repeated_value_the_last_counts_and_one_line_says_so(key: str, first: str, last: str) -> None:
    parsed = read("sft", [key, first, key, last])
    assert keys(parsed) == {key[2:]: last}
    assert len(parsed.notes) == (first != last)
    assert all(last in note for note in parsed.notes)


@given(SWITCH, st.sampled_from(["true", "false", "True"]))
def test_a_switch_takes_a_boolean(key: str, value: str) -> None:
    assert keys(read("sft", [key, value])) == {key[2:]: value}


@given(SWITCH, WORD)
def test_a_wrong_value_of_a_switch_is_left_to_the_schema(key: str, word: str) -> None:
    assert keys(read("sft", [key, word])) == {key[2:]: word}


@given(st.sampled_from(["--offline"]), WORD)
def test_a_switch_leaves_every_other_word(key: str, word: str) -> None:
    parsed = read("evaluate", [key, word])
    assert keys(parsed) == {key[2:]: True}
    assert parsed.words == [word]


@given(st.permutations([("--temperature", "0"), ("--offline",), ("tiny_sum",), ("--config", "evaluate")]))
def test_words_may_stand_anywhere(parts: list[tuple[str, ...]]) -> None:
    parsed = read("evaluate", [*chain(*parts)])
    assert keys(parsed) == {"temperature": "0", "offline": True}
    assert parsed.words == ["tiny_sum"]
    assert parsed.options == ["--config", "evaluate"]


@given(st.lists(WORD, min_size=1, max_size=4), st.sampled_from([",", ", ", " , "]), st.booleans())
def test_a_list_in_brackets_is_one_value_however_a_shell_splits_it(
    items: list[str], gap: str, equals: bool
) -> None:
    text = f"[{gap.join(items)}]"
    for name in ("grpo", "evaluate"):
        line = (f"--reward={text}" if equals else f"--reward {text}") + " --seed 1"
        found = keys(read(name, line.split()))
        assert [item.strip() for item in str(found["reward"])[1:-1].split(",")] == items
        assert found["seed"] == "1"


def test_what_can_be_read_in_two_ways_is_refused_with_both() -> None:
    # scale_rewards is true, false, or a word.
    row = Command("both", "", schema=COMMANDS["grpo"].schema, plan="")
    both = Rules((schema_of(row),), {}, standalone=ANY_NUMBER)
    with pytest.raises(R1Error) as caught:
        parse(["--scale_rewards", "batch"], both)
    assert "--scale_rewards=batch" in caught.value.fix
    assert "--scale_rewards=true batch" in caught.value.fix
    assert keys(parse(["--scale_rewards", "tiny_sum"], both)) == {"scale_rewards": True}
    assert keys(parse(["--scale_rewards", "batch"], rules("grpo"))) == {"scale_rewards": "batch"}


@pytest.mark.parametrize("words", [["word"], ["--model", "a", "word"], ["-x"], ["--"]])
def test_a_word_that_is_nothing_is_refused(words: list[str]) -> None:
    with pytest.raises(R1Error, match="unexpected argument"):
        read("sft", words)


def test_a_negative_number_is_a_value() -> None:
    assert keys(read("grpo", ["--beta", "-0.5", "--max_steps", "-1"])) == {"beta": "-0.5", "max_steps": "-1"}


def named(words: Sequence[str]) -> tuple[str, Parsed]:
    return parse_command(words, VISIBLE, lambda row: rules(row.name))


@given(
    st.sampled_from(["sft", "grpo"]),
    st.permutations([["--nodes", "2"], ["--offline"], ["--dataset", "evaluate"], ["--config", "serve"]]),
    st.integers(0, 4),
)
def test_the_command_is_the_first_word_that_names_one_and_is_no_value(
    name: str, parts: list[list[str]], place: int
) -> None:
    words = [*chain(*parts[:place]), name, *chain(*parts[place:])]
    found, parsed = named(words)
    assert found == name
    assert keys(parsed) == {"nodes": "2", "offline": True, "dataset": "evaluate"}
    assert not parsed.words


@given(st.lists(WORD, min_size=1, max_size=3), st.sampled_from(["sft", "grpo"]))
def test_a_list_before_the_command_ends_at_it(values: list[str], name: str) -> None:
    found, parsed = named(["--lora_target_modules", *values, name])
    assert found == name
    assert keys(parsed) == {"lora_target_modules": values[0] if len(values) == 1 else values}


def test_a_list_behind_the_command_may_hold_a_commands_name() -> None:
    name, parsed = named(["grpo", "--reward", "accuracy", "sft"])
    assert (name, keys(parsed)) == ("grpo", {"reward": ["accuracy", "sft"]})


def test_words_behind_a_command_are_its_own() -> None:
    name, parsed = named(["--array", "0-7", "evaluate", "serve", "tiny_sum"])
    assert (name, parsed.words) == ("evaluate", ["serve", "tiny_sum"])


def test_a_command_that_would_leave_words_over_is_not_meant() -> None:
    name, parsed = named(["--lora_target_modules", "q_proj", "sft", "grpo"])
    assert (name, keys(parsed)) == ("grpo", {"lora_target_modules": ["q_proj", "sft"]})


@given(st.sampled_from(["--report_to", "--callbacks"]), WORD)
def test_a_command_line_with_two_readings_is_refused_with_both(key: str, word: str) -> None:
    with pytest.raises(R1Error, match="can be read in two ways") as caught:
        named(["--lora_target_modules", "q_proj", "sft", key, word, "grpo"])
    first, second = (
        f"--lora_target_modules=q_proj {key}={word},grpo",
        f"--lora_target_modules=q_proj,sft {key}={word}",
    )
    assert f"`sft {first}` or `grpo {second}`" in caught.value.what


def test_why_no_word_names_the_command() -> None:
    with pytest.raises(R1Error, match="unknown command 'stf'") as caught:
        named(["stf", "--nodes", "2"])
    assert "sft" in caught.value.fix
    with pytest.raises(R1Error, match="unexpected argument 'more'"):
        named(["sft", "more"])
    with pytest.raises(R1Error, match="no word names the command"):
        named(["--nodes", "2"])
    # It has taken the command for its value.
    with pytest.raises(R1Error, match="unknown key 'offlin'"):
        named(["--offlin", "sft"])
    with pytest.raises(R1Error, match="unexpected argument 'serve'"):
        named(["sft", "--offline", "true", "serve"])


@pytest.mark.parametrize(
    ("word", "fix"),
    [
        ("mine.yaml", "a config file needs its option: --config mine.yaml"),
        ("data/mine.jsonl", "a file of rows needs its option: --dataset data/mine.jsonl"),
        ("tiny-grpo", "a preset needs its option: --preset tiny-grpo"),
        ("-max_steps", "options begin with two hyphens: --max_steps"),
        ("-N", "sbatch's -N is --nodes here"),
        ("-N2", "sbatch's -N is --nodes here"),
        ("\u2013max_steps", "options begin with two hyphens: --max_steps"),
        ("\u2014max_steps", "options begin with two hyphens: --max_steps"),
        ("--", "options are written --key value or --key=value"),
        ("", "options are written --key value or --key=value"),
    ],
)
def test_a_word_that_is_nearly_an_option(word: str, fix: str) -> None:
    with pytest.raises(R1Error, match="unexpected argument") as caught:
        read("sft", [word])
    assert caught.value.fix.startswith(fix)


def test_settings_say_where_they_come_from() -> None:
    assert read("sft", ["--max-steps", "3"]).settings == [
        Setting("max-steps", "3", "flag --max-steps", "flags")
    ]


@given(st.sampled_from(["2", "0,3"]), st.sampled_from(["4", "1"]))
def test_a_list_that_may_be_a_number_does_not_grow(first: str, last: str) -> None:
    """`--gpus 2 --gpus 4` does not mean two ids."""
    parsed = read("sft", ["--gpus", first, "--gpus", last])
    assert keys(parsed) == {"gpus": last}
    assert parsed.notes == [f"--gpus is given twice: {last} counts"]


@given(LIST, WORD)
def test_a_bare_list_is_a_mistake_and_not_the_word_true(key: str, word: str) -> None:
    values = [setting.value for setting in read("grpo", [key, key, word]).settings]
    assert values == [True, word]


@given(WORD, WORD, st.booleans())
def test_set_is_the_key_itself(first: str, last: str, flag: bool) -> None:
    one = ["--reward", first] if flag else ["--set", f"reward={first}"]
    assert keys(read("grpo", [*one, "--set", f"reward={last}"])) == {"reward": [first, last]}
    single = read("grpo", ["--model", first, "--set", f"model={last}"])
    assert keys(single) == {"model": last}
    with pytest.raises(R1Error, match="has no value"):
        read("grpo", ["--set", first])


@given(WORD, WORD)
def test_of_a_repeated_own_option_the_last_counts_too(first: str, last: str) -> None:
    parsed = read("grpo", ["--preset", first, "--offline", "--preset", last])
    assert parsed.options == ["--preset", last]
    assert len(parsed.notes) == (first != last)
    files = read("grpo", ["--config", first, "--config", last])
    assert (files.options, files.notes) == (["--config", first, "--config", last], [])
    with pytest.raises(R1Error, match="'--preset' has no value"):
        read("grpo", ["--preset", "--offline"])


@given(
    st.sampled_from(["--do_train", "--overwrite_output_dir", "--disable_tqdm"]),
    st.sampled_from(["sft", "grpo"]),
)
def test_a_dropped_switch_is_a_switch(key: str, name: str) -> None:
    found, parsed = named([key, name])
    assert (found, keys(parsed)) == (name, {key[2:]: True})
