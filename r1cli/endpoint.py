"""What an endpoint is: the address of a server, and which variable has its key."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from r1cli.errors import R1Error

#: The variable with the key, the one that OpenAI's own clients read.
API_KEY = "OPENAI_API_KEY"
_KEY_ENV = "key_env="
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# Words in capitals: a key that somebody gave in place of its variable's name does not look like that.
_LOOKS_LIKE_A_NAME = re.compile(r"[A-Z]{1,12}\d?(_[A-Z]{1,12}\d?)*")


@dataclass(frozen=True)
class Endpoint:
    """The address of a server: of OpenAI's protocol, or of another with its own variable.

    Args:
        url: for OpenAI's protocol, up to ``/v1``.
        key_env: the environment variable with the key; if it is not set, no key is sent.
        direct: the server belongs to this job, so proxies are ignored.

    Raises:
        R1Error: the address is not one, or contains a user or a password.
    """

    url: str
    key_env: str = API_KEY
    direct: bool = False

    def __post_init__(self) -> None:
        if "@" in self.url:
            raise R1Error(
                f"the address ***@{self.url.rpartition('@')[2]} contains a user or a password",
                fix="leave them out, and name the variable with the server's key: URL,key_env=NAME",
            )
        if not _is_address(self.url):
            path = "/v1" if self.key_env == API_KEY else ""
            raise R1Error(f"'{self.url}' is not the address of a server", fix=f"as http://HOST:PORT{path}")

    def key(self) -> str:
        """The key; empty if there is none.

        Raises:
            R1Error: the variable contains more than a key.
        """
        key = os.environ.get(self.key_env, "").strip()
        if key.isascii() and key.isprintable():
            return key
        what = f"the variable {self.key_env} contains characters that no key has"
        raise R1Error(what, fix="set it again, to the key alone")


def parse_endpoints(
    value: str | Sequence[str] | None, where: str = "", variable: str = API_KEY
) -> tuple[Endpoint, ...]:
    """The endpoints of ``URL``, of ``URL,key_env=NAME``, and of lists of them.

    Args:
        value: a ``key_env=NAME`` belongs to the address before it.
        where: what set it, for errors.
        variable: has the key of an address without ``key_env``.

    Raises:
        R1Error: an address is not one, or has a password in it, or the variable with its key is not set.
    """
    text = value if isinstance(value, str) else ",".join(map(str, value or ()))
    items = [item.strip() for item in text.split(",") if item.strip()]
    if "@" in text:
        items = [text]  # a password may have a comma in it, and no part of it is shown
    found, errors = list[Endpoint](), list[R1Error]()
    for url, key_env in _pairs(items):
        try:
            found.append(_endpoint(url, key_env, variable))
        except R1Error as error:
            errors.append(R1Error(error.what, where=where, fix=error.fix))
    if errors:
        raise R1Error.together(errors)
    return tuple(found)


def _pairs(items: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Each address, with the name of the variable that follows it."""
    url, key_env = "", None
    for item in items:
        if item.startswith(_KEY_ENV) and url and key_env is None:
            key_env = item.removeprefix(_KEY_ENV)
            continue
        if url:
            yield url, key_env
        url, key_env = item, None
    if url:
        yield url, key_env


def _endpoint(url: str, key_env: str | None, variable: str) -> Endpoint:
    if url.startswith(_KEY_ENV):
        raise R1Error("key_env= does not follow an address", fix="write URL,key_env=NAME, once for each URL")
    if "?" in url or "#" in url:
        # It may hold a key, and an address is written to the run's record.
        raise R1Error(
            f"the address {url.partition('?')[0].partition('#')[0]} has a query or a fragment",
            fix="leave it out, and name the variable with the server's key: URL,key_env=NAME",
        )
    endpoint = Endpoint(url.rstrip("/"), variable)
    if key_env is None:
        return endpoint
    if not _VARIABLE.fullmatch(key_env) or not os.environ.get(key_env):
        raise _not_set(url, key_env)
    return replace(endpoint, key_env=key_env)


def _not_set(url: str, variable: str) -> R1Error:
    if _LOOKS_LIKE_A_NAME.fullmatch(variable):
        what = f"the variable {variable}, with the key of {url}, is not set"
        return R1Error(what, fix=f"export {variable}=KEY")
    return R1Error(
        f"the variable with the key of {url} is not set",
        fix="key_env=NAME is the name of an environment variable: export it with the key (what was given is "
        "not shown, since it may be the key itself)",
    )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises if it is not a number
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
