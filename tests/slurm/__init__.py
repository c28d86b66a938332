"""A real Slurm cluster on this machine, and what is tested on it."""
