"""Pages for customers and consoles for staff."""
