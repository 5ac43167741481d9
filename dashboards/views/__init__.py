"""One file per page: layout only, over queries and figures."""
