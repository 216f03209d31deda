"""What stands behind ./lantern. Modules that run before the virtual environment exists say so."""
