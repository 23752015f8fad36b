"""The exhibition as a site of plain files: HTML, one style sheet, three scripts, pictures."""
