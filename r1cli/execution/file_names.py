"""Names of files and ids that come from rows and requests."""

from pathlib import PurePosixPath

_LONGEST, _LONGEST_PART = 1024, 200


def check_file_name(name: str) -> str:
    """The name, if it is a plain relative one that stays in its folder.

    Raises:
        ValueError: it is empty, absolute or too long, or has ``..``, a backslash or control characters.
    """
    reason = _what_is_wrong(name)
    if reason:
        raise ValueError(f"the file name {name[:80]!r} {reason}")
    return name


def _what_is_wrong(name: str) -> str:
    if not name or name != name.strip():
        return "is empty, or begins or ends with a blank"
    if not name.isprintable() or "\\" in name:
        return "has control characters or a backslash"
    path = PurePosixPath(name)
    if path.is_absolute() or name.startswith("~"):
        return "is not relative"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "has an empty part, '.' or '..'"
    encoded = name.encode("utf-8", "surrogatepass")
    if len(encoded) > _LONGEST or any(len(part.encode()) > _LONGEST_PART for part in path.parts):
        return "is too long"
    return "begins with a dash" if any(part.startswith("-") for part in path.parts) else ""
