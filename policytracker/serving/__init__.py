"""What script/server, script/test and script/manage run on: servers, processes, addresses, checks."""
