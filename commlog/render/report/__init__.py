"""Reports as pages: what stands in them, the charts, and the templates of their HTML."""
