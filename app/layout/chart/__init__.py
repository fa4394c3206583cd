"""Chart: the trading chart of a page, drawn in the browser from what the server sends."""
