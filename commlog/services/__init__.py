"""One use case a module: values in, values out."""
