"""Names and constants that all backends share; imports nothing heavy, because plans import it."""

#: The backends other than the job's own server: a server that is already running, or the worker itself.
ENDPOINT, IN_PROCESS = "endpoint", "in_process"

#: Overrides the model's generation defaults, so that its plain distribution is measured.
NEUTRAL = {"top_k": 0, "top_p": 1.0, "min_p": 0.0, "typical_p": 1.0, "repetition_penalty": 1.0}
