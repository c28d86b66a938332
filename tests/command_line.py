"""Words of a command line as settings, for tests that need no command line."""

from r1cli.commands import COMMANDS
from r1cli.config.arguments import ANY_NUMBER, OwnOption, Rules, parse
from r1cli.config.schema import schema_of
from r1cli.config.settings import Setting

OPTIONS = {"--set": OwnOption(takes_value=True, may_repeat=True)}


def flags_of(*words: str, command: str = "grpo") -> tuple[Setting, ...]:
    """The settings of words after a command."""
    row = COMMANDS[command]
    standalone = 0 if row.positional is None else ANY_NUMBER
    return tuple(parse(words, Rules((schema_of(row),), OPTIONS, standalone)).settings)
