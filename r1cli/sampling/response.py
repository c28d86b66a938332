"""What an answer of a server means: a completion, a failure, another try, or the end of everything."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from r1cli.endpoint import Endpoint
from r1cli.errors import R1Error
from r1cli.sampling.store import Completion, Failure

if TYPE_CHECKING:
    from httpx2 import Response

#: Reasons of failures that stay; those of passing ones are below.
TOO_LONG, FILTERED, REFUSED = "too long for the context", "filtered", "refused"
NO_CONNECTION, TIMED_OUT, DROPPED, UNUSABLE = "no connection", "timed out", "dropped", "unusable answer"
_BUSY, _SERVER_ERROR = "server busy", "server error"

_NOT_THERE = (404, 405)
_PASSING = {408: TIMED_OUT, 409: _SERVER_ERROR, 425: _BUSY, 429: _BUSY, 503: _BUSY, 504: TIMED_OUT}
# How OpenAI, vLLM, SGLang, llama.cpp and TGI say it.
_OVERFLOW = re.compile(
    r"context.length|reduce the length of the|maximum model length|exceeds the maximum allowed length"
    r"|context.size|`max_new_tokens` must be <=|`inputs` must have less than",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content_filter|content_policy|content management policy|input was flagged", re.IGNORECASE
)
# A tool call also means that the model ended the completion itself; the last two are TGI's.
_FINISHED = ("stop", "length", "tool_calls", "function_call", "eos_token", "stop_sequence")
_SHOWN = 300  # characters


class Unresumable(R1Error):
    """What is wrong with what a run was asked for: resuming it as it is does not help."""


class NoSuchModel(Unresumable):
    """A server does not have the model."""


class TryAgain(Exception):
    """There is no usable answer, but another try may bring one.

    Args:
        reason: of the failure, if this was the last try.
        message: what happened.
        wait: seconds that the server asks for, if it does.
    """

    def __init__(self, reason: str, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.failure = Failure(reason, message, passing=True)
        self.wait = wait

    @property
    def is_busy(self) -> bool:
        return self.failure.reason == _BUSY


def overflow(prompt_tokens: int, most: int, context: int | None) -> Failure | None:
    """Why a prompt is not completed by ``most`` tokens in a context, by the rule of vLLM; None if it is."""
    if context is None or prompt_tokens + most <= context:
        return None
    return Failure(TOO_LONG, f"{prompt_tokens} tokens, and max_new_tokens {most}, of {context}")


def refusal_in(response: "Response", endpoint: Endpoint) -> Failure | None:
    """Why a server does not complete this request; None if it does.

    Raises:
        TryAgain: it is busy, or has failed.
        NoSuchModel: it does not have the model.
        R1Error: it completes no request sent like this.
    """
    status = response.status_code
    if status < 300:
        return None
    message = f"{endpoint.url} answered {status} {_message(response, endpoint.key())}".strip()
    if status in _PASSING or status >= 500:
        wait = _retry_after(response.headers)
        raise TryAgain(_PASSING.get(status, _SERVER_ERROR), message, wait)
    if status in (400, 413, 422) and _OVERFLOW.search(response.text):
        return Failure(TOO_LONG, message)
    if status in (400, 403) and _FILTER.search(response.text):
        return Failure(FILTERED, message)
    if status in _NOT_THERE and endpoint.url.endswith("/v1"):
        fix = f"start a new run with a --model that it has: {endpoint.url}/models lists them"
        raise NoSuchModel(f"the server at {message}", fix=fix, exit_code=1)
    if status in _NOT_THERE:
        fix = f"the address of most servers ends in /v1: repeat the command with --endpoint {endpoint.url}/v1"
        raise Unresumable(f"the server at {message}", fix=fix, exit_code=1)
    fix = _fix(response, endpoint)
    if fix:
        raise R1Error(f"the server at {message}", fix=fix, exit_code=1)
    return Failure(REFUSED, message)


def what_helps(reason: str, passing: bool) -> str:
    """What helps a run whose requests fail.

    Args:
        reason: of the failures.
        passing: whether another try may succeed.
    """
    if passing:
        return "check the server, then resume the run: received completions are stored"
    if reason == TOO_LONG:
        return (
            "prompt and max_new_tokens have to fit together: begin a new run with shorter prompts, a smaller "
            "--max_new_tokens, or a model with a longer context"
        )
    return "begin a new run without what was refused, such as a --model that the server does not know"


def completion_of(response: "Response", chat: bool, endpoint: Endpoint) -> Completion | Failure:
    """The completion in an answer, or why there is none.

    Raises:
        TryAgain: there is not a whole completion in it.
    """
    try:
        tree = response.json()
        choice = tree["choices"][0]
        # Some servers leave it out; those that break a completion off say so.
        reason = choice.get("finish_reason", "stop")
        text = _text(choice["message"], reason) if chat else choice["text"]
        usage = tree.get("usage") or {}
        tokens, prompt_tokens = (int(usage.get(f"{one}_tokens") or 0) for one in ("completion", "prompt"))
    except (ValueError, LookupError, TypeError, AttributeError):
        message = _message(response, endpoint.key())
        raise TryAgain(UNUSABLE, f"{endpoint.url} sent no completion: {message}".rstrip(": ")) from None
    if reason == "content_filter":
        return Failure(FILTERED, f"{endpoint.url} filtered the completion")
    if reason not in _FINISHED:
        raise TryAgain(UNUSABLE, f"{endpoint.url} sent half a completion: finish_reason {reason}")
    if not isinstance(text, str):
        raise TryAgain(UNUSABLE, f"{endpoint.url} sent an empty choice")
    ended = "length" if reason == "length" else "stop"
    return Completion(text, ended, tokens, prompt_tokens=prompt_tokens)


def _text(message: Mapping[str, Any], finish_reason: str) -> str | None:
    """The whole completion: a reasoning parser sends the thoughts separately, without their tags."""
    thoughts = message.get("reasoning_content") or message.get("reasoning")
    answer: str | None = message.get("content")
    if thoughts and not answer and finish_reason == "length":
        return f"<think>\n{thoughts}"  # they were cut off
    if thoughts:
        return f"<think>\n{thoughts}\n</think>\n{answer or ''}"
    return "" if answer is None and message.get("tool_calls") else answer


def _fix(response: "Response", endpoint: Endpoint) -> str:
    """How to fix what would go wrong with every request; empty if it is about this one alone."""
    status = response.status_code
    if status < 400:
        return f"use the address that it redirects to: {response.headers.get('location', '')}"
    if status in (401, 403):
        return f"set {endpoint.key_env} to a key that this server accepts, in the environment"
    if status == 402:
        return "the account of this key has no credit left"
    return ""


def _message(response: "Response", key: str) -> str:
    """What a server says of an error, without the key, which it may repeat."""
    text = response.text
    try:
        tree = json.loads(text)
        error = tree.get("error", tree)
        text = error if isinstance(error, str) else error.get("message") or error.get("detail") or ""
    except (ValueError, AttributeError):
        pass
    words = " ".join(str(text).split())
    return (words.replace(key, "***") if key else words)[:_SHOWN]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a server asks to wait: it sends their number, or a date."""
    value = headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
