"""The tests of LiveCodeBench's rows."""

import base64
import binascii
import io
import pickle
import zlib
from functools import lru_cache
from typing import Any

from r1_rewards.programs.cases import Case, RefusedRow, read_json

#: The most that private tests may be when they are decompressed.
LARGEST = 256 << 20


class _PlainUnpickler(pickle.Unpickler):
    """Reads texts, numbers and lists; whatever names a class or function is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it names {module[:40]}.{name[:40]}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to something outside")


# Private tests of one problem may take a hundred megabytes.
@lru_cache(maxsize=16)
def read_tests(public: str, private: str, metadata: str) -> tuple[Case, ...]:
    """The public tests and then the private ones.

    Args:
        public: JSON, a list of {input, output, testtype}.
        private: the same, or base64 of zlib of a pickle of that JSON.
        metadata: JSON, with ``func_name`` for tests that call a function.

    Raises:
        RefusedRow: they have another shape, or the pickle holds more than text.
    """
    details = read_json(metadata, "metadata") if metadata else {}
    function = str(details.get("func_name") or "") if isinstance(details, dict) else ""
    tests = [*_listed(public, "public_test_cases"), *_listed(private, "private_test_cases")]
    return tuple(_case(test, function) for test in tests)


def _listed(text: str, what: str) -> list[Any]:
    if not text or not text.strip():
        return []
    if text.lstrip()[:1] != "[":
        text = open_private(text)
    tests = read_json(text, what)
    if not isinstance(tests, list):
        raise RefusedRow(f"{what} is not a list")
    return tests


def open_private(text: str) -> str:
    """The JSON of private tests that are base64 of zlib of a pickle of it.

    Raises:
        RefusedRow: they are not, the pickle holds anything but a text, or they are too large.
    """
    try:
        opened = zlib.decompressobj()
        plain = opened.decompress(base64.b64decode(text, validate=True), LARGEST)
        if opened.unconsumed_tail:
            raise RefusedRow(f"the private tests are larger than {LARGEST >> 20} MB")
        if not opened.eof:
            raise RefusedRow("the private tests are cut short")
        found = _PlainUnpickler(io.BytesIO(plain)).load()
    except (binascii.Error, zlib.error) as error:
        raise RefusedRow(f"the private tests cannot be decompressed: {error}") from None
    except RefusedRow:
        raise
    except Exception as error:  # a pickle that is not one may raise anything
        raise RefusedRow(f"the pickle of the private tests is refused: {error}") from None
    if isinstance(found, bytes):
        found = found.decode("utf-8", "replace")
    if not isinstance(found, str):
        raise RefusedRow(f"the pickle of the private tests is not text, but {type(found).__name__}")
    return found


def _case(test: Any, function: str) -> Case:
    if not isinstance(test, dict) or not isinstance(test.get("input"), str):
        raise RefusedRow("a test has no input")
    output = test.get("output")
    if not isinstance(output, str):
        raise RefusedRow("a test has no output")
    if test.get("testtype") != "functional":
        return Case(test["input"], output)
    if not function.isidentifier():
        raise RefusedRow(f"a test calls a function, and metadata's func_name is '{function[:40]}'")
    read_json(output, "the output of a test")
    return Case(test["input"], output, function)
