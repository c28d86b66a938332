"""``r1 data edit``."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from r1cli.cli.output import say
from r1cli.errors import R1Error


def edit(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET|RUN", help="What `r1 generate` has written, or a dataset.")
    ],
    folder: Annotated[
        Path, typer.Argument(metavar="OUT", help="The new dataset folder; or the same, to edit more of it.")
    ],
    rows: Annotated[str, typer.Option(help="Which rows to open, by number: 0,3,7-9.")] = "0",
) -> None:
    """Change completions by hand: opens rows in $VISUAL or $EDITOR, and writes a dataset with the changes.

    Rows that were changed have true in the column `edited`, and no rewards.
    """
    from r1cli.children import ask
    from r1cli.generate.edit_text import as_text, changed
    from r1cli.runs.locate import run_named

    dataset = str(run_named(dataset) or dataset)
    if folder.exists() and not _is_same(dataset, folder):
        fix = "name another folder, or remove it"
        raise R1Error(f"'{folder}' exists already", where="argument OUT", fix=fix)
    command = _editor()
    request = {"dataset": dataset, "rows": _numbers(rows)}
    opened = ask("r1cli.generate.edit_rows", request)["rows"]
    mark = f"#r1-{os.urandom(2).hex()}"
    with tempfile.NamedTemporaryFile("wb", suffix=".md", prefix="r1-edit-", delete=False) as file:
        file.write(as_text(opened, mark).encode())
    path = Path(file.name)
    try:
        _open(command, path)
        changes = changed(_text_of(path), opened, mark)
        if changes:
            ask("r1cli.generate.edit_rows", {**request, "completions": changes, "folder": str(folder)})
    except R1Error as error:
        error.fix = f"{error.fix}; your text is kept in {path}".removeprefix("; ")
        raise
    path.unlink()
    if not changes:
        say("nothing was changed, so nothing is written")
        return
    say(f"{len(changes)} of {len(opened)} rows changed; written: {folder}\nuse it with --dataset {folder}")


def _is_same(dataset: str, folder: Path) -> bool:
    from r1cli.data.source import find_source

    source = find_source(dataset, "argument DATASET")
    return source.folder is not None and source.folder.resolve() == folder.resolve()


def _editor() -> list[str]:
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    words = shlex.split(command)
    if not words:
        raise R1Error(
            "no editor is set", where="the variable EDITOR", fix="export EDITOR=nano, or another one"
        )
    return words


def _open(command: list[str], path: Path) -> None:
    try:
        done = subprocess.run([*command, str(path)], check=False)
    except OSError as error:
        raise R1Error(
            f"the editor cannot be started: {error}", where=" ".join(command), fix="set EDITOR to another one"
        ) from None
    if done.returncode:
        raise R1Error(
            f"the editor ended with exit code {done.returncode}", where=" ".join(command), exit_code=1
        )


def _text_of(path: Path) -> str:
    # Line breaks as they are: a completion may have others than an editor writes.
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise R1Error(f"the text cannot be read: {error}", where=str(path)) from None


def _numbers(text: str) -> list[int]:
    """The numbers of ``0,3,7-9``, each once, in their order."""
    found: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) < int(first)):
            fix = "write numbers and ranges, as 0,3,7-9"
            raise R1Error(f"'{part}' is not the number of a row", where="flag --rows", fix=fix)
        found |= dict.fromkeys(range(int(first), int(last or first) + 1))
    return list(found)
