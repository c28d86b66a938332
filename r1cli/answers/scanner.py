"""Steps through a text from its beginning, sign by sign."""

import re

from r1cli.answers.tidy import closing_brace

_SPACE = re.compile(r" *")


class NotReadable(Exception):
    """The text is nothing that the grammar has, or has something after it."""


class Scanner:
    """A place in a tidied text.

    Args:
        text: the text. The place ``at`` is its beginning at first.
    """

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self._run_end = 0

    def skip_space(self) -> None:
        self.match(_SPACE)

    def next(self) -> str:
        """The next sign that is not a space, left where it is; empty at the end."""
        self.skip_space()
        return self.text[self.at : self.at + 1]

    def starts(self, *words: str) -> bool:
        """Whether one of the words comes; a command only whole."""
        self.skip_space()
        for word in words:
            if self.text.startswith(word, self.at):
                end = self.at + len(word)
                if not (word[0] == "\\" and word[-1].isalpha() and self.text[end : end + 1].isalpha()):
                    return True
        return False

    def take(self, *words: str) -> str:
        """The first of the words that comes, which is passed; empty if none does."""
        for word in words:
            if self.starts(word):
                self.at += len(word)
                return word
        return ""

    def need(self, word: str) -> None:
        """Passes a word.

        Raises:
            NotReadable: another comes.
        """
        if not self.take(word):
            raise NotReadable

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What a pattern finds right here, which is passed."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def braced(self) -> str:
        """The inside of the braces that open here, which are passed.

        Raises:
            NotReadable: they are not closed.
        """
        start, end = self.at + 1, closing_brace(self.text, self.at)
        if end < 0:
            raise NotReadable
        self.at = end + 1
        return self.text[start:end]

    def run(self) -> str:
        """The letters that come, left where they are."""
        self.skip_space()
        # Letters of one run are often passed one by one.
        self._run_end = max(self._run_end, self.at)
        while self.text[self._run_end : self._run_end + 1].isalpha():
            self._run_end += 1
        return self.text[self.at : self._run_end]
