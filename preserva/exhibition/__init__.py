"""An exhibition: its specification, and the pictures and pages made from it."""
