"""Reads and writes the rows of ``r1 data edit``: ``python -m r1cli.generate.edit_rows CONNECTION``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasets import Dataset, Features, Value

from r1cli.children import answer
from r1cli.config.groups.data import Data
from r1cli.data.dataset_folder import Card, write_dataset
from r1cli.data.lineage import Step, input_of, public_name
from r1cli.data.load import load_rows
from r1cli.errors import R1Error
from r1cli.generate.output_rows import parts_of

#: The column that says which rows a person has changed.
EDITED = "edited"
_WHERE = "argument DATASET"
# What was measured of the completion as the model wrote it.
_MEASURED = ("completion_tokens", "seconds", "rewards", "reward", "fault")


def work(request: dict[str, Any]) -> dict[str, Any]:
    """Reads rows, or writes a dataset with some of them changed.

    Args:
        request: ``dataset``, and either ``rows``, the numbers of those to read; or ``completions`` by number,
            and ``folder``, the new dataset.

    Returns:
        ``rows`` as `edit_text.as_text` takes them; or the number of ``rows`` that were written.
    """
    rows = load_rows(Data(dataset_name=request["dataset"]), "train")
    if "completion" not in rows.column_names or rows.features["completion"] != Value("string"):
        raise R1Error(
            "the dataset has no column `completion` of texts",
            where=_WHERE,
            fix="edit what `r1 generate` has written, or rename a column in it",
        )
    if "completions" not in request:
        return {"rows": [_shown(rows, number) for number in request["rows"]]}
    changes = {int(number): text for number, text in request["completions"].items()}
    return {"rows": _write(rows, changes, request["dataset"], Path(request["folder"]))}


def _shown(rows: Dataset, number: int) -> dict[str, Any]:
    if not 0 <= number < len(rows):
        fix = f"the dataset has {len(rows)} rows, from 0"
        raise R1Error(f"there is no row {number}", where="flag --rows", fix=fix)
    row = rows[number]
    prompt = row.get("prompt")
    if isinstance(prompt, list):
        prompt = "\n".join(f"{turn['role']}: {turn['content']}" for turn in prompt)
    return {
        "number": number,
        "name": str(row.get("id") or ""),
        "prompt": str(prompt or ""),
        "completion": row["completion"] or "",
    }


def _write(rows: Dataset, changes: Mapping[int, str], name: str, folder: Path) -> int:
    features = Features({**rows.features, EDITED: Value("bool")})
    count = len(changes)
    earlier = sum(map(bool, rows[EDITED])) if EDITED in rows.column_names else 0
    step = Step("data edit", [input_of(name, None, _WHERE, len(rows))], {}, {"edited": count})
    summary = f"A person has changed {count} of the {len(rows)} completions" + (
        f", and {earlier} before." if earlier else "."
    )
    summary += f" Their column `{EDITED}` is true."
    card = Card(f"{public_name(name)}, edited", summary, figures=step.figures)
    return write_dataset(folder, features, _edited(rows, changes), card, step)


def _edited(rows: Dataset, changes: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows):
        text = changes.get(number)
        if text is None:
            yield {**row, EDITED: bool(row.get(EDITED))}
            continue
        reasoning, answer = parts_of(text)
        said = {"completion": text, "reasoning": reasoning, "answer": answer, "finish_reason": "stop"}
        new = {**said, **dict.fromkeys(_MEASURED), EDITED: True}
        yield {**row, **{name: value for name, value in new.items() if name in row or name == EDITED}}


if __name__ == "__main__":
    answer(work)
