"""The floor of start-up: a Typer app of one command that does nothing."""

import typer

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


@app.command()
def version() -> None:
    """Print a version."""
    typer.echo("0.1.0")


if __name__ == "__main__":
    app()
