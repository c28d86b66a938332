"""The names that mathematics has words for: functions, constants, Greek letters; and what is a word."""

import re

FUNCTIONS = frozenset((
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "arccot", "sinh", "cosh",
    "tanh", "coth", "asin", "acos", "atan", "ln", "log", "lg", "exp", "max", "min", "gcd", "lcm", "det",
    "sgn", "arg", "deg", "abs", "floor", "ceil", "Re", "Im", "sqrt", "cbrt",
))  # fmt: skip
#: Functions whose inverse is written with an exponent of -1.
TRIGONOMETRIC = frozenset(["sin", "cos", "tan", "cot", "sec", "csc"])
CONSTANTS = frozenset(["pi", "infty", "inf", "infinity"])
GREEK = frozenset((
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
    "nu", "xi", "pi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta",
    "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega", "hbar",
))  # fmt: skip
ACCENTS = frozenset((
    "overline", "vec", "hat", "tilde", "mathbf", "widehat", "overrightarrow", "dot", "ddot", "underline",
    "mathcal", "mathit", "mathsf", "mathfrak",
))  # fmt: skip
_NAMES = FUNCTIONS | GREEK | CONSTANTS
#: The name that letters in a row begin with: one of those above, or a single letter.
FIRST_NAME = re.compile("|".join(sorted(_NAMES, key=lambda word: (-len(word), word))) + r"|[^\W\d_]")
# Written together with its argument: sinx, pir. Not: cost, pin.
_GLUED = re.compile(r"(?:arc)?(?:sin|cos|tan|cot|sec|csc|log|exp)[xyzabnuv]|pi[rxhR]|sint|tant")
# More letters than that are not a product, with or without a vowel.
_LONGEST_PRODUCT = 200
_VOWEL = re.compile("[aeiouyAEIOUY]")
# Above it are the scripts without spaces, where one sign is a word.
_LAST_ALPHABETIC = "\u2e7f"


def is_word(run: str) -> bool:
    """Whether letters in a row are a word, and no product: apples, and neither abc nor xyz nor pir."""
    if not run.isascii():
        return len(run) > 1 or run > _LAST_ALPHABETIC
    if len(run) < 3 or run in _NAMES or _GLUED.fullmatch(run):
        return False
    if len(run) > _LONGEST_PRODUCT:
        return True
    return _VOWEL.search(run) is not None and run.lower() not in "abcdefghijklmnopqrstuvwxyz"
