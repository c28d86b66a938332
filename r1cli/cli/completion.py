"""``r1 completion``."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from r1cli.cli.completion_tables import Tables


def completion(shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print a script that completes commands, keys, presets, rewards and benchmarks: r1 completion bash.

    In bash, zsh (in any folder of $fpath) and fish:

        mkdir -p ~/.local/share/bash-completion/completions
        r1 completion bash > ~/.local/share/bash-completion/completions/r1

        mkdir -p ~/.zfunc
        r1 completion zsh > ~/.zfunc/_r1

        mkdir -p ~/.config/fish/completions
        r1 completion fish > ~/.config/fish/completions/r1.fish

    The shell lists runs and files itself, and starts no Python. Print it again when r1 or plugins change.
    """
    from r1cli.cli.app import load_command, summaries
    from r1cli.cli.completion_tables import SHELLS, tables
    from r1cli.cli.output import emit
    from r1cli.errors import R1Error, did_you_mean

    if shell not in SHELLS:
        fix = did_you_mean(shell, SHELLS, f"there are {', '.join(SHELLS)}")
        raise R1Error(f"no completion for '{shell}'", where="argument SHELL", fix=fix)
    emit(script(shell, tables(list(summaries()), load_command)))


def script(shell: str, known: "Tables") -> str:
    """The script of a shell that completes from some tables."""
    from importlib.resources import files

    folder = files("r1cli.cli") / "shells"
    names = ("fish.fish",) if shell == "fish" else ("words.sh", f"{shell}.sh")
    code = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    first = "#compdef r1\n" if shell == "zsh" else ""
    note = f"# Completion of r1 in {shell}, as `r1 completion {shell}` prints it.\n"
    table = _fish_table(known) if shell == "fish" else _sh_table(known)
    return f"{first}{note}{table}\n{code}"


def _sh_table(known: "Tables") -> str:
    import shlex

    cases = [
        f"    {' | '.join(map(shlex.quote, names))}) _r1_lines={shlex.quote(chr(10).join(lines))} ;;"
        for lines, names in _by_lines(known).items()
    ]
    body = "\n".join(cases)
    return f"_r1_table() {{\n    case $1 in\n{body}\n    *) _r1_lines='' && return 1 ;;\n    esac\n}}\n"


def _fish_table(known: "Tables") -> str:
    cases = []
    for lines, names in _by_lines(known).items():
        cases += [f"        case {' '.join(map(_fish_quote, names))}"]
        cases += [f"            printf '%s\\n' {_fish_quote(chr(10).join(lines))}"]
    body = "\n".join(cases)
    return f'function __r1_table\n    switch "$argv[1]"\n{body}\n    end\nend\n'


def _fish_quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _by_lines(known: "Tables") -> "dict[tuple[str, ...], list[str]]":
    """The names of each table: equal tables are written once, and empty ones not at all."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name, lines in known.items():
        if lines:
            found.setdefault(lines, []).append(name)
    return found
