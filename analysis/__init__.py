"""Results: loading, statistics and plots."""
