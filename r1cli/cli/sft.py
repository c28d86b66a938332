"""``r1 sft``."""

import typer

from r1cli.cli import options


def sft(
    context: typer.Context,
    preset: options.Preset = None,
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    model: options.Model = None,
    dataset: options.Dataset = None,
    gpus: options.Gpus = None,
    offline: options.Offline = None,
    output_dir: options.OutputDir = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Fine-tune a model on reasoning traces (supervised fine-tuning).

    Any other key is an option too, by its TRL name: --learning_rate 1e-5, --max_steps 20.
    """
    from r1cli.cli.launch import run_command

    request = options.request(
        context,
        preset,
        profile,
        config,
        set_key,
        model=model,
        dataset=dataset,
        gpus=gpus,
        offline=offline,
        output_dir=output_dir,
    )
    run_command("sft", request, dry_run=dry_run, as_json=as_json)
