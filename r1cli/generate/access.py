"""How the steps of a pipeline reach the model, and where they store completions."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1cli.generate.pipeline_folder import PipelineFolder
from r1cli.sampling.backend import Server


@dataclass(frozen=True)
class Access:
    """How a pipeline's steps reach the model, and where they store completions.

    Args:
        server: that samples.
        chats: the model takes chats, else texts.
        identity: of the model.
        sampling: the settings of each request.
        longest: the length limit of a second try of what was cut off; None without one.
        store: the folder of the completions.
        notes: for the worker.
        samples: how often each row is sent through the pipeline.
        chunk: the number of the chunk of rows.
        repeats: the chunk has prompts that earlier chunks have, too.
        context: of the model, in tokens; None where that is not known.
    """

    server: Server
    chats: bool
    identity: Mapping[str, Any]
    sampling: Mapping[str, Any]
    longest: int | None
    store: Path
    notes: PipelineFolder
    samples: int = 1
    chunk: int = 0
    repeats: bool = False
    context: int | None = None
