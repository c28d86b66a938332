"""What can be typed, for the end of each command's help: three lines for each.

Runs of the quickstart exist after `r1 quickstart`. The registry's commands have their examples in their rows.
"""

from collections.abc import Mapping

_RUN = "quickstart-tiny-seed0"
_DATA = f"runs/{_RUN}/data"

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "quickstart": ("r1 quickstart", "r1 quickstart --model tiny-code", "r1 quickstart --seed 1 --dry-run"),
    "doctor": ("r1 doctor", "r1 doctor --json", "r1 doctor && r1 quickstart"),
    "prefetch": (
        "r1 prefetch qwen1.5b-math aime24 --dry-run",
        "r1 prefetch qwen1.5b-math --to /shared/hub",
        "r1 prefetch model:Qwen/Qwen2.5-0.5B --json",
    ),
    "rerun": (
        f"r1 rerun {_RUN}/sft --seed 2",
        f"r1 rerun {_RUN}/grpo --learning_rate 1e-4 --dry-run",
        f"r1 rerun {_RUN}/grpo --max_steps 200 --output-dir runs/longer",
    ),
    "inspect": (
        "r1 inspect",
        f"r1 inspect {_RUN}/grpo --step 120 --sort reward",
        f"r1 inspect {_RUN}/measure-grpo --failed --limit 5",
    ),
    "completion": (
        "source <(r1 completion bash)",
        "mkdir -p ~/.zfunc && r1 completion zsh > ~/.zfunc/_r1",
        "r1 completion fish | source",
    ),
    "runs list": ("r1 runs list", "r1 runs list sweep", "r1 runs list --json"),
    "runs show": ("r1 runs show", f"r1 runs show {_RUN}/grpo", f"r1 runs show {_RUN}/sft --json"),
    "runs tail": ("r1 runs tail", "r1 runs tail -f", f"r1 runs tail {_RUN}/grpo --log train-rank0"),
    "runs cancel": (
        f"r1 runs cancel {_RUN}/grpo",
        "r1 runs cancel 4711",
        "r1 runs cancel sweep/lr-1e-5 sweep/lr-1e-6",
    ),
    "runs rm": (f"r1 runs rm {_RUN}/sft", "r1 runs rm --failed", "r1 runs rm --failed --yes sweep"),
    "runs compare": (
        f"r1 runs compare {_RUN}/sft {_RUN}/grpo",
        "r1 runs compare sft-a sft-b",
        f"r1 runs compare {_RUN}/sft {_RUN}/grpo --json",
    ),
    "slurm submit": (
        "r1 slurm submit sft --nodes 16 --dry-run",
        "r1 slurm submit grpo --preset qwen1.5b-math --nodes 3 --vllm-nodes 1",
        "r1 slurm submit evaluate gsm8k --run runs/my-sft --gpus-per-node 1 --array 0-7",
    ),
    "slurm status": ("r1 slurm status", "r1 slurm status 4711", "r1 slurm status sft-today --json"),
    "slurm list": ("r1 slurm list", "r1 slurm list --json", "r1 slurm list && r1 slurm status"),
    "slurm logs": ("r1 slurm logs", "r1 slurm logs -f 4711", "r1 slurm logs sft-today --log train-rank3"),
    "slurm cancel": ("r1 slurm cancel 4711", "r1 slurm cancel sft-today", "r1 slurm cancel 4711 4712"),
    "slurm check": (
        "r1 slurm check --nodes 4 --partition gpu",
        "r1 slurm check --code --dry-run",
        "r1 slurm check --nodes 2 --gpus-per-node 8",
    ),
    "slurm init": ("r1 slurm init", "r1 slurm init --template", "r1 slurm init --yes"),
    "config show": (
        "r1 config show grpo --preset qwen1.5b-math --explain",
        "r1 config show sft --preset tiny-sft --learning_rate 1e-3",
        "r1 config show grpo --preset tiny-grpo --json",
    ),
    "config check": (
        "r1 config check grpo --preset qwen1.5b-math",
        "r1 config check sft --preset openr1-distill-7b --gpus 8",
        "r1 config check grpo --preset qwen1.5b-math --reward accuracy,format:0.5",
    ),
    "config keys": (
        "r1 config keys grpo length",
        "r1 config keys sft learning_rate",
        "r1 config keys evaluate --json",
    ),
    "config schema": (
        "r1 config schema",
        "r1 config schema sft",
        "r1 config schema grpo > grpo.schema.json",
    ),
    "presets list": (
        "r1 presets list",
        "r1 presets list --json",
        "r1 presets list | grep CPU",
    ),
    "presets show": (
        "r1 presets show qwen1.5b-math",
        "r1 presets show tiny-grpo --json",
        "r1 presets show zero3",
    ),
    "presets copy": (
        "r1 presets copy qwen1.5b-math mine.yaml",
        "r1 presets copy tiny-sft tiny.yaml",
        "r1 presets copy zero3 my-zero3.yaml",
    ),
    "data show": (
        f"r1 data show {_DATA}/sft.jsonl",
        f"r1 data show {_DATA}/grpo.jsonl --rows 1 --json",
        "r1 data show rows.jsonl --tokenizer runs/my-sft --mask",
    ),
    "data stats": (
        f"r1 data stats {_DATA}/sft.jsonl",
        "r1 data stats rows.jsonl --tokenizer runs/my-sft",
        f"r1 data stats {_DATA}/grpo.jsonl --json",
    ),
    "data mix": (
        "r1 data mix mixture.yaml data/mixed",
        "r1 data mix mixture.yaml data/mixed --json",
        "r1 data mix mixture.yaml mixed && r1 sft --preset tiny-sft --dataset mixed",
    ),
    "data trace": (
        f"r1 data trace {_DATA}/sft.jsonl 0",
        f"r1 data trace runs/{_RUN}/sft 17",
        f"r1 data trace runs/{_RUN}/grpo 17 --json",
    ),
    "data edit": (
        f"r1 data edit {_DATA}/sft.jsonl data/edited --rows 0,7",
        "r1 data edit rows.jsonl data/edited --rows 12-15",
        "r1 data edit taught data/edited --rows 0-3",
    ),
    "data push": (
        "r1 data push data/mixed OWNER/NAME",
        "r1 data push taught OWNER/NAME",
        "r1 data push taught OWNER/NAME --public",
    ),
    "reward list": ("r1 reward list", "r1 reward list --json", "r1 reward list | grep code"),
    "reward show": ("r1 reward show accuracy", "r1 reward show cosine", "r1 reward show format --json"),
    "reward score": (
        f"r1 reward score {_RUN}/measure-grpo",
        f"r1 reward score {_RUN}/grpo --reward accuracy,format",
        "r1 reward score samples.jsonl --reward accuracy --columns.solution answer",
    ),
    "reward explain": (
        "r1 reward explain accuracy --completion '$0.5$' --gold '1/2'",
        "r1 reward explain accuracy --completion 'It is 5 km.' --gold '5000 m'",
        "r1 reward explain format --completion '<think>a</think><answer>b</answer>'",
    ),
    "reward audit-gold": (
        f"r1 reward audit-gold {_DATA}/grpo.jsonl",
        "r1 reward audit-gold rows.jsonl --limit 100 --json",
        "r1 reward audit-gold rows.jsonl --columns.solution answer",
    ),
    "reward disagree": (
        "r1 reward disagree samples.jsonl",
        "r1 reward disagree samples.jsonl --columns.solution answer",
        "r1 reward disagree samples.jsonl --json",
    ),
    "code run": (
        "r1 code run program.py",
        "r1 code run program.cpp --stdin in.txt",
        "echo 'print(2)' > two.py && r1 code run two.py",
    ),
    "code check": (
        "r1 code check",
        "r1 code check --hostile",
        "r1 code check --provider piston --endpoint http://node1:2000",
    ),
    "code serve": (
        "r1 code serve",
        "r1 code serve --max-sandboxes 64 --host 10.0.0.5",
        "r1 code serve --provider piston --endpoint http://node1:2000",
    ),
    "code cleanup": (
        f"r1 code cleanup {_RUN}/grpo",
        "r1 code cleanup 4711",
        "r1 code cleanup runs/my-code-run",
    ),
    "plugins list": ("r1 plugins list", "r1 plugins list --json", "r1 plugins list | grep reward"),
    "plugins new": (
        "r1 plugins new brevity",
        "r1 plugins new sandbox --kind code-provider",
        "r1 plugins new brevity --directory work/r1-brevity",
    ),
    "plugins check": ("r1 plugins check rewards", "r1 plugins check benchmarks", "r1 plugins check r1cli"),
    "engine list": ("r1 engine list", "r1 engine list --json", "r1 engine list | grep vllm"),
    "engine install": (
        "r1 engine install vllm",
        "r1 engine install lighteval",
        "r1 engine install vllm --gpu",
    ),
    "engine path": (
        "r1 engine path vllm",
        "r1 engine path lighteval",
        "$(r1 engine path vllm) -m pip list",
    ),
    "evaluate list": ("r1 evaluate list", "r1 evaluate list --json", "r1 evaluate list | grep tiny"),
    "evaluate show": (
        f"r1 evaluate show runs/{_RUN}/measure-grpo",
        f"r1 evaluate show runs/{_RUN}/measure-grpo --failed",
        f"r1 evaluate show runs/{_RUN}/measure-sft --limit 3 --json",
    ),
    "evaluate table": (
        f"r1 evaluate table runs/{_RUN}",
        f"r1 evaluate table runs/{_RUN} --markdown",
        f"r1 evaluate table runs/{_RUN} --compare",
    ),
    "evaluate score": (
        f"r1 evaluate score runs/{_RUN}/measure-grpo",
        "r1 evaluate score runs/my-evaluation --reward accuracy,format",
        f"r1 evaluate score runs/{_RUN}/measure-sft --json",
    ),
}
