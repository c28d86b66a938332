"""Models and datasets on the Hub: their names, whether they are in the cache, and whether the Hub answers."""

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from r1cli.config.model_files import read_model_config
from r1cli.data.local_rows import LOADERS, suffix_of
from r1cli.data.source import cached_folders
from r1cli.environment import hub_cache
from r1cli.errors import R1Error

MODEL, DATASET = "model", "dataset"
#: Variables that forbid network access to the Hub's libraries.
OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")

_MAIN = "main"
# Formats of weights that are loaded, the best first; a model that has several needs only the best.
_WEIGHTS = (".safetensors", ".bin", ".gguf", ".pt", ".pth")
# What other programs load, and copies of the weights in other layouts.
_FOREIGN_FILES = (".h5", ".msgpack", ".onnx", ".onnx_data", ".ot", ".tflite", ".ckpt")
_FOREIGN_FOLDERS = ("original", "onnx", "openvino", "coreml", "metal")


@dataclass(frozen=True)
class HubItem:
    """A model at a revision, or one config of a dataset; ``config`` None means the only or default one.

    ``files``: of the dataset, where only these are read, as they are.
    """

    kind: str
    name: str
    config: str | None = None
    revision: str = _MAIN
    files: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """As `r1 prefetch` takes it."""
        config = f":{self.config or ','.join(self.files)}" if self.config or self.files else ""
        revision = f"@{self.revision}" if self.revision != _MAIN else ""
        return f"{self.kind}:{self.name}{config}{revision}"


def read_item(text: str) -> HubItem | None:
    """Parses ``model:ID[@REVISION]`` or ``dataset:ID[:CONFIG]``; None for other text.

    What stands for a config may also be files with a comma between them: ``test.jsonl,test2.jsonl``.

    Raises:
        R1Error: the text after the prefix is missing, or is not a valid name on the Hub.
    """
    kind, _, rest = text.partition(":")
    if kind not in (MODEL, DATASET):
        return None
    name, sign, more = rest.partition("@" if kind == MODEL else ":")
    if not name or name.count("/") > 1 or (sign and not more):
        form = "model:OWNER/NAME[@REVISION]" if kind == MODEL else "dataset:OWNER/NAME[:CONFIG]"
        what = f"'{text}' does not name a {kind} on the Hub"
        raise R1Error(what, where="argument WHAT", fix=f"write {form}")
    if kind == MODEL:
        return HubItem(kind, name, revision=more or _MAIN)
    files = tuple(more.split(","))
    if all(suffix_of(Path(file)) in LOADERS for file in files):
        return HubItem(kind, name, files=files)
    return HubItem(kind, name, more or None)


def is_here(item: HubItem, home: str | None = None) -> bool:
    """Whether a model is complete, or a dataset prepared, in the cache of ``home`` or of this machine."""
    if item.kind == DATASET and not item.files:
        return _is_prepared(item, home)
    snapshot = _snapshot(item, home)
    if item.files:
        return all((snapshot / name).exists() for name in item.files)
    return read_model_config(snapshot) is not None and _has_weights(snapshot)


def has_tokenizer(model: str) -> bool:
    """Whether the cache of this machine has at least the tokenizer of a model."""
    return (_snapshot(HubItem(MODEL, model), None) / "tokenizer_config.json").exists()


def _snapshot(item: HubItem, home: str | None) -> Path:
    """Where the cache has the files of a revision, if it has any."""
    folder = hub_cache("HF_HUB_CACHE", "hub", home) / f"{item.kind}s--{item.name.replace('/', '--')}"
    named = folder / "refs" / item.revision
    commit = named.read_text(encoding="utf-8").strip() if named.is_file() else item.revision
    return folder / "snapshots" / commit


def _has_weights(folder: Path) -> bool:
    """Whether all weight files that an index lists are there, or a single file of weights."""
    indices = [*folder.glob("*.index.json")]
    for index in indices:
        parts = json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values()
        if parts and all((folder / part).exists() for part in set(parts)):
            return True
    return not indices and any(file.suffix in _WEIGHTS and file.exists() for file in folder.iterdir())


def _is_prepared(item: HubItem, home: str | None) -> bool:
    """Whether `datasets` finds the dataset in its cache when it is offline."""
    return any(
        not info.parent.name.endswith(".incomplete")
        for folder in cached_folders(item.name, home)
        for info in folder.glob(f"{item.config or '*'}/*/*/dataset_info.json")
    )


def needed_files(names: list[str]) -> list[str]:
    """The files of a model that training and serving read: weights in one format, and everything else."""
    own = [name for name in names if not _is_foreign(Path(name))]
    kinds = {Path(name).suffix for name in own if not _is_copy(Path(name))}
    best = next((kind for kind in _WEIGHTS if kind in kinds), "")
    others = set(_WEIGHTS) - {best}
    return [
        name
        for name in own
        if not (best and (Path(name).suffix in others or _is_index_of(others, name) or _is_copy(Path(name))))
    ]


def _is_foreign(file: Path) -> bool:
    return file.suffix in _FOREIGN_FILES or file.parts[0] in _FOREIGN_FOLDERS


def _is_copy(file: Path) -> bool:
    """Whether a file belongs to Mistral's own layout of the weights, which duplicates the usual one."""
    return file.name.startswith("consolidated") and file.suffix in _WEIGHTS


def _is_index_of(kinds: set[str], name: str) -> bool:
    return any(name.endswith(f"{kind}.index.json") for kind in kinds)


def endpoint() -> str:
    """The address of the Hub, or of its mirror."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def hub_commit(kind: str, name: str, revision: str = _MAIN) -> str:
    """The commit that a revision is now on the Hub, or else in the cache; empty if neither is known.

    Args:
        kind: "model" or "dataset".
        name: on the Hub.
        revision: a branch, a tag or a commit.
    """
    from httpx2 import HTTPError
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    file = "config.json" if kind == MODEL else "README.md"
    try:
        return str(HfApi().repo_info(name, repo_type=kind, revision=revision, timeout=10).sha or "")
    except HFValidationError:
        return ""
    except (HTTPError, HfHubHTTPError, OfflineModeIsEnabled, OSError):
        cached = try_to_load_from_cache(name, file, repo_type=kind, revision=revision)
    # .../snapshots/COMMIT/config.json
    return Path(cached).parent.name if isinstance(cached, str) else ""


def offline_variable() -> str:
    """The variable that forbids calling the Hub; empty when there is none."""
    set_ = (
        name for name in OFFLINE_VARIABLES if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")
    )
    return next(set_, "")


def hub_silence(seconds: float = 5.0) -> str:
    """Why the Hub does not answer within ``seconds``; empty when it answers anything at all."""
    reasons = [f"no answer within {seconds:g} s"]

    def ask() -> None:
        reasons.append(_silence(seconds))

    # Name resolution takes no timeout.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return reasons[-1]


def _silence(seconds: float) -> str:
    if not urlsplit(endpoint()).hostname:
        return f"HF_ENDPOINT is not a URL: {endpoint()}"
    # Slow to load, and most commands never ask the Hub.
    import urllib.error
    import urllib.request
    from ssl import SSLError

    try:
        request = urllib.request.Request(endpoint(), method="HEAD")
        with urllib.request.urlopen(request, timeout=seconds):
            return ""
    except urllib.error.HTTPError:
        return ""
    except urllib.error.URLError as error:
        # The Hub's client brings its own certificates.
        return "" if isinstance(error.reason, SSLError) else str(error.reason)
    except OSError as error:
        return str(error)
