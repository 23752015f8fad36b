"""The pages, each group of them in a module: what they show, and what their forms do."""
