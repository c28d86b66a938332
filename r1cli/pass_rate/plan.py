"""The plans of ``r1 filter-pass-rate``: a worker that samples and scores, or one that only selects."""

from pathlib import Path

from r1cli.config.config import MEASUREMENTS, OUTPUT_DIR, Config
from r1cli.config.record import record_of
from r1cli.errors import R1Error, did_you_mean
from r1cli.launch.accelerate import cpu_environment
from r1cli.launch.place import Place
from r1cli.pass_rate.measurement import Measurement, check_agreement, read_measurement
from r1cli.pass_rate.schema import Selecting
from r1cli.runs.job import Job, Role
from r1cli.sampling.plan import sampling_job

#: The roles.
MEASURE, SELECT = "measure", "select"


def plan_measurement(config: Config, place: Place) -> Job:
    """The job that measures pass rates and, if the command has keys for that, selects rows.

    Raises:
        R1Error: the place has several nodes, or does not fit the engine or the model.
    """
    return sampling_job(config, place, MEASURE, "r1cli.pass_rate.worker")


def plan_selection(config: Config, place: Place) -> Job:
    """The job that selects rows of measurements, in one process without a model.

    Raises:
        R1Error: there is no measurement, or they do not fit together or the settings.
    """
    settings = config.section(Selecting)
    if not settings.measurements:
        raise R1Error(
            "`r1 filter-pass-rate select` needs a measurement",
            where=MEASUREMENTS,
            fix="name run directories of `r1 filter-pass-rate measure`, before any option",
        )
    measurements = [read_measurement(Path(name)) for name in settings.measurements]
    check_agreement(measurements)
    _check_settings(settings, measurements, config)
    run_dir = Path(config.get(OUTPUT_DIR)).absolute()
    argv = (place.python, "-m", "r1cli.pass_rate.select_worker", str(run_dir))
    role = Role(SELECT, argv, cpu_environment(place.cores))
    return Job(config.command, str(run_dir), (role,), record_of(config))


def _check_settings(settings: Selecting, measurements: list[Measurement], config: Config) -> None:
    """Refuses settings that the measurements do not allow.

    Raises:
        R1Error: with the first of them.
    """
    first, *others = (one.info.rewards for one in measurements)
    rewards = [name for name in first if all(name in other for other in others)]
    if not rewards or settings.reward not in (None, *rewards):
        name = settings.reward or first[0]
        raise R1Error(
            f"the measurements have no reward '{name}'",
            where=config.origins.get("pass_rate.reward", "pass_rate.reward"),
            fix=did_you_mean(name, rewards, f"they have {', '.join(rewards) or 'none in common'}"),
        )
    for one in measurements:
        if settings.holdout and one.info.adaptive:
            raise R1Error(
                f"{one.name} is adaptive: all of its samples decided how many there are",
                where=config.origins.get("pass_rate.holdout", ""),
                fix=f"hold samples out when measuring: --adaptive --holdout {settings.holdout}",
            )
        if settings.holdout >= one.info.samples:
            raise R1Error(
                f"{settings.holdout} samples are held out, and {one.name} has {one.info.samples} of each row",
                where=config.origins.get("pass_rate.holdout", ""),
                fix=f"hold out at most {one.info.samples - 1}",
            )
