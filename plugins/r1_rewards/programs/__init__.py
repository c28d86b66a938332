"""Rewards for programs: a completion's program is run on the tests of its row."""
