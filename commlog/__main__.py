"""`python -m commlog`."""

from commlog.cli.main import main

if __name__ == "__main__":
    main()
