"""What worth came to, by unit and by month, and the waste that was found."""
