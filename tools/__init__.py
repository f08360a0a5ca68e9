"""Decision science as pure functions: facts in, typed results with evidence out."""
