"""What wakes agents: triggers, and whether a happening fits one."""
