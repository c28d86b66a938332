"""``r1 completion``: its scripts, called by the shells that are installed here."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from r1cli.cli.app import load_command, summaries
from r1cli.cli.completion import completion, script
from r1cli.cli.completion_tables import SHELLS, Tables, tables
from tests.conftest import REPOSITORY, RunR1

BASH, ZSH, FISH = (shutil.which(shell) for shell in SHELLS)
#: Names that a shell must neither run nor break.
ODD = ("it's", "$(touch made)", "`touch made`", 'say "x"', "two words", "back\\slash", "*")

_CALL = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_r1
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def known() -> Tables:
    return tables(list(summaries()), load_command)


@pytest.fixture(scope="module")
def scripts(known: Tables, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        (folder / shell).write_text(script(shell, known), encoding="utf-8")
    return {shell: folder / shell for shell in SHELLS}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs and two files, as the current one."""
    for name in ("runs/grpo-a", "runs/my run; x", "data"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a file.yaml", "base.yaml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def in_bash(file: Path, *words: str) -> list[str]:
    """What bash completes. It finds no program at all: none may be started."""
    done = subprocess.run(
        [str(BASH), "--norc", "-c", _CALL, "bash", file, *words],
        env={"PATH": "/nonexistent"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line]


needs_bash = pytest.mark.skipif(BASH is None, reason="bash is not installed")


@needs_bash
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("r1 eva", ["evaluate"]),
        ("r1 --ver", ["--version"]),
        ("r1 runs com", ["compare"]),
        ("r1 evaluate aime2", ["aime24", "aime25"]),
        ("r1 evaluate run aime24 mat", ["math_500", "math"]),
        ("r1 evaluate --compa", ["--compare"]),
        ("r1 grpo --learning_r", ["--learning_rate"]),
        ("r1 grpo --learning-r", ["--learning_rate"]),
        ("r1 grpo --output_d", ["--output-dir"]),
        ("r1 grpo --training.learn", ["--training.learning_rate"]),
        ("r1 grpo --rewards.cosine.max_l", ["--rewards.cosine.max_len"]),
        ("r1 slurm submit --parti", ["--partition"]),
        ("r1 grpo --preset tiny", ["tiny-code", "tiny-grpo"]),
        ("r1 grpo --preset = tiny-g", ["tiny-grpo"]),
        ("r1 grpo --profile d", ["dev", "default"]),
        ("r1 grpo --reward accuracy,form", ["accuracy,format"]),
        ("r1 grpo --lr_scheduler_type inv", ["inverse_sqrt"]),
        ("r1 grpo --code.provider pis", ["piston"]),
        ("r1 sft --use_peft t", ["true"]),
        ("r1 sft --launch.accelerate zero", ["zero2", "zero3"]),
        ("r1 slurm submit evaluate aime24 --num_prob", ["--num-problems"]),
        ("r1 config show sft --neftune", ["--neftune_noise_alpha"]),
        ("r1 config keys deco", ["decontaminate"]),
        ("r1 presets show zero", ["zero2", "zero3"]),
        ("r1 engine install l", ["lighteval"]),
        ("r1 completion f", ["fish"]),
        ("r1 sft --seed 4", []),
        ("r1 nonsense x", []),
    ],
)
def test_bash_completes(scripts: dict[str, Path], words: str, found: list[str]) -> None:
    assert in_bash(scripts["bash"], *words.split()) == found


@needs_bash
def test_bash_replaces_only_what_stands_behind_a_colon(scripts: dict[str, Path]) -> None:
    assert in_bash(scripts["bash"], "r1", "evaluate", "gpqa", ":", "dia") == ["diamond"]


@needs_bash
@pytest.mark.parametrize(
    "before", ["runs show", "rerun", "serve", "evaluate", "grpo --model", "evaluate --run="]
)
def test_bash_lists_runs_and_files_itself(scripts: dict[str, Path], place: Path, before: str) -> None:
    words = ["r1", *before.replace("=", " = ").split()]
    assert in_bash(scripts["bash"], *words, "runs/g") == ["runs/grpo-a"]
    if before != "grpo --model":
        assert in_bash(scripts["bash"], *words, "grpo-") == ["grpo-a"]
    # What is typed may be quoted; bash quotes what is inserted.
    for typed in (r"runs/my\ r", "'runs/my r"):
        assert in_bash(scripts["bash"], *words, typed) == ["runs/my run; x"]


@needs_bash
def test_bash_lists_files_for_options_that_take_them(scripts: dict[str, Path], place: Path) -> None:
    assert in_bash(scripts["bash"], "r1", "sft", "--config", "b") == ["base.yaml"]
    assert in_bash(scripts["bash"], "r1", "sft", "--config", "a") == ["a file.yaml"]
    assert in_bash(scripts["bash"], "r1", "sft", "--output-dir", "d") == ["data"]


@needs_bash
def test_bash_quotes_odd_names_and_runs_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "script"
    file.write_text(script("bash", {"commands": ODD}), encoding="utf-8")
    found = in_bash(file, "r1", "")
    assert [shlex.split(each) for each in found] == [[name] for name in ODD]
    assert [each.name for each in tmp_path.iterdir()] == ["script"]


def test_every_command_and_key_is_there(known: Tables) -> None:
    assert known["commands"] == tuple(summaries())
    assert set(known["commands filter-pass-rate"]) == {"run", "measure", "select"}
    for node in known["commands"]:
        assert f"options {node}" in known or f"commands {node}" in known
    options = [
        line for name, table in known.items() if name.split()[0] in ("options", "keys") for line in table
    ]
    kinds = {kind for line in options if line.startswith("--") for kind in line.split()[1].split("+")}
    listed = {name.removeprefix("values ") for name in known if name.startswith("values ")}
    assert {kind.rstrip(",") for kind in kinds} - listed == {"-", "any", "file", "dir", "run"}


def test_a_name_that_is_not_one_line_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = tables(["doctor", "two\nlines"], lambda name: load_command("doctor"))
    assert made["commands"] == ("doctor",)


@pytest.mark.skipif(ZSH is None, reason="zsh is not installed")
def test_zsh_completes(scripts: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "odd").write_text(script("zsh", {"commands": ODD}), encoding="utf-8")
    call = "compdef() {}; source $1; shift; _r1_resolve_as_sh $@; print -rn -- $_r1_reply"

    def complete(file: Path, *words: str) -> list[str]:
        done = subprocess.run(
            [str(ZSH), "-f", "-c", call, "zsh", file, *words],
            capture_output=True, text=True, check=True, cwd=tmp_path,
        )  # fmt: skip
        return done.stdout.splitlines()

    assert complete(scripts["zsh"], "evaluate", "aime2") == ["aime24", "aime25"]
    assert complete(scripts["zsh"], "grpo", "--reward", "accuracy,form") == ["accuracy,format"]
    assert complete(scripts["zsh"], "grpo", "--preset=tiny-g") == ["--preset=tiny-grpo"]
    assert complete(scripts["zsh"], "config", "show", "sft", "--neftune") == ["--neftune_noise_alpha"]
    assert complete(tmp_path / "odd", "") == list(ODD)
    assert not (tmp_path / "made").exists()


@pytest.mark.skipif(FISH is None, reason="fish is not installed")
def test_fish_completes(scripts: dict[str, Path], place: Path) -> None:
    (place / "odd").write_text(script("fish", {"commands": ODD}), encoding="utf-8")

    def complete(file: Path, line: str) -> list[str]:
        done = subprocess.run(
            [str(FISH), "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", file, line],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.splitlines()

    assert complete(scripts["fish"], "r1 evaluate aime2") == ["aime24", "aime25"]
    assert complete(scripts["fish"], "r1 grpo --reward accuracy,form") == ["accuracy,format"]
    assert complete(scripts["fish"], "r1 grpo --preset=tiny-g") == ["--preset=tiny-grpo"]
    assert complete(scripts["fish"], "r1 config show sft --neftune") == ["--neftune_noise_alpha"]
    assert "runs/my run; x" in complete(scripts["fish"], "r1 runs show runs/my")
    assert "my run; x" in complete(scripts["fish"], "r1 runs show my")
    assert sorted(complete(place / "odd", "r1 ")) == sorted(ODD)
    assert not (place / "made").exists()


def test_the_lines_of_the_help_and_of_the_guide_are_the_same_and_make_their_folders(tmp_path: Path) -> None:
    guide = (REPOSITORY / "docs" / "install.md").read_text(encoding="utf-8")
    section = guide.partition("## Completion in the shell\n")[2].partition("\n## ")[0]
    lines = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    shown = [line.strip() for line in str(completion.__doc__).splitlines() if line.startswith(" " * 8)]
    assert lines == shown
    script = "\n".join(["set -e", 'r1() { echo "$2"; }', *lines])
    subprocess.run(["sh", "-c", script], env={**os.environ, "HOME": str(tmp_path)}, check=True)
    assert (tmp_path / ".zfunc" / "_r1").read_text() == "zsh\n"


def test_the_command_prints_a_script_and_knows_its_shells(main: RunR1) -> None:
    assert main("completion", "zsh").stdout.startswith("#compdef r1\n")
    result = main("completion", "powershell")
    assert (result.returncode, result.stdout) == (2, "")
    assert "bash, zsh, fish" in result.stderr


@pytest.mark.parametrize("words", [(), ("evaluate",), ("runs", "show"), ("grpo",)])
def test_help_shows_no_completion_of_typers_own(main: RunR1, words: tuple[str, ...]) -> None:
    shown = main(*words, "--help").stdout
    assert "--install-completion" not in shown
    assert "--show-completion" not in shown
