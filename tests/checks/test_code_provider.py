"""A code provider that cannot be used is named before anything loads."""

from pathlib import Path

import pytest

from tests.conftest import RunR1

pytestmark = pytest.mark.e2e

CODE = ("grpo", "--preset", "tiny-code", "--model", "m/x", "--dataset", "d/x", "--dry-run")


def test_an_unknown_provider_is_named_with_the_nearest(main: RunR1) -> None:
    refused = main(*CODE, "--code.provider", "locl")
    assert refused.returncode == 2
    assert "unknown code provider 'locl'" in refused.stderr
    assert "did you mean local?" in refused.stderr


def test_a_missing_key_is_named_where_programs_are_run(main: RunR1, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2B_API_KEY", raising=False)
    refused = main(*CODE, "--code.provider", "e2b")
    assert refused.returncode == 2
    assert "the code provider 'e2b' needs E2B_API_KEY" in refused.stderr
    monkeypatch.setenv("PISTON_ENDPOINTS", " ")
    assert "'piston' needs PISTON_ENDPOINTS" in main(*CODE, "--code.provider", "piston").stderr
    # Without programs nobody needs it.
    assert main(*CODE, "--code.provider", "e2b", "--reward", "format").returncode == 0


def test_a_router_without_an_address_is_refused(main: RunR1) -> None:
    refused = main(*CODE, "--code.provider", "router")
    assert refused.returncode == 2
    assert "the code provider 'router' has no address" in refused.stderr
    assert main(*CODE, "--code.provider", "router", "--code.endpoints", "http://h:8001").returncode == 0


@pytest.mark.parametrize("provider", ["piston", "router"])
def test_endpoints_that_are_no_addresses_are_refused(main: RunR1, provider: str) -> None:
    words = ("--code.provider", provider, "--code.endpoints", "slurm")
    refused = main(*CODE, *words)
    assert refused.returncode == 2
    assert "'slurm' is not the address of a server" in refused.stderr
    assert "flag --code.endpoints" in refused.stderr
    # At /v1, where OpenAI's protocol begins, neither has anything.
    assert "fix: as http://HOST:PORT\n" in refused.stderr
    # Without programs nobody asks them.
    assert main(*CODE, *words, "--reward", "format").returncode == 0


@pytest.mark.parametrize("value", ["slurm", "node1:2000"])
def test_a_variable_with_what_is_no_address_is_refused(
    main: RunR1, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PISTON_ENDPOINTS", value)
    refused = main(*CODE, "--code.provider", "piston")
    assert refused.returncode == 2
    assert f"'{value}' is not the address of a server" in refused.stderr
    assert "where: variable PISTON_ENDPOINTS" in refused.stderr
    # The config's own servers replace it.
    words = ("--code.provider", "piston", "--code.endpoints", "http://node1:2000")
    assert main(*CODE, *words).returncode == 0


def test_a_provider_that_cannot_run_ends_the_run_before_the_model_is_loaded(tmp_path: Path) -> None:
    from r1cli.config.groups.code import Code
    from r1cli.config.groups.rewards import Rewards
    from r1cli.errors import R1Error
    from r1cli.scoring.choose import make_scorer

    with pytest.raises(R1Error, match="E2B_API_KEY"):
        make_scorer(Rewards(reward_funcs=["code"]), Code(provider="e2b"))
