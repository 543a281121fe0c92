"""A small chain of garages with sandbox partners, so that everything can be seen at work on one machine."""
