"""A mixture as a dataset folder: ``python -m r1cli.data.write_mixture CONNECTION``, for ``r1 data mix``."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasets import Dataset

from r1cli.children import answer
from r1cli.commands import find_command
from r1cli.config.groups.data import Data
from r1cli.data.chats import PROMPTS
from r1cli.data.dataset_folder import Card, DatasetWriter
from r1cli.data.lineage import FROM, ROW, Input, Step, input_of, public_name, read_lineage
from r1cli.data.load import Needed, finished_part
from r1cli.data.map_rows import row_number
from r1cli.data.mix_rows import mix
from r1cli.data.mixture import MIXTURE, Mixture, Part, read_mixture
from r1cli.errors import R1Error


def write(request: dict[str, Any]) -> dict[str, Any]:
    """Writes a mixture.

    Args:
        request: ``data``, the section of a config; ``file``, which has it; ``folder``, the new one;
            ``trains``, the name of a command whose shape the rows get where the datasets have different ones.

    Returns:
        ``rows`` from each dataset, and the ``hash`` of all of them in their order.
    """
    data, folder = Data(**request["data"]), Path(request["folder"])
    mixture = read_mixture(data.dataset_mixture, request["file"])
    rows = mixed(data, mixture, request["trains"])
    counts = Counter(rows[FROM])
    names = [public_name(part.id) for part in mixture.parts]
    settings = {"seed": mixture.seed, "datasets": [_settings(part) for part in mixture.parts]}
    figures = {f"rows from {name}": counts[name] for name in dict.fromkeys(names)}
    step = Step("data mix", [_input(part, counts) for part in mixture.parts], settings, figures)
    card = Card(f"A mixture of {len(names)} datasets", "The rows are shuffled.", figures=figures)
    with DatasetWriter(folder, rows.features) as writer:
        for table in rows.with_format("arrow").iter(batch_size=1_000):
            writer.add_table(table)
        writer.finish(card, step)
    return {"rows": {name: counts[name] for name in names}, "hash": read_lineage(folder)["hash"]}


def mixed(
    data: Data,
    mixture: Mixture,
    trains: str,
    name_of: Callable[[Part], str] = lambda part: public_name(part.id),
) -> Dataset:
    """The rows of a mixture in their order, each with the columns `FROM` and `ROW`.

    Args:
        data: the section of a config.
        mixture: that it describes.
        trains: as in `write`.
        name_of: what `FROM` says of a dataset.
    """

    def mix_as(needed: Needed) -> Dataset:
        return mix(mixture, lambda rows, part: _marked(data, needed, rows, part, name_of(part)))

    try:
        return mix_as(())
    except R1Error:
        # Datasets of different shapes may have the same columns in r1's own.
        return mix_as([*find_command(trains, hidden=True).columns, *PROMPTS])


def _marked(data: Data, needed: Needed, rows: Dataset, part: Part, name: str) -> Dataset:
    numbers = [row_number(rows, index) for index in range(len(rows))]
    made = finished_part(data, needed, rows, part)
    # A row of an earlier mixture says already where it is from.
    made = made.remove_columns([name for name in (FROM, ROW) if name in made.column_names])
    return made.add_column(FROM, [name] * len(made)).add_column(ROW, numbers)


def _input(part: Part, counts: Counter[str]) -> Input:
    return input_of(part.id, part.config, MIXTURE, counts[public_name(part.id)])


def _settings(part: Part) -> dict[str, Any]:
    given = {
        "id": public_name(part.id),
        "config": part.config,
        "split": part.split,
        "columns": part.columns,
        "weight": part.weight,
        "fraction": part.fraction,
    }
    return {name: value for name, value in given.items() if value is not None}


if __name__ == "__main__":
    answer(write)
