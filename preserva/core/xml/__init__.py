"""XML: parsed safely, read and written as streams. Pure."""
