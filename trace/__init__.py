"""The host's side of tracing: the declaration, the wire format, and the Perfetto writer."""
