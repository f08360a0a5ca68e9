"""Language models behind one interface; they read and write words, never numbers."""
