"""Reports: pages saved as one HTML file each, by the same views (`python -m app.reports`)."""
