"""Records as MODS 3.8 and Dublin Core."""
