"""What an agent was taught and what it remembers: skills, memory, and the tools for them."""
