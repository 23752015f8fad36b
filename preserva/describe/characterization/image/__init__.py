"""The technical properties of images, and whether they can be decoded."""
