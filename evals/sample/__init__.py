"""The parts of the generated sample shop, one file a subject."""
