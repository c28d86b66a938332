"""The commands about rewards. The rewards that ship with r1 are in the package plugins/r1_rewards."""
