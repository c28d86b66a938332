"""The registry: a row for each command that runs something says everything that is known of it.

A row names functions as ``module:attribute``, so that this module imports nothing, and anybody may ask it.
From a row come the command itself, ``--dry-run``, ``config show|check|schema``, ``slurm submit`` with arrays,
resuming, ``rerun`` and the list of runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from r1cli.errors import R1Error, did_you_mean

#: What asks for help, of the program and of every command.
HELP = ("-h", "--help")


@dataclass(frozen=True)
class Positional:
    """What a command's words without dashes stand for.

    Args:
        key: the config key that they set.
        metavar: how ``--help`` calls them.
        help: what they are.
        many: there may be several, as a list.
        read: ``module:function`` from a word to the key's value, where the word is not the value itself.
    """

    key: str
    metavar: str
    help: str
    many: bool = False
    read: str = ""


@dataclass(frozen=True)
class Command:
    """One command.

    Args:
        name: what run.yaml records, and what users type unless ``typed`` says otherwise.
        typed: what users type for it, where that is not its name.
        summary: its line in ``r1 --help``.
        schema: ``module:function`` of no arguments, which returns the `Schema` of its config.
        plan: ``module:function`` from a `Config` and a `Place` to the `Job`.
        help: what ``r1 NAME --help`` adds to the summary.
        options: the keys that ``--help`` shows as options; every other key is an option too.
        examples: what can be typed, for the end of its help.
        positional: what its words without dashes stand for; None when it takes none.
        columns: sets of dataset columns, one of which the dataset must have.
        optional: keys that it can do without, although others that have them cannot.
        default_preset: the preset when the user names neither a preset nor a dataset.
        accepts: other commands whose config files it reads as its own.
        shares_work: the tasks of a Slurm array share its work; else they are attempts at one run.
        may_differ: keys that may change when a run is resumed, beside those of every command.
        trains: a run of it ends with a model.
        moved: keys that older runs and files have under another name, each with today's.
        newest_run: without a model it takes that of the newest finished run below ./runs.
        outputs: keys that say where results go, beside the run directory: ``rerun`` leaves them out.
        run_dir: ``module:function`` from the run directory that is named to the one that is written, where
            they may differ.
        then: ``module:function`` of what was prepared and the run directory, called when a run on this
            machine has finished.
        forecast: ``module:function`` of a `Config`, which returns lines for a dry run about how much there
            is to do.
        facts: ``module:function`` of a `Config` and a `Place`, which returns names and values that decide the
            run, for a dry run.
        on_slurm: ``module:function`` of what was prepared, ``dry_run`` and ``as_json``, which carries it out
            on a cluster, where that is more than queueing it.
        out_of_memory: what to do when its process runs out of memory.
        hidden: users do not call it by its name.
    """

    name: str
    summary: str
    schema: str
    plan: str
    help: str = ""
    options: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    positional: Positional | None = None
    columns: tuple[tuple[str, ...], ...] = ()
    optional: tuple[str, ...] = ()
    default_preset: str | None = None
    accepts: tuple[str, ...] = ()
    shares_work: bool = False
    may_differ: tuple[str, ...] = ()
    trains: bool = False
    newest_run: bool = False
    moved: Mapping[str, str] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    run_dir: str = ""
    then: str = ""
    forecast: str = ""
    facts: str = ""
    on_slurm: str = ""
    out_of_memory: str = "use a smaller batch, or a machine with more memory"
    hidden: bool = False
    typed: str = ""


_MODEL_AND_DATA = ("model", "dataset")
_PLACE = ("gpus", "offline", "output_dir")
# What samples, and not what is sampled.
_MEANS = tuple(f"sampling.{name}" for name in ("endpoint", "concurrency", "batch_size", "price", "timeout"))
# Where programs run, and not what is run.
_WHERE_CODE_RUNS = tuple(
    f"code.{name}" for name in ("provider", "endpoints", "max_sandboxes", "router", "budget")
)
_SAMPLED_ROWS = (
    *_MODEL_AND_DATA, "endpoint", "engine", "reward", "samples", "temperature", "top_p", "max_new_tokens",
    "prompt_template", "system_prompt",
)  # fmt: skip
_ON_CTRL_C = "The first Ctrl-C writes a checkpoint and ends the run, a second one ends it at once."
_OUTCOME = "r1cli.cli.training_outcome:show_outcome"
_SMALLER_BATCH = "use a smaller per_device_train_batch_size, with more gradient_accumulation_steps"

_ROWS = (
    Command(
        "sft",
        "Fine-tune a model on reasoning traces (supervised fine-tuning).",
        schema="r1cli.train.schema:sft_schema",
        plan="r1cli.train.plan:plan_training",
        examples=(
            "r1 sft --preset tiny-sft",
            "r1 sft --preset openr1-distill-7b --learning_rate 2e-5 --dry-run",
            "r1 sft --model Qwen/Qwen2.5-0.5B --dataset traces.jsonl --max_steps 200",
        ),
        help="Any other key is an option too, by its TRL name, as --learning_rate 1e-5: `r1 config keys sft` "
        f"lists them. {_ON_CTRL_C}",
        options=(*_MODEL_AND_DATA, *_PLACE),
        columns=(("messages",), ("prompt", "completion"), ("text",)),
        default_preset="openr1-distill-7b",
        facts="r1cli.train.facts:facts",
        trains=True,
        then=_OUTCOME,
        out_of_memory=_SMALLER_BATCH,
    ),
    Command(
        "grpo",
        "Reinforce a model with verifiable rewards (GRPO).",
        schema="r1cli.train.schema:grpo_schema",
        plan="r1cli.train.plan:plan_training",
        examples=(
            "r1 grpo --preset tiny-grpo",
            "r1 grpo --preset qwen1.5b-math --reward accuracy,format --dry-run",
            "r1 grpo --model runs/my-sft --dataset rows.jsonl --reward accuracy",
        ),
        help="Any other key is an option too, by its TRL name, as --learning_rate 1e-5: `r1 config keys "
        "grpo` lists them. The parameters of a reward are set under its name: "
        f"--rewards.NAME.PARAMETER VALUE. {_ON_CTRL_C}",
        options=(*_MODEL_AND_DATA, "reward", *_PLACE),
        columns=(("prompt",),),
        default_preset="qwen1.5b-math",
        facts="r1cli.train.facts:facts",
        trains=True,
        then=_OUTCOME,
        may_differ=_WHERE_CODE_RUNS,
        out_of_memory=_SMALLER_BATCH,
    ),
    Command(
        "evaluate",
        "Measure a model: r1 evaluate BENCHMARK ... --model MODEL.",
        schema="r1cli.evaluate.schema:evaluate_schema",
        plan="r1cli.evaluate.plan:plan_evaluation",
        examples=(
            "r1 evaluate aime24 --model Qwen/Qwen2.5-1.5B-Instruct",
            "r1 evaluate quickstart-tiny-seed0/grpo tiny",
            "r1 evaluate --run runs/my-sft --dataset rows.jsonl --reward accuracy",
        ),
        options=(
            "model", "endpoint", "engine", "dataset", "reward", "samples", "num_problems", "protocol",
            *_PLACE,
        ),
        positional=Positional(
            "evaluate.benchmarks",
            "BENCHMARK...",
            "Benchmarks, or groups of them: `r1 plugins list` shows them.",
            many=True,
        ),
        columns=(("prompt",),),
        shares_work=True,
        newest_run=True,
        facts="r1cli.evaluate.facts:facts",
        then="r1cli.cli.evaluate_results:show_run",
        may_differ=(*_MEANS, *_WHERE_CODE_RUNS),
        moved={
            f"evaluate.{name}": f"sampling.{name}"
            for name in (
                "samples", "temperature", "top_p", "max_new_tokens", "seed", "endpoint", "concurrency",
                "batch_size",
            )
        },
        out_of_memory="use a smaller --sampling.batch_size with this --output-dir: stored samples are kept",
    ),
    Command(
        "generate",
        "Sample completions for the rows of a dataset, score them, and write them as a dataset.",
        schema="r1cli.generate.schema:generate_schema",
        plan="r1cli.generate.plan:plan_generation",
        examples=(
            "r1 generate --dataset rows.jsonl --model Qwen/Qwen3-8B --preview 3",
            "r1 generate --dataset rows.jsonl --model Qwen/Qwen3-8B --reward accuracy",
            "r1 generate --dataset rows.jsonl --endpoint http://localhost:8000/v1",
        ),
        options=(
            "model", "endpoint", "engine", "dataset", "samples", "temperature", "top_p", "max_new_tokens",
            "prompt_template", "system_prompt", "reward", "keep", "filters", "on_truncated", "num_rows",
            "recipe", "pipeline", *_PLACE,
        ),
        columns=(("prompt",),),
        optional=("rewards.reward_funcs",),
        shares_work=True,
        may_differ=(*_MEANS, *_WHERE_CODE_RUNS),
        forecast="r1cli.generate.forecast:forecast",
        then="r1cli.cli.generate:show_figures",
        out_of_memory="use a smaller --sampling.batch_size with this --output-dir: completions are kept",
    ),
    Command(
        "filter-pass-rate",
        "Measure how often a model solves each row of a dataset, and keep the rows that it solves sometimes.",
        schema="r1cli.pass_rate.schema:filter_schema",
        plan="r1cli.pass_rate.plan:plan_measurement",
        examples=(
            "r1 filter-pass-rate --dataset rows.jsonl --run runs/my-sft --reward accuracy",
            "r1 filter-pass-rate --dataset rows.jsonl --run runs/my-sft --reward format",
            "r1 filter-pass-rate select runs/my-measurement --min 0.2 --max 0.8",
        ),
        options=(
            *_SAMPLED_ROWS, "min", "max", "adaptive", "holdout", "truncated", "faulty", "target_size",
            "shape", "as_traces", *_PLACE,
        ),
        columns=(("prompt",),),
        shares_work=True,
        may_differ=(*_MEANS, *_WHERE_CODE_RUNS),
        forecast="r1cli.generate.forecast:forecast",
        then="r1cli.cli.filter_pass_rate:show_figures",
        out_of_memory="use a smaller --sampling.batch_size with this --output-dir: completions are kept",
    ),
    Command(
        "filter-pass-rate measure",
        "Measure how often a model solves each row of a dataset.",
        schema="r1cli.pass_rate.schema:measure_schema",
        plan="r1cli.pass_rate.plan:plan_measurement",
        examples=(
            "r1 filter-pass-rate measure --dataset rows.jsonl --run my-sft --reward format",
            "r1 filter-pass-rate measure --config measure.yaml --adaptive",
            "r1 filter-pass-rate measure --config measure.yaml --samples 32",
        ),
        options=(*_SAMPLED_ROWS, "min", "max", "adaptive", "holdout", "truncated", "faulty", *_PLACE),
        columns=(("prompt",),),
        accepts=("filter-pass-rate",),
        shares_work=True,
        may_differ=(*_MEANS, *_WHERE_CODE_RUNS),
        forecast="r1cli.generate.forecast:forecast",
        then="r1cli.cli.filter_pass_rate:show_figures",
        out_of_memory="use a smaller --sampling.batch_size with this --output-dir: completions are kept",
        hidden=True,
    ),
    Command(
        "filter-pass-rate select",
        "Select rows by pass rates that were measured.",
        schema="r1cli.pass_rate.schema:select_schema",
        plan="r1cli.pass_rate.plan:plan_selection",
        examples=(
            "r1 filter-pass-rate select runs/my-measurement --min 0.2 --max 0.8",
            "r1 filter-pass-rate select runs/my-measurement --target-size 50 --shape hard",
            "r1 filter-pass-rate select runs/my-measurement --as-traces --dry-run",
        ),
        options=(
            "min", "max", "reward", "truncated", "faulty", "min_samples", "target_size", "shape", "as_traces",
            "holdout", "output_dir",
        ),
        positional=Positional(
            "pass_rate.measurements",
            "RUN...",
            "Run directories of `r1 filter-pass-rate measure` or `r1 filter-pass-rate`.",
            many=True,
        ),
        then="r1cli.cli.filter_pass_rate:show_figures",
        hidden=True,
    ),
    Command(
        "decontaminate",
        "Remove rows that overlap with benchmarks from a dataset, and report each of them.",
        schema="r1cli.decontaminate.schema:decontaminate_schema",
        plan="r1cli.decontaminate.plan:plan_decontamination",
        examples=(
            "r1 decontaminate --dataset rows.jsonl --against aime24,math_500",
            "r1 decontaminate --dataset rows.jsonl --against held-out.jsonl:question",
            "r1 decontaminate --dataset rows.jsonl --search-columns prompt --report-only",
        ),
        help="The report is written to RUN/report, and the rows that stay to RUN/dataset, which --dataset "
        "RUN reads. The dataset itself is left as it is.",
        options=(
            "dataset", "search_columns", "against", "allow_missing", "method", "ngram_size", "min_overlap",
            "near_duplicates", "remove_renumbered", "allow_list", "report_only", "fail_on_hits", "data_dir",
            "offline", "output_dir",
        ),
        facts="r1cli.decontaminate.facts:facts",
        then="r1cli.cli.decontaminate:show_report",
        may_differ=("decontaminate.fail_on_hits",),
        out_of_memory="the texts of the benchmarks must fit into memory: name fewer of them with --against",
    ),
    Command(
        "serve",
        "Serve a model with an OpenAI-compatible API, until Ctrl-C: r1 serve MODEL.",
        schema="r1cli.serve.schema:serve_schema",
        plan="r1cli.serve.plan:plan_serve",
        examples=(
            "r1 serve Qwen/Qwen3-8B",
            "r1 serve quickstart-tiny-seed0/grpo --port 8001",
            "r1 serve --run runs/my-sft --engine transformers --dry-run",
        ),
        help="Of a run it serves the final model, or else the newest whole checkpoint. --dtype, "
        "--model_revision and --trust_remote_code are options too.",
        options=(
            "engine", "host", "port", "tensor_parallel", "data_parallel", "max_model_len",
            "reasoning_parser", *_PLACE,
        ),
        positional=Positional(
            "model.model_name_or_path",
            "MODEL|RUN",
            "A Hub id, a model folder, or a run directory of r1.",
            read="r1cli.serve.plan:find_model",
        ),
        out_of_memory="give the server a smaller --max-model-len, or more GPUs",
    ),
    Command(
        "probe",
        "Sample a few groups with the start model, and say whether `r1 grpo` with these options can learn.",
        schema="r1cli.rewards.plan:probe_schema",
        plan="r1cli.rewards.plan:plan_probe",
        examples=(
            "r1 reward probe --model runs/my-sft --dataset rows.jsonl --reward accuracy",
            "r1 reward probe --preset qwen1.5b-math --dry-run",
            "r1 reward probe --preset tiny-grpo",
        ),
        help="Takes every option of `r1 grpo`. Exits 1 when no group has completions of different reward.",
        options=(*_MODEL_AND_DATA, "reward", "gpus", "output_dir"),
        columns=(("prompt",),),
        default_preset="qwen1.5b-math",
        accepts=("grpo",),
        run_dir="r1cli.rewards.plan:find_run_dir",
        then="r1cli.cli.probe:say_whether_it_can_learn",
        hidden=True,
        typed="reward probe",
    ),
    Command(
        "check",
        "Try a Slurm cluster out with a short job.",
        schema="r1cli.cluster.check_plan:check_schema",
        plan="r1cli.cluster.check_plan:plan_check",
        options=("nodes", "code", "output_dir"),
        on_slurm="r1cli.cli.slurm_check:try_out",
        hidden=True,
        typed="slurm check",
    ),
    Command(
        "base",
        "Make the problems and the start model of the quickstart.",
        schema="r1cli.quickstart.base_plan:base_schema",
        plan="r1cli.quickstart.base_plan:plan_base",
        outputs=("base.path", "base.data"),
        hidden=True,
    ),
)  # fmt: skip

COMMANDS = {row.name: row for row in _ROWS}


def visible_commands() -> list[Command]:
    """The commands that users call by their names, in the order in which they are shown."""
    return [row for row in COMMANDS.values() if not row.hidden]


def named_commands() -> dict[str, Command]:
    """The commands that `slurm submit` and others take by name: also subcommands whose work can be shared."""
    subcommands = (row for row in COMMANDS.values() if " " in row.name and row.shares_work)
    return {row.name: row for row in (*visible_commands(), *subcommands)}


def as_typed(name: str) -> str:
    """What users type for the command of a name; the name itself where it has no row."""
    row = COMMANDS.get(name)
    return row.typed or name if row else name


def trains(name: str) -> bool:
    """Whether a run of the command of a name ends with a model; not where the name has no row."""
    row = COMMANDS.get(name)
    return bool(row and row.trains)


def find_command(name: str, where: str = "", *, hidden: bool = False) -> Command:
    """The command of a name.

    Args:
        name: of a command.
        where: for messages.
        hidden: those that users do not call by their names count as well.

    Raises:
        R1Error: there is none.
    """
    named = named_commands()
    row = COMMANDS.get(name) if hidden else named.get(name)
    if row is None:
        fix = did_you_mean(name, named, f"the commands are {', '.join(named)}")
        raise R1Error(f"unknown command '{name}'", where=where, fix=fix)
    return row


def load(target: str) -> Callable[..., Any]:
    """The function that ``module:attribute`` names."""
    module, _, attribute = target.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), attribute)
    return function
