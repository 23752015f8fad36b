"""HTTP requests to addresses that strangers may have chosen."""
