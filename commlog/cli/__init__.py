"""The shell: parse, call one service and one renderer, print."""
