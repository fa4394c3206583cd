"""Values the whole house speaks in; knows nothing of I/O."""
