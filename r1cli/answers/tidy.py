"""One spelling for what can be written in many, before an answer is read: signs, LaTeX's layout, marks."""

import re
import unicodedata

_DIGITS = "0123456789"
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", f"{_DIGITS}+-()n", strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", _DIGITS, strict=True))
_RAISED = re.compile(f"[{''.join(_SUPERSCRIPTS)}]+")
_LOWERED = re.compile(f"[{''.join(_SUBSCRIPTS)}]+")
_FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8), "⅐": (1, 7),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_GREEK = """
α alpha  β beta  γ gamma  δ delta  ε epsilon  ζ zeta  η eta  θ theta  ι iota  κ kappa  λ lambda  μ
mu  ν nu  ξ xi  π pi  ρ rho  σ sigma  τ tau  φ phi  ϕ phi  χ chi  ψ psi  ω omega  Γ Gamma  Δ Delta
Θ Theta  Λ Lambda  Ξ Xi  Π Pi  Σ Sigma  Φ Phi  Ψ Psi  Ω Omega  µ mu  Ω Omega
"""
_SIGNS = {
    "−": "-", "–": "-", "—": "-", "﹣": "-", "‐": "-", "‑": "-", "×": r"\times ", "✕": r"\times ",
    "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "∗": "*", "÷": r"\div ", "√": r"\sqrt ", "∛": r"\sqrt[3]",
    "∞": r"\infty ", "≤": r"\le ", "⩽": r"\le ", "≦": r"\le ", "≥": r"\ge ", "⩾": r"\ge ", "≧": r"\ge ",
    "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ", "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ",
    "∩": r"\cap ", "∖": r"\setminus ", "∅": r"\emptyset ", "⌀": r"\emptyset ", "±": r"\pm ", "∓": r"\mp ",
    "°": r"^{\circ}", "º": r"^{\circ}", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}",
    "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}", "∠": r"\angle ", "△": r"\triangle ", "…": r"\ldots ",
    "⋯": r"\ldots ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "⟨": r"\langle ",
    "⟩": r"\rangle ", "→": r"\to ", "∣": "|", "、": ",", "。": ".", "∑": r"\sum ", "∏": r"\prod ",
    "∫": r"\int ", "‰": r"\permil ", "′": "'", "’": "'", "‘": "'", "“": '"', "”": '"', "℃": r"^{\circ}C",
    "℉": r"^{\circ}F", "⁄": "/", "∕": "/",
}  # fmt: skip
# The numbers of statements, each by itself.
_CIRCLED = {sign: f"{number}," for number, sign in enumerate("①②③④⑤⑥⑦⑧⑨", 1)}
_TABLE = str.maketrans(
    _SIGNS
    | _CIRCLED
    | {sign: rf"\{name} " for sign, name in zip(_GREEK.split()[::2], _GREEK.split()[1::2], strict=True)}
    | {sign: rf"\frac{{{top}}}{{{bottom}}}" for sign, (top, bottom) in _FRACTIONS.items()}
)
#: Ends a row of a matrix: two backslashes, which would be taken for others.
ROW = "\u241e"

# \left. shows no bracket at all.
_LAYOUT = re.compile(
    r"\\(?:left|right|middle|[bB]igg?[lr]?)(?![A-Za-z])\s*\.?(?<!\\\.)"
    r"|\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|strut|mathstrut|allowbreak|nobreak)(?![A-Za-z])"
    r"|\\!|\\label\{[^{}]*\}|\\phantom\{[^{}]*\}"
)
_SPACE = re.compile(r"\\[,;: >]|\\q?quad|\\(?:hfill|enspace|thinspace|hspace\*?\{[^{}]*\})|[~\s\u200b]+")
_RENAMED = {
    **dict.fromkeys(("dfrac", "tfrac", "cfrac"), "frac"),
    **dict.fromkeys(("dbinom", "tbinom"), "binom"),
    **dict.fromkeys(("leq", "leqslant", "leqq"), "le"),
    **dict.fromkeys(("geq", "geqslant", "geqq"), "ge"),
    **dict.fromkeys(("varnothing", "O"), "emptyset"),
    **dict.fromkeys(("dots", "cdots", "dotsc", "dotsb"), "ldots"),
    **dict.fromkeys(("rightarrow", "longrightarrow", "Rightarrow", "implies"), "to"),
    **dict.fromkeys(("lvert", "rvert", "vert", "mid"), "|"),
    **dict.fromkeys(
        ("textrm", "textnormal", "mbox", "hbox", "textsf", "texttt", "textit", "textup", "emph"), "text"
    ),
    **dict.fromkeys(("bm", "boldsymbol", "pmb"), "mathbf"),
    **dict.fromkeys(("mathopen", "mathclose", "mathrel", "ang"), ""),
    **dict.fromkeys(("land", "wedge"), r"\text{ and }"), **dict.fromkeys(("lor", "vee"), r"\text{ or }"),
    **dict.fromkeys(("backslash", "smallsetminus"), r"\setminus "),
    "neq": "ne", "ast": "times", "varepsilon": "epsilon", "varphi": "phi", "bar": "overline",
    "lbrace": "{", "rbrace": "}", "lt": "<", "gt": ">", "colon": ":", "degree": "^{\\circ}", "dollar": "¤",
    "R": r"\mathbb{R}", "ell": "l", "lbrack": "[", "rbrack": "]", "lparen": "(", "rparen": ")",
    "cdotp": r"\cdot ", "thinspace": " ", "percent": "%",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
# Escaped braces, and two backslashes, are passed over.
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_OPERATORNAME = re.compile(r"\\operatorname\*?\s*\{\s*([A-Za-z]+)\s*\}")
_MATH_MARKS = re.compile(r"\\[()\[\]]|\$")
# \\[2pt] breaks a row of a matrix, too.
_ROW_WITH_SPACE = re.compile(rf"{ROW}\[[^\]]*\]")
_DOTS = re.compile(r"\.{3,}")
_COMMA = r"\s*\{\s*,\s*\}\s*"
# 1{,}000; of 12{,}5 and 0{,}125 the comma is a decimal one.
_GROUPED = re.compile(rf"(?<![\d.}}])[1-9]\d{{0,2}}(?:{_COMMA}\d{{3}})+(?!\d|{_COMMA})")
_BRACED_COMMA = re.compile(rf"(?<=\d){_COMMA}(?=\d)")
_THIN_COMMA = re.compile(r"(?<=\d),\\!\s*(?=\d{3})")
# 12,345,678; not 1,2 and not 1,2345.
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d])(?!,\d)")
_SPACED = re.compile(r"(?<![\d.,/^_{(\w])\d{1,3}(?: \d{3})+(?![\d/])")
# Behind a unit, too, it says no more than the digits do; before a value it takes some of it back.
_ABOUT = re.compile(r"(?<=\w)\s+(?:approximately|approx\.?)$", re.IGNORECASE)
# No "-" and no ">": they are signs.
_MARKERS = re.compile(r"^(?:[*•‣▪]\s+(?=\S)|#{1,6}\s+|=\s*(?!=))")
_STOPS = (ROW, *".,;:，；")
_PAIRS = (("**", "**"), ("__", "__"), *((one, one) for one in "*`\"'"), ("«", "»"), ("「", "」"))
_WRAPPERS = frozenset(
    ("text", "mathrm", "mathbf", "textbf", "boxed", "fbox", "underline", "mathit", "mathsf", "ensuremath")
)
# No answer has more marks around it: each round looks through all of it.
_ROUNDS = 30
_FROM_RAISED = str.maketrans(_SUPERSCRIPTS)
_FROM_LOWERED = str.maketrans(_SUBSCRIPTS)


def tidy(text: str) -> str:
    """The text in one spelling: LaTeX without layout, plain signs, no marks around it."""
    text = text.replace("\\\\", ROW)
    text = _RAISED.sub(lambda found: f"^{{{found[0].translate(_FROM_RAISED)}}}", text)
    text = _LOWERED.sub(lambda found: f"_{{{found[0].translate(_FROM_LOWERED)}}}", text)
    # Full-width forms, ligatures; what has its own meaning was replaced before.
    text = unicodedata.normalize("NFKC", text.translate(_TABLE)).translate(_TABLE)
    text = (
        text.replace("\\$", "¤")
        .replace("\\%", "%")
        .replace("\\#", "#")
        .replace("\\&", "&")
        .replace("{:}", ":")
    )
    text = _DOTS.sub(r"\\ldots ", _without_dollars(text))
    text = _GROUPED.sub(lambda found: _BRACED_COMMA.sub("", found[0]), text)
    text = _THIN_COMMA.sub("", _BRACED_COMMA.sub(".", text))
    text = _OPERATORNAME.sub(r"\\\1 ", text)
    text = _LAYOUT.sub("", text)
    text = _COMMAND.sub(_renamed, text)
    text = _SPACE.sub(" ", text)
    return _without_grouping(unwrapped(text))


def _renamed(found: re.Match[str]) -> str:
    name = found[1]
    # \quadx is \quad x to who writes it.
    if name.startswith(("quad", "qquad")):
        return " " + name.partition("quad")[2]
    new = _RENAMED.get(name)
    if new is None:
        return found[0]
    is_command = new in ("{", "}") or (new.isalpha() and len(new) > 1)
    return f"\\{new}" if is_command else new


def _without_dollars(text: str) -> str:
    """Without the marks around mathematics; a single dollar sign means money, and becomes ¤."""
    if text.count("$") % 2:
        text = text.replace("$", "¤")
    return _MATH_MARKS.sub(" ", _ROW_WITH_SPACE.sub(ROW, text))


def unwrapped(text: str) -> str:
    """Without what is around the whole of it: marks of Markdown, quotes, braces, a final full stop."""
    for _ in range(_ROUNDS):
        before = text
        text = _without_stops(_ABOUT.sub("", _MARKERS.sub("", text.strip()))).strip()
        for opening, closing in _PAIRS:
            text = _without_pair(text, opening, closing)
        if text.startswith("{") and closing_brace(text, 0) == len(text) - 1:
            text = text[1:-1]
        text = _without_wrapper(text)
        if text == before:
            break
    return text


def _without_stops(text: str) -> str:
    end = len(text)
    while end:
        # An escaped space is part of a command.
        if text[end - 1] not in _STOPS and not (text[end - 1] == " " and end > 1 and text[end - 2] != "\\"):
            break
        end -= 1
    return text[:end]


def _without_pair(text: str, opening: str, closing: str) -> str:
    if len(text) > len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing):
        inside = text[len(opening) : -len(closing)]
        if opening not in inside and closing not in inside:
            return inside
    return text


def _without_wrapper(text: str) -> str:
    """Without a command whose one argument is all of the text."""
    command = _COMMAND.match(text)
    if not command or command[1] not in _WRAPPERS:
        return text
    brace = len(text) - len(text[command.end() :].lstrip(" "))
    if text[brace : brace + 1] != "{" or closing_brace(text, brace) != len(text) - 1:
        return text
    inside = text[brace + 1 : -1]
    # \mathrm{e} is a separate letter, and \mathrm{AB} no product.
    is_letter = inside.strip() in ("e", "i", "j", "k", "d")
    return text if is_letter and command[1] in ("mathrm", "mathbf", "text", "textbf") else inside


def closing_brace(text: str, at: int) -> int:
    """The place of the brace that closes the one at ``at``; -1 if none does."""
    depth = 0
    for found in _BRACE.finditer(text, at):
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            depth -= 1
            if depth == 0:
                return found.start()
    return -1


def _without_grouping(text: str) -> str:
    """Thousands without commas and spaces: 1,000 and 1 000. In brackets a comma separates."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        if sign in "([{":
            if depth == 0:
                parts.append(_joined_digits(text[start:at]))
                start = at
            depth += 1
        elif sign in ")]}" and depth:
            depth -= 1
            if depth == 0:
                inside = text[start : at + 1]
                parts.append(_joined_digits(inside) if _groups_inside(inside) else inside)
                start = at + 1
    rest = text[start:]
    parts.append(rest if depth else _joined_digits(rest))
    return "".join(parts)


def _groups_inside(text: str) -> bool:
    """Whether commas in brackets group digits: others, with a space, separate; or \\text{1,000}."""
    return ", " in text or text.startswith("{")


def _joined_digits(text: str) -> str:
    text = _THOUSANDS.sub(lambda found: found[0].replace(",", ""), text)
    return _SPACED.sub(lambda found: found[0].replace(" ", ""), text)
