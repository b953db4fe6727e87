"""What an outsider implements to bring a product to Gainful, and the contract suites that prove it."""
