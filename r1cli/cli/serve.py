"""``r1 serve``."""

from typing import Annotated

import typer

from r1cli.cli import options


def serve(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL|RUN", help="A Hub id, a model folder, or a run directory of r1."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="vllm or transformers. Default: vLLM where it is.", show_default=False)
    ] = None,
    host: Annotated[str | None, typer.Option(help="Default: 127.0.0.1.", show_default=False)] = None,
    port: Annotated[str | None, typer.Option(help="Default: 8000.", show_default=False)] = None,
    tensor_parallel: Annotated[
        str | None, typer.Option(help="GPUs for one copy of the model, or auto.", show_default=False)
    ] = None,
    data_parallel: Annotated[
        str | None, typer.Option(help="Copies of the model, or auto.", show_default=False)
    ] = None,
    max_model_len: Annotated[
        str | None, typer.Option(help="The longest text in tokens, or auto: the model's.", show_default=False)
    ] = None,
    reasoning_parser: Annotated[
        str | None,
        typer.Option(help="vLLM's parser of thoughts, auto (by the model), or none.", show_default=False),
    ] = None,
    config: options.ConfigFile = None,
    gpus: options.Gpus = None,
    offline: options.Offline = None,
    output_dir: options.OutputDir = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Serve a model with OpenAI's protocol, until Ctrl-C: r1 serve MODEL.

    Of a run it serves the final model, or else the newest whole checkpoint. --dtype, --model_revision and
    --trust_remote_code are options too.
    """
    from r1cli.cli.launch import run_command
    from r1cli.serve.plan import find_model

    if model and model.startswith("-"):
        # An option that is only known as a key, and its value.
        context.args, model = [model, *context.args], None
    request = options.request(
        context,
        None,
        None,
        config,
        set_key,
        model=find_model(model) if model else None,
        engine=engine,
        host=host,
        port=port,
        tensor_parallel=tensor_parallel,
        data_parallel=data_parallel,
        max_model_len=max_model_len,
        reasoning_parser=reasoning_parser,
        gpus=gpus,
        offline=offline,
        output_dir=output_dir,
    )
    run_command("serve", request, dry_run=dry_run, as_json=as_json)
