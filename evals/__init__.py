"""What the product promises, as suites anyone can run, and the sample shop."""
