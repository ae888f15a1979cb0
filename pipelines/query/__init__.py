"""What was typed → one QueryPlan: what kind of answer is wanted, and what to look for."""
