"""A chain of garages as it never was: people, cars and three years of visits with causes in them. Pure: a seed in, books out."""
