"""Words that a visit carries in a field which the hub drops, for rigged workers to see."""

KILLER = "kills its worker"
BUG = "meets a bug"
REFUSAL = "is refused"
SWITCH_VARIABLE = "CHAOS_SWITCH"
"""Path of the file whose presence makes bugs and refusals happen."""
LEASE_VARIABLE = "CHAOS_LEASE_S"
