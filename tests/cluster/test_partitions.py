"""What sinfo prints, and the site profile that follows from it."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from r1cli.cluster.partitions import best, read_sinfo
from r1cli.cluster.site_profile import profile_text, proposal
from tests.conftest import RunR1

# The first two lines are a real cluster's; the others have the forms of sinfo's manual.
SINFO = (
    "main*^up^infinite^16^64^1000000^gpu:8\n"
    "short^up^1:00:00^16^64^1000000^gpu:8\n"
    "mixed^up^2-00:00:00^4^128+^2063000+^gpu:a100:8(S:0-1),shard:16\n"
    "mixed^up^2-00:00:00^2^96^1031000^gpu:a100:4(S:0)\n"
    "mixed^up^2-00:00:00^30^32^128000^(null)\n"
    "cpu^up^7-00:00:00^100^48^190000^(null)\n"
    "two^up^1-00:00:00^2^64^500000^gpu:a100:2(S:0),gpu:h100:2(S:1)\n"
    "broken^down^1:00:00^900^64^1000000^gpu:h100:8\n"
)
FOUND = {partition.name: partition for partition in read_sinfo(SINFO.replace("^", "\x1f")).partitions}
WORDS = st.sampled_from(
    ["", " ", "N/A", "n/a", "infinite", "UNLIMITED", "(null)", "up", "up*", "64+", "2-4", "512G", "1.5T",
     "1K", "gpu:8", "gpu:a100:8(S:0-1)", "gpu", "gpu:", "gpu:x:y", "-1", "1e9", "²", "\uff19", "9" * 5000,
     "Zeitlimit", "1-00:00:00", "é", "main*", "*"]
)  # fmt: skip


def test_partitions_are_read() -> None:
    mixed = FOUND["mixed"]
    assert (mixed.nodes, mixed.cpus, mixed.memory) == (6, 96, 1031000)
    assert (mixed.gpus, mixed.gpu_request()) == (4, "--gres=gpu:a100:{gpus}")
    assert (FOUND["two"].gpus, FOUND["two"].gpu_request()) == (4, "--gres=gpu:{gpus}")
    assert (FOUND["main"].default, FOUND["main"].limit, FOUND["short"].limit) == (True, "", "1:00:00")


@pytest.mark.parametrize(
    ("cpus", "memory", "found"),
    [
        ("64", "512000", (64, 512_000)),
        ("64+", "512000+", (64, 512_000)),
        ("2-4", "256G-512G", (2, 262_144)),
        ("2", "512G", (2, 524_288)),
        ("2", "1.5T", (2, 1_048_576)),
        ("N/A", "infinite", (0, 0)),
        ("", "(null)", (0, 0)),
        ("²", "\uff19", (0, 0)),
    ],
)
def test_amounts_in_other_forms(cpus: str, memory: str, found: tuple[int, int]) -> None:
    (one,) = read_sinfo("\x1f".join(("p", "up", "UNLIMITED", "2-4", cpus, memory, "gpu:4"))).partitions
    assert (one.cpus, one.memory) == found
    assert (one.nodes, one.limit, one.gpus) == (2, "", 4)


@given(st.lists(st.lists(WORDS | st.text(max_size=5), max_size=9).map("\x1f".join), max_size=4))
def test_any_output_of_sinfo_is_read_or_named(lines: list[str]) -> None:
    sinfo = read_sinfo("\n".join(lines))
    read = {*sinfo.unread, *(partition.name for partition in sinfo.partitions)}
    assert bool(read) == any(line.strip() for line in lines)
    assert yaml.safe_load(profile_text(proposal(best(sinfo.partitions))))


def test_init_names_what_it_cannot_read(main: RunR1, tmp_path: Path) -> None:
    (tmp_path / "sinfo").write_text(
        "#!/bin/sh\nprintf 'sinfo: Warnung\\n\\ngpu\\037up\\037N/A\\0372-4\\037N/A\\037512G\\037gpu:8\\n'\n"
    )
    (tmp_path / "sinfo").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/bin:/usr/bin", "HOME": str(tmp_path)}
    done = main("slurm", "init", "--yes", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert "left out, because it is not a partition: sinfo prints 'sinfo: Warnung'" in done.stderr
    assert "2 nodes of an unknown number of CPUs, 524 GB, 8 GPUs; no time limit" in done.stderr
    written = yaml.safe_load((tmp_path / ".config/r1/slurm.yaml").read_text())
    assert written["slurm"] == {
        "partition": "gpu", "gpus_per_node": 8, "gpu_request": "--gres=gpu:{gpus}"
    }  # fmt: skip
    (tmp_path / "sinfo").write_text("#!/bin/sh\necho slurm is being upgraded\n")
    done = main("slurm", "init", "--force", cwd=tmp_path, env=env, input="fast\n" + "none\n" * 20)
    assert done.returncode == 0, done.stderr
    assert "sinfo names no partition" in done.stderr
    written = yaml.safe_load((tmp_path / ".config/r1/slurm.yaml").read_text())
    assert written["slurm"] == {"partition": "fast"}


@pytest.mark.parametrize(
    ("names", "proposed"),
    [
        ("main short mixed", "main"),
        ("cpu mixed short broken", "short"),
        ("cpu broken", "cpu"),
        ("broken", None),
    ],
)
def test_the_default_partition_or_the_largest_with_gpus_is_proposed(names: str, proposed: str | None) -> None:
    found = best(FOUND[name] for name in names.split())
    assert (found.name if found else None) == proposed


def test_a_profile_says_what_was_answered_and_what_for() -> None:
    answers = {**proposal(FOUND["mixed"]), "modules": ["cuda/12"], "offline": False}
    text = profile_text(answers)
    assert yaml.safe_load(text) == {
        "slurm": {
            "partition": "mixed",
            "time": "2-00:00:00",
            "gpus_per_node": 4,
            "gpu_request": "--gres=gpu:a100:{gpus}",
            "cpus_per_node": 96,
            "modules": ["cuda/12"],
        },
        "launch": {"offline": False},
    }
    assert "  # the partition\n  partition: mixed\n" in text
    assert "account" in text.partition("There are also")[2]
    assert proposal(FOUND["cpu"])["gpus_per_node"] == 0
    assert "gpu_request" not in proposal(FOUND["cpu"])
