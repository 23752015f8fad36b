"""An exhibition: what people specify, and what follows from it for pictures, search and the map."""
