"""Names and constants that every way of sampling shares; light, since plans import it."""

#: What samples, where it is no server of the job's own: one that runs already, or the worker itself.
ENDPOINT, IN_PROCESS = "endpoint", "in_process"

#: What a model's own defaults may not change: its own distribution is what is measured.
NEUTRAL = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "repetition_penalty": 1.0}
