"""Other people's programs that ours is measured beside, each in an environment of its own."""
