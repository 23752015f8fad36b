"""What is technically known of images, and whether they can be decoded."""
