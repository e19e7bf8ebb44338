"""People and models: the only place that knows LangChain, chat endpoints, typer and rich."""
