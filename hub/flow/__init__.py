"""What happens, one file per station: start reading in pipeline.py."""
