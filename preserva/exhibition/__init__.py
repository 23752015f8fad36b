"""An exhibition: what people specify, pictures and pages made of it."""
