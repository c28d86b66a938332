"""Words of a command line as settings, for tests that need no command line."""

from r1cli.commands import COMMANDS
from r1cli.config.arguments import Rules, parse
from r1cli.config.schema import schema_of
from r1cli.config.settings import Setting


def flags_of(*words: str, command: str = "grpo") -> tuple[Setting, ...]:
    """The settings of words behind a command."""
    row = COMMANDS[command]
    return tuple(parse(words, Rules((schema_of(row),), {}, row.positional is not None)).settings)
