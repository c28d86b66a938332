"""Mathematical verdicts: finding the answer in a completion, reading it, comparing it with the gold.

docs/verdicts.md states the rules, with examples.
"""

#: Raised whenever any verdict changes: scores of different versions are not comparable.
VERSION = 2
