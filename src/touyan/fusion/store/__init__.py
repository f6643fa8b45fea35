"""What fusion keeps on disk: the journal of all changes, and the history in Parquet."""
