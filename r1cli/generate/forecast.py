"""What a run that samples will ask for, as far as the rows of local files show."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from r1cli.config.config import Config
from r1cli.config.groups.data import Data
from r1cli.config.groups.sampling import Sampling
from r1cli.data.local_rows import count_rows, read_rows
from r1cli.data.prompt_template import PROMPT_TEMPLATE, columns_of, read_prompt_template
from r1cli.data.source import find_source, training_files
from r1cli.errors import R1Error

# Rows whose prompts are measured, and characters of a token of English text, about.
_MEASURED, _PER_TOKEN = 1000, 4


def forecast(config: Config) -> list[str]:
    """Lines with the number of rows, of completions, and of tokens; none where the rows are not known."""
    data, sampling = config.section(Data), config.section(Sampling)
    if not data.dataset_name:
        return []
    try:
        files = training_files(find_source(data.dataset_name, "data.dataset_name"))
        counts = [count_rows(file) for file in files]
        measured = [
            _length(row, data) for file in files for _, row in islice(read_rows(file) or (), _MEASURED)
        ]
    except R1Error:  # the check has let it pass, so that the worker says what is wrong
        return []
    if not measured or None in counts:
        return []
    rows = _chosen(config, sum(count or 0 for count in counts))
    # Those that are held out are sampled where the rest is within the bounds.
    completions = rows * (int(sampling.samples or 1) + int(config.values.get("pass_rate.holdout") or 0))
    prompts = round(sum(measured) / len(measured) / _PER_TOKEN * completions)
    most = completions * int(sampling.max_new_tokens or 0)
    return [
        f"{rows:,} rows, {completions:,} completions: about {prompts:,} tokens of prompts, "
        f"at {_PER_TOKEN} characters each, and at most "
        f"{most:,} of completions{_cost(sampling, prompts, most)}"
    ]


def _chosen(config: Config, rows: int) -> int:
    """How many of a dataset's rows are sampled."""
    first = config.values.get("pass_rate.start_index") or 0
    last = config.values.get("pass_rate.end_index") or config.values.get("generate.num_rows") or rows
    return max(min(rows, last) - first, 0)


def _length(row: Mapping[str, Any], data: Data) -> int:
    """The characters of a row's prompt, about."""
    if data.prompt_template:
        names = columns_of(read_prompt_template(data.prompt_template, PROMPT_TEMPLATE))
    else:
        names = [data.columns.get("prompt", "prompt")]
    given = data.system_prompt or ""
    return len(given) + sum(len(str(row.get(name, ""))) for name in names)


def _cost(sampling: Sampling, prompts: int, most: int) -> str:
    if not sampling.price:
        return ""
    return f"; the cost is at most {(sampling.price[0] * prompts + sampling.price[1] * most) / 1e6:.2f}"
