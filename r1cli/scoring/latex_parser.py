"""latex2sympy's parser in two stages: the same trees in half the time."""

from typing import Any


def parse_in_two_stages() -> None:
    """Makes the parser try SLL prediction first, and LL only after a syntax error.

    If SLL prediction succeeds, its tree is the same as that of LL prediction; LL examines the whole context
    again and again, and ANTLR does not cache it.

    Source: Parr, Harwell and Fisher (2014), "Adaptive LL(*) parsing: the power of dynamic analysis", section
    on two-stage parsing; ANTLR's documentation of ``PredictionMode``.
    """
    from antlr4 import CommonTokenStream
    from antlr4.atn.PredictionMode import PredictionMode
    from latex2sympy2_extended.antlr_parser import PSParser

    whole = PSParser.math

    def math(parser: Any) -> Any:
        parser._interp.predictionMode = PredictionMode.SLL
        try:
            return whole(parser)
        except MemoryError:
            raise
        except Exception:
            # Reset the lexer, too: otherwise it continues after the text that it reported.
            lexer = parser.getTokenStream().tokenSource
            lexer.reset()
            parser.setTokenStream(CommonTokenStream(lexer))
            parser._interp.predictionMode = PredictionMode.LL
            return whole(parser)

    PSParser.math = math
