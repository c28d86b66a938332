"""How endpoints are written, and which are refused."""

import pytest

from r1cli.endpoint import API_KEY, Endpoint, parse_endpoints
from r1cli.errors import R1Error

ONE, TWO = "http://one:8000/v1", "https://two.example/v1"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_A", "sk-a")
    monkeypatch.delenv("KEY_B", raising=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ()),
        ([], ()),
        (ONE, (Endpoint(ONE),)),
        (f"{ONE}/", (Endpoint(ONE, API_KEY),)),
        (f"{ONE},key_env=KEY_A", (Endpoint(ONE, "KEY_A"),)),
        ([ONE, "key_env=KEY_A", TWO], (Endpoint(ONE, "KEY_A"), Endpoint(TWO))),
        ([f"{ONE}, key_env=KEY_A", f"{TWO},{ONE}"], (Endpoint(ONE, "KEY_A"), Endpoint(TWO), Endpoint(ONE))),
    ],
)
def test_what_is_read(value: str | list[str] | None, expected: tuple[Endpoint, ...]) -> None:
    assert parse_endpoints(value) == expected


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("localhost:8000", "'localhost:8000' is not the address of a server"),
        ("http://host:port/v1", "is not the address of a server"),
        ("ftp://host/v1", "is not the address of a server"),
        ("http://me:pass-word@host/v1", r"the address \*\*\*@host/v1 contains a user or a password"),
        ("me:pass-word@host", "contains a user or a password"),
        (f"{TWO},http://me:pass-word,more@host/v1", "contains a user or a password"),
        (f"{ONE},key_env=KEY_B", f"the variable KEY_B, with the key of {ONE}, is not set"),
        (f"{ONE},key_env=pass-word", f"the variable with the key of {ONE} is not set"),
        (f"{ONE},key_env=KEY_A,key_env=KEY_A", "does not follow an address"),
        ("key_env=KEY_A", "does not follow an address"),
        ("http://host/v1?api_key=pass-word", "the address http://host/v1 has a query"),
    ],
)
def test_what_is_refused(value: str, what: str) -> None:
    with pytest.raises(R1Error, match=what) as raised:
        parse_endpoints(value, "flag --endpoint")
    assert "where: flag --endpoint" in str(raised.value)
    assert raised.value.fix
    assert "pass-word" not in str(raised.value) and "more" not in str(raised.value)


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", "TOKEN123ABC", "AbC_12", "abc_secret", "A" * 32])
def test_what_may_be_a_key_is_not_shown(key: str) -> None:
    with pytest.raises(R1Error, match="is not set") as raised:
        parse_endpoints(f"{ONE},key_env={key}")
    assert key not in str(raised.value)


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(R1Error) as raised:
        parse_endpoints("one,two")
    assert len(raised.value.all()) == 2
