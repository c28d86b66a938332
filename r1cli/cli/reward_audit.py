"""``r1 reward audit-gold`` and ``disagree``: reference answers, and those who judge by them."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from r1cli.cli import options
from r1cli.cli.keys import Keys, of_schemas, takes_keys
from r1cli.cli.output import emit, print_table, say
from r1cli.cli.reward_flags import choice_schemas, flags_of

#: Characters of a gold or an answer that is shown.
_SHOWN = 100


def audit_gold(
    dataset: Annotated[
        str,
        typer.Argument(help="As --dataset takes it: a Hub id, a file or folder, ...", show_default=False),
    ],
    column: Annotated[
        str, typer.Option("--columns.solution", "--column", help="The column of reference answers.")
    ] = "solution",
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many rows are looked at; all by default.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show which of a dataset's reference answers cannot be read, and which deserve a look.

    Exits 1 when any cannot be read.
    """
    from r1cli.children import ask
    from r1cli.data import hub
    from r1cli.data.source import find_source
    from r1cli.prepare.reach import require_items

    where = "argument DATASET"
    if find_source(dataset, where).kind == "hub":
        require_items([(hub.HubItem(hub.DATASET, dataset), where)])
    request = {"dataset": dataset, "column": column, "limit": limit}
    result = ask("r1cli.rewards.audit", request)
    if as_json:
        emit(json.dumps({**request, **result}, indent=2))
    else:
        _show_golds(("row", "id", "why", "gold"), result["unparsable"])
        _show_golds(("row", "id", "deserves a look", "gold", "read as"), result["look"])
    rows, found, look = result["rows"], len(result["unparsable"]), len(result["look"])
    say(f"{rows:,} reference answers: {found:,} cannot be read whole, {look:,} deserve a look")
    if result["text"]:
        say(f"{result['text']:,} of them are text, of which only the wording can be compared")
    if found:
        raise typer.Exit(1)


@takes_keys(of_schemas(choice_schemas, standalone=1))
def disagree(
    keys: Keys,
    file: Annotated[
        str,
        typer.Argument(
            help="jsonl, json, csv or parquet: a completion and a solution in each row.", show_default=False
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """List the rows on which r1's verdict, plain math-verify and lighteval's metric differ.

    --columns.solution answer renames a column. lighteval is asked if it is installed.
    """
    from dataclasses import asdict

    from r1cli.config.groups.data import Columns
    from r1cli.plugins.registry import find_reward
    from r1cli.rewards.choice import choose, verdict_parameters
    from r1cli.rewards.disagree import disagreements
    from r1cli.rewards.files import read_completions

    config = choose("reward disagree", (*flags_of({"reward": "accuracy"}), *keys.settings))
    rows = read_completions(file, config.section(Columns).columns, [find_reward("accuracy")])
    found, silence = disagreements(rows, verdict_parameters("accuracy", config))
    if as_json:
        emit(json.dumps([asdict(one) for one in found], indent=2))
    elif found:
        names = list(found[0].verdicts)
        said = {True: "right", False: "wrong", None: "cannot say"}
        print_table(
            ("row", "gold", "answer", *names),
            [
                (
                    str(one.row),
                    _cut(one.gold),
                    _cut(one.answer),
                    *(said[one.verdicts[n]] for n in names),
                )
                for one in found
            ],
        )
    if silence:
        say(f"lighteval was not used: {silence}")
    say(f"the verifiers differ on {len(found)} of {len(rows.completions)} rows")


def _show_golds(headings: Sequence[str], found: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        (
            str(row["row"]),
            "" if row["id"] is None else str(row["id"]),
            row["reason"],
            _cut(json.dumps(row["gold"], ensure_ascii=False)),
            *([_cut(row["read"])] if "read" in row else []),
        )
        for row in found
    ]
    if rows:
        print_table(headings, rows)


def _cut(text: str) -> str:
    """A text as a table has it: not too long, and with signs that nobody sees written out."""
    text = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
