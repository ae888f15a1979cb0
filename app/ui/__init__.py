"""The web page: what a person sees and clicks."""
