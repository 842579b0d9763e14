"""A student made again from what its run recorded, and compared."""
