"""How spellings of LaTeX are made alike: commands for layout, fractions without braces, grouped digits."""

import numpy as np
from numpy.typing import NDArray

BACKSLASH, _BRACE = ord("\\"), ord("{")

#: Commands for layout, and for signs that other spellings leave out or write as punctuation.
LEFT_OUT = """
    frac dfrac tfrac cfrac sfrac nicefrac over atop binom dbinom tbinom choose left right middle big
    bigg bigl bigr biggl biggr displaystyle textstyle limits nolimits quad qquad hspace vspace hfill
    newline par noindent item begin end label tag notag text textbf textit texttt textrm textsf
    textup textnormal emph mbox hbox fbox mathrm mathbf mathit mathsf mathtt mathbb mathcal mathfrak
    mathscr boldsymbol bm rm bf it operatorname boxed overline underline bar hat widehat tilde
    widetilde vec dot ddot overrightarrow overbrace underbrace cdot times div ast star bullet circ
    pm mp oplus otimes wedge vee cdots ldots dots dotsc dotsb vdots ddots le leq leqslant ge geq
    geqslant ne neq lt gt ll gg approx sim simeq cong equiv propto mid nmid parallel to rightarrow
    leftarrow leftrightarrow longrightarrow implies iff mapsto in notin subset subseteq supset
    supseteq cup cap setminus emptyset varnothing forall exists neg infty partial nabla sum prod int
    angle triangle perp degree prime colon lvert rvert vert langle rangle lfloor rfloor lceil rceil
    lbrace rbrace lbrack rbrack
""".split()  # noqa: SIM905 - a line for each would fill pages
#: After these is a name that is not part of the text.
ENVIRONMENTS = ("begin", "end")
#: Commands that are another spelling of a word.
SAME_AS = {
    "pmod": "mod",
    "bmod": "mod",
    "varepsilon": "epsilon",
    "vartheta": "theta",
    "varphi": "phi",
    "varrho": "rho",
    "varsigma": "sigma",
    "varpi": "pi",
}
_FRACTION = tuple(map(ord, "frac"))
_STYLES = tuple(map(ord, "dtc"))
#: How many characters may be looked at before and after a position: texts need as many blanks around them.
REACH = 10

Codes = NDArray[np.unsignedinteger]
Positions = NDArray[np.intp]


def argument_ends(codes: Codes, backslashes: Positions) -> Positions:
    r"""Where the arguments of fractions without braces end: in ``\frac12`` after the 1 and after the 2.

    Args:
        codes: the characters.
        backslashes: positions among them.
    """
    name = backslashes + 1
    name = name + (np.isin(codes[name], _STYLES) & (codes[name + 1] == _FRACTION[0]))
    for offset, letter in enumerate(_FRACTION):
        name = name[codes[name + offset] == letter]
    first = name + len(_FRACTION)
    # A longer name is another command's.
    first = first[~_is_letter(codes[first])]
    first += codes[first] == ord(" ")
    # Arguments in braces end by themselves.
    first = first[_is_letter(codes[first]) | _is_digit(codes[first])]
    return np.concatenate([first + 1, first + 2])


def grouping_signs(codes: Codes) -> Positions:
    r"""Where signs are that group the digits of a number: ``1,000``, ``1{,}000`` and ``1\,000``."""
    commas = np.flatnonzero(codes == ord(","))
    braced = commas[(codes[commas - 1] == _BRACE) & (codes[commas + 1] == ord("}"))]
    spaced = commas[codes[commas - 1] == BACKSLASH]
    found = (
        _between_digits(codes, commas, 1),
        _between_digits(codes, braced - 1, 3),
        _between_digits(codes, spaced - 1, 2),
    )
    return np.sort(np.concatenate(found))


def _between_digits(codes: Codes, first: Positions, count: int) -> Positions:
    """The positions of ``count`` characters each, where they precede three digits that end a group."""
    behind = first + count
    kept = _is_digit(codes[first - 1]) & ~_is_digit(codes[behind + 3])
    for offset in range(3):
        kept &= _is_digit(codes[behind + offset])
    return (first[kept][:, None] + np.arange(count)).ravel()


def _is_digit(codes: Codes) -> NDArray[np.bool_]:
    return (codes >= ord("0")) & (codes <= ord("9"))


def _is_letter(codes: Codes) -> NDArray[np.bool_]:
    lower = codes | 0x20
    return (lower >= ord("a")) & (lower <= ord("z"))
