"""The leaves that several commands share: datasets, the machine, rewards."""

from r1cli.config.leaf import Leaf

COMMON = (
    Leaf("data.columns", ("object",), {}, "renames dataset columns, {prompt: question, solution: answer}"),
    Leaf(
        "data.prompt_template",
        ("string", "null"),
        None,
        "makes each prompt of the row's columns, as 'Make {target} of {nums}.'; {{ and }} stand for braces",
    ),
    Leaf(
        "data.system_prompt", ("string", "null"), None, "opens each chat that has no system prompt of its own"
    ),
    Leaf(
        "data.dataset_mixture",
        ("object", "null"),
        None,
        "several datasets at once: {datasets: [{id, config, split, columns, weight}], seed, test_split_size}",
    ),
    Leaf(
        "data.test_size",
        ("number", "null"),
        None,
        "holds out this share of the training split (below 1), or this many rows, as the test split",
    ),
    Leaf("data.split_seed", ("integer",), 42, "of the rows that data.test_size holds out"),
    Leaf(
        "launch.gpus",
        ("integer", "array", "null"),
        None,
        "how many GPUs, or the ids of some (0,3 or [3]); all that are visible when not set",
    ),
    Leaf(
        "launch.num_processes",
        ("integer", "null"),
        None,
        "ranks on this machine: one for each GPU when not set, one without GPUs",
    ),
    Leaf(
        "launch.offline",
        ("boolean",),
        False,
        "nothing calls out to the internet: models and datasets must be here already",
    ),
)
REWARDS = (
    Leaf("rewards.reward_funcs", ("array", "string"), [], "reward names, as accuracy,format:0.5"),
    Leaf("rewards.reward_weights", ("array", "null"), None, "a weight for each reward, 1.0 when not set"),
    Leaf("rewards.time_limit", ("number",), 300.0, "seconds that one call of a reward may take"),
    Leaf(
        "rewards.max_fault_share",
        ("number",),
        0.05,
        "the run stops when more than this share of the last 200 completions could not be scored",
    ),
)
VLLM_PYTHON = Leaf(
    "launch.vllm_python",
    ("string", "null"),
    None,
    "the interpreter that runs vLLM as a server; R1_VLLM_PYTHON, r1's own or a managed one when not set",
)
RUN_DIR = Leaf("training.output_dir", ("string", "null"), None, "the run directory")
