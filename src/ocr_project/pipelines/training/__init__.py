"""From samples to a tuned model: plan, memory, base scored, training, merging, tuned scored, report."""
