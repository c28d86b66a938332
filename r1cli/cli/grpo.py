"""``r1 grpo``."""

import typer

from r1cli.cli import options


def grpo(
    context: typer.Context,
    preset: options.Preset = None,
    profile: options.Profile = None,
    config: options.ConfigFile = None,
    model: options.Model = None,
    dataset: options.Dataset = None,
    reward: options.Rewards = None,
    gpus: options.Gpus = None,
    offline: options.Offline = None,
    output_dir: options.OutputDir = None,
    set_key: options.SetKey = None,
    dry_run: options.DryRun = False,
    as_json: options.AsJson = False,
    debug: options.Debug = False,
) -> None:
    """Reinforce a model with verifiable rewards (GRPO).

    Any other key is an option too, by its TRL name: --learning_rate 1e-5, --max_steps 20. A reward's
    parameters stand under its name: --rewards.NAME.PARAMETER VALUE.
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
        reward=reward,
        gpus=gpus,
        offline=offline,
        output_dir=output_dir,
    )
    run_command("grpo", request, dry_run=dry_run, as_json=as_json)
