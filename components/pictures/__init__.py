"""Pictures: reading, writing, resizing, colours, tiles; drawn ones."""
