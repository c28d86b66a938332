"""A Slurm whose programs are scripts that print what a test says, and note how they are called."""

from pathlib import Path

FIELD = "\x1f"


class Slurm:
    """What the programs print, in a folder of programs of their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for program in ("squeue", "scontrol", "sacct", "scancel"):
            path = folder / program
            path.write_text(
                f"#!/bin/sh\necho \"$@\" >> '{folder}/{program}.asked'\n"
                f"[ -e '{folder}/silent' ] && {{ echo 'Unable to contact slurm controller' >&2; exit 1; }}\n"
                f"[ -e '{folder}/{program}.out' ] && cat '{folder}/{program}.out'\nexit 0\n"
            )
            path.chmod(0o755)

    def squeue_prints(self, *jobs: tuple[str, str, Path]) -> None:
        lines = (
            FIELD.join(
                (number, state, "None", "1", "n1", "0:02", "10:00", "N/A", "", str(run / "launch/job.sh"))
            )
            for number, state, run in jobs
        )
        (self.folder / "squeue.out").write_text("".join(f"{line}\n" for line in lines))

    def scontrol_prints(
        self, number: str, state: str, exit_code: str = "0:0", run: Path = Path("/away"), fields: str = ""
    ) -> None:
        line = (
            f"JobId={number}{fields and ' '}{fields} JobState={state} Reason=None Restarts=0 "
            f"ExitCode={exit_code} RunTime=00:01:00 Command={run / 'launch/job.sh'} Power= \n"
        )
        (self.folder / "scontrol.out").write_text(line)

    def be_silent(self) -> None:
        (self.folder / "silent").touch()

    def asked(self, program: str) -> int:
        """How often a program was called."""
        return len(self.calls(program))

    def calls(self, program: str) -> list[str]:
        """The arguments of each call of a program."""
        path = self.folder / f"{program}.asked"
        return path.read_text().splitlines() if path.exists() else []
