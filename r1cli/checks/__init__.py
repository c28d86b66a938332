"""What can be said of a config before anything is loaded: every mistake, all at once."""

from r1cli.checks.batch import check_batch
from r1cli.checks.conflicts import check_conflicts
from r1cli.checks.context import check_lengths
from r1cli.checks.data import check_data
from r1cli.checks.data_dir import check_data_dir
from r1cli.checks.decontaminate import check_decontamination
from r1cli.checks.generation import check_generation, generation_warnings
from r1cli.checks.greedy import greedy_warnings
from r1cli.checks.held_out import check_held_out
from r1cli.checks.names import check_names, unused_parameters
from r1cli.checks.offline import check_offline
from r1cli.checks.pass_rate import check_pass_rate, pass_rate_warnings
from r1cli.checks.ranges import check_ranges
from r1cli.checks.schedule import check_schedule
from r1cli.checks.server import check_serving, serving_warnings
from r1cli.checks.silent import silent_settings
from r1cli.checks.slurm import check_slurm
from r1cli.checks.subject import Subject
from r1cli.checks.trl import check_trl
from r1cli.errors import R1Error


def find_mistakes(subject: Subject) -> list[R1Error]:
    """Every mistake in a config, as far as it can be known without loading a model or a dataset."""
    return [
        error
        for check in (
            check_names,
            check_data,
            check_ranges,
            check_conflicts,
            check_held_out,
            check_data_dir,
            check_batch,
            check_lengths,
            check_slurm,
            check_offline,
            check_serving,
            check_generation,
            check_decontamination,
            check_pass_rate,
            check_schedule,
            check_trl,
        )
        for error in check(subject)
    ]


def find_warnings(subject: Subject) -> list[str]:
    """Settings without an effect: not mistakes, but the user may expect an effect."""
    return [
        *unused_parameters(subject),
        *silent_settings(subject),
        *greedy_warnings(subject),
        *serving_warnings(subject),
        *generation_warnings(subject),
        *pass_rate_warnings(subject),
    ]
