"""The same job done by other CRMs: see docs/performance.md, "Beside peers"."""
