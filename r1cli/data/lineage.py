"""Where the rows of a dataset come from, and what was done to them."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from r1cli.config.groups.data import Data
from r1cli.config.record import package_versions
from r1cli.data.mixture import MIXTURE, read_mixture
from r1cli.data.source import REASONING_GYM, Source, cached_folders, find_source
from r1cli.digests import digest
from r1cli.files import existing_path, read_mapping, write_text
from r1cli.runs.run_dir import now

#: The file of a dataset folder that says it.
LINEAGE = "lineage.json"
#: The file of a run directory that names the datasets which the run reads.
DATASETS = "datasets.json"
#: The columns of a mixed row that say which dataset it is from, and its number there.
FROM, ROW = "mixed_from", "mixed_row"


@dataclass(frozen=True)
class Input:
    """A dataset that something was made of.

    Args:
        name: as others may read it, without the folders of this machine.
        hash: of its contents; of a dataset on the Hub, its commit.
        rows: how many of its rows were read.
        steps: what was done to them before.
    """

    name: str
    hash: str
    rows: int = 0
    steps: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Step:
    """One thing that was done to rows.

    Args:
        command: that did it.
        inputs: what it read.
        settings: how, as values that others may read: no folders of this machine, no hosts.
        figures: what it counted.
    """

    command: str
    inputs: Sequence[Input]
    settings: dict[str, Any] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)


def public_name(name: str) -> str:
    """A dataset's or model's name without the folders of this machine; that of a Hub id as it is."""
    is_path = not name.startswith(REASONING_GYM) and existing_path(name) is not None
    return Path(name).expanduser().absolute().name if is_path else name


def input_of(name: str, config: str | None, where: str, rows: int = 0) -> Input:
    """What is known of a dataset, by the name that ``--dataset`` takes.

    Raises:
        R1Error: it cannot be found.
    """
    source = find_source(name, where)
    title = public_name(name) + (f":{config}" if config else "")
    return Input(title, _hash_of(source, config), rows, steps_of(source))


def inputs_of(data: Data, rows: int) -> list[Input]:
    """The datasets of a config's section.

    Args:
        data: the section.
        rows: that were read, of all of them together.

    Raises:
        R1Error: one cannot be found.
    """
    if data.dataset_mixture:
        parts = read_mixture(data.dataset_mixture, MIXTURE).parts
        return [input_of(part.id, part.config, MIXTURE) for part in parts]
    return [input_of(str(data.dataset_name), data.dataset_config, "data.dataset_name", rows)]


def record_datasets(run_dir: Path, inputs: Sequence[Input]) -> None:
    """Writes into a run directory which datasets the run reads, by name and content."""
    read = [{"name": one.name, "hash": one.hash, "rows": one.rows} for one in inputs]
    write_text(run_dir / DATASETS, json.dumps(read, indent=2) + "\n")


def recorded_datasets(run_dir: Path) -> list[dict[str, Any]]:
    """What `record_datasets` wrote into a run directory; empty if it wrote nothing."""
    try:
        found = json.loads((run_dir / DATASETS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    entries = found if isinstance(found, list) else []
    return [one for one in entries if isinstance(one, dict) and {"name", "hash"} <= one.keys()]


def lineage_of(folder: Path, step: Step, rows: int) -> dict[str, Any]:
    """What lineage.json says of a dataset folder whose rows are written."""
    earlier: list[Mapping[str, Any]] = []
    for one in step.inputs:
        earlier += [before for before in one.steps if before not in earlier]
    inputs = [{"name": one.name, "hash": one.hash, "rows": one.rows} for one in step.inputs]
    made = {"hash": content_hash(sorted((folder / "data").iterdir())), "rows": rows}
    mine = {**asdict(step), "inputs": inputs, **made, "time": now(), "versions": package_versions()}
    return {**made, "steps": [*earlier, mine]}


def read_lineage(folder: Path) -> dict[str, Any]:
    """What lineage.json of a dataset folder says; empty if it says nothing."""
    return read_mapping(folder / LINEAGE)


def content_hash(files: Sequence[Path]) -> str:
    """A SHA-256 of what is in some files, whatever they are called."""
    return "sha256:" + hashlib.sha256("".join(map(digest, files)).encode()).hexdigest()


def _hash_of(source: Source, config: str | None) -> str:
    if source.kind == "hub":
        from r1cli.data.hub import DATASET, hub_commit

        return f"commit:{_prepared_commit(source.name, config) or hub_commit(DATASET, source.name)}"
    if source.kind == "reasoning_gym":
        settings = json.dumps([source.name, source.options, package_versions(["reasoning-gym"])])
        return f"sha256:{hashlib.sha256(settings.encode()).hexdigest()}"
    if source.kind == "saved":
        return content_hash(sorted(source.files[0].rglob("*.arrow")))
    return content_hash(source.files)


def _prepared_commit(name: str, config: str | None) -> str:
    """The commit of a Hub dataset that `datasets` has prepared last; empty where it has not."""
    infos = [
        info
        for folder in cached_folders(name)
        for info in folder.glob(f"{config or '*'}/*/*/dataset_info.json")
        if re.fullmatch("[0-9a-f]{40}", info.parent.name)
    ]
    return max(infos, key=lambda info: info.stat().st_mtime).parent.name if infos else ""


def steps_of(source: Source) -> Sequence[Mapping[str, Any]]:
    """What was done to a dataset, as its lineage.json says; empty if it says nothing."""
    steps = [] if source.folder is None else read_lineage(source.folder).get("steps", [])
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
