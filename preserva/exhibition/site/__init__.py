"""The site of an exhibition: HTML, style, scripts, pictures."""
