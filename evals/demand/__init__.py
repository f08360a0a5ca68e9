"""Cases, baselines and scores of the forecast's evaluation."""
