"""`python -m commlog`."""

from commlog.cli.app import main

if __name__ == "__main__":
    main()
