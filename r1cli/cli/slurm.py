"""``r1 slurm``."""

from typing import Annotated, Any

import typer

from r1cli.cli import options, slurm_check, slurm_init, slurm_jobs

app = typer.Typer(help="Run on a Slurm cluster what runs here.", no_args_is_help=True)


def _option(help: str) -> Any:
    return typer.Option(help=help, show_default=False)


@app.command(context_settings=options.TAKES_KEYS)
def submit(
    context: typer.Context,
    command: Annotated[str, typer.Argument(help="What to run there: sft, grpo, evaluate, serve.")],
    preset: options.Preset = None,
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    model: options.Model = None,
    trained: options.Trained = None,
    dataset: options.Dataset = None,
    reward: options.Rewards = None,
    nodes: Annotated[str | None, _option("How many nodes, those of vLLM included. Default: 1.")] = None,
    gpus_per_node: Annotated[str | None, _option("GPUs of each node. Default: 8, or the site's.")] = None,
    vllm_nodes: Annotated[str | None, _option("How many of the nodes serve completions with vLLM.")] = None,
    partition: Annotated[str | None, _option("As sbatch has it; so are the next ones.")] = None,
    account: Annotated[str | None, _option("Who pays.")] = None,
    qos: Annotated[str | None, _option("The quality of service.")] = None,
    time: Annotated[str | None, _option("The time limit: minutes, or as 1-12:00:00.")] = None,
    mem: Annotated[str | None, _option("Memory of each node, as 200G.")] = None,
    constraint: Annotated[str | None, _option("Features that the nodes must have.")] = None,
    exclude: Annotated[str | None, _option("Nodes not to run on.")] = None,
    nodelist: Annotated[str | None, _option("Nodes to run on.")] = None,
    dependency: Annotated[str | None, _option("Jobs to wait for, as afterok:123.")] = None,
    array: Annotated[str | None, _option("Indices of a job array, as 0-9%1.")] = None,
    job_name: Annotated[str | None, _option("Default: the name of the run directory.")] = None,
    sbatch: Annotated[list[str] | None, _option("KEY=VALUE, any other option of sbatch; repeatable.")] = None,
    offline: options.Offline = None,
    output_dir: options.OutputDir = None,
    set_key: options.SetKey = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the script and the exact commands, submit nothing.")
    ] = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Queue a run on the cluster: r1 slurm submit sft --nodes 16.

    It takes every option of the command that it submits, too. What is particular to a cluster stands in a
    site profile, which `r1 slurm init` writes.
    """
    from r1cli.cli.slurm_submit import submit_command

    names, context.args = options.split_names(context.args)
    if names:
        key, value = _positional(command, names)
        set_key = [f"{key}={value}", *(set_key or [])]
    request = options.request(
        context,
        preset,
        profile,
        config,
        set_key,
        model=options.model_of(trained, model),
        dataset=dataset,
        reward=reward,
        nodes=nodes,
        gpus_per_node=gpus_per_node,
        vllm_nodes=vllm_nodes,
        partition=partition,
        account=account,
        qos=qos,
        time=time,
        mem=mem,
        constraint=constraint,
        exclude=exclude,
        nodelist=nodelist,
        dependency=dependency,
        array=array,
        job_name=job_name,
        offline=offline,
        output_dir=output_dir,
    )
    submit_command(command, request, sbatch or [], dry_run=dry_run, as_json=as_json)


def _positional(command: str, names: list[str]) -> tuple[str, str]:
    """The key that the words behind a command stand for, as they do without Slurm, and its value."""
    from r1cli.errors import R1Error
    from r1cli.serve.plan import find_model

    if command == "evaluate":
        return "evaluate.benchmarks", ",".join(names)
    if command == "serve" and len(names) == 1:
        return "model", find_model(names[0])
    raise R1Error(
        f"'{names[0]}' is not an option", where=f"r1 slurm submit {command}", fix="options begin with --"
    )


app.command()(slurm_jobs.status)
app.command("list")(slurm_jobs.list_runs)
app.command()(slurm_jobs.logs)
app.command()(slurm_jobs.cancel)
app.command(context_settings=options.TAKES_KEYS)(slurm_check.check)
app.command()(slurm_init.init)
