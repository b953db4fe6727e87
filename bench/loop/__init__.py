"""What a turn of the agent loop costs in processor time, beside other loops, in one run."""
