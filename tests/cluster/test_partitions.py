"""What sinfo prints, and the site profile that follows from it."""

import pytest
import yaml

from r1cli.cluster.partitions import best, partitions
from r1cli.cluster.site_profile import profile_text, proposal

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
FOUND = {partition.name: partition for partition in partitions(SINFO.replace("^", "\x1f"))}


def test_partitions_are_read() -> None:
    mixed = FOUND["mixed"]
    assert (mixed.nodes, mixed.cpus, mixed.memory) == (6, 96, 1031000)
    assert (mixed.gpus, mixed.gpu_request()) == (4, "--gres=gpu:a100:{gpus}")
    assert (FOUND["two"].gpus, FOUND["two"].gpu_request()) == (4, "--gres=gpu:{gpus}")
    assert (FOUND["main"].default, FOUND["main"].limit, FOUND["short"].limit) == (True, "", "1:00:00")


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
