"""All that was ever made, read back: where a model comes from, what came of data, how versions rank."""
