"""What marketing's tools promise, measured on real data sets, one module each."""
