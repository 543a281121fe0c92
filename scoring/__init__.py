"""Who is about to leave, and what each car needs next."""
