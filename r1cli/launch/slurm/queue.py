"""What Slurm knows of its jobs: squeue, scontrol and sacct, whichever the site has."""

import shutil

from r1cli.errors import R1Error


def require_slurm(program: str) -> None:
    """Whether Slurm's programs are here.

    Raises:
        R1Error: this one is not.
    """
    if shutil.which(program) is None:
        raise R1Error(
            f"there is no Slurm on this machine: `{program}` is not found",
            where="PATH",
            mend="call it on a login node of the cluster; --dry-run shows the script anywhere",
        )
