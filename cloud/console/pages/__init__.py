"""The pages, one module each: what is asked, what is read, which template shows it."""
