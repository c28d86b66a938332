"""The type by which `datasets` keeps values of several types: as JSON."""

import pyarrow


def is_json(kind: pyarrow.DataType) -> bool:
    """Whether a type is JSON, or has it within it."""
    if isinstance(kind, pyarrow.BaseExtensionType):
        return True
    return any(is_json(kind.field(place).type) for place in range(kind.num_fields))
