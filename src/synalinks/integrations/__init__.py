from synalinks.integrations._mlflow import Monitor, enable_observability

__all__ = ["Monitor", "enable_observability"]
