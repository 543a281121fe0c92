"""What rules read, as columns in files for an engine beside the database; encrypted, of this region, and gone when it is done."""
